// Times and rates as a scenario writes them: "124.5ms", {"lognormal": {"mean": "2ms", "cv": 0.4}}. Four significant digits at least of what was fitted.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/importers/traces/fit.h"

namespace meshmall::models::traces {

// Four significant digits; 0 for what is no number.
double rounded(double value, int digits = 4);
// So many decimals at most, no zeros at the end.
std::string fixed(double value, int decimals);
// "124.5ms": the unit that suits.
std::string durationText(double ms);
// "8.37/s", "12/m" or "3/h".
std::string rateText(double per_ms);
nlohmann::ordered_json timeJson(const FittedTime& time);

}  // namespace meshmall::models::traces
