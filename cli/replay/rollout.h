// Replays recorded cases of progressive delivery (Flagger's, Argo Rollouts', Kayenta's) on the very objects of models/rollout.
//
// `expect` is never read. A key of config or input that is not understood makes a case unsupported.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "cli/replay/replay_answer.h"

namespace meshmall::cli {

// Computes `actual` (an object) for one case {"algorithm", "config", "input", ...}. Never throws.
ReplayAnswer replayRollout(const nlohmann::json& one_case, nlohmann::json& actual);

// Whether this family has the algorithm at all.
bool rolloutHas(std::string_view algorithm);

}  // namespace meshmall::cli
