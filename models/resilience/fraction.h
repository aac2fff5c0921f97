// Chances as the proxies write them: a numerator over 100, 10,000 or 1,000,000, decided by the remainder of one draw.
// 0 is never and 1 is always, both without a draw, so that switching a policy off shifts nobody's random numbers.
// Source: Envoy runtime_impl.cc; Istio translates a percentage p to trunc(10,000 p) of a million (spec envoy-resilience.md section 0).
#pragma once

#include <cstdint>

#include "engine/random/random_source.h"

namespace meshmall::models {

struct Fraction {
  std::uint32_t numerator = 0;
  std::uint32_t denominator = 100;  // 100, 10,000 or 1,000,000

  // p in percent, 0..100 (cut to it); precision one millionth, as Istio's Percent fields.
  static Fraction ofPercent(double p);
  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }

  // True with this chance. One draw, none when the chance is 0 or 1.
  bool roll(engine::RandomSource& random) const {
    if (numerator == 0) return false;
    if (numerator >= denominator) return true;
    return random.next() % denominator < numerator;
  }

  friend bool operator==(const Fraction&, const Fraction&) = default;
};

}  // namespace meshmall::models
