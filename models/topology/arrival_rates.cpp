#include "models/topology/arrival_rates.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {
namespace {

using engine::SimTime;

// Rate at `t` seconds into the (first) period, from the right.
double rateWithin(const ProfileArrivals& profile, double t) {
  const auto& points = profile.points;
  if (points.empty() || t < points.front().at.seconds()) return points.empty() ? 0 : points.front().rate;
  std::size_t i = points.size() - 1;
  while (i > 0 && points[i].at.seconds() > t) --i;
  if (i + 1 == points.size() || profile.interpolate == ProfileArrivals::Interpolate::kStep) return points[i].rate;
  const double from = points[i].at.seconds(), to = points[i + 1].at.seconds();
  return to > from ? points[i].rate + (points[i + 1].rate - points[i].rate) * (t - from) / (to - from) : points[i + 1].rate;
}

// Customers expected in [0, t) of the first period (without repetition).
double customersUntil(const ProfileArrivals& profile, double t) {
  const auto& points = profile.points;
  if (points.empty()) return 0;
  double sum = points.front().rate * std::min(t, points.front().at.seconds());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double from = points[i].at.seconds();
    if (from >= t) break;
    const bool last = i + 1 == points.size();
    const double to = last ? t : std::min(t, points[i + 1].at.seconds());
    const bool flat = last || profile.interpolate == ProfileArrivals::Interpolate::kStep;
    sum += (to - from) * (flat ? points[i].rate : (points[i].rate + rateWithin(profile, std::nextafter(to, from))) / 2);
  }
  return sum;
}

double customersBefore(const ProfileArrivals& profile, double t) {
  const double period = profile.repeat.seconds();
  if (period <= 0 || t <= period) return customersUntil(profile, t);
  const double whole = std::floor(t / period);
  return whole * customersUntil(profile, period) + customersUntil(profile, t - whole * period);
}

double meanOf(const ProfileArrivals& profile, SimTime begin, SimTime end) {
  const double period = profile.repeat.seconds();
  const double from = begin.seconds(), to = end.seconds();
  if (to <= from) return rateWithin(profile, period > 0 ? std::fmod(from, period) : from);
  return (customersBefore(profile, to) - customersBefore(profile, from)) / (to - from);
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
    double peak = std::max(meanOf(*profile, begin, begin), meanOf(*profile, begin, end));
    for (const SimTime at : bends(arrivals, begin, end, 10'000)) {
      const double period = profile->repeat.seconds();
      const double t = period > 0 ? std::fmod(at.seconds(), period) : at.seconds();
      peak = std::max({peak, rateWithin(*profile, t), rateWithin(*profile, std::nextafter(t, 0.0))});
    }
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
