#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/replay/resilience_cases.h"
#include "models/resilience/circuit_breaker.h"
#include "models/resilience/connection_pool_admission.h"
#include "models/resilience/local_rate_limit.h"
#include "models/resilience/token_bucket.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

// --- circuit_breaker --------------------------------------------------------------------------------------------------------------------------------

// The five counters of a cluster under the names of the cases.
struct Resource {
  const char* name;
  std::uint32_t CircuitBreakerConfig::*limit;
  bool (ResourceManager::*can_create)(const CircuitBreakerConfig&) const;  // null: retries, which may have a budget
  std::uint32_t (ResourceManager::*count)() const;
  void (ResourceManager::*add)();
  void (ResourceManager::*remove)();
};
constexpr Resource kResources[] = {
    {"connections", &CircuitBreakerConfig::max_connections, &ResourceManager::canCreateConnection, &ResourceManager::connections,
     &ResourceManager::addConnection, &ResourceManager::removeConnection},
    {"pending_requests", &CircuitBreakerConfig::max_pending_requests, &ResourceManager::canCreatePending, &ResourceManager::pending,
     &ResourceManager::addPending, &ResourceManager::removePending},
    {"requests", &CircuitBreakerConfig::max_requests, &ResourceManager::canCreateRequest, &ResourceManager::requests, &ResourceManager::addRequest,
     &ResourceManager::removeRequest},
    {"retries", &CircuitBreakerConfig::max_retries, nullptr, &ResourceManager::retries, &ResourceManager::addRetry, &ResourceManager::removeRetry},
    {"connection_pools", &CircuitBreakerConfig::max_connection_pools, &ResourceManager::canCreatePool, &ResourceManager::pools, &ResourceManager::addPool,
     &ResourceManager::removePool},
};

const Resource& resource(const std::string& name) {
  for (const Resource& each : kResources) {
    if (name == each.name) return each;
  }
  throw UnsupportedCase{"resource " + name + " is not understood"};
}

void readLimits(CaseFields& fields, CircuitBreakerConfig& limits) {
  for (const Resource& each : kResources) limits.*each.limit = fields.count(std::string("max_") + each.name, limits.*each.limit);
}

void readBudget(CaseFields& fields, const std::string& prefix, std::optional<RetryBudgetConfig>& budget) {
  const std::string percent = prefix + "budget_percent", concurrency = prefix + "min_retry_concurrency";
  if ((fields.has(percent) || fields.has(concurrency)) && !budget) budget = RetryBudgetConfig{};
  if (fields.has(percent)) budget->percent = fields.number(percent);
  if (fields.has(concurrency)) budget->min_concurrency = fields.count(concurrency);
}

json circuitBreaker(CaseFields& config, CaseFields& input) {
  CircuitBreakerConfig limits = CircuitBreakerConfig::envoyDefaults();
  std::optional<RetryBudgetConfig> budget;
  ResourceManager manager;
  readLimits(config, limits);
  if (config.has("retry_budget")) budget = RetryBudgetConfig{};  // an empty one has the defaults (Envoy: has_retry_budget)
  CaseFields static_budget = config.object("retry_budget");
  readBudget(static_budget, "", budget);
  static_budget.finish();
  const auto apply = [&](CaseFields runtime) {
    readLimits(runtime, limits);
    readBudget(runtime, "retry_budget.", budget);
    runtime.finish();
  };
  apply(config.object("runtime"));
  json answers = json::array();
  for (const json& entry : input.list("events")) {
    CaseFields event(entry, "events[]");
    if (event.has("set_runtime")) apply(event.object("set_runtime"));
    if (event.has("inc")) (manager.*resource(event.text("inc")).add)();
    if (event.has("dec")) (manager.*resource(event.text("dec")).remove)();
    if (event.has("query")) {
      const Resource& asked = resource(event.text("query"));
      const bool retries = asked.can_create == nullptr;
      const std::uint64_t limit = retries ? manager.retryLimit(limits, budget) : limits.*asked.limit;
      const bool can_create = retries ? manager.canCreateRetry(limits, budget) : (manager.*asked.can_create)(limits);
      const std::uint32_t count = (manager.*asked.count)();
      const std::uint32_t remaining = retries && budget ? 0 : ResourceManager::remaining(limits.*asked.limit, count);
      answers.push_back({{"max", limit}, {"can_create", can_create}, {"count", count}, {"remaining", remaining}});
    }
    event.finish();
  }
  return {{"answers", answers}};
}

json connPoolAdmission(CaseFields& config, CaseFields& input) {
  CircuitBreakerConfig limits = CircuitBreakerConfig::envoyDefaults();
  readLimits(config, limits);
  ResourceManager manager;
  for (std::uint32_t i = config.count("cluster_connections_elsewhere", 0); i > 0; --i) manager.addConnection();
  ConnectionPool pool(config.count("streams_per_connection", 1));
  std::vector<std::string> names;
  json outcomes = json::object();
  const auto note = [&](const ConnectionPool::Outcome& outcome) {
    static const char* const kNames[] = {"active", "pending", "overflow"};
    outcomes[names[outcome.stream]] = kNames[static_cast<std::size_t>(outcome.admission)];
  };
  for (const json& entry : input.list("events")) {
    CaseFields event(entry, "events[]");
    if (event.has("new_stream")) {
      names.push_back(event.text("new_stream"));
      note(pool.newStream(names.size() - 1, limits, manager));
    }
    if (event.has("connected")) {
      for (std::uint32_t i = std::min(event.count("connected"), pool.connecting()); i > 0; --i) {
        for (const ConnectionPool::Outcome& outcome : pool.onConnected(limits, manager)) note(outcome);
      }
    }
    event.finish();
  }
  const PoolStats& stats = pool.stats();
  return {{"outcomes", outcomes},
          {"stats",
           {{"upstream_cx_overflow", stats.connection_overflow},
            {"upstream_rq_pending_overflow", stats.pending_overflow},
            {"connections_opened", stats.connections_opened}}}};
}

// --- token buckets ----------------------------------------------------------------------------------------------------------------------------------

TokenBucketConfig bucketConfig(CaseFields& config) { return {config.number("max_tokens"), config.number("fill_rate_per_s", 1)}; }

json tokenBucket(CaseFields& config, CaseFields& input) {
  const TokenBucketConfig bucket_config = bucketConfig(config);
  TokenBucket bucket(bucket_config, engine::SimTime{0});
  json results = json::array();
  for (const json& entry : input.list("ops")) {
    CaseFields op(entry, "ops[]");
    const std::string kind = op.text("op");
    const engine::SimTime now = op.instantMs("t_ms");
    if (kind == "consume") {
      results.push_back(bucket.consume(bucket_config, op.draw("tokens"), op.boolean("allow_partial", false), now));
    } else if (kind == "next_token_available_ms") {
      results.push_back(bucket.nextTokenMilliseconds(bucket_config));
    } else if (kind == "reset") {
      bucket.reset(bucket_config, op.draw("tokens"), now);
      results.push_back(nullptr);
    } else {
      throw UnsupportedCase{"op " + kind + " is not understood"};
    }
    op.finish();
  }
  return {{"results", results}};
}

json tokenBucketAtomic(CaseFields& config, CaseFields& input) {
  const TokenBucketConfig bucket_config = bucketConfig(config);
  ContinuousBucket bucket(bucket_config, engine::SimTime{0});
  json results = json::array();
  for (const json& entry : input.list("ops")) {
    CaseFields op(entry, "ops[]");
    const std::string kind = op.text("op");
    const engine::SimTime now = op.instantMs("t_ms");
    if (kind == "consume") {
      const std::uint64_t tokens = op.draw("tokens");
      const bool partial = op.boolean("allow_partial", false);
      if (partial) {
        results.push_back(bucket.consumePartial(bucket_config, tokens, now));
      } else {
        results.push_back(bucket.tryConsume(bucket_config, static_cast<double>(tokens), now) ? tokens : 0);
      }
    } else if (kind == "force_consume") {
      const std::int64_t tokens = op.integer("tokens");
      bucket.forceConsume(bucket_config, static_cast<double>(tokens), now);
      results.push_back(tokens);
    } else if (kind == "remaining") {
      results.push_back(bucket.remaining(bucket_config, now));
    } else {
      throw UnsupportedCase{"op " + kind + " is not understood"};
    }
    op.finish();
  }
  return {{"results", results}};
}

LocalBucketConfig localBucket(CaseFields fields) {  // `key` of a descriptor has been read before
  LocalBucketConfig bucket;
  bucket.fill_interval = fields.milliseconds("fill_interval_ms");
  bucket.max_tokens = fields.draw("max_tokens");
  bucket.tokens_per_fill = fields.draw("tokens_per_fill", 1);
  fields.finish();
  return bucket;
}

json localRateLimit(CaseFields& config, CaseFields& input) {
  LocalRateLimitConfig limits;
  if (config.has("default")) {
    const LocalBucketConfig bucket = localBucket(config.object("default"));
    if (bucket.fill_interval.ns != 0) limits.default_bucket = bucket;  // 0: no default bucket
  }
  for (const json& entry : config.list("descriptors")) {
    CaseFields descriptor(entry, "descriptors[]");
    const std::string key = descriptor.text("key");
    limits.descriptors.push_back({key, localBucket(descriptor)});
  }
  limits.share_factor = config.number("share_factor", 1);
  limits.always_consume_default = config.boolean("always_consume_default", true);
  const json& requests = input.list("requests");
  if (!limits.valid()) return {{"error", true}};
  LocalRateLimiter limiter(limits, engine::SimTime{0});
  json allowed = json::array();
  for (const json& entry : requests) {
    CaseFields request(entry, "requests[]");
    std::vector<std::pair<std::string, std::uint64_t>> hits;
    for (const json& each : request.list("descriptors")) {
      CaseFields descriptor(each, "requests[].descriptors[]");
      hits.emplace_back(descriptor.text("key"), descriptor.draw("hits", 1));
      descriptor.finish();
    }
    std::vector<LocalRateLimiter::Hit> view;
    for (const auto& [key, count] : hits) view.push_back({key, count});
    allowed.push_back(limiter.allow(limits, view, request.instantMs("t_ms")));
    request.finish();
  }
  return {{"allowed", allowed}, {"error", false}};
}

}  // namespace

std::vector<CaseAdapter> limitAdapters() {
  return {{"circuit_breaker", circuitBreaker},
          {"conn_pool_admission", connPoolAdmission},
          {"token_bucket", tokenBucket},
          {"token_bucket_atomic", tokenBucketAtomic},
          {"local_rate_limit", localRateLimit}};
}

}  // namespace meshmall::cli
