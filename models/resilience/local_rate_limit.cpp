#include "models/resilience/local_rate_limit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace meshmall::models {
namespace {

TokenBucketConfig continuous(const LocalBucketConfig& config) { return {static_cast<double>(config.max_tokens), config.tokensPerSecond()}; }

IntervalBucketConfig stepwise(const LocalBucketConfig& config) { return {config.max_tokens, config.tokens_per_fill, config.fill_interval}; }

std::variant<ContinuousBucket, IntervalBucket> makeBucket(const LocalBucketConfig& config, engine::SimTime now) {
  if (config.refill == RefillMode::kInterval) return IntervalBucket(stepwise(config), now);
  return ContinuousBucket(continuous(config), now);
}

}  // namespace

LocalBucket::LocalBucket(const LocalBucketConfig& config, engine::SimTime now) : bucket_(makeBucket(config, now)) {}

bool LocalBucket::tryConsume(const LocalBucketConfig& config, double cost, engine::SimTime now) {
  if (config.max_tokens == 0) return false;
  if (auto* bucket = std::get_if<ContinuousBucket>(&bucket_)) return bucket->tryConsume(continuous(config), cost, now);
  IntervalBucket& bucket = std::get<IntervalBucket>(bucket_);
  const auto tokens = static_cast<std::uint64_t>(std::max(1.0, std::ceil(cost)));
  if (bucket.remaining(stepwise(config), now) < tokens) return false;
  for (std::uint64_t i = 0; i < tokens; ++i) bucket.tryConsume(stepwise(config), now);
  return true;
}

engine::Duration LocalBucket::untilToken(const LocalBucketConfig& config, engine::SimTime now) {
  if (config.max_tokens == 0) return kForever;
  if (auto* bucket = std::get_if<ContinuousBucket>(&bucket_)) {
    const double missing = 1 - 1e-9 - bucket->remaining(continuous(config), now);  // a shortage below 1e-9 is none
    return missing <= 0 ? engine::Duration{0} : engine::Duration{static_cast<std::int64_t>(std::ceil(missing / continuous(config).rate() * 1e9))};
  }
  return std::get<IntervalBucket>(bucket_).untilToken(stepwise(config), now);
}

bool LocalRateLimitConfig::valid() const {
  return (!default_bucket || default_bucket->valid()) &&
         std::all_of(descriptors.begin(), descriptors.end(), [](const Descriptor& d) { return d.bucket.valid(); });
}

LocalRateLimiter::LocalRateLimiter(const LocalRateLimitConfig& config, engine::SimTime now) : slowest_first_(config.descriptors.size()) {
  for (const LocalRateLimitConfig::Descriptor& descriptor : config.descriptors) buckets_.emplace_back(descriptor.bucket, now);
  std::iota(slowest_first_.begin(), slowest_first_.end(), 0U);
  std::stable_sort(slowest_first_.begin(), slowest_first_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return config.descriptors[a].bucket.tokensPerSecond() < config.descriptors[b].bucket.tokensPerSecond();
  });
  if (config.default_bucket) default_.emplace(*config.default_bucket, now);
}

bool LocalRateLimiter::allow(const LocalRateLimitConfig& config, std::span<const Hit> descriptors, engine::SimTime now) {
  bool matched = false;
  for (const std::uint32_t i : slowest_first_) {
    const auto hit = std::find_if(descriptors.begin(), descriptors.end(), [&](const Hit& h) { return h.key == config.descriptors[i].key; });
    if (hit == descriptors.end()) continue;
    matched = true;
    if (!buckets_[i].tryConsume(config.descriptors[i].bucket, static_cast<double>(hit->hits) / config.share_factor, now)) return false;
  }
  if (!default_ || (matched && !config.always_consume_default)) return true;
  return default_->tryConsume(*config.default_bucket, 1 / config.share_factor, now);
}

}  // namespace meshmall::models
