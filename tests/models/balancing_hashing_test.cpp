// Ring hash and Maglev: what moves when a host goes, shares by weight, repeats of a request, bounded loads.
#include <cmath>

#include "models/balancing/hashing.h"
#include "tests/models/balancing_fixture.h"

namespace meshmall::models {
namespace {

std::vector<std::uint32_t> idsOfKeys(const PolicyConfig& config, ClusterHosts& hosts, int keys) {
  ScriptedRandom random;
  LoadBalancer balancer(config, hosts, {}, random);
  std::vector<std::uint32_t> ids;
  for (int key = 0; key < keys; ++key) {
    PickContext context;
    context.hash = xxh64("user-" + std::to_string(key));
    ids.push_back(hosts.host(balancer.pick(hosts, context, random).host).id);
  }
  EXPECT_EQ(random.drawn(), 0U);  // a request with a hash needs no draw
  return ids;
}

double movedWithoutNeed(const PolicyConfig& config, int keys) {
  ClusterHosts all = clusterOf(equalHosts(100));
  std::vector<HostConfig> fewer = equalHosts(100);
  fewer.erase(fewer.begin() + 37);
  ClusterHosts without = clusterOf(fewer);
  const auto before = idsOfKeys(config, all, keys);
  const auto after = idsOfKeys(config, without, keys);
  int moved = 0;
  for (int key = 0; key < keys; ++key) {
    EXPECT_NE(after[key], 37U);
    if (before[key] != 37 && before[key] != after[key]) ++moved;
  }
  return static_cast<double>(moved) / keys;
}

TEST(RingHash, RemovingAHostMovesOnlyItsOwnKeysWhileThePointsAHostStayTheSame) {
  EXPECT_LE(movedWithoutNeed(RingHashConfig{}, 100000), 0.002);  // 11 points a host with 100 hosts and with 99, but for the rounding of the running sums
}

TEST(RingHash, AMinimumSizeGivesTheOthersMorePointsWhenAHostGoes) {
  RingHashConfig config;
  config.minimum_ring_size = 100000;
  EXPECT_LE(movedWithoutNeed(config, 100000), 0.015);  // 1000 points become 1011: 1.1 % of the keys find a new point first
}

TEST(Maglev, RemovingAHostMovesFewOtherKeys) { EXPECT_LE(movedWithoutNeed(MaglevConfig{}, 100000), 0.03); }

TEST(Maglev, TableHoldsSharesByWeightWithinASlotAHost) {
  ClusterHosts hosts = clusterOf(hostsWithWeights({1, 2, 3}));
  ScriptedRandom random;
  LoadBalancer balancer(MaglevConfig{}, hosts, {}, random);
  std::vector<int> slots(3, 0);
  for (const HostIndex host : balancer.policy<HashBalancer>()->maglev(0)->slots()) ++slots[host];
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(slots[i], 65537.0 * (i + 1) / 6.0, 3.0);
}

TEST(HashPolicies, ARetryGoesToAnotherHostByTheSameHash) {
  for (const PolicyConfig& config : {PolicyConfig(RingHashConfig{}), PolicyConfig(MaglevConfig{})}) {
    ClusterHosts hosts = clusterOf(equalHosts(5));
    ScriptedRandom random;
    LoadBalancer balancer(config, hosts, {}, random);
    PickContext context;
    context.hash = 12345;
    const HostIndex first = balancer.pick(hosts, context, random).host;
    const std::vector<HostIndex> tried{first};
    context.attempted = tried;
    context.reselection_attempts = 20;
    const Pick second = balancer.pick(hosts, context, random);
    EXPECT_NE(second.host, first);
    EXPECT_GT(second.repeats, 0U);
  }
}

TEST(HashPolicies, EjectedHostsLoseTheirKeysUntilTheyReturn) {
  ClusterHosts hosts = clusterOf(equalHosts(5));
  ScriptedRandom random;
  LoadBalancer balancer(MaglevConfig{}, hosts, {}, random);
  PickContext context;
  context.hash = 99;
  const HostIndex home = balancer.pick(hosts, context, random).host;
  hosts.setEjected(home, true, {});
  EXPECT_NE(balancer.pick(hosts, context, random).host, home);
  hosts.setEjected(home, false, {});
  EXPECT_EQ(balancer.pick(hosts, context, random).host, home);
}

TEST(BoundedLoad, AHostNeverHoldsMoreThanItsShareTimesTheFactor) {
  MaglevConfig config;
  config.hash_balance_factor = 125;
  ClusterHosts hosts = clusterOf(equalHosts(10));
  ScriptedRandom random;
  LoadBalancer balancer(config, hosts, {}, random);
  PickContext context;
  context.hash = 7;  // everybody wants the same host
  for (int request = 1; request <= 1000; ++request) {
    const Pick pick = balancer.pick(hosts, context, random);
    hosts.requestStarted(pick.host);
    // A usable host had active <= slots before, so at most ceil(1.25 * requests / 10) + 1 now.
    ASSERT_LE(hosts.active(pick.host), std::ceil(1.25 * request / 10) + 1) << request;
  }
}

TEST(RequestHash, JoinsValuesAndStopsAtATerminalPolicy) {
  std::vector<HashPolicy> policies{{HashPolicy::Kind::kHeader, "x-user", true}, {HashPolicy::Kind::kSource, "", false}};
  const auto valueOf = [](const HashPolicy& policy) { return std::optional<std::string_view>(policy.name == "x-user" ? "a" : "b"); };
  EXPECT_EQ(requestHash(policies, valueOf), xxh64("a"));
  policies[0].terminal = false;
  EXPECT_EQ(requestHash(policies, valueOf), 15913648788416971564ULL);
  EXPECT_FALSE(requestHash(policies, [](const HashPolicy&) { return std::optional<std::string_view>(); }));
}

TEST(MaglevConfig, RefusesSizesThatAreNoPrimes) {
  EXPECT_TRUE(problemOf(MaglevConfig{}).empty());
  EXPECT_FALSE(problemOf(MaglevConfig{8, 0}).empty());
  EXPECT_FALSE(problemOf(MaglevConfig{5000077, 0}).empty());
}

}  // namespace
}  // namespace meshmall::models
