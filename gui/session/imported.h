// Manifests, traces or a service graph, imported for a look before anything is written: the scenario that would come of them, what the importer says of it,
// and what `check` does. Limiting case: with errors there is no scenario; the account up to there is kept.
#pragma once

#include <optional>
#include <string>

#include "gui/session/scenario_file.h"
#include "models/importers/import_files.h"

namespace meshmall::gui {

struct Imported {
  models::ImportResult result;
  ScenarioFile scenario;  // sound() when it can be opened; its problems are advice
};

// Takes as long as the files are large: for a thread beside the window's.
Imported importForALook(const models::ImportRequest& request);

// In words: "4 services with 6 endpoints, customers of 3 kinds, 60 s". Of a sound one.
std::string contentsOf(const ScenarioFile& file);

// The first file that a sentence of an account names with a line, as "web.yaml:12"; the importers' sentences have it at the beginning or in brackets at the end.
struct Place {
  std::string file;
  std::uint32_t line = 0;
};
std::optional<Place> placeIn(const std::string& sentence);

// The line for the shell that writes the same scenario to `target`.
std::string importCommand(const models::ImportRequest& request, const std::string& target);

}  // namespace meshmall::gui
