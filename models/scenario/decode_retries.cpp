// retries: Istio's block with Istio's defaults, Envoy's budget and hedging, Linkerd's and Finagle's token budget.
#include <cmath>

#include "models/routing/istio_mapping.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

namespace meshmall::models {

namespace {

void readBackoff(const Node& node, RetryPolicy& out) {
  if (node.value().string() != nullptr) {  // Istio's form: the base interval
    out.base_interval = readPositiveDuration(node).value_or(out.base_interval);
    return;
  }
  ObjectReader object(node, "backoff");
  if (const auto base = object.get("baseInterval")) out.base_interval = readPositiveDuration(*base).value_or(out.base_interval);
  if (const auto max = object.get("maxInterval")) {
    out.max_interval = readPositiveDuration(*max);
    if (out.max_interval && *out.max_interval < out.base_interval) max->error("must not be shorter than \"baseInterval\"");
  }
}

void readRetryOn(const Node& node, RetryPolicy& out) {
  const auto text = readText(node);
  if (!text) return;
  const IstioRetryOn parsed = parseIstioRetryOn(*text);
  std::vector<std::string_view> known;
  for (const RetryOnName& name : retryOnNames()) known.push_back(name.text);
  for (const std::string& unknown : parsed.unknown) node.error("there is no retry condition " + inQuotes(unknown), suggestion(unknown, known));
  const auto converted = convertRetries(IstioRetries{1, *text}, false);  // empty: Istio's default conditions
  out.on = converted->policy.on;
  out.status_codes = converted->policy.status_codes;
}

RateLimitedBackoffConfig readRateLimitedBackoff(const Node& node) {
  RateLimitedBackoffConfig out;
  ObjectReader object(node, "rateLimitedBackoff");
  if (const auto headers = object.require("resetHeaders")) {
    const auto entries = items(*headers);
    if (entries.empty() && headers->value().items() != nullptr) headers->error("needs at least one header");
    for (const Node& item : entries) {
      ResetHeader next;
      ObjectReader header(item, "resetHeader");
      if (const auto name = header.require("name")) next.name = readName(*name).value_or("");
      if (const auto format = header.get("format")) {
        next.format = readChoice(*format, {"SECONDS", "UNIX_TIMESTAMP"}).value_or(0) == 0 ? ResetHeaderFormat::kSeconds : ResetHeaderFormat::kUnixTimestamp;
      }
      out.reset_headers.push_back(std::move(next));
    }
  }
  if (const auto max = object.get("maxInterval")) out.max_interval = readPositiveDuration(*max).value_or(out.max_interval);
  return out;
}

RetryBudgetConfig readBudget(const Node& node) {
  RetryBudgetConfig out;
  ObjectReader object(node, "retryBudget");
  out.percent = object.number("percent", out.percent, 0, 100);
  out.min_concurrency = object.count("minConcurrency", out.min_concurrency, 0, INT32_MAX);
  return out;
}

TokenBudgetConfig readTokenBudget(const Node& node) {
  TokenBudgetConfig out;
  ObjectReader object(node, "tokenBudget");
  out.ratio = static_cast<float>(object.number("ratio", out.ratio, 0, 1000));
  out.min_per_second = object.count("minPerSecond", out.min_per_second, 0, 1'000'000);
  if (const auto ttl = object.get("ttl")) {
    out.ttl = readDuration(*ttl).value_or(out.ttl);
    if (out.ttl < engine::seconds(1) || out.ttl > engine::seconds(60)) ttl->error("must be from 1s to 60s");
  }
  if (const auto deposit = object.get("deposit")) {
    out.deposit = readChoice(*deposit, {"nonRetryable", "everyCall"}).value_or(0) == 0 ? TokenDeposit::kNonRetryable : TokenDeposit::kEveryCall;
  }
  return out;
}

GrpcThrottleConfig readThrottling(const Node& node) {
  GrpcThrottleConfig out;
  ObjectReader object(node, "retryThrottling");
  out.max_tokens = object.count("maxTokens", out.max_tokens, 1, 1000);
  out.token_ratio = object.number("tokenRatio", out.token_ratio, 0.001, 1000);
  return out;
}

void readRetryPriority(const Node& node, RetryPolicy& out) {
  ObjectReader object(node, "retryPriority");
  const auto previous = object.require("previousPriorities");
  if (!previous) return;
  ObjectReader fields(*previous, "previousPriorities");
  out.previous_priorities_frequency = fields.count("updateFrequency", 2, 1, 1'000'000);
}

void readRetryHost(const Node& node, RetryPolicy& out) {
  ObjectReader object(node, "retryHost");
  out.avoid_previous_hosts = out.avoid_when_hashing = object.flag("previousHosts", true);
  out.host_selection_attempts = object.count("hostSelectionRetryMaxAttempts", out.host_selection_attempts, 0, 1000);
}

}  // namespace

RetryBudgetConfig readClusterRetryBudget(const Node& node) {
  RetryBudgetConfig out;
  ObjectReader object(node, "clusterRetryBudget");
  out.percent = object.number("percent", out.percent, 0, 100);
  out.min_concurrency = object.count("minRetryConcurrency", out.min_concurrency, 0, INT32_MAX);
  return out;
}

RetryPolicy readRetries(const Node& node) {
  RetryPolicy out = istioDefaultRetryPolicy();
  ObjectReader object(node, "retries");
  if (const auto attempts = object.require("attempts")) out.attempts = static_cast<std::uint32_t>(readWhole(*attempts, 0, 1'000'000).value_or(2));
  out.per_try_timeout = object.duration("perTryTimeout", Duration{});
  if (const auto conditions = object.get("retryOn")) readRetryOn(*conditions, out);
  if (const auto backoff = object.get("backoff")) readBackoff(*backoff, out);
  if (const auto limited = object.get("rateLimitedBackoff")) out.rate_limited_backoff = readRateLimitedBackoff(*limited);
  out.avoid_previous_hosts = object.flag("retryIgnorePreviousHosts", true);
  out.avoid_when_hashing = out.avoid_previous_hosts && object.has("retryIgnorePreviousHosts");
  if (const auto host = object.get("retryHost")) readRetryHost(*host, out);
  object.atMostOne({"retryIgnorePreviousHosts", "retryHost"});
  if (object.flag("retryRemoteLocalities", false)) out.previous_priorities_frequency = 2;
  if (const auto priority = object.get("retryPriority")) readRetryPriority(*priority, out);
  object.atMostOne({"retryRemoteLocalities", "retryPriority"});
  if (const auto budget = object.get("budget")) out.budget = readBudget(*budget);
  if (const auto budget = object.get("tokenBudget")) out.token_budget = readTokenBudget(*budget);
  if (const auto throttling = object.get("retryThrottling")) out.throttle = readThrottling(*throttling);
  object.atMostOne({"budget", "tokenBudget", "retryThrottling"});
  if (const auto hedge_node = object.get("hedge")) {
    ObjectReader hedge(*hedge_node, "hedge");
    out.hedge_on_per_try_timeout = hedge.flag("onPerTryTimeout", false);
    if (out.hedge_on_per_try_timeout && out.per_try_timeout.ns == 0) hedge_node->error("needs \"perTryTimeout\": the next try starts when it has passed");
  }
  return out;
}

}  // namespace meshmall::models
