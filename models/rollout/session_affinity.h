// Flagger's session affinity: who was served by the canary comes back to it, by a cookie; optionally who was served by the primary too, for one interval.
//
// The cookie's value is new for every analysis, so an old one means nothing. While the canary's weight is above 0 its answers set the cookie; at weight 0
// nobody is held and the old cookie is taken back from whoever presents it. So the canary's share grows beyond its weight as clients return. No draws.
// Source: Flagger pkg/router/istio.go (session affinity), Canary spec.analysis.sessionAffinity; spec rollout-traffic-security.md 1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct SessionAffinityConfig {
  std::string cookie_name;
  engine::Duration max_age = engine::seconds(86'400);
  std::optional<std::string> primary_cookie_name;  // its age is the analysis interval
};

enum class Side : std::uint8_t { primary, canary };

// The cookies of one rollout that a client keeps.
struct AffinityCookies {
  std::uint32_t canary_run = 0, primary_run = 0;  // the analysis that set it; 0: none
  engine::SimTime canary_until, primary_until;
};

// Where the client must go; nothing: as the weights say. `run`: number of the present analysis, from 1.
inline std::optional<Side> heldBy(const AffinityCookies& cookies, std::uint32_t run, std::uint32_t canary_weight, engine::SimTime now) {
  if (canary_weight == 0) return std::nullopt;
  if (cookies.canary_run == run && now < cookies.canary_until) return Side::canary;
  if (cookies.primary_run == run && now < cookies.primary_until) return Side::primary;
  return std::nullopt;
}

// What the answer of the weighted route leaves with the client. Those who were held by a cookie get none: it runs from when it was set.
inline void answered(AffinityCookies& cookies, const SessionAffinityConfig& config, engine::Duration interval, std::uint32_t run, std::uint32_t canary_weight,
                     Side by, engine::SimTime now) {
  if (canary_weight == 0) {
    cookies.canary_run = 0;
    return;
  }
  if (by == Side::canary) {
    cookies.canary_run = run;
    cookies.canary_until = now + config.max_age;
  } else if (config.primary_cookie_name) {
    cookies.primary_run = run;
    cookies.primary_until = now + interval;
  }
}

}  // namespace meshmall::models
