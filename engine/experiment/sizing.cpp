#include "engine/experiment/sizing.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

namespace meshmall::engine {
namespace {

constexpr std::uint64_t kMost = 1'000'000;
constexpr double kSafe = 0.1;      // chance that the spread is above the limit
constexpr double kUnmargined = 0.02;  // to catch where the margin is 0 and relative

Needed needed(double deviation, std::uint64_t pilot, std::optional<double> distance, double alpha, double power) {
  if (!distance || !(std::abs(*distance) > 0)) return {};
  return {replicationsNeeded(deviation, std::abs(*distance), alpha, power, kMost), replicationsNeeded(upperDeviation(deviation, pilot), std::abs(*distance), alpha, power, kMost)};
}

// Between a change and the scale on which it is tested, for the direction that the statement bounds.
class TestScale {
 public:
  TestScale(const Finding& f, const Statement& s) : f_(f), s_(s) {}

  // From the margin to a true change; positive is further away from what is asked for.
  std::optional<double> distance(double change) const {
    const double sign = s_.at_least ? -1 : 1;
    if (f_.scale == Scale::logarithm) {
      if (s_.decrease ? change >= 1 : change <= -1) return std::nullopt;
      return sign * (s_.decrease ? std::log1p(-s_.bound) - std::log1p(-change) : std::log1p(change) - std::log1p(s_.bound));
    }
    if (f_.scale == Scale::share) return sign * (change - s_.bound) * f_.baseline->value;
    return sign * (change - s_.bound);
  }
  double change(double distance) const {
    const double away = s_.at_least ? -distance : distance;
    if (f_.scale == Scale::logarithm) return s_.decrease ? 1 - (1 - s_.bound) * std::exp(-away) : (1 + s_.bound) * std::exp(away) - 1;
    if (f_.scale == Scale::share) return f_.baseline->value == 0 ? HUGE_VAL : s_.bound + away / f_.baseline->value;
    return s_.bound + away;
  }

 private:
  const Finding& f_;
  const Statement& s_;
};

}  // namespace

double upperDeviation(double deviation, std::uint64_t n) {
  const double degrees = static_cast<double>(n - 1);
  return deviation * std::sqrt(degrees / boost::math::quantile(boost::math::chi_squared(degrees), kSafe));
}

Sizing sizeOf(const Finding& f, const Statement& s, std::uint64_t pilot, const SizingSettings& settings) {
  Sizing made;
  if (!(f.deviation > 0) || pilot < 2) return made;
  const double alpha = settings.alpha / std::max(1U, settings.hypotheses);
  const double shown = detectableDistance(f.deviation, std::max<std::uint64_t>(2, settings.replications), alpha, settings.power);
  made.to_tell = needed(f.deviation, pilot, f.distance, f.distance < 0 ? settings.alpha : alpha, settings.power);
  if (f.scale == Scale::value) {
    made.shown = shown;
    return made;
  }
  const TestScale scale(f, s);
  made.shown = scale.change(shown);
  made.caught = settings.caught;
  if (!made.caught && s.bound != 0) made.caught = s.at_least ? s.bound / 2 : 2 * std::abs(s.bound);
  if (!made.caught && s.relative) made.caught = kUnmargined;
  if (made.caught) {
    const auto distance = scale.distance(*made.caught);
    if (distance && *distance > 0) made.to_catch = needed(f.deviation, pilot, distance, alpha, settings.power);
  }
  const auto unchanged = scale.distance(0);
  if (unchanged && *unchanged < 0) made.to_prove = needed(f.deviation, pilot, unchanged, settings.alpha, settings.power);
  return made;
}

std::optional<std::uint64_t> replicationsForPrecision(double mean, double deviation, double relative) {
  if (mean == 0) return deviation == 0 ? std::optional<std::uint64_t>(2) : std::nullopt;
  const double target = relative / (1 + relative) * std::abs(mean);
  const auto enough = [&](std::uint64_t n) { return studentQuantile(0.975, static_cast<double>(n - 1)) * deviation / std::sqrt(static_cast<double>(n)) <= target; };
  if (!enough(kMost)) return std::nullopt;
  std::uint64_t low = 1, high = kMost;  // low: not enough
  while (high - low > 1) {
    const std::uint64_t middle = (low + high) / 2;
    (middle >= 2 && enough(middle) ? high : low) = middle;
  }
  return std::max<std::uint64_t>(2, high);
}

}  // namespace meshmall::engine
