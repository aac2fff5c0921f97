// A scenario as the dashboard opens it: the text, everything that `check` would say of it with line and column, and the plan to run it by.
// The same loader as the shell program's. Limiting case: a file that cannot be read has one problem, without a line.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/time.h"
#include "models/scenario/problems.h"

namespace meshmall::models {
struct Plan;
}

namespace meshmall::gui {

struct ScenarioFile {
  std::string path;    // as given; of an edited scenario that of the original
  std::string text;
  std::string hash;    // of the text, 16 hexadecimal digits (FNV-1a)
  std::vector<models::Problem> problems;      // errors, warnings, advice; by place
  std::shared_ptr<const models::Plan> plan;   // nothing: it cannot be run

  std::optional<engine::Duration> warmup;     // of "auto": the length that was found
  bool settles = false;  // it is sound but for the warm-up "auto", which settle() finds

  bool sound() const { return plan != nullptr; }
  std::string name() const;  // of the file, without folders
};

ScenarioFile openScenario(const std::string& path);

// The same of a text in hand; files that it names are looked up beside `path`. `advise`: warnings about policies and overload too.
// `warmup`: what "auto" stands for, if that is known.
ScenarioFile readScenario(std::string text, const std::string& path, bool advise = true, std::optional<engine::Duration> warmup = std::nullopt);

// Finds the warm-up of a file that `settles`, as `meshmall run` does, and reads it with that. Takes as long as five runs or more; `stop` ends it early, and the
// file is as it was. Throws as a mall does.
ScenarioFile settle(const ScenarioFile& file, const std::atomic<bool>& stop);

// "bakery.json" gives its folder, "" for the present one as ".".
std::string folderOf(const std::string& path);

}  // namespace meshmall::gui
