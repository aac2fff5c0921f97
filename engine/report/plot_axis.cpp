#include "engine/report/plot_axis.h"

#include <algorithm>
#include <cmath>

namespace meshmall::engine {
namespace {

// The least of 1, 2, 5, 10 times a power of ten that is not below `step`.
double niceStep(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double digit : {1.0, 2.0, 5.0})
    if (digit * power >= step * (1 - 1e-9)) return digit * power;
  return 10 * power;
}

std::vector<double> linearMarks(double low, double high, std::size_t about) {
  std::vector<double> marks;
  const double step = niceStep((high - low) / static_cast<double>(std::max<std::size_t>(1, about)));
  const double first = std::ceil(low / step - 1e-9);
  for (double k = first; k * step <= high + step * 1e-9 && marks.size() < 4 * about + 4; k += 1) marks.push_back(k == 0 ? 0.0 : k * step);
  return marks;
}

std::vector<double> logarithmicMarks(double low, double high, std::size_t about) {
  const int first = static_cast<int>(std::floor(std::log10(low))), last = static_cast<int>(std::ceil(std::log10(high)));
  const double decades = std::log10(high / low);
  const bool fine = decades * 3 <= static_cast<double>(2 * about);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / static_cast<double>(std::max<std::size_t>(1, about)))));
  std::vector<double> marks;
  for (int e = first; e <= last; e += fine ? 1 : stride) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double value = digit * std::pow(10.0, e);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9) && (fine || digit == 1.0)) marks.push_back(value);
    }
  }
  return marks.size() >= 2 ? marks : linearMarks(low, high, about);
}

}  // namespace

double PlotAxis::at(double value) const {
  if (!logarithmic) return from + (value - low) / (high - low) * (to - from);
  return value > 0 ? from + std::log(value / low) / std::log(high / low) * (to - from) : from;
}

void PlotRange::add(double value) {
  if (!std::isfinite(value)) return;
  low_ = std::min(low_, value);
  high_ = std::max(high_, value);
}

void PlotRange::add(const std::vector<double>& values) {
  for (const double value : values) add(value);
}

PlotAxis PlotRange::axis(double from, double to, double margin, bool logarithmic) const {
  PlotAxis made{low_, high_, logarithmic, from, to};
  if (empty()) return {0, 1, false, from, to};
  if (!(low_ > 0)) made.logarithmic = false;
  if (made.logarithmic) {
    const double room = std::max(std::pow(high_ / low_, margin), 1.01);
    made.low = low_ / room;
    made.high = high_ * room;
    return made;
  }
  double room = (high_ - low_) * margin;
  if (!(high_ - low_ > std::max(std::abs(low_), std::abs(high_)) * 1e-12)) room = high_ == 0 ? 1 : std::abs(high_) * 0.1;
  made.low = low_ >= 0 && low_ - room < 0 ? 0 : low_ - room;  // what is never negative has no axis below 0
  made.high = high_ + room;
  return made;
}

std::vector<double> axisMarks(const PlotAxis& axis, std::size_t about) {
  return axis.logarithmic ? logarithmicMarks(axis.low, axis.high, about) : linearMarks(axis.low, axis.high, about);
}

}  // namespace meshmall::engine
