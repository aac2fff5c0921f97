#include "engine/report/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>

namespace meshmall::engine {
namespace {

std::string fixed(double value, int decimals) {
  char buffer[400];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals);
  return std::string(buffer, end.ptr);
}

}  // namespace

std::string plain(double value, int significant) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  if (value == 0) return "0";
  if (std::abs(value) >= 1e15) {
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, significant - 1);
    return std::string(buffer, end.ptr);
  }
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  const int decimals = std::clamp(significant - 1 - magnitude, 0, 12);
  std::string text = fixed(value, decimals);
  // Rounding up may have made it a digit longer: 9.996 -> "10.00".
  const int after = static_cast<int>(std::floor(std::log10(std::max(1e-300, std::abs(std::strtod(text.c_str(), nullptr))))));
  return after > magnitude && decimals > 0 ? fixed(value, decimals - 1) : text;
}

std::string trimmed(double value) {
  std::string text = plain(value, 4);
  if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string amount(double value) { return value == std::round(value) ? count(value) : plain(value); }

std::string count(double value) {
  if (std::isnan(value)) return "-";
  std::string digits = fixed(std::abs(value), 0);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(digits.begin() + static_cast<std::ptrdiff_t>(i - 3), ',');
  if (value <= -0.5) digits.insert(digits.begin(), '-');
  return digits;
}

std::string millisecondsText(double ms, int significant) {
  if (std::isnan(ms)) return "-";
  const double size = std::abs(ms);
  if (std::isinf(ms)) return "infinite";
  if (ms == 0) return "0 ms";
  if (size < 0.000999) return plain(ms * 1e6, significant) + " ns";
  if (size < 0.9995) return plain(ms * 1e3, significant) + " us";
  if (size < 999.5) return plain(ms, significant) + " ms";
  return plain(ms / 1e3, significant) + " s";
}

std::string secondsText(double s) {
  if (s < 0.9995) return millisecondsText(s * 1e3);
  const auto whole = static_cast<std::int64_t>(std::llround(s));
  if (std::abs(s - static_cast<double>(whole)) > 1e-6) return plain(s, s < 1000 ? 4 : 7) + " s";
  if (s < 120) return std::to_string(whole) + " s";
  std::string text;
  const auto add = [&](std::int64_t amount, const char* unit) {
    if (amount == 0) return;
    if (!text.empty()) text += " ";
    text += std::to_string(amount) + " " + unit;
  };
  add(whole / 3600, "h");
  add(whole / 60 % 60, "min");
  add(whole % 60, "s");
  return text;
}

std::string percent(double ratio) {
  if (std::isnan(ratio)) return "-";
  if (ratio >= 1) return "100 %";
  int decimals = 1;
  for (double gap = 1 - ratio; decimals < 6 && gap * 100 < 2 * std::pow(10.0, -decimals + 1); ++decimals) {
  }
  return fixed(std::floor(ratio * 100 * std::pow(10.0, decimals)) / std::pow(10.0, decimals), decimals) + " %";
}

std::string share(double ratio) {
  if (std::isnan(ratio)) return "-";
  if (std::isinf(ratio)) return "infinite";
  return plain(ratio * 100) + " %";
}

}  // namespace meshmall::engine
