// The replays of single algorithms, by family; called by balancing_replay.cpp, which catches what they throw.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/replay/replay_answer.h"

namespace meshmall::cli {

using Replay = void (*)(const nlohmann::json& one_case, nlohmann::json& actual, ReplayAnswer& answer);

struct NamedReplay {
  const char* algorithm;
  Replay replay;
};

// Each family's table, ended by an entry without name.
extern const NamedReplay kHashingReplays[];
extern const NamedReplay kPolicyReplays[];
extern const NamedReplay kFailoverReplays[];
extern const NamedReplay kReportReplays[];
extern const NamedReplay kSubsetReplays[];

}  // namespace meshmall::cli
