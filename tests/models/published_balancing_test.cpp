// Published figures of balancing, reproduced in runs: one caller, exponential service, times in units of the mean service time.
//
// Values: shared/vectors/published-results.json, entries supermarket-d2-n100-distinct, jsq-n10, round-robin-as-En-M-1 (Mitzenmacher 2001; GI/M/1 with
// Erlang arrivals), linkerd-beyond-round-robin and envoy-slow-start (shipped_balancing_test.cpp and mall_balancing_test.cpp), hashing by the replayed cases.
// Not here, as a run of theirs takes minutes or the format cannot say it: supermarket-d1 and d2-fixedpoint (1,000 servers and more; the distinct form with 100 is
// here), balls-into-bins-max (no service), brooker-best-of-two-toy and lb-sim-fixed-arrivals (queue lengths refreshed by the clock; one client's own code),
// shuffle-sharding-8-2 and dropbox-robinhood (no such policy), h2-connection-pinning (connections are per endpoint, and proxies reach every one).
#include <sstream>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

struct Published {
  int servers;
  double load;
  const char* balancer;
  const char* duration;
  double time_in_system;
};

class PublishedBalancing : public testing::TestWithParam<Published> {};

// 10,000 to 420,000 trips a second of CPU; the intervals of the runs are 0.5 % to 2.5 % wide (batch means, 95 %): 4 % is three standard errors of the widest.
TEST_P(PublishedBalancing, MeanTimeInSystem) {
  const Published& p = GetParam();
  std::ostringstream text;
  text << R"({"meshmall":1,"run":{"duration":")" << p.duration << R"(","warmup":"2s"},"services":{"s":{"versions":{"v1":{"replicas":)" << p.servers
       << R"(}},"operations":{"x":{"steps":[{"busy":{"exponential":{"mean":"10ms"}}}]}}}},"traffic":[{"name":"t","to":"s/x","arrivals":{"poisson":{"rate":")" << p.servers * p.load * 100
       << R"(/s"}}}],"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":)" << p.balancer << "}}}}";
  DecodeResult decoded = decodeScenario(text.str(), "published.json", "");
  ASSERT_TRUE(decoded.scenario);
  Mall mall(makePlan(std::move(*decoded.scenario)), {.seed = 3});
  mall.run();
  EXPECT_NEAR(*mall.result().metric("latency.mean") / 10, p.time_in_system, 0.04 * p.time_in_system);
}

constexpr const char* kTwo = R"({"policy":{"leastRequest":{"replacement":false}}})";
constexpr const char* kInTurn = R"({"simple":"ROUND_ROBIN"})";

INSTANTIATE_TEST_SUITE_P(Of, PublishedBalancing,
                         testing::Values(Published{100, 0.5, kTwo, "60s", 1.2666}, Published{100, 0.7, kTwo, "60s", 1.6176}, Published{10, 0.7, kTwo, "300s", 1.6758},
                                         Published{10, 0.7, R"({"policy":{"leastRequest":{"choiceCount":3,"replacement":false}}})", "300s", 1.431},
                                         Published{10, 0.7, R"({"policy":{"leastRequest":{"selection":"full_scan"}}})", "300s", 1.16}, Published{10, 0.7, kInTurn, "300s", 2.0198},
                                         Published{5, 0.7, kInTurn, "600s", 2.1642}, Published{2, 0.7, kInTurn, "900s", 2.6006}));

}  // namespace
}  // namespace meshmall::models
