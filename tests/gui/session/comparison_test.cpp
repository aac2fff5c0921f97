// Two malls at one clock, the files that a comparison is kept as, and the query of where the time went; without Qt.
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "gui/session/comparison_files.h"
#include "gui/session/locked_pair.h"
#include "gui/session/playback.h"
#include "gui/session/time_query.h"
#include "models/observation/paired_periods.h"
#include "models/study/gate_rules.h"

namespace meshmall::gui {
namespace {

const char* const kScenario = R"({
  "meshmall": 1, "name": "session", "run": {"duration": "5s", "warmup": "1s", "seed": 7},
  "network": {"sameZone": "1ms"},
  "services": {
    "front": {"versions": {"v1": {"replicas": 2, "workers": 8}}, "operations": {"GET /": {"steps": [{"busy": "1ms"}, {"call": "back/work"}]}}},
    "back": {"versions": {"v1": {"replicas": 3, "workers": 2}}, "operations": {"work": {"steps": [{"busy": {"exponential": {"mean": "5ms"}}}]}}}
  },
  "traffic": [{"name": "all", "to": "front/GET /", "arrivals": {"poisson": {"rate": "200/s"}}}],
  "mesh": {"defaults": {"retries": {"attempts": 1, "retryOn": "5xx"}}},
  "events": [{"at": "4s", "fail": {"service": "back", "probability": 0.2}, "for": "1s"}],
  "slos": ["success.rate >= 90%"]
})";
const char* const kWithout = R"({"mesh": {"defaults": {"retries": {"attempts": 0}}}, "run": {"warmup": null}})";

// Waits for a state that must come; a minute is for the slowest of machines.
template <typename Condition>
bool waitFor(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(LockedPair, EachSideIsTheRunItWouldBeAlone) {
  const std::string changed = withPatch(kScenario, R"({"mesh": {"defaults": {"retries": {"attempts": 0}}}})");
  LockedPair pair(readScenario(kScenario, "a.json"), readScenario(changed, "b.json"));
  pair.setSpeed(kMaxSpeed);
  pair.play();
  int pictures = 0;
  ASSERT_TRUE(waitFor([&] {
    if (pair.tick()) {
      ++pictures;
      EXPECT_EQ(pair.first()->snapshot.now, pair.second()->snapshot.now);
    }
    return pair.finished();
  }));
  EXPECT_GT(pictures, 2);
  EXPECT_EQ(pair.error(), "");
  for (const auto& [text, frame] : {std::pair{std::string(kScenario), pair.first()}, std::pair{changed, pair.second()}}) {
    Playback alone(readScenario(text, "alone.json"));
    alone.advanceTo(engine::kNever);
    const models::Snapshot end = alone.snapshot(true);
    EXPECT_EQ(end.tallies.ok, frame->snapshot.tallies.ok);
    EXPECT_EQ(end.tallies.attempts, frame->snapshot.tallies.attempts);
    EXPECT_EQ(end.events, frame->snapshot.events);
  }
  EXPECT_EQ(pair.first()->snapshot.periods->each.size(), 30U);
}

TEST(ComparisonFiles, TheStudyLeadsFromTheFileToBothSides) {
  PolicyPair pair;
  pair.scenario = "session.json";
  pair.file_text = kScenario;
  pair.as_is = withPatch(kScenario, R"({"events": []})");
  pair.changed = withPatch(pair.as_is, kWithout);
  pair.name = "no second tries";
  const auto study = nlohmann::json::parse(studyText(pair));
  EXPECT_EQ(study["baseline"], "as-is");
  for (const auto& [variant, wanted] : {std::pair{"as-is", pair.as_is}, std::pair{"changed", pair.changed}})
    EXPECT_EQ(nlohmann::json::parse(withPatch(kScenario, study["variants"][variant]["patch"].dump())), nlohmann::json::parse(wanted)) << variant;
  PolicyPair same = pair;
  same.as_is = same.file_text;
  EXPECT_TRUE(nlohmann::json::parse(studyText(same))["variants"]["as-is"].empty());
  EXPECT_EQ(studyText({}), "");
  EXPECT_EQ(withPatch("[1]", "{}"), "");
}

TEST(ComparisonFiles, TheGatesAreThoseOfCompareAndTheLineNamesBothVariants) {
  const auto gates = nlohmann::json::parse(gateText());
  std::vector<std::string> rules;
  for (const models::GateRule& rule : models::defaultRules()) rules.push_back(rule.expression.text);
  EXPECT_EQ(gates["rules"].get<std::vector<std::string>>(), rules);
  EXPECT_EQ(compareCommand("study.json", ""), "meshmall compare study.json:as-is study.json:changed");
  EXPECT_EQ(compareCommand("my study.json", "gates.json"), "meshmall compare 'my study.json:as-is' 'my study.json:changed' --gate gates.json");
}

TEST(ComparisonFiles, AStudyNamesItsScenarioFromItsOwnFolder) {
  EXPECT_EQ(seenFrom("malls/study.json", "malls/bakery.json"), "bakery.json");
  EXPECT_EQ(seenFrom("studies/study.json", "malls/bakery.json"), "../malls/bakery.json");
  EXPECT_EQ(seenFrom("study.json", "malls/bakery.json"), "malls/bakery.json");
}

TEST(ComparisonFiles, TheManifestsHoldThePolicy) {
  const Manifests out = manifests(withPatch(kScenario, R"({"mesh": {"destinationRules": {"back": {"trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}}}}})"));
  EXPECT_NE(out.text.find("kind: DestinationRule"), std::string::npos) << out.text;
  EXPECT_NE(out.text.find("RANDOM"), std::string::npos);
}

TEST(TimeQuery, FollowsThoseWhoCameInThePeriodToTheirAnswer) {
  const ScenarioFile file = readScenario(kScenario, "time.json");
  const auto at = [](double s) { return engine::SimTime{} + engine::fromSeconds(s); };
  TimeQuery query(file.plan, at(1), at(2), at(6));
  ASSERT_TRUE(waitFor([&] { return query.ready(); }));
  const TimeAnswer answer = query.take();
  EXPECT_EQ(answer.every, 1U);
  EXPECT_EQ(answer.log.trips.size(), answer.arrived);
  EXPECT_EQ(answer.log.under_way, 0U);
  for (const models::TripTime& trip : answer.log.trips) {
    EXPECT_GT(trip.arrived, at(1));
    EXPECT_LE(trip.arrived, at(2));
  }
  TimeQuery none(file.plan, at(7), at(8), at(8));  // after the end
  ASSERT_TRUE(waitFor([&] { return none.ready(); }));
  EXPECT_EQ(none.take().arrived, 0U);
}

}  // namespace
}  // namespace meshmall::gui
