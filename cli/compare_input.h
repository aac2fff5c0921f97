// What `compare` is given: a scenario file, a folder of scenarios, either of them in a git revision, a variant of a study, a folder of results or one variant of it.
// Everything is read and checked here, before anything runs; problems are collected, not printed.
//   shop.json · scenarios/ · git:main:scenarios/shop.json · git:HEAD~1:scenarios · study.json:budget · git:main:study.json:budget · out/ (with results.json) · out:budget
// In a folder, also below it, the files that are JSON objects with "meshmall" are its scenarios; names beginning with a dot are left out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/options.h"
#include "models/scenario/problems.h"
#include "models/scenario/scenario.h"
#include "models/study/results.h"

namespace meshmall::cli {

// A folder for files of a revision, gone with the last who holds it.
class ScratchFolder {
 public:
  ScratchFolder();  // path() is empty when none could be made
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }
  // Writes a file below it, with the folders on the way. False: it could not be written, or the name leads out of it.
  bool write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

struct ComparedScenario {
  std::string key;   // what it is paired by: the path below the folder, a study's point; empty for a single file
  std::string file;  // as problems show it
  std::string text;  // JSON, for the difference; empty: not at hand
  models::Scenario scenario;
  bool generated = false;  // the text was put together from a study: it has no lines of its own
  std::string repeat;  // what `meshmall run` takes to repeat a replication; empty: it has no file of its own
};

struct ComparedGroup {  // of results
  std::string key;
  std::uint32_t group = 0;
};

struct CompareInput {
  std::string given;  // as the call named it
  std::vector<ComparedScenario> scenarios;      // by key, byte order
  std::optional<models::StudyResults> results;  // instead of scenarios
  std::vector<ComparedGroup> groups;            // of the results: those of the variant that is named, else all; by key, byte order
  std::vector<std::string> gates;               // of the study or the results
  std::optional<std::uint64_t> replications;    // of the study
  bool many = false;                            // a folder, several variants or points: paired by key
  std::shared_ptr<ScratchFolder> scratch;

  std::vector<models::Problem> problems;
  std::vector<std::string> messages;  // troubles that belong to no place of a file
  ExitCode code = ExitCode::done;
};

CompareInput readCompareInput(const std::string& given, const ScenarioChoice& choice);

}  // namespace meshmall::cli
