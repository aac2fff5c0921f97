// Argo's counts and analysis runs, Kayenta's judge: what the recorded cases leave open.
#include <cmath>
#include <limits>

#include "models/rollout/argo_analysis.h"
#include "models/rollout/argo_replica_counts.h"
#include "models/rollout/go_duration.h"
#include "models/rollout/kayenta_judge.h"
#include "models/rollout/mann_whitney_interval.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

using engine::seconds;
using engine::SimTime;

TEST(GoDuration, ReadsWhatGoReads) {
  EXPECT_EQ(goDuration("1m30s"), seconds(90));
  EXPECT_EQ(goDuration("1.5h"), seconds(5400));
  EXPECT_EQ(goDuration("300ms"), engine::milliseconds(300));
  EXPECT_EQ(goDuration("-2s"), seconds(-2));
  EXPECT_EQ(goDuration("0"), seconds(0));
  for (const char* text : {"", "10", "s", "1x", "1 s", ".s", "1s2", "-"}) EXPECT_EQ(goDuration(text), std::nullopt) << text;
}

TEST(ArgoCounts, ReadATextWithoutPercentSignAsPercentToo) {
  ArgoCanaryConfig config;
  config.replicas = 10;
  config.max_surge = *countOrPercent("25");
  EXPECT_EQ(fenceposts(config).surge, 3) << "rounded up";
  EXPECT_EQ(fenceposts(config).unavailable, 2) << "rounded down";
  EXPECT_EQ(countOrPercent("a%"), std::nullopt);
}

TEST(ArgoCounts, NeverPassTheFencepostsOnTheWayToAWeight) {
  // Every set of counts that a reconciliation can reach from a stable rollout, with all pods available.
  for (std::int64_t replicas = 1; replicas <= 6; ++replicas) {
    for (std::int64_t surge = 0; surge <= 2; ++surge) {
      for (std::int64_t weight = 0; weight <= 100; weight += 5) {
        ArgoCanaryConfig config;
        config.replicas = replicas;
        config.max_surge = {surge, false};
        config.max_unavailable = {1, false};
        config.steps.resize(1);
        config.steps[0].weight = weight;
        ArgoReplicaSets sets;
        sets.canary = ReplicaSetView{};
        sets.stable = ReplicaSetView{replicas, replicas, replicas};
        CanaryCounts last{-1, -1};
        int rounds = 0;
        for (; rounds < 50; ++rounds) {
          const CanaryCounts counts = basicCanaryCounts(config, {}, sets);
          ASSERT_LE(counts.canary + counts.stable, replicas + surge);
          ASSERT_GE(counts.canary + counts.stable, replicas - 1);
          if (counts == last) break;
          last = counts;
          sets.canary = ReplicaSetView{counts.canary, counts.canary, counts.canary};
          sets.stable = ReplicaSetView{counts.stable, counts.stable, counts.stable};
        }
        EXPECT_LT(rounds, 50) << "never settles";
        EXPECT_EQ(last, approximateCounts(replicas, weight, 100, surge)) << replicas << " replicas, surge " << surge << ", weight " << weight;
      }
    }
  }
}

TEST(ArgoCounts, KeepTheCanaryUpAfterAnAbortWithoutScaleDown) {
  ArgoCanaryConfig config;
  config.replicas = 4;
  config.traffic_routing = true;
  config.steps.resize(1);
  config.steps[0].kind = ArgoStep::Kind::kSetCanaryScale;
  config.steps[0].scale.replicas = 2;
  ArgoProgress at;
  at.aborted = true;
  EXPECT_EQ(trafficRoutedCounts(config, at, {}, {}), (CanaryCounts{0, 4}));
  config.abort_scale_down_delay = seconds(0);
  EXPECT_EQ(trafficRoutedCounts(config, at, {}, {}), (CanaryCounts{2, 4}));
}

// Answers in the order given; then errors.
struct Answers final : AnalysisSource {
  std::vector<std::optional<bool>> success;
  std::size_t taken = 0;
  ConditionAnswers measure(std::size_t) override {
    const std::optional<bool> answer = taken < success.size() ? success[taken] : std::nullopt;
    ++taken;
    return {true, false, answer, {}};
  }
};

TEST(AnalysisRun, MeasuresAfterItsIntervalAndTenSecondsAfterAnError) {
  std::vector<ArgoMetric> metrics(1);
  metrics[0].interval = seconds(60);
  metrics[0].count = 3;
  metrics[0].initial_delay = seconds(5);
  AnalysisRun run(metrics, SimTime{0});
  Answers answers;
  answers.success = {true, std::nullopt, true, true};
  std::vector<double> times;
  while (run.nextDue(metrics) != engine::kNever) {
    const SimTime now = run.nextDue(metrics);
    times.push_back(now.seconds());
    run.onDue(metrics, answers, now);
  }
  EXPECT_EQ(times, (std::vector<double>{5, 65, 75, 135}));
  EXPECT_EQ(run.phase(), AnalysisPhase::kSuccessful);
  EXPECT_EQ(run.counts(0).count, 3) << "errors do not count";
}

TEST(AnalysisRun, EndsWithTheFirstBadMetricAndForgivesADryRun) {
  for (const bool dry : {false, true}) {
    std::vector<ArgoMetric> metrics(2);
    for (ArgoMetric& metric : metrics) {
      metric.interval = seconds(10);
      metric.count = 2;
    }
    metrics[0].dry_run = dry;
    AnalysisRun run(metrics, SimTime{0});
    Answers answers;
    answers.success = {false, true, true};
    run.onDue(metrics, answers, SimTime{0});
    EXPECT_EQ(run.phase(), dry ? AnalysisPhase::kRunning : AnalysisPhase::kFailed);
    if (dry) {
      EXPECT_EQ(run.onDue(metrics, answers, SimTime{} + seconds(10)), AnalysisPhase::kSuccessful);
    } else {
      EXPECT_EQ(run.status(1), AnalysisPhase::kSuccessful) << "stopped with nothing bad";
    }
  }
}

TEST(AnalysisRun, IsAnErrorAfterFiveErrorsInARow) {
  std::vector<ArgoMetric> metrics(1);
  AnalysisRun run(metrics, SimTime{0});
  Answers answers;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(run.onDue(metrics, answers, run.nextDue(metrics)), AnalysisPhase::kRunning);
  EXPECT_EQ(run.onDue(metrics, answers, run.nextDue(metrics)), AnalysisPhase::kError);
}

TEST(AnalysisRun, StoppedBeforeItsFirstMeasurementIsSuccessful) {
  const std::vector<ArgoMetric> metrics(1);
  AnalysisRun run(metrics, SimTime{0});
  EXPECT_EQ(run.terminate(metrics), AnalysisPhase::kSuccessful);
  EXPECT_EQ(run.nextDue(metrics), engine::kNever);
}

TEST(MannWhitneyShift, CoversTheShiftOfTwoSamples) {
  // y = 0..29, x = y + 7: the estimate is the shift, the interval lies around it.
  std::vector<double> x, y;
  for (int i = 0; i < 30; ++i) {
    y.push_back(i);
    x.push_back(i + 7);
  }
  const std::optional<ShiftInterval> shift = mannWhitneyShift(x, y, 0.98);
  ASSERT_TRUE(shift);
  EXPECT_NEAR(shift->estimate, 7, 1e-3);
  EXPECT_LT(shift->low, 7);
  EXPECT_GT(shift->high, 7);
}

TEST(KayentaJudge, AddsNoiseOnlyWhereBothSidesAreConstant) {
  KayentaMetric metric;
  GivenDraws random({1ull << 62, 3ull << 62, 5ull << 60, 7ull << 60, 1ull << 63, 9ull << 59});
  EXPECT_EQ(classifyMetric(metric, {}, {10, 10, 10, 10, 10}, {10, 10, 10}, random).label, MetricClass::kPass);
  EXPECT_EQ(random.drawn(), 0u);
  EXPECT_EQ(classifyMetric(metric, {}, std::vector<double>(8, 10.0), std::vector<double>(8, 1.0), random).label, MetricClass::kHigh);
  EXPECT_EQ(random.drawn(), 16u);
}

TEST(KayentaJudge, JudgesAWholeCanary) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  JudgeConfig config;
  config.metrics = {{"latency", {"time"}}, {"errors", {"faults"}}, {"muted", {"time"}}};
  config.metrics[1].critical = true;
  config.metrics[2].muted = true;
  config.group_weights = {{"time", 60}};
  std::vector<MetricPair> pairs(3);
  for (int i = 0; i < 20; ++i) {
    pairs[0].control.push_back(10 + i % 5);
    pairs[0].experiment.push_back(30 + i % 7);
    pairs[1].control.push_back(i % 3);
    pairs[1].experiment.push_back(i % 3);
  }
  pairs[0].experiment.push_back(nan);
  GivenDraws random;
  const Judgement judgement = judge(config, pairs, random);
  EXPECT_EQ(judgement.metrics[0].label, MetricClass::kHigh);
  EXPECT_EQ(judgement.metrics[1].label, MetricClass::kPass);
  EXPECT_EQ(judgement.metrics[2].label, MetricClass::kNodata);
  EXPECT_DOUBLE_EQ(judgement.score.summary, 40);
  EXPECT_EQ(judgement.verdict, JudgeVerdict::kFail);
}

TEST(KayentaJudge, CountsAGroupWithoutDataInFullWhileShowingNothing) {
  const JudgeScore score = weightedScore({{"a", 50}, {"b", 50}}, {{{"a"}, MetricClass::kPass}, {{"a"}, MetricClass::kPass}, {{"b"}, MetricClass::kNodata}});
  EXPECT_DOUBLE_EQ(score.groups.at("b"), 0);
  EXPECT_DOUBLE_EQ(score.summary, 100);
  EXPECT_EQ(weightedScore({}, {{{"a"}, MetricClass::kNodata}, {{"a"}, MetricClass::kPass}}).failure, JudgeScore::Failure::kNodata);
  EXPECT_EQ(weightedScore({}, {{{"a"}, MetricClass::kHigh, true}, {{"a"}, MetricClass::kPass}}).failure, JudgeScore::Failure::kCritical);
}

}  // namespace
}  // namespace meshmall::models
