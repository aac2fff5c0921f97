// Numbers as people read them on the screen, in the language's format: three significant digits, "1,240", "0.052". Files never use these (they keep the C locale).
#pragma once

#include <QString>

namespace meshmall::gui {

// "1.24k" style is not used: 12,400 stays 12,400. NaN gives an en dash.
QString numberText(double value);
QString percentText(double share);        // 0.0123 -> "1.23 %"
QString millisecondsText(double ms);      // "0.42 ms", "12.3 ms", "1.25 s"
QString secondsText(double seconds);      // "12.5 s", "2 min 5 s"

}  // namespace meshmall::gui
