#include "models/balancing/least_request.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace meshmall::models {

namespace {

[[gnu::cold, gnu::noinline]] void write(PickTrace& trace, const ClusterHosts& hosts, HostIndex host) {
  trace.candidates.push_back({host, hosts.active(host), static_cast<double>(hosts.active(host))});
}

void note(PickTrace* trace, const ClusterHosts& hosts, HostIndex host) {
  if (trace != nullptr) write(*trace, hosts, host);
}

}  // namespace

double leastRequestWeight(double weight, std::uint64_t active, double bias) {
  if (bias == 0.0) return weight;
  const double busy = static_cast<double>(active == std::numeric_limits<std::uint64_t>::max() ? active : active + 1);
  return bias == 1.0 ? weight / busy : weight / std::pow(busy, bias);
}

LeastRequest::LeastRequest(const LeastRequestConfig& config, std::uint64_t seed, engine::SimTime created)
    : config_(config), watch_(created), seed_(seed), bias_(config.active_request_bias.value_or(1.0)) {
  if (!(bias_ >= 0.0)) bias_ = 1.0;  // NaN too
}

double LeastRequest::scheduleWeight(const ClusterHosts& hosts, HostIndex host, engine::SimTime now) const {
  return leastRequestWeight(hosts.weight(host), hosts.active(host), bias_) * slowStartFactorOf(hosts, host, now, config_.slow_start);
}

void LeastRequest::refresh(const ClusterHosts& hosts, std::uint32_t priority, engine::SimTime now) {
  watch_.observe(hosts, now, config_.slow_start);
  schedules_.keepPriorities(hosts.priorities());
  const bool forced = config_.active_request_bias.has_value() || watch_.inEffect(now, config_.slow_start);
  schedules_.rebuild(hosts, priority, forced, seed_, [&](HostIndex host) { return scheduleWeight(hosts, host, now); });
}

void LeastRequest::pick(const ClusterHosts& hosts, const HostSource& source, engine::SimTime now, engine::RandomSource& random, Pick& pick, PickTrace* trace) {
  if (!schedules_.empty()) {
    if (EdfSchedule* schedule = schedules_.find(source)) {
      pick.host = *schedule->pick([&](HostIndex host) { return scheduleWeight(hosts, host, now); });
      pick.reason = PickReason::kSchedule;
      note(trace, hosts, pick.host);
      return;
    }
  }
  const HostList& list = listOf(hosts, source);
  if (list.empty()) return;
  pick.reason = PickReason::kFewestRequests;
  if (config_.selection == LeastRequestConfig::Selection::kFullScan) {
    pick.host = scan(hosts, list, random, trace);
  } else {
    pick.host = config_.replacement ? choose(hosts, list, random, trace) : chooseDistinct(hosts, list, random, trace);
  }
}

HostIndex LeastRequest::choose(const ClusterHosts& hosts, const HostList& list, engine::RandomSource& random, PickTrace* trace) const {
  HostIndex best = list.hosts[list.by_size(random.next())];
  note(trace, hosts, best);
  for (std::uint32_t choice = 1; choice < config_.choice_count; ++choice) {
    const HostIndex other = list.hosts[list.by_size(random.next())];
    note(trace, hosts, other);
    best = hosts.active(other) < hosts.active(best) ? other : best;
  }
  return best;
}

HostIndex LeastRequest::chooseDistinct(const ClusterHosts& hosts, const HostList& list, engine::RandomSource& random, PickTrace* trace) const {
  const std::uint32_t n = list.size();
  const std::uint32_t choices = std::min(n, std::max<std::uint32_t>(1, config_.choice_count));
  std::array<std::uint32_t, 2> first_two{};
  std::vector<std::uint32_t> taken;  // positions chosen so far, ascending; only for more than two choices
  HostIndex best = kNoHost;
  for (std::uint32_t choice = 0; choice < choices; ++choice) {
    std::uint32_t position = choice == 0 ? list.by_size(random.next()) : static_cast<std::uint32_t>(random.next() % (n - choice));
    if (choices <= 2) {
      if (choice == 1 && position >= first_two[0]) ++position;
      first_two[choice] = position;
    } else {
      auto at = taken.begin();
      for (; at != taken.end() && *at <= position; ++at) ++position;
      taken.insert(at, position);
    }
    const HostIndex host = list.hosts[position];
    note(trace, hosts, host);
    if (best == kNoHost || hosts.active(host) < hosts.active(best)) best = host;
  }
  return best;
}

HostIndex LeastRequest::scan(const ClusterHosts& hosts, const HostList& list, engine::RandomSource& random, PickTrace* trace) const {
  HostIndex best = list.hosts.front();
  std::uint32_t ties = 1;
  note(trace, hosts, best);
  for (std::size_t i = 1; i < list.hosts.size(); ++i) {
    const HostIndex host = list.hosts[i];
    note(trace, hosts, host);
    if (hosts.active(host) < hosts.active(best)) {
      best = host;
      ties = 1;
    } else if (hosts.active(host) == hosts.active(best)) {
      ++ties;
      if (random.next() % ties == 0) best = host;
    }
  }
  return best;
}

}  // namespace meshmall::models
