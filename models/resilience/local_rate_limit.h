// Local rate limits of one proxy: token buckets by descriptor, the slowest first, and a default one. A denied request is answered 429 (x-envoy-ratelimited).
// The limit is of each proxy: N proxies together let N times as much pass.
//
// A bucket charged before a later one denies stays charged. Limiting cases: max_tokens 0 denies everything; no default bucket lets through what has no descriptor.
// Source: Envoy local_ratelimit_impl.cc; spec envoy-resilience.md section 8, rollout-traffic-security.md section 8.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/kernel/time.h"
#include "models/resilience/token_bucket.h"

namespace meshmall::models {

enum class RefillMode : std::uint8_t { kContinuous, kInterval };  // newer proxies; older ones

struct LocalBucketConfig {
  std::uint64_t max_tokens = 1;
  std::uint64_t tokens_per_fill = 1;
  engine::Duration fill_interval = engine::seconds(1);  // at least 50 ms
  RefillMode refill = RefillMode::kContinuous;

  bool valid() const { return fill_interval >= engine::milliseconds(50); }
  double tokensPerSecond() const { return static_cast<double>(tokens_per_fill) / fill_interval.seconds(); }

  friend bool operator==(const LocalBucketConfig&, const LocalBucketConfig&) = default;
};

// One bucket of either kind.
class LocalBucket {
 public:
  LocalBucket(const LocalBucketConfig& config, engine::SimTime now);
  // `cost` in tokens; the interval kind takes it only as a whole number of at least 1.
  bool tryConsume(const LocalBucketConfig& config, double cost, engine::SimTime now);
  // Until there is a whole token again; 0: there is one, kForever: never (maxTokens 0).
  engine::Duration untilToken(const LocalBucketConfig& config, engine::SimTime now);
  static constexpr engine::Duration kForever{INT64_MAX};

 private:
  std::variant<ContinuousBucket, IntervalBucket> bucket_;
};

struct LocalRateLimitConfig {
  std::optional<LocalBucketConfig> default_bucket;
  struct Descriptor {
    std::string key;
    LocalBucketConfig bucket;

    friend bool operator==(const Descriptor&, const Descriptor&) = default;
  };
  std::vector<Descriptor> descriptors;
  bool always_consume_default = true;
  double share_factor = 1;  // 1 / number of proxies that share the limit: the cost grows, the capacity stays

  bool valid() const;
  friend bool operator==(const LocalRateLimitConfig&, const LocalRateLimitConfig&) = default;
};

class LocalRateLimiter {
 public:
  LocalRateLimiter(const LocalRateLimitConfig& config, engine::SimTime now);

  struct Hit {
    std::string_view key;
    std::uint64_t hits = 1;
  };
  // True: the request passes. `now` never decreases. O(descriptors).
  bool allow(const LocalRateLimitConfig& config, std::span<const Hit> descriptors, engine::SimTime now);
  bool allow(const LocalRateLimitConfig& config, engine::SimTime now) { return allow(config, {}, now); }
  // Until the default bucket has a whole token again (LocalBucket::untilToken); 0 without one.
  engine::Duration untilToken(const LocalRateLimitConfig& config, engine::SimTime now) {
    return default_ ? default_->untilToken(*config.default_bucket, now) : engine::Duration{0};
  }

 private:
  std::vector<LocalBucket> buckets_;  // of the descriptors, as configured
  std::vector<std::uint32_t> slowest_first_;
  std::optional<LocalBucket> default_;
};

}  // namespace meshmall::models
