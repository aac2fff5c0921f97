// Who calls whom, as Graphviz DOT and as Mermaid: services, entrances, and on each edge how many calls a second the traffic equations expect; where the versions
// of a service differ, those of the one that makes the most.
#pragma once

#include <string>

#include "models/scenario/scenario.h"

namespace meshmall::models {

std::string callGraphDot(const Scenario& scenario);
std::string callGraphMermaid(const Scenario& scenario);

}  // namespace meshmall::models
