#include "models/resilience/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {
namespace {

constexpr double kSlack = 1e-9;                                // tokens
constexpr double kSlowestRate = 1.0 / (365.0 * 24 * 60 * 60);  // one a year

}  // namespace

double TokenBucketConfig::rate() const { return std::max(std::abs(fill_rate), kSlowestRate); }

std::uint64_t TokenBucket::consume(const TokenBucketConfig& config, std::uint64_t tokens, bool allow_partial, engine::SimTime now) {
  if (tokens_ < config.max_tokens) {
    tokens_ = std::min(config.max_tokens, tokens_ + (now - last_fill_).seconds() * config.rate());
    last_fill_ = now;
  }
  if (allow_partial) tokens = std::min(tokens, static_cast<std::uint64_t>(std::max(0.0, tokens_ + kSlack)));
  if (tokens_ + kSlack < static_cast<double>(tokens)) return 0;
  tokens_ = std::max(0.0, tokens_ - static_cast<double>(tokens));
  return tokens;
}

std::uint64_t TokenBucket::nextTokenMilliseconds(const TokenBucketConfig& config) const {
  if (tokens_ + kSlack >= 1) return 0;
  return static_cast<std::uint64_t>(std::ceil(1000.0 / config.rate()));
}

void TokenBucket::reset(const TokenBucketConfig& config, std::uint64_t tokens, engine::SimTime now) {
  tokens_ = std::min(config.max_tokens, static_cast<double>(tokens));
  last_fill_ = now;
}

double ContinuousBucket::remaining(const TokenBucketConfig& config, engine::SimTime now) const {
  return std::min(config.max_tokens, level_ + (now - at_).seconds() * config.rate());
}

bool ContinuousBucket::tryConsume(const TokenBucketConfig& config, double tokens, engine::SimTime now) {
  const double level = remaining(config, now);
  if (level + kSlack < tokens) return false;  // the state stays: what has been earned counts from the last change
  level_ = level - tokens;
  at_ = now;
  return true;
}

std::uint64_t ContinuousBucket::consumePartial(const TokenBucketConfig& config, std::uint64_t tokens, engine::SimTime now) {
  const double level = remaining(config, now);
  const std::uint64_t taken = std::min(tokens, static_cast<std::uint64_t>(std::max(0.0, level + kSlack)));
  if (taken == 0) return 0;
  level_ = level - static_cast<double>(taken);
  at_ = now;
  return taken;
}

void ContinuousBucket::forceConsume(const TokenBucketConfig& config, double tokens, engine::SimTime now) {
  level_ = remaining(config, now) - tokens;
  at_ = now;
}

std::uint64_t IntervalBucket::remaining(const IntervalBucketConfig& config, engine::SimTime now) {
  const std::int64_t fills = (now - last_fill_).ns / config.fill_interval.ns;
  if (fills > 0) {
    last_fill_ = last_fill_ + config.fill_interval * fills;
    const std::uint64_t room = config.max_tokens > tokens_ ? config.max_tokens - tokens_ : 0;
    // Without overflow for any number of fills.
    const bool full = config.tokens_per_fill != 0 && static_cast<std::uint64_t>(fills) > room / config.tokens_per_fill;
    tokens_ += full ? room : config.tokens_per_fill * static_cast<std::uint64_t>(fills);
  }
  return tokens_;
}

bool IntervalBucket::tryConsume(const IntervalBucketConfig& config, engine::SimTime now) {
  if (remaining(config, now) == 0) return false;
  --tokens_;
  return true;
}

engine::Duration IntervalBucket::untilToken(const IntervalBucketConfig& config, engine::SimTime now) {
  if (remaining(config, now) > 0) return {0};
  return last_fill_ + config.fill_interval - now;
}

}  // namespace meshmall::models
