#include "models/workload/rate_profile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace meshmall::models {

using engine::kNever;
using engine::SimTime;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double secondsOf(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

}  // namespace

RateProfile::RateProfile(const ProfileArrivals& config) : period_ns_(config.repeat.ns) {
  const auto& points = config.points;
  if (points.empty()) throw std::invalid_argument("profile: at least one point");
  std::int64_t previous = 0;
  for (const auto& point : points) {
    if (point.at.ns < previous || !(point.rate >= 0) || !std::isfinite(point.rate)) throw std::invalid_argument("profile: instants ascend, rates are at least 0");
    previous = point.at.ns;
  }
  if (period_ns_ < 0 || (period_ns_ > 0 && period_ns_ < previous)) throw std::invalid_argument("profile: it repeats before its last point");

  const bool linear = config.interpolate == ProfileArrivals::Interpolate::kLinear;
  const auto addPiece = [&](std::int64_t from, std::int64_t to, double rate, double end_rate) {
    if (to <= from) return;  // a jump
    const double length = to == kNever.ns ? kInfinity : secondsOf(to - from);
    pieces_.push_back({from, rate, rate == end_rate ? 0 : (end_rate - rate) / length, length});
  };
  addPiece(0, points.front().at.ns, points.front().rate, points.front().rate);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    addPiece(points[i].at.ns, points[i + 1].at.ns, points[i].rate, linear ? points[i + 1].rate : points[i].rate);
  }
  addPiece(points.back().at.ns, period_ns_ > 0 ? period_ns_ : kNever.ns, points.back().rate, points.back().rate);
  if (period_ns_ == 0) return;
  for (const Piece& piece : pieces_) per_period_ += piece.length_seconds * (piece.rate + piece.slope_per_second * piece.length_seconds / 2);
}

std::size_t RateProfile::pieceAt(std::int64_t offset_ns) const {
  const auto next = std::upper_bound(pieces_.begin(), pieces_.end(), offset_ns, [](std::int64_t ns, const Piece& piece) { return ns < piece.start_ns; });
  return static_cast<std::size_t>(next - pieces_.begin()) - 1;
}

double RateProfile::rateAt(SimTime t) const {
  const std::int64_t offset = period_ns_ > 0 ? t.ns % period_ns_ : t.ns;
  const Piece& piece = pieces_[pieceAt(offset)];
  return std::max(0.0, piece.rate + piece.slope_per_second * secondsOf(offset - piece.start_ns));
}

double RateProfile::expected(SimTime from, SimTime to) const {
  std::int64_t cycle_start = period_ns_ > 0 ? from.ns / period_ns_ * period_ns_ : 0;
  std::int64_t at = from.ns - cycle_start;
  double sum = 0;
  while (cycle_start + at < to.ns) {
    if (period_ns_ > 0 && at == 0) {
      const std::int64_t whole = (to.ns - cycle_start) / period_ns_;
      sum += static_cast<double>(whole) * per_period_;
      cycle_start += whole * period_ns_;
      if (cycle_start == to.ns) break;
    }
    const std::size_t i = pieceAt(at);
    const std::int64_t end = i + 1 < pieces_.size() ? pieces_[i + 1].start_ns : (period_ns_ > 0 ? period_ns_ : kNever.ns);
    const std::int64_t until = std::min(end, to.ns - cycle_start);
    const double begin = secondsOf(at - pieces_[i].start_ns), length = secondsOf(until - at);
    sum += length * (pieces_[i].rate + pieces_[i].slope_per_second * (begin + length / 2));
    at = until;
    if (period_ns_ > 0 && at == period_ns_) {
      cycle_start += period_ns_;
      at = 0;
    }
  }
  return sum;
}

SimTime RateProfile::when(SimTime from, double arrivals) const {
  std::int64_t cycle_start = period_ns_ > 0 ? from.ns / period_ns_ * period_ns_ : 0;
  std::int64_t at = from.ns - cycle_start;
  for (std::size_t i = pieceAt(at);;) {
    if (period_ns_ > 0 && at == 0) {
      if (per_period_ <= 0) return kNever;
      const double whole = std::max(0.0, std::ceil(arrivals / per_period_) - 1);  // the arrival falls into the period after these
      const double skipped = whole * static_cast<double>(period_ns_);
      if (skipped + static_cast<double>(cycle_start) > static_cast<double>(engine::kLongestSample.ns)) return kNever;
      cycle_start += static_cast<std::int64_t>(whole) * period_ns_;
      arrivals -= whole * per_period_;
    }
    const Piece& piece = pieces_[i];
    const double begin = secondsOf(at - piece.start_ns), length = piece.length_seconds - begin;
    const double rate = std::max(0.0, piece.rate + piece.slope_per_second * begin);
    // rate s + slope s^2 / 2 = arrivals, solved without cancellation; a falling rate may not reach it.
    const double discriminant = rate * rate + 2 * piece.slope_per_second * arrivals;
    const double divisor = discriminant >= 0 ? rate + std::sqrt(discriminant) : 0;
    const double needed = arrivals <= 0 ? 0 : (divisor > 0 ? 2 * arrivals / divisor : kInfinity);
    if (needed <= length) {
      const double ns = needed * 1e9;
      if (!(ns + static_cast<double>(cycle_start + at) < static_cast<double>(engine::kLongestSample.ns))) return kNever;
      return {cycle_start + at + std::llrint(ns)};
    }
    if (piece.length_seconds == kInfinity) return kNever;
    arrivals -= length * (rate + piece.slope_per_second * length / 2);
    arrivals = std::max(arrivals, 0.0);
    if (++i < pieces_.size()) {
      at = pieces_[i].start_ns;
    } else {
      i = 0;
      at = 0;
      cycle_start += period_ns_;
      if (cycle_start > engine::kLongestSample.ns) return kNever;
    }
  }
}

double RateProfile::longRunRate() const { return period_ns_ > 0 ? per_period_ / secondsOf(period_ns_) : pieces_.back().rate; }

}  // namespace meshmall::models
