#include "gui/charts/decimation.h"

#include <algorithm>
#include <cmath>

namespace meshmall::gui {
namespace {

struct Slice {
  std::size_t first = 0, last = 0;  // half open
};

Slice sliceOf(std::size_t count, double interval, double from, double to) {
  if (count == 0 || !(interval > 0) || to < from) return {};
  const double low = std::floor(from / interval) - 2, high = std::ceil(to / interval) + 1;
  const double size = static_cast<double>(count);
  return {static_cast<std::size_t>(std::clamp(low, 0.0, size)), static_cast<std::size_t>(std::clamp(high, 0.0, size))};
}

void addGap(PlotPoints& out, double from, double to) {
  if (!out.gaps.empty() && out.gaps.back().second >= from) {
    out.gaps.back().second = to;
  } else {
    out.gaps.emplace_back(from, to);
  }
}

// The lowest and the highest of values[first, last), in the order of their times.
void addExtremes(PlotPoints& out, const std::vector<double>& values, std::size_t first, std::size_t last, double interval) {
  std::size_t lowest = last, highest = last;
  for (std::size_t i = first; i < last; ++i) {
    if (std::isnan(values[i])) continue;
    if (lowest == last || values[i] < values[lowest]) lowest = i;
    if (highest == last || values[i] > values[highest]) highest = i;
  }
  if (lowest == last) return;
  const auto add = [&](std::size_t i) { out.points.push_back({static_cast<double>(i + 1) * interval, values[i]}); };
  add(std::min(lowest, highest));
  if (lowest != highest) add(std::max(lowest, highest));
}

}  // namespace

PlotPoints decimate(const std::vector<double>& values, double interval, double from, double to, std::size_t most) {
  PlotPoints out;
  const Slice slice = sliceOf(values.size(), interval, from, to);
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    if (std::isnan(values[i])) addGap(out, static_cast<double>(i) * interval, static_cast<double>(i + 1) * interval);
  }
  const std::size_t count = slice.last - slice.first;
  const std::size_t columns = count <= most ? count : std::max<std::size_t>(1, most / 2);
  out.points.reserve(std::min(count, most));
  for (std::size_t column = 0; column < columns; ++column) {
    addExtremes(out, values, slice.first + column * count / columns, slice.first + (column + 1) * count / columns, interval);
  }
  return out;
}

}  // namespace meshmall::gui
