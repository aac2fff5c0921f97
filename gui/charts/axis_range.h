// Range and ticks of a linear axis together. Qt lays out ticks at each of the two calls, so in the wrong order a range that grows from a second to ten days gets a tick for
// every tenth of a second in between, and the window stands still.
#pragma once

#include <QValueAxis>

namespace meshmall::gui {

// low < high; step > 0, in the axis's unit.
inline void setRangeAndTicks(QValueAxis& axis, double low, double high, double step) {
  const bool wider = step > axis.tickInterval();
  if (wider) axis.setTickInterval(step);
  axis.setRange(low, high);
  if (!wider) axis.setTickInterval(step);
}

}  // namespace meshmall::gui
