// Linkerd's penalty on rejected answers: a 429, 503 or other 5xx makes the endpoint look slow to the balancer, so that the load goes elsewhere.
// The observed round-trip time becomes the largest of the penalty, what retry-after asks for (at most 300 s) and the estimate so far.
// Source: linkerd2-proxy load-biaser; spec rollout-traffic-security.md section 3.3.
#pragma once

#include <algorithm>
#include <optional>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct LoadBiaserConfig {
  engine::Duration penalty = engine::seconds(5);
  engine::Duration longest_hint = engine::seconds(300);
};

constexpr bool isPenalised(int status) { return status == 429 || (status >= 500 && status <= 599); }

// The sample to observe for this answer instead of its own latency; nothing: the latency counts.
inline std::optional<engine::Duration> penalisedRtt(const LoadBiaserConfig& config, int status, std::optional<engine::Duration> retry_after,
                                                    engine::Duration estimate) {
  if (!isPenalised(status)) return std::nullopt;
  const engine::Duration hint = retry_after ? std::min(*retry_after, config.longest_hint) : engine::Duration{0};
  return std::max({config.penalty, hint, estimate});
}

}  // namespace meshmall::models
