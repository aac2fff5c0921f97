#include "models/balancing/prequal.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace meshmall::models {

namespace {

constexpr std::size_t kRecentAnswers = 128;  // from which the quantile of RIF is taken

// `value`'s whole part, plus one with the probability of its fraction. Draws only if there is a fraction.
std::uint32_t roundedAtRandom(double value, engine::RandomSource& random) {
  const double whole = std::floor(value);
  const double fraction = value - whole;
  const bool up = fraction > 0.0 && static_cast<double>(random.next() >> 11U) * 0x1.0p-53 < fraction;
  return static_cast<std::uint32_t>(whole) + (up ? 1U : 0U);
}

}  // namespace

std::optional<std::size_t> selectHotCold(std::span<const ProbeResult> pool, double rif_threshold) {
  std::optional<std::size_t> coldest;
  std::optional<std::size_t> least_busy;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    const bool cold = pool[i].rif <= rif_threshold;
    if (cold && (!coldest || pool[i].latency < pool[*coldest].latency)) coldest = i;
    if (!least_busy || pool[i].rif < pool[*least_busy].rif) least_busy = i;
  }
  return coldest ? coldest : least_busy;
}

std::optional<std::size_t> worstResult(std::span<const ProbeResult> pool, double rif_threshold) {
  std::optional<std::size_t> hottest;
  std::optional<std::size_t> slowest;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    const bool hot = pool[i].rif > rif_threshold;
    if (hot && (!hottest || pool[i].rif > pool[*hottest].rif)) hottest = i;
    if (!slowest || pool[i].latency > pool[*slowest].latency) slowest = i;
  }
  return hottest ? hottest : slowest;
}

std::optional<double> reuseBudget(double pool, double replicas, double probe_rate, double remove_rate, double delta) {
  const double denominator = (1.0 - pool / replicas) * probe_rate - remove_rate;
  if (!(denominator > 0.0)) return std::nullopt;
  return std::max(1.0, (1.0 + delta) / denominator);
}

double Prequal::rifThreshold() const {
  if (recent_rifs_.empty()) return std::numeric_limits<double>::infinity();
  if (config_.rif_quantile <= 0.0) return -1.0;  // everything is hot: by requests in flight only
  std::vector<std::uint32_t> sorted(recent_rifs_);
  const std::size_t rank = std::min(sorted.size() - 1, static_cast<std::size_t>(config_.rif_quantile * static_cast<double>(sorted.size())));
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank), sorted.end());
  return sorted[rank];
}

void Prequal::forgetOld(const ClusterHosts& hosts, const HostList& list, engine::SimTime now) {
  std::erase_if(pool_, [&](const ProbeResult& result) {
    const HostIndex host = hosts.membership().indexOf(result.id);
    return now - result.at > config_.max_age || host == kNoHost || !std::binary_search(list.hosts.begin(), list.hosts.end(), host);
  });
}

void Prequal::removeAfterRequest(engine::RandomSource& random) {
  for (std::uint32_t left = roundedAtRandom(config_.remove_rate, random); left > 0 && !pool_.empty(); --left) {
    const std::size_t at = remove_worst_next_ ? *worstResult(pool_, rifThreshold()) : 0;
    pool_.erase(pool_.begin() + static_cast<std::ptrdiff_t>(at));
    remove_worst_next_ = !remove_worst_next_;
  }
}

void Prequal::pick(const ClusterHosts& hosts, const HostSource& source, engine::SimTime now, engine::RandomSource& random, Pick& pick, PickTrace* trace) {
  const HostList& list = listOf(hosts, source);
  if (list.empty()) return;
  forgetOld(hosts, list, now);
  if (pool_.size() < config_.minimum_pool) {
    pick.host = list.hosts[list.by_size(random.next())];
    pick.reason = PickReason::kRandom;
    return;
  }
  if (trace != nullptr) {
    for (const ProbeResult& result : pool_) trace->candidates.push_back({hosts.membership().indexOf(result.id), result.rif, result.latency, now - result.at});
  }
  const std::size_t at = *selectHotCold(pool_, rifThreshold());
  pick.host = hosts.membership().indexOf(pool_[at].id);
  pick.reason = PickReason::kLowestCost;
  ++pool_[at].rif;  // the request itself will be in flight there
  pool_[at].uses_left -= 1.0;
  if (pool_[at].uses_left <= 0.0) pool_.erase(pool_.begin() + static_cast<std::ptrdiff_t>(at));
  removeAfterRequest(random);
}

std::vector<HostIndex> Prequal::probesFor(const ClusterHosts& hosts, const HostSource& source, engine::RandomSource& random) const {
  std::vector<HostIndex> left = listOf(hosts, source).hosts;
  const std::size_t count = std::min<std::size_t>(left.size(), roundedAtRandom(config_.probe_rate, random));
  for (std::size_t i = 0; i < count; ++i) std::swap(left[i], left[i + random.next() % (left.size() - i)]);
  left.resize(count);
  return left;
}

void Prequal::answered(const ClusterHosts& hosts, HostIndex host, engine::SimTime now, std::uint32_t rif, double latency, engine::RandomSource& random) {
  if (recent_rifs_.size() < kRecentAnswers) {
    recent_rifs_.push_back(rif);
  } else {
    recent_rifs_[next_recent_] = rif;
    next_recent_ = (next_recent_ + 1) % kRecentAnswers;
  }
  const auto budget = reuseBudget(config_.pool_size, hosts.size(), config_.probe_rate, config_.remove_rate, config_.delta);
  const double uses = std::min(budget.value_or(config_.reuse_cap), config_.reuse_cap);
  if (pool_.size() >= config_.pool_size) pool_.erase(pool_.begin());
  pool_.push_back({hosts.host(host).id, rif, latency, now, static_cast<double>(std::max<std::uint32_t>(1, roundedAtRandom(uses, random)))});
}

void PrequalReplica::finished(std::uint32_t rif_at_start, double latency) {
  if (samples_.size() < kKept) {
    samples_.push_back({rif_at_start, latency});
    return;
  }
  samples_[next_] = {rif_at_start, latency};
  next_ = (next_ + 1) % kKept;
}

double PrequalReplica::latencyAt(std::uint32_t rif) const {
  if (samples_.empty()) return 0.0;
  std::vector<Sample> by_distance(samples_);
  const auto distance = [rif](const Sample& s) { return s.rif > rif ? s.rif - rif : rif - s.rif; };
  std::stable_sort(by_distance.begin(), by_distance.end(), [&](const Sample& a, const Sample& b) { return distance(a) < distance(b); });
  std::vector<double> near;
  for (const Sample& sample : by_distance) {
    if (near.size() >= 8 && distance(sample) > 0) break;  // enough at the present level, or the eight nearest
    near.push_back(sample.latency);
  }
  std::nth_element(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(near.size() / 2), near.end());
  return near[near.size() / 2];
}

}  // namespace meshmall::models
