// One random scenario of a property: its text, its plan, and what to print when the property does not hold for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::tests {

// The seeds a property is tried with: `count` from `first` on, scaled by MESHMALL_PROPERTY_SCENARIOS (scenarios of the largest property, default 1000),
// or only MESHMALL_PROPERTY_SEED.
std::vector<std::uint64_t> seedsOf(std::uint64_t first, std::uint64_t count);

// Events of a run that has gone astray: a limit turns it into a failure.
inline constexpr std::uint64_t kTooMany = 3'000'000;

// The folder of the files that random scenarios name; made once.
const std::string& scenarioFolder();

// Nothing when the decoder refused it: then the test has failed.
std::shared_ptr<const models::Plan> planOf(const nlohmann::json& scenario);

// What to print with a failure: the seed, the line that repeats it, and where the scenario was written to.
std::string repeatLine(std::uint64_t seed, const nlohmann::json& scenario);

}  // namespace meshmall::tests
