#include "models/scaling/replica_calculator.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace meshmall::models {
namespace {

bool withinTolerance(const CalculatorConfig& config, double ratio) { return std::abs(1.0 - ratio) <= config.tolerance; }

std::uint32_t ceiled(double replicas) {
  if (!(replicas > 0)) return 0;
  return static_cast<std::uint32_t>(std::min(std::ceil(replicas), static_cast<double>(std::numeric_limits<std::int32_t>::max())));
}

// Usage and request of one pod that is in the sum.
struct Share {
  std::int64_t usage = 0, request = 0;
};

struct Measured {
  double ratio = 0;
  std::int64_t percent = 0, average = 0;
};

// The metric over the pods in the sum: in percent of their requests, or as an average against the target.
std::optional<Measured> measure(const std::vector<Share>& shares, std::int64_t target, bool utilization) {
  std::int64_t usage = 0, request = 0;
  for (const Share& share : shares) {
    usage += share.usage;
    request += share.request;
  }
  if (shares.empty() || target <= 0 || (utilization && request <= 0)) return std::nullopt;
  Measured measured;
  measured.average = usage / static_cast<std::int64_t>(shares.size());
  if (utilization) measured.percent = usage * 100 / request;
  measured.ratio = static_cast<double>(utilization ? measured.percent : measured.average) / static_cast<double>(target);
  return measured;
}

std::optional<ReplicaProposal> propose(const CalculatorConfig& config, const std::vector<ScaledPod>& pods, bool cpu, bool utilization, std::uint32_t current,
                                       std::int64_t target, engine::SimTime now) {
  const PodGroups groups = groupPods(pods, cpu, config.readiness, now);
  std::vector<Share> shares;
  for (const std::uint32_t i : groups.ready) shares.push_back({pods[i].sample->value, pods[i].request_milli});
  const auto first = measure(shares, target, utilization);
  if (!first) return std::nullopt;
  const auto answer = [&](std::uint32_t replicas) { return ReplicaProposal{replicas, first->percent, first->average}; };
  const bool up = first->ratio > 1;
  const bool fill_ignored = up && !groups.ignored.empty();
  if (groups.missing.empty() && !fill_ignored) {
    if (withinTolerance(config, first->ratio)) return answer(current);
    return answer(ceiled(first->ratio * static_cast<double>(groups.ready.size())));
  }
  for (const std::uint32_t i : groups.missing) {
    // Scaling down, a missing pod uses its whole request, or the target where that is more; scaling up, nothing. At ratio 1 it is left out.
    const std::int64_t full = utilization ? pods[i].request_milli * std::max<std::int64_t>(100, target) / 100 : target;
    if (first->ratio < 1) shares.push_back({full, pods[i].request_milli});
    if (up) shares.push_back({0, pods[i].request_milli});
  }
  if (fill_ignored) {
    for (const std::uint32_t i : groups.ignored) shares.push_back({0, pods[i].request_milli});
  }
  const auto filled = measure(shares, target, utilization);
  if (!filled) return std::nullopt;
  const bool turned = (first->ratio < 1 && filled->ratio > 1) || (up && filled->ratio < 1);
  if (withinTolerance(config, filled->ratio) || turned) return answer(current);
  const std::uint32_t replicas = ceiled(filled->ratio * static_cast<double>(shares.size()));
  const bool against = (filled->ratio < 1 && replicas > current) || (filled->ratio > 1 && replicas < current);
  return answer(against ? current : replicas);
}

}  // namespace

std::optional<ReplicaProposal> proposeByUtilization(const CalculatorConfig& config, const std::vector<ScaledPod>& pods, bool cpu, std::uint32_t current,
                                                    std::int64_t target_percent, engine::SimTime now) {
  return propose(config, pods, cpu, true, current, target_percent, now);
}

std::optional<ReplicaProposal> proposeByPodAverage(const CalculatorConfig& config, const std::vector<ScaledPod>& pods, bool cpu, std::uint32_t current,
                                                   std::int64_t target_milli, engine::SimTime now) {
  return propose(config, pods, cpu, false, current, target_milli, now);
}

std::optional<ReplicaProposal> proposeByValue(const CalculatorConfig& config, std::int64_t value_milli, std::int64_t target_milli, std::uint32_t current,
                                              std::uint32_t ready_pods) {
  if (target_milli <= 0) return std::nullopt;
  const double ratio = static_cast<double>(value_milli) / static_cast<double>(target_milli);
  if (current == 0) return ReplicaProposal{ceiled(ratio), 0, value_milli};
  if (withinTolerance(config, ratio)) return ReplicaProposal{current, 0, value_milli};
  return ReplicaProposal{ceiled(ratio * ready_pods), 0, value_milli};
}

std::optional<ReplicaProposal> proposeByValuePerReplica(const CalculatorConfig& config, std::int64_t value_milli, std::int64_t target_milli,
                                                        std::uint32_t current, std::uint32_t replicas) {
  if (target_milli <= 0) return std::nullopt;
  ReplicaProposal proposal{current, 0, 0};
  const double value = static_cast<double>(value_milli);
  if (replicas == 0 || !withinTolerance(config, value / (static_cast<double>(target_milli) * replicas))) {
    proposal.replicas = ceiled(value / static_cast<double>(target_milli));
  }
  if (replicas > 0) proposal.value_milli = static_cast<std::int64_t>(std::ceil(value / replicas));
  return proposal;
}

std::uint32_t readyPods(const std::vector<ScaledPod>& pods) {
  return static_cast<std::uint32_t>(
      std::count_if(pods.begin(), pods.end(), [](const ScaledPod& pod) { return pod.phase == PodPhase::kRunning && pod.ready.value_or(false); }));
}

}  // namespace meshmall::models
