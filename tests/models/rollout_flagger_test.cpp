// The told cases of Flagger (shared vectors' narrative.json: flagger.*) and the rules that are easy to get wrong.
#include <string>

#include "models/rollout/flagger_controller.h"

namespace meshmall::models {
namespace {

using Phase = FlaggerPhase;
using Phases = std::vector<Phase>;

// A world of given answers: ready replicas, passing metrics and hooks, unless a test says otherwise.
struct World final : FlaggerView {
  std::uint64_t revision = 1;
  DeploymentView primary_now, canary_now;
  std::optional<double> value = 0.0;
  std::vector<bool> gate;  // answers of hooks, in the order asked; then they pass
  std::size_t asked = 0, measured = 0;

  std::uint64_t targetRevision() override { return revision; }
  DeploymentView primary() override { return primary_now; }
  DeploymentView canary() override { return canary_now; }
  std::optional<double> metric(std::size_t) override { return ++measured, value; }
  bool webhook(std::size_t, Phase) override { return ++asked, asked > gate.size() || gate[asked - 1]; }
};

FlaggerConfig steps(int step, int most, int threshold = 10) {
  FlaggerConfig config;
  config.step_weight = step;
  config.max_weight = most;
  config.threshold = threshold;
  return config;
}

FlaggerConfig iterating(int iterations, bool match) {
  FlaggerConfig config;
  config.iterations = iterations;
  config.match = match;
  config.threshold = 10;
  return config;
}

// A controller in the middle of an analysis of revision 1, the primary running revision 0.
FlaggerController inPhase(Phase phase, FlaggerRoutes routes = {}, int failed = 0, int iterations = 0) {
  return FlaggerController({phase, routes.canary, failed, iterations, 1, 0, routes});
}

Phases phasesOf(FlaggerController& controller, const FlaggerConfig& config, World& world, int ticks) {
  Phases phases;
  for (int i = 0; i < ticks; ++i) phases.push_back(controller.tick(config, world).after);
  return phases;
}

TEST(Flagger, PassesThroughEveryPhaseOfACanaryAtOneATick) {
  FlaggerConfig config = steps(100, 0);
  config.step_weight_promotion = 50;
  World world;
  world.primary_now.available = 0;
  FlaggerController controller;
  EXPECT_EQ(controller.tick(config, world).after, Phase::kInitializing);
  world.primary_now.available = 1;
  EXPECT_EQ(controller.tick(config, world).after, Phase::kInitialized);
  EXPECT_EQ(controller.tick(config, world).after, Phase::kInitialized) << "nothing new, nothing to do";
  world.revision = 2;
  Phases phases;
  std::vector<int> weights;
  for (int i = 0; i < 6; ++i) {
    phases.push_back(controller.tick(config, world).after);
    weights.push_back(controller.status().routes.canary);
  }
  EXPECT_EQ(phases, (Phases{Phase::kProgressing, Phase::kProgressing, Phase::kPromoting, Phase::kPromoting, Phase::kFinalising, Phase::kSucceeded}));
  EXPECT_EQ(weights, (std::vector<int>{0, 100, 100, 50, 0, 0}));
  EXPECT_EQ(controller.status().last_promoted, 2u);
}

TEST(Flagger, RoutesBlueGreenAtTheEndOfItsIterations) {
  FlaggerController controller = inPhase(Phase::kSucceeded);
  const FlaggerConfig config = iterating(1, false);
  World world;
  world.revision = 2;
  EXPECT_EQ(phasesOf(controller, config, world, 2), (Phases{Phase::kProgressing, Phase::kProgressing}));
  EXPECT_EQ(controller.status().iterations, 1);
  controller.tick(config, world);
  EXPECT_EQ(controller.status().routes, (FlaggerRoutes{0, 100, false}));
  EXPECT_EQ(controller.status().iterations, 2);
  EXPECT_EQ(phasesOf(controller, config, world, 3), (Phases{Phase::kPromoting, Phase::kFinalising, Phase::kSucceeded}));
}

TEST(Flagger, MirrorsForOneTickBeforeTheFirstWeight) {
  FlaggerConfig config = steps(10, 50);
  config.mirror = true;
  FlaggerController controller = inPhase(Phase::kProgressing);
  World world;
  EXPECT_EQ(controller.tick(config, world).routes, (FlaggerRoutes{100, 0, true}));
  EXPECT_EQ(controller.tick(config, world).routes, (FlaggerRoutes{90, 10, false}));
}

TEST(Flagger, StartsOverForAnotherRevision) {
  FlaggerController controller = inPhase(Phase::kProgressing, {}, 3);
  World world;
  EXPECT_EQ(controller.tick(steps(10, 50), world).routes, (FlaggerRoutes{90, 10, false}));
  world.revision = 2;
  EXPECT_EQ(controller.tick(steps(10, 50), world).routes, (FlaggerRoutes{100, 0, false}));
  EXPECT_EQ(controller.status().phase, Phase::kProgressing);
  EXPECT_EQ(controller.status().failed_checks, 0);
  EXPECT_EQ(controller.status().iterations, 0);
}

TEST(Flagger, PromotesFromFortyPercent) {
  FlaggerController controller = inPhase(Phase::kProgressing, {60, 40, false});
  World world;
  EXPECT_EQ(phasesOf(controller, steps(10, 50), world, 3), (Phases{Phase::kProgressing, Phase::kPromoting, Phase::kFinalising}));
  EXPECT_EQ(controller.status().routes, FlaggerRoutes());
  EXPECT_EQ(controller.tick(steps(10, 50), world).after, Phase::kSucceeded);
}

TEST(Flagger, RollsBackAtTheThresholdWithoutAskingTheMetricAgain) {
  FlaggerConfig config = steps(10, 50);
  config.metrics = {{"extra", FlaggerMetricKind::kQuery, true, 0.0, 50.0}};
  FlaggerController controller = inPhase(Phase::kProgressing, {80, 20, false}, 10);
  World world;
  world.value = 100;
  const FlaggerTick tick = controller.tick(config, world);
  EXPECT_EQ(tick.after, Phase::kFailed);
  EXPECT_EQ(tick.routes, FlaggerRoutes());
  EXPECT_EQ(tick.canary, FlaggerTick::Scale::kToZero);
  EXPECT_EQ(world.measured, 0u);
}

TEST(Flagger, HaltsAPromotionWhosePrimaryBreaks) {
  for (const auto& [phase, routes] : {std::pair{Phase::kPromoting, FlaggerRoutes{50, 50, false}}, std::pair{Phase::kFinalising, FlaggerRoutes()}}) {
    FlaggerController controller = inPhase(phase, routes);
    World world;
    world.primary_now.progress_deadline_exceeded = true;
    const FlaggerTick tick = controller.tick(steps(10, 50), world);
    EXPECT_EQ(tick.after, Phase::kFailed);
    EXPECT_EQ(tick.routes, (FlaggerRoutes{0, 100, false}));
    EXPECT_EQ(controller.status().canary_weight, 100);
    EXPECT_EQ(tick.canary, FlaggerTick::Scale::kKeep);
  }
}

TEST(Flagger, SendsTheMatchingCustomersOfAnAbTestToTheCanaryUntilItIsPromoted) {
  const FlaggerConfig config = iterating(10, true);
  FlaggerController controller = inPhase(Phase::kSucceeded);
  World world;
  world.revision = 2;
  EXPECT_EQ(phasesOf(controller, config, world, 2), (Phases{Phase::kProgressing, Phase::kProgressing}));
  EXPECT_EQ(controller.status().routes, (FlaggerRoutes{0, 100, false}));
  int ticks = 0;
  while (controller.tick(config, world).after == Phase::kProgressing) ASSERT_LT(++ticks, 20);
  EXPECT_EQ(controller.status().phase, Phase::kPromoting);
  EXPECT_EQ(phasesOf(controller, config, world, 2), (Phases{Phase::kFinalising, Phase::kSucceeded}));
}

TEST(Flagger, PromotesAtOnceWithoutAnalysis) {
  FlaggerConfig config = steps(10, 50);
  config.skip_analysis = true;
  FlaggerController controller = inPhase(Phase::kSucceeded);
  World world;
  world.revision = 2;
  EXPECT_EQ(phasesOf(controller, config, world, 2), (Phases{Phase::kProgressing, Phase::kSucceeded}));
}

TEST(Flagger, TakesOneTickMoreThanIterationsForAbAndTwoForBlueGreen) {
  for (const auto& [match, kubernetes, expected] : {std::tuple{true, false, 11}, std::tuple{false, false, 12}, std::tuple{false, true, 12}}) {
    FlaggerConfig config = iterating(10, match);
    if (kubernetes) config.provider = FlaggerProvider::kKubernetes;
    FlaggerController controller = inPhase(Phase::kProgressing);
    World world;
    int ticks = 1;
    while (controller.tick(config, world).after == Phase::kProgressing) ++ticks;
    EXPECT_EQ(controller.status().phase, Phase::kPromoting);
    EXPECT_EQ(ticks, expected);
    if (kubernetes) {
      EXPECT_EQ(controller.status().routes, FlaggerRoutes()) << "nothing there to route with";
    }
  }
}

TEST(Flagger, RollsBackOneTickAfterTheCheckThatReachedTheThreshold) {
  FlaggerConfig config = steps(10, 50, 3);
  config.metrics = {{"request-success-rate", FlaggerMetricKind::kSuccessRate, true, 99.0, {}}};
  FlaggerController controller = inPhase(Phase::kProgressing);
  World world;
  world.value = std::nullopt;  // no data is a failure too
  std::vector<int> failed;
  for (int tick = 1; tick <= 4; ++tick) {
    EXPECT_EQ(controller.tick(config, world).after, Phase::kProgressing);
    failed.push_back(controller.status().failed_checks);
  }
  EXPECT_EQ(failed, (std::vector<int>{0, 1, 2, 3})) << "the first tick has only the hooks before the rollout in front of it";
  EXPECT_EQ(controller.tick(config, world).after, Phase::kFailed);
}

TEST(Flagger, AsksARefusingPromotionGateAtEverySecondTick) {
  FlaggerConfig config = iterating(2, true);
  config.webhooks = {{"gate", FlaggerHook::kConfirmPromotion}};
  FlaggerController controller = inPhase(Phase::kProgressing);
  World world;
  world.gate = {false, false, true};
  std::vector<std::pair<Phase, int>> seen;
  for (int i = 0; i < 7; ++i) {
    controller.tick(config, world);
    seen.emplace_back(controller.status().phase, controller.status().iterations);
  }
  const std::vector<std::pair<Phase, int>> expected = {{Phase::kProgressing, 1},      {Phase::kProgressing, 2},      {Phase::kWaitingPromotion, 1},
                                                       {Phase::kWaitingPromotion, 2}, {Phase::kWaitingPromotion, 1}, {Phase::kWaitingPromotion, 2},
                                                       {Phase::kPromoting, 2}};
  EXPECT_EQ(seen, expected);
}

TEST(Flagger, NeverTakesAFailedCheckBack) {
  FlaggerConfig config = steps(10, 50, 2);
  config.metrics = {{"request-success-rate", FlaggerMetricKind::kSuccessRate, true, 99.0, {}}};
  FlaggerController controller = inPhase(Phase::kProgressing, {90, 10, false});
  World world;
  world.value = 90;
  controller.tick(config, world);
  EXPECT_EQ(controller.status().routes.canary, 10) << "a failed check holds the weight";
  world.value = 100;
  controller.tick(config, world);
  EXPECT_EQ(controller.status().failed_checks, 1);
  EXPECT_EQ(controller.status().routes.canary, 20);
}

TEST(Flagger, DoesNotRestartTheRevisionThatFailedButTakesTheNext) {
  FlaggerController controller = inPhase(Phase::kFailed);
  World world;
  EXPECT_EQ(phasesOf(controller, steps(10, 50), world, 2), (Phases{Phase::kFailed, Phase::kFailed}));
  world.revision = 2;
  EXPECT_EQ(controller.tick(steps(10, 50), world).after, Phase::kProgressing);
}

TEST(Flagger, WaitsForReplicasWithoutCountingAFailure) {
  FlaggerController controller = inPhase(Phase::kProgressing, {90, 10, false});
  World world;
  world.canary_now.available = 0;
  EXPECT_EQ(controller.tick(steps(10, 50), world).after, Phase::kProgressing);
  EXPECT_EQ(controller.status().failed_checks, 0);
  world.canary_now.unavailable_for = engine::seconds(601);
  EXPECT_EQ(controller.tick(steps(10, 50), world).after, Phase::kFailed);
}

TEST(Flagger, WaitsForTheConfirmationOfARollout) {
  FlaggerConfig config = steps(10, 50);
  config.webhooks = {{"gate", FlaggerHook::kConfirmRollout}};
  FlaggerController controller = inPhase(Phase::kSucceeded);
  World world;
  world.revision = 2;
  world.gate = {false, false, true};
  EXPECT_EQ(phasesOf(controller, config, world, 3), (Phases{Phase::kWaiting, Phase::kWaiting, Phase::kProgressing}));
}

TEST(Flagger, RollsBackWhenARollbackHookPasses) {
  FlaggerConfig config = steps(10, 50);
  config.webhooks = {{"stop", FlaggerHook::kRollback}};
  FlaggerController controller = inPhase(Phase::kProgressing, {90, 10, false});
  World world;
  world.gate = {false, true};
  EXPECT_EQ(phasesOf(controller, config, world, 2), (Phases{Phase::kProgressing, Phase::kFailed}));
}

TEST(Flagger, ChecksTemplatesAfterAllOtherMetrics) {
  FlaggerConfig config = steps(10, 50);
  config.metrics = {{"template", FlaggerMetricKind::kTemplate, true, {}, 1.0}, {"query", FlaggerMetricKind::kQuery, true, {}, 1.0}};
  FlaggerController controller = inPhase(Phase::kProgressing, {90, 10, false});
  World world;
  const FlaggerTick tick = controller.tick(config, world);
  ASSERT_EQ(tick.readings.size(), 2u);
  EXPECT_EQ(tick.readings[0].metric, 1u);
  EXPECT_EQ(tick.readings[1].metric, 0u);
}

TEST(Flagger, HasItsEventsNamedInTheirOrder) {
  EXPECT_EQ(name(FlaggerEventKind::kSuspended), "suspended");
  EXPECT_EQ(name(FlaggerEventKind::kMetricFailed), "metric failed");
  EXPECT_EQ(name(FlaggerEventKind::kPromotionFailed), "promotion failed");
  EXPECT_EQ(name(Phase::kFailed), "Failed");
}

}  // namespace
}  // namespace meshmall::models
