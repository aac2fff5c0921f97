// Random scenarios: from a seed, a valid scenario that uses whatever the format allows, small enough to run in milliseconds.
//
// The same seed always gives the same scenario. Call trees are bounded by cost (calls for one customer), and the number of customers by what is left of
// the budget, so no draw makes an endless run. Services and traffic entries carry names whose byte order is not the order of the call graph.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace meshmall::tests {

// Needs the files of writeScenarioFiles() in the folder it is decoded for.
nlohmann::json randomScenario(std::uint64_t seed);

// The files that random scenarios name: arrivals.csv (column t, seconds) and sizes.csv (column us, microseconds).
void writeScenarioFiles(const std::string& folder);

}  // namespace meshmall::tests
