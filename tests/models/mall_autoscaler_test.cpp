// Autoscalers in a running mall: that they see what metrics-server would, and do what a controller alone would do with it.
#include "mall_story.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {
namespace {

using namespace story;

std::string bakery(const std::string& scaler, const std::string& arrivals, const std::string& version = R"("replicas":3,"workers":2,"startup":"31s")", const std::string& duration = "400s",
                   const std::string& work = R"({"exponential":{"mean":"20ms"}})") {
  return R"({"meshmall":1,"run":{"duration":")" + duration + R"("},"services":{"bakery":{"versions":{"v1":{)" + version + R"(}},"operations":{"x":{"steps":[{"busy":)" + work +
         R"(}]}}}},"traffic":[{"name":"t","to":"bakery/x","arrivals":)" + arrivals + R"(,"timeout":"2s"}],"autoscalers":{"bakery":{)" + scaler + "}}}";
}

const char* const kRush = R"({"profile":{"points":[{"at":"0s","rate":"100/s"},{"at":"60s","rate":"100/s"},{"at":"70s","rate":"400/s"},{"at":"160s","rate":"400/s"},{"at":"170s","rate":"60/s"}],"interpolate":"linear"}})";

std::uint32_t replicasOf(const Mall& mall) {
  return static_cast<std::uint32_t>(std::count_if(mall.endpoints().begin(), mall.endpoints().end(), [](const Endpoint& e) { return e.stays(); }));
}

// Watches a mall from outside: integrates each endpoint's busy workers between events, notes when it starts and when it becomes ready, and at each 15 s gives
// a controller of its own what a metrics-server would have sampled.
class Onlooker {
 public:
  explicit Onlooker(AutoscalerConfig config, const Mall& mall) : config_(std::move(config)) {
    notice(mall);
    for (Seen& s : seen_) s.scraped = true;
  }

  // Until `until` nothing changed since the last notice.
  void settle(engine::SimTime until) {
    for (Seen& s : seen_) s.busy += s.held * static_cast<double>((until - at_).ns);
    at_ = until;
  }
  void notice(const Mall& mall) {
    const auto& endpoints = mall.endpoints();
    seen_.resize(endpoints.size());
    for (std::size_t e = 0; e < endpoints.size(); ++e) {
      Seen& s = seen_[e];
      if (endpoints[e].starts != s.starts) s.started = mall.now();
      if (endpoints[e].known != s.ready) s.changed = mall.now();
      s.starts = endpoints[e].starts;
      s.ready = endpoints[e].known;
      s.held = endpoints[e].held;
      s.state = endpoints[e].state;
    }
  }
  std::uint32_t replicas() const {
    return static_cast<std::uint32_t>(std::count_if(seen_.begin(), seen_.end(), [](const Seen& s) { return s.state == Endpoint::State::up || s.state == Endpoint::State::starting; }));
  }
  std::uint32_t decide() {
    std::vector<ScaledPod> pods;
    for (Seen& s : seen_) {
      const bool runs = s.state == Endpoint::State::up;
      ScaledPod pod;
      pod.deleting = s.state == Endpoint::State::draining || s.state == Endpoint::State::terminating;
      pod.started = s.started;
      pod.ready = s.ready;
      pod.ready_changed = s.changed;
      pod.request_milli = 2000;
      if (runs && s.scraped && s.scraped_starts == s.starts) pod.sample = PodSample{std::llround((s.busy - s.scraped_busy) / 15e9 * 1000), at_, engine::seconds(15)};
      s.scraped = runs;
      s.scraped_busy = s.busy;
      s.scraped_starts = s.starts;
      if (s.state != Endpoint::State::gone) pods.push_back(pod);
    }
    return alone_.synchronize(config_, replicas(), {{pods, std::nullopt}}, at_).replicas;
  }

 private:
  struct Seen {
    double busy = 0, scraped_busy = 0, held = 0;
    engine::SimTime started, changed;
    std::uint32_t starts = 0, scraped_starts = 0;
    Endpoint::State state = Endpoint::State::up;
    bool ready = true, scraped = false;
  };
  AutoscalerConfig config_;
  Autoscaler alone_;
  std::vector<Seen> seen_;
  engine::SimTime at_;
};

TEST(MallAutoscaler, ReplicasOverTimeAreThoseOfAControllerAloneWithTheSameSamples) {
  AutoscalerConfig config;
  config.range = {3, 10};
  config.metrics[0].target = 60;
  config.behavior = defaultScalingBehavior();
  config.behavior->down.stabilization_window = engine::seconds(30);
  const std::string scaler = R"("minReplicas":3,"maxReplicas":10,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":60}}}],)"
                             R"("behavior":{"scaleDown":{"stabilizationWindowSeconds":30}})";
  for (const std::uint64_t seed : {1, 2}) {
    Mall mall(planOf(bakery(scaler, kRush)), {.seed = seed});
    Onlooker onlooker(config, mall);
    std::int64_t next = 15'000'000'000;
    std::uint32_t changes = 0, most = 0;
    while (mall.step()) {
      if (mall.now().ns < next) {
        onlooker.settle(mall.now());
        onlooker.notice(mall);
        continue;
      }
      onlooker.settle({next});
      const std::uint32_t had = onlooker.replicas();
      const std::uint32_t wanted = onlooker.decide();
      mall.runUntil({next});
      EXPECT_EQ(replicasOf(mall), wanted) << "at " << next / 1'000'000'000 << " s, seed " << seed;
      onlooker.settle(mall.now());
      onlooker.notice(mall);
      changes += wanted != had ? 1 : 0;
      most = std::max(most, wanted);
      next += 15'000'000'000;
    }
    EXPECT_GE(changes, 4U);  // up in two steps or more, and down again
    EXPECT_GE(most, 8U);
  }
}

TEST(MallAutoscaler, ChangesAreDecisionsThatSayWhatWasMeasuredAndWhatLimitedThem) {
  const Mall mall = told(bakery(R"("minReplicas":3,"maxReplicas":5,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":60}}}])", kRush));
  bool limited = false;
  for (const Decision& decision : mall.collector().decisions()) {
    if (decision.kind != DecisionKind::scale) continue;
    EXPECT_EQ(decision.by, "autoscaler of bakery");
    for (const auto& [key, value] : decision.detail) limited = limited || (key == "limit" && std::get<std::string>(value) == "TooManyReplicas");
  }
  EXPECT_TRUE(limited);
  EXPECT_LE(replicasOf(mall), 5U);
}

TEST(MallAutoscaler, RequestsPerReplicaAreBroughtToTheirTarget) {
  // 90 requests/s against 25 for each: four replicas, from the first minute on.
  for (const char* metric : {R"({"type":"Pods","pods":{"metric":{"name":"requests.total"},"target":{"type":"AverageValue","averageValue":"25"}}})",
                             R"({"type":"External","external":{"metric":{"name":"requests.total"},"target":{"type":"AverageValue","averageValue":25}}})"}) {
    const Mall mall = told(bakery(R"("maxReplicas":10,"metrics":[)" + std::string(metric) + "]", R"({"constant":{"rate":"90/s"}})", R"("replicas":2,"workers":4)", "200s", R"("5ms")"));
    EXPECT_EQ(replicasOf(mall), 4U) << metric;
  }
}

TEST(MallAutoscaler, AServicesQueueCanBeWhatCounts) {
  // 200 customers/s for 2 clerks of 100/s each and hardly more: the queue of one counter grows until there are more of them.
  const Mall mall = told(bakery(R"("maxReplicas":10,"metrics":[{"type":"Object","object":{"describedObject":{"kind":"Service","name":"bakery"},"metric":{"name":"queue.mean"},"target":{"type":"Value","value":5}}}])",
                                R"({"poisson":{"rate":"230/s"}})", R"("replicas":1,"workers":2)", "300s", R"({"exponential":{"mean":"10ms"}})"));
  EXPECT_GE(replicasOf(mall), 2U);
}

TEST(MallAutoscaler, FewerReplicasThanTheMinimumAreCorrectedAtTheFirstLook) {
  Mall mall = begun(bakery(R"("minReplicas":5,"maxReplicas":8)", R"({"constant":{"rate":"10/s"}})"));
  mall.runUntil({ms(15'000) - 1});
  EXPECT_EQ(replicasOf(mall), 3U);
  mall.runUntil({ms(15'000)});
  EXPECT_EQ(replicasOf(mall), 5U);
}

TEST(MallAutoscaler, PoliciesLimitHowFastItGrows) {
  Mall mall = begun(bakery(R"("minReplicas":3,"maxReplicas":10,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":30}}}],)"
                           R"("behavior":{"scaleUp":{"policies":[{"type":"Pods","value":1,"periodSeconds":60}]}})",
                           R"({"poisson":{"rate":"280/s"}})"));
  std::uint32_t before = 3;
  for (std::int64_t t = 15; t <= 300; t += 15) {
    mall.runUntil({ms(1000.0 * static_cast<double>(t))});
    const std::uint32_t now = replicasOf(mall);
    EXPECT_LE(now, 4 + t / 60) << t;
    EXPECT_GE(now, before);
    before = now;
  }
  EXPECT_GE(before, 7U);
}

TEST(MallAutoscaler, ACopyGoesOnToTheSameEnd) {
  const std::string text = bakery(R"("minReplicas":3,"maxReplicas":10)", kRush);
  Mall mall = begun(text);
  mall.runUntil({ms(123'456)});
  Mall copy = mall;
  mall.run();
  copy.run();
  EXPECT_EQ(mall.fingerprint().hex(), copy.fingerprint().hex());
}

TEST(MallAutoscaler, WhatCannotBeMeantIsRefused) {
  const auto problem = [](const std::string& scaler) {
    const auto decoded = decodeScenario(bakery(scaler, kRush), "s.json", "");
    EXPECT_FALSE(decoded.scenario) << scaler;
    return decoded.problems.empty() ? std::string() : decoded.problems.front().message;
  };
  const auto metric = [&](const std::string& m) { return problem(R"("maxReplicas":3,"metrics":[)" + m + "]"); };
  EXPECT_EQ(problem(""), "needs \"maxReplicas\"");
  EXPECT_EQ(problem(R"("minReplicas":4,"maxReplicas":3)"), "maxReplicas must be at least minReplicas");
  EXPECT_EQ(problem(R"("maxReplicas":3,"metrics":[])"), "needs at least one metric; left out it is CPU at 80 %");
  EXPECT_EQ(metric(R"({"type":"Resource","resource":{"name":"memory","target":{"averageUtilization":50}}})"), "must be \"cpu\": an endpoint has no other resource");
  EXPECT_EQ(metric(R"({"type":"Pods","resource":{"name":"cpu","target":{"averageUtilization":50}}})"), "must agree with the block given, \"resource\"");
  EXPECT_EQ(metric(R"({"type":"Resource","resource":{"name":"cpu","target":{"type":"AverageValue","averageUtilization":50}}})"), "must agree with the value given, \"averageUtilization\"");
  EXPECT_EQ(metric(R"({"type":"Resource","resource":{"name":"cpu","target":{}}})"), "needs \"averageUtilization\" or \"averageValue\"");
  EXPECT_EQ(metric(R"({"type":"Resource","resource":{"name":"cpu","target":{"value":"1"}}})"), "\"value\" is no target of this kind of metric");
  EXPECT_NE(metric(R"({"type":"Pods","pods":{"metric":{"name":"requests"},"target":{"averageValue":"1"}}})").find("\"requests.total\""), std::string::npos);
  EXPECT_NE(metric(R"({"type":"Pods","pods":{"metric":{"name":"cpu"},"target":{"averageValue":"1.2.3"}}})").find("must be a quantity above 0"), std::string::npos);
  EXPECT_NE(metric(R"({"type":"Pods","pods":{"metric":{"name":"cpu"},"target":{"averageValue":"0"}}})").find("must be a quantity above 0"), std::string::npos);
  EXPECT_NE(metric(R"({"type":"Pods","pods":{"metric":{"name":"cpu"},"target":{"averageValue":"1x"}}})").find("must be a quantity above 0"), std::string::npos);
}

}  // namespace
}  // namespace meshmall::models
