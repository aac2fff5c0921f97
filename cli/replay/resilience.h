// Replays recorded cases of resilience (Envoy's, tower's, Linkerd's, gRPC's, the rate limit service's) on the very objects of models/resilience.
//
// `expect` is never read. A key of config or input that is not understood makes a case unsupported.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/replay/replay_answer.h"

namespace meshmall::cli {

// Computes `actual` (an object) for one case {"algorithm", "config", "input", ...}. Never throws.
ReplayAnswer replayResilience(const nlohmann::json& one_case, nlohmann::json& actual);

// Whether this family has the algorithm at all; and the names of all it has, sorted.
bool resilienceHas(std::string_view algorithm);
std::vector<std::string> resilienceAlgorithms();

}  // namespace meshmall::cli
