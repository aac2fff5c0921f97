// Ejection in the running mall: what each detector sees, how long an ejection lasts, Linkerd's breaker, active checks, and two proxies that disagree.
#include <algorithm>

#include "models/observation/trip.h"
#include "tests/models/mall_story.h"

namespace meshmall::models {
namespace {

using story::planOf;

Mall ran(const std::string& text) {
  Mall mall(planOf(text), {.seed = 1, .trace_first = 20'000});
  mall.run();
  EXPECT_EQ(mall.audit(), std::vector<std::string>());
  return mall;
}

// "t kind subject" of the decisions that are of these kinds, with one number of the detail.
struct Said {
  double t = 0;
  std::string kind, subject, by;
  Detail detail;
  double number(const std::string& key) const {
    for (const auto& [name, value] : detail)
      if (name == key && std::holds_alternative<double>(value)) return std::get<double>(value);
    return -1;
  }
  std::string text(const std::string& key) const {
    for (const auto& [name, value] : detail)
      if (name == key && std::holds_alternative<std::string>(value)) return std::get<std::string>(value);
    return "";
  }
};

std::vector<Said> said(const Mall& mall, const std::vector<std::string>& kinds, const std::string& subject = "") {
  std::vector<Said> out;
  for (const DecisionResult& d : mall.result().decisions)
    if (std::find(kinds.begin(), kinds.end(), d.kind) != kinds.end() && (subject.empty() || d.subject == subject)) out.push_back({d.t, d.kind, d.subject, d.by, d.detail});
  return out;
}

// A bakery of `replicas` endpoints, one customer every 10 ms by turns, no retries.
std::string bakery(int replicas, const std::string& policy, const std::string& events, const std::string& run = R"("duration":"100s")") {
  return R"({"meshmall":1,"run":{)" + run + R"(},"services":{"bakery":{"versions":{"v1":{"replicas":)" + std::to_string(replicas) +
         R"(,"workers":8}},"operations":{"GET /b":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"lunch","to":"bakery/GET /b","arrivals":{"constant":{"rate":"100/s"}}}],
    "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"},)" + policy + R"(}}},"events":[)" + events + "]}";
}

std::string fails(const std::string& at, const std::string& lasts, const std::string& endpoints = "0", const std::string& probability = "1", int status = 500) {
  return R"({"at":")" + at + R"(","fail":{"service":"bakery","endpoints":[)" + endpoints + R"(],"probability":)" + probability + R"(,"status":)" + std::to_string(status) +
         R"(},"for":")" + lasts + R"("})";
}

TEST(MallEjection, EachOfThreeFailingEndpointsIsEjectedAtItsFifthAnswer) {
  // Published: by turns, the 13th, 14th and 15th request eject; each ejection is 30 s longer than the one before, let in at a sweep.
  const Mall mall = ran(bakery(3, R"("outlierDetection":{"consecutive5xxErrors":5,"baseEjectionTime":"30s","maxEjectionPercent":100})", fails("0s", "1000s", "0,1,2"), R"("duration":"420s")"));
  const auto ejections = said(mall, {"ejection"});
  ASSERT_GE(ejections.size(), 12u);
  // Customer n comes at n x 10 ms and is answered at once (a failure takes no work).
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(ejections[static_cast<std::size_t>(i)].t, (13 + i) * 0.01, 1e-9);
  std::vector<double> lengths;
  for (const Said& s : ejections)
    if (s.subject == ejections.front().subject) lengths.push_back(s.number("seconds"));
  ASSERT_GE(lengths.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_DOUBLE_EQ(lengths[static_cast<std::size_t>(i)], 30.0 * (i + 1));
}

TEST(MallEjection, TheMultiplierGoesDownWithEachQuietIntervalAndTheNextEjectionIsShortAgain) {
  const std::string events = fails("0s", "25s") + "," + fails("70s", "1s");
  const Mall mall = ran(bakery(2, R"("outlierDetection":{"consecutive5xxErrors":5,"interval":"5s","baseEjectionTime":"5s","maxEjectionPercent":50})", events));
  const auto steps = said(mall, {"ejection", "uneject", "ejectionDecay"}, "bakery-v1-0");
  std::vector<std::pair<std::string, double>> told;
  for (const Said& s : steps) told.emplace_back(s.kind, s.number("multiplier"));
  // Ejected at 0 s for 5 s (in at the sweep of 10 s), again for 10 s (from 10 s to 25 s): then well, one step down at each sweep, and as at first at 70 s.
  const std::vector<std::pair<std::string, double>> expected = {{"ejection", 1}, {"uneject", 1}, {"ejection", 2}, {"uneject", 2}, {"ejectionDecay", 1}, {"ejectionDecay", 0}, {"ejection", 1}, {"uneject", 1}, {"ejectionDecay", 0}};
  EXPECT_EQ(told, expected);
}

TEST(MallEjection, WhatTheCapLeavesInIsSaidOnce) {
  const Mall mall = ran(bakery(3, R"("outlierDetection":{})", fails("0s", "1000s"), R"("duration":"10s")"));
  EXPECT_TRUE(said(mall, {"ejection"}).empty());
  const auto denied = said(mall, {"ejectionDenied"});
  ASSERT_EQ(denied.size(), 1u);
  EXPECT_EQ(denied[0].subject, "bakery-v1-0");
  EXPECT_EQ(denied[0].text("type"), "CONSECUTIVE_5XX");
}

TEST(MallEjection, ALowSuccessRateEjectsAtTheSweep) {
  const Mall mall = ran(bakery(5, R"("outlierDetection":{"consecutive5xxErrors":0,"enforcingSuccessRate":100,"maxEjectionPercent":50})", fails("0s", "1000s", "2", "0.5"), R"("duration":"35s")"));
  const auto ejections = said(mall, {"ejection"});
  ASSERT_GE(ejections.size(), 1u);
  EXPECT_DOUBLE_EQ(ejections[0].t, 10);
  EXPECT_EQ(ejections[0].subject, "bakery-v1-2");
  EXPECT_EQ(ejections[0].text("type"), "SUCCESS_RATE");
}

TEST(MallEjection, AHighFailurePercentageEjectsAtTheSweepAndALowerOneDoesNot) {
  const std::string policy = R"("outlierDetection":{"consecutive5xxErrors":0,"enforcingFailurePercentage":100,"failurePercentageThreshold":60,"failurePercentageMinimumHosts":2,"maxEjectionPercent":100})";
  const Mall mall = ran(bakery(4, policy, fails("0s", "1000s", "1", "0.8") + "," + fails("0s", "1000s", "2", "0.3"), R"("duration":"15s")"));
  const auto ejections = said(mall, {"ejection"});
  ASSERT_EQ(ejections.size(), 1u);
  EXPECT_EQ(ejections[0].subject, "bakery-v1-1");
  EXPECT_EQ(ejections[0].text("type"), "FAILURE_PERCENTAGE");
}

TEST(MallEjection, IstiosFormerConsecutiveErrorsSeesGatewayErrorsOnly) {
  const std::string policy = R"("outlierDetection":{"consecutiveErrors":5,"maxEjectionPercent":100})";
  EXPECT_TRUE(said(ran(bakery(2, policy, fails("0s", "1000s", "0", "1", 500), R"("duration":"5s")")), {"ejection"}).empty());
  const auto ejections = said(ran(bakery(2, policy, fails("0s", "1000s", "0", "1", 503), R"("duration":"5s")")), {"ejection"});
  ASSERT_EQ(ejections.size(), 1u);
  EXPECT_EQ(ejections[0].text("type"), "CONSECUTIVE_GATEWAY_FAILURE");
}

TEST(MallEjection, SplitErrorsOnTheWayHaveADetectorOfTheirOwn) {
  // The endpoint is down and nobody hears of it: connections are refused. Split: a local-origin failure; else each counts as 503.
  const std::string crash = R"({"at":"0s","crash":{"service":"bakery","endpoints":[0],"noticed":"1h"}})";
  const auto type = [&](const std::string& more) {
    const auto found = said(ran(bakery(2, R"("outlierDetection":{"maxEjectionPercent":100)" + more + "}", crash, R"("duration":"5s")")), {"ejection"});
    return found.empty() ? "" : found[0].text("type");
  };
  EXPECT_EQ(type(""), "CONSECUTIVE_5XX");
  EXPECT_EQ(type(R"(,"splitExternalLocalOriginErrors":true)"), "CONSECUTIVE_LOCAL_ORIGIN_FAILURE");
  EXPECT_EQ(type(R"(,"splitExternalLocalOriginErrors":true,"enforcingConsecutiveLocalOriginFailure":0)"), "");
}

// ---- two proxies, two views ----------------------------------------------------------------------------------------------------------

TEST(MallEjection, OfTwoSidecarsOnlyTheOneThatSawFiveErrorsEjects) {
  // Two endpoints of front: busy customers come to a, quiet ones to b; bakery-v1-0 fails. a has seen five errors within a tenth of a second, b has not.
  const std::string text = R"({"meshmall":1,"run":{"duration":"4s"},
    "services":{"front":{"versions":{"a":{"replicas":1,"workers":8},"b":{"replicas":1,"workers":8}},"operations":{"GET /":{"steps":[{"call":"bakery/GET /b"}]}}},
                "bakery":{"versions":{"v1":{"replicas":2,"workers":8}},"operations":{"GET /b":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"busy","to":"front/GET /","arrivals":{"constant":{"rate":"100/s"}},"headers":{"x":"a"}},
               {"name":"quiet","to":"front/GET /","arrivals":{"constant":{"rate":"1/s"}},"headers":{"x":"b"}}],
    "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"},"outlierDetection":{"consecutive5xxErrors":5,"maxEjectionPercent":100}}},
      "destinationRules":{"front":{"subsets":[{"name":"a","labels":{"version":"a"}},{"name":"b","labels":{"version":"b"}}]}},
      "virtualServices":{"front":{"http":[{"match":[{"headers":{"x":{"exact":"a"}}}],"route":[{"destination":{"host":"front","subset":"a"}}]},
                                          {"route":[{"destination":{"host":"front","subset":"b"}}]}]}}},
    "events":[{"at":"0s","fail":{"service":"bakery","endpoints":[0],"probability":1,"status":500}}]})";
  const Mall mall = ran(text);
  const auto ejections = said(mall, {"ejection"}, "bakery-v1-0");
  ASSERT_EQ(ejections.size(), 1u);
  EXPECT_EQ(ejections[0].by, "front-a-0");
  EXPECT_LT(ejections[0].t, 0.2);
  std::uint64_t last_busy = 0, last_quiet = 0;  // numbers of the last customers of each
  for (const TripRecord& r : mall.trips().records())
    if (r.kind == TripRecordKind::customer_arrived) (r.x == 0 ? last_busy : last_quiet) = r.id;
  const std::string busy = tripText(buildTrip(mall.trips(), last_busy, mall.collector()));
  const std::string quiet = tripText(buildTrip(mall.trips(), last_quiet, mall.collector()));
  EXPECT_NE(busy.find("front-a-0 believes bakery-v1-0 ejected, in truth it is up and fails 100 %"), std::string::npos) << busy;
  EXPECT_NE(quiet.find("front-b-0 believes bakery-v1-0 healthy, in truth it is up and fails 100 %"), std::string::npos) << quiet;
  const std::string json = tripJson(buildTrip(mall.trips(), last_busy, mall.collector()));
  EXPECT_NE(json.find("\"believed\": \"ejected\""), std::string::npos) << json;
}

// ---- Linkerd's breaker ----------------------------------------------------------------------------------------------------------------

TEST(MallBreaker, SevenFailuresShutAnEndpointAndOneProbeAfterThePenaltyDecides) {
  const Mall mall = ran(bakery(2, R"("consecutiveFailures":{"jitterRatio":0})", fails("1s", "5s"), R"("duration":"20s")"));
  const auto steps = said(mall, {"ejection", "uneject", "probe"}, "bakery-v1-0");
  std::vector<std::string> kinds;
  for (const Said& s : steps) kinds.push_back(s.kind + " " + s.text("type"));
  // Shut at about 1.13 s for 1 s, 2 s, 4 s (doubled by each failed probe): probes at about 2.1 s, 4.1 s and 8.1 s, when it is well again.
  const std::vector<std::string> expected = {"ejection CONSECUTIVE_FAILURES", "probe ", "ejection FAILED_PROBE", "probe ", "ejection FAILED_PROBE", "probe ", "uneject "};
  ASSERT_EQ(kinds, expected);
  EXPECT_DOUBLE_EQ(steps[0].number("seconds"), 1);
  EXPECT_DOUBLE_EQ(steps[2].number("seconds"), 2);
  EXPECT_DOUBLE_EQ(steps[4].number("seconds"), 4);
  EXPECT_NEAR(steps[6].t, 1.13 + 1 + 2 + 4, 0.1);
  EXPECT_EQ(*mall.result().metric("requests.failed"), 7 + 2);  // the run, and two probes
}

TEST(MallBreaker, WithJitterAPenaltyIsUpToHalfAsLongAgain) {
  const Mall mall = ran(bakery(8, R"("consecutiveFailures":{"maxFailures":1})", fails("1s", "1s", "0,1,2,3,4,5,6"), R"("duration":"3s")"));
  const auto shut = said(mall, {"ejection"});
  ASSERT_GE(shut.size(), 7u);
  double low = 10, high = 0;
  for (const Said& s : shut) {
    if (s.text("type") == "FAILED_PROBE") continue;
    low = std::min(low, s.number("seconds"));
    high = std::max(high, s.number("seconds"));
  }
  EXPECT_GE(low, 1);
  EXPECT_LE(high, 1.5);
  EXPECT_GT(high - low, 0.05);  // seven draws from half a second: closer with probability below 1e-5
}

TEST(MallBreaker, NothingCapsHowManyAreShutAndThenNobodyIsServed) {
  const Mall mall = ran(bakery(2, R"("consecutiveFailures":{"jitterRatio":0,"maxFailures":3,"minPenalty":"100s","maxPenalty":"100s"})", fails("0s", "1000s", "0,1"), R"("duration":"10s")"));
  EXPECT_EQ(*mall.result().metric("requests.failed"), *mall.result().metric("requests.total"));
  EXPECT_EQ(*mall.result().metric("noHealthyUpstream.total"), *mall.result().metric("requests.total") - 6);
}

TEST(MallBreaker, TheUnifiedKindTripsOnALowShareOfSuccessesToo) {
  const std::string policy = R"("consecutiveFailures":{"maxFailures":1000,"jitterRatio":0,"successRate":{"threshold":0.8,"window":"10s","minRequests":5}})";
  const Mall mall = ran(bakery(2, policy, fails("1s", "1000s", "0", "0.5"), R"("duration":"10s")"));
  const auto shut = said(mall, {"ejection"}, "bakery-v1-0");
  ASSERT_FALSE(shut.empty());
  EXPECT_EQ(shut[0].text("type"), "LOW_SUCCESS_RATE");
}

// ---- active checks ---------------------------------------------------------------------------------------------------------------------

TEST(MallChecks, ADeadEndpointIsFoundAtTheThirdCheckAndCountedAgainAfterTheSecondSuccess) {
  const std::string policy = R"("healthChecks":{"interval":"1s","timeout":"300ms","unhealthyThreshold":3,"healthyThreshold":2,"noTrafficInterval":"1s"})";
  const std::string crash = R"({"at":"4.5s","crash":{"service":"bakery","endpoints":[0],"noticed":"1h"},"for":"10s"})";
  const Mall mall = ran(bakery(2, policy, crash, R"("duration":"30s")"));
  const auto health = said(mall, {"health"});
  ASSERT_EQ(health.size(), 2u);
  EXPECT_EQ(health[0].text("state"), "unhealthy");
  EXPECT_EQ(health[0].text("cause"), "no connection");
  EXPECT_NEAR(health[0].t, 7, 1e-6);   // checks at 0, 1, 2, ... s; those of 5, 6 and 7 s find nobody
  EXPECT_EQ(health[1].text("state"), "healthy");
  EXPECT_NEAR(health[1].t, 16, 1e-6);  // back at 14.5 s; checks of 15 and 16 s
}

TEST(MallChecks, AnUnexpectedStatusCountsAtOnceAndARetriableOneUpToTheThreshold) {
  const auto found = [&](const std::string& more) {
    const auto health = said(ran(bakery(2, R"("healthChecks":{"interval":"1s","timeout":"300ms","noTrafficInterval":"1s")" + more + "}", fails("4.5s", "1000s"), R"("duration":"30s")")), {"health"});
    return health.empty() ? -1 : health[0].t;
  };
  EXPECT_NEAR(found(""), 5, 1e-6);
  EXPECT_NEAR(found(R"(,"retriableStatuses":[{"start":500,"end":501}])"), 7, 1e-6);
  EXPECT_NEAR(found(R"(,"expectedStatuses":[{"start":200,"end":501}])"), -1, 0);
}

TEST(MallChecks, AChecksWayCostsWhatTheNetworkAndTheProxyCostAndACutWayIsATimeout) {
  const std::string text = R"({"meshmall":1,"run":{"duration":"20s"},"localities":{"a":{"region":"eu","zone":"a"},"b":{"region":"eu","zone":"b"}},
    "network":{"sameRegion":"10ms"},"sidecar":{"inbound":"1ms"},
    "services":{"bakery":{"versions":{"v1":{"replicas":{"b":1}}},"operations":{"GET /b":{"steps":[]}}}},
    "traffic":[{"name":"lunch","to":"bakery/GET /b","arrivals":{"constant":{"rate":"100/s"}},"locality":"a"}],
    "mesh":{"defaults":{"trafficPolicy":{"healthChecks":{"interval":"1s","timeout":"300ms","unhealthyThreshold":2,"healthyThreshold":1,"noTrafficInterval":"1s"}}}},
    "events":[{"at":"5s","partition":{"between":["a","b"]},"for":"5s"}]})";
  const Mall mall = ran(text);
  const auto health = said(mall, {"health"});
  ASSERT_EQ(health.size(), 2u);
  // A check takes 10 + 1 + 1 + 10 ms, and the next one comes 1 s after its end: the sixth sets out at 5 x 1.022 s and is lost; the seventh 1.3 s later.
  EXPECT_EQ(health[0].text("cause"), "timeout");
  EXPECT_NEAR(health[0].t, 5 * 1.022 + 1.3 + 0.3, 1e-6);
  EXPECT_EQ(health[1].text("state"), "healthy");
  EXPECT_NEAR(health[1].t, 5 * 1.022 + 4 * 1.3 + 0.022, 1e-6);
}

TEST(MallChecks, ASuccessfulCheckEndsAnEjectionUnlessToldOtherwise) {
  const auto let_in = [&](const std::string& more) {
    const std::string policy = R"("outlierDetection":{"consecutive5xxErrors":5,"maxEjectionPercent":100)" + more + R"(},"healthChecks":{"interval":"1s","timeout":"300ms","noTrafficInterval":"1s","expectedStatuses":[{"start":200,"end":600}]})";
    const auto found = said(ran(bakery(2, policy, fails("0.5s", "200ms"), R"("duration":"60s")")), {"uneject"});
    return found.empty() ? -1 : found[0].t;
  };
  EXPECT_NEAR(let_in(""), 1, 1e-6);
  EXPECT_NEAR(let_in(R"(,"successfulActiveHealthCheckUnejectHost":false)"), 40, 1e-6);  // 30 s, at the sweep of 40 s
}

TEST(MallChecks, AnEndpointThatComesLaterIsUnhealthyUntilItsFirstCheck) {
  const std::string policy = R"("healthChecks":{"interval":"1s","timeout":"300ms","initialJitter":"2s","noTrafficInterval":"1s"})";
  const Mall mall = ran(bakery(1, policy, R"({"at":"5s","scale":{"service":"bakery","version":"v1","replicas":2}})", R"("duration":"20s")"));
  const auto health = said(mall, {"health"}, "bakery-v1-1");
  ASSERT_EQ(health.size(), 1u);
  EXPECT_EQ(health[0].text("state"), "healthy");  // its very first result decides alone
  EXPECT_GT(health[0].t, 5);
  EXPECT_LE(health[0].t, 7);
  const auto sent = story::triesIn(mall);
  const auto first = std::find_if(sent.begin(), sent.end(), [](const story::Sent& s) { return s.endpoint == "bakery-v1-1"; });
  ASSERT_NE(first, sent.end());
  EXPECT_GE(static_cast<double>(first->at) / 1e9, health[0].t);
}

// ---- a copy goes on alike -----------------------------------------------------------------------------------------------------------------

TEST(MallChecks, ACopyInTheMidstOfChecksAndPenaltiesGoesOnToTheSameEnd) {
  const std::string policy = R"("outlierDetection":{"maxEjectionPercent":50},"consecutiveFailures":{"maxFailures":3},"healthChecks":{"interval":"700ms","timeout":"300ms","intervalJitterPercent":20,"noTrafficInterval":"1s"})";
  Mall mall(planOf(bakery(4, policy, fails("1s", "4s", "0,1", "0.9"), R"("duration":"12s")")), {.seed = 5});
  mall.runUntil({4'321'000'000});
  Mall copy = mall;
  mall.run();
  copy.run();
  EXPECT_EQ(toJson(mall.result()), toJson(copy.result()));
}

TEST(MallChecks, ADrainedRunEndsAlthoughChecksWouldGoOnForever) {
  const Mall mall = ran(bakery(2, R"("healthChecks":{"interval":"1s","timeout":"300ms"})", "", R"("duration":"5s","drain":true)"));
  EXPECT_TRUE(mall.finished());
  EXPECT_LT(mall.now().seconds(), 6);
}

TEST(MallChecks, ANewConfigurationStartsAndEndsChecksAndBreakers) {
  const std::string events = R"({"at":"2s","patch":{"mesh":{"defaults":{"trafficPolicy":{"healthChecks":{"interval":"1s","timeout":"300ms","noTrafficInterval":"1s"}}}}}},
    {"at":"10s","patch":{"mesh":{"defaults":{"trafficPolicy":{"healthChecks":null,"consecutiveFailures":null}}}}},)" + fails("4.5s", "100s", "0");
  const Mall mall = ran(bakery(2, R"("consecutiveFailures":{"jitterRatio":0,"minPenalty":"50s","maxPenalty":"50s"})", events, R"("duration":"20s")"));
  ASSERT_EQ(said(mall, {"health"}).size(), 2u);  // the failing one, and that it counts again as nobody checks it any more
  ASSERT_EQ(said(mall, {"ejection"}).size(), 1u);
  EXPECT_EQ(*mall.result().metric("requests.failed"), 7 + 500);  // from 10 s on nobody keeps them from the failing one
}

TEST(MallChecks, APatchThatTakesTheRulesAwaySaysWhoComesInAgain) {
  const std::string policy = R"("outlierDetection":{"consecutive5xxErrors":5,"baseEjectionTime":"300s","maxEjectionPercent":100},"healthChecks":{"interval":"1s","timeout":"300ms","noTrafficInterval":"1s"})";
  const std::string patch = R"(,{"at":"10s","patch":{"mesh":{"defaults":{"trafficPolicy":{"outlierDetection":null,"healthChecks":null}}}}})";
  const Mall mall = ran(bakery(3, policy, fails("1.005s", "100s", "0", "1") + patch, R"("duration":"20s")"));
  std::vector<std::string> told;
  for (const auto& d : mall.result().decisions)
    if (d.t == 10 && d.kind != "patch" && d.kind != "event") told.push_back(d.kind + " " + d.subject + " " + std::get<std::string>(d.detail.back().second));
  EXPECT_EQ(told, (std::vector<std::string>{"uneject bakery-v1-0 patch", "health bakery-v1-0 patch"}));
}

TEST(MallBreaker, APatchThatTakesItAwaySaysWhoComesInAgain) {
  const std::string patch = R"(,{"at":"10s","patch":{"mesh":{"defaults":{"trafficPolicy":{"consecutiveFailures":null}}}}})";
  const Mall mall = ran(bakery(2, R"("consecutiveFailures":{"jitterRatio":0,"minPenalty":"50s","maxPenalty":"50s"})", fails("1s", "100s", "0") + patch, R"("duration":"20s")"));
  const auto back = said(mall, {"uneject"});
  ASSERT_EQ(back.size(), 1u);
}

}  // namespace
}  // namespace meshmall::models
