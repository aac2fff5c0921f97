// JSON -> Study: the whole format of a study file, its scenarios patched, set, swept and decoded, with every problem reported at its place in whichever
// file it was written. A study comes out only when nothing is wrong with any of its variants at any of its points; warnings may stand beside it.
//
// The way to a group's scenario: the study's `scenario` (or the variant's own), then the variant's `patch` (RFC 7396), its `set`, the sweep point's values,
// the call's --set. The seed is the base scenario's (or the call's), for all: a variant or a sweep that sets it is refused.
// Limits: those of scenarios; 1,000 variants, 10,000 variants x points, 100,000 replications, 1,000,000 runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/scenario/problems.h"
#include "models/study/study.h"

namespace meshmall::models {

struct StudyChoice {  // how the call changes it
  std::optional<std::string> seed, duration;
  std::vector<std::string> sets;  // "/pointer=VALUE"
  bool texts = false;             // keep each group's scenario as JSON too
};

struct StudyDecodeResult {
  std::optional<Study> study;
  std::vector<Problem> problems;
  bool unreadable = false;  // the study's file or a scenario's could not be read (exit code 6 rather than 2)
};

// Scenario files are looked up from the study's folder.
StudyDecodeResult loadStudy(const std::string& path, const StudyChoice& choice = {});

// The files that the study itself names, as they are written there: scenarios of its own and of its variants; each once, byte order. Empty: it can't be read.
std::vector<std::string> scenarioFilesOf(const std::string& text);

// The same from memory.
StudyDecodeResult decodeStudy(std::string text, const std::string& name, const std::string& folder, const StudyChoice& choice = {});

}  // namespace meshmall::models
