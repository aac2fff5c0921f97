// What must not depend on what: a service that nobody calls changes no number of the others; a policy changes neither who comes nor what they need.
#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "property_case.h"
#include "random_scenario.h"

namespace meshmall::tests {
namespace {

using models::Mall;
using models::TripRecord;
using models::TripRecordKind;
using nlohmann::json;

template <class Property>
void forEachSeed(std::uint64_t first, std::uint64_t count, Property property) {
  for (const std::uint64_t seed : seedsOf(first, count)) {
    json scenario = randomScenario(seed);
    try {
      property(seed, scenario);
    } catch (const std::exception& problem) {
      ADD_FAILURE() << problem.what();
    }
    if (::testing::Test::HasFailure()) FAIL() << repeatLine(seed, scenario);
  }
}

template <class Unwanted>
void removeEvents(json& scenario, Unwanted unwanted) {
  if (!scenario.contains("events")) return;
  json kept = json::array();
  for (const json& event : scenario["events"])
    if (!unwanted(event)) kept.push_back(event);
  scenario["events"] = kept;
}

json resultOf(const std::shared_ptr<const models::Plan>& plan, std::uint64_t seed) {
  Mall mall(plan, {.seed = seed, .max_events = kTooMany});
  mall.run();
  json result = json::parse(models::toJson(mall.result()));
  result.erase("fingerprint");  // hashes the entities' numbers
  // The control plane pushes to every proxy, those of services that nobody calls too, and each arrival is an event. So is each renewal of a certificate.
  json decisions = json::array();
  for (const json& decision : result["decisions"]) {
    const bool of_each_proxy = decision["kind"] == "push" || decision["kind"] == "adoption" || decision["kind"] == "certificate";
    if (of_each_proxy) result.erase("engine");
    else decisions.push_back(decision);
  }
  result["decisions"] = decisions;
  return result;
}

TEST(MallProperty, AServiceThatNobodyCallsChangesNoNumberOfTheOthers) {
  forEachSeed(200'001, 100, [](std::uint64_t seed, json& scenario) {
    removeEvents(scenario, [](const json& event) {  // those that would mean the new services too
      for (const char* kind : {"crash", "slow", "fail"})
        if (event.contains(kind) && !event[kind].contains("service")) return true;
      return false;
    });
    json larger = scenario;
    for (const char* name : {"aaa", "next", "zzz"})
      larger["services"][name] = {{"versions", {{"v0", {{"replicas", 3}}}, {"v9", {{"workers", 2}}}}}, {"operations", {{"a", {{"steps", {{{"busy", "3ms"}}}}}}}}};
    const auto plan = planOf(scenario), larger_plan = planOf(larger);
    if (!plan || !larger_plan) return;
    const json expected = resultOf(plan, seed);
    json result = resultOf(larger_plan, seed);
    for (const char* name : {"aaa", "next", "zzz"}) result["services"].erase(name);
    EXPECT_EQ(result, expected) << json::diff(expected, result).dump().substr(0, 2'000);
  });
}

// What customers bring: when they come, and the work their first tries ask for, by their place in the call tree.
struct Needs {
  std::vector<std::pair<std::uint64_t, std::int64_t>> arrivals;                                     // number, instant
  std::map<std::vector<std::uint64_t>, std::vector<std::int64_t>> work;  // customer and ordinals of calls -> planned work of the main course
};

Needs needsOf(const std::vector<TripRecord>& records) {
  Needs needs;
  using Place = std::vector<std::uint64_t>;
  std::map<std::uint64_t, Place> calls, tries, strands;
  std::map<std::uint64_t, std::uint64_t> calls_made;  // by strand
  for (const TripRecord& r : records) {
    if (r.kind == TripRecordKind::customer_arrived) needs.arrivals.emplace_back(r.id, r.at.ns);
    if (r.kind == TripRecordKind::call_started) {
      if (r.parent == models::kNoId) {
        calls[r.id] = {r.other};
      } else if (const auto strand = strands.find(r.parent); strand != strands.end()) {
        Place place = strand->second;
        place.push_back(calls_made[r.parent]++);
        calls[r.id] = place;
      }
    }
    const bool first = r.kind == TripRecordKind::tried && r.detail == static_cast<std::uint8_t>(models::TryKind::first);
    const bool main = r.kind == TripRecordKind::strand_started && r.detail == static_cast<std::uint8_t>(models::StrandKind::main);
    if (first && calls.count(r.parent) != 0) tries[r.id] = calls[r.parent];
    if (main && tries.count(r.parent) != 0) strands[r.id] = tries[r.parent];
    const bool works = r.kind == TripRecordKind::busy || r.kind == TripRecordKind::waited;
    if (works && strands.count(r.id) != 0) needs.work[strands[r.id]].push_back(r.a);
  }
  return needs;
}

Needs needsIn(const json& scenario, std::uint64_t seed) {
  const auto plan = planOf(scenario);
  if (!plan) return {};
  Mall mall(plan, {.seed = seed, .trace_first = 60, .max_events = kTooMany});
  mall.run();
  return needsOf(mall.trips().records());
}

TEST(MallProperty, TwoMallsThatDifferInAPolicyHaveTheSameCustomersWithTheSameNeeds) {
  std::size_t compared = 0;
  forEachSeed(300'001, 100, [&](std::uint64_t seed, json& scenario) {
    removeEvents(scenario, [](const json& event) { return event.contains("patch") || event.contains("slow"); });  // slowed work depends on when it starts
    scenario.erase("autoscalers");  // may name a version that goes
    scenario.erase("rollouts");     // so may these
    for (auto& [name, service] : scenario["services"].items())  // versions may work otherwise
      if (service.contains("versions"))
        service["versions"] = {{service["versions"].begin().key(), service["versions"].begin().value()}};
    removeEvents(scenario, [&](const json& event) {
      for (const char* kind : {"crash", "fail", "scale"})
        if (event.contains(kind) && event[kind].contains("version")) return true;
      return false;
    });
    for (json& entry : scenario["traffic"]) {  // who comes back, or thinks, depends on how they were served
      entry.erase("return");
      if (entry["arrivals"].contains("closed")) entry["arrivals"] = {{"poisson", {{"rate", "100/s"}}}};
    }
    json careful = scenario, bold = scenario;
    careful["mesh"] = {{"defaults", {{"retries", {{"attempts", 0}}}, {"trafficPolicy", {{"loadBalancer", {{"simple", "ROUND_ROBIN"}}}}}}}};
    bold["mesh"] = {{"defaults",
                     {{"retries", {{"attempts", 3}, {"retryOn", "5xx,reset,connect-failure"}, {"perTryTimeout", "20ms"}}},
                      {"trafficPolicy",
                       {{"loadBalancer", {{"simple", "RANDOM"}}},
                        {"outlierDetection", {{"consecutive5xxErrors", 1}, {"interval", "50ms"}, {"baseEjectionTime", "100ms"}}},
                        {"connectionPool", {{"http", {{"http2MaxRequests", 3}}}}}}}}}};
    const Needs a = needsIn(careful, seed), b = needsIn(bold, seed);
    EXPECT_EQ(a.arrivals, b.arrivals);
    for (const auto& [place, work] : a.work) {
      const auto other = b.work.find(place);
      if (other == b.work.end()) continue;  // not reached: what came before it failed
      const std::size_t both = std::min(work.size(), other->second.size());  // and so here: a failure ends a course
      EXPECT_TRUE(std::equal(work.begin(), work.begin() + static_cast<std::ptrdiff_t>(both), other->second.begin())) << "the work of customer " << place.front();
      compared += both;
    }
  });
  EXPECT_TRUE(compared > 100 || ::testing::Test::HasFailure() || seedsOf(300'001, 100).size() < 100) << compared;
}

}  // namespace
}  // namespace meshmall::tests
