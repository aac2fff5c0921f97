// Limits at the door: rateLimits of the mesh, admissionControl and adaptiveConcurrency of a trafficPolicy.
#include <algorithm>

#include "models/scenario/decode_distribution.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

namespace meshmall::models {

namespace {

// The proxies' forms of a number: 95, {"value": 95}, {"defaultValue": {"value": 95}, "runtimeKey": "..."}.
double readRuntimeNumber(const Node& node, double fallback, double min, double max) {
  if (node.value().members() == nullptr) return readNumber(node, min, max).value_or(fallback);
  ObjectReader object(node, "runtimeValue");
  const auto inner = object.exactlyOne({"value", "defaultValue"});
  return inner ? readRuntimeNumber(*inner, fallback, min, max) : fallback;
}

double runtimeNumber(ObjectReader& object, std::string_view key, double fallback, double min, double max) {
  const auto node = object.get(key);
  return node ? readRuntimeNumber(*node, fallback, min, max) : fallback;
}

void readPercentile(ObjectReader& object, AdaptiveConcurrencyConfig& out) {
  out.sample_aggregate_percentile = runtimeNumber(object, "sampleAggregatePercentile", 100 * out.sample_aggregate_percentile, 0, 100) / 100;
}

void readLimitParams(ObjectReader& object, AdaptiveConcurrencyConfig& out) {
  out.max_concurrency_limit = object.count("maxConcurrencyLimit", out.max_concurrency_limit, 1, INT32_MAX);
  if (const auto interval = object.get("concurrencyUpdateInterval")) {
    out.concurrency_update_interval = readPositiveDuration(*interval).value_or(out.concurrency_update_interval);
  }
}

void readMinRttParams(ObjectReader& object, std::string_view interval_key, AdaptiveConcurrencyConfig& out) {
  if (const auto interval = object.get(interval_key)) {
    out.min_rtt_interval = readPositiveDuration(*interval).value_or(out.min_rtt_interval);
    if (out.min_rtt_interval < engine::milliseconds(1)) interval->error("must be at least 1ms");
  }
  out.request_count = object.count("requestCount", out.request_count, 1, 1'000'000);
  out.jitter = runtimeNumber(object, "jitter", 100 * out.jitter, 0, 100) / 100;
  out.min_concurrency = object.count("minConcurrency", out.min_concurrency, 1, INT32_MAX);
  out.buffer = runtimeNumber(object, "buffer", 100 * out.buffer, 0, 100) / 100;
  const auto fixed = object.get("fixedValue");
  if (!fixed) return;
  out.fixed_min_rtt = readDuration(*fixed);
  if (out.fixed_min_rtt && *out.fixed_min_rtt < engine::milliseconds(1)) fixed->error("must be at least 1ms");
  for (const std::string_view key : {interval_key, std::string_view("requestCount"), std::string_view("jitter")}) {
    if (object.has(key)) fixed->error("excludes " + inQuotes(key) + ": a lowest latency that is given is never measured");
  }
}

void readGradientController(const Node& node, AdaptiveConcurrencyConfig& out) {
  ObjectReader object(node, "gradientController");
  readPercentile(object, out);
  if (const auto params = object.get("concurrencyLimitParams")) {
    ObjectReader fields(*params, "concurrencyLimitParams");
    readLimitParams(fields, out);
  }
  if (const auto params = object.get("minRttCalcParams")) {
    ObjectReader fields(*params, "minRttCalcParams");
    readMinRttParams(fields, "interval", out);
  }
}

LocalRateLimitConfig readLocal(const Node& node) {
  LocalRateLimitConfig out;
  LocalBucketConfig bucket;
  ObjectReader object(node, "localRateLimit");
  constexpr std::int64_t kMax = 1'000'000'000;
  if (const auto tokens = object.require("maxTokens")) bucket.max_tokens = static_cast<std::uint64_t>(readWhole(*tokens, 0, kMax).value_or(1));
  bucket.tokens_per_fill = static_cast<std::uint64_t>(object.whole("tokensPerFill", 1, 1, kMax));
  if (const auto interval = object.get("fillInterval")) {
    bucket.fill_interval = readPositiveDuration(*interval).value_or(bucket.fill_interval);
    if (!bucket.valid()) interval->error("must be at least 50ms");
  }
  if (const auto refill = object.get("refill")) {
    bucket.refill = readChoice(*refill, {"continuous", "interval"}).value_or(0) == 0 ? RefillMode::kContinuous : RefillMode::kInterval;
  }
  out.default_bucket = bucket;
  return out;
}

GlobalRateLimit readGlobal(const Node& node, const Decoding& decoding) {
  GlobalRateLimit out;
  ObjectReader object(node, "globalRateLimit");
  if (const auto requests = object.require("requestsPerUnit")) {
    out.limit.requests_per_unit = static_cast<std::uint32_t>(readWhole(*requests, 0, UINT32_MAX).value_or(1));
  }
  if (const auto unit = object.require("unit")) {
    constexpr RateLimitUnit kUnits[] = {RateLimitUnit::kSecond, RateLimitUnit::kMinute, RateLimitUnit::kHour, RateLimitUnit::kDay};
    out.limit.unit = kUnits[readChoice(*unit, {"second", "minute", "hour", "day"}).value_or(0)];
  }
  if (const auto key = object.get("key")) {
    out.key = readName(*key).value_or("");
    for (char& c : out.key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  out.latency = readDistribution(object, "latency", decoding.folder);
  out.fail_open = object.flag("failOpen", true);
  return out;
}

}  // namespace

namespace {

void readSuccessCriteria(const Node& node, AdmissionControlConfig& out) {
  ObjectReader object(node, "successCriteria");
  if (const auto http = object.get("httpCriteria")) {
    ObjectReader criteria(*http, "httpCriteria");
    if (const auto statuses = criteria.require("httpSuccessStatus")) {
      out.http_success = readStatusRanges(*statuses);
      if (out.http_success->empty() && statuses->value().items() != nullptr) statuses->error("needs at least one range");
    }
  }
  const auto grpc = object.get("grpcCriteria");
  if (!grpc) return;
  ObjectReader criteria(*grpc, "grpcCriteria");
  const auto statuses = criteria.require("grpcSuccessStatus");
  if (!statuses) return;
  out.grpc_success.emplace();
  for (const Node& item : items(*statuses)) out.grpc_success->push_back(static_cast<int>(readWhole(item, 0, 16).value_or(0)));
  if (out.grpc_success->empty() && statuses->value().items() != nullptr) statuses->error("needs at least one status");
}

// 429, or Envoy's {"code": 429}. Envoy answers 503 for anything below 400.
std::uint16_t readExceededStatus(const Node& node) {
  std::optional<Node> code = node;
  if (node.value().members() != nullptr) {
    ObjectReader object(node, "exceededStatus");
    code = object.require("code");
  }
  const std::int64_t status = code ? readWhole(*code, 200, 599).value_or(503) : 503;
  if (status < 400) node.advise("adaptive-status", "who is turned away is answered 503: Envoy takes no status below 400", "leave it out, or set one from 400 on");
  return static_cast<std::uint16_t>(status < 400 ? 503 : status);
}

}  // namespace

AdmissionControlConfig readAdmissionControl(const Node& node) {
  AdmissionControlConfig out;
  ObjectReader object(node, "admissionControl");
  out.enabled = object.flag("enabled", true);
  if (const auto window = object.get("samplingWindow")) {
    out.sampling_window = readPositiveDuration(*window).value_or(out.sampling_window);
    if (out.sampling_window.ns % 1'000'000'000 != 0) window->error("must be whole seconds");
  }
  out.aggression = runtimeNumber(object, "aggression", out.aggression, 0, 1e6);
  out.sr_threshold_percent = runtimeNumber(object, "srThreshold", out.sr_threshold_percent, 1, 100);
  out.rps_threshold = static_cast<std::uint32_t>(runtimeNumber(object, "rpsThreshold", out.rps_threshold, 0, 1e9));
  out.max_rejection_probability_percent = runtimeNumber(object, "maxRejectionProbability", out.max_rejection_probability_percent, 0, 100);
  if (const auto criteria = object.get("successCriteria")) readSuccessCriteria(*criteria, out);
  return out;
}

AdaptiveConcurrencyConfig readAdaptiveConcurrency(const Node& node) {
  AdaptiveConcurrencyConfig out;
  ObjectReader object(node, "adaptiveConcurrency");
  out.enabled = object.flag("enabled", true);
  readPercentile(object, out);
  readLimitParams(object, out);
  readMinRttParams(object, "minRttInterval", out);
  if (const auto nested = object.get("gradientControllerConfig")) readGradientController(*nested, out);
  if (const auto status = object.get("concurrencyLimitExceededStatus")) out.exceeded_status = readExceededStatus(*status);
  if (out.max_concurrency_limit < out.min_concurrency) node.error("\"maxConcurrencyLimit\" must not be below \"minConcurrency\"");
  return out;
}

std::vector<RateLimits> readRateLimits(const Node& node, const Decoding& decoding) {
  std::vector<RateLimits> out;
  std::vector<std::string_view> known = {kEntranceGateway};
  for (std::size_t i = 0; i < decoding.names.services().size() && i < 2000; ++i) known.push_back(decoding.names.services()[i].key);
  for (const JsonMember* member : sortedMembers(node)) {
    const Node entry(node, *member);
    RateLimits next;
    next.service = decoding.names.findHost(entry.key(), "default");
    const bool entrance = !next.service && entry.key() == kEntranceGateway;
    if (!next.service && !entrance) entry.keyError("there is no service " + inQuotes(entry.key()), suggestion(std::string(entry.key()), known));
    if (next.service && std::any_of(out.begin(), out.end(), [&](const RateLimits& other) { return other.service == next.service; })) {
      entry.keyError("service " + inQuotes(decoding.names.services()[*next.service].key) + " is named by two keys");
    }
    ObjectReader object(entry, "rateLimit");
    if (const auto local = object.get("local")) next.local = readLocal(*local);
    if (const auto global = object.get("global")) next.global = readGlobal(*global, decoding);
    if (object.isObject() && !next.local && !next.global) entry.error("needs \"local\" or \"global\"");
    if (next.service || entrance) out.push_back(std::move(next));
  }
  std::sort(out.begin(), out.end(), [](const RateLimits& a, const RateLimits& b) { return a.service < b.service; });
  return out;
}

}  // namespace meshmall::models
