// What happens by the clock in two scenarios that are compared, as a report marks it: by time, an event that both have once. A repeated event stands at its first time.
#pragma once

#include <vector>

#include "engine/report/comparison_report.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

// At most `limit`, the earliest.
std::vector<engine::ReportEvent> eventsOf(const Scenario& baseline, const Scenario& candidate, std::size_t limit = 100);

}  // namespace meshmall::models
