// What a report marks on its plots: the events of two scenarios.
#include "models/study/scenario_events.h"

#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

Scenario withEvents(const std::string& events) {
  auto decoded = decodeScenario(R"({"meshmall": 1, "name": "shop", "run": {"duration": "60s"}, "localities": {"a": {}, "b": {}},
    "services": {"bakery": {"versions": {"v1": {"replicas": 2}, "v2": {"replicas": 1}}, "operations": {"bake": {"steps": [{"busy": "1ms"}]}}}},
    "traffic": [{"name": "lunch", "to": "bakery/bake", "arrivals": {"poisson": {"rate": "5/s"}}}], "events": [)" + events + "]}", "shop.json", "", {});
  EXPECT_TRUE(decoded.scenario) << (decoded.problems.empty() ? "" : textOf(decoded.problems[0]));
  return decoded.scenario.value_or(Scenario{});
}

TEST(ScenarioEvents, AreByTimeAndSharedOnesStandOnce) {
  const std::string shared = R"({"at": "20s", "crash": {"service": "bakery", "version": "v1", "count": 1}, "for": "5s", "note": "a till closes"})";
  const auto events = eventsOf(withEvents(shared + R"(, {"at": "10s", "traffic": {"name": "lunch", "factor": 2.5}})"),
                               withEvents(shared + R"(, {"at": "30s", "fail": {"service": "bakery", "version": "v2", "probability": 0.5, "status": 500}},
                                                       {"at": "2s", "partition": {"between": ["a", "b"]}, "every": "10s", "for": "1s"})"));
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].text, "partition a and b, again and again");
  EXPECT_FALSE(events[0].until);
  EXPECT_EQ(events[1].text, "traffic lunch x 2.5");
  EXPECT_TRUE(events[1].baseline && !events[1].candidate);
  EXPECT_EQ(events[2], (engine::ReportEvent{20, 25.0, "crash bakery v1 (1): a till closes", true, true}));
  EXPECT_EQ(events[3].text, "fail bakery v2 with 500");
  EXPECT_TRUE(!events[3].baseline && events[3].candidate);
  EXPECT_EQ(eventsOf(withEvents(shared), withEvents(""), 0).size(), 0u);
}

}  // namespace
}  // namespace meshmall::models
