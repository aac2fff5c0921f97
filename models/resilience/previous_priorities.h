// Retries that leave the priorities tried before: after every `update_frequency` tried hosts their priorities are excluded and the load
// is shared among the others by their availability. When nothing is left, everything is allowed again.
// Limiting cases: frequency larger than the number of tries: the original load always. State is of one call.
// Source: Envoy previous_priorities.cc; spec envoy-resilience.md section 2.
#pragma once

#include <cstdint>
#include <vector>

namespace meshmall::models {

// Percent of the traffic by priority; all healthy and degraded shares together are 100, or 0 when nobody is available.
struct PriorityShares {
  std::vector<std::uint32_t> healthy, degraded;

  friend bool operator==(const PriorityShares&, const PriorityShares&) = default;
};

// Percent by which a priority can take its traffic: min(100, trunc(overprovisioning percent x usable / hosts)); 0 without hosts.
std::uint32_t availabilityPercent(std::uint32_t usable, std::uint32_t hosts, std::uint32_t overprovisioning_percent = 140);

class PreviousPriorities {
 public:
  // A try was sent to a host of this priority.
  void onTried(std::uint32_t priority) { tried_.push_back(priority); }

  // The shares for the next pick. availability: in percent, healthy and degraded, by priority, of now; original: what the balancer would do anyway.
  // update_frequency >= 1.
  const PriorityShares& shares(std::uint32_t update_frequency, const PriorityShares& availability, const PriorityShares& original);

 private:
  bool adjust(const PriorityShares& availability);

  std::vector<std::uint32_t> tried_;
  std::vector<bool> excluded_;
  PriorityShares shares_;
  bool adjusted_ = false;
};

}  // namespace meshmall::models
