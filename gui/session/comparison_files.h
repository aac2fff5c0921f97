// A comparison of two policies as files that the shell program takes: the study of both, a gate file with the default margins, the policies as Istio's manifests, and
// the line that judges them. The same customers come to both in every replication. And one scenario many times: its study, and the line that makes the runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/replication_plan.h"

namespace meshmall::gui {

struct PolicyPair {
  std::string scenario;   // the file, as the study names it
  std::string file_text;  // what it says
  std::string as_is;      // the same with the edits of the session
  std::string changed;    // the same with the other policy
  std::string name;       // of the change: "kitchen: second tries (retries)"
};

// `text` with a merge patch (RFC 7396), both JSON objects. Empty: one of them is not.
std::string withPatch(const std::string& text, const std::string& patch);

// A study with the variants "as-is" and "changed", each what it takes to come there from the file; 20 replications. Empty: a text is not a JSON object.
std::string studyText(const PolicyPair& pair);

struct RepeatedScenario {
  std::string scenario;   // the file, as the study names it
  std::string file_text;  // what it says
  std::string as_is;      // the same with the edits of the session
  engine::ReplicationRule runs;
  std::string watched;    // metric, where their number depends on it
};
// A study with one variant, what it takes to come there from the file, and all metrics. A study cannot set the seed: that of the edits is editedSeed(). Empty: a text is not
// a JSON object.
std::string repeatedStudyText(const RepeatedScenario& repeated);
// The seed that the edits gave the scenario, as the shell program takes it; nothing: it has the file's.
std::optional<std::string> editedSeed(const RepeatedScenario& repeated);
// "meshmall batch study.json --seed 7 -o runs"
std::string batchCommand(const std::string& study, const std::optional<std::string>& seed, const std::string& folder);

// A gate file with the rules that `meshmall compare` has when it is given none, to be changed by hand. (The scenario's SLOs are rules by themselves.)
std::string gateText();

struct Manifests {
  std::string text;
  std::vector<std::string> remarks;  // what Istio's resources cannot say
};
Manifests manifests(const std::string& scenario_text);

// The path of a scenario as a study in `study` names it: from the study's folder.
std::string seenFrom(const std::string& study, const std::string& scenario);

// "meshmall compare study.json:as-is study.json:changed --gate gates.json"; an empty name: the built-in rules.
std::string compareCommand(const std::string& study, const std::string& gates);

}  // namespace meshmall::gui
