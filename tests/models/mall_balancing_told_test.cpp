// What a run tells of balancing: decisions of warm-ups and hash tables, and what a pick went by beside what was true. Also PASSTHROUGH.
#include <algorithm>
#include <cmath>
#include <set>

#include "models/observation/trip.h"
#include "tests/models/mall_story.h"

namespace meshmall::models::story {
namespace {

// A shop of endpoints with one worker each, customers at a constant rate, a balancer.
std::string shop(int replicas, const std::string& policy, const std::string& duration, const std::string& more = "", const std::string& service = "", const std::string& busy = "1ms",
                 const std::string& rate = "100/s") {
  return R"({"meshmall":1,"run":{"duration":")" + duration + R"("},"services":{"shop":{)" + service + R"("versions":{"v1":{"replicas":)" + std::to_string(replicas) +
         R"(,"workers":4}},"operations":{"buy":{"steps":[{"busy":")" + busy + R"("}]}}}},"traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":")" + rate +
         R"("}},"headers":{"x-user":{"uniform":{"n":1000}}}}],"mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":)" + policy + "}}" + (more.empty() ? "" : "," + more) + "}";
}

std::vector<DecisionResult> decisions(const Mall& mall, const std::string& kind) {
  std::vector<DecisionResult> out;
  for (const DecisionResult& d : mall.result().decisions)
    if (d.kind == kind) out.push_back(d);
  return out;
}

double number(const DecisionResult& d, const std::string& key) {
  for (const auto& [name, value] : d.detail)
    if (name == key) return std::get<double>(value);
  return -1;
}

std::string tripOf(const Mall& mall, std::uint64_t n) { return tripText(buildTrip(mall.trips(), n, mall.collector())); }

TEST(MallBalancingTold, AWarmUpBeginsAndEndsByDecisions) {
  const Mall mall = told(shop(4, R"({"loadBalancer":{"simple":"ROUND_ROBIN","warmup":{"duration":"10s","minimumPercent":5}}})", "60s",
                              R"("events":[{"at":"30s","scale":{"service":"shop","replicas":5}}])"));
  const auto begun = decisions(mall, "warmUp"), over = decisions(mall, "warmUpOver");
  ASSERT_EQ(begun.size(), 2u);
  ASSERT_EQ(over.size(), 2u);
  EXPECT_EQ(begun[0].t, 0);
  EXPECT_EQ(begun[0].subject, "shop");
  EXPECT_EQ(number(begun[0], "endpoints"), 4);
  EXPECT_EQ(number(begun[0], "weight"), 5);
  EXPECT_EQ(number(begun[0], "seconds"), 10);
  EXPECT_EQ(over[0].t, 10);
  EXPECT_EQ(begun[1].t, 30);
  EXPECT_EQ(begun[1].subject, "shop-v1-4");
  EXPECT_EQ(begun[1].by, "gateway-0");
  EXPECT_EQ(over[1].t, 40);
  EXPECT_EQ(over[1].subject, "shop-v1-4");
  EXPECT_EQ(number(over[1], "weight"), 100);
}

TEST(MallBalancingTold, TablesMadeAnewAreDecisionsWithWhatIsInThem) {
  for (const auto& [table, size] : {std::pair{R"("ringHash":{"minimumRingSize":1000})", 1000.0}, std::pair{R"("maglev":{"tableSize":1009})", 1009.0}}) {
    const Mall mall = told(shop(10, R"({"loadBalancer":{"consistentHash":{"httpHeaderName":"x-user",)" + std::string(table) + R"(}},"healthChecks":{"interval":"1s","timeout":"500ms","noTrafficInterval":"1s"}})", "20s",
                                R"("events":[{"at":"5s","crash":{"service":"shop","endpoints":[3],"noticed":"100s"},"for":"5s"}])"));
    const auto made = decisions(mall, "hashTable");
    ASSERT_EQ(made.size(), 2u);  // one goes, and comes back
    EXPECT_EQ(number(made[0], "endpoints"), 9);
    EXPECT_EQ(number(made[1], "endpoints"), 10);
    for (const DecisionResult& d : made) EXPECT_NEAR(std::max(number(d, "points"), number(d, "slots")), size, 10);  // a ring: at least the minimum, whole points for each
  }
}

TEST(MallBalancingTold, ATripTellsWhatEachPolicyWentBy) {
  const struct { const char* policy; std::vector<const char*> words; } cases[] = {
      {R"({"loadBalancer":{"policy":{"peakEwma":{}}}})", {"estimates: shop-v1-", " ms x ", ", against ", "in truth", "of 4 workers busy"}},
      {R"({"loadBalancer":{"policy":{"prequal":{}}}})", {"a probe was told", "in flight and", "in truth"}},
      {R"({"loadBalancer":{"policy":{"clientSideWeightedRoundRobin":{"blackoutPeriod":"1s"}}}})", {"its last report", "says weight", "the schedule goes by", "in truth"}},
      {R"({"loadBalancer":{"policy":{"grpcWeightedRoundRobin":{"blackoutPeriod":"1s"}}}})", {"its last report", "says weight", "in truth"}},
      {R"({"loadBalancer":{"simple":"ROUND_ROBIN","warmup":{"duration":"10s"}}})", {"slow start gives it", "of its weight 1", "in truth"}}};
  for (const auto& c : cases) {
    const std::string text = tripOf(told(shop(4, c.policy, "8s", "", "", "20ms")), 500);
    for (const char* word : c.words) EXPECT_NE(text.find(word), std::string::npos) << c.policy << ": " << word << "\n" << text;
  }
  const std::string early = tripOf(told(shop(4, cases[1].policy, "1s")), 1);
  EXPECT_NE(early.find("too few answers to probes: a random endpoint"), std::string::npos) << early;
}

// ---- PASSTHROUGH -------------------------------------------------------------------------------------------------------------------

TEST(MallPassthrough, KubeProxyChoosesForEachRequestOverHttp1AndForEachConnectionElse) {
  const std::string passes = R"({"loadBalancer":{"simple":"PASSTHROUGH"}})";
  const auto over_http1 = shares(told(shop(5, passes, "100s")));
  ASSERT_EQ(over_http1.size(), 5u);
  for (const auto& [endpoint, tries] : over_http1) EXPECT_NEAR(tries, 2000, 4 * 40) << endpoint;  // standard error of 10,000 fifths: 40
  EXPECT_EQ(shares(told(shop(5, passes, "10s", "", R"("protocol":"http2",)"))).size(), 1u);
  EXPECT_EQ(shares(told(shop(5, passes, "10s", "", R"("protocol":"grpc",)"))).size(), 1u);
  // A connection of ten requests: a hundred connections, each to anybody.
  const auto by_tens = shares(told(shop(5, R"({"loadBalancer":{"simple":"PASSTHROUGH"},"connectionPool":{"http":{"maxRequestsPerConnection":10}}})", "10s", "", R"("protocol":"http2",)")));
  ASSERT_EQ(by_tens.size(), 5u);
  for (const auto& [endpoint, tries] : by_tens) EXPECT_NEAR(tries, 200, 4 * 40) << endpoint;  // standard error: 10 x sqrt(100 x 0.16)
  // Idle for longer than the pool keeps it: the next request opens another one.
  const std::string idle = R"({"loadBalancer":{"simple":"PASSTHROUGH"},"connectionPool":{"http":{"idleTimeout":"500ms"}}})";
  EXPECT_EQ(shares(told(shop(5, idle, "60s", "", R"("protocol":"http2",)", "1ms", "1/s"))).size(), 5u);
}

TEST(MallPassthrough, ACrashEndsTheConnectionAndTheNextOneGoesElsewhere) {
  const Mall mall = told(shop(5, R"({"loadBalancer":{"simple":"PASSTHROUGH"}})", "20s", R"("events":[{"at":"10s","crash":{"service":"shop"},"for":"1s"}])", R"("protocol":"http2",)"));
  const auto tries = triesIn(mall);
  std::set<std::string> before, after;
  for (const Sent& sent : tries) (sent.at < ms(10'000) ? before : after).insert(sent.endpoint);
  EXPECT_EQ(before.size(), 1u);
  EXPECT_EQ(after.size(), 1u);  // whichever the next connection met
}

// A connection that is refused is none: the next request asks kube-proxy again, and three of four answers are a dead endpoint until discovery hears of it.
TEST(MallPassthrough, ARefusedConnectionIsNotHeldOnTo) {
  for (const char* sidecar : {"true", "false"}) {
    double failed = 0;
    constexpr int kSeeds = 40;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const Mall mall = told(R"({"meshmall":1,"run":{"duration":"60s"},"services":{"front":{"sidecar":)" + std::string(sidecar) + R"(,"operations":{"x":{"steps":[{"call":"shop/buy"}]}}},
        "shop":{"protocol":"http2","versions":{"v1":{"replicas":4}},"operations":{"buy":{}}}},"traffic":[{"name":"t","to":"front/x","arrivals":{"constant":{"rate":"10/s"}}}],
        "mesh":{"defaults":{"retries":{"attempts":0}},"destinationRules":{"shop":{"trafficPolicy":{"loadBalancer":{"simple":"PASSTHROUGH"}}}}},
        "events":[{"at":"10s","crash":{"service":"shop","endpoints":[0,1,2],"noticed":"40s"}}]})", seed);
      failed += *mall.result().metric("requests.failed");
    }
    // With the chance 3/4 that the endpoint was one of the three, 4 requests on average until one is accepted, 3 of them refused: 2.25 to 3; standard deviation below 4.
    EXPECT_NEAR(failed / kSeeds, 2.6, 0.4 + 3 * 4 / std::sqrt(kSeeds)) << sidecar;
    EXPECT_GT(failed, 0);
  }
}

// The proxy sees one address: nothing is ejected, and a subset is the whole service.
TEST(MallPassthrough, NeitherEjectionNorSubsetsMatter) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"20s"},"services":{"shop":{"versions":{"v1":{"replicas":3},"v2":{"replicas":3}},"operations":{"buy":{"failure":{"probability":1,"status":503}}}}},
    "traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":"100/s"}}}],
    "mesh":{"destinationRules":{"shop":{"trafficPolicy":{"loadBalancer":{"simple":"PASSTHROUGH"},"outlierDetection":{"maxEjectionPercent":100}},"subsets":[{"name":"first","labels":{"version":"v1"}}]}},
      "virtualServices":{"shop":{"http":[{"route":[{"destination":{"host":"shop","subset":"first"}}],"retries":{"attempts":0}}]}}}})");
  EXPECT_EQ(shares(mall).size(), 6u);
  EXPECT_TRUE(decisions(mall, "ejection").empty());
}

}  // namespace
}  // namespace meshmall::models::story
