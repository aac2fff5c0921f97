// Replays cases of the balancing and failover families on the objects that the simulation itself uses.
//
// The expected values are never read. A key of config or input that is not understood makes a case unsupported.
#pragma once

#include <span>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "cli/replay/replay_answer.h"

namespace meshmall::cli {

// Computes `actual` (an object) for one case {"algorithm", "config", "hosts", "input", …}. Never throws.
ReplayAnswer replayBalancing(const nlohmann::json& one_case, nlohmann::json& actual);

// Whether this family has the algorithm at all.
bool balancingHas(std::string_view algorithm);

}  // namespace meshmall::cli
