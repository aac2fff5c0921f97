#include "cli/quantity_option.h"

#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace meshmall::cli {
namespace {

// The number at the front of the text, and what follows it.
std::optional<std::pair<double, std::string_view>> splitNumber(std::string_view text) {
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
  return std::make_pair(value, text.substr(static_cast<std::size_t>(end.ptr - text.data())));
}

}  // namespace

std::optional<std::uint64_t> parseBytes(const std::string& text) {
  constexpr std::pair<const char*, double> units[] = {{"", 1},
                                                      {"B", 1},
                                                      {"kB", 1e3},
                                                      {"KB", 1e3},
                                                      {"MB", 1e6},
                                                      {"GB", 1e9},
                                                      {"TB", 1e12},
                                                      {"KiB", 1024.0},
                                                      {"K", 1024.0},
                                                      {"MiB", 1048576.0},
                                                      {"M", 1048576.0},
                                                      {"GiB", 1073741824.0},
                                                      {"G", 1073741824.0},
                                                      {"TiB", 1099511627776.0},
                                                      {"T", 1099511627776.0}};
  const auto number = splitNumber(text);
  if (!number) return std::nullopt;
  for (const auto& [unit, factor] : units) {
    if (number->second != unit) continue;
    const double bytes = number->first * factor;
    if (bytes < 1048576 || bytes > 1e18) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parseCount(const std::string& text) {
  const auto number = splitNumber(text);
  if (!number || !number->second.empty() || number->first > 1e18 || number->first != std::floor(number->first)) return std::nullopt;
  return static_cast<std::uint64_t>(number->first);
}

}  // namespace meshmall::cli
