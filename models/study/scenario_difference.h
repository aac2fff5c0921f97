// Where two scenario files differ as JSON: each place with its old and new value. Objects are compared by key, lists by position after leaving out the equal items
// at both ends, so that one item put in shows as one difference. 1 and 1.0 are equal; the order of keys says nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/report/comparison_report.h"
#include "models/scenario/json_document.h"

namespace meshmall::models {

struct ScenarioDifference {
  std::vector<engine::ReportDifference> places;  // in the order of the files: what changed or went, then at each level what is new
  std::uint64_t omitted = 0;                     // beyond the limit
};

// Both texts are JSON (else nothing is found); values longer than 200 bytes are cut.
ScenarioDifference differenceOf(const std::string& baseline, const std::string& candidate, std::size_t limit = 200);

}  // namespace meshmall::models
