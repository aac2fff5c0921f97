// Outlier detection of one proxy for one cluster: endpoints that fail are ejected from its own view for a while, longer each time.
//
// Detectors: consecutive 5xx, gateway errors and local-origin failures act at the report; success rate and failure percentage (external and local)
// at the interval tick. Decisions come back as plain values; the holder takes ejected endpoints out of its balancer's view.
// The state grows with the highest endpoint seen, 104 bytes each. Ticks: at `interval` from the previous one, needed only after the first report;
// while quiet() holds a tick changes nothing and may be left out.
// Ties: endpoints are visited in index order (the proxy's own order is unspecified), so a binding max_ejection_percent spares the higher indexes.
// Source: Envoy outlier_detection_impl.cc; spec envoy-resilience.md section 6.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"
#include "models/resilience/outlier_detection_config.h"
#include "models/resilience/response.h"

namespace meshmall::models {

enum class EjectionType : std::uint8_t {
  kConsecutive5xx,
  kConsecutiveGatewayFailure,
  kSuccessRate,
  kConsecutiveLocalOriginFailure,
  kSuccessRateLocalOrigin,
  kFailurePercentage,
  kFailurePercentageLocalOrigin,
};
inline constexpr std::size_t kEjectionTypeCount = 7;
std::string_view name(EjectionType type);  // as Envoy logs it: "CONSECUTIVE_5XX", ...

// What the router reports besides a plain HTTP status (spec 6.3).
enum class OutlierResult : std::uint8_t {
  kExtOriginRequestSuccess,
  kExtOriginRequestFailed,
  kLocalOriginConnectSuccess,
  kLocalOriginConnectSuccessFinal,
  kLocalOriginTimeout,
  kLocalOriginConnectFailed,
};
// The HTTP code a result without one counts as; nothing: it does not reach the HTTP counters.
std::optional<int> httpCodeOf(OutlierResult result, bool split_external_local_origin_errors);

struct OutlierDecision {
  std::uint32_t host = 0;
  bool eject = true;                                  // false: it is let in again
  EjectionType type = EjectionType::kConsecutive5xx;  // of an ejection
  bool enforced = true;                               // false: detected only, nothing changed
  engine::SimTime until;                              // of an enforced ejection: earliest end; the first tick at or after it ends it
  std::uint32_t multiplier = 0;                       // of the ejection time, afterwards
};
// What changed without letting anybody in or out, for whoever keeps a log. Told once for each host until it is ejected or its multiplier is 0.
struct OutlierNote {
  enum class Kind : std::uint8_t { kDecay, kNoRoom };  // the multiplier went down; max_ejection_percent forbids the ejection
  std::uint32_t host = 0;
  Kind kind = Kind::kDecay;
  EjectionType type = EjectionType::kConsecutive5xx;  // of the ejection that there was no room for
  std::uint32_t multiplier = 0;                       // after the decay
};

struct OutlierStats {
  std::array<std::uint32_t, kEjectionTypeCount> detected{};
  std::array<std::uint32_t, kEjectionTypeCount> enforced{};
  std::uint32_t overflow = 0;  // not ejected because of max_ejection_percent
  std::uint32_t enforcedTotal() const;
};

class OutlierDetector {
 public:
  using Decisions = std::vector<OutlierDecision>;  // appended to

  // An answer of `host`. total_hosts: size of the cluster now, all priorities. Draws only when an ejection is tried. O(1).
  void onHttp(const OutlierDetectionConfig& config, std::uint32_t host, int status, engine::SimTime now, std::uint32_t total_hosts,
              engine::RandomSource& random, Decisions& out);
  // Another report; `code` when the router gives one along. With split errors the code is ignored, else it counts instead of the result.
  void onResult(const OutlierDetectionConfig& config, std::uint32_t host, OutlierResult result, std::optional<int> code, engine::SimTime now,
                std::uint32_t total_hosts, engine::RandomSource& random, Decisions& out);
  // The try has got its connection. Only matters with split errors, where it is a local success (so a timeout after it is never "consecutive" there).
  void onPoolReady(const OutlierDetectionConfig& config, std::uint32_t host) {
    if (config.split_external_local_origin_errors) countLocalSuccess(host);
  }
  // The end of a try as the router reports it: an answer (gRPC: its HTTP equivalent), a timeout (504) or a failed or reset try; overflow: nothing.
  void onTryEnd(const OutlierDetectionConfig& config, std::uint32_t host, const TryOutcome& outcome, bool timed_out, engine::SimTime now,
                std::uint32_t total_hosts, engine::RandomSource& random, Decisions& out);

  // The periodic work, in Envoy's order: let in those whose time is over, judge rates of the interval just ended, decay multipliers. O(hosts seen).
  void onInterval(const OutlierDetectionConfig& config, engine::SimTime now, std::uint32_t total_hosts, engine::RandomSource& random, Decisions& out);

  // An active health check succeeded: lets an ejected endpoint in at once, unless configured otherwise. Call only while it does not fail its checks.
  void onActiveHealthCheckSuccess(const OutlierDetectionConfig& config, std::uint32_t host, engine::SimTime now, Decisions& out);
  // The endpoint has left the cluster: its state is forgotten, its slot freed.
  void removeHost(std::uint32_t host);

  // Notes since the last call. Kept only after keepNotes().
  std::vector<OutlierNote> takeNotes() { return std::exchange(notes_, {}); }
  bool hasNotes() const { return !notes_.empty(); }
  void keepNotes() { keeps_notes_ = true; }

  bool ejected(std::uint32_t host) const { return host < hosts_.size() && hosts_[host].ejected; }
  std::uint32_t multiplier(std::uint32_t host) const { return host < hosts_.size() ? hosts_[host].multiplier : 0; }
  std::uint32_t ejectedCount() const { return ejected_now_; }
  const OutlierStats& stats() const { return stats_; }
  // Nothing ejected, no multiplier above 0, no request counted since the last tick: further ticks would change nothing. O(hosts seen).
  bool quiet() const;

  // What the last tick found, for `explain` and tests; -1: not computed.
  struct RateFindings {
    double mean = -1, threshold = -1;
  };
  const RateFindings& externalRates() const { return external_rates_; }
  const RateFindings& localRates() const { return local_rates_; }
  double successRate(std::uint32_t host, bool local) const;  // percent, of the last interval with enough requests; -1: none yet

 private:
  struct Bucket {
    std::uint32_t success = 0, total = 0;
  };
  struct Window {
    Bucket current, previous;  // the running interval and the one before
    Bucket judged;             // the last one with enough requests for a rate
  };
  struct Host {
    engine::SimTime last_ejection, last_unejection;
    std::int64_t jitter_ms = 0;
    std::uint32_t consecutive_5xx = 0, consecutive_gateway = 0, consecutive_local = 0;
    std::uint32_t multiplier = 0;
    bool ejected = false, was_unejected = false, told_no_room = false;
    Window external, local;
  };

  Host& hostAt(std::uint32_t host);
  void countHttp(const OutlierDetectionConfig& config, std::uint32_t host, int status, engine::SimTime now, std::uint32_t total_hosts,
                 engine::RandomSource& random, Decisions& out);
  void countLocalSuccess(std::uint32_t host);
  void countLocal(const OutlierDetectionConfig& config, std::uint32_t host, bool success, engine::SimTime now, std::uint32_t total_hosts,
                  engine::RandomSource& random, Decisions& out);
  void trigger(const OutlierDetectionConfig& config, std::uint32_t host, EjectionType type, engine::SimTime now, std::uint32_t total_hosts,
               engine::RandomSource& random, Decisions& out);
  void judgeSuccessRates(const OutlierDetectionConfig& config, bool local, const std::vector<std::pair<std::uint32_t, double>>& rates, engine::SimTime now,
                         std::uint32_t total_hosts, engine::RandomSource& random, Decisions& out);
  void tryEject(const OutlierDetectionConfig& config, std::uint32_t host, EjectionType type, engine::SimTime now, std::uint32_t total_hosts,
                engine::RandomSource& random, Decisions& out);
  void judgeRates(const OutlierDetectionConfig& config, bool local, engine::SimTime now, std::uint32_t total_hosts, engine::RandomSource& random,
                  Decisions& out);
  void uneject(std::uint32_t host, engine::SimTime now, Decisions& out);

  std::vector<Host> hosts_;
  std::vector<OutlierNote> notes_;
  bool keeps_notes_ = false;
  std::uint32_t ejected_now_ = 0;
  OutlierStats stats_;
  RateFindings external_rates_, local_rates_;
};

// The threshold below which a success rate (percent) is an outlier: mean - factor/1000 x population deviation. Rates: at least one.
struct SuccessRateThreshold {
  double mean = -1, variance = 0, deviation = 0, threshold = -1;
};
SuccessRateThreshold successRateThreshold(const std::vector<double>& rates, double stdev_factor);

}  // namespace meshmall::models
