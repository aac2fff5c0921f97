// Words for what happens to a mall by the clock, as the dashboard shows them: faults in force, and marks on a time axis.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/observation/decision.h"
#include "models/observation/snapshot.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

// As the scenario names it: "crash", "slow", ...
std::string_view kindOf(const TimedEvent& event);
// "oven: work takes 5 times as long".
std::string eventText(const Scenario& scenario, const TimedEvent& event);
// Whom it is about; nothing: all services, or none.
std::optional<std::uint32_t> serviceOf(const TimedEvent& event);

// The mark that a decision leaves on a time axis; nothing for those that come by the hundred and decide little.
std::optional<Mark> markOf(const Decision& decision, const Layout& layout, const std::vector<EndpointInfo>& endpoints);

}  // namespace meshmall::models
