#include "gui/charts/time_axis.h"

#include <algorithm>

#include "gui/charts/steady_range.h"

namespace meshmall::gui {

void TimeAxis::advance(double now, double end) {
  const double limit = std::max(end, now);
  double wanted = full_to_;
  if (now >= full_to_) wanted = roundUp(now * 1.5);
  // Most of a run done, or nearly all of it on the axis anyway: show all of it.
  if (wanted >= limit * 0.6) wanted = limit;
  if (!(wanted > 0) || wanted == full_to_) return;
  full_to_ = wanted;
  if (!zoomed_) emit rangeChanged();
}

void TimeAxis::restart() {
  full_to_ = 1;
  zoomed_ = false;
  cursor_.reset();
  emit rangeChanged();
  emit cursorChanged();
}

void TimeAxis::zoomTo(double from, double to) {
  const double low = std::clamp(std::min(from, to), 0.0, full_to_), high = std::clamp(std::max(from, to), 0.0, full_to_);
  if (high - low < full_to_ / 1000) return;
  zoomed_ = true;
  zoom_from_ = low;
  zoom_to_ = high;
  emit rangeChanged();
}

void TimeAxis::resetZoom() {
  if (!zoomed_) return;
  zoomed_ = false;
  emit rangeChanged();
}

void TimeAxis::setCursor(std::optional<double> time) {
  if (time == cursor_) return;
  cursor_ = time;
  emit cursorChanged();
}

}  // namespace meshmall::gui
