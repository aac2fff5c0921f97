#include "estimate.h"

#include <array>
#include <cmath>

#include "engine/statistics/confidence.h"

namespace meshmall::theory {

namespace {

constexpr double kUpperTail = 0.9995;  // two-sided 99.9 %

// Regression of y on 1 and up to two controls: the intercept and its standard error, by the inverse of the normal matrix.
struct Fit {
  double intercept = 0, error = 0, degrees = 0;
};

Fit fit(const std::vector<double>& y, const std::vector<std::vector<double>>& controls) {
  const std::size_t q = controls.size() + 1, n = y.size();
  const auto x = [&](std::size_t row, std::size_t column) { return column == 0 ? 1.0 : controls[column - 1][row]; };
  std::array<std::array<double, 6>, 3> m{};  // [normal matrix | identity]
  for (std::size_t i = 0; i < q; ++i) {
    for (std::size_t j = 0; j < q; ++j)
      for (std::size_t r = 0; r < n; ++r) m[i][j] += x(r, i) * x(r, j);
    m[i][3 + i] = 1;
  }
  for (std::size_t i = 0; i < q; ++i) {  // positive definite: no pivoting
    const double pivot = m[i][i];
    for (double& v : m[i]) v /= pivot;
    for (std::size_t k = 0; k < q; ++k) {
      const double factor = m[k][i];
      if (k == i) continue;
      for (std::size_t j = 0; j < 6; ++j) m[k][j] -= factor * m[i][j];
    }
  }
  std::array<double, 3> beta{};
  for (std::size_t i = 0; i < q; ++i)
    for (std::size_t j = 0; j < q; ++j)
      for (std::size_t r = 0; r < n; ++r) beta[i] += m[i][3 + j] * x(r, j) * y[r];
  double squares = 0;
  for (std::size_t r = 0; r < n; ++r) {
    double residual = y[r];
    for (std::size_t i = 0; i < q; ++i) residual -= beta[i] * x(r, i);
    squares += residual * residual;
  }
  const double degrees = static_cast<double>(n - q);
  return {beta[0], std::sqrt(squares / degrees * m[0][3]), degrees};
}

// Scaled to unit deviation, so that the normal matrix is well conditioned; nothing when they do not vary.
void addControl(std::vector<std::vector<double>>& controls, const std::vector<Sums>& batches, Sum sum, double mean) {
  if (mean <= 0) return;
  std::vector<double> c;
  for (const Sums& b : batches) c.push_back(b[sum] / b[kTime] - mean);
  const double deviation = std::sqrt(engine::sampleVariance(c));
  if (deviation < 1e-9 * mean) return;
  for (double& v : c) v /= deviation;
  controls.push_back(std::move(c));
}

}  // namespace

Sums difference(const Sums& a, const Sums& b) {
  Sums out = a;
  for (std::size_t i = 0; i < kSums; ++i) out[i] -= b[i];
  return out;
}

Sums total(const std::vector<Sums>& batches) {
  Sums out{};
  for (const Sums& b : batches)
    for (std::size_t i = 0; i < kSums; ++i) out[i] += b[i];
  return out;
}

Estimate estimate(const std::vector<Sums>& batches, const Function& f, const Observe& known) {
  const Sums all = total(batches);
  const double n = static_cast<double>(batches.size());
  const double whole = f(all);
  std::vector<double> pseudo;
  for (const Sums& b : batches) pseudo.push_back(n * whole - (n - 1) * f(difference(all, b)));
  std::vector<std::vector<double>> controls;
  addControl(controls, batches, kStarted, known.rate);
  addControl(controls, batches, static_cast<Sum>(kHeldAt), known.work);
  const Fit fitted = fit(pseudo, controls);
  return {fitted.intercept, fitted.error, fitted.error * engine::studentQuantile(kUpperTail, fitted.degrees)};
}

}  // namespace meshmall::theory
