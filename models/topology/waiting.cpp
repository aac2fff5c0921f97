#include "models/topology/waiting.h"

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>

namespace meshmall::models {

double erlangC(std::uint32_t servers, double load) {
  if (load <= 0) return 0;
  if (load >= static_cast<double>(servers)) return 1;
  double blocked = 1;  // Erlang B, server by server
  for (std::uint32_t k = 1; k <= servers; ++k) blocked = load * blocked / (static_cast<double>(k) + load * blocked);
  const double utilisation = load / static_cast<double>(servers);
  return blocked / (1 - utilisation * (1 - blocked));
}

Moments waitingTime(std::uint32_t servers, double rate, const Moments& service, double arrival_scv) {
  const double load = rate * service.mean;
  if (load <= 0) return {};
  if (load >= static_cast<double>(servers)) return {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  const double waits = erlangC(servers, load);
  const double service_scv = service.variance / (service.mean * service.mean);
  const double mean = waits * service.mean / (static_cast<double>(servers) - load) * (arrival_scv + service_scv) / 2;
  if (waits <= 0) return {};
  return {mean, mean * mean * (2 / waits - 1)};  // those who wait, wait for an about exponential time
}

namespace {

double gammaCdf(const Moments& of, double t) {
  if (of.variance <= of.mean * of.mean * 1e-8) return t >= of.mean ? 1 : 0;
  const double shape = of.mean * of.mean / of.variance;
  return boost::math::gamma_p(shape, t * of.mean / of.variance);
}

}  // namespace

Moments longestOf(const Moments* times, std::size_t count) {
  if (count == 0) return {};
  double horizon = 0, longest_mean = 0;
  std::size_t with_time = 0, last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(times[i].mean) || !std::isfinite(times[i].variance)) return times[i];
    longest_mean = std::max(longest_mean, times[i].mean);
    horizon = std::max(horizon, times[i].mean + 14 * std::sqrt(times[i].variance));
    if (times[i].mean > 0) {
      ++with_time;
      last = i;
    }
  }
  if (with_time == 0) return {};
  if (with_time == 1) return times[last];
  constexpr int kSlices = 1024;
  const double slice = horizon / kSlices;
  double mean = 0, second = 0;
  for (int i = 0; i < kSlices; ++i) {
    const double t = (i + 0.5) * slice;
    double all_over = 1;
    for (std::size_t k = 0; k < count && all_over > 0; ++k)
      if (times[k].mean > 0) all_over *= gammaCdf(times[k], t);
    if (t > longest_mean && 1 - all_over < 1e-7) break;  // nothing worth adding is left
    mean += (1 - all_over) * slice;
    second += 2 * t * (1 - all_over) * slice;
  }
  mean = std::max(mean, longest_mean);  // the rounding of constants to slices
  return {mean, std::max(0.0, second - mean * mean)};
}

}  // namespace meshmall::models
