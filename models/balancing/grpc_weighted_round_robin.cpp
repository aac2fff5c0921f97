#include "models/balancing/grpc_weighted_round_robin.h"

#include <algorithm>
#include <cmath>

#include "models/balancing/load_report.h"

namespace meshmall::models {

namespace {

constexpr std::uint64_t kMaxWeight = 65535;
constexpr std::uint64_t kOffset = kMaxWeight / 2;

}  // namespace

StaticStride::StaticStride(std::span<const double> weights) : count_(static_cast<std::uint32_t>(weights.size())) {
  std::uint32_t known = 0;
  double sum = 0.0;
  double largest = 0.0;
  for (const double weight : weights) {
    if (weight == 0.0) continue;
    ++known;
    sum += weight;
    largest = std::max(largest, weight);
  }
  if (known < 2) return;
  const double scale = static_cast<double>(kMaxWeight) / largest;
  const std::uint16_t mean = static_cast<std::uint16_t>(std::round(scale * (sum / known)));
  bool equal = true;
  for (const double weight : weights) {
    scaled_.push_back(weight == 0.0 ? mean : static_cast<std::uint16_t>(std::round(weight * scale)));
    equal = equal && scaled_.back() == mean;
  }
  if (equal) scaled_.clear();
}

std::uint32_t StaticStride::next(std::uint32_t& sequence) const {
  if (isRoundRobin()) return sequence++ % count_;
  while (true) {
    const std::uint32_t at = sequence++;
    const std::uint32_t position = at % count_;
    const std::uint64_t generation = at / count_;
    const std::uint64_t weight = scaled_[position];
    const std::uint64_t phase = (weight * generation + position * kOffset) % kMaxWeight;
    if (phase >= kMaxWeight - weight) return position;
  }
}

GrpcWeightedRoundRobin::GrpcWeightedRoundRobin(const GrpcWeightedRoundRobinConfig& config, std::uint64_t draw, engine::SimTime now)
    : config_(config), sequence_(static_cast<std::uint32_t>(draw)) {
  config_.weight_update_period = std::max(config_.weight_update_period, engine::milliseconds(100));
  next_update_ = now + config_.weight_update_period;
}

void GrpcWeightedRoundRobin::refresh(ClusterHosts&, engine::SimTime) { schedules_.clear(); }

const StaticStride& GrpcWeightedRoundRobin::scheduleFor(ClusterHosts& hosts, const HostSource& source, engine::SimTime now) {
  for (const Schedule& schedule : schedules_) {
    if (schedule.source == source) return schedule.stride;
  }
  std::vector<double> weights;
  for (const HostIndex host : listOf(hosts, source).hosts) {
    weights.push_back(grpcValidWeight(hosts.measures(host), now, config_.blackout_period, config_.weight_expiration_period));
  }
  schedules_.push_back({source, StaticStride(weights)});
  return schedules_.back().stride;
}

void GrpcWeightedRoundRobin::pick(ClusterHosts& hosts, const HostSource& source, engine::SimTime now, Pick& pick) {
  if (now >= next_update_) {
    schedules_.clear();
    const std::int64_t missed = (now - next_update_).ns / config_.weight_update_period.ns + 1;
    next_update_ = next_update_ + config_.weight_update_period * missed;
  }
  const HostList& list = listOf(hosts, source);
  if (list.empty()) return;
  const StaticStride& stride = scheduleFor(hosts, source, now);
  pick.host = list.hosts[stride.next(sequence_)];
  pick.reason = stride.isRoundRobin() ? PickReason::kRoundRobin : PickReason::kSchedule;
}

}  // namespace meshmall::models
