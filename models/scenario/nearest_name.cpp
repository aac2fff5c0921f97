#include "models/scenario/nearest_name.h"

#include <algorithm>
#include <array>

#include "models/scenario/problems.h"

namespace meshmall::models {

namespace {

constexpr std::size_t kLongest = 64;

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::size_t editDistance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit || a.size() > kLongest || b.size() > kLongest) return limit + 1;
  std::array<std::array<std::size_t, kLongest + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return std::min(rows[a.size() % 3][b.size()], limit + 1);
}

std::optional<std::string> nearestName(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string mine = lowered(name);
  std::optional<std::string> best;
  std::size_t best_distance = std::string_view::npos;
  for (const std::string_view candidate : known) {
    const std::size_t limit = std::max<std::size_t>(2, candidate.size() / 3);
    const std::size_t distance = editDistance(mine, lowered(candidate), limit);
    if (distance > limit || distance >= best_distance || distance >= std::max(name.size(), candidate.size())) continue;
    best = std::string(candidate);
    best_distance = distance;
  }
  return best;
}

std::string suggestion(std::string_view name, const std::vector<std::string_view>& known) {
  const auto near = nearestName(name, known);
  return near ? "did you mean " + inQuotes(*near) + "?" : "";
}

}  // namespace meshmall::models
