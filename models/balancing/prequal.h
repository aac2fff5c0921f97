// Prequal: probes ask random replicas for their requests in flight (RIF) and latency; requests go by the answers in a small pool.
//
// Hot: RIF above a quantile of what recent answers said. Among cold ones the lowest latency wins; if all are hot the lowest RIF. Too few
// answers: a random host. Results are used a limited number of times, grow old, and one per request is removed (oldest and worst by
// turns). Probing is off the request's path: whoever runs this sends the probes that probesFor() asks for and hands in the answers.
// Source: Wydrowski et al., NSDI 2024, as restated by public re-implementations; docs/reference/balancing.md#prequal
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/random/random_source.h"
#include "models/balancing/host_source.h"
#include "models/balancing/load_balancer_config.h"
#include "models/balancing/pick.h"

namespace meshmall::models {

struct ProbeResult {
  std::uint32_t id = 0;  // the host's id
  std::uint32_t rif = 0;
  double latency = 0.0;  // any unit, the same for all
  engine::SimTime at;
  double uses_left = 1.0;
};

// Position of the result to use; ties go to the first. Nothing from an empty pool.
std::optional<std::size_t> selectHotCold(std::span<const ProbeResult> pool, double rif_threshold);
// Position of the result to drop: the hot one with the highest RIF, else the slowest. Ties go to the first.
std::optional<std::size_t> worstResult(std::span<const ProbeResult> pool, double rif_threshold);
// How many requests one result may serve; nothing where the formula has no answer (replicas do not outnumber the pool enough).
std::optional<double> reuseBudget(double pool, double replicas, double probe_rate, double remove_rate, double delta);

class Prequal {
 public:
  explicit Prequal(const PrequalConfig& config) : config_(config) {}

  // Draws: one if the pool is too small (host = draw mod n); else one where remove_rate has a fraction.
  void pick(const ClusterHosts& hosts, const HostSource& source, engine::SimTime now, engine::RandomSource& random, Pick& pick, PickTrace* trace);
  // The hosts to probe after a request: probe_rate of them, distinct. Draws: one for the fraction, one for each host.
  std::vector<HostIndex> probesFor(const ClusterHosts& hosts, const HostSource& source, engine::RandomSource& random) const;
  void answered(const ClusterHosts& hosts, HostIndex host, engine::SimTime now, std::uint32_t rif, double latency, engine::RandomSource& random);

  std::span<const ProbeResult> pool() const { return pool_; }
  double rifThreshold() const;

 private:
  void forgetOld(const ClusterHosts& hosts, const HostList& list, engine::SimTime now);
  void removeAfterRequest(engine::RandomSource& random);

  PrequalConfig config_;
  std::vector<ProbeResult> pool_;           // oldest first
  std::vector<std::uint32_t> recent_rifs_;  // of the last answers, a ring
  std::size_t next_recent_ = 0;
  bool remove_worst_next_ = false;
};

// The replica's side: what it answers to a probe. Latency is the median of recent requests that began at about the present RIF.
class PrequalReplica {
 public:
  void finished(std::uint32_t rif_at_start, double latency);
  double latencyAt(std::uint32_t rif) const;  // 0 before any request

 private:
  static constexpr std::size_t kKept = 64;
  struct Sample {
    std::uint32_t rif;
    double latency;
  };
  std::vector<Sample> samples_;
  std::size_t next_ = 0;
};

}  // namespace meshmall::models
