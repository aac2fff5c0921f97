#include "engine/statistics/multiplicity.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace meshmall::engine {
namespace {

std::vector<std::size_t> ascending(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  return order;
}

}  // namespace

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<double> adjusted(p.size());
  const std::vector<std::size_t> order = ascending(p);
  double least = 0;  // an adjusted value is never below that of a smaller p
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    least = std::max(least, std::min(1.0, p[order[rank]] * static_cast<double>(p.size() - rank)));
    adjusted[order[rank]] = least;
  }
  return adjusted;
}

std::vector<double> benjaminiHochberg(const std::vector<double>& p) {
  std::vector<double> q(p.size());
  const std::vector<std::size_t> order = ascending(p);
  double most = 1;
  for (std::size_t rank = order.size(); rank-- > 0;) {
    most = std::min(most, p[order[rank]] * static_cast<double>(p.size()) / static_cast<double>(rank + 1));
    q[order[rank]] = most;
  }
  return q;
}

}  // namespace meshmall::engine
