// Policies that learn: peak EWMA, Prequal, weights from load reports; pick_first; localities by weight and by zone in the balancer.
#include <cmath>

#include "models/balancing/registry.h"
#include "tests/models/balancing_fixture.h"

namespace meshmall::models {
namespace {

using engine::SimTime;

SimTime at(std::int64_t ms) { return SimTime{} + engine::milliseconds(ms); }

TEST(PeakEwma, AvoidsAHostThatBecameSlowUntilItsEstimateDecayed) {
  ClusterHosts hosts = clusterOf(equalHosts(2));
  SeededRandom random(5);
  LoadBalancer balancer(PeakEwmaConfig{}, hosts, {}, random);
  balancer.finished(hosts, 0, at(10), engine::milliseconds(500));
  for (const HostIndex host : picks(balancer, hosts, random, 50, at(11))) EXPECT_EQ(host, 1U);
  // After 60 s unused (six decay times) both cost next to nothing; the slow one has 500 ms e^-6 = 1.2 ms against 30 ms e^-6.
  balancer.finished(hosts, 1, at(60000), engine::milliseconds(100));
  EXPECT_EQ(balancer.pick(hosts, {at(60000)}, random).host, 0U);
}

TEST(PeakEwma, TraceDoesNotChangeTheDecisions) {
  ClusterHosts hosts = clusterOf(equalHosts(4));
  SeededRandom random(9);
  LoadBalancer balancer(PeakEwmaConfig{}, hosts, {}, random);
  ClusterHosts other_hosts = hosts;
  LoadBalancer other = balancer;
  SeededRandom other_random = random;
  for (int i = 0; i < 200; ++i) {
    PickTrace trace;
    const HostIndex one = balancer.pick(hosts, {at(i)}, random, &trace).host;
    const HostIndex two = other.pick(other_hosts, {at(i)}, other_random).host;
    ASSERT_EQ(one, two);
    EXPECT_EQ(trace.candidates.size(), 2U);
    balancer.finished(hosts, one, at(i), engine::milliseconds(10 + i % 7));
    other.finished(other_hosts, two, at(i), engine::milliseconds(10 + i % 7));
  }
}

TEST(LoadReports, WeightsActAfterTheBlackoutAtTheNextUpdate) {
  ClusterHosts hosts = clusterOf(equalHosts(2));
  ScriptedRandom random;
  LoadBalancer balancer(ClientSideWeightedRoundRobinConfig{}, hosts, {}, random);
  const LoadReport busy{100, 0, 0.8, 0, {}};
  const LoadReport idle{100, 0, 0.2, 0, {}};
  const auto shareOfIdle = [&](std::int64_t from) {
    int count = 0;
    for (int i = 0; i < 1000; ++i) count += balancer.pick(hosts, {at(from)}, random).host == 1 ? 1 : 0;
    return count;
  };
  for (std::int64_t t = 500; t <= 30000; t += 500) {
    balancer.reported(hosts, 0, at(t), busy);
    balancer.reported(hosts, 1, at(t), idle);
    if (t == 5000) {
      EXPECT_EQ(shareOfIdle(t), 500);  // blackout: equal
    }
  }
  EXPECT_NEAR(shareOfIdle(30000), 800, 2);      // 125 : 500
  EXPECT_EQ(shareOfIdle(30000 + 181000), 500);  // expired
}

TEST(LoadReports, GrpcsScheduleFollowsTheSameWeights) {
  ClusterHosts hosts = clusterOf(equalHosts(2));
  ScriptedRandom random;
  LoadBalancer balancer(GrpcWeightedRoundRobinConfig{}, hosts, {}, random);
  for (std::int64_t t = 500; t <= 20000; t += 500) {
    balancer.reported(hosts, 0, at(t), {100, 0, 0.8, 0, {}});
    balancer.reported(hosts, 1, at(t), {100, 0, 0.2, 0, {}});
  }
  int second = 0;
  for (const HostIndex host : picks(balancer, hosts, random, 5000, at(20000))) second += host == 1 ? 1 : 0;
  EXPECT_NEAR(second, 4000, 5);
}

TEST(Prequal, PrefersIdleReplicasByWhatProbesSay) {
  ClusterHosts hosts = clusterOf(equalHosts(50));
  SeededRandom random(17);
  LoadBalancer balancer(PrequalConfig{}, hosts, {}, random);
  // Every fifth host is slow and busy. Steady state: probes are answered at once.
  int slow_picks = 0;
  for (int i = 0; i < 5000; ++i) {
    const Pick pick = balancer.pick(hosts, {at(i)}, random);
    ASSERT_TRUE(pick.found());
    if (i >= 1000) slow_picks += pick.host % 5 == 0 ? 1 : 0;
    const auto probes = balancer.probesFor(hosts, random);
    EXPECT_EQ(probes.size(), 3U);
    for (const HostIndex probe : probes) {
      const bool slow = probe % 5 == 0;
      balancer.probed(hosts, probe, at(i), slow ? 20 : 2, slow ? 50.0 : 5.0, random);
    }
  }
  EXPECT_LT(slow_picks, 40);  // 800 by chance; here only when the pool holds nothing else
}

TEST(Prequal, ChoosesAtRandomWhileThePoolIsTooSmall) {
  ClusterHosts hosts = clusterOf(equalHosts(3));
  ScriptedRandom random({2});
  LoadBalancer balancer(PrequalConfig{}, hosts, {}, random);
  const Pick pick = balancer.pick(hosts, {}, random);
  EXPECT_EQ(pick.host, 2U);
  EXPECT_EQ(pick.reason, PickReason::kRandom);
}

TEST(PickFirst, StaysUntilItsHostFails) {
  ClusterHosts hosts = clusterOf(equalHosts(3));
  ScriptedRandom random;
  LoadBalancer balancer(PickFirstConfig{}, hosts, {}, random);
  EXPECT_EQ(picks(balancer, hosts, random, 3), (std::vector<HostIndex>{0, 0, 0}));
  hosts.setEjected(0, true, {});
  EXPECT_EQ(balancer.pick(hosts, {}, random).host, 1U);
  hosts.setEjected(0, false, {});
  EXPECT_EQ(balancer.pick(hosts, {}, random).host, 1U);  // sticks to the connection it has
}

TEST(WeightedLocalities, SplitByWeightAndKeepTheirShareWhileEnoughHostsAreHealthy) {
  std::vector<HostConfig> configs = equalHosts(20);
  for (std::uint32_t i = 10; i < 20; ++i) configs[i].locality = 1;
  FailoverConfig failover;
  failover.locality = LocalityRule::kWeighted;
  ClusterHosts hosts(makeMembership(configs, {{{{"a", 80}, {"b", 20}}, false}}), failover, {});
  SeededRandom random(23);
  LoadBalancer balancer(LeastRequestConfig{}, hosts, {}, random);
  const auto shareOfA = [&] {
    int count = 0;
    for (const HostIndex host : picks(balancer, hosts, random, 1000)) count += host < 10 ? 1 : 0;
    return count;
  };
  EXPECT_NEAR(shareOfA(), 800, 2);
  for (HostIndex host = 0; host < 2; ++host) hosts.setEjected(host, true, {});
  EXPECT_NEAR(shareOfA(), 800, 2);  // 80 % healthy x 1.4
  for (HostIndex host = 2; host < 5; ++host) hosts.setEjected(host, true, {});
  EXPECT_NEAR(shareOfA(), 1000.0 * 56 / 76, 2);  // 80 x 0.5 x 1.4 against 20
}

TEST(ZoneAware, KeepsAsMuchAtHomeAsTheShareOfEndpointsAllows) {
  // The documented example: callers 40/40/20, endpoints 25/50/25; 62.5 % stay, the rest 2:1.
  std::vector<HostConfig> configs = equalHosts(100);
  for (std::uint32_t i = 0; i < 100; ++i) configs[i].locality = i < 25 ? 0 : i < 75 ? 1 : 2;
  FailoverConfig failover;
  failover.locality = LocalityRule::kZoneAware;
  ClusterHosts hosts(makeMembership(configs, {{{{"a", 0}, {"b", 0}, {"c", 0}}, true}}), failover, {});
  SeededRandom random(29);
  LoadBalancer balancer(RandomConfig{}, hosts, {}, random);
  balancer.setLocalCluster(std::make_shared<const LocalCluster>(LocalCluster{{{"a", 40}, {"b", 40}, {"c", 20}}, true, 100, 100}), hosts);
  std::vector<int> zones(3, 0);
  for (const HostIndex host : picks(balancer, hosts, random, 100000)) ++zones[configs[host].locality];
  const double expected[] = {0.625, 0.25, 0.125};
  // Five standard errors of a binomial share.
  for (int zone = 0; zone < 3; ++zone) EXPECT_NEAR(zones[zone] / 1e5, expected[zone], 5 * std::sqrt(expected[zone] * (1 - expected[zone]) / 1e5));
}

TEST(Priorities, HalfOfTheFirstPriorityHealthyKeepsSeventyPercent) {
  std::vector<HostConfig> configs = equalHosts(20);
  for (std::uint32_t i = 10; i < 20; ++i) configs[i].priority = 1;
  ClusterHosts hosts = clusterOf(configs);
  for (HostIndex host = 0; host < 5; ++host) hosts.setEjected(host, true, {});
  SeededRandom random(31);
  LoadBalancer balancer(LeastRequestConfig{}, hosts, {}, random);
  int first = 0;
  for (int i = 0; i < 100000; ++i) first += balancer.pick(hosts, {}, random).priority == 0 ? 1 : 0;
  EXPECT_NEAR(first / 1e5, 0.7, 5 * std::sqrt(0.21 / 1e5));
}

TEST(Registry, NamesEveryPolicyOnceAndMakesABalancerOfEach) {
  EXPECT_EQ(balancingPolicies().size(), std::variant_size_v<PolicyConfig>);
  for (const BalancingPolicy& policy : balancingPolicies()) {
    EXPECT_EQ(nameOf(policy.defaults), policy.name);
    EXPECT_EQ(findBalancingPolicy(policy.name), &policy);
    ClusterHosts hosts = clusterOf(equalHosts(3));
    SeededRandom random(1);
    LoadBalancer balancer(policy.defaults, hosts, {}, random);
    EXPECT_TRUE(balancer.pick(hosts, {}, random).found()) << policy.name;
    ClusterHosts nobody;
    LoadBalancer idle(policy.defaults, nobody, {}, random);
    EXPECT_FALSE(idle.pick(nobody, {}, random).found()) << policy.name;
    nobody.setMembership(makeMembership(equalHosts(2)), {});
    EXPECT_TRUE(idle.pick(nobody, {}, random).found()) << policy.name;
    nobody.setMembership(makeMembership({}), {});
    EXPECT_FALSE(idle.pick(nobody, {}, random).found()) << policy.name;
  }
}

}  // namespace
}  // namespace meshmall::models
