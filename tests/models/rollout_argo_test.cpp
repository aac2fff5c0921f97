// Argo's controllers on replicas that come when they are told to: every step, weight and size, by the spec's rules.
#include <map>

#include "models/rollout/argo_blue_green.h"
#include "models/rollout/argo_condition.h"
#include "models/rollout/argo_controller.h"
#include "models/rollout/rolling_update.h"
#include "models/rollout/session_affinity.h"

namespace meshmall::models {
namespace {

using engine::seconds;
using engine::SimTime;

// Replicas become available when the test says so.
class World final : public ArgoView {
 public:
  explicit World(std::int64_t replicas) : stable_{replicas, replicas, replicas} {}
  ReplicaSetView canary() override { return canary_; }
  ReplicaSetView stable() override { return stable_; }
  ConditionAnswers measure(std::size_t, std::size_t) override {
    ++measured;
    return {true, false, answer, std::nullopt};
  }
  void scaleCanary(std::int64_t replicas) override { scale(canary_, replicas); }
  void scaleStable(std::int64_t replicas) override { scale(stable_, replicas); }
  void setWeight(std::int64_t canary) override { weight = canary; }
  void allAvailable() {
    canary_.available = canary_.created = canary_.spec;
    stable_.available = stable_.created = stable_.spec;
  }

  std::int64_t weight = 0;
  int measured = 0;
  std::optional<bool> answer = true;
  ReplicaSetView canary_, stable_;

 private:
  static void scale(ReplicaSetView& set, std::int64_t replicas) {
    set.spec = replicas;
    set.available = std::min(set.available, replicas);
  }
};

SimTime at(std::int64_t s) { return SimTime{} + seconds(s); }

ArgoStep weightStep(std::int64_t weight) {
  ArgoStep step;
  step.weight = weight;
  return step;
}
ArgoStep pauseStep(std::optional<std::int64_t> s) {
  ArgoStep step;
  step.kind = ArgoStep::Kind::kPause;
  if (s) step.duration = seconds(*s);
  return step;
}
ArgoStep analysisStep() {
  ArgoStep step;
  step.kind = ArgoStep::Kind::kAnalysis;
  return step;
}

bool has(const std::vector<ArgoEvent>& events, ArgoEventKind kind) {
  return std::any_of(events.begin(), events.end(), [&](const ArgoEvent& e) { return e.kind == kind; });
}

TEST(ArgoController, WithARouterTheWeightFollowsTheCanarysReplicas) {
  ArgoCanaryConfig config;
  config.replicas = 4;
  config.traffic_routing = true;
  config.steps = {weightStep(25), pauseStep(60), weightStep(50)};
  World world(4);
  ArgoController controller;
  controller.reconcile(config, {}, world, at(0));
  EXPECT_EQ(world.canary_.spec, 1);
  EXPECT_EQ(world.weight, 0) << "the canary is not there yet";
  world.allAvailable();
  controller.reconcile(config, {}, world, at(5));
  EXPECT_EQ(world.weight, 25);
  EXPECT_EQ(controller.step(), 1u);
  EXPECT_EQ(controller.phase(), ArgoPhase::kPaused);
  EXPECT_EQ(controller.wakeAt(config, {}), at(65)) << "the pause counts from when it is reached";
  controller.reconcile(config, {}, world, at(64));
  EXPECT_EQ(controller.step(), 1u);
  controller.reconcile(config, {}, world, at(65));
  EXPECT_EQ(world.canary_.spec, 2);
  EXPECT_EQ(world.weight, 25) << "not ready for 50 %: the weight of the steps before stays";
  world.allAvailable();
  controller.reconcile(config, {}, world, at(70));
  EXPECT_EQ(world.canary_.spec, 4) << "past the last step the canary gets everything";
  EXPECT_EQ(world.weight, 50);
  world.allAvailable();
  const auto events = controller.reconcile(config, {}, world, at(75));
  EXPECT_EQ(world.weight, 100);
  EXPECT_TRUE(has(events, ArgoEventKind::kPromoted));
  EXPECT_EQ(world.stable_.spec, 4) << "the old revision stays for those who have not heard";
  EXPECT_EQ(controller.wakeAt(config, {}), at(105));
  controller.reconcile(config, {}, world, at(105));
  EXPECT_EQ(world.stable_.spec, 0);
  EXPECT_EQ(controller.phase(), ArgoPhase::kHealthy);
}

TEST(ArgoController, WithoutARouterTheShareOfReplicasIsTheWeightWithinSurgeAndUnavailable) {
  ArgoCanaryConfig config;
  config.replicas = 10;
  config.max_surge = {1, false};
  config.max_unavailable = {0, false};
  config.steps = {weightStep(30), pauseStep(std::nullopt)};
  World world(10);
  ArgoController controller;
  std::int64_t most = 0, least = 100;
  for (int i = 0; i < 20; ++i) {
    controller.reconcile(config, {}, world, at(i));
    most = std::max(most, world.canary_.spec + world.stable_.spec);
    least = std::min(least, world.canary_.available + world.stable_.available);
    world.allAvailable();
  }
  EXPECT_EQ(world.canary_.spec, 3);
  EXPECT_EQ(world.stable_.spec, 7);
  EXPECT_EQ(most, 11) << "never more than replicas + maxSurge";
  EXPECT_GE(least, 10) << "never fewer than replicas - maxUnavailable";
  EXPECT_EQ(controller.phase(), ArgoPhase::kPaused);
  EXPECT_EQ(controller.wakeAt(config, {}), engine::kNever) << "a pause without duration waits for a person";
}

TEST(ArgoController, AFailedAnalysisAbortsAndTheCanaryGoesAfterItsDelay) {
  ArgoCanaryConfig config;
  config.replicas = 4;
  config.traffic_routing = true;
  config.steps = {weightStep(25), analysisStep(), weightStep(100)};
  ArgoMetric metric;
  metric.name = "ok";
  metric.interval = seconds(10);
  metric.count = 3;
  World world(4);
  const ArgoAnalyses analyses = {{metric}};
  ArgoController controller;
  controller.reconcile(config, analyses, world, at(0));
  world.allAvailable();
  controller.reconcile(config, analyses, world, at(1));
  EXPECT_EQ(world.measured, 1);
  EXPECT_EQ(controller.wakeAt(config, analyses), at(11));
  world.answer = false;
  const auto events = controller.reconcile(config, analyses, world, at(11));
  EXPECT_TRUE(has(events, ArgoEventKind::kAborted));
  EXPECT_EQ(world.weight, 0);
  EXPECT_EQ(world.canary_.spec, 1);
  EXPECT_EQ(controller.wakeAt(config, analyses), at(41));
  controller.reconcile(config, analyses, world, at(41));
  EXPECT_EQ(world.canary_.spec, 0);
  EXPECT_EQ(controller.phase(), ArgoPhase::kDegraded);
}

TEST(ArgoController, AnInconclusiveAnalysisWaitsForAPerson) {
  ArgoCanaryConfig config;
  config.replicas = 2;
  config.traffic_routing = true;
  config.steps = {analysisStep(), weightStep(50)};
  class Unsure final : public ArgoView {
   public:
    ReplicaSetView canary() override { return {0, 0, 0}; }
    ReplicaSetView stable() override { return {2, 2, 2}; }
    ConditionAnswers measure(std::size_t, std::size_t) override { return {true, true, false, false}; }
    void scaleCanary(std::int64_t) override { ADD_FAILURE() << "nothing is scaled"; }
    void scaleStable(std::int64_t) override { ADD_FAILURE() << "nothing is scaled"; }
    void setWeight(std::int64_t) override {}
  } world;
  ArgoController controller;
  controller.reconcile(config, {{ArgoMetric{}}}, world, at(0));
  EXPECT_EQ(controller.phase(), ArgoPhase::kPaused);
  EXPECT_EQ(controller.wakeAt(config, {{ArgoMetric{}}}), engine::kNever);
}

TEST(ArgoController, DynamicStableScaleTakesTheOldRevisionDownAsTheWeightGrows) {
  ArgoCanaryConfig config;
  config.replicas = 4;
  config.traffic_routing = config.dynamic_stable_scale = true;
  config.steps = {weightStep(50), pauseStep(10)};
  World world(4);
  ArgoController controller;
  controller.reconcile(config, {}, world, at(0));
  EXPECT_EQ(world.stable_.spec, 4) << "all traffic is still there";
  world.allAvailable();
  controller.reconcile(config, {}, world, at(1));
  EXPECT_EQ(world.weight, 50);
  EXPECT_EQ(world.stable_.spec, 2);
}

TEST(ArgoBlueGreen, PreviewsSwitchesAndTakesTheOldRevisionDownAfterHalfAMinute) {
  ArgoBlueGreenConfig config;
  config.replicas = 4;
  config.preview_replica_count = 1;
  config.auto_promotion_delay = seconds(20);
  World world(4);
  ArgoBlueGreenController controller;
  controller.reconcile(config, {}, world, at(0));
  EXPECT_EQ(world.canary_.spec, 1);
  world.allAvailable();
  controller.reconcile(config, {}, world, at(3));
  EXPECT_EQ(controller.wakeAt(config, {}), at(23));
  controller.reconcile(config, {}, world, at(23));
  EXPECT_EQ(world.canary_.spec, 4);
  EXPECT_EQ(world.weight, 0);
  world.allAvailable();
  controller.reconcile(config, {}, world, at(25));
  EXPECT_EQ(world.weight, 100);
  EXPECT_TRUE(controller.promoted());
  EXPECT_EQ(controller.wakeAt(config, {}), at(55));
  controller.reconcile(config, {}, world, at(55));
  EXPECT_EQ(world.stable_.spec, 0);
}

TEST(ArgoBlueGreen, AFailedAnalysisAfterTheSwitchSwitchesBack) {
  ArgoBlueGreenConfig config;
  config.replicas = 2;
  config.post_promotion_analysis = 0;
  World world(2);
  ArgoBlueGreenController controller;
  const ArgoAnalyses analyses = {{ArgoMetric{}}};
  controller.reconcile(config, analyses, world, at(0));
  world.allAvailable();
  world.answer = false;
  const auto events = controller.reconcile(config, analyses, world, at(2));
  EXPECT_TRUE(has(events, ArgoEventKind::kAborted));
  EXPECT_EQ(std::count_if(events.begin(), events.end(), [](const ArgoEvent& e) { return e.kind == ArgoEventKind::kSwitched; }), 2);
  EXPECT_EQ(world.weight, 0);
  EXPECT_EQ(world.stable_.spec, 2);
}

std::optional<bool> holds(const std::string& text, std::optional<double> result) {
  const auto parsed = ArgoCondition::parse(text);
  if (const auto* problem = std::get_if<ArgoConditionProblem>(&parsed)) {
    ADD_FAILURE() << text << ": " << problem->message;
    return std::nullopt;
  }
  return std::get<ArgoCondition>(parsed).holds(result);
}

TEST(ArgoCondition, ReadsWhatTemplatesSay) {
  EXPECT_EQ(holds("result >= 0.95", 0.95), true);
  EXPECT_EQ(holds("result[0] >= 0.95", 0.9), false);
  EXPECT_EQ(holds("result > 1 && result < 3 || result == 7", 7), true);
  EXPECT_EQ(holds("not (result > 1) and true", 1), true);
  EXPECT_EQ(holds("result * 100 - 1 != -(2 + 3)", -0.04), false);
  EXPECT_EQ(holds("len(result) == 0 || result < 5", std::nullopt), true);
  EXPECT_EQ(holds("default(result, 0) < 5", std::nullopt), true);
  EXPECT_EQ(holds("isNaN(result)", 1), false);
}

TEST(ArgoCondition, WithoutAValueTheAnswerIsUnknown) { EXPECT_EQ(holds("result < 5", std::nullopt), std::nullopt); }

TEST(ArgoCondition, RefusesWhatIsNoYesOrNoAndSaysWhere) {
  const std::map<std::string, std::size_t> wrong = {{"result", 0}, {"result >", 8}, {"result >= 1 1", 12}, {"results > 1", 0}, {"result[1] > 0", 7}, {"", 0}};
  for (const auto& [text, place] : wrong) {
    const auto parsed = ArgoCondition::parse(text);
    ASSERT_TRUE(std::holds_alternative<ArgoConditionProblem>(parsed)) << text;
    EXPECT_EQ(std::get<ArgoConditionProblem>(parsed).at, place) << text;
  }
  EXPECT_TRUE(std::holds_alternative<ArgoConditionProblem>(ArgoCondition::parse(std::string(1000, '('))));
  EXPECT_TRUE(std::holds_alternative<ArgoConditionProblem>(ArgoCondition::parse(std::string(1000, '!'))));
}

TEST(RollingUpdate, NeverHasMoreThanTheSurgeNorFewerThanTheMinimum) {
  for (std::int64_t n = 1; n <= 30; ++n) {
    const RollingUpdate update = RollingUpdate::of(n);
    RollingCounts now{0, 0, n, n};
    int rounds = 0;
    while (now.old > 0 || now.fresh_available < n) {
      const RollingStep step = rollingStep(update, now);
      ASSERT_TRUE(step.create > 0 || step.remove > 0 || now.fresh > now.fresh_available) << n;
      now.fresh += step.create;
      now.old -= step.remove;
      now.old_available -= step.remove;
      EXPECT_LE(now.fresh + now.old, n + update.surge);
      EXPECT_GE(now.fresh_available + now.old_available, n - update.unavailable);
      now.fresh_available = now.fresh;
      ASSERT_LT(++rounds, 100);
    }
    EXPECT_EQ(now.fresh, n);
  }
}

TEST(SessionAffinity, WhoWasAtTheCanaryComesBackUntilTheCookieEndsOrTheRolloutDoes) {
  SessionAffinityConfig config;
  config.max_age = seconds(100);
  AffinityCookies cookies;
  EXPECT_EQ(heldBy(cookies, 1, 10, at(0)), std::nullopt);
  answered(cookies, config, seconds(10), 1, 10, Side::canary, at(0));
  EXPECT_EQ(heldBy(cookies, 1, 10, at(99)), Side::canary);
  EXPECT_EQ(heldBy(cookies, 1, 10, at(100)), std::nullopt);
  EXPECT_EQ(heldBy(cookies, 2, 10, at(50)), std::nullopt) << "another analysis has another value";
  EXPECT_EQ(heldBy(cookies, 1, 0, at(50)), std::nullopt);
  answered(cookies, config, seconds(10), 1, 0, Side::primary, at(60));
  EXPECT_EQ(cookies.canary_run, 0u) << "it is taken back";
}

TEST(SessionAffinity, ThePrimarysCookieLastsOneInterval) {
  SessionAffinityConfig config;
  config.primary_cookie_name = "old";
  AffinityCookies cookies;
  answered(cookies, config, seconds(10), 1, 10, Side::primary, at(0));
  EXPECT_EQ(heldBy(cookies, 1, 10, at(9)), Side::primary);
  EXPECT_EQ(heldBy(cookies, 1, 10, at(10)), std::nullopt);
}

}  // namespace
}  // namespace meshmall::models
