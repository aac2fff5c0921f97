// Numbers as people read them, as reports write them: engine/report/number_text.h.
#pragma once

#include <string>

#include "engine/report/number_text.h"

namespace meshmall::cli {

using engine::amount;
using engine::count;
using engine::percent;
using engine::plain;
using engine::share;
using engine::trimmed;

inline std::string milliseconds(double ms, int significant = 3) { return engine::millisecondsText(ms, significant); }
inline std::string seconds(double s) { return engine::secondsText(s); }

}  // namespace meshmall::cli
