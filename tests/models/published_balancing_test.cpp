// Published figures of balancing, reproduced in runs: one caller, exponential service, times in units of the mean service time (10 ms).
//
// Values: published-results.json, entries supermarket-d1-fixedpoint, supermarket-d2-fixedpoint, supermarket-d2-n100-distinct, jsq-n10, round-robin-as-En-M-1
// (Mitzenmacher 2001; GI/M/1 with Erlang arrivals), balls-into-bins-max, h2-connection-pinning, lb-sim-fixed-arrivals. Which entry is where, and which are in
// no test and why: docs/explanation/validation-published.md. By default runs are short; MESHMALL_PUBLISHED=all takes the lengths that the tolerances ask for.
#include <cmath>
#include <cstdlib>
#include <map>
#include <sstream>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"
#include "tests/models/mall_story.h"

namespace meshmall::models {
namespace {

bool longRuns() {
  const char* wanted = std::getenv("MESHMALL_PUBLISHED");
  return wanted != nullptr && std::string(wanted) == "all";
}

struct Published {
  int servers;
  double load;
  const char* balancer;
  double time_in_system;
  double tolerance;          // as published with the entry, relative
  double short_trips;        // thousands; 0: only in long runs
  double long_trips;
};

void PrintTo(const Published& p, std::ostream* out) { *out << p.servers << " servers, load " << p.load << ", " << p.balancer; }

class PublishedBalancing : public testing::TestWithParam<Published> {};

// The mean over batches has a standard error, which the run's own interval tells (batch means, 95 %: 1.96 of them and more). Allowed: the published tolerance and
// 3.5 standard errors; of 40 such checks one in 50 runs would fail by chance. A short run is asked to be no wilder than 5 % (long: 1.5 %), or it would show nothing.
TEST_P(PublishedBalancing, MeanTimeInSystem) {
  const Published& p = GetParam();
  const double thousands = longRuns() ? p.long_trips : p.short_trips;
  if (thousands == 0) GTEST_SKIP() << "a long run: MESHMALL_PUBLISHED=all";
  const double rate = p.servers * p.load * 100;
  // Empty at first: a line forgets that after 1 / (1 - sqrt(load))^2 services.
  const double settle = 0.01 * 8 / std::pow(1 - std::sqrt(p.load), 2);
  std::ostringstream text;
  text << R"({"meshmall":1,"run":{"duration":")" << static_cast<long>(thousands * 1e6 / rate) << R"(ms","warmup":")" << static_cast<long>(settle * 1e3)
       << R"(ms"},"services":{"s":{"versions":{"v1":{"replicas":)" << p.servers
       << R"(}},"operations":{"x":{"steps":[{"busy":{"exponential":{"mean":"10ms"}}}]}}}},"traffic":[{"name":"t","to":"s/x","arrivals":{"poisson":{"rate":")" << rate
       << R"(/s"}}}],"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":)" << p.balancer << "}}}}";
  DecodeResult decoded = decodeScenario(text.str(), "published.json", "");
  ASSERT_TRUE(decoded.scenario);
  Mall mall(makePlan(std::move(*decoded.scenario)), {.seed = 3});
  mall.run();
  const Result result = mall.result();
  const ConfidenceInterval* interval = result.confidenceOf(*findMetric("latency.mean"));
  ASSERT_NE(interval, nullptr);
  const double error = (interval->high - interval->low) / 2 / 1.96 / 10;
  const double measured = *result.metric("latency.mean") / 10;
  EXPECT_LT(error / measured, longRuns() ? 0.015 : 0.05);
  EXPECT_NEAR(measured, p.time_in_system, p.tolerance * p.time_in_system + 3.5 * error) << "standard error " << error;
}

constexpr const char* kTwo = R"({"policy":{"leastRequest":{"replacement":false}}})";
constexpr const char* kThree = R"({"policy":{"leastRequest":{"choiceCount":3,"replacement":false}}})";
constexpr const char* kAll = R"({"policy":{"leastRequest":{"selection":"full_scan"}}})";
constexpr const char* kInTurn = R"({"simple":"ROUND_ROBIN"})";
constexpr const char* kAny = R"({"simple":"RANDOM"})";
constexpr const char* kTwoReplaced = R"({"simple":"LEAST_REQUEST"})";

// supermarket-d2-n100-distinct
INSTANTIATE_TEST_SUITE_P(TwoChoicesOfAHundred, PublishedBalancing,
                         testing::Values(Published{100, 0.5, kTwo, 1.2666, 0.005, 150, 3000}, Published{100, 0.7, kTwo, 1.6176, 0.005, 150, 3000},
                                         Published{100, 0.8, kTwo, 1.9564, 0.005, 150, 4000}, Published{100, 0.9, kTwo, 2.6405, 0.01, 150, 6000},
                                         Published{100, 0.95, kTwo, 3.4472, 0.01, 250, 8000}, Published{100, 0.99, kTwo, 5.9011, 0.02, 0, 12000}));
// jsq-n10; with full knowledge, two and three choices, by turns
INSTANTIATE_TEST_SUITE_P(TenServers, PublishedBalancing,
                         testing::Values(Published{10, 0.7, kAll, 1.16, 0.015, 100, 1000}, Published{10, 0.9, kAll, 1.9141, 0.015, 150, 3000}, Published{10, 0.7, kTwo, 1.6758, 0.015, 100, 1000},
                                         Published{10, 0.9, kTwo, 2.9852, 0.015, 150, 3000}, Published{10, 0.7, kThree, 1.431, 0.015, 100, 1000}, Published{10, 0.9, kThree, 2.4596, 0.015, 150, 3000}));
// round-robin-as-En-M-1
INSTANTIATE_TEST_SUITE_P(ByTurns, PublishedBalancing,
                         testing::Values(Published{1, 0.7, kInTurn, 3.3333, 0.015, 100, 1500}, Published{2, 0.7, kInTurn, 2.6006, 0.015, 100, 1500}, Published{5, 0.7, kInTurn, 2.1642, 0.015, 100, 1500},
                                         Published{10, 0.7, kInTurn, 2.0198, 0.015, 100, 1500}, Published{100, 0.7, kInTurn, 1.8905, 0.015, 100, 1500}, Published{1, 0.8, kInTurn, 5.0, 0.015, 150, 3000},
                                         Published{2, 0.8, kInTurn, 3.844, 0.015, 150, 3000}, Published{5, 0.8, kInTurn, 3.1523, 0.015, 150, 3000}, Published{10, 0.8, kInTurn, 2.9223, 0.015, 150, 3000},
                                         Published{100, 0.8, kInTurn, 2.7157, 0.015, 150, 3000}, Published{1, 0.9, kInTurn, 10.0, 0.015, 300, 10000}, Published{2, 0.9, kInTurn, 7.5883, 0.015, 300, 10000},
                                         Published{5, 0.9, kInTurn, 6.1421, 0.015, 300, 8000}, Published{10, 0.9, kInTurn, 5.6603, 0.015, 300, 8000}, Published{100, 0.9, kInTurn, 5.2268, 0.015, 300, 6000}));
// supermarket-d1-fixedpoint and supermarket-d2-fixedpoint: limits for many servers, here 1,000; at 0.99 the entry itself sends to the one with 100.
INSTANTIATE_TEST_SUITE_P(AThousandServers, PublishedBalancing,
                         testing::Values(Published{1000, 0.5, kAny, 2.0, 0.01, 150, 3000}, Published{1000, 0.7, kAny, 3.3333, 0.01, 0, 4000}, Published{1000, 0.8, kAny, 5.0, 0.01, 0, 5000},
                                         Published{1000, 0.9, kAny, 10.0, 0.01, 0, 8000}, Published{1000, 0.95, kAny, 20.0, 0.02, 0, 12000}, Published{1000, 0.5, kTwoReplaced, 1.2657, 0.01, 150, 3000},
                                         Published{1000, 0.7, kTwoReplaced, 1.6145, 0.01, 0, 3000}, Published{1000, 0.8, kTwoReplaced, 1.9474, 0.01, 0, 3000},
                                         Published{1000, 0.9, kTwoReplaced, 2.6141, 0.01, 0, 4000}, Published{1000, 0.95, kTwoReplaced, 3.383, 0.02, 0, 6000}));

// balls-into-bins-max: as many requests at once as endpoints, none is ever answered; the most that any endpoint has got. Published: in 90 % of the seeds.
TEST(PublishedBalancingOnce, TheFullestOfTenThousandBins) {
  const struct { const char* balancer; std::uint32_t least, most; } cases[] = {
      {kAny, 6, 8}, {kTwoReplaced, 3, 3}, {R"({"policy":{"leastRequest":{"choiceCount":3}}})", 3, 3}};
  for (const auto& c : cases) {
    const auto plan = story::planOf(R"({"meshmall":1,"run":{"duration":"2s"},"services":{"s":{"versions":{"v1":{"replicas":10000}},"operations":{"x":{"steps":[{"wait":"1h"}]}}}},
      "traffic":[{"name":"t","to":"s/x","arrivals":{"renewal":{"interarrival":"100us"}}}],"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":)" + std::string(c.balancer) + "}}}}");
    int within = 0;
    constexpr int kSeeds = 10;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      Mall mall(plan, {.seed = seed});
      mall.runUntil({1'000'000'000});  // 10,000 have come
      ASSERT_EQ(mall.customersInside(), 10'000u);
      std::uint32_t fullest = 0;
      for (const Endpoint& endpoint : mall.endpoints()) fullest = std::max(fullest, endpoint.requests);
      within += fullest >= c.least && fullest <= c.most ? 1 : 0;
    }
    // Of 10 seeds at a chance of 0.9 each, fewer than 7 come in one of 78 cases.
    EXPECT_GE(within, 7) << c.balancer;
  }
}

// h2-connection-pinning: clients that hold one connection each to an endpoint that kube-proxy chose. 600 draws of the connections for each pair: the mean of the fullest
// endpoint over the average varies by 0.2 to 0.6, so its standard error is below 1 %.
TEST(PublishedBalancingOnce, ConnectionsThatStayLeaveEndpointsIdle) {
  const struct { int clients, endpoints; double fullest, idle; } cases[] = {{10, 10, 2.748, 0.347}, {20, 10, 2.199, 0.121}, {100, 10, 1.512, 0.0}, {30, 3, 1.273, 0.0}};
  for (const auto& c : cases) {
    const auto plan = story::planOf(R"({"meshmall":1,"run":{"duration":"1s"},"services":{"client":{"protocol":"http2","versions":{"v1":{"replicas":)" + std::to_string(c.clients) +
                                    R"(}},"operations":{"x":{"steps":[{"call":"pod/y"}]}}},"pod":{"protocol":"http2","versions":{"v1":{"replicas":)" + std::to_string(c.endpoints) +
                                    R"(}},"operations":{"y":{}}}},"traffic":[{"name":"t","to":"client/x","arrivals":{"constant":{"rate":")" + std::to_string(5 * c.clients) +
                                    R"(/s"}}}],"mesh":{"destinationRules":{"client":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}},"pod":{"trafficPolicy":{"loadBalancer":{"simple":"PASSTHROUGH"}}}}}})");
    double fullest = 0, idle = 0;
    constexpr int kSeeds = 600;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      Mall mall(plan, {.seed = seed});
      mall.run();
      std::map<std::uint32_t, int> connections;
      for (const Upstream& upstream : mall.upstreams())
        if (upstream.cluster == 1 && upstream.threads[0].pinned != kNil) ++connections[upstream.threads[0].pinned];
      int most = 0, all = 0;
      for (const auto& [endpoint, count] : connections) {
        most = std::max(most, count);
        all += count;
      }
      ASSERT_EQ(all, c.clients);
      fullest += static_cast<double>(most) * c.endpoints / c.clients / kSeeds;
      idle += (1 - static_cast<double>(connections.size()) / c.endpoints) / kSeeds;
    }
    EXPECT_NEAR(fullest, c.fullest, 0.03 * c.fullest) << c.clients << " " << c.endpoints;
    EXPECT_NEAR(idle, c.idle, 0.015) << c.clients << " " << c.endpoints;  // standard error below 0.004, and the published figure's three digits
  }
}

// lb-sim-fixed-arrivals: servers of 10, 20 and 30 ms, a request every millisecond, a hundred of them; by turns, the slowest has 33 or 34 to serve.
TEST(PublishedBalancingOnce, FixedArrivalsAtServersOfThreeSpeeds) {
  const auto run = [](const std::string& weights) {
    const auto weight = [&](std::size_t i) { return std::string(1, weights[i]); };
    return story::told(R"({"meshmall":1,"run":{"duration":"100001us","drain":true},"services":{"s":{"versions":{"a":{"speed":3,"weight":)" + weight(0) + R"(},"b":{"speed":1.5,"weight":)" + weight(1) +
                       R"(},"c":{"weight":)" + weight(2) + R"(}},"operations":{"x":{"steps":[{"busy":"30ms"}]}}}},"traffic":[{"name":"t","to":"s/x","arrivals":{"constant":{"rate":"1000/s"}}}],
      "mesh":{"defaults":{"retries":{"attempts":0},"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}}}})");
  };
  const auto ended = [](const Mall& mall) {
    std::int64_t last = 0;
    for (const story::Visit& visit : story::visitsIn(mall)) last = std::max(last, visit.came + visit.stayed);
    return static_cast<double>(last - 1'000'000) / 1e6;  // since the first came
  };
  // The first of the three to have a turn is drawn, so the slowest gets 33 or 34, from the first, second or third request on: at most one of its services more or less.
  const Mall by_turns = run("111");
  ASSERT_EQ(story::visitsIn(by_turns).size(), 100u);
  EXPECT_NEAR(ended(by_turns), 992, 31);
  const std::map<std::string, int> got = story::shares(by_turns);
  for (const auto& [endpoint, requests] : got) EXPECT_NEAR(requests, 33.5, 0.5) << endpoint;
  const double end = ended(by_turns);  // utilisation of each until the last has left; published 34.27, 66.53, 99.8
  EXPECT_NEAR(got.at("s-a-0") * 10 / end, 0.3427, 0.02);
  EXPECT_NEAR(got.at("s-b-0") * 20 / end, 0.6653, 0.03);
  EXPECT_NEAR(got.at("s-c-0") * 30 / end, 0.998, 0.01);
  // Five, two and one of eight turns: the fastest serves 62 or 63 and is the last to end.
  EXPECT_NEAR(ended(run("521")), 640, 20);
}

}  // namespace
}  // namespace meshmall::models
