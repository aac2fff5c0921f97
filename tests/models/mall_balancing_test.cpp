// Balancing in a run: whom the proxies pick with each policy, with what customers carry and what endpoints tell.
#include <cmath>

#include "models/balancing/hashing.h"
#include "models/mall/purposes.h"
#include "tests/models/mall_story.h"

namespace meshmall::models::story {
namespace {

// A shop of some replicas without work to speak of, customers at a constant rate, and a balancer.
std::string shop(const std::string& replicas, const std::string& balancer, const std::string& traffic, const std::string& duration, const std::string& more = "") {
  return R"({"meshmall":1,"run":{"duration":")" + duration + R"("},"services":{"shop":{"versions":{"v1":{"replicas":)" + replicas +
         R"(,"workers":1000}},"operations":{"buy":{"steps":[{"busy":"1us"}]}}}},"traffic":[{"name":"t","to":"shop/buy",)" + traffic +
         R"(}],"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":)" + balancer + "}}}" + (more.empty() ? "" : "," + more) + "}";
}

// ---- hashing -----------------------------------------------------------------------------------------------------------------------

constexpr const char* kRing = R"({"consistentHash":{"httpHeaderName":"X-User"}})";

TEST(MallBalancing, RemovingOneOfAHundredEndpointsMovesOnlyItsKeysOnARing) {
  const std::string traffic = R"("arrivals":{"constant":{"rate":"100000/s"}},"headers":{"x-user":{"uniform":{"n":1000000000}}})";
  for (const auto& [balancer, at_most] : {std::pair{kRing, 0.03}, std::pair{R"({"consistentHash":{"httpHeaderName":"x-user","maglev":{}}})", 0.03}}) {
    const auto before = triesIn(told(shop("100", balancer, traffic, "1s")));
    const auto after = triesIn(told(shop("100", balancer, traffic, "1s", R"("events":[{"at":"0s","crash":{"service":"shop","endpoints":[42]}}])")));
    ASSERT_EQ(before.size(), 99'999u);
    ASSERT_EQ(after.size(), before.size());
    std::size_t its = 0, others = 0, moved = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i].endpoint == "shop-v1-42") {
        ++its;
        EXPECT_NE(after[i].endpoint, "shop-v1-42");
      } else {
        ++others;
        moved += before[i].endpoint != after[i].endpoint ? 1U : 0U;
      }
    }
    EXPECT_GT(its, 100u);
    EXPECT_LT(static_cast<double>(moved) / static_cast<double>(others), at_most);
    RecordProperty("moved_per_mille", static_cast<int>(1000 * moved / others));
  }
}

// The endpoint of each visit, by the value of its key; fails when a key meets two endpoints.
std::size_t endpointsOfOneKey(const std::string& balancer, const std::string& traffic) {
  std::map<std::string, int> met = shares(told(shop("10", balancer, R"("arrivals":{"constant":{"rate":"100/s"}})" + traffic, "1s")));
  return met.size();
}

TEST(MallBalancing, ACustomersKeyLeadsToOneEndpointAndWithoutItAnyWillDo) {
  const std::string ring = R"(,"ringHash":{"minimumRingSize":1024}}})";
  const std::string by_header = R"({"consistentHash":{"httpHeaderName":"X-User")" + ring, by_cookie = R"({"consistentHash":{"httpCookie":{"name":"user"})" + ring;
  EXPECT_EQ(endpointsOfOneKey(by_header, R"(,"headers":{"x-User":"anna"})"), 1u);
  EXPECT_EQ(endpointsOfOneKey(by_header, ""), 10u);  // a draw for each
  EXPECT_EQ(endpointsOfOneKey(by_cookie, R"(,"cookies":{"user":"anna","visit":{"uniform":{"n":1000000}}})"), 1u);
  EXPECT_EQ(endpointsOfOneKey(by_cookie, R"(,"headers":{"cookie":"theme=dark; user=\"anna\""})"), 1u);
  EXPECT_EQ(endpointsOfOneKey(by_cookie, R"(,"cookies":{"visit":"1"})"), 10u);
  // A ttl has the proxy make up a cookie from the customer's address: each keeps to one endpoint, all of them to many.
  EXPECT_EQ(endpointsOfOneKey(R"({"consistentHash":{"httpCookie":{"name":"user","ttl":"0s"})" + ring, ""), 10u);
}

TEST(MallBalancing, AUserWhoComesAgainHasTheSameAddress) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"20s"},"services":{"shop":{"versions":{"v1":{"replicas":10}},"operations":{"buy":{}}}},
    "traffic":[{"name":"t","to":"shop/buy","arrivals":{"closed":{"users":1,"think":"1s"}}}],
    "mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"consistentHash":{"useSourceIp":true}}}}}})");
  EXPECT_EQ(triesIn(mall).size(), 19u);
  EXPECT_EQ(shares(mall).size(), 1u);
}

// Behind the entrance the client is the calling endpoint: all it sends goes to one endpoint.
TEST(MallBalancing, BehindTheEntranceTheSourceIsTheCallingEndpoint) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"shop":{"versions":{"v1":{"replicas":3}},"operations":{"buy":{"steps":[{"call":"stock/get"}]}}},
    "stock":{"versions":{"v1":{"replicas":20}},"operations":{"get":{}}}},"traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":"100/s"}}}],
    "mesh":{"destinationRules":{"shop":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}},"stock":{"trafficPolicy":{"loadBalancer":{"consistentHash":{"useSourceIp":true,"maglev":{}}}}}}}})");
  std::size_t stocks = 0;
  for (const auto& [endpoint, count] : shares(mall)) stocks += endpoint.rfind("stock", 0) == 0 ? 1U : 0U;
  EXPECT_LE(stocks, 3u);
  EXPECT_GE(stocks, 1u);
}

// Half of all requests carry one key; within the bound of 125 % no endpoint holds more than ceil(1.25 / 10 of those in flight and this one).
TEST(MallBalancing, BoundedLoadsSpillAHotKeyToOthers) {
  const auto hottest = [](const std::string& factor) {
    const std::string balancer = R"({"consistentHash":{"httpHeaderName":"x-user")" + factor + "}}";
    const Mall mall = told(R"({"meshmall":1,"run":{"duration":"20s"},"services":{"shop":{"versions":{"v1":{"replicas":10,"workers":1000}},"operations":{"buy":{"steps":[{"wait":"100ms"}]}}}},
      "traffic":[{"name":"t","to":"shop/buy","arrivals":{"poisson":{"rate":"1000/s"}},"headers":{"x-user":{"weighted":{"hot":5,"a":1,"b":1,"c":1,"d":1,"e":1}}}}],
      "mesh":{"defaults":{"trafficPolicy":{"loadBalancer":)" + balancer + "}}}}");
    int most = 0, all = 0;
    for (const auto& [endpoint, count] : shares(mall)) {
      most = std::max(most, count);
      all += count;
    }
    return static_cast<double>(most) / all;
  };
  EXPECT_GT(hottest(""), 0.48);
  EXPECT_LT(hottest(R"(,"hashBalanceFactor":125)"), 0.14);
}

TEST(MallBalancing, ARetryOfAHashedRequestGoesToTheSameEndpointAgain) {
  const std::string text = R"({"meshmall":1,"run":{"duration":"10s"},"services":{"shop":{"versions":{"v1":{"replicas":10}},"operations":{"buy":{"failure":{"probability":1,"status":503}}}}},
    "traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":"10/s"}},"headers":{"x-user":"anna"}}],
    "mesh":{"defaults":{"retries":{"attempts":2,"retryOn":"5xx"},"trafficPolicy":{"loadBalancer":{"consistentHash":{"httpHeaderName":"x-user"}}}}}})";
  const Mall mall = told(text);
  EXPECT_GT(triesIn(mall).size(), 250u);
  EXPECT_EQ(shares(mall).size(), 1u);
}

// Unless the retry is told, by name, to avoid the endpoints tried before: then it takes the next ones of the same hash.
TEST(MallBalancing, ARetryOfAHashedRequestAvoidsPreviousEndpointsWhereThatIsAskedFor) {
  const auto text = [](const std::string& retries, const std::string& table) {
    return R"({"meshmall":1,"run":{"duration":"10s"},"services":{"shop":{"versions":{"v1":{"replicas":10}},"operations":{"buy":{"failure":{"probability":1,"status":503}}}}},
      "traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":"10/s"}},"headers":{"x-user":"anna"}}],
      "mesh":{"defaults":{"retries":{"attempts":2,"retryOn":"5xx")" + retries + R"(},"trafficPolicy":{"loadBalancer":{"consistentHash":{"httpHeaderName":"x-user")" + table + "}}}}}}";
  };
  for (const char* table : {"", R"(,"maglev":{})"}) {
    for (const char* asked : {R"(,"retryIgnorePreviousHosts":true)", R"(,"retryHost":{"previousHosts":true,"hostSelectionRetryMaxAttempts":30})"}) {
      const Mall mall = told(text(asked, table));
      EXPECT_EQ(shares(mall).size(), 3u) << asked;  // always the same three
      for (const auto& [endpoint, tries] : shares(mall)) EXPECT_NEAR(tries, 99, 2) << endpoint;
    }
    for (const char* not_asked : {R"(,"retryIgnorePreviousHosts":false)", R"(,"retryHost":{"previousHosts":false})"}) EXPECT_EQ(shares(told(text(not_asked, table))).size(), 1u) << not_asked;
  }
}

// Proxies that were told the same share one table.
TEST(MallBalancing, CallersWithTheSameListShareOneTable) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"shop":{"versions":{"v1":{"replicas":5}},"operations":{"buy":{"steps":[{"call":"stock/get"}]}}},
    "stock":{"versions":{"v1":{"replicas":20}},"operations":{"get":{}}}},"traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":"100/s"}},"headers":{"x-user":{"uniform":{"n":9}}}}],
    "mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"consistentHash":{"httpHeaderName":"x-user","maglev":{}}}}}}})");
  std::map<std::uint32_t, std::vector<const MaglevTable*>> tables;
  for (const Upstream& upstream : mall.upstreams())
    for (const UpstreamThread& thread : upstream.threads)
      if (thread.balancer) tables[upstream.cluster].push_back(thread.balancer->policy<HashBalancer>()->maglev(0));
  ASSERT_GE(tables[1].size(), 3u);  // those of stock's callers whom some key came to
  for (const MaglevTable* table : tables[1]) EXPECT_EQ(table, tables[1].front());
}

TEST(MallBalancing, CallersThatBelieveTheSameShareOneTableToo) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"shop":{"versions":{"v1":{"replicas":5}},"operations":{"buy":{"steps":[{"call":"stock/get"}]}}},
    "stock":{"versions":{"v1":{"replicas":20}},"operations":{"get":{}}}},"traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":"100/s"}},"headers":{"x-user":{"uniform":{"n":900}}}}],
    "mesh":{"destinationRules":{"shop":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}},"stock":{"trafficPolicy":{"healthChecks":{"interval":"1s","timeout":"500ms","noTrafficInterval":"1s"},
      "loadBalancer":{"consistentHash":{"httpHeaderName":"x-user","ringHash":{"minimumRingSize":20000}}}}}}},
    "events":[{"at":"2s","crash":{"service":"stock","endpoints":[7],"noticed":"100s"}}]})");
  std::vector<const HashRing*> rings;
  for (const Upstream& upstream : mall.upstreams())
    for (const UpstreamThread& thread : upstream.threads)
      if (upstream.cluster == 1 && thread.balancer) rings.push_back(thread.balancer->policy<HashBalancer>()->ring(0));
  ASSERT_EQ(rings.size(), 5u);
  for (const HashRing* ring : rings) EXPECT_EQ(ring, rings.front());
  for (const HashRing::Point& point : rings.front()->points()) ASSERT_NE(point.host, 7u);
}

// ---- slow start --------------------------------------------------------------------------------------------------------------------

// Four endpoints, a fifth at 100 s; its share in each second is the formula's mean over that second, f / (4 + f).
class WarmUp : public testing::TestWithParam<std::tuple<const char*, double>> {};

TEST_P(WarmUp, EachPointOfTheShareCurveIsWithinOnePointOfTheFormula) {
  const auto [policy, aggression] = GetParam();
  const std::string balancer = std::string("{") + policy + R"(,"warmup":{"duration":"60s","minimumPercent":10,"aggression":)" + std::to_string(aggression) + "}}";
  Mall mall(planOf(shop("4", balancer, R"("arrivals":{"constant":{"rate":"4000/s"}})", "200s", R"("events":[{"at":"100s","scale":{"service":"shop","version":"v1","replicas":5}}])")));
  mall.runUntil({100'000'000'000});
  const auto served = [&](std::size_t endpoint) { return mall.collector().endpoints()[endpoint].tries.started; };
  std::uint64_t before = 0, before_all = served(0) + served(1) + served(2) + served(3);
  for (int second = 0; second < 70; ++second) {
    mall.runUntil({(101 + std::int64_t{second}) * 1'000'000'000});
    const std::uint64_t now = served(4), all = served(0) + served(1) + served(2) + served(3) + now;
    const double share = static_cast<double>(now - before) / static_cast<double>(all - before_all);
    before = now;
    before_all = all;
    double expected = 0;
    for (int step = 0; step < 100; ++step) {
      const double elapsed = second + (step + 0.5) / 100;
      const double f = elapsed >= 60 ? 1 : std::max(0.1, std::pow(elapsed / 60, 1 / aggression));
      expected += f / (4 + f) / 100;
    }
    EXPECT_NEAR(share, expected, 0.01) << "second " << second;
  }
}

INSTANTIATE_TEST_SUITE_P(MallBalancing, WarmUp,
                         testing::Combine(testing::Values(R"("simple":"ROUND_ROBIN")", R"("simple":"LEAST_REQUEST")"), testing::Values(1.0, 2.0, 0.5)));

// A proxy that first calls the shop late has known its endpoints from its own beginning: only the newcomer is new to it.
TEST(MallBalancing, ClocksOfAWarmUpRunFromTheProxysBeginningNotFromItsFirstCall) {
  const std::string balancer = R"({"simple":"ROUND_ROBIN","warmup":{"duration":"60s"}})";
  const std::string late = R"("arrivals":{"profile":{"points":[{"at":"0s","rate":"0/s"},{"at":"100s","rate":"1000/s"}],"interpolate":"step"}})";
  const Mall mall = told(shop("4", balancer, late, "101s", R"("events":[{"at":"99s","scale":{"service":"shop","version":"v1","replicas":5}}])"));
  const auto met = shares(mall);
  const double all = static_cast<double>(triesIn(mall).size());
  EXPECT_NEAR(met.at("shop-v1-4") / all, 0.1 / 4.1, 0.01);
}

}  // namespace
}  // namespace meshmall::models::story

namespace meshmall::models::story {
namespace {

// ---- what endpoints tell ----------------------------------------------------------------------------------------------------------------

// Two workers, one held for 5 ms out of every 10, one error in four: over a full second 100 answers, 25 errors, half a worker.
TEST(LoadMeter, ReportsTheLastSecondInWholeTenths) {
  LoadMeter meter;
  EXPECT_EQ(meter.load({}).requests_per_second, 0);
  for (std::int64_t i = 0; i < 300; ++i) {
    meter.held({ms(10.0 * static_cast<double>(i))}, 1);
    meter.held({ms(10.0 * static_cast<double>(i) + 5)}, 0);
    meter.answered({ms(10.0 * static_cast<double>(i) + 5)}, i % 4 == 0);
  }
  const LoadMeter::Load load = meter.load({ms(3000)});
  EXPECT_DOUBLE_EQ(load.requests_per_second, 100);
  EXPECT_DOUBLE_EQ(load.errors_per_second, 25);
  EXPECT_NEAR(load.held, 0.5, 1e-12);
  const LoadMeter::Load later = meter.load({ms(3550)});  // half of it is forgotten
  EXPECT_DOUBLE_EQ(later.requests_per_second, 50);
  EXPECT_NEAR(later.held, 0.25, 1e-12);
  EXPECT_DOUBLE_EQ(meter.load({ms(60'000)}).requests_per_second, 0);
}

// Weights are requests/s over utilisation: 1 / service time, whatever the load; the blackout over, the slow endpoint gets a third of the fast one's share.
TEST(MallBalancing, LoadReportsWeighEndpointsByWhatAWorkerOfTheirsServes) {
  for (const char* policy : {R"({"policy":{"clientSideWeightedRoundRobin":{"blackoutPeriod":"5s"}}})", R"({"policy":{"grpcWeightedRoundRobin":{"blackoutPeriod":"5s"}}})",
                             R"({"policy":{"clientSideWeightedRoundRobin":{"blackoutPeriod":"5s","enableOobLoadReport":true,"oobReportingPeriod":"1s"}}})"}) {
    Mall mall(planOf(R"({"meshmall":1,"run":{"duration":"60s"},"network":{"sameZone":"1ms"},"services":{"shop":{"versions":{"fast":{"replicas":2,"workers":100,"speed":3},"slow":{"replicas":2,"workers":100}},
      "operations":{"buy":{"steps":[{"busy":"30ms"}]}}}},"traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":"400/s"}}}],
      "mesh":{"defaults":{"trafficPolicy":{"loadBalancer":)" + std::string(policy) + "}}}}"));
    const auto started = [&](std::size_t e) { return static_cast<double>(mall.collector().endpoints()[e].tries.started); };
    mall.runUntil({ms(4000)});
    EXPECT_NEAR((started(0) + started(1)) / (started(2) + started(3)), 1, 0.01) << policy;  // the blackout
    mall.runUntil({ms(30'000)});
    const double fast = started(0) + started(1), slow = started(2) + started(3);
    mall.run();
    EXPECT_NEAR((started(0) + started(1) - fast) / (started(2) + started(3) - slow), 3, 0.06) << policy;  // 100 answers a second or fewer: 2 % of whole tenths
    EXPECT_EQ(mall.audit(), std::vector<std::string>());
  }
}

TEST(MallBalancing, AProbeThatComesLateIsOfNoUse) {
  const auto reasons = [](const std::string& delay) {
    const Mall mall = told(R"({"meshmall":1,"run":{"duration":"10s"},"network":{"sameZone":")" + delay + R"("},"services":{"shop":{"versions":{"v1":{"replicas":20,"workers":10}},"operations":{"buy":{"steps":[{"busy":"10ms"}]}}}},
      "traffic":[{"name":"t","to":"shop/buy","arrivals":{"constant":{"rate":"100/s"}}}],"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"policy":{"prequal":{}}}}}}})");
    std::map<std::string, int> counts;
    for (const TripRecord& r : mall.trips().records())
      if (r.kind == TripRecordKind::tried) ++counts[mall.trips().names()[mall.trips().picks()[r.x].policy]];
    return counts;
  };
  EXPECT_GT(reasons("1ms")["lowest cost"], 950);
  EXPECT_EQ(reasons("2ms")["lowest cost"], 0);  // 4 ms there and back, 3 ms are allowed
}

TEST(MallBalancing, PickFirstStaysWithTheFirstUntilItIsGone) {
  const Mall mall = told(shop("3", R"({"policy":{"pickFirst":{}}})", R"("arrivals":{"constant":{"rate":"10/s"}})", "10s", R"("events":[{"at":"5s","crash":{"service":"shop","endpoints":[0]}}])"));
  EXPECT_EQ(shares(mall), (std::map<std::string, int>{{"shop-v1-0", 49}, {"shop-v1-1", 50}}));
}

// Every policy: a copy taken in the middle goes on to the same end, and counters agree.
TEST(MallBalancing, ACopyGoesOnToTheSameEndWithEveryBalancer) {
  for (const char* balancer : {R"({"consistentHash":{"httpHeaderName":"x-user","hashBalanceFactor":120}})", R"({"consistentHash":{"useSourceIp":true,"maglev":{"tableSize":1031}}})", R"({"policy":{"peakEwma":{}}})",
                               R"({"policy":{"prequal":{}}})", R"({"policy":{"clientSideWeightedRoundRobin":{"blackoutPeriod":"1s"}},"warmup":{"duration":"3s"}})",
                               R"({"policy":{"grpcWeightedRoundRobin":{"blackoutPeriod":"1s","enableOobLoadReport":true,"oobReportingPeriod":"300ms"}}})", R"({"policy":{"pickFirst":{}}})",
                               R"({"simple":"LEAST_REQUEST","warmup":{"duration":"5s","aggression":2}})"}) {
    Mall mall(planOf(R"({"meshmall":1,"run":{"duration":"10s","drain":true},"network":{"sameZone":{"exponential":{"mean":"500us"}},"loss":0.001},"sidecar":{"concurrency":2},"gateway":{"replicas":2,"concurrency":2},
      "services":{"shop":{"versions":{"v1":{"replicas":4,"workers":2}},"operations":{"buy":{"steps":[{"busy":{"exponential":{"mean":"5ms"}}},{"call":"stock/get","timeout":"1s"}],"failure":{"probability":0.05,"status":503}}}},
      "stock":{"versions":{"v1":{"replicas":5}},"operations":{"get":{"steps":[{"busy":{"exponential":{"mean":"2ms"}}}]}}}},
      "traffic":[{"name":"t","to":"shop/buy","arrivals":{"poisson":{"rate":"300/s"}},"headers":{"x-user":{"zipf":{"n":50,"s":1}}},"timeout":"2s"}],
      "events":[{"at":"3s","crash":{"service":"stock","count":2},"for":"2s"},{"at":"4s","scale":{"service":"shop","version":"v1","replicas":7}},
                {"at":"8s","patch":{"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":null,"policy":null,"warmup":null,"consistentHash":{"httpHeaderName":"x-user","httpCookie":null,"useSourceIp":null}}}}}}}],
      "mesh":{"defaults":{"trafficPolicy":{"outlierDetection":{"consecutive5xxErrors":3,"interval":"1s","baseEjectionTime":"1s","maxEjectionPercent":50},"loadBalancer":)" + std::string(balancer) + "}}}}"));
    mall.runUntil({ms(4500)});
    Mall copy = mall;
    mall.run();
    copy.run();
    EXPECT_EQ(mall.fingerprint().value(), copy.fingerprint().value()) << balancer;
    EXPECT_EQ(mall.audit(), std::vector<std::string>()) << balancer;
    EXPECT_GT(mall.events(), 10'000u);
  }
}

// ---- advice ---------------------------------------------------------------------------------------------------------------------------

std::vector<std::string> advicesOn(const std::string& balancer, const std::string& more = "") {
  const std::string text = R"({"meshmall":1,"run":{"duration":"10s"},"network":{"sameZone":"1ms"},"services":{"shop":{"versions":{"v1":{"replicas":90},"v2":{"replicas":10}},"operations":{"buy":{}}}},
    "traffic":[{"name":"t","to":"shop/buy","headers":{"x-user":{"uniform":{"n":9}}})" + more + R"(}],"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":)" + balancer + "}}}}";
  std::vector<std::string> codes;
  for (const Problem& problem : decodeScenario(text, "s.json", "").problems) {
    EXPECT_EQ(problem.severity, Problem::Severity::warning) << problem.message;
    EXPECT_FALSE(problem.hint.empty());
    codes.push_back(problem.code);
  }
  return codes;
}

TEST(BalancingAdvice, NamesPoliciesThatCannotActOrActLikeAnotherOne) {
  using Codes = std::vector<std::string>;
  const std::string big = R"(,"ringHash":{"minimumRingSize":10000}}})";
  EXPECT_EQ(advicesOn(R"({"simple":"LEAST_REQUEST","warmup":{"duration":"1s"}})"), Codes());
  EXPECT_EQ(advicesOn(R"({"simple":"RANDOM","warmup":{"duration":"1s"}})"), Codes{"warmup-ignored"});
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpHeaderName":"X-User")" + big), Codes());
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpHeaderName":"x-shop")" + big), Codes{"hash-key-missing"});
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpCookie":{"name":"user"})" + big), Codes{"hash-key-missing"});
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpCookie":{"name":"user"})" + big, R"(,"cookies":{"user":"a"})"), Codes());
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpCookie":{"name":"user","ttl":"1h"})" + big), Codes());
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpQueryParameterName":"q")" + big), Codes{"hash-key-missing"});
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"useSourceIp":true)" + big), Codes());
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"useSourceIp":true)" + big, R"(,"via":"sidecar")"), Codes{"hash-source-few"});
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpHeaderName":"x-user"}})"), Codes{"ring-too-small"});
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpHeaderName":"x-user","maglev":{"tableSize":5003}}})"), Codes{"maglev-too-small"});
  EXPECT_EQ(advicesOn(R"({"policy":{"leastRequest":{"choiceCount":1}}})"), Codes{"least-request-choices"});
  EXPECT_EQ(advicesOn(R"({"policy":{"leastRequest":{"choiceCount":100,"replacement":false}}})"), Codes{"least-request-choices"});
  EXPECT_EQ(advicesOn(R"({"policy":{"leastRequest":{"activeRequestBias":0}}})"), Codes{"least-request-bias"});
  EXPECT_EQ(advicesOn(R"({"policy":{"clientSideWeightedRoundRobin":{}}})"), Codes{"reports-never-count"});
  EXPECT_EQ(advicesOn(R"({"policy":{"prequal":{"probeTimeout":"1ms"}}})"), Codes{"probes-useless"});
  EXPECT_EQ(advicesOn(R"({"policy":{"prequal":{"probeRate":1}}})"), Codes{"probes-useless"});
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpHeaderName":"X-User","ringHash":{"minimumRingSize":8388608}}},"outlierDetection":{"maxEjectionPercent":50,"interval":"1s"})"), Codes{"ring-cost"});
  EXPECT_EQ(advicesOn(R"({"consistentHash":{"httpHeaderName":"X-User","ringHash":{"minimumRingSize":8388608}}})"), Codes());
  EXPECT_EQ(advicesOn(R"({"simple":"PASSTHROUGH","panicThreshold":30})"), Codes{"passthrough-blind"});
  EXPECT_EQ(advicesOn(R"({"simple":"PASSTHROUGH"},"outlierDetection":{"maxEjectionPercent":50,"interval":"1s"})"), Codes{"passthrough-blind"});
  EXPECT_EQ(advicesOn(R"({"simple":"PASSTHROUGH"})"), Codes());
}

}  // namespace
}  // namespace meshmall::models::story
