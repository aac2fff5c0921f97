#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/replay/resilience_cases.h"
#include "models/resilience/consecutive_failures.h"
#include "models/resilience/global_rate_limit.h"
#include "models/resilience/grpc_retry_throttle.h"
#include "models/resilience/local_rate_limit.h"
#include "models/resilience/token_retry_budget.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

// --- tower ------------------------------------------------------------------------------------------------------------------------------------------

TokenBudgetConfig tokenBudget(CaseFields& fields) {
  TokenBudgetConfig config;
  config.ttl = fields.has("ttl_s") ? engine::seconds(fields.integer("ttl_s")) : fields.milliseconds("ttl_ms", 10'000);
  config.min_per_second = fields.count("min_per_sec", config.min_per_second);
  config.ratio = static_cast<float>(fields.number("retry_ratio", 0.2));
  return config;
}

json tpsBudget(CaseFields& config, CaseFields& input) {
  const TokenBudgetConfig budget_config = tokenBudget(config);
  engine::SimTime now;
  TokenRetryBudget budget(now);
  json results = json::array();
  for (const json& entry : input.list("ops")) {
    // "deposit", "withdraw" or, with a number, ["advance_ms", 3000], ["deposit", 5]
    const bool counted = entry.is_array() && entry.size() == 2 && entry[1].is_number_integer();
    const json& op = counted ? entry[0] : entry;
    const std::int64_t n = counted ? entry[1].get<std::int64_t>() : 1;
    if (op == "advance_ms" && counted) {
      now = now + engine::milliseconds(n);
    } else if (op == "deposit") {
      for (std::int64_t i = 0; i < n; ++i) budget.deposit(budget_config, now);
    } else if (op == "withdraw") {
      for (std::int64_t i = 0; i < n; ++i) results.push_back(budget.withdraw(budget_config, now));
    } else {
      throw UnsupportedCase{"op " + entry.dump() + " is not understood"};
    }
  }
  return {{"withdraw_results", results}};
}

json tpsBudgetAmounts(CaseFields& config, CaseFields&) {
  const TokenAmounts amounts = tokenAmounts(tokenBudget(config));
  return {{"deposit", amounts.deposit},
          {"withdraw", amounts.withdraw},
          {"reserve", amounts.reserve},
          {"immediate_burst", amounts.withdraw == 0 ? 0 : amounts.reserve / amounts.withdraw}};
}

// --- Linkerd ----------------------------------------------------------------------------------------------------------------------------------------

json consecutiveFailures(CaseFields& config, CaseFields& input) {
  ConsecutiveFailuresConfig breaker_config;
  breaker_config.max_failures = config.count("max_failures", 7);
  breaker_config.min_backoff = engine::fromSeconds(config.number("min_backoff_s", 1));
  breaker_config.max_backoff = engine::fromSeconds(config.number("max_backoff_s", 60));
  breaker_config.jitter = config.number("jitter", 0.5);
  ConsecutiveFailures breaker;
  CaseDraws draws;
  json states = json::array();
  for (const json& entry : input.list("events")) {
    const auto kind = entry.at(0).get<std::string>();
    const engine::SimTime now{entry.at(1).get<std::int64_t>() * 1'000'000};
    if (kind == "fail" || kind == "late_fail") {
      breaker.onAnswer(breaker_config, AnswerClass::kFailure, false, now, draws);
    } else if (kind == "success" || kind == "late_success") {
      breaker.onAnswer(breaker_config, AnswerClass::kSuccess, false, now, draws);
    } else if (kind == "probe_fail" || kind == "probe_success") {
      if (!breaker.onSend(now)) throw UnsupportedCase{kind + " while there is no probe to send"};
      breaker.onAnswer(breaker_config, kind == "probe_fail" ? AnswerClass::kFailure : AnswerClass::kSuccess, true, now, draws);
    } else if (kind != "check") {
      throw UnsupportedCase{"event " + kind + " is not understood"};
    }
    switch (breaker.state(now)) {
      case ConsecutiveFailures::State::kOpen:
        states.push_back("open");
        break;
      case ConsecutiveFailures::State::kShut:
        states.push_back("shut");
        break;
      case ConsecutiveFailures::State::kProbation:
        states.push_back("limited(1)");
        break;
    }
  }
  return {{"state_after", states}};
}

json expBackoffBase(CaseFields& config, CaseFields& input) {
  ConsecutiveFailuresConfig breaker_config;
  breaker_config.min_backoff = engine::fromSeconds(config.number("min_s"));
  breaker_config.max_backoff = engine::fromSeconds(config.number("max_s"));
  breaker_config.jitter = config.number("jitter");
  const std::uint32_t iteration = input.count("iteration");
  return {{"base_s", breakerBackoffBase(breaker_config, iteration).seconds()},
          {"delay_range_s", {breakerBackoff(breaker_config, iteration, 0).seconds(), breakerBackoff(breaker_config, iteration, 1).seconds()}}};
}

json unifiedBreaker(CaseFields& config, CaseFields& input) {
  ConsecutiveFailuresConfig breaker_config;
  breaker_config.max_failures = config.count("max_failures", 7);
  breaker_config.success_rate = ConsecutiveFailuresConfig::SuccessRate{config.number("threshold", 0.8), engine::fromSeconds(config.number("window_s", 10)),
                                                                       config.count("min_requests", 5)};
  if (!input.boolean("all_within_window", true)) throw UnsupportedCase{"all_within_window false: no times are given"};
  ConsecutiveFailures breaker;
  CaseDraws draws;
  const json& responses = input.list("responses");
  for (std::size_t i = 0; i < responses.size(); ++i) {
    const json& given = responses[i];
    const int status = given.is_string() ? std::stoi(given.get<std::string>()) : given.get<int>();
    const auto reason = breaker.onAnswer(breaker_config, classifyForBreaker(status, -1), false, engine::SimTime{0}, draws);
    if (reason) return {{"trip_at", i + 1}, {"reason", *reason == TripReason::kLowSuccessRate ? "LowSuccessRate" : "ConsecutiveFailures"}};
  }
  return {{"trip_at", nullptr}};
}

// --- gRPC -------------------------------------------------------------------------------------------------------------------------------------------

json grpcRetryThrottling(CaseFields& config, CaseFields& input) {
  const GrpcThrottleConfig throttle_config{config.count("maxTokens"), config.number("tokenRatio")};
  if (config.number("threshold", throttle_config.max_tokens / 2.0) != throttle_config.max_tokens / 2.0) {
    throw UnsupportedCase{"threshold is not half of maxTokens"};
  }
  GrpcRetryThrottle throttle(throttle_config);
  json results = json::array();
  for (const json& outcome : input.list("outcomes")) {
    if (outcome == "F") {
      const bool allowed = throttle.onFailure(throttle_config);
      results.push_back({throttle.tokens(), allowed ? "allowed" : "blocked"});
    } else if (outcome == "S") {
      throttle.onSuccess(throttle_config);
      results.push_back({throttle.tokens(), nullptr});
    } else {
      throw UnsupportedCase{"outcome " + outcome.dump() + " is not understood"};
    }
  }
  return {{"tokens_and_retry_decision", results}};
}

// --- rate limits ------------------------------------------------------------------------------------------------------------------------------------

json fixedWindowStatus(CaseFields& config, CaseFields& input) {
  GlobalRateLimitConfig limit;
  limit.requests_per_unit = config.count("requests_per_unit");
  limit.near_limit_ratio = config.number("nearLimitRatio", 0.8);
  const RateLimitStatus status = rateLimitStatus(limit, input.draw("before"), input.draw("after"));
  return {{"code", status.over_limit ? "OVER_LIMIT" : "OK"}, {"remaining", status.remaining}, {"over_stat", status.over}, {"near_stat", status.near}};
}

json windowKeyAndReset(CaseFields& config, CaseFields& input) {
  const std::string text = config.text("unit");
  const auto unit = rateLimitUnit(text);
  if (!unit) throw UnsupportedCase{"unit " + text + " is not understood"};
  const RateWindow window = rateWindow(*unit, input.integer("unix_now"));
  return {{"window_start", window.start_s}, {"seconds_until_reset", window.seconds_left}, {"divider", unitSeconds(*unit)}};
}

json localTokenBucket(CaseFields& config, CaseFields& input) {
  LocalBucketConfig bucket;
  bucket.max_tokens = config.draw("max_tokens");
  bucket.tokens_per_fill = config.draw("tokens_per_fill", 1);
  bucket.fill_interval = config.milliseconds("fill_interval_ms");
  bucket.refill = RefillMode::kInterval;  // these cases fill at whole intervals
  if (!bucket.valid()) throw UnsupportedCase{"fill_interval_ms below 50"};
  LocalRateLimitConfig limits;
  limits.default_bucket = bucket;
  LocalRateLimiter limiter(limits, engine::SimTime{0});
  json results = json::array();
  for (const json& time : input.list("request_times_ms")) {
    const bool allowed = limiter.allow(limits, engine::SimTime{time.get<std::int64_t>() * 1'000'000});
    results.push_back(allowed ? json("ok") : json(429));
  }
  return {{"results", results}};
}

}  // namespace

std::vector<CaseAdapter> otherProxyAdapters() {
  return {{"tower.tps_budget", tpsBudget},
          {"tower.tps_budget_amounts", tpsBudgetAmounts},
          {"linkerd.consecutive_failures", consecutiveFailures},
          {"linkerd.exp_backoff_base", expBackoffBase},
          {"linkerd.unified_breaker", unifiedBreaker},
          {"grpc.retry_throttling", grpcRetryThrottling},
          {"envoy_ratelimit.fixed_window_status", fixedWindowStatus},
          {"envoy_ratelimit.window_key_and_reset", windowKeyAndReset},
          {"envoy_local_ratelimit.token_bucket", localTokenBucket}};
}

}  // namespace meshmall::cli
