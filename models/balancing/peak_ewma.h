// Peak EWMA with two random choices, as Linkerd's proxy (tower) does it: cost = latency estimate x (requests in flight + 1).
//
// The estimate jumps to a higher sample at once and decays towards lower ones; reading it counts as a sample of 0, so an endpoint that
// is not used becomes cheaper with time. A host without any sample has the default. Limiting cases: one host: no draw.
// Source: tower load/peak_ewma.rs, balance/p2c; linkerd2-proxy; docs/reference/balancing.md#peak-ewma
#pragma once

#include "engine/random/random_source.h"
#include "models/balancing/host_source.h"
#include "models/balancing/load_balancer_config.h"
#include "models/balancing/pick.h"

namespace meshmall::models {

// The estimate alone, in nanoseconds.
class PeakEwma {
 public:
  // Takes a sample at `now`: a higher one replaces the estimate, a lower one pulls it with weight 1 - e^(-elapsed / decay).
  static void observe(HostMeasures& measures, engine::SimTime now, double sample_ns, engine::Duration decay);
  // The estimate after decaying to `now`, times (pending + 1). Changes the stored estimate.
  static double load(HostMeasures& measures, engine::SimTime now, std::uint32_t pending, engine::Duration decay);
};

// Of two loads the first unless it is greater.
inline bool firstIsChosen(double first_load, double second_load) { return first_load <= second_load; }

class PeakEwmaBalancer {
 public:
  explicit PeakEwmaBalancer(const PeakEwmaConfig& config);

  // Gives hosts that have none the default estimate.
  void refresh(ClusterHosts& hosts, engine::SimTime now) const;
  // Draws: none for one host, else two: a = draw mod n, b = draw mod (n - 1) moved past a. O(1).
  void pick(ClusterHosts& hosts, const HostSource& source, engine::SimTime now, engine::RandomSource& random, Pick& pick, PickTrace* trace) const;
  // A response (or failure, or cancellation) after `latency`.
  void finished(ClusterHosts& hosts, HostIndex host, engine::SimTime now, engine::Duration latency) const;
  // The same for an overload answer (429, 5xx) under Linkerd's opt-in penalty: counts as at least `penalty`, the server's hint (at most
  // 300 s) and the estimate there was.
  void finishedWithPenalty(ClusterHosts& hosts, HostIndex host, engine::SimTime now, engine::Duration latency, engine::Duration penalty,
                           engine::Duration hint) const;

 private:
  PeakEwmaConfig config_;
};

}  // namespace meshmall::models
