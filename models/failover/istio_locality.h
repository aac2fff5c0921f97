// Priorities and locality weights of a cluster's endpoints as Istio works them out for one caller (localityLbSetting).
//
// By default, and only where outlier detection is configured: same region, zone and subzone is priority 0, same region and zone 1, same
// region 2, else 3, then closed up to 0..N. `failover` sends a region's spill to one other region first; `failoverPriority` compares
// labels instead; `distribute` gives weights to localities and empties those it does not name (and excludes failover).
// Limiting cases: switched off, or no outlier detection: everything is priority 0. Source: Istio pilot loadbalancer.go;
// docs/reference/failover.md#locality
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/balancing/membership.h"
#include "models/failover/failover_config.h"

namespace meshmall::models {

struct LocalityName {
  std::string region, zone, subzone;

  friend auto operator<=>(const LocalityName&, const LocalityName&) = default;
};

// "region/zone/subzone"; missing parts are empty.
LocalityName parseLocality(std::string_view text);
std::string toText(const LocalityName& name);

// Whether a rule such as "region1/zone1/*", "region1/*", "region1" or "*" covers the locality.
bool localityMatches(const LocalityName& name, std::string_view rule);

using LabelPairs = std::vector<std::pair<std::string, std::string>>;  // key, value

struct LocalityDistribute {
  std::string from;
  std::vector<std::pair<std::string, std::uint32_t>> to;  // locality rule, weight (percent); in the order they claim groups

  friend bool operator==(const LocalityDistribute&, const LocalityDistribute&) = default;
};
struct LocalityFailover {
  std::string from, to;  // regions

  friend bool operator==(const LocalityFailover&, const LocalityFailover&) = default;
};
struct LocalityLbSetting {
  bool enabled = true;
  std::vector<LocalityDistribute> distribute;
  std::vector<LocalityFailover> failover;
  std::vector<std::string> failover_priority;  // labels, "key" or "key=value"

  friend bool operator==(const LocalityLbSetting&, const LocalityLbSetting&) = default;
};

struct Place {
  std::optional<LocalityName> locality;
  LabelPairs labels;
};

// 0..3 by how much of the locality agrees; 4 for a region that a failover rule of the caller's region passes over. Not closed up.
std::uint32_t localityPriority(const LocalityName& caller, const std::optional<LocalityName>& endpoint, std::span<const LocalityFailover> failover);

// The number of labels from the first mismatch on (L - j); 0 when all agree. Not closed up. A first label named
// "topology.istio.io/network" that differs adds L, and comparing goes on.
std::uint32_t labelPriority(std::span<const std::string> failover_priority, const LabelPairs& caller, const LabelPairs& endpoint);

// Replaces the numbers by their ranks: 0 for the smallest, without gaps.
void closeUp(std::vector<std::uint32_t>& priorities);

// For each group its new weight: the weight of the first `to` rule that matches it, shared with the other groups of that rule in
// proportion to their weights, rounded up. Groups of no rule get nothing (emptied). Nothing at all if no `from` matches the caller.
std::optional<std::vector<std::optional<std::uint32_t>>> distributeWeights(std::span<const LocalityDistribute> distribute, const LocalityName& caller,
                                                                           std::span<const std::optional<LocalityName>> groups,
                                                                           std::span<const std::uint32_t> weights);

struct LocalityArrangement {
  std::vector<HostConfig> hosts;  // without those that were emptied, in the given order
  std::vector<PriorityConfig> priorities;
  LocalityRule rule = LocalityRule::kNone;  // weighted when distribute, failover or failoverPriority act
};

// The membership of one caller: `hosts[i]` stands at `places[i]`; their priority and locality are set here. Localities of a priority are
// in byte order of their names. A caller without locality gets no locality logic, except by labels.
LocalityArrangement arrangeByLocality(std::vector<HostConfig> hosts, std::span<const Place> places, const Place& caller, const LocalityLbSetting& setting,
                                      bool outlier_detection);

// For zone-aware routing: one priority, its localities by zone, the caller's first (also when it has no endpoint there).
LocalityArrangement arrangeByZone(std::vector<HostConfig> hosts, std::span<const Place> places, const Place& caller);

}  // namespace meshmall::models
