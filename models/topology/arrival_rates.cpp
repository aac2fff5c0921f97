#include "models/topology/arrival_rates.h"

#include <algorithm>
#include <cmath>

#include "models/workload/rate_profile.h"

namespace meshmall::models {
namespace {

using engine::SimTime;

double meanOf(const ProfileArrivals& config, SimTime begin, SimTime end) {
  const RateProfile profile(config);
  return end > begin ? profile.expected(begin, end) / (end - begin).seconds() : profile.rateAt(begin);
}

double meanOf(const MmppArrivals& mmpp) {
  double customers = 0, time = 0;
  for (const auto& state : mmpp.states) {
    customers += state.rate * state.mean.seconds();
    time += state.mean.seconds();
  }
  return time > 0 ? customers / time : 0;
}

double meanOf(const TraceArrivals& trace, SimTime begin, SimTime end) {
  if (!trace.instants || end <= begin) return 0;
  const auto& instants = *trace.instants;
  const auto count = std::lower_bound(instants.begin(), instants.end(), end) - std::lower_bound(instants.begin(), instants.end(), begin);
  return static_cast<double>(count) / (end - begin).seconds();
}

}  // namespace

double meanRate(const ArrivalConfig& arrivals, SimTime begin, SimTime end) {
  if (const auto* poisson = std::get_if<PoissonArrivals>(&arrivals)) return poisson->rate;
  if (const auto* constant = std::get_if<ConstantArrivals>(&arrivals)) return constant->rate;
  if (const auto* renewal = std::get_if<RenewalArrivals>(&arrivals)) {
    const double mean = renewal->interarrival.mean();
    return mean > 0 && std::isfinite(mean) ? 1 / mean : 0;
  }
  if (const auto* profile = std::get_if<ProfileArrivals>(&arrivals)) return meanOf(*profile, begin, end);
  if (const auto* mmpp = std::get_if<MmppArrivals>(&arrivals)) return meanOf(*mmpp);
  if (const auto* trace = std::get_if<TraceArrivals>(&arrivals)) return meanOf(*trace, begin, end);
  return 0;
}

double peakRate(const ArrivalConfig& arrivals, SimTime begin, SimTime end) {
  if (const auto* profile = std::get_if<ProfileArrivals>(&arrivals)) {
    const RateProfile course(*profile);
    std::vector<SimTime> corners = bends(arrivals, begin, end, 10'000);
    corners.push_back(end);
    double peak = course.rateAt(begin);
    for (const SimTime at : corners)  // at a jump: from both sides
      peak = std::max({peak, at < end ? course.rateAt(at) : 0, at > begin ? course.rateAt(at - engine::nanoseconds(1)) : 0});
    return peak;
  }
  if (const auto* mmpp = std::get_if<MmppArrivals>(&arrivals)) {
    double peak = 0;
    for (const auto& state : mmpp->states) peak = std::max(peak, state.rate);
    return peak;
  }
  return meanRate(arrivals, begin, end);
}

std::vector<SimTime> bends(const ArrivalConfig& arrivals, SimTime begin, SimTime end, std::size_t most) {
  std::vector<SimTime> found;
  const auto* profile = std::get_if<ProfileArrivals>(&arrivals);
  if (profile == nullptr || profile->points.empty()) return found;
  const std::int64_t period = profile->repeat.ns;
  for (std::int64_t start = period > 0 ? begin.ns / period * period : 0; start < end.ns && found.size() < most; start += period) {
    for (const auto& point : profile->points) {
      const SimTime at{start + point.at.ns};
      if (at > begin && at < end && (found.empty() || found.back() < at) && found.size() < most) found.push_back(at);
    }
    if (period <= 0) break;
  }
  return found;
}

}  // namespace meshmall::models
