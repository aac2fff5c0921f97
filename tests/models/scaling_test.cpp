// The autoscaler as a whole, and roundings that are easily got wrong. Its parts are proved by Kubernetes' own cases in tests/conformance.
#include "models/scaling/autoscaler.h"

namespace meshmall::models {
namespace {

constexpr engine::SimTime at(std::int64_t seconds) { return {seconds * 1'000'000'000}; }
constexpr std::int64_t kStart = 10'000;  // s; pods started long before

// `count` ready pods, each with this use of a request of 1000.
MetricReading pods(std::uint32_t count, std::int64_t use, engine::SimTime now) {
  MetricReading reading;
  ScaledPod pod;
  pod.started = at(0);
  pod.ready = true;
  pod.ready_changed = at(10);
  pod.request_milli = 1000;
  pod.sample = PodSample{use, now, engine::seconds(60)};
  reading.pods.assign(count, pod);
  return reading;
}

AutoscalerConfig between(std::uint32_t min, std::uint32_t max) {
  AutoscalerConfig config;
  config.range = {min, max};
  config.metrics[0].target = 50;
  return config;
}

TEST(ReplicaCalculator, TruncatesTheUtilisationBeforeItDividesByTheTarget) {
  // 71.9 % is cut to 71 %: within 10 % of 65 %. Not cut it would ask for 12.
  const auto proposal = proposeByUtilization({}, pods(10, 719, at(kStart)).pods, true, 10, 65, at(kStart));
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->utilization_percent, 71);
  EXPECT_EQ(proposal->replicas, 10u);
}

TEST(ReplicaCalculator, AMissingPodUsesTheTargetWhereThatIsMoreThanItsRequest) {
  std::vector<ScaledPod> target = pods(2, 300, at(kStart)).pods;
  target[1].sample.reset();
  // Target 150 %: 30 % asks for less; with the missing pod at 150 % it is 90 %, ratio 0.6, ceil(0.6 x 2) = 2.
  EXPECT_EQ(proposeByUtilization({}, target, true, 2, 150, at(kStart))->replicas, 2u);
}

TEST(ReplicaCalculator, CannotSayAnythingWithoutPodsSamplesOrRequests) {
  std::vector<ScaledPod> target = pods(2, 300, at(kStart)).pods;
  EXPECT_FALSE(proposeByUtilization({}, {}, true, 2, 50, at(kStart)));
  for (ScaledPod& pod : target) pod.request_milli = 0;
  EXPECT_FALSE(proposeByUtilization({}, target, true, 2, 50, at(kStart)));
  EXPECT_TRUE(proposeByPodAverage({}, target, true, 2, 50, at(kStart)));
  for (ScaledPod& pod : target) pod.sample.reset();
  EXPECT_FALSE(proposeByPodAverage({}, target, true, 2, 50, at(kStart)));
}

TEST(ReplicaCalculator, ComesUpFromNothingByAnExternalValueWithoutTolerance) {
  EXPECT_EQ(proposeByValue({}, 1, 1000, 0, 0)->replicas, 1u);
  EXPECT_EQ(proposeByValue({}, 0, 1000, 0, 0)->replicas, 0u);
  EXPECT_EQ(proposeByValuePerReplica({}, 2500, 1000, 0, 0)->replicas, 3u);
}

TEST(Autoscaler, ScalesUpAtOnceButDownOnlyAfterTheWindow) {
  Autoscaler scaler;
  const AutoscalerConfig config = between(1, 20);
  std::uint32_t replicas = 3;
  std::vector<std::uint32_t> history;
  for (std::int64_t tick = 0; tick <= 24; ++tick) {
    const engine::SimTime now = at(kStart + 15 * tick);
    const std::int64_t use = tick == 0 ? 100 * 10 : 100;  // 100 %, then 10 %
    const auto decision = scaler.synchronize(config, replicas, {pods(replicas, use, now)}, now);
    replicas = decision.replicas;
    history.push_back(replicas);
  }
  EXPECT_EQ(history[0], 6u);   // ratio 2
  EXPECT_EQ(history[20], 6u);  // 300 s later the first recommendation still counts
  EXPECT_EQ(history[21], 2u);  // then ceil(0.2 x 6)
}

TEST(Autoscaler, WithoutBehaviorDoublesAtMostOrGoesToFour) {
  Autoscaler scaler;
  const auto first = scaler.synchronize(between(1, 100), 1, {pods(1, 5000, at(kStart))}, at(kStart));
  EXPECT_EQ(first.replicas, 4u);
  EXPECT_EQ(first.limit, ScalingLimit::kScaleUpLimit);
  EXPECT_EQ(first.proposal.replicas, 10u);
  EXPECT_EQ(scaler.synchronize(between(1, 100), 10, {pods(10, 5000, at(kStart + 15))}, at(kStart + 15)).replicas, 20u);
}

TEST(Autoscaler, AFailedMetricStopsShrinkingButNotGrowing) {
  AutoscalerConfig config = between(1, 20);
  config.metrics.push_back({ScalingMetricType::kValue, false, 1000});
  config.downscale_stabilization = engine::Duration{0};
  for (const auto& [use, expected] : std::vector<std::pair<std::int64_t, std::uint32_t>>{{100, 4}, {1000, 8}}) {
    Autoscaler scaler;
    const auto decision = scaler.synchronize(config, 4, {pods(4, use, at(kStart)), MetricReading{}}, at(kStart));
    EXPECT_EQ(decision.replicas, expected);
    EXPECT_EQ(decision.reason, expected == 4 ? AutoscalerReason::kMetricsFailed : AutoscalerReason::kByMetric);
  }
}

TEST(Autoscaler, CorrectsTheRangeAtOnceAndLeavesZeroAlone) {
  Autoscaler scaler;
  EXPECT_EQ(scaler.synchronize(between(2, 5), 9, {}, at(kStart)).replicas, 5u);
  EXPECT_EQ(scaler.synchronize(between(2, 5), 1, {}, at(kStart)).replicas, 2u);
  const auto off = scaler.synchronize(between(2, 5), 0, {}, at(kStart));
  EXPECT_EQ(off.replicas, 0u);
  EXPECT_EQ(off.reason, AutoscalerReason::kDisabled);
}

TEST(Autoscaler, ARateIsCountedFromTheReplicasAtThePeriodsStart) {
  AutoscalerConfig config = between(1, 100);
  config.behavior = defaultScalingBehavior();
  config.behavior->up.policies = {{ScalingPolicyType::kPods, 5, engine::seconds(60)}};
  Autoscaler scaler;
  std::uint32_t replicas = 10;
  std::vector<std::uint32_t> history;
  for (std::int64_t tick = 0; tick <= 5; ++tick) {
    const engine::SimTime now = at(kStart + 15 * tick);
    replicas = scaler.synchronize(config, replicas, {pods(replicas, 1000, now)}, now).replicas;
    history.push_back(replicas);
  }
  // A change of 60 s ago no longer counts: strictly younger ones do.
  EXPECT_EQ(history, (std::vector<std::uint32_t>{15, 15, 15, 15, 20, 20}));
}

TEST(Autoscaler, ADisabledDirectionHolds) {
  AutoscalerConfig config = between(1, 100);
  config.behavior = defaultScalingBehavior();
  config.behavior->up.select = SelectPolicy::kDisabled;
  Autoscaler scaler;
  const auto decision = scaler.synchronize(config, 10, {pods(10, 1000, at(kStart))}, at(kStart));
  EXPECT_EQ(decision.replicas, 10u);
  EXPECT_EQ(decision.limit, ScalingLimit::kScaleUpLimit);
}

}  // namespace
}  // namespace meshmall::models
