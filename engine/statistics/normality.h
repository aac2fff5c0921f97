// Do these values look like draws from one normal distribution? Shapiro-Wilk's test, and a rule for single values far away from the others.
//
// Limiting cases: fewer than 3 values, more than 5,000, or all equal: no test. Source: Royston, Algorithm AS R94 (Applied Statistics 44, 1995), for complete
// samples; the polynomials' coefficients are those of the paper.
#pragma once

#include <optional>
#include <vector>

namespace meshmall::engine {

struct ShapiroWilk {
  double w = 1;  // near 1: looks normal
  double p = 1;
};

std::optional<ShapiroWilk> shapiroWilk(std::vector<double> x);

double median(std::vector<double> x);  // not empty; the mean of the two in the middle of an even number
// Median of |x - median(x)|, not scaled. Not empty.
double medianAbsoluteDeviation(const std::vector<double>& x);
// The greatest |x - median(x)| / MAD. 0 when all are equal; infinite when more than half are equal and another is not. Not empty.
double greatestDeviation(const std::vector<double>& x);

}  // namespace meshmall::engine
