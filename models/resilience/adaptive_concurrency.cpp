#include "models/resilience/adaptive_concurrency.h"

#include <cmath>

#include "engine/kernel/promise.h"

namespace meshmall::models {
namespace {

constexpr std::uint32_t kUpdatesAtMinimum = 5;

}  // namespace

void LatencyBins::add(std::uint64_t us) {
  std::uint64_t width = 1;
  while (us / width >= 100) width *= 10;
  const std::uint64_t left = us - us % width;
  const auto place = std::lower_bound(bins_.begin(), bins_.end(), left, [](const Bin& bin, std::uint64_t value) { return bin.left < value; });
  if (place != bins_.end() && place->left == left) {
    ++place->count;
  } else {
    bins_.insert(place, {left, width, 1});
  }
  ++count_;
}

void LatencyBins::clear() {
  bins_.clear();
  count_ = 0;
}

double LatencyBins::quantile(double q) const {
  const double target = q * static_cast<double>(count_);
  double below = 0;
  for (const Bin& bin : bins_) {
    const double above = below + bin.count;
    if (above >= target) {
      // Below 10 us the two digits reach into tenths, which the truncation to microseconds drops.
      const double width = bin.left < 10 ? 0 : static_cast<double>(bin.width);
      return static_cast<double>(bin.left) + (target - below) / bin.count * width;
    }
    below = above;
  }
  return 0;
}

double concurrencyGradient(std::uint64_t min_rtt_us, std::uint64_t sample_rtt_us, double buffer) {
  const auto min_rtt = static_cast<double>(min_rtt_us);
  const double raw = (min_rtt + min_rtt * buffer) / static_cast<double>(std::max<std::uint64_t>(sample_rtt_us, 1));
  return std::clamp(raw, 0.5, 2.0);
}

std::uint32_t nextConcurrencyLimit(const AdaptiveConcurrencyConfig& config, std::uint32_t limit, double gradient) {
  const double grown = limit * gradient;
  const auto next = static_cast<std::uint32_t>(grown + std::sqrt(grown));
  return std::max(config.min_concurrency, std::min(config.max_concurrency_limit, next));
}

engine::Duration nextMeasurement(const AdaptiveConcurrencyConfig& config, engine::RandomSource& random) {
  if (config.jitter <= 0) return config.min_rtt_interval;
  const double range = std::ceil(config.min_rtt_interval.milliseconds() * config.jitter);
  if (range < 1) return config.min_rtt_interval;
  return config.min_rtt_interval + engine::milliseconds(static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(range)));
}

GradientController::GradientController(const AdaptiveConcurrencyConfig& config, engine::SimTime now) : limit_(config.min_concurrency) {
  if (!config.fixed_min_rtt) {
    startMeasuring(config, now);
    return;
  }
  min_rtt_us_ = static_cast<std::uint64_t>(config.fixed_min_rtt->ns / 1000);
  next_measurement_ = engine::kNever;
  next_update_ = now + config.concurrency_update_interval;
}

bool GradientController::tryForward() {
  if (outstanding_ >= limit_) return false;
  ++outstanding_;
  return true;
}

void GradientController::onCancel() {
  engine::promise(outstanding_ > 0, "adaptive concurrency: more requests ended than were admitted");
  --outstanding_;
}

void GradientController::onAnswer(const AdaptiveConcurrencyConfig& config, engine::SimTime sent, engine::SimTime now, engine::RandomSource& random) {
  onCancel();
  if (sent < epoch_) return;
  samples_.add(static_cast<std::uint64_t>((now - sent).ns / 1000));
  if (measuring_ && samples_.count() >= config.request_count) finishMeasuring(config, now, random);
}

void GradientController::startMeasuring(const AdaptiveConcurrencyConfig& config, engine::SimTime now) {
  if (measuring_) return;
  measuring_ = true;
  saved_limit_ = limit_;
  limit_ = config.min_concurrency;
  updates_at_minimum_ = 0;
  samples_.clear();
  epoch_ = now;
}

void GradientController::finishMeasuring(const AdaptiveConcurrencyConfig& config, engine::SimTime now, engine::RandomSource& random) {
  min_rtt_us_ = percentileAndClear(config);
  limit_ = saved_limit_;
  updates_at_minimum_ = 0;
  measuring_ = false;
  next_measurement_ = now + nextMeasurement(config, random);
  next_update_ = now + config.concurrency_update_interval;
}

std::uint64_t GradientController::percentileAndClear(const AdaptiveConcurrencyConfig& config) {
  const auto value = static_cast<std::uint64_t>(samples_.quantile(config.sample_aggregate_percentile));
  samples_.clear();
  return value;
}

bool GradientController::setLimit(const AdaptiveConcurrencyConfig& config, std::uint32_t limit, engine::SimTime now) {
  const bool stays_at_minimum = limit == config.min_concurrency && limit_ == config.min_concurrency;
  updates_at_minimum_ = stays_at_minimum ? updates_at_minimum_ + 1 : 0;
  limit_ = limit;
  if (updates_at_minimum_ < kUpdatesAtMinimum || config.fixed_min_rtt) return false;
  startMeasuring(config, now);
  return true;
}

void GradientController::onTimer(const AdaptiveConcurrencyConfig& config, engine::SimTime now) {
  if (measuring_) return;
  if (now >= next_measurement_) {
    startMeasuring(config, now);
    return;
  }
  if (now < next_update_) return;
  next_update_ = now + config.concurrency_update_interval;
  if (samples_.count() == 0) return;
  const double gradient = concurrencyGradient(min_rtt_us_, percentileAndClear(config), config.buffer);
  setLimit(config, nextConcurrencyLimit(config, limit_, gradient), now);
}

}  // namespace meshmall::models
