// Token buckets: how much may pass now. Two of the proxy's kinds with continuous refill (one can be overdrawn and paid back), and the older one that
// is filled at whole intervals.
//
// The proxy computes in double seconds since the epoch, where aligned instants can leave 0.9999999999999998 tokens and deny. Here a level
// and the integer time since the last change are kept, and a shortage below 1e-9 tokens is none, so that two tokens at one instant are two.
// Limiting cases: a bucket starts full; rate 0 is one token a year; max 0 gives nothing.
// Source: Envoy token_bucket_impl.cc; spec envoy-resilience.md section 8.
#pragma once

#include <cstdint>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct TokenBucketConfig {
  double max_tokens = 1;
  double fill_rate = 1;  // tokens per second; its absolute value counts, at least one a year

  double rate() const;
};

// A full bucket does not note the time, so the first refill after a pause counts from an older instant (harmless: the level is capped).
class TokenBucket {
 public:
  TokenBucket(const TokenBucketConfig& config, engine::SimTime now) : tokens_(config.max_tokens), last_fill_(now) {}

  // Takes `tokens`, or with allow_partial as many whole ones as there are; gives what was taken, 0 when it was not enough.
  std::uint64_t consume(const TokenBucketConfig& config, std::uint64_t tokens, bool allow_partial, engine::SimTime now);
  // 0 when there is a token, else ceil(1000 / rate) ms, a flat figure that ignores what has been earned since.
  std::uint64_t nextTokenMilliseconds(const TokenBucketConfig& config) const;
  void reset(const TokenBucketConfig& config, std::uint64_t tokens, engine::SimTime now);

 private:
  double tokens_;
  engine::SimTime last_fill_;
};

// The bucket of local rate limits: fractions are kept; it may be overdrawn on purpose and paid back.
class ContinuousBucket {
 public:
  ContinuousBucket(const TokenBucketConfig& config, engine::SimTime now) : level_(config.max_tokens), at_(now) {}

  bool tryConsume(const TokenBucketConfig& config, double tokens, engine::SimTime now);                      // all or nothing
  std::uint64_t consumePartial(const TokenBucketConfig& config, std::uint64_t tokens, engine::SimTime now);  // as many whole ones as there are
  void forceConsume(const TokenBucketConfig& config, double tokens, engine::SimTime now);                    // below 0 too; negative: pays back
  double remaining(const TokenBucketConfig& config, engine::SimTime now) const;                              // at most max_tokens

 private:
  double level_;
  engine::SimTime at_;
};

struct IntervalBucketConfig {
  std::uint64_t max_tokens = 1;
  std::uint64_t tokens_per_fill = 1;
  engine::Duration fill_interval = engine::seconds(1);  // > 0
};

// Filled with tokens_per_fill at whole intervals from its creation (older proxies, scenario `refill: "interval"`).
class IntervalBucket {
 public:
  IntervalBucket(const IntervalBucketConfig& config, engine::SimTime now) : tokens_(config.max_tokens), last_fill_(now) {}

  bool tryConsume(const IntervalBucketConfig& config, engine::SimTime now);  // one token
  std::uint64_t remaining(const IntervalBucketConfig& config, engine::SimTime now);
  engine::Duration untilToken(const IntervalBucketConfig& config, engine::SimTime now);  // 0: there is one

 private:
  std::uint64_t tokens_;
  engine::SimTime last_fill_;
};

}  // namespace meshmall::models
