#include "models/observation/metrics.h"

#include <algorithm>
#include <vector>

namespace meshmall::models {

namespace {

constexpr std::uint8_t bit(ScopeKind k) { return static_cast<std::uint8_t>(k); }
constexpr std::uint8_t kMall = bit(ScopeKind::mall), kService = bit(ScopeKind::service), kVersion = bit(ScopeKind::version), kTraffic = bit(ScopeKind::traffic),
                       kEndpoint = bit(ScopeKind::endpoint);
constexpr std::uint8_t kCalls = kService | bit(ScopeKind::operation) | bit(ScopeKind::edge);  // whose requests are calls, retries merged
constexpr std::uint8_t kTries = kVersion | kEndpoint;                                         // whose requests are tries
constexpr std::uint8_t kAll = kMall | kCalls | kTries | kTraffic;
constexpr std::uint8_t kStations = kService | kVersion | kEndpoint;  // where there are workers and queues
constexpr std::uint8_t kRejecting = kMall | kCalls | kTries;

using U = MetricUnit;
using B = Better;

constexpr std::array<MetricInfo, kMetrics> kTable = {{
    {"requests.total", U::count, B::neither, kAll,
     "customers that arrived in the window; for services, operations and edges calls, for versions and endpoints tries"},
    {"requests.ok", U::count, B::higher, kAll, "answered 2xx or 3xx"},
    {"requests.failed", U::count, B::lower, kAll, "answered otherwise, or not at all"},
    {"requests.inFlight", U::count, B::lower, kAll, "still there at the end"},
    {"success.rate", U::ratio, B::higher, kAll, "ok / (ok + failed)"},
    {"throughput", U::per_second, B::higher, kAll, "ok answers given within the window / its length"},
    {"latency.mean", U::milliseconds, B::lower, kAll, "mean time from arrival to answer of the ok ones"},
    {"latency.p50", U::milliseconds, B::lower, kAll, "median of the same"},
    {"latency.p90", U::milliseconds, B::lower, kAll, "90th percentile of the same"},
    {"latency.p95", U::milliseconds, B::lower, kAll, "95th percentile of the same"},
    {"latency.p99", U::milliseconds, B::lower, kAll, "99th percentile of the same"},
    {"latency.p999", U::milliseconds, B::lower, kAll, "99.9th percentile of the same"},
    {"latency.max", U::milliseconds, B::lower, kAll, "longest of the same"},
    {"latency.failed.mean", U::milliseconds, B::neither, kAll, "mean time from arrival to failure of the failed ones"},
    {"latency.failed.p50", U::milliseconds, B::neither, kAll, "median of the same"},
    {"latency.failed.p90", U::milliseconds, B::neither, kAll, "90th percentile of the same"},
    {"latency.failed.p95", U::milliseconds, B::neither, kAll, "95th percentile of the same"},
    {"latency.failed.p99", U::milliseconds, B::neither, kAll, "99th percentile of the same"},
    {"latency.failed.p999", U::milliseconds, B::neither, kAll, "99.9th percentile of the same"},
    {"latency.failed.max", U::milliseconds, B::neither, kAll, "longest of the same"},
    {"calls.total", U::count, B::lower, kMall | kCalls, "calls made for the measured customers, their own included"},
    {"attempts.total", U::count, B::lower, kMall | kCalls, "tries of those calls, mirrored copies apart"},
    {"retries.total", U::count, B::lower, kMall | kCalls, "tries that were retries"},
    {"retries.amplification", U::factor, B::lower, kMall | kCalls, "attempts.total / calls.total"},
    {"timeouts.total", U::count, B::lower, kMall | kCalls | kTraffic,
     "tries given up by the proxy's timeouts (UT) and calls given up by the application's; for traffic entries, customers answered UT"},
    {"abandoned.total", U::count, B::lower, kMall | kTraffic, "customers who left before their answer"},
    {"hedges.total", U::count, B::lower, kMall | kCalls, "tries that were hedges"},
    {"mirrored.total", U::count, B::neither, kMall | kCalls, "mirrored copies"},
    {"ejections.total", U::count, B::lower, kMall | kStations, "endpoints ejected by a proxy's outlier detection, within the window"},
    {"rejected.localRateLimit", U::count, B::lower, kRejecting, "turned away by a proxy's own rate limit"},
    {"rejected.globalRateLimit", U::count, B::lower, kRejecting, "turned away by the shared rate limit"},
    {"rejected.circuitBreaker", U::count, B::lower, kRejecting, "turned away by a circuit breaker (UO)"},
    {"rejected.admission", U::count, B::lower, kRejecting, "turned away by admission control"},
    {"rejected.adaptiveConcurrency", U::count, B::lower, kRejecting, "turned away by adaptive concurrency"},
    {"rejected.queueFull", U::count, B::lower, kRejecting, "turned away by a full queue"},
    {"rejected.queueTimeout", U::count, B::lower, kRejecting, "waited too long in a queue"},
    {"rejected.handshake", U::count, B::lower, kRejecting, "connection refused at the mTLS handshake"},
    {"rejected.authentication", U::count, B::lower, kRejecting, "no good token: refused ones (401), and missing ones where a policy demands one (403)"},
    {"rejected.authorization", U::count, B::lower, kRejecting, "not allowed by policy, whatever token they had (403)"},
    {"missingToken.total", U::count, B::lower, kRejecting, "those of rejected.authentication who came without a token (403)"},
    {"noHealthyUpstream.total", U::count, B::lower, kRejecting, "no endpoint to send it to (UH)"},
    {"utilization", U::ratio, B::neither, kStations, "time average of held workers / workers"},
    {"cpu", U::ratio, B::neither, kStations, "time average of workers at work / workers"},
    {"queue.mean", U::factor, B::lower, kStations, "time average of the requests waiting for a worker"},
    {"queue.max", U::count, B::lower, kStations, "most requests waiting at one time"},
}};

// Damerau-Levenshtein in its restricted form: insert, delete, replace, swap neighbours.
std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string_view name(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::mall:
      return "mall";
    case ScopeKind::service:
      return "service";
    case ScopeKind::version:
      return "version";
    case ScopeKind::operation:
      return "operation";
    case ScopeKind::edge:
      return "edge";
    case ScopeKind::traffic:
      return "traffic";
    case ScopeKind::endpoint:
      return "endpoint";
  }
  return "";
}

const MetricInfo& info(Metric metric) { return kTable[static_cast<std::size_t>(metric)]; }

std::optional<Metric> findMetric(std::string_view name) {
  for (std::size_t i = 0; i < kMetrics; ++i) {
    if (kTable[i].name == name) return metricAt(i);
  }
  return std::nullopt;
}

std::string_view nearestMetric(std::string_view unknown) {
  const std::string_view asked = unknown.substr(0, 100);
  std::size_t best = 0, best_distance = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = 0; i < kMetrics; ++i) {
    const std::size_t distance = editDistance(asked, kTable[i].name);
    if (distance < best_distance) {
      best = i;
      best_distance = distance;
    }
  }
  return kTable[best].name;
}

Metric rejectionMetric(Rejection reason) {
  constexpr std::array<Metric, kRejections> kMetricOf = {
      Metric::rejected_local_rate_limit,     Metric::rejected_global_rate_limit, Metric::rejected_circuit_breaker, Metric::rejected_admission,
      Metric::rejected_adaptive_concurrency, Metric::rejected_queue_full,        Metric::rejected_queue_timeout,   Metric::rejected_handshake,
      Metric::rejected_authentication,       Metric::missing_token_total,        Metric::rejected_authorization,   Metric::no_healthy_upstream_total};
  return kMetricOf[static_cast<std::size_t>(reason)];
}

}  // namespace meshmall::models
