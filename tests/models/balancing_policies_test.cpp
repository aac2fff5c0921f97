// Round robin, least request and random against decisions recorded from Envoy's own tests, and the properties they must have.
#include "tests/models/balancing_fixture.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace meshmall::models {
namespace {

using engine::SimTime;
using Picks = std::vector<HostIndex>;

TEST(RoundRobin, PicksNothingWhenThereIsNoHost) {
  ScriptedRandom random;
  ClusterHosts hosts;
  LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, random);
  EXPECT_EQ(balancer.pick(hosts, {}, random).host, kNoHost);
}

TEST(RoundRobin, StartsAtTheSeedAndGoesOnThroughMembershipChanges) {
  ScriptedRandom random({1}, 0);
  ClusterHosts hosts = clusterOf(equalHosts(3));
  LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, random);
  EXPECT_EQ(picks(balancer, hosts, random, 4), (Picks{1, 2, 0, 1}));
  hosts.setMembership(makeMembership(equalHosts(4)), {});
  EXPECT_EQ(picks(balancer, hosts, random, 3), (Picks{1, 2, 3}));  // turns 5, 6, 7 of four hosts
}

TEST(RoundRobin, FollowsWeightsSmoothlyAndSeesChangesOnceAHostIsPutBack) {
  ScriptedRandom random;
  ClusterHosts hosts = clusterOf(hostsWithWeights({1, 2}));
  LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, random);
  EXPECT_EQ(picks(balancer, hosts, random, 6), (Picks{1, 0, 1, 1, 0, 1}));
  hosts.setWeight(0, 2, false, {});
  hosts.setWeight(1, 1, false, {});
  EXPECT_EQ(picks(balancer, hosts, random, 8), (Picks{1, 0, 0, 1, 0, 0, 1, 0}));
  hosts.setMembership(makeMembership(hostsWithWeights({2, 1, 3})), {});
  EXPECT_EQ(picks(balancer, hosts, random, 12), (Picks{2, 0, 2, 1, 0, 2, 2, 0, 2, 1, 0, 2}));
}

TEST(RoundRobin, SeedActsAsThatManyPicksAlreadyMade) {
  for (const std::uint64_t seed : {0ULL, 2ULL, 7ULL, 1000ULL, (1ULL << 32U) + 7}) {
    ScriptedRandom zero;
    ScriptedRandom seeded({seed}, 0);
    ClusterHosts hosts = clusterOf(hostsWithWeights({1, 2, 3}));
    LoadBalancer from_zero(RoundRobinConfig{}, hosts, {}, zero);
    LoadBalancer from_seed(RoundRobinConfig{}, hosts, {}, seeded);
    Picks all = picks(from_zero, hosts, zero, static_cast<int>(seed % (1ULL << 32U)) + 60);
    EXPECT_EQ(picks(from_seed, hosts, seeded, 60), Picks(all.end() - 60, all.end())) << seed;
  }
}

TEST(RoundRobin, UsesAllHostsInPanicAndHealthyOnesOtherwise) {
  ScriptedRandom random;
  FailoverConfig config;
  config.panic_threshold = 50;
  ClusterHosts hosts = clusterOf(equalHosts(6), config);
  for (HostIndex h = 2; h < 6; ++h) hosts.setEjected(h, true, {});
  LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, random);
  const Pick first = balancer.pick(hosts, {}, random);
  EXPECT_TRUE(first.panic);
  EXPECT_EQ(first.host, 0U);
  EXPECT_EQ(picks(balancer, hosts, random, 2), (Picks{1, 2}));
  hosts.setEjected(2, false, {});
  hosts.setEjected(3, false, {});
  EXPECT_EQ(picks(balancer, hosts, random, 2), (Picks{0, 1}));
}

TEST(RoundRobin, FindsNoHostWhenAllAreEjectedAndPanicIsOff) {
  ScriptedRandom random;
  ClusterHosts hosts = clusterOf(equalHosts(2));
  hosts.setEjected(0, true, {});
  hosts.setEjected(1, true, {});
  LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, random);
  const Pick pick = balancer.pick(hosts, {}, random);
  EXPECT_FALSE(pick.found());
  EXPECT_FALSE(pick.panic);
}

TEST(RoundRobin, PicksAgainWhileTheHostWasTriedAndUsesTheLastOne) {
  ScriptedRandom random;
  ClusterHosts hosts = clusterOf(equalHosts(2));
  LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, random);
  const std::array<HostIndex, 1> tried{1};
  PickContext context;
  context.attempted = tried;
  context.reselection_attempts = 2;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(balancer.pick(hosts, context, random).host, 0U);
  context.reselection_attempts = 0;
  EXPECT_EQ(balancer.pick(hosts, context, random).host, 1U);
}

TEST(LeastRequest, TakesTheLessBusyOfTwoDrawnHostsAndTheEarlierOnATie) {
  ClusterHosts hosts = clusterOf(equalHosts(4));
  for (HostIndex h = 0; h < 4; ++h) {
    for (HostIndex n = h; n < 4; ++n) hosts.requestStarted(h);  // 4, 3, 2, 1
  }
  const auto pickWith = [&](std::vector<std::uint64_t> draws, std::uint32_t choices) {
    ScriptedRandom random({0});
    LeastRequestConfig config;
    config.choice_count = choices;
    LoadBalancer balancer(config, hosts, {}, random);
    ScriptedRandom drawn(std::move(draws));
    PickTrace trace;
    const HostIndex host = balancer.pick(hosts, {}, drawn, &trace).host;
    EXPECT_EQ(drawn.drawn(), choices + 1U);
    EXPECT_EQ(trace.candidates.size(), choices);
    EXPECT_EQ(trace.eligible, 4U);
    return host;
  };
  EXPECT_EQ(pickWith({0, 0, 0}, 2), 0U);
  EXPECT_EQ(pickWith({0, 3, 0, 3, 2, 1}, 5), 3U);
  EXPECT_EQ(pickWith({0, 1, 2}, 2), 2U);
}

TEST(LeastRequest, DrawsForASingleHostToo) {
  ScriptedRandom random;
  ClusterHosts hosts = clusterOf(equalHosts(1));
  LoadBalancer balancer(LeastRequestConfig{}, hosts, {}, random);
  const std::size_t before = random.drawn();
  EXPECT_EQ(balancer.pick(hosts, {}, random).host, 0U);
  EXPECT_EQ(random.drawn() - before, 3U);
}

TEST(LeastRequest, WithoutReplacementNeverDrawsAHostTwice) {
  SeededRandom random(3);
  ClusterHosts hosts = clusterOf(equalHosts(5));
  for (const std::uint32_t choices : {2U, 3U, 5U, 9U}) {
    LeastRequestConfig config;
    config.choice_count = choices;
    config.replacement = false;
    LoadBalancer balancer(config, hosts, {}, random);
    std::array<int, 5> seen{};
    for (int i = 0; i < 2000; ++i) {
      PickTrace trace;
      balancer.pick(hosts, {}, random, &trace);
      ASSERT_EQ(trace.candidates.size(), std::min(choices, 5U));
      std::array<bool, 5> now{};
      for (const auto& candidate : trace.candidates) {
        ASSERT_FALSE(now[candidate.host]);
        now[candidate.host] = true;
        ++seen[candidate.host];
      }
    }
    // Each host is a candidate with probability c/5: 2000 trials, 5 standard errors.
    const double p = std::min(choices, 5U) / 5.0;
    for (const int count : seen) EXPECT_NEAR(count, 2000 * p, 5 * std::sqrt(2000 * p * (1 - p)) + 0.5);
  }
}

TEST(LeastRequest, FullScanBreaksTiesByDrawsAlsoForTiesBeatenLater) {
  ClusterHosts hosts = clusterOf(equalHosts(5));
  const std::array<int, 5> active{3, 3, 1, 1, 1};
  for (HostIndex h = 0; h < 5; ++h) {
    for (int i = 0; i < active[h]; ++i) hosts.requestStarted(h);
  }
  LeastRequestConfig config;
  config.selection = LeastRequestConfig::Selection::kFullScan;
  const auto pickWith = [&](std::vector<std::uint64_t> draws) {
    ScriptedRandom random({0});
    LoadBalancer balancer(config, hosts, {}, random);
    ScriptedRandom drawn(std::move(draws));
    const HostIndex host = balancer.pick(hosts, {}, drawn).host;
    EXPECT_EQ(drawn.drawn(), 4U);
    return host;
  };
  EXPECT_EQ(pickWith({0, 1, 0, 0}), 4U);
  EXPECT_EQ(pickWith({0, 0, 1, 2}), 2U);
  EXPECT_EQ(pickWith({0, 0, 0, 3}), 4U);
}

TEST(LeastRequest, WeightedScheduleReadsActiveRequestsWhenAHostIsPutBack) {
  ScriptedRandom random;
  ClusterHosts hosts = clusterOf(hostsWithWeights({1, 2}));
  LeastRequestConfig config;
  config.active_request_bias = -1.0;  // acts as 1
  LoadBalancer balancer(config, hosts, {}, random);
  EXPECT_EQ(picks(balancer, hosts, random, 6), (Picks{1, 0, 1, 1, 0, 1}));
  hosts.requestStarted(1);
  EXPECT_EQ(picks(balancer, hosts, random, 5), (Picks{1, 0, 1, 0, 1}));
  hosts.requestEnded(1);
  hosts.requestStarted(0);
  EXPECT_EQ(picks(balancer, hosts, random, 10), (Picks{0, 1, 1, 1, 0, 1, 1, 1, 1, 0}));
}

TEST(LeastRequest, WeightFormulaMatchesTheDocumentation) {
  EXPECT_DOUBLE_EQ(leastRequestWeight(2, 4, 1.0), 0.4);
  EXPECT_DOUBLE_EQ(leastRequestWeight(1, 1, 0.9), 0.5358867312681466);
  EXPECT_DOUBLE_EQ(leastRequestWeight(5, 7, 0.0), 5.0);
  EXPECT_DOUBLE_EQ(leastRequestWeight(1, ~std::uint64_t{0}, 1.0), 5.421010862427522e-20);
}

TEST(Random, UsesOneDrawForPriorityAndHost) {
  ClusterHosts hosts =
      clusterOf({{0, "a", 1, 0, 0}, {1, "b", 1, 0, 0}, {2, "c", 1, 0, 0}, {3, "d", 1, 0, 0}, {4, "e", 1, 1, 0}, {5, "f", 1, 1, 0}, {6, "g", 1, 1, 0}});
  hosts.setEjected(2, true, {});
  hosts.setEjected(3, true, {});
  ScriptedRandom random({0, 1, 69, 70, 71, 99, 100, 169, 170, 171});
  LoadBalancer balancer(RandomConfig{}, hosts, {}, random);
  EXPECT_EQ(picks(balancer, hosts, random, 10), (Picks{0, 1, 1, 5, 6, 4, 0, 1, 6, 4}));
}

TEST(SlowStart, FactorGrowsFromTheMinimumToOne) {
  SlowStartConfig config;
  config.window = engine::seconds(60);
  EXPECT_DOUBLE_EQ(slowStartFactor(engine::seconds(5), config), 0.1);
  EXPECT_DOUBLE_EQ(slowStartFactor(engine::seconds(20), config), 20.0 / 60.0);
  EXPECT_DOUBLE_EQ(slowStartFactor(engine::seconds(60), config), 1.0);
  config.aggression = 2.0;
  EXPECT_DOUBLE_EQ(slowStartFactor(engine::seconds(26), config), std::pow(26.0 / 60.0, 0.5));
}

TEST(SlowStart, NewHostGetsTheShareOfItsFactor) {
  // Nine hosts at full weight, one that entered 30 s ago with a window of 60 s: 0.5 / 9.5 of the picks.
  ScriptedRandom random;
  RoundRobinConfig config;
  config.slow_start.window = engine::seconds(60);
  ClusterHosts hosts = clusterOf(equalHosts(9));
  LoadBalancer balancer(config, hosts, {}, random);
  hosts.setMembership(makeMembership(equalHosts(10)), SimTime{} + engine::seconds(100));
  int to_new = 0;
  for (const HostIndex host : picks(balancer, hosts, random, 9500, SimTime{} + engine::seconds(130))) to_new += host == 9 ? 1 : 0;
  EXPECT_NEAR(to_new, 500, 2);  // a schedule: exact but for its ends
}

TEST(ClusterHosts, KeepsRequestsAndFlagsOfHostsThatStay) {
  ClusterHosts hosts = clusterOf(equalHosts(3));
  hosts.requestStarted(2);
  hosts.requestStarted(1);
  hosts.setEjected(2, true, {});
  const std::uint32_t epoch = hosts.epoch();
  std::vector<HostConfig> without_first = equalHosts(3);
  without_first.erase(without_first.begin());
  hosts.setMembership(makeMembership(without_first), {});
  EXPECT_EQ(hosts.active(1), 1U);
  EXPECT_EQ(hosts.health(1), Health::kUnhealthy);
  EXPECT_EQ(hosts.active(0), 1U);
  hosts.requestEnded(2, epoch, 2);
  EXPECT_EQ(hosts.active(1), 0U);
  EXPECT_EQ(hosts.clusterActive(), 1U);
  hosts.setMembership(makeMembership({}), {});
  hosts.requestEnded(1, epoch, 1);  // its host has gone
  EXPECT_EQ(hosts.clusterActive(), 0U);
}

TEST(ClusterHosts, SharesTheListsOfTheMembershipWhileNothingIsWrong) {
  const auto membership = makeMembership(equalHosts(100));
  ClusterHosts one(membership, {}, {});
  ClusterHosts two(membership, {}, {});
  EXPECT_EQ(&one.group(0), &two.group(0));
  one.setEjected(5, true, {});
  EXPECT_NE(&one.group(0), &two.group(0));
  EXPECT_EQ(one.group(0).healthy.size(), 99U);
  one.setEjected(5, false, {});
  EXPECT_EQ(&one.group(0), &two.group(0));
}

TEST(LoadBalancer, CopyGoesOnAsTheOriginalDoes) {
  SeededRandom random(7);
  ClusterHosts hosts = clusterOf(hostsWithWeights({1, 2, 3}));
  LoadBalancer balancer(RoundRobinConfig{}, hosts, {}, random);
  picks(balancer, hosts, random, 17);
  LoadBalancer copy = balancer;
  ClusterHosts hosts_copy = hosts;
  SeededRandom random_copy = random;
  EXPECT_EQ(picks(balancer, hosts, random, 50), picks(copy, hosts_copy, random_copy, 50));
}

TEST(Modulus, EqualsTheDivisionForExtremeDraws) {
  SeededRandom random(11);
  for (const std::uint32_t n : {1U, 2U, 3U, 10U, 64U, 100U, 1000U, 65537U, 4294967295U}) {
    const Modulus mod(n);
    const std::uint64_t square = static_cast<std::uint64_t>(n) * n;
    for (const std::uint64_t x : std::vector<std::uint64_t>{0, 1, ~0ULL, ~0ULL - 1, 1ULL << 63U, square, square - 1}) EXPECT_EQ(mod(x), x % n);
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t x = random.next();
      ASSERT_EQ(mod(x), x % n);
    }
  }
}

}  // namespace
}  // namespace meshmall::models
