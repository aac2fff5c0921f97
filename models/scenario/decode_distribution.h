// DIST and ARRIVALS of the scenario format: JSON -> engine::Distribution, ArrivalConfig.
#pragma once

#include <string>

#include "engine/random/distribution.h"
#include "models/scenario/reader.h"
#include "models/workload/arrival_config.h"

namespace meshmall::models {

// A duration (constant) or an object with one family; anything wrong is noted and gives a distribution that takes no time.
// `folder`: where the files of empirical distributions are looked up.
engine::Distribution readDistribution(const Node& node, const std::string& folder);

// That of a key; absent: no time.
engine::Distribution readDistribution(ObjectReader& object, std::string_view key, const std::string& folder);

// An object with one kind; anything wrong is noted and gives Poisson arrivals.
ArrivalConfig readArrivals(const Node& node, const std::string& folder);

}  // namespace meshmall::models
