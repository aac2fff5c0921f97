// Every recorded case of balancing and failover, replayed on the simulation's own objects.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/replay/balancing_replay.h"
#include "cli/replay/compare.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;

json casesIn(const char* path) {
  std::ifstream file(path);
  return json::parse(file);
}

struct Tally {
  int ok = 0;
  std::vector<std::string> different;
  std::map<std::string, std::string> unsupported;
};

Tally replayAll(const json& cases) {
  Tally tally;
  for (const json& one_case : cases) {
    const std::string id = one_case["id"].get<std::string>();
    if (!balancingHas(one_case["algorithm"].get<std::string>())) continue;
    json actual;
    const ReplayAnswer answer = replayBalancing(one_case, actual);
    if (!answer.supported) {
      tally.unsupported[id] = answer.reason;
      continue;
    }
    if (!comparable(one_case, actual, answer)) {
      tally.unsupported[id] = "other draws";
      continue;
    }
    const auto differences = compareCase(one_case, actual, answer);
    if (differences.empty()) ++tally.ok;
    for (const std::string& difference : differences) tally.different.push_back(id + ": " + difference);
  }
  return tally;
}

// The draws of these picks stand only in what is expected, and are not the edges of the routing, so no replay that does not read it can make them; the
// test below hands them in.
const std::set<std::string> kWithoutDraws = {"zone_aware.small_zone", "zone_aware.low_precision", "subset.zone_aware_residual"};

TEST(BalancingCases, AllAgreeExceptThoseThatKeepTheirDrawsToThemselves) {
  const json cases = casesIn("tests/conformance/vectors/envoy-lb.json");
  ASSERT_EQ(cases.size(), 196U);
  for (const json& one_case : cases) EXPECT_TRUE(balancingHas(one_case["algorithm"].get<std::string>())) << one_case["algorithm"];
  const Tally tally = replayAll(cases);
  EXPECT_EQ(tally.different, std::vector<std::string>());
  for (const auto& [id, reason] : tally.unsupported) EXPECT_TRUE(kWithoutDraws.contains(id)) << id << ": " << reason;
  EXPECT_EQ(tally.ok + tally.unsupported.size(), cases.size());
  EXPECT_LE(tally.unsupported.size(), cases.size() / 50);  // 2 %
}

// Without draws the replay shows the routing at its edges, and what other draws would do is not compared.
TEST(BalancingCases, ZoneAwareRoutingWithoutDrawsIsShownAtItsEdges) {
  int checked = 0;
  for (json one_case : casesIn("tests/conformance/vectors/envoy-lb.json")) {
    const std::string id = one_case["id"].get<std::string>();
    if (id != "zone_aware.empty_localities" && id != "zone_aware.small_zone") continue;
    json actual;
    const ReplayAnswer answer = replayBalancing(one_case, actual);
    EXPECT_TRUE(answer.draws_chosen);
    json draws = json::array();
    for (const json& pick : actual["picks"]) draws.push_back(pick["random"]);
    if (id == "zone_aware.small_zone") {
      EXPECT_EQ(draws, json::parse("[[0,0],[0,5999],[0,9999,0],[0,9999,666],[0,9999,667],[0,9999,1333],[0,9999,1334]]"));
      EXPECT_FALSE(comparable(one_case, actual, answer));
      one_case["expect"]["picks"] = json::array({{{"random", {0, 0}}, {"address", "127.0.0.1:81"}}});
      EXPECT_TRUE(comparable(one_case, actual, answer));
    } else {
      one_case["expect"]["picks"][3]["address"] = "127.0.0.1:80";
      EXPECT_TRUE(comparable(one_case, actual, answer));
      EXPECT_EQ(compareCase(one_case, actual, answer).size(), 1U);
    }
    ++checked;
  }
  EXPECT_EQ(checked, 2);
}

TEST(BalancingCases, ZoneAwarePicksAgreeOnceTheirDrawsAreGiven) {
  int checked = 0;
  for (json one_case : casesIn("tests/conformance/vectors/envoy-lb.json")) {
    const bool without = kWithoutDraws.contains(one_case["id"].get<std::string>()) || one_case["id"] == "zone_aware.zones_mismatched_in_b" || one_case["id"] == "zone_aware.empty_localities";
    if (!without || one_case["id"] == "zone_aware.low_precision") continue;
    for (const json& pick : one_case["expect"]["picks"]) one_case["input"]["random"].push_back(pick["random"]);
    json actual;
    const ReplayAnswer answer = replayBalancing(one_case, actual);
    EXPECT_TRUE(answer.supported) << answer.reason;
    EXPECT_EQ(compareCase(one_case, actual, answer), std::vector<std::string>()) << one_case["id"];
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

TEST(BalancingCases, ZonePercentagesAgreeWhereNoHostIsListed) {
  int checked = 0;
  for (json one_case : casesIn("tests/conformance/vectors/envoy-lb.json")) {
    if (one_case["id"] != "zone_aware.low_precision") continue;
    one_case["input"].erase("local_zone_is_first_locality");  // which asks for picks
    one_case["expect"].erase("picks");
    json actual;
    const ReplayAnswer answer = replayBalancing(one_case, actual);
    EXPECT_TRUE(answer.supported) << answer.reason;
    EXPECT_EQ(compareCase(one_case, actual, answer), std::vector<std::string>());
    ++checked;
  }
  EXPECT_EQ(checked, 1);
}

TEST(BalancingCases, ComputedValuesDoNotDependOnTheExpectedOnes) {
  for (json one_case : casesIn("tests/conformance/vectors/envoy-lb.json")) {
    json with;
    replayBalancing(one_case, with);
    one_case.erase("expect");
    json without;
    replayBalancing(one_case, without);
    EXPECT_EQ(with, without) << one_case["id"];
  }
}

TEST(BalancingCases, UnknownKeysMakeACaseUnsupported) {
  int checked = 0;
  for (const json& one_case : casesIn("tests/conformance/vectors/envoy-lb.json")) {
    for (const char* part : {"config", "input"}) {
      json changed = one_case;
      changed[part]["no_such_key"] = 1;
      json actual;
      EXPECT_FALSE(replayBalancing(changed, actual).supported) << one_case["id"] << " " << part;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 392);
}

TEST(BalancingCases, LinkerdGrpcPrequalAndIstioCasesAgree) {
  const Tally tally = replayAll(casesIn("tests/conformance/vectors/balancing-other-projects.json"));
  EXPECT_EQ(tally.different, std::vector<std::string>());
  EXPECT_TRUE(tally.unsupported.empty());
  EXPECT_EQ(tally.ok, 33);
}

TEST(CompareCase, NoticesEveryChangedNumberAndMissingKey) {
  json one_case = json::parse(R"({"expect": {"a": [1, 2.5], "hash": "18446744073709551615", "note": "not compared", "doc_x": 3}, "unordered": ["log"]})");
  const ReplayAnswer answer;
  EXPECT_TRUE(compareCase(one_case, json::parse(R"({"a": [1, 2.5], "hash": 18446744073709551615, "more": 1})"), answer).empty());
  EXPECT_EQ(compareCase(one_case, json::parse(R"({"a": [1, 2.5000001], "hash": "18446744073709551615"})"), answer).size(), 1U);
  EXPECT_EQ(compareCase(one_case, json::parse(R"({"a": [1, 2.5, 3]})"), answer).size(), 2U);
  one_case["rel_tol"] = 1e-6;
  EXPECT_TRUE(compareCase(one_case, json::parse(R"({"a": [1, 2.5000001], "hash": "18446744073709551615"})"), answer).empty());
  one_case["expect"] = json::parse(R"({"log": ["x", "y"], "picks": [1]})");
  EXPECT_TRUE(compareCase(one_case, json::parse(R"({"log": ["y", "x"], "picks": [1]})"), answer).empty());
  EXPECT_EQ(compareCase(one_case, json::parse(R"({"log": ["y", "y"], "picks": [1, 2]})"), answer).size(), 2U);
  ReplayAnswer open;
  open.open_lists = {"picks"};
  EXPECT_TRUE(compareCase(one_case, json::parse(R"({"log": ["y", "x"], "picks": [1, 2]})"), open).empty());
}

}  // namespace
}  // namespace meshmall::cli
