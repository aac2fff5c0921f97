#include "models/balancing/peak_ewma.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {

void PeakEwma::observe(HostMeasures& measures, engine::SimTime now, double sample_ns, engine::Duration decay) {
  if (measures.rtt_ns < sample_ns) {
    measures.rtt_ns = sample_ns;
  } else {
    const double keep = std::exp(-static_cast<double>((now - measures.rtt_at).ns) / static_cast<double>(decay.ns));
    measures.rtt_ns = measures.rtt_ns * keep + sample_ns * (1.0 - keep);
  }
  measures.rtt_at = now;
}

double PeakEwma::load(HostMeasures& measures, engine::SimTime now, std::uint32_t pending, engine::Duration decay) {
  observe(measures, now, 0.0, decay);
  return measures.rtt_ns * (static_cast<double>(pending) + 1.0);
}

PeakEwmaBalancer::PeakEwmaBalancer(const PeakEwmaConfig& config) : config_(config) {
  config_.default_rtt = std::max(config_.default_rtt, engine::milliseconds(1));
  config_.decay = std::max(config_.decay, engine::milliseconds(1));
}

void PeakEwmaBalancer::refresh(ClusterHosts& hosts, engine::SimTime now) const {
  for (HostIndex host = 0; host < hosts.size(); ++host) {
    HostMeasures& measures = hosts.measures(host);
    if (measures.rtt_ns >= 0.0) continue;
    measures.rtt_ns = static_cast<double>(config_.default_rtt.ns);
    measures.rtt_at = now;
  }
}

void PeakEwmaBalancer::pick(ClusterHosts& hosts, const HostSource& source, engine::SimTime now, engine::RandomSource& random, Pick& pick,
                            PickTrace* trace) const {
  const HostList& list = listOf(hosts, source);
  if (list.empty()) return;
  pick.reason = PickReason::kLowestCost;
  const auto load = [&](HostIndex host) {
    const double cost = PeakEwma::load(hosts.measures(host), now, hosts.active(host), config_.decay);
    if (trace != nullptr) trace->candidates.push_back({host, hosts.active(host), cost});
    return cost;
  };
  if (list.size() == 1) {
    pick.host = list.hosts.front();
    if (trace != nullptr) trace->candidates.push_back({pick.host, hosts.active(pick.host), 0.0});  // reading the load would change it
    return;
  }
  const std::uint32_t a = list.by_size(random.next());
  std::uint32_t b = static_cast<std::uint32_t>(random.next() % (list.size() - 1));
  if (b >= a) ++b;
  const double load_a = load(list.hosts[a]);
  const double load_b = load(list.hosts[b]);
  pick.host = firstIsChosen(load_a, load_b) ? list.hosts[a] : list.hosts[b];
}

void PeakEwmaBalancer::finished(ClusterHosts& hosts, HostIndex host, engine::SimTime now, engine::Duration latency) const {
  PeakEwma::observe(hosts.measures(host), now, static_cast<double>(latency.ns), config_.decay);
}

void PeakEwmaBalancer::finishedWithPenalty(ClusterHosts& hosts, HostIndex host, engine::SimTime now, engine::Duration latency, engine::Duration penalty,
                                           engine::Duration hint) const {
  const engine::Duration longest = std::max({latency, penalty, std::min(hint, engine::seconds(300))});
  const double sample = std::max(static_cast<double>(longest.ns), hosts.measures(host).rtt_ns);
  PeakEwma::observe(hosts.measures(host), now, sample, config_.decay);
}

}  // namespace meshmall::models
