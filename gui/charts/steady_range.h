// The range of a vertical axis that does not jump: it grows at once, and shrinks only when everything has fitted into half of it for a while.
// Limits are round numbers (1, 2, 2.5 or 5 times a power of ten); a logarithmic axis covers whole decades, at least one.
// Limiting cases: nothing shown yet gives 0 to 1 (log: 1 to 10); values that are not finite, and on a log axis those <= 0, are ignored.
#pragma once

namespace meshmall::gui {

struct AxisRange {
  double low = 0, high = 1;
  bool operator==(const AxisRange&) const = default;
};

// The smallest round number >= value; 1 for value <= 0.
double roundUp(double value);
// A round step that divides [0, high] into at most `most` parts.
double tickStep(double high, int most);

class SteadyRange {
 public:
  enum class Scale { linear, logarithmic };
  static constexpr int kPatience = 25;  // updates, 3 to 5 s at the charts' pace

  explicit SteadyRange(Scale scale) : scale_{scale}, range_{initial(scale)} {}

  // The lowest and the highest value shown now. Returns the range to show.
  AxisRange update(double lowest, double highest);
  AxisRange range() const { return range_; }
  // Forgets what was: the next update fits at once (after a zoom).
  void reset() { fresh_ = true; }

 private:
  static AxisRange initial(Scale scale) { return scale == Scale::linear ? AxisRange{0, 1} : AxisRange{1, 10}; }
  AxisRange fitting(double lowest, double highest) const;

  Scale scale_;
  AxisRange range_;
  bool fresh_ = true;
  int roomy_for_ = 0;  // updates in a row that would fit into much less
};

}  // namespace meshmall::gui
