#include "gui/charts/series_csv.h"

#include <array>
#include <charconv>
#include <cmath>

namespace meshmall::gui {
namespace {

void append(std::string& out, double value) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end.ptr);
}

std::string quoted(const std::string& name) {
  if (name.find_first_of(",\"\n") == std::string::npos) return name;
  std::string out = "\"";
  for (const char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

}  // namespace

std::string seriesCsv(const std::vector<std::pair<std::string, std::vector<double>>>& columns, double interval, double from, double to) {
  std::string out = "time_s";
  std::size_t rows = 0;
  for (const auto& [name, values] : columns) {
    out += ',' + quoted(name);
    rows = std::max(rows, values.size());
  }
  out += '\n';
  for (std::size_t i = 0; i < rows; ++i) {
    const double t = static_cast<double>(i + 1) * interval;
    if (t <= from || t > to * (1 + 1e-12)) continue;
    append(out, std::round(t * 1e9) / 1e9);  // times are whole nanoseconds
    for (const auto& [name, values] : columns) {
      out += ',';
      if (i < values.size() && std::isfinite(values[i])) append(out, values[i]);
    }
    out += '\n';
  }
  return out;
}

}  // namespace meshmall::gui
