// Rollouts in a running mall: every tick by the clock, every weight in the customers' shares, every promotion in the counters' work.
#include <algorithm>
#include <cmath>

#include "models/mall/mall.h"
#include "models/observation/json_writer.h"
#include "models/scenario/decode_scenario.h"
#include "tests/models/mall_story.h"

namespace meshmall::models {
namespace {

using story::planOf;
using story::told;

std::string valueOf(const DecisionResult& decision, const std::string& key) {
  for (const auto& [name, value] : decision.detail) {
    if (name != key) continue;
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    std::string out;
    appendNumber(out, std::get<double>(value));
    return out;
  }
  return "";
}

// To its end, without notes of the trips.
Mall run(const std::string& text) {
  Mall mall(planOf(text));
  mall.run();
  EXPECT_EQ(mall.audit(), std::vector<std::string>());
  return mall;
}

std::vector<DecisionResult> rolloutsOf(const Result& result) {
  std::vector<DecisionResult> out;
  for (const DecisionResult& decision : result.decisions)
    if (decision.kind == "rollout") out.push_back(decision);
  return out;
}

double of(const Result& result, std::string_view name, std::string_view service, std::string_view version = {}) {
  const auto value = version.empty() ? result.metric(name, ScopeKind::service, service) : result.metric(name, ScopeKind::version, service, version);
  EXPECT_TRUE(value) << name;
  return value.value_or(-1);
}

// A bakery at which a canary is let in; `analysis` and the rest of a Canary's analysis, `more` members of the scenario.
std::string bakery(const std::string& rollout, const std::string& canary_settings = "{}", const std::string& more = "", const std::string& duration = "200s",
                   const std::string& arrivals = R"({"poisson":{"rate":"100/s"}})") {
  return R"({"meshmall":1,"run":{"duration":")" + duration + R"("},"network":{"sameZone":"1ms"},"services":{"bakery":{"versions":{"v1":{"replicas":2,"workers":4,"startup":"2s"},"v2":)" +
         canary_settings + R"(},"operations":{"GET /bread":{"steps":[{"busy":"4ms"}]}}}},"traffic":[{"name":"all","to":"bakery/GET /bread","arrivals":)" + arrivals +
         R"(}],"rollouts":{"bakery":{"primary":"v1","canary":"v2","at":"20s","scrapeInterval":"5s",)" + rollout + "}}" + more + "}";
}
constexpr const char* kFailing = R"({"workers":4,"operations":{"GET /bread":{"steps":[{"busy":"4ms"}],"failure":{"probability":0.2,"status":500}}}})";
const std::string kChecks = R"("metrics":[{"name":"request-success-rate","thresholdRange":{"min":99},"interval":"30s"}])";

std::string flagger(const std::string& analysis) { return R"("flagger":{"analysis":{"interval":"20s",)" + analysis + "}}"; }

TEST(MallRollouts, AFailingCanaryIsTakenBackAtTheTickAfterTheCheckThatReachesTheThreshold) {
  const Mall mall = run(bakery(flagger(R"("threshold":2,"stepWeight":10,"maxWeight":50,)" + kChecks), kFailing));
  const Result result = mall.result();
  const auto ticks = rolloutsOf(result);
  ASSERT_EQ(ticks.size(), 5u);
  const std::vector<std::string> verdicts = {"new revision", "passed", "failed", "failed", "rollback"}, weights = {"0", "10", "10", "10", "0"},
                                 failed = {"0", "0", "1", "2", "0"};
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    EXPECT_EQ(ticks[i].t, 20.0 + 20.0 * static_cast<double>(i));
    EXPECT_EQ(valueOf(ticks[i], "verdict"), verdicts[i]) << i;
    EXPECT_EQ(valueOf(ticks[i], "weight"), weights[i]) << i;
    EXPECT_EQ(valueOf(ticks[i], "failedChecks"), failed[i]) << i;
    EXPECT_EQ(valueOf(ticks[i], "tick"), std::to_string(i + 1));
  }
  EXPECT_NEAR(std::stod(valueOf(ticks[2], "request-success-rate")), 80, 4 * std::sqrt(20.0 * 80 / 150));  // about 150 answers between the scrapes
  EXPECT_EQ(valueOf(ticks[4], "phase"), "Failed");
  // From 40 s to 100 s one in ten; 4 standard errors.
  EXPECT_NEAR(of(result, "requests.total", "bakery", "v2"), 600, 4 * std::sqrt(600.0));
  for (const Endpoint& endpoint : mall.endpoints()) {
    if (endpoint.name.find("v2") != std::string::npos) { EXPECT_EQ(endpoint.state, Endpoint::State::gone); }
  }
}

TEST(MallRollouts, APromotedCanaryGivesItsSettingsToThePrimary) {
  const std::string quick = R"({"replicas":2,"workers":3,"operations":{"GET /bread":{"steps":[{"busy":"1ms"}]}}})";
  const Mall mall = told(bakery(flagger(R"("stepWeight":50,"maxWeight":50,)" + kChecks), quick));
  const Result result = mall.result();
  std::vector<std::string> phases;
  for (const DecisionResult& tick : rolloutsOf(result)) phases.push_back(valueOf(tick, "phase"));
  // The new revision, 50 %, promotion, all back to the primary, the end.
  EXPECT_EQ(phases, (std::vector<std::string>{"Progressing", "Progressing", "Promoting", "Finalising", "Succeeded"}));
  EXPECT_EQ(of(result, "requests.failed", "bakery"), 0);
  std::size_t serving = 0;
  for (const Endpoint& endpoint : mall.endpoints()) {
    if (endpoint.state != Endpoint::State::up) continue;
    ++serving;
    EXPECT_NE(endpoint.name.find("v1"), std::string::npos) << "the canary is closed";
    EXPECT_EQ(endpoint.workers, 3u) << "with the canary's clerks";
  }
  EXPECT_EQ(serving, 2u);
  // Half of them from 40 s to 80 s; 4 standard errors.
  EXPECT_NEAR(of(result, "requests.total", "bakery", "v2"), 100.0 * 40 * 0.5, 4 * std::sqrt(100.0 * 40 * 0.5));
  const std::vector<story::Visit> visits = story::visitsIn(mall);
  EXPECT_LT(visits.back().stayed, story::ms(4)) << "whoever comes last is served at the new pace";
}

TEST(MallRollouts, WithoutRequestsThereIsNoValueAndNoValueIsAFailedCheck) {
  const Result result = run(bakery(flagger(R"("threshold":2,"stepWeight":1,)" + kChecks), "{}", "", "200s", R"({"poisson":{"rate":"1/m"}})")).result();
  const auto ticks = rolloutsOf(result);
  ASSERT_GE(ticks.size(), 3u);
  EXPECT_EQ(valueOf(ticks[2], "request-success-rate"), "no value");
  EXPECT_EQ(valueOf(ticks[2], "verdict"), "failed");
  EXPECT_EQ(valueOf(ticks.back(), "verdict"), "rollback");
}

TEST(MallRollouts, AnAbTestIsForThoseWhoMatchOnly) {
  const std::string analysis = R"("iterations":3,"match":[{"headers":{"x-badge":{"exact":"staff"}}}])";
  const std::string staff = R"({"name":"staff","to":"bakery/GET /bread","arrivals":{"constant":{"rate":"10/s"}},"headers":{"x-badge":"staff"}})";
  std::string text = bakery(flagger(analysis));
  text.replace(text.find("\"traffic\":[") + 11, 0, staff + ",");
  const Mall mall = told(text);
  // From the first iteration at 40 s until the promotion is over, at 120 s all staff and nobody else are at the canary.
  const Result result = mall.result();
  const auto ticks = rolloutsOf(result);
  ASSERT_EQ(ticks.size(), 7u);
  EXPECT_EQ(valueOf(ticks[4], "phase"), "Promoting") << "N + 1 ticks from the first one of the analysis";
  double to_canary = 0;
  for (const TripRecord& r : mall.trips().records())
    if (r.kind == TripRecordKind::tried && mall.endpoints()[r.y].name.find("v2") != std::string::npos) to_canary += 1;
  EXPECT_NEAR(to_canary, 10.0 * 80, 2);
  EXPECT_EQ(of(result, "requests.total", "bakery", "v2"), to_canary);
}

TEST(MallRollouts, BlueGreenMirrorsSwitchesAndPromotes) {
  const Result result = run(bakery(flagger(R"("iterations":2,"mirror":true,"mirrorWeight":50,)" + kChecks), R"({"workers":4})")).result();
  const auto ticks = rolloutsOf(result);
  ASSERT_GE(ticks.size(), 7u);
  const std::vector<std::string> weights = {"0", "0", "0", "100", "100", "0"};
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_EQ(valueOf(ticks[i], "weight"), weights[i]) << i;
  // Half of what came from 40 s to 80 s was copied.
  EXPECT_NEAR(result.metric("mirrored.total").value_or(0), 100.0 * 40 * 0.5, 4 * std::sqrt(100.0 * 40 * 0.5));
  EXPECT_EQ(of(result, "requests.failed", "bakery"), 0);
}

TEST(MallRollouts, HooksAreAnsweredByTheClock) {
  const std::string hooks = R"("stepWeight":50,"maxWeight":50,"webhooks":[{"name":"go","type":"confirm-rollout","passes":{"from":"50s"}},{"name":"ok","type":"confirm-promotion","passes":{"from":"150s"}}])";
  const auto ticks = rolloutsOf(run(bakery(flagger(hooks))).result());
  ASSERT_GE(ticks.size(), 8u);
  EXPECT_EQ(valueOf(ticks[0], "phase"), "Waiting");
  EXPECT_EQ(valueOf(ticks[1], "phase"), "Waiting");
  EXPECT_EQ(valueOf(ticks[2], "phase"), "Progressing") << "at 60 s";
  EXPECT_EQ(valueOf(ticks[4], "phase"), "WaitingPromotion") << "at 100 s";
  EXPECT_EQ(valueOf(ticks[7], "phase"), "Promoting") << "at 160 s";
}

TEST(MallRollouts, NoProxyKnowsANewWeightBeforeItsPropagationIsOver) {
  const Mall mall = told(bakery(flagger(R"("stepWeight":100)"), "{}", R"(,"mesh":{"discovery":{"propagation":"2s","debounceAfter":"0s"}})", "100s"));
  std::int64_t first = 0, last_old = 0;
  for (const story::Sent& sent : story::triesIn(mall)) {
    if (sent.at > story::ms(60'000)) break;
    const bool canary = sent.endpoint.find("v2") != std::string::npos;
    if (canary && first == 0) first = sent.at;
    if (!canary) last_old = sent.at;
  }
  EXPECT_GE(first, story::ms(42'000)) << "the weight was set at 40 s";
  EXPECT_LT(first, story::ms(42'200));
  EXPECT_LT(last_old, story::ms(42'000)) << "nobody goes by the old weight after that";
}

TEST(MallRollouts, WithSessionAffinityUsersStayAtTheCanary) {
  const std::string users = R"({"closed":{"users":200,"think":"1s"}})";
  const std::string steps = R"("stepWeight":10,"maxWeight":10,"iterations":0,"webhooks":[{"name":"ok","type":"confirm-promotion","passes":false}])";
  const Mall drawn = run(bakery(flagger(steps), R"({"workers":4})", "", "100s", users));
  const Mall held = run(bakery(flagger(steps + R"(,"sessionAffinity":{"cookieName":"c"})"), R"({"workers":4})", "", "100s", users));
  const double per_second = 200 / 1.0065;
  // 60 s at one in ten; with the cookie a user who was there once stays: after k visits 1 - 0.9^k of them have.
  EXPECT_NEAR(of(drawn.result(), "requests.total", "bakery", "v2"), per_second * 60 * 0.1, 4 * std::sqrt(per_second * 60 * 0.09));
  double expected = 0;
  for (int k = 1; k <= 60; ++k) expected += 200 * (1 - std::pow(0.9, k));
  EXPECT_NEAR(of(held.result(), "requests.total", "bakery", "v2"), expected, 0.05 * expected);
}

TEST(MallRollouts, ArgoWithoutARouterSharesByReplicas) {
  const std::string argo = R"("argo":{"replicas":4,"strategy":{"canary":{"maxSurge":1,"maxUnavailable":0,"steps":[{"setWeight":25},{"pause":{"duration":"60s"}}]}}})";
  std::string text = bakery(argo, R"({"replicas":4,"workers":4,"startup":"2s"})");
  text.replace(text.find("\"replicas\":2"), 12, "\"replicas\":4");
  const Mall mall = run(text);
  const Result result = mall.result();
  EXPECT_EQ(of(result, "requests.failed", "bakery"), 0);
  std::size_t up = 0;
  for (const Endpoint& endpoint : mall.endpoints()) {
    if (endpoint.state != Endpoint::State::up) continue;
    EXPECT_NE(endpoint.name.find("v2"), std::string::npos) << "the new revision is the stable one";
    ++up;
  }
  EXPECT_EQ(up, 4u);
  const auto events = rolloutsOf(result);
  const auto promoted = std::find_if(events.begin(), events.end(), [](const DecisionResult& d) { return valueOf(d, "event") == "the new revision is the stable one"; });
  ASSERT_NE(promoted, events.end());
  EXPECT_GT(promoted->t, 82) << "a pause of a minute, and replicas that take two seconds each";
  EXPECT_LT(promoted->t, 100);
}

TEST(MallRollouts, ArgoWithARouterRoutesByWeightAndByHeader) {
  const std::string argo =
      R"("argo":{"strategy":{"canary":{"trafficRouting":{"istio":{},"managedRoutes":[{"name":"me"}]},"steps":[{"setCanaryScale":{"replicas":1}},{"setHeaderRoute":{"name":"me","match":[{"headerName":"x-badge","headerValue":{"exact":"staff"}}]}},{"pause":{"duration":"30s"}},{"setWeight":20},{"pause":{"duration":"40s"}},{"analysis":{"templates":[{"templateName":"t"}]}}]}},"analysisTemplates":[{"name":"t","metrics":[{"name":"ok","metric":"success.rate","window":"40s","successCondition":"result >= 0.95"}]}]})";
  const std::string staff = R"({"name":"staff","to":"bakery/GET /bread","arrivals":{"constant":{"rate":"10/s"}},"headers":{"x-badge":"staff"}})";
  std::string text = bakery(argo, kFailing);
  text.replace(text.find("\"traffic\":[") + 11, 0, staff + ",");
  const Mall mall = run(text);
  const Result result = mall.result();
  const auto events = rolloutsOf(result);
  const auto when = [&](const std::string& event) {
    for (const DecisionResult& d : events)
      if (valueOf(d, "event") == event) return d.t;
    return -1.0;
  };
  EXPECT_EQ(when("canary weight 20"), 50) << "a canary that starts at once, and 30 s";
  const double aborted = when("aborts: all traffic to the stable revision");
  EXPECT_EQ(aborted, 90);
  // Staff from 20 s on, one in five of all others from 50 s to 90 s.
  const double expected = 10.0 * 70 + 100.0 * 40 * 0.2;
  EXPECT_NEAR(of(result, "requests.total", "bakery", "v2"), expected, 4 * std::sqrt(expected));
}

TEST(MallRollouts, ArgosBlueGreenSwitchesAllAtOnce) {
  const std::string argo = R"("argo":{"strategy":{"blueGreen":{"autoPromotionSeconds":30}}})";
  const Mall mall = told(bakery(argo, R"({"replicas":2,"workers":4,"startup":"5s"})"));
  for (const story::Sent& sent : story::triesIn(mall)) {
    const bool canary = sent.endpoint.find("v2") != std::string::npos;
    EXPECT_EQ(canary, sent.at >= story::ms(55'000)) << sent.at;
  }
  for (const Endpoint& endpoint : mall.endpoints()) {
    if (endpoint.name.find("v1") != std::string::npos) { EXPECT_EQ(endpoint.state, Endpoint::State::gone); }
  }
}

TEST(MallRollouts, ACopyTakenInTheMiddleGoesOnToTheSameEnd) {
  Mall mall(planOf(bakery(flagger(R"("threshold":2,"stepWeight":10,"maxWeight":50,)" + kChecks), kFailing)));
  mall.runUntil(SimTime{} + engine::seconds(70));
  Mall copy = mall;
  mall.run();
  copy.run();
  EXPECT_EQ(mall.fingerprint().hex(), copy.fingerprint().hex());
  EXPECT_EQ(toJson(mall.result()), toJson(copy.result()));
}

TEST(MallRollouts, ARewriteAsksTheCalleeForAnotherOperation) {
  const std::string text =
      R"({"meshmall":1,"run":{"duration":"10s"},"services":{"shop":{"operations":{"GET /api/bread":{"steps":[{"busy":"9ms"}]},"GET /bread":{"steps":[{"busy":"1ms"}]}}}},
          "traffic":[{"name":"a","to":"shop/GET /api/bread","arrivals":{"constant":{"rate":"10/s"}}}],
          "mesh":{"virtualServices":{"shop":{"http":[{"match":[{"uri":{"prefix":"/api"}}],"rewrite":{"uri":""},"route":[{"destination":{"host":"shop"}}]}]}}}})";
  const Mall mall = told(text);
  for (const story::Visit& visit : story::visitsIn(mall)) {
    if (visit.stayed < 0) continue;
    EXPECT_EQ(visit.status, 200);
    EXPECT_EQ(visit.stayed, story::ms(1));
  }
}

TEST(MallRollouts, ARedirectIsTheProxysOwnAnswer) {
  const std::string text =
      R"({"meshmall":1,"run":{"duration":"10s"},"services":{"shop":{"operations":{"GET /":{"steps":[{"busy":"9ms"}]}}}},
          "traffic":[{"name":"a","to":"shop/GET /","arrivals":{"constant":{"rate":"10/s"}}}],
          "mesh":{"virtualServices":{"shop":{"http":[{"redirect":{"uri":"/new","redirectCode":302}}]}}}})";
  for (const story::Visit& visit : story::visitsIn(told(text))) EXPECT_EQ(visit.status, 302);
}

}  // namespace
}  // namespace meshmall::models
