// Failover in the running mall: shares of priorities by Envoy's published tables, panic, degraded endpoints, Istio's locality settings, zones.
#include <algorithm>
#include <cmath>

#include "tests/models/mall_story.h"

namespace meshmall::models {
namespace {

using story::planOf;

std::string listOf(std::uint32_t from, std::uint32_t count) {
  std::string out;
  for (std::uint32_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + std::to_string(from + i);
  return out;
}

double requestsOf(const Result& result, const EndpointResult& endpoint) { return *result.metric("requests.total", ScopeKind::endpoint, endpoint.name); }

// Tries sent to the service's endpoints in a locality.
double sent(const Result& result, const std::string& service, const std::string& locality) {
  double sum = 0;
  for (const auto& s : result.services) {
    if (s.name != service) continue;
    for (const auto& e : s.endpoints)
      if (e.locality == locality) sum += requestsOf(result, e);
  }
  return sum;
}

Result resultOf(const std::string& text, std::uint64_t seed = 1) {
  Mall mall(planOf(text), {.seed = seed});
  mall.run();
  EXPECT_EQ(mall.audit(), std::vector<std::string>());
  return mall.result();
}

std::vector<DecisionResult> decisions(const Result& result, const std::string& kind) {
  std::vector<DecisionResult> out;
  for (const auto& d : result.decisions)
    if (d.kind == kind) out.push_back(d);
  return out;
}

double number(const DecisionResult& d, const std::string& key) {
  for (const auto& [name, value] : d.detail)
    if (name == key) return std::get<double>(value);
  return -1;
}

// Two priorities of 100 endpoints each, of which so many in a hundred are healthy by active checks; 100,000 measured customers.
Result twoLevels(std::uint32_t p0_healthy, std::uint32_t p1_healthy, const std::string& panic = "0") {
  const std::string failing = listOf(0, 100 - p0_healthy) + (p0_healthy < 100 && p1_healthy < 100 ? "," : "") + listOf(100, 100 - p1_healthy);
  const std::string event = failing.empty() ? "" : R"({"at":"1s","fail":{"service":"bakery","endpoints":[)" + failing + R"(],"probability":1,"status":503}})";
  return resultOf(R"({"meshmall":1,"run":{"duration":"100s","warmup":"5s"},
    "localities":{"here":{"region":"eu","zone":"a"},"there":{"region":"us","zone":"b"}},
    "services":{"bakery":{"versions":{"v1":{"replicas":{"here":100,"there":100},"workers":8}},"operations":{"GET /b":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"lunch","to":"bakery/GET /b","arrivals":{"constant":{"rate":"1000/s"}},"locality":"here"}],
    "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{
      "loadBalancer":{"simple":"ROUND_ROBIN","panicThreshold":)" + panic + R"(},
      "outlierDetection":{"consecutive5xxErrors":0},
      "healthChecks":{"interval":"1s","timeout":"500ms","noTrafficInterval":"1s"}}}},
    "events":[)" + event + "]}");
}

// A binomial share of 100,000 has a standard error of at most 0.16 points: half a point is three of them.
constexpr double kHalfPoint = 0.5;

TEST(MallFailover, TrafficStaysAsEnvoysTableOfPrioritiesSays) {
  const int healthy[] = {100, 72, 71, 50, 25, 0};
  const double stays[] = {100, 100, 99, 70, 35, 0};
  for (std::size_t i = 0; i < 6; ++i) {
    const Result result = twoLevels(static_cast<std::uint32_t>(healthy[i]), 100);
    const double here = sent(result, "bakery", "here"), there = sent(result, "bakery", "there");
    EXPECT_EQ(here + there, 100'000) << healthy[i];
    EXPECT_NEAR(100 * here / (here + there), stays[i], kHalfPoint) << healthy[i] << " % healthy";
  }
}

TEST(MallFailover, TrafficIsSplitAsEnvoysTableSaysWhenBothPrioritiesDegrade) {
  const std::uint32_t healthy[][2] = {{72, 72}, {71, 71}, {50, 50}, {25, 100}, {25, 25}};
  const double stays[] = {100, 99, 70, 35, 50};
  for (std::size_t i = 0; i < 5; ++i) {
    const Result result = twoLevels(healthy[i][0], healthy[i][1]);
    const double here = sent(result, "bakery", "here"), there = sent(result, "bakery", "there");
    EXPECT_EQ(here + there, 100'000);
    EXPECT_NEAR(100 * here / (here + there), stays[i], kHalfPoint) << healthy[i][0] << "/" << healthy[i][1];
  }
}

TEST(MallFailover, PanicComesAndSplitsAsEnvoysTableSays) {
  const std::uint32_t healthy[][2] = {{72, 72}, {71, 71}, {25, 25}, {5, 65}};
  const double stays[] = {100, 99, 50, 8};
  const bool panics[][2] = {{false, false}, {false, false}, {true, true}, {true, false}};
  for (std::size_t i = 0; i < 4; ++i) {
    const Result result = twoLevels(healthy[i][0], healthy[i][1], "50");
    const double here = sent(result, "bakery", "here"), there = sent(result, "bakery", "there");
    EXPECT_NEAR(100 * here / (here + there), stays[i], kHalfPoint) << healthy[i][0] << "/" << healthy[i][1];
    bool seen[2] = {false, false};  // as the decisions say, in the end
    for (const DecisionResult& d : result.decisions) {
      if (d.kind == "panic") seen[static_cast<std::size_t>(number(d, "priority"))] = true;
      if (d.kind == "panicOver") seen[static_cast<std::size_t>(number(d, "priority"))] = false;
    }
    EXPECT_EQ(seen[0], panics[i][0]) << healthy[i][0];
    EXPECT_EQ(seen[1], panics[i][1]) << healthy[i][1];
    if (!panics[i][0]) continue;  // all endpoints of a panicking priority get their share, the unhealthy ones too
    double failing = 0;
    for (const auto& e : result.services.at(0).endpoints)
      if (e.locality == "here" && requestsOf(result, e) > 0) ++failing;
    EXPECT_EQ(failing, 100) << healthy[i][0];
  }
}

std::string allFail(const std::string& panic) {
  return R"({"meshmall":1,"run":{"duration":"20s","warmup":"5s"},
    "services":{"bakery":{"versions":{"v1":{"replicas":4,"workers":8}},"operations":{"GET /b":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"lunch","to":"bakery/GET /b","arrivals":{"constant":{"rate":"100/s"}}}],
    "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{
      "loadBalancer":{"simple":"ROUND_ROBIN")" + panic + R"(},
      "outlierDetection":{"interval":"1s","baseEjectionTime":"100s","maxEjectionPercent":100}}}},
    "events":[{"at":"1s","fail":{"service":"bakery","probability":1,"status":500}}]})";
}

TEST(MallFailover, WithAllEndpointsEjectedPanicSendsTrafficAnywayAndIstiosDefaultDoesNot) {
  const Result panicking = resultOf(allFail(R"(,"panicThreshold":50)"));
  EXPECT_EQ(*panicking.metric("noHealthyUpstream.total"), 0);
  EXPECT_EQ(sent(panicking, "bakery", "default") , 2000);
  ASSERT_FALSE(decisions(panicking, "panic").empty());
  EXPECT_EQ(decisions(panicking, "panic").front().by, "gateway-0");
  const Result strict = resultOf(allFail(""));
  EXPECT_EQ(*strict.metric("noHealthyUpstream.total"), 2000);
  EXPECT_EQ(sent(strict, "bakery", "default"), 0);
  EXPECT_TRUE(decisions(strict, "panic").empty());
}

TEST(MallFailover, APatchThatTurnsPanicOffEndsIt) {
  // All four are ejected by second 2; panic serves them anyway until the patch at 15 s, half-way through the window.
  std::string text = allFail(R"(,"panicThreshold":50)");
  text.replace(text.rfind("]}"), 2, R"(,{"at":"15s","patch":{"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"panicThreshold":0}}}}}}]})");
  const Result result = resultOf(text);
  ASSERT_EQ(decisions(result, "panicOver").size(), 1u);
  EXPECT_EQ(decisions(result, "panicOver").front().t, 15);
  EXPECT_NEAR(*result.metric("noHealthyUpstream.total"), 1000, 1);
}

// ---- degraded ----------------------------------------------------------------------------------------------------------------------

TEST(MallFailover, DegradedEndpointsGetTrafficOnlyBeyondWhatHealthyOnesCarry) {
  // Two endpoints of bakery are slow enough to have a line; from five waiting on they say that they are degraded.
  const Result result = resultOf(R"({"meshmall":1,"run":{"duration":"60s"},
    "services":{"bakery":{"versions":{"v1":{"replicas":4,"workers":1}},"operations":{"GET /b":{"steps":[{"busy":"2ms"}]}}}},
    "traffic":[{"name":"lunch","to":"bakery/GET /b","arrivals":{"constant":{"rate":"200/s"}}}],
    "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"},
      "healthChecks":{"interval":"1s","timeout":"500ms","noTrafficInterval":"1s","healthyThreshold":1,"degradedWaiting":5}}}},
    "events":[{"at":"10s","slow":{"service":"bakery","endpoints":[0],"factor":100},"for":"10s"}]})");
  const auto health = decisions(result, "health");
  ASSERT_GE(health.size(), 2u);
  EXPECT_EQ(health.front().subject, "bakery-v1-0");
  EXPECT_EQ(std::get<std::string>(health.front().detail.at(0).second), "degraded");
  // 200 ms a piece at 50 a second: the line grows by 45 a second until a check notices (within 1 s), then gets nothing more; three of four healthy carry
  // all: 140 % x 75 % > 100 %. About 50 are drained at 5 a second.
  EXPECT_LT(*result.metric("latency.max"), 20'000);
  EXPECT_EQ(std::get<std::string>(health.back().detail.at(0).second), "healthy");
}

// ---- Istio's settings ----------------------------------------------------------------------------------------------------------------

std::string places(const std::string& balancer, const std::string& rest, const std::string& events = "") {
  return R"({"meshmall":1,"run":{"duration":"100s","warmup":"5s"},
    "localities":{"here":{"region":"eu","zone":"a"},"near":{"region":"eu","zone":"b"},"far":{"region":"us","zone":"c"},"farther":{"region":"asia","zone":"d"}},
    "gateway":{"replicas":{"here":1}},
    "services":{"bakery":{"versions":{"v1":{"replicas":{"here":2,"near":2,"far":2,"farther":2},"workers":64}},"operations":{"GET /b":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"lunch","to":"bakery/GET /b","arrivals":{"constant":{"rate":"1000/s"}},"locality":"here"}],
    "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN")" + balancer + "}" + rest + R"(}}},
    "events":[)" + events + "]}";
}

const char* const kChecked = R"(,"outlierDetection":{"consecutive5xxErrors":0},"healthChecks":{"interval":"1s","timeout":"500ms","noTrafficInterval":"1s"})";
std::string placeFails(const std::string& locality) {
  return R"({"at":"1s","fail":{"service":"bakery","locality":")" + locality + R"(","probability":1,"status":503}})";
}
const std::string kEuropeFails = placeFails("here") + "," + placeFails("near");

TEST(MallFailover, TheOwnZoneThenTheRegionThenOthersTakeOver) {
  const Result all_well = resultOf(places("", kChecked));
  EXPECT_EQ(sent(all_well, "bakery", "here"), 100'000);
  const Result own_zone_fails = resultOf(places("", kChecked, placeFails("here")));
  EXPECT_EQ(sent(own_zone_fails, "bakery", "near"), 100'000);
  const Result region_fails = resultOf(places("", kChecked, kEuropeFails));
  EXPECT_NEAR(sent(region_fails, "bakery", "far"), 50'000, 500);  // both other regions are priority 2
}

TEST(MallFailover, AFailoverRuleNamesTheRegionThatComesNext) {
  const Result result = resultOf(places(R"(,"localityLbSetting":{"failover":[{"from":"eu","to":"asia"}]})", kChecked, kEuropeFails));
  EXPECT_EQ(sent(result, "bakery", "farther"), 100'000);
}

TEST(MallFailover, SwitchedOffOrWithoutOutlierDetectionPlacesDoNotMatter) {
  const Result off = resultOf(places(R"(,"localityLbSetting":{"enabled":false})", kChecked));
  EXPECT_EQ(sent(off, "bakery", "here"), 25'000);
  const Result without = resultOf(places(R"(,"localityLbSetting":{"failover":[{"from":"eu","to":"asia"}]})", ""));
  EXPECT_EQ(sent(without, "bakery", "here"), 25'000);
}

TEST(MallFailover, DistributeGivesEachLocalityItsWeightAndOthersNothing) {
  const Result result = resultOf(places(R"(,"localityLbSetting":{"distribute":[{"from":"eu/a/*","to":{"eu/a/*":70,"eu/b/*":20,"us/*":10}}]})", ""));
  EXPECT_NEAR(sent(result, "bakery", "here") / 1000, 70, 0.1);  // by schedule, not by chance
  EXPECT_NEAR(sent(result, "bakery", "near") / 1000, 20, 0.1);
  EXPECT_NEAR(sent(result, "bakery", "far") / 1000, 10, 0.1);
  EXPECT_EQ(sent(result, "bakery", "farther"), 0);
}

TEST(MallFailover, LabelsMayDecideInsteadOfPlaces) {
  // Callers of version a prefer bakeries with their own label; the other ones take over when those fail.
  const std::string text = R"({"meshmall":1,"run":{"duration":"20s","warmup":"5s"},
    "services":{"front":{"versions":{"a":{"replicas":1,"workers":64,"labels":{"app":"front","stack":"blue"}}},"operations":{"GET /":{"steps":[{"call":"bakery/GET /b"}]}}},
                "bakery":{"versions":{"v1":{"replicas":2,"workers":64,"labels":{"stack":"green"}},"v2":{"replicas":2,"workers":64,"labels":{"stack":"blue"}}},
                          "operations":{"GET /b":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"lunch","to":"front/GET /","arrivals":{"constant":{"rate":"100/s"}}}],
    "mesh":{"destinationRules":{"bakery":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN","localityLbSetting":{"failoverPriority":["stack"]}}@}}}},
    "events":[#]})";
  const auto with = [&](std::string rest, const std::string& events) {
    std::string t = text;
    t.replace(t.find('@'), 1, rest);
    t.replace(t.find('#'), 1, events);
    return resultOf(t);
  };
  const auto to = [](const Result& r, const char* version) { return *r.metric("requests.total", ScopeKind::version, "bakery", version); };
  EXPECT_EQ(to(with(kChecked, ""), "v2"), 2000);
  EXPECT_EQ(to(with(kChecked, R"({"at":"1s","fail":{"service":"bakery","version":"v2","probability":1,"status":503}})"), "v1"), 2000);
}

// ---- zones ---------------------------------------------------------------------------------------------------------------------------

// The gateway is the caller: four replicas in zone a, two in b; endpoints the other way round. Customers come to zone a's.
std::string zones(const std::string& settings) {
  return R"({"meshmall":1,"run":{"duration":"100s"},
    "localities":{"a":{"region":"eu","zone":"a"},"b":{"region":"eu","zone":"b"}}, "gateway":{"replicas":{"a":4,"b":2}},
    "services":{"bakery":{"versions":{"v1":{"replicas":{"a":2,"b":4},"workers":64}},"operations":{"GET /b":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"lunch","to":"bakery/GET /b","arrivals":{"constant":{"rate":"600/s"}},"locality":"a"}],
    "mesh":{"destinationRules":{"bakery":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN","zoneAware":{)" + settings + R"(}}}}}}})";
}

double shareOfA(const std::string& settings) {
  const Result result = resultOf(zones(settings));
  const double a = sent(result, "bakery", "a"), b = sent(result, "bakery", "b");
  EXPECT_NEAR(a + b, 60'000, 10);
  return 100 * a / (a + b);
}

TEST(MallFailover, CallersKeepToTheirZoneAsFarAsItsShareOfEndpointsGoes) {
  // Two thirds of the callers and one third of the endpoints are in zone a: half stays, the rest goes to b. Standard error of 60,000 draws: 0.2 points.
  EXPECT_NEAR(shareOfA(""), 50, 0.8);
}

TEST(MallFailover, ZonesMayBeForcedOrSwitchedOffForAShareOrBeTooSmallToMatter) {
  EXPECT_EQ(shareOfA(R"("forceLocalZone":{"minSize":2})"), 100);
  EXPECT_NEAR(shareOfA(R"("forceLocalZone":{"minSize":3})"), 50, 0.8);
  EXPECT_NEAR(shareOfA(R"("routingEnabled":0)"), 100.0 / 3, 0.1);  // by turns
  EXPECT_NEAR(shareOfA(R"("minClusterSize":7)"), 100.0 / 3, 0.1);
  EXPECT_NEAR(shareOfA(R"("routingEnabled":50)"), (50 + 100.0 / 3) / 2, 0.8);
}

// Panic is judged over the places too: with all endpoints failing, each place gets its share of the endpoints (2 of 8, 2 of 8, and 4 of 8 in the other regions).
TEST(MallFailover, MinHealthPercentActsWhereEndpointsAreSpreadOverPlaces) {
  const std::string everywhere = kEuropeFails + "," + placeFails("far") + "," + placeFails("farther");
  const auto checked = [](const std::string& percent) {
    return R"(,"outlierDetection":{"consecutive5xxErrors":0,"minHealthPercent":)" + percent + R"(},"healthChecks":{"interval":"1s","timeout":"500ms","noTrafficInterval":"1s"})";
  };
  const Result panicking = resultOf(places("", checked("50"), everywhere));
  EXPECT_EQ(*panicking.metric("noHealthyUpstream.total"), 0);
  EXPECT_NEAR(sent(panicking, "bakery", "here"), 25'000, 3 * std::sqrt(100'000 * 0.25 * 0.75));  // three standard errors
  EXPECT_NEAR(sent(panicking, "bakery", "far"), 25'000, 3 * std::sqrt(100'000 * 0.25 * 0.75));
  EXPECT_EQ(decisions(panicking, "panic").size(), 3u);  // of each priority
  const Result strict = resultOf(places("", checked("0"), everywhere));
  EXPECT_EQ(*strict.metric("noHealthyUpstream.total"), 100'000);
  // While places that are well can take all of it, nobody panics, whatever the percentage of the others.
  EXPECT_TRUE(decisions(resultOf(places("", checked("100"), placeFails("here"))), "panic").empty());
}

// ---- where retries go -----------------------------------------------------------------------------------------------------------------

// The own place fails only in part of the tries, so it stays in use; retries that may leave it do after every two failed tries.
TEST(MallFailover, RetriesLeaveThePriorityThatFailed) {
  // Within a few hundred: calls that end beyond the window have made fewer tries.
  const std::string half = R"({"at":"1s","fail":{"service":"bakery","locality":"here","probability":1,"status":503}})";
  const auto text = [&](const std::string& retries) {
    std::string scenario = places("", R"(,"outlierDetection":{"consecutive5xxErrors":0})", half);
    scenario.replace(scenario.find("\"retries\":{\"attempts\":0}"), 24, "\"retries\":{\"retryOn\":\"5xx\"," + retries + "}");
    return scenario;
  };
  const Result stays = resultOf(text(R"("attempts":3)"));
  EXPECT_EQ(*stays.metric("requests.ok"), 0);
  EXPECT_NEAR(sent(stays, "bakery", "here"), 400'000, 500);
  for (const char* leaves : {R"("attempts":3,"retryRemoteLocalities":true)", R"("attempts":3,"retryPriority":{"previousPriorities":{"updateFrequency":2}})"}) {
    const Result result = resultOf(text(leaves));
    EXPECT_EQ(*result.metric("requests.failed"), 0) << leaves;
    EXPECT_NEAR(sent(result, "bakery", "here"), 200'000, 500) << leaves;  // two failed tries each, then the next zone
    EXPECT_NEAR(sent(result, "bakery", "near"), 100'000, 500) << leaves;
  }
  const Result at_once = resultOf(text(R"("attempts":3,"retryPriority":{"previousPriorities":{"updateFrequency":1}})"));
  EXPECT_NEAR(sent(at_once, "bakery", "here"), 100'000, 500);
  EXPECT_NEAR(sent(at_once, "bakery", "near"), 100'000, 500);
}

}  // namespace
}  // namespace meshmall::models
