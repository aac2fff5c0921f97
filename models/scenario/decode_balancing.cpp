// loadBalancer: which endpoint. Istio's `simple` and `consistentHash`, the proxies' own policies, slow start.
#include "models/scenario/decode_balancing.h"

#include <algorithm>

#include "models/balancing/maglev.h"
#include "models/balancing/ring_hash.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

namespace meshmall::models {

namespace {

constexpr Duration kMillisecond{1'000'000};

// A duration of at least `least`.
Duration readAtLeast(ObjectReader& object, std::string_view key, Duration fallback, Duration least, std::string_view what) {
  const auto node = object.get(key);
  if (!node) return fallback;
  const auto given = readPositiveDuration(*node);
  if (given && *given < least) node->wrong(what);
  return given.value_or(fallback);
}

LeastRequestConfig readLeastRequest(const Node& node) {
  LeastRequestConfig out;
  ObjectReader object(node, "leastRequest");
  out.choice_count = object.count("choiceCount", 2, 1, 1000);
  if (const auto bias = object.get("activeRequestBias")) out.active_request_bias = readNumber(*bias, 0, 1000);
  if (const auto selection = object.get("selection")) {
    out.selection = static_cast<LeastRequestConfig::Selection>(readChoice(*selection, {"n_choices", "full_scan"}).value_or(0));
  }
  out.replacement = object.flag("replacement", true);
  return out;
}

PeakEwmaConfig readPeakEwma(const Node& node) {
  PeakEwmaConfig out;
  ObjectReader object(node, "peakEwma");
  out.decay = readAtLeast(object, "decay", out.decay, kMillisecond, "at least 1ms");
  out.default_rtt = readAtLeast(object, "defaultRtt", out.default_rtt, kMillisecond, "at least 1ms");
  return out;
}

PrequalConfig readPrequal(const Node& node) {
  PrequalConfig out;
  ObjectReader object(node, "prequal");
  out.pool_size = object.count("poolSize", out.pool_size, 1, 10'000);
  if (const auto age = object.get("maxAge")) out.max_age = readPositiveDuration(*age).value_or(out.max_age);
  out.probe_rate = object.number("probeRate", out.probe_rate, 0, 1000);
  out.remove_rate = object.number("removeRate", out.remove_rate, 0, 1000);
  out.rif_quantile = object.number("rifQuantile", out.rif_quantile, 0, 1);
  out.delta = object.number("delta", out.delta, 0, 1000);
  out.reuse_cap = object.number("reuseCap", out.reuse_cap, 1, 1e6);
  out.minimum_pool = object.count("minimumPool", out.minimum_pool, 1, 10'000);
  if (const auto timeout = object.get("probeTimeout")) out.probe_timeout = readPositiveDuration(*timeout).value_or(out.probe_timeout);
  if (out.minimum_pool > out.pool_size) node.error("\"minimumPool\" is above \"poolSize\": the answers to probes would never be used");
  return out;
}

// What gRPC's and Envoy's policies by load reports have in common.
template <class Config>
void readReports(ObjectReader& object, Config& out) {
  out.out_of_band = object.flag("enableOobLoadReport", false);
  const bool period_given = object.has("oobReportingPeriod");
  out.out_of_band_period = readAtLeast(object, "oobReportingPeriod", out.out_of_band_period, kMillisecond, "at least 1ms");
  if (period_given && !out.out_of_band) object.node().warning("\"oobReportingPeriod\" has no effect without \"enableOobLoadReport\"");
  out.blackout_period = object.duration("blackoutPeriod", out.blackout_period);
  if (const auto expiry = object.get("weightExpirationPeriod")) out.weight_expiration_period = readPositiveDuration(*expiry).value_or(out.weight_expiration_period);
  out.weight_update_period = readAtLeast(object, "weightUpdatePeriod", out.weight_update_period, kMillisecond * 100, "at least 100ms");
  out.error_utilization_penalty = object.number("errorUtilizationPenalty", out.error_utilization_penalty, 0, 1e6);
}

ClientSideWeightedRoundRobinConfig readClientSideWeightedRoundRobin(const Node& node) {
  ClientSideWeightedRoundRobinConfig out;
  ObjectReader object(node, "clientSideWeightedRoundRobin");
  readReports(object, out);
  const std::vector<std::string_view> known = {"named_metrics.queue", "named_metrics.inFlight"};
  if (const auto names = object.get("metricNamesForComputingUtilization")) {
    for (const Node& item : items(*names)) {
      const auto name = readText(item);
      if (!name) continue;
      if (std::find(known.begin(), known.end(), *name) == known.end()) {
        item.error("the mall's endpoints report no metric " + inQuotes(*name), suggestion(*name, known));
      }
      out.metric_names.push_back(*name);
    }
  }
  return out;
}

GrpcWeightedRoundRobinConfig readGrpcWeightedRoundRobin(const Node& node) {
  GrpcWeightedRoundRobinConfig out;
  ObjectReader object(node, "grpcWeightedRoundRobin");
  readReports(object, out);
  return out;
}

PolicyConfig readPolicy(const Node& node) {
  ObjectReader object(node, "lbPolicy");
  std::vector<std::string_view> kinds;
  for (const KeyInfo& key : keysOf("lbPolicy").keys) kinds.push_back(key.name);
  const auto chosen = object.exactlyOne(kinds);
  if (!chosen) return LeastRequestConfig{};
  if (chosen->key() == "peakEwma") return readPeakEwma(*chosen);
  if (chosen->key() == "prequal") return readPrequal(*chosen);
  if (chosen->key() == "clientSideWeightedRoundRobin") return readClientSideWeightedRoundRobin(*chosen);
  if (chosen->key() == "grpcWeightedRoundRobin") return readGrpcWeightedRoundRobin(*chosen);
  if (chosen->key() == "pickFirst") {
    ObjectReader none(*chosen, "pickFirst");
    return PickFirstConfig{};
  }
  return readLeastRequest(*chosen);
}

PolicyConfig readSimple(const Node& node) {
  switch (readChoice(node, {"ROUND_ROBIN", "LEAST_REQUEST", "RANDOM", "PASSTHROUGH"}).value_or(1)) {
    case 0:
      return RoundRobinConfig{};
    case 2:
    case 3:
      return RandomConfig{};
    default:
      return LeastRequestConfig{};
  }
}

std::string lowerCase(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

HashPolicy readCookie(const Node& node) {
  HashPolicy out;
  out.kind = HashPolicy::Kind::kCookie;
  ObjectReader object(node, "httpCookie");
  if (const auto name = object.require("name")) out.name = readName(*name).value_or("");
  if (const auto ttl = object.get("ttl")) out.generated = readDuration(*ttl).has_value();
  return out;
}

HashPolicy readHashKey(const Node& key) {
  HashPolicy out;
  if (key.key() == "httpCookie") return readCookie(key);
  if (key.key() == "useSourceIp") {
    out.kind = HashPolicy::Kind::kSource;
    if (const auto on = readFlag(key); on && !*on) key.error("must be true: it is what is hashed", "leave it out and name a header or cookie");
    return out;
  }
  const bool header = key.key() == "httpHeaderName";
  out.kind = header ? HashPolicy::Kind::kHeader : HashPolicy::Kind::kQueryParameter;
  out.name = readName(key).value_or("");
  if (header) out.name = lowerCase(out.name);
  return out;
}

RingHashConfig readRingHash(const Node& node) {
  RingHashConfig out;
  ObjectReader object(node, "ringHash");
  out.minimum_ring_size = static_cast<std::uint64_t>(object.whole("minimumRingSize", 1024, 1, static_cast<std::int64_t>(kLargestRing)));
  out.maximum_ring_size = static_cast<std::uint64_t>(object.whole("maximumRingSize", static_cast<std::int64_t>(kLargestRing), 1, static_cast<std::int64_t>(kLargestRing)));
  if (const auto hash = object.get("hashFunction")) out.hash = static_cast<RingHashConfig::Hash>(readChoice(*hash, {"XX_HASH", "MURMUR_HASH_2"}).value_or(0));
  if (const std::string problem = problemOf(out); !problem.empty()) node.error(problem);
  return out;
}

void readConsistentHash(const Node& node, LoadBalancerSettings& out) {
  ObjectReader object(node, "consistentHash");
  if (const auto key = object.exactlyOne({"httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"})) {
    out.hash = readHashKey(*key);
  } else {
    out.hash = HashPolicy{};
  }
  const auto old_size = object.get("minimumRingSize");  // Istio's deprecated place of ringHash.minimumRingSize
  const auto kinds = object.atMostOne({"ringHash", "maglev"});
  std::uint32_t factor = 0;
  if (const auto given = object.get("hashBalanceFactor")) factor = static_cast<std::uint32_t>(readWhole(*given, 100, 1'000'000).value_or(0));
  const auto maglev = object.get("maglev");
  if (maglev && kinds.size() == 1) {
    MaglevConfig config;
    ObjectReader table(*maglev, "maglev");
    config.table_size = static_cast<std::uint64_t>(table.whole("tableSize", static_cast<std::int64_t>(config.table_size), 1, 5'000'011));
    if (const std::string problem = problemOf(config); !problem.empty()) maglev->error(problem);
    if (old_size) old_size->error("is of rings, and the policy is Maglev");
    config.hash_balance_factor = factor;
    out.policy = config;
    return;
  }
  RingHashConfig ring;
  if (const auto given = object.get("ringHash")) {
    ring = readRingHash(*given);
    if (old_size) old_size->error("is the old place of \"ringHash\": {\"minimumRingSize\"}: give one of them");
  } else if (old_size) {
    ring.minimum_ring_size = static_cast<std::uint64_t>(readWhole(*old_size, 1, static_cast<std::int64_t>(kLargestRing)).value_or(1024));
  }
  ring.hash_balance_factor = factor;
  out.policy = ring;
}

}  // namespace

void readBalancer(const Node& kind, LoadBalancerSettings& out) {
  if (kind.key() == "simple") {
    out.policy = readSimple(kind);
    out.passes_through = kind.value().string() != nullptr && *kind.value().string() == "PASSTHROUGH";
  }
  if (kind.key() == "policy") out.policy = readPolicy(kind);
  if (kind.key() == "consistentHash") readConsistentHash(kind, out);
}

void readWarmup(const Node& node, LoadBalancerSettings& out) {
  SlowStartConfig config;
  ObjectReader object(node, "warmup");
  if (const auto duration = object.require("duration")) config.window = readAtLeast(object, "duration", Duration{}, kMillisecond, "at least 1ms");
  config.min_weight_percent = object.number("minimumPercent", config.min_weight_percent, 0, 100);
  if (const auto aggression = object.get("aggression")) config.aggression = readPositive(*aggression).value_or(1);
  if (auto* c = std::get_if<RoundRobinConfig>(&out.policy)) {
    c->slow_start = config;
  } else if (auto* least = std::get_if<LeastRequestConfig>(&out.policy)) {
    least->slow_start = config;
  } else if (auto* reports = std::get_if<ClientSideWeightedRoundRobinConfig>(&out.policy)) {
    reports->slow_start = config;
  } else {
    node.advise("warmup-ignored", "the warm-up has no effect: this balancer gives every endpoint its full share at once", "take ROUND_ROBIN or LEAST_REQUEST");
  }
}

}  // namespace meshmall::models
