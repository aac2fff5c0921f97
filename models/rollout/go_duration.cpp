#include "models/rollout/go_duration.h"

#include <cmath>
#include <cstdint>
#include <utility>

namespace meshmall::models {
namespace {

// Takes the digits of a decimal number ("12", "1.5", ".5") off the front.
std::optional<double> takeNumber(std::string_view& text) {
  double value = 0, place = 1;
  bool fraction = false, digits = false;
  while (!text.empty() && (text[0] == '.' ? !fraction : text[0] >= '0' && text[0] <= '9')) {
    if (text[0] == '.') {
      fraction = true;
    } else {
      digits = true;
      value = value * 10 + (text[0] - '0');
      if (fraction) place *= 10;
    }
    text.remove_prefix(1);
  }
  if (!digits) return {};
  return value / place;
}

std::optional<double> takeUnit(std::string_view& text) {
  // Longer names first: "ms" is not "m".
  static constexpr std::pair<std::string_view, double> kUnits[] = {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  for (const auto& [unit, length] : kUnits) {
    if (text.substr(0, unit.size()) != unit) continue;
    text.remove_prefix(unit.size());
    return length;
  }
  return {};
}

}  // namespace

std::optional<engine::Duration> goDuration(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return engine::Duration{0};
  if (text.empty()) return {};
  double total = 0;
  while (!text.empty()) {
    const std::optional<double> number = takeNumber(text);
    const std::optional<double> unit = number ? takeUnit(text) : std::nullopt;
    if (!unit) return {};
    total += *number * *unit;
  }
  if (total > 9.2e18) return {};
  const auto ns = static_cast<std::int64_t>(std::llround(total));
  return engine::Duration{negative ? -ns : ns};
}

}  // namespace meshmall::models
