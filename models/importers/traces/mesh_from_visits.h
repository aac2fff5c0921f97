// Visits -> the JSON of a scenario: services, operations with their courses and times, hops, spells, failures, workers, customers.
// Everything is worked out from the visits of the customers in `roots`, so that a part of the traces can be held out and predicted; only when customers come is told by all.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/importers/import_result.h"
#include "models/importers/traces/visits.h"
#include "models/scenario/traced.h"

namespace meshmall::models::traces {

struct MeshWords {  // what the traces do not say
  std::string name = "imported";
  std::string description;
  std::string duration;            // of the run; empty: so long that 100,000 customers come, fewer where each makes many calls
  std::vector<std::string> slos;
  std::optional<TracedFigures> traced;
  std::map<std::uint32_t, std::string> versions;  // of pods (names of the log): what the version is called; of those that are missing, "v1"
};

// The scenario's text. `notes`: gets what was read and guessed; may be nullptr.
std::string meshFromVisits(const Visits& traced, const std::vector<std::uint32_t>& roots, const MeshWords& words, ImportNotes* notes);

}  // namespace meshmall::models::traces
