// gRPC's retry throttling of one (client, server name): failures cost a token, successes earn a share of one, retries go while more than half are there.
// Also its back-off. Tokens are thousandths, as the ratio has three decimals. Limiting case: a transparent retry is free and does not come here.
// Source: gRFC A6, grpc-go retryThrottler; spec rollout-traffic-security.md section 5.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct GrpcThrottleConfig {
  std::uint32_t max_tokens = 10;  // 1..1000
  double token_ratio = 0.1;       // > 0; three decimals count

  std::int64_t maxMilli() const { return std::int64_t{max_tokens} * 1000; }
  std::int64_t ratioMilli() const { return static_cast<std::int64_t>(token_ratio * 1000 + 1e-9); }
};

class GrpcRetryThrottle {
 public:
  explicit GrpcRetryThrottle(const GrpcThrottleConfig& config) : milli_tokens_(config.maxMilli()) {}

  // A retryable failure, or a pushback that forbids retries. True: a retry may be made.
  bool onFailure(const GrpcThrottleConfig& config) {
    milli_tokens_ = std::max<std::int64_t>(0, milli_tokens_ - 1000);
    return milli_tokens_ * 2 > config.maxMilli();
  }
  void onSuccess(const GrpcThrottleConfig& config) { milli_tokens_ = std::min(config.maxMilli(), milli_tokens_ + config.ratioMilli()); }
  double tokens() const { return static_cast<double>(milli_tokens_) / 1000.0; }

 private:
  std::int64_t milli_tokens_;
};

struct GrpcRetryConfig {
  std::uint32_t max_attempts = 2;  // the first included; more than 5 act as 5
  engine::Duration initial_backoff = engine::milliseconds(100);
  engine::Duration max_backoff = engine::seconds(1);
  double backoff_multiplier = 2;
};

// The wait before retry n (from 1): min(initial x multiplier^(n-1), max) x (0.8 + 0.4 x fraction), fraction in [0, 1).
engine::Duration grpcBackoff(const GrpcRetryConfig& config, std::uint32_t retry, double fraction);

}  // namespace meshmall::models
