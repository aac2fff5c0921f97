// The sign-flip permutation test: under "symmetric around 0" every difference could as well have had the other sign, so the observed sum is compared with the
// sums of all 2^n sign patterns. It asks for no normal distribution.
//
// Exact up to 16 differences; beyond that 100,000 patterns from a fixed random stream, with p = (1 + as large) / (1 + patterns): the same differences give
// the same p. The exact p can't be below 2^-n. Source: Fisher, The Design of Experiments (1935); Phipson and Smyth 2010 for the + 1.
#pragma once

#include <vector>

namespace meshmall::engine {

struct SignFlip {
  double p = 1;        // one-sided: of sums at least as large as the observed one
  bool exact = false;  // all patterns were looked at
};

SignFlip signFlipAbove(const std::vector<double>& differences);

}  // namespace meshmall::engine
