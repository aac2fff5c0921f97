#include "models/observation/decision.h"

#include <array>

namespace meshmall::models {

std::string_view name(DecisionKind kind) {
  constexpr std::array<std::string_view, 31> kNames = {"ejection", "uneject", "panic", "panicOver", "rollout", "scale",    "health",
                                                       "crash",    "restart", "event", "eventOver", "patch",   "discovery",
                                                       "retryBudget", "rateLimit", "admission", "concurrency",
                                                       "ejectionDecay", "ejectionDenied", "probe", "failover", "push", "adoption",
                                                       "warmUp",   "warmUpOver", "hashTable", "kill",
                                                       "handshake", "authentication", "authorization", "certificate"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace meshmall::models
