// Priority loads and panic against Envoy's documented tables, and Istio's locality priorities against its tests.
#include <gtest/gtest.h>

#include "models/failover/istio_locality.h"
#include "models/failover/priority_load.h"

namespace meshmall::models {
namespace {

std::vector<PrioritySummary> percentHealthy(const std::vector<std::uint32_t>& healthy) {
  std::vector<PrioritySummary> summaries;
  for (const std::uint32_t h : healthy) summaries.push_back({100, h, 0, 0, 140, false, 0, 0, 0});
  return summaries;
}

std::vector<std::uint32_t> healthyLoads(const std::vector<std::uint32_t>& healthy, std::uint32_t threshold) {
  std::vector<PriorityShare> shares;
  updatePriorityShares(percentHealthy(healthy), threshold, shares);
  std::vector<std::uint32_t> loads;
  for (const PriorityShare& share : shares) loads.push_back(share.healthy);
  return loads;
}

using Loads = std::vector<std::uint32_t>;

TEST(PriorityLoad, SpillsAsTheOverprovisioningTableSays) {
  EXPECT_EQ(healthyLoads({100, 100}, 50), (Loads{100, 0}));
  EXPECT_EQ(healthyLoads({72, 100}, 50), (Loads{100, 0}));
  EXPECT_EQ(healthyLoads({71, 100}, 50), (Loads{99, 1}));
  EXPECT_EQ(healthyLoads({50, 100}, 50), (Loads{70, 30}));
  EXPECT_EQ(healthyLoads({25, 100}, 50), (Loads{35, 65}));
  EXPECT_EQ(healthyLoads({0, 100}, 50), (Loads{0, 100}));
  EXPECT_EQ(healthyLoads({25, 25}, 0), (Loads{50, 50}));
  EXPECT_EQ(healthyLoads({5, 65}, 0), (Loads{8, 92}));  // 7 and 91 of 98; the rest to the first
}

TEST(PriorityLoad, PanicsOnlyWhenEverythingTogetherIsNotEnough) {
  std::vector<PriorityShare> shares;
  EXPECT_EQ(updatePriorityShares(percentHealthy({10, 100}), 50, shares), 100U);
  EXPECT_FALSE(shares[0].panic);
  EXPECT_EQ(updatePriorityShares(percentHealthy({10, 60}), 50, shares), 98U);
  EXPECT_TRUE(shares[0].panic);
  EXPECT_FALSE(shares[1].panic);
  updatePriorityShares(percentHealthy({10, 10}), 50, shares);
  EXPECT_TRUE(shares[0].panic && shares[1].panic);
  EXPECT_EQ(shares[0].healthy, 50U);  // total panic: by number of hosts
}

TEST(PriorityLoad, ThresholdZeroNeverPanicsAndSendsEverythingToTheFirstWhenNothingIsLeft) {
  std::vector<PriorityShare> shares;
  EXPECT_EQ(updatePriorityShares(percentHealthy({0, 0}), 0, shares), 0U);
  EXPECT_EQ(shares[0], (PriorityShare{100, 0, false}));
  EXPECT_FALSE(shares[1].panic);
}

TEST(PriorityLoad, UsesHealthyHostsOfEveryPriorityBeforeDegradedOnes) {
  std::vector<PriorityShare> shares;
  std::vector<PrioritySummary> summaries{{100, 20, 80, 0, 140, false, 0, 0, 0}, {100, 40, 60, 0, 140, false, 0, 0, 0}};
  updatePriorityShares(summaries, 0, shares);
  EXPECT_EQ(shares[0].healthy + shares[1].healthy, 28U + 56U);
  EXPECT_EQ(shares[0].degraded, 16U);
  EXPECT_EQ(shares[1].degraded, 0U);
}

TEST(PriorityLoad, ChoosesByTheBucketOfTheHash) {
  const std::vector<PriorityShare> shares{{34, 0, false}, {33, 0, false}, {33, 0, false}};
  std::vector<std::uint32_t> chosen;
  for (const std::uint64_t hash : {0ULL, 33ULL, 34ULL, 66ULL, 67ULL, 99ULL, 100ULL, 199ULL}) chosen.push_back(choosePriority(hash, shares).priority);
  EXPECT_EQ(chosen, (Loads{0, 0, 1, 1, 2, 2, 0, 2}));
  const std::vector<PriorityShare> degraded{{46, 54, false}};
  EXPECT_TRUE(choosePriority(50, degraded).degraded);
  EXPECT_FALSE(choosePriority(0, degraded).degraded);
}

std::vector<Place> placesOf(const std::vector<std::string>& texts) {
  std::vector<Place> places;
  for (const std::string& text : texts) places.push_back({parseLocality(text), {}});
  return places;
}

std::vector<HostConfig> oneHostEach(std::size_t count) {
  std::vector<HostConfig> hosts;
  for (std::uint32_t i = 0; i < count; ++i) hosts.push_back({i, std::to_string(i), 1, 0, 0});
  return hosts;
}

Loads prioritiesOf(const LocalityArrangement& arrangement) {
  Loads priorities;
  for (const HostConfig& host : arrangement.hosts) priorities.push_back(host.priority);
  return priorities;
}

TEST(IstioLocality, RanksEndpointsByNearnessWhenOutlierDetectionIsOn) {
  const auto places = placesOf({"region1/zone1/subzone1", "region1/zone1/subzone2", "region1/zone2/", "region2//", "region3//"});
  const Place caller{parseLocality("region1/zone1/subzone1"), {}};
  const LocalityArrangement on = arrangeByLocality(oneHostEach(5), places, caller, {}, true);
  EXPECT_EQ(prioritiesOf(on), (Loads{0, 1, 2, 3, 3}));
  EXPECT_EQ(on.rule, LocalityRule::kNone);
  EXPECT_EQ(prioritiesOf(arrangeByLocality(oneHostEach(5), places, caller, {}, false)), (Loads{0, 0, 0, 0, 0}));
  LocalityLbSetting off;
  off.enabled = false;
  EXPECT_EQ(prioritiesOf(arrangeByLocality(oneHostEach(5), places, caller, off, true)), (Loads{0, 0, 0, 0, 0}));
}

TEST(IstioLocality, FailoverPutsTheNamedRegionBeforeTheOthersWithoutGaps) {
  LocalityLbSetting setting;
  setting.failover = {{"region1", "region2"}};
  std::vector<Place> places = placesOf({"region1/zone1/subzone2", "region3//", "region2/zone1/subzone2"});
  places[1].locality.reset();
  const Place caller{parseLocality("region1/zone1/subzone1"), {}};
  const LocalityArrangement arrangement = arrangeByLocality(oneHostEach(3), places, caller, setting, true);
  EXPECT_EQ(prioritiesOf(arrangement), (Loads{0, 2, 1}));
  EXPECT_EQ(arrangement.rule, LocalityRule::kWeighted);
}

TEST(IstioLocality, DistributeWeighsTheNamedLocalitiesAndEmptiesTheOthers) {
  const std::vector<LocalityDistribute> distribute{
      {"region1/zone1/subzone1", {{"region1/zone1/subzone1", 80}, {"region1/zone1/subzone2", 15}, {"region1/zone1/subzone3", 5}}}};
  std::vector<std::optional<LocalityName>> groups;
  for (const char* text : {"region1/zone1/subzone1", "region1/zone1/subzone1", "region1/zone1/subzone2", "region1/zone1/subzone3", "region1/zone2/"}) {
    groups.emplace_back(parseLocality(text));
  }
  const std::vector<std::uint32_t> weights(5, 1);
  const auto answer = distributeWeights(distribute, parseLocality("region1/zone1/subzone1"), groups, weights);
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, (std::vector<std::optional<std::uint32_t>>{40, 40, 15, 5, std::nullopt}));
  EXPECT_FALSE(distributeWeights(distribute, parseLocality("region9//"), groups, weights));

  LocalityLbSetting setting;
  setting.distribute = distribute;
  const auto places = placesOf({"region1/zone1/subzone2", "region1/zone2/x", "region1/zone1/subzone1"});
  const LocalityArrangement arrangement = arrangeByLocality(oneHostEach(3), places, {parseLocality("region1/zone1/subzone1"), {}}, setting, false);
  ASSERT_EQ(arrangement.hosts.size(), 2U);
  EXPECT_EQ(arrangement.hosts[0].id, 0U);
  EXPECT_EQ(arrangement.priorities[0].localities[arrangement.hosts[0].locality].weight, 15U);
  EXPECT_EQ(arrangement.priorities[0].localities[arrangement.hosts[1].locality].weight, 80U);
}

TEST(IstioLocality, FailoverPriorityCountsFromTheFirstLabelThatDiffers) {
  const std::vector<std::string> labels{"a", "b", "c"};
  const LabelPairs caller{{"a", "1"}, {"b", "1"}, {"c", "1"}};
  EXPECT_EQ(labelPriority(labels, caller, caller), 0U);
  EXPECT_EQ(labelPriority(labels, caller, {{"a", "1"}, {"b", "1"}, {"c", "2"}}), 1U);
  EXPECT_EQ(labelPriority(labels, caller, {{"a", "2"}, {"b", "1"}, {"c", "1"}}), 3U);
  EXPECT_EQ(labelPriority(std::vector<std::string>{"a=9"}, caller, {{"a", "9"}}), 0U);
  EXPECT_EQ(labelPriority(std::vector<std::string>{"topology.istio.io/network", "b"}, {{"topology.istio.io/network", "n1"}, {"b", "1"}},
                          {{"topology.istio.io/network", "n2"}, {"b", "1"}}),
            2U);
}

}  // namespace
}  // namespace meshmall::models
