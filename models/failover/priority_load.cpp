#include "models/failover/priority_load.h"

#include <algorithm>

namespace meshmall::models {

namespace {

std::uint32_t percentOf(std::uint32_t factor, std::uint64_t part, std::uint64_t whole) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(100, factor * part / whole));
}

// Splits 100 % by availability, healthy before degraded, the remainder of the rounding to the first priority that can take any.
void spread(const std::vector<Availability>& available, std::uint32_t normalized_total, std::vector<PriorityShare>& shares) {
  std::uint32_t left = 100;
  for (std::size_t p = 0; p < shares.size(); ++p) {
    shares[p].healthy = std::min(left, available[p].healthy * 100 / normalized_total);
    left -= shares[p].healthy;
  }
  for (std::size_t p = 0; p < shares.size(); ++p) {
    shares[p].degraded = std::min(left, available[p].degraded * 100 / normalized_total);
    left -= shares[p].degraded;
  }
  if (left == 0) return;
  for (std::size_t p = 0; p < shares.size(); ++p) {
    if (available[p].healthy > 0) {
      shares[p].healthy += left;
      return;
    }
  }
  for (std::size_t p = 0; p < shares.size(); ++p) {
    if (available[p].degraded > 0) {
      shares[p].degraded += left;
      return;
    }
  }
}

bool belowThreshold(const PrioritySummary& s, std::uint32_t panic_threshold) {
  const std::uint32_t counted = s.total - std::min(s.total, s.excluded);
  const double usable = counted == 0 ? 0.0 : 100.0 * s.healthy / counted + 100.0 * s.degraded / counted;
  return usable < panic_threshold;
}

// Every priority panics: shares follow the numbers of hosts, excluded ones too.
void spreadByHosts(std::span<const PrioritySummary> summaries, std::vector<PriorityShare>& shares) {
  std::uint64_t hosts = 0;
  for (const PrioritySummary& s : summaries) hosts += s.total;
  if (hosts == 0) {
    shares.front().healthy = 100;
    return;
  }
  std::uint32_t left = 100;
  std::size_t first_filled = summaries.size();
  for (std::size_t p = 0; p < summaries.size(); ++p) {
    shares[p].healthy = static_cast<std::uint32_t>(std::uint64_t{100} * summaries[p].total / hosts);
    shares[p].degraded = 0;
    left -= shares[p].healthy;
    if (first_filled == summaries.size() && summaries[p].total > 0) first_filled = p;
  }
  shares[first_filled].healthy += left;
}

}  // namespace

Availability availabilityOf(const PrioritySummary& s) {
  if (s.total <= s.excluded) return {};
  const std::uint64_t whole = s.weighted ? s.counted_weight : s.total - s.excluded;
  if (whole == 0) return {};
  return {percentOf(s.overprovisioning_factor, s.weighted ? s.healthy_weight : s.healthy, whole),
          percentOf(s.overprovisioning_factor, s.weighted ? s.degraded_weight : s.degraded, whole)};
}

std::uint32_t updatePriorityShares(std::span<const PrioritySummary> summaries, std::uint32_t panic_threshold, std::vector<PriorityShare>& shares) {
  shares.resize(summaries.size());
  if (shares.empty()) return 0;
  std::vector<Availability> available(summaries.size());
  std::uint32_t sum = 0;
  for (std::size_t p = 0; p < summaries.size(); ++p) {
    available[p] = availabilityOf(summaries[p]);
    sum += available[p].healthy + available[p].degraded;
  }
  const std::uint32_t normalized_total = std::min<std::uint32_t>(100, sum);
  if (normalized_total > 0) spread(available, normalized_total, shares);
  if (panic_threshold == 0 && normalized_total == 0) {
    shares.front().healthy = 100;
    return 0;
  }
  bool all_panic = true;
  for (std::size_t p = 0; p < summaries.size(); ++p) {
    shares[p].panic = normalized_total < 100 && belowThreshold(summaries[p], std::min<std::uint32_t>(100, panic_threshold));
    all_panic = all_panic && shares[p].panic;
  }
  if (all_panic) spreadByHosts(summaries, shares);
  return normalized_total;
}

PriorityChoice choosePriority(std::uint64_t hash, std::span<const PriorityShare> shares) {
  const std::uint32_t bucket = static_cast<std::uint32_t>(hash % 100) + 1;
  std::uint32_t sum = 0;
  for (std::uint32_t p = 0; p < shares.size(); ++p) {
    sum += shares[p].healthy;
    if (sum >= bucket) return {p, false};
  }
  for (std::uint32_t p = 0; p < shares.size(); ++p) {
    sum += shares[p].degraded;
    if (sum >= bucket) return {p, true};
  }
  return {};
}

}  // namespace meshmall::models
