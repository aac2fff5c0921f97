// How endpoints come and go: when a probe makes one ready, and what becomes of requests when one is taken away. To the nanosecond.
#include "mall_story.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {
namespace {

using namespace story;
using State = Endpoint::State;

// Ten customers a second, the k-th at k x 100 ms; no retries, in turn.
std::string shop(const std::string& version, const std::string& events, const std::string& work = "10ms", const std::string& mesh = "", const std::string& service = "",
                 const std::string& arrivals = R"({"constant":{"rate":"10/s"}})", const std::string& duration = "40s", const std::string& balancer = "ROUND_ROBIN") {
  return R"({"meshmall":1,"run":{"duration":")" + duration + R"("},"services":{"a":{)" + service + R"("versions":{"v1":)" + version + R"(},"operations":{"x":{"steps":[{"busy":")" + work +
         R"("}]}}}},"traffic":[{"name":"t","to":"a/x","arrivals":)" + arrivals + R"(}],"mesh":{)" + mesh + R"("defaults":{"retries":{"attempts":0},"trafficPolicy":{"loadBalancer":{"simple":")" + balancer +
         R"("}}}},"events":[)" + events + "]}";
}

std::int64_t firstTryAt(const Mall& mall, const std::string& endpoint, std::int64_t after = 0) {
  for (const Sent& sent : triesIn(mall))
    if (sent.endpoint == endpoint && sent.at >= after) return sent.at;
  return -1;
}
std::int64_t lastTryAt(const Mall& mall, const std::string& endpoint, std::int64_t before) {
  std::int64_t last = -1;
  for (const Sent& sent : triesIn(mall))
    if (sent.endpoint == endpoint && sent.at < before) last = sent.at;
  return last;
}

TEST(MallReadiness, ANewEndpointIsAskedOnceEnoughProbesInARowWereGood) {
  // Created at 1 s, serves from 4 s. Probes at 1 s + 2, 4, 6 s (the one at +0 falls into the delay): bad, good, good: ready at 7 s.
  const Mall mall = told(shop(R"({"replicas":1,"startup":"3s","readinessProbe":{"initialDelaySeconds":1,"periodSeconds":2,"successThreshold":2}})",
                              R"({"at":"1s","scale":{"service":"a","replicas":2}})"));
  const std::int64_t first = firstTryAt(mall, "a-v1-1");
  EXPECT_GE(first, ms(7000));
  EXPECT_LE(first, ms(7200));
  EXPECT_EQ(shares(mall)["a-v1-1"] > 100, true);
}

TEST(MallReadiness, AnEndpointWhoseProbeFailsIsLeftOutUntilItAnswersAgain) {
  // Probes each second; endpoint 0 fails all from 1.5 s to 6.5 s: bad at 2, 3, 4 s: off the list at 4 s, and back with the good one at 7 s.
  const Mall mall = told(shop(R"({"replicas":2,"readinessProbe":{"periodSeconds":1}})",
                              R"({"at":"1500ms","fail":{"service":"a","endpoints":[0],"probability":1},"for":"5s"})"));
  EXPECT_LE(lastTryAt(mall, "a-v1-0", ms(6500)), ms(4000));
  EXPECT_GE(lastTryAt(mall, "a-v1-0", ms(6500)), ms(3700));
  EXPECT_GE(firstTryAt(mall, "a-v1-0", ms(4100)), ms(7000));
  EXPECT_LE(firstTryAt(mall, "a-v1-0", ms(4100)), ms(7200));
  std::vector<std::int64_t> told_at;
  for (const Decision& decision : mall.collector().decisions())
    if (decision.kind == DecisionKind::health) told_at.push_back(decision.at.ns);
  EXPECT_EQ(told_at, (std::vector<std::int64_t>{ms(4000), ms(7000)}));
}

TEST(MallReadiness, AFailureOfOneOperationIsNoBusinessOfTheProbe) {
  const Mall mall = told(shop(R"({"replicas":2,"readinessProbe":{"periodSeconds":1}})",
                              R"({"at":"1500ms","fail":{"service":"a","operation":"x","endpoints":[0],"probability":1},"for":"20s"})"));
  EXPECT_GT(lastTryAt(mall, "a-v1-0", ms(40'000)), ms(39'000));
}

TEST(MallReadiness, AnEndpointThatRestartsIsProbedAnew) {
  // Down at 1.05 s for 1 s, serves from 4.05 s; probes at 2.05 s + k x 5 s: ready at 7.05 s.
  const Mall mall = told(shop(R"({"replicas":2,"startup":"2s","readinessProbe":{"periodSeconds":5}})", R"({"at":"1050ms","crash":{"service":"a","count":1},"for":"1s"})"));
  EXPECT_GE(firstTryAt(mall, "a-v1-0", ms(1100)), ms(7050));
  EXPECT_LE(firstTryAt(mall, "a-v1-0", ms(1100)), ms(7300));
}

TEST(MallTermination, RequestsThatStaleListsSendAfterTermAreRefused) {
  // Off the list at 1.05 s, TERM at 2.05 s, callers hear of it at 4.05 s: those sent to it between 2.05 s and 4.05 s fail.
  const Mall mall = told(shop(R"({"replicas":2,"termination":{"preStop":"1s"}})", R"({"at":"1050ms","scale":{"service":"a","replicas":1}})", "10ms", R"("discovery":{"propagation":"3s"},)"));
  std::size_t failed = 0;
  for (const Sent& sent : triesIn(mall)) {
    const Visit visit = visitAt(mall, "t", sent.at);
    const bool refused = sent.endpoint == "a-v1-1" && sent.at > ms(2050) && sent.at < ms(4050);
    EXPECT_EQ(visit.status, refused ? 503 : 200) << sent.at;
    if (refused) {
      EXPECT_EQ(visit.flag, ResponseFlag::kUpstreamConnectionFailure);
    }
    failed += refused ? 1 : 0;
    EXPECT_FALSE(sent.endpoint == "a-v1-1" && sent.at > ms(4050));
  }
  EXPECT_EQ(failed, 10U);
}

// The 503s of a removal: rate x share x (delay of the views - preStop), within three standard errors (a thinned Poisson stream: its variance is its mean).
TEST(MallTermination, RefusedRequestsAreRateTimesShareTimesDelay) {
  for (const auto& [pre_stop, expected] : {std::pair<const char*, double>{"0s", 400.0 / 4 * 2}, {"500ms", 400.0 / 4 * 1.5}, {"2s", 0}}) {
    Mall mall(planOf(shop(R"({"replicas":4,"workers":20,"termination":{"preStop":")" + std::string(pre_stop) + R"("}})", R"({"at":"5s","scale":{"service":"a","replicas":3}})", "20ms",
                          R"("discovery":{"propagation":"2s"},)", "", R"({"poisson":{"rate":"400/s"}})", "15s", "RANDOM")),
              {.seed = 3});
    mall.run();
    std::uint64_t refused = mall.collector().failedByFlag()[static_cast<std::size_t>(ResponseFlag::kUpstreamConnectionFailure)];
    EXPECT_NEAR(static_cast<double>(refused), expected, 3 * std::sqrt(expected)) << pre_stop;
    EXPECT_EQ(mall.audit(), std::vector<std::string>());
  }
}

TEST(MallTermination, WhatRunsAtTermGoesOnAndIsResetWhenTheProxyHasDrained) {
  // 10 s of work. Off the list at 1.05 s, no preStop: what is there is reset 5 s later.
  Mall mall = told(shop(R"({"replicas":2,"workers":100,"termination":{}})", R"({"at":"1050ms","scale":{"service":"a","replicas":1}})", "10s"));
  std::size_t reset = 0;
  for (const Sent& sent : triesIn(mall)) {
    const Visit visit = visitAt(mall, "t", sent.at);
    if (sent.endpoint == "a-v1-0" || visit.stayed < 0) continue;
    EXPECT_EQ(visit.status, 503);
    EXPECT_EQ(visit.flag, ResponseFlag::kUpstreamConnectionTermination);
    EXPECT_EQ(visit.came + visit.stayed, ms(6050));
    ++reset;
  }
  EXPECT_EQ(reset, 5U);  // of the first ten every second one
  EXPECT_EQ(mall.endpoints()[1].state, State::gone);
  std::size_t kills = 0;
  for (const Decision& decision : mall.collector().decisions()) kills += decision.kind == DecisionKind::kill && decision.at.ns == ms(6050) ? 1 : 0;
  EXPECT_EQ(kills, 1U);
}

TEST(MallTermination, ALongerDrainOrNoProxyLetsTheWorkFinish) {
  for (const bool sidecar : {true, false}) {
    const Mall mall = told(shop(sidecar ? R"({"replicas":2,"workers":100,"termination":{"drainDuration":"12s"}})" : R"({"replicas":2,"workers":100,"termination":{}})",
                                R"({"at":"1050ms","scale":{"service":"a","replicas":1}})", "10s", "", sidecar ? "" : R"("sidecar":false,)"));
    for (const Visit& visit : visitsIn(mall)) {
      EXPECT_TRUE(visit.stayed < 0 || visit.status == 200) << visit.came;
    }
    EXPECT_EQ(mall.endpoints()[1].state, State::gone);
  }
}

TEST(MallTermination, KillComesWhenTheGracePeriodEnds) {
  const Mall mall = told(shop(R"({"replicas":2,"workers":100,"termination":{"gracePeriod":"4s","preStop":"1s","drainDuration":"20s"}})", R"({"at":"1050ms","scale":{"service":"a","replicas":1}})", "10s", "",
                              R"("sidecar":false,)"));
  for (const Sent& sent : triesIn(mall)) {
    if (sent.endpoint == "a-v1-0") continue;
    const Visit visit = visitAt(mall, "t", sent.at);
    EXPECT_EQ(visit.came + visit.stayed, ms(5050));
    EXPECT_EQ(visit.status, 503);
  }
}

TEST(MallTermination, AnEndpointWithoutWorkIsGoneAtTerm) {
  Mall mall = begun(shop(R"({"replicas":2,"termination":{"preStop":"2s"}})", R"({"at":"1050ms","scale":{"service":"a","replicas":1}})"));
  EXPECT_EQ(stateAt(mall, ms(3050) - 1, 1), State::draining);
  EXPECT_EQ(stateAt(mall, ms(3050), 1), State::gone);
}

TEST(MallTermination, WithoutDiscoveryOrTerminationAnEndpointLeavesWhenItsWorkIsDone) {
  Mall mall = begun(shop(R"({"replicas":2,"workers":100})", R"({"at":"1050ms","scale":{"service":"a","replicas":1}})", "10s"));
  EXPECT_EQ(stateAt(mall, ms(10'890), 1), State::draining);  // its last request came at 0.9 s or at 1 s
  EXPECT_EQ(stateAt(mall, ms(11'010), 1), State::gone);
}

TEST(MallTermination, TheNextOneToComeIsANewEndpointWhileTheOldOneStillLeaves) {
  Mall mall = begun(shop(R"({"replicas":2,"termination":{"preStop":"5s"}})", R"({"at":"1s","scale":{"service":"a","replicas":1}},{"at":"2s","scale":{"service":"a","replicas":2}})"));
  mall.runUntil({ms(2000)});
  ASSERT_EQ(mall.endpoints().size(), 3U);
  EXPECT_EQ(mall.endpoints()[1].state, State::draining);
  EXPECT_EQ(mall.endpoints()[2].state, State::up);
}

}  // namespace
}  // namespace meshmall::models
