// What proxies know, and when: changes of endpoints and of policies reach each of them after a time of its own, to the nanosecond.
#include "mall_story.h"

#include <algorithm>
#include <cmath>

#include "models/observation/trip.h"

namespace meshmall::models {
namespace {

using namespace story;
using State = Endpoint::State;

// Ten customers a second, the k-th at k x 100 ms; 10 ms of work; 1 ms each way; no retries.
std::string shop(const std::string& discovery, const std::string& event, const std::string& more = "", const std::string& mesh = "", const std::string& replicas = "2",
                 const std::string& traffic = "") {
  return R"({"meshmall":1,"run":{"duration":"8s"},"network":{"sameZone":"1ms"},)" + more + R"("services":{"a":{"versions":{"v1":{"replicas":)" + replicas +
         R"(}},"operations":{"x":{"steps":[{"busy":"10ms"}]}}}},"traffic":[{"name":"t","to":"a/x",)" + traffic +
         R"("arrivals":{"constant":{"rate":"10/s"}}}],"mesh":{"discovery":)" + discovery + "," + mesh +
         R"("defaults":{"retries":{"attempts":0},"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}}},"events":[)" + event + "]}";
}

std::string toStatus(const std::string& status) {  // a patch: the proxy answers itself
  return R"({"mesh":{"virtualServices":{"a":{"http":[{"directResponse":{"status":)" + status + "}}]}}}}";
}

TEST(MallDiscovery, APatchActsAtEachProxyAfterItsPropagationAndNotBefore) {
  const Mall mall = told(shop(R"({"propagation":"2s"})", R"({"at":"1050ms","patch":)" + toStatus("418") + "}"));
  for (const Visit& visit : visitsIn(mall)) EXPECT_EQ(visit.status, visit.came < ms(3050) ? 200 : 418) << visit.came;
}

TEST(MallDiscovery, LimitsAtADoorAreThoseThatItsOwnProxyHasHeardOf) {
  const Mall mall = told(shop(R"({"propagation":"2s"})", R"({"at":"1050ms","patch":{"mesh":{"rateLimits":{"a":{"local":{"maxTokens":1,"tokensPerFill":1,"fillInterval":"1h"}}}}}})", "", "", "1"));
  bool first = true;
  for (const Visit& visit : visitsIn(mall)) {
    const bool limited = visit.came > ms(3050);
    EXPECT_EQ(visit.status, !limited || first ? 200 : 429) << visit.came;
    first = first && !limited;
  }
}

TEST(MallDiscovery, EveryProxyHasAPropagationOfItsOwn) {
  const std::string text = shop(R"({"propagation":{"uniform":{"min":"1s","max":"3s"}}})", R"({"at":"1s","patch":)" + toStatus("418") + "}",
                                R"("gateway":{"replicas":40},)");
  Mall mall = begun(text);
  std::vector<std::int64_t> heard;
  while (mall.step())
    for (const Proxy& proxy : mall.proxies())
      if (proxy.kind == Proxy::Kind::gateway && proxy.mesh_version == 1 && heard.size() < 40) {
        const auto all = static_cast<std::size_t>(std::count_if(mall.proxies().begin(), mall.proxies().end(), [](const Proxy& p) { return p.kind == Proxy::Kind::gateway && p.mesh_version == 1; }));
        while (heard.size() < all) heard.push_back(mall.now().ns);
      }
  ASSERT_EQ(heard.size(), 40U);
  EXPECT_GE(heard.front(), ms(2000));
  EXPECT_LE(heard.back(), ms(4000));
  double sum = 0;
  for (const std::int64_t at : heard) sum += static_cast<double>(at - ms(1000)) * 1e-9;
  EXPECT_NEAR(sum / 40, 2.0, 4 * (2.0 / std::sqrt(12.0)) / std::sqrt(40.0));  // mean of 40 uniform draws, four standard errors
  for (const Visit& visit : visitsIn(mall)) {
    if (visit.came < ms(2000)) {
      EXPECT_EQ(visit.status, 200) << visit.came;
    }
    if (visit.came > ms(4000)) {
      EXPECT_EQ(visit.status, 418) << visit.came;
    }
  }
}

TEST(MallDiscovery, WithoutATimeOfPropagationAChangeWaitsForTheGatheringOnly) {
  const Mall mall = told(shop("{}", R"({"at":"1050ms","patch":)" + toStatus("418") + "}"));
  for (const Visit& visit : visitsIn(mall)) EXPECT_EQ(visit.status, visit.came < ms(1150) ? 200 : 418) << visit.came;
}

TEST(MallDiscovery, ChangesThatFollowEachOtherCloselyGoOutInOnePush) {
  const std::string text = shop("{}", R"({"at":"1s","patch":)" + toStatus("418") + R"(},{"at":"1060ms","patch":)" + toStatus("419") + R"(},{"at":"1120ms","patch":)" + toStatus("420") + "}");
  const Mall mall = told(text);
  for (const Visit& visit : visitsIn(mall)) EXPECT_EQ(visit.status, visit.came < ms(1220) ? 200 : 420) << visit.came;
  std::size_t pushes = 0;
  for (const Decision& decision : mall.collector().decisions())
    if (decision.kind == DecisionKind::push) {
      ++pushes;
      EXPECT_EQ(decision.at.ns, ms(1220));
    }
  EXPECT_EQ(pushes, 1U);
}

TEST(MallDiscovery, PushesDoNotOvertakeEachOther) {
  // Propagation is 3 s for some pushes and 0.2 s for others: the second patch is never undone by a late first.
  const std::string text = shop(R"({"propagation":{"empirical":{"values":["200ms","3s"],"weights":[1,1]}}})",
                                R"({"at":"1s","patch":)" + toStatus("418") + R"(},{"at":"1500ms","patch":)" + toStatus("419") + R"(},{"at":"2s","patch":)" + toStatus("420") + "}",
                                R"("gateway":{"replicas":20},)");
  Mall mall = begun(text);
  std::vector<std::uint32_t> version(mall.proxies().size());
  while (mall.step())
    for (std::size_t p = 0; p < mall.proxies().size(); ++p) {
      EXPECT_GE(mall.proxies()[p].mesh_version, version[p]);
      version[p] = mall.proxies()[p].mesh_version;
    }
  for (const std::uint32_t v : version) EXPECT_EQ(v, 3U);
}

TEST(MallDiscovery, ACrashIsAConnectFailureUntilTheCallersHaveHeardOfIt) {
  // Endpoint 0 crashes at 1.05 s; one of two endpoints in turn is the dead one, until 1.35 s.
  const Mall mall = told(shop(R"({"propagation":"300ms"})", R"({"at":"1050ms","crash":{"service":"a","count":1},"for":"3s"})"));
  std::size_t failed = 0;
  for (const Visit& visit : visitsIn(mall)) {
    if (visit.status == 200) continue;
    ++failed;
    EXPECT_EQ(visit.flag, ResponseFlag::kUpstreamConnectionFailure);
    EXPECT_GT(visit.came, ms(1050));
    EXPECT_LT(visit.came, ms(1350));
  }
  EXPECT_GE(failed, 1U);  // of the customers of 1.1, 1.2, 1.3 s every second one
  EXPECT_LE(failed, 2U);
}

TEST(MallDiscovery, ANewEndpointIsAskedOnlyByThoseWhoHaveHeardOfIt) {
  const Mall mall = told(shop(R"({"propagation":"2s"})", R"({"at":"1s","scale":{"service":"a","replicas":2}})", "", "", "1"));
  std::int64_t first = 0;
  for (const Sent& sent : triesIn(mall))
    if (sent.endpoint == "a-v1-1" && first == 0) first = sent.at;
  EXPECT_GE(first, ms(3000));
  EXPECT_LE(first, ms(3200));  // round robin: the first or second one after it
}

TEST(MallDiscovery, CallersWithoutAProxyHearOfEndpointsButNeverOfPolicies) {
  const std::string text = shop(R"({"propagation":"300ms"})", R"({"at":"1050ms","crash":{"service":"a"},"for":"1s"},{"at":"3s","patch":)" + toStatus("418") + "}", "", "", "1", R"("via":"direct",)");
  const Mall mall = told(text);
  for (const Visit& visit : visitsIn(mall)) {
    const bool refused = visit.came > ms(1050) && visit.came < ms(1350), unknown = visit.came >= ms(1350) && visit.came < ms(2350);
    EXPECT_EQ(visit.status, refused || unknown ? 503 : 200) << visit.came;
    if (refused) {
      EXPECT_EQ(visit.flag, ResponseFlag::kUpstreamConnectionFailure);
    }
    if (unknown) {
      EXPECT_EQ(visit.flag, ResponseFlag::kNoHealthyUpstream);
    }
  }
}

TEST(MallDiscovery, AProxyThatStartsIsToldThePresentAsItConnects) {
  // b calls a; b's only endpoint is down while the patch is pushed, and goes by it as soon as it is back.
  const std::string text =
      R"({"meshmall":1,"run":{"duration":"8s"},"services":{"a":{"operations":{"x":{"steps":[{"busy":"1ms"}]}}},"b":{"operations":{"y":{"steps":[{"call":"a/x"}]}}}},)"
      R"("traffic":[{"name":"t","to":"b/y","arrivals":{"constant":{"rate":"10/s"}}}],)"
      R"("mesh":{"discovery":{"propagation":"2s"},"defaults":{"retries":{"attempts":0}}},)"
      R"("events":[{"at":"1s","crash":{"service":"b"},"for":"2500ms"},{"at":"1200ms","patch":)" + toStatus("418") + R"(},{"at":"3s","patch":)" + toStatus("419") + "}]}";
  Mall mall = begun(text);
  const auto versionAt = [&](double t) {
    mall.runUntil({ms(t)});
    return mall.proxies()[mall.endpoints()[1].proxy].mesh_version;
  };
  EXPECT_EQ(versionAt(3400), 0U);  // dead: the push of 3.2 s did not reach it
  EXPECT_EQ(versionAt(3500), 2U);  // connects: knows the patch of 3 s, which others hear of at 5 s
  for (const Proxy& proxy : mall.proxies())
    if (proxy.kind == Proxy::Kind::gateway) {
      EXPECT_EQ(proxy.mesh_version, 1U);
    }
  EXPECT_EQ(versionAt(5000), 2U);
}

TEST(MallDiscovery, WhatAProxyBelievesOfAStaleListIsToldBesideTheTruth) {
  const Mall mall = told(shop(R"({"propagation":"1s"})", R"({"at":"1050ms","crash":{"service":"a","count":1},"for":"6s"})"));
  std::size_t told_so = 0;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    const Trip trip = buildTrip(mall.trips(), n, mall.collector());
    const std::string text = tripText(trip);
    const bool stale = trip.arrived.ns > ms(1050) && trip.arrived.ns < ms(2050);
    const bool says = text.find("believed (from the beginning): a-v1-0 is ready; true: a-v1-0 is down and not listed") != std::string::npos;
    EXPECT_EQ(says, stale) << text;
    told_so += says ? 1 : 0;
  }
  EXPECT_EQ(told_so, 10U);
}

TEST(MallDiscovery, LatePushesAreNotedOncePerProxyAndPushesOnce) {
  const Mall mall = told(shop(R"({"propagation":"1500ms"})", R"({"at":"1s","patch":)" + toStatus("418") + "}", R"("gateway":{"replicas":3},)"));
  std::size_t pushes = 0, adoptions = 0;
  for (const Decision& decision : mall.collector().decisions()) {
    pushes += decision.kind == DecisionKind::push ? 1 : 0;
    adoptions += decision.kind == DecisionKind::adoption ? 1 : 0;
    if (decision.kind == DecisionKind::push) {
      EXPECT_EQ(decision.at.ns, ms(1100));
    }
    if (decision.kind == DecisionKind::adoption) {
      EXPECT_EQ(decision.at.ns, ms(2500));
    }
  }
  EXPECT_EQ(pushes, 1U);
  EXPECT_EQ(adoptions, 5U);  // three gateways, two endpoints' proxies
}

TEST(MallDiscovery, APatchCannotChangeTheControlPlanesOwnTimes) {
  const auto decoded = decodeScenario(shop("{}", R"({"at":"1s","patch":{"mesh":{"discovery":{"propagation":"1s"}}}})"), "s.json", "");
  EXPECT_FALSE(decoded.scenario);
  ASSERT_EQ(decoded.problems.size(), 1U);
  EXPECT_EQ(decoded.problems[0].pointer, "/events/0/patch/mesh/discovery");
}

TEST(MallDiscovery, GatheringCannotBeLongerThanItsMaximum) {
  const auto decoded = decodeScenario(shop(R"({"debounceAfter":"11s"})", ""), "s.json", "");
  EXPECT_FALSE(decoded.scenario);
  ASSERT_EQ(decoded.problems.size(), 1U);
  EXPECT_EQ(decoded.problems[0].message, "debounceMax must be at least debounceAfter");
}

TEST(MallDiscovery, ACopyTakenWhileAPushIsOnItsWayGoesOnToTheSameEnd) {
  const std::string text = shop(R"({"propagation":{"uniform":{"min":"1s","max":"3s"}}})", R"({"at":"1s","patch":)" + toStatus("418") + R"(},{"at":"1s","crash":{"service":"a","count":1},"for":"2s"})",
                                R"("gateway":{"replicas":10},)");
  Mall mall = begun(text);
  mall.runUntil({ms(2500)});
  Mall copy = mall;
  mall.run();
  copy.run();
  EXPECT_EQ(mall.fingerprint().hex(), copy.fingerprint().hex());
  EXPECT_EQ(mall.fingerprint().hex(), told(text).fingerprint().hex());
}

}  // namespace
}  // namespace meshmall::models
