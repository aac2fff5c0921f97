// A decision that some part of the mesh took, or something that happened to it, by the clock: "the proxy of storefront ejected bakery-v1-1, five 5xx in a row".
// The log keeps the first 10,000 and counts the rest; ejections are counted for every decision, also those that are not kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

enum class DecisionKind : std::uint8_t {
  ejection,
  uneject,
  panic,
  panic_over,
  rollout,
  scale,
  health,
  crash,
  restart,
  event,
  event_over,
  patch,
  discovery,
  retry_budget,
  rate_limit,
  admission,
  concurrency,
  ejection_decay,   // the next ejection of the endpoint would be shorter again
  ejection_denied,  // an outlier that maxEjectionPercent leaves in
  probe,            // a breaker lets one request through
  failover,         // other shares of the traffic for the priorities
  push,             // the control plane sends what it knows to every proxy
  adoption,         // a proxy goes by a push that took long to get there
  warm_up,          // endpoints begin with a small share
  warm_up_over,     // ... and have their full one
  hash_table,       // the tables of a policy that hashes were made anew
  kill,             // an endpoint that leaves has run out of time: what is left there is reset
  handshake,        // connections are refused
  authentication,   // tokens are refused, or missing where one is asked for
  authorization,    // requests are refused
  certificate,      // one has expired, or is renewed after that
};
inline constexpr std::size_t kDecisionKinds = static_cast<std::size_t>(DecisionKind::certificate) + 1;
std::string_view name(DecisionKind kind);  // as in the results: "ejection", "panicOver", ...

// Whom a decision is about: one of the indexed things, or anything else by its name.
struct Subject {
  enum class Kind : std::uint8_t { endpoint, version, service, traffic, named };
  Kind kind = Kind::named;
  std::uint32_t index = 0;
  std::string text;  // kind named only

  static Subject endpoint(std::uint32_t i) { return {Kind::endpoint, i, {}}; }
  static Subject version(std::uint32_t i) { return {Kind::version, i, {}}; }
  static Subject service(std::uint32_t i) { return {Kind::service, i, {}}; }
  static Subject traffic(std::uint32_t i) { return {Kind::traffic, i, {}}; }
  static Subject named(std::string_view text) { return {Kind::named, 0, std::string(text)}; }
};

using DetailValue = std::variant<double, std::string>;
using Detail = std::vector<std::pair<std::string, DetailValue>>;  // in the order given

struct Decision {
  engine::SimTime at;
  DecisionKind kind = DecisionKind::event;
  Subject subject;
  std::string by;  // the proxy or controller that decided
  Detail detail;
};

inline constexpr std::size_t kDecisionsKept = 10'000;

}  // namespace meshmall::models
