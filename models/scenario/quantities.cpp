#include "models/scenario/quantities.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "models/scenario/problems.h"

namespace meshmall::models {

using engine::Duration;

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

QuantityError notADuration(std::string_view text) {
  return {"must be a duration with a unit, such as \"250us\", \"1.5s\" or \"1m30s\" (got " + inQuotes(text) + ")"};
}

// digits [ "." digits ]
struct Decimal {
  std::string_view whole, fraction;
};

std::optional<Decimal> takeDecimal(std::string_view& text) {
  const auto takeDigits = [&] {
    std::size_t n = 0;
    while (n < text.size() && isDigit(text[n])) ++n;
    const std::string_view digits = text.substr(0, n);
    text.remove_prefix(n);
    return digits;
  };
  Decimal out;
  out.whole = takeDigits();
  if (out.whole.empty()) return std::nullopt;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    out.fraction = takeDigits();
    if (out.fraction.empty()) return std::nullopt;
  }
  return out;
}

std::string_view takeUnit(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && !isDigit(text[n])) ++n;
  const std::string_view unit = text.substr(0, n);
  text.remove_prefix(n);
  return unit;
}

__extension__ using Wide = __int128;

enum class Exactness { exact, too_fine, too_long };

// Adds number x unit to `sum`; exact or not at all.
Exactness addExactly(const Decimal& number, std::int64_t unit_ns, std::int64_t& sum) {
  Wide total = 0;
  for (const char c : number.whole) {
    total = total * 10 + (c - '0');
    if (total > kLongestDuration.ns) return Exactness::too_long;
  }
  total *= unit_ns;
  Wide place = unit_ns;
  for (const char c : number.fraction) {
    if (c != '0' && place % 10 != 0) return Exactness::too_fine;
    place /= 10;
    total += place * (c - '0');
  }
  total += sum;
  if (total > kLongestDuration.ns) return Exactness::too_long;
  sum = static_cast<std::int64_t>(total);
  return Exactness::exact;
}

}  // namespace

std::int64_t unitNanoseconds(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "\xc2\xb5s" || unit == "\xce\xbcs") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "m") return 60'000'000'000;
  if (unit == "h") return 3'600'000'000'000;
  return 0;
}

std::variant<Duration, QuantityError> parseDuration(std::string_view text) {
  std::string_view rest = text;
  std::int64_t sum = 0;
  std::int64_t last_unit = INT64_MAX;
  if (rest.empty()) return notADuration(text);
  while (!rest.empty()) {
    const auto number = takeDecimal(rest);
    if (!number) return notADuration(text);
    const std::string_view name = takeUnit(rest);
    const std::int64_t unit = unitNanoseconds(name);
    if (unit == 0 || unit >= last_unit) return notADuration(text);
    last_unit = unit;
    switch (addExactly(*number, unit, sum)) {
      case Exactness::too_fine:
        return QuantityError{"finer than a nanosecond (got " + inQuotes(text) + ")"};
      case Exactness::too_long:
        return QuantityError{"longer than 10 years (got " + inQuotes(text) + ")"};
      case Exactness::exact:
        break;
    }
  }
  return Duration{sum};
}

std::variant<double, QuantityError> parseRate(std::string_view text) {
  const QuantityError bad{"must be a rate such as \"400/s\", \"30/m\" or \"5/h\" (got " + inQuotes(text) + ")"};
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return bad;
  std::string_view number = text.substr(0, slash);
  const std::string_view unit = text.substr(slash + 1);
  if (unit != "s" && unit != "m" && unit != "h") return bad;
  std::string_view rest = number;
  if (!takeDecimal(rest) || !rest.empty()) return bad;
  double value = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size()) return bad;
  value /= static_cast<double>(unitNanoseconds(unit)) * 1e-9;
  if (!(value <= 1e9)) return QuantityError{"must be at most 1e9 per second (got " + inQuotes(text) + ")"};
  return value;
}

std::variant<Duration, QuantityError> parseInUnit(std::string_view text, std::int64_t unit_ns) {
  std::string_view rest = text;
  std::int64_t sum = 0;
  const auto number = takeDecimal(rest);
  if (number && rest.empty() && addExactly(*number, unit_ns, sum) == Exactness::exact) return Duration{sum};
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !(value >= 0)) return QuantityError{"not a number of at least 0: " + inQuotes(text)};
  const double ns = value * static_cast<double>(unit_ns);
  if (!(ns <= static_cast<double>(kLongestDuration.ns))) return QuantityError{"longer than 10 years: " + inQuotes(text)};
  return Duration{static_cast<std::int64_t>(std::nearbyint(ns))};
}

}  // namespace meshmall::models
