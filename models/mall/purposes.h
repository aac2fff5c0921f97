// What random numbers are drawn for: the fourth word of a draw's address (engine/random/keyed_stream.h). Never reused, never renumbered.
// `who` is a customer (traffic entry and ordinal) or a proxy thread (hash of its name), `path` a place in the customer's call tree.
#pragma once

#include <cstdint>
#include <string>

namespace meshmall::models {

// FNV-1a: proxies and endpoints are addressed by their names, so other services never shift their draws.
inline std::uint64_t addressOf(const std::string& name) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace meshmall::models

namespace meshmall::models::purpose {

inline constexpr std::uint64_t kTry = 1;          // lanes: hop of the request, hop of the answer, first work, failure coin
inline constexpr std::uint64_t kProxyTimes = 2;   // lanes: outbound and inbound of the request, inbound and outbound of the answer
inline constexpr std::uint64_t kCall = 3;         // lanes: proxy thread, traffic split, the split of a rollout, its copy
inline constexpr std::uint64_t kMirror = 4;
inline constexpr std::uint64_t kFault = 5;
inline constexpr std::uint64_t kSecondGate = 1000;  // + kFault: the abort, rolled after the delay
inline constexpr std::uint64_t kBackoff = 6;
inline constexpr std::uint64_t kLoss = 7;         // lanes: request, answer
inline constexpr std::uint64_t kHandshake = 8;
inline constexpr std::uint64_t kCancelHop = 9;
inline constexpr std::uint64_t kCustomer = 10;    // draws: wait before coming back, or time to think
inline constexpr std::uint64_t kHeader = 11;      // draw n: header n
inline constexpr std::uint64_t kProxyStream = 12; // who: proxy, path: thread
inline constexpr std::uint64_t kEventTimes = 13;  // who: event, path: repetition; lanes: gap to the next, length, -, -
inline constexpr std::uint64_t kNoticed = 14;     // who: event, path: repetition and name of the endpoint
inline constexpr std::uint64_t kStartup = 15;     // who: name of the endpoint, path: how often it has started
inline constexpr std::uint64_t kEntrance = 16;    // lane 0: gateway replica
inline constexpr std::uint64_t kListener = 17;    // who: proxy, path: cluster and thread: whom to probe, what answers are worth
inline constexpr std::uint64_t kCookie = 18;      // draw n: cookie n
inline constexpr std::uint64_t kRateLimitTrip = 40;   // the question to the rate limit service
inline constexpr std::uint64_t kAdmission = 41;
inline constexpr std::uint64_t kMeasurement = 42;     // who: endpoint, path: controller and measurement; jitter of the next one
inline constexpr std::uint64_t kCertificate = 43;     // who: proxy, path: how many certificates it has had; jitter of the renewal
inline constexpr std::uint64_t kPenalty = 50;     // who: proxy, path: endpoint and how often its breaker has shut
inline constexpr std::uint64_t kCheckWait = 51;   // who: proxy, path: endpoint and number of the check; draws: jitter of the wait before the next one
inline constexpr std::uint64_t kCheckTimes = 52;  // the same; lanes: inbound proxy there and back
inline constexpr std::uint64_t kPropagation = 60;   // who: proxy, path: number of the push
inline constexpr std::uint64_t kReadiness = 4ULL << 32;  // + event; who: endpoint, path: number of the probe
inline constexpr std::uint64_t kStep = 1ULL << 32;          // + ordinal of the step; lanes: skip coin, times or choice, time
inline constexpr std::uint64_t kEventNetwork = 2ULL << 32;  // + event; draws: delay, loss of one hop (path says which)
inline constexpr std::uint64_t kEventFail = 3ULL << 32;     // + event

}  // namespace meshmall::models::purpose
