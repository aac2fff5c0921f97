// Curves as CSV: one row an interval, `time_s` and one column a curve. C locale whatever the screen shows, a value without a sample is empty.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace meshmall::gui {

// Columns: name and values (shorter ones end early). Rows: the intervals that end in (from, to]. Names with commas or quotes are quoted.
std::string seriesCsv(const std::vector<std::pair<std::string, std::vector<double>>>& columns, double interval, double from, double to);

}  // namespace meshmall::gui
