// An axis of a plot: from values to places, and where its marks stand. Marks are 1, 2 or 5 times a power of ten; on a logarithmic axis those of each decade, or
// whole decades where there are many. Limiting cases: an axis without a range gets one around its value; a logarithmic one starts above 0.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace meshmall::engine {

struct PlotAxis {
  double low = 0, high = 1;     // values at the ends, low < high
  bool logarithmic = false;     // then low > 0
  double from = 0, to = 1;      // their places

  double at(double value) const;  // beyond the ends: beyond the places; logarithmic and not above 0: `from`
};

// What an axis has to cover, value by value; NaN and infinities are passed over.
class PlotRange {
 public:
  void add(double value);
  void add(const std::vector<double>& values);
  bool empty() const { return low_ > high_; }
  double low() const { return low_; }
  double high() const { return high_; }
  // An axis from `from` to `to` with `margin` of the range free at both ends. Logarithmic only where all values are above 0.
  PlotAxis axis(double from, double to, double margin = 0.04, bool logarithmic = false) const;

 private:
  double low_ = std::numeric_limits<double>::infinity(), high_ = -std::numeric_limits<double>::infinity();
};

// Values of marks within the axis, ascending: about so many (from half to twice), at least one where the range holds a round value.
std::vector<double> axisMarks(const PlotAxis& axis, std::size_t about);

}  // namespace meshmall::engine
