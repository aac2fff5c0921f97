#include "gui/charts/steady_range.h"

#include <algorithm>
#include <cmath>

namespace meshmall::gui {

double roundUp(double value) {
  if (!(value > 0) || !std::isfinite(value)) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (value <= factor * power * (1 + 1e-12)) return factor * power;
  }
  return 10 * power;
}

double tickStep(double high, int most) { return roundUp(high / std::max(1, most)); }

AxisRange SteadyRange::fitting(double lowest, double highest) const {
  if (scale_ == Scale::linear) return {std::min(0.0, lowest), roundUp(highest * 1.04)};
  const double low = std::pow(10.0, std::floor(std::log10(lowest) + 1e-9)), high = std::pow(10.0, std::ceil(std::log10(highest) - 1e-9));
  return {low, std::max(high, low * 10)};
}

AxisRange SteadyRange::update(double lowest, double highest) {
  const bool usable = std::isfinite(lowest) && std::isfinite(highest) && (scale_ == Scale::linear || lowest > 0);
  if (!usable) return range_;
  const AxisRange wanted = fitting(lowest, highest);
  if (fresh_) {
    fresh_ = false;
    roomy_for_ = 0;
    return range_ = wanted;
  }
  const AxisRange grown = {std::min(range_.low, wanted.low), std::max(range_.high, wanted.high)};
  const bool roomy = scale_ == Scale::linear ? wanted.high <= grown.high / 2 : (wanted.high < grown.high || wanted.low > grown.low);
  roomy_for_ = roomy ? roomy_for_ + 1 : 0;
  if (roomy_for_ >= kPatience) {
    roomy_for_ = 0;
    return range_ = wanted;
  }
  return range_ = grown;
}

}  // namespace meshmall::gui
