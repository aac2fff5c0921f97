#include "models/scenario/decode_scenario.h"

#include <algorithm>

namespace meshmall::models {
namespace {

std::string problemsOf(const DecodeResult& result) {
  std::string out;
  for (const Problem& problem : result.problems) out += textOf(problem) + '\n';
  return out;
}

Scenario decoded(const std::string& text) {
  const DecodeResult result = decodeScenario(text, "scenario.json", "");
  EXPECT_EQ(problemsOf(result), "");
  return result.scenario.value_or(Scenario{});
}

TEST(ScenarioDecode, TheSmallestScenarioIsAServiceAndItsTraffic) {
  const Scenario s = decoded(R"({"meshmall": 1, "services": {"shop": {"operations": {"GET /": {}}}}, "traffic": [{"to": "shop/GET /"}]})");
  ASSERT_EQ(s.services.size(), 1u);
  EXPECT_EQ(s.services[0].operations[0].method, "GET");
  EXPECT_EQ(s.services[0].operations[0].path, "/");
  ASSERT_EQ(s.services[0].versions.size(), 1u);
  EXPECT_EQ(s.services[0].versions[0].name, "v1");
  EXPECT_EQ(s.services[0].versions[0].replicas, std::vector<std::uint32_t>{1});
  EXPECT_EQ(s.run.seed, 1u);
  EXPECT_EQ(s.run.warmup, engine::Duration{0});
  EXPECT_EQ(s.localities.size(), 1u);
  EXPECT_EQ(s.gateway.replicas, std::vector<std::uint32_t>{1});
  ASSERT_EQ(s.traffic.size(), 1u);
  EXPECT_EQ(s.traffic[0].name, "traffic-1");
  EXPECT_EQ(std::get<PoissonArrivals>(s.traffic[0].arrivals).rate, 1.0);
  ASSERT_EQ(s.mesh_versions.size(), 1u);
}

TEST(ScenarioDecode, StepsOfEveryKindBecomeATree) {
  const Scenario s = decoded(R"({"meshmall": 1,
    "services": {
      "a": {"operations": {"go": {"steps": [
        {"busy": {"lognormal": {"mean": "2ms", "cv": 1}}}, {"wait": "1ms"},
        {"call": "b/x/y", "probability": 0.9, "times": {"weighted": {"10": 0.3, "2": 0.7}}, "timeout": "300ms", "orElse": [{"call": "b/z"}]},
        {"choose": [{"weight": 7, "steps": []}, {"steps": [{"wait": "1s"}]}]},
        {"parallel": [{"call": "b/z", "optional": true}, [{"busy": "1ms"}, {"call": "b/z", "times": 3}]]}],
        "failure": {"probability": 0.01, "status": 500, "when": "afterFirstStep"}}}},
      "b": {"operations": {"x/y": {}, "z": {}}}},
    "traffic": [{"to": "a/go"}]})");
  const Steps& steps = s.services[0].operations[0].steps;
  ASSERT_EQ(steps.size(), 5u);
  EXPECT_NEAR(std::get<Busy>(steps[0].what).time.mean(), 0.002, 1e-9);
  const Call& call = std::get<Call>(steps[2].what);
  EXPECT_EQ(steps[2].probability, 0.9);
  EXPECT_EQ(call.to.service, 1u);
  EXPECT_EQ(s.services[1].operations[call.to.operation].name, "x/y");
  EXPECT_EQ(call.times, (std::vector<std::pair<std::uint32_t, double>>{{2, 0.7}, {10, 0.3}}));
  EXPECT_EQ(call.timeout->ns, 300'000'000);
  EXPECT_EQ(call.or_else.size(), 1u);
  EXPECT_EQ(std::get<Choose>(steps[3].what).courses[1].first, 1.0);
  const Parallel& parallel = std::get<Parallel>(steps[4].what);
  ASSERT_EQ(parallel.branches.size(), 2u);
  EXPECT_TRUE(std::get<Call>(parallel.branches[0][0].what).optional);
  EXPECT_EQ(parallel.branches[1].size(), 2u);
  EXPECT_EQ(s.services[0].operations[0].failure.when, Failure::When::after_first_step);
  EXPECT_EQ(s.services[0].operations[0].path, "/go");
}

TEST(ScenarioDecode, ReportsEveryProblemAtItsLineAndColumn) {
  const DecodeResult result = decodeScenario(R"({
  "meshmall": 1,
  "run": {"duration": "0s", "seed": -1},
  "services": {
    "bakery": {
      "versions": {"v1": {"replicas": 0, "replcias": 2, "workers": "two"}},
      "operations": {"GET /bread": {"steps": [{"busy": 5}, {"call": "oven/bake"}, {"call": "bakery/GET /bred"}]}}
    }
  },
  "traffic": [{"to": "bakery/GET /bread", "arrivals": {"poisson": {"rate": "400"}}, "token": {}}]
})",
                                             "scenario.json", "");
  EXPECT_FALSE(result.scenario);
  EXPECT_EQ(problemsOf(result),
            "scenario.json:3:23: /run/duration: must be longer than 0 (got \"0s\")\n"
            "scenario.json:3:37: /run/seed: must be at least 0 (got -1)\n"
            "scenario.json:6:39: /services/bakery/versions/v1/replicas: must be at least 1 (got 0)\n"
            "scenario.json:6:42: /services/bakery/versions/v1/replcias: unknown key \"replcias\"; did you mean \"replicas\"?\n"
            "scenario.json:6:68: /services/bakery/versions/v1/workers: must be a whole number (got \"two\")\n"
            "scenario.json:7:56: /services/bakery/operations/GET ~1bread/steps/0/busy: must be a duration with a unit, such as \"2ms\", or a distribution such as "
            "{\"exponential\": {\"mean\": \"2ms\"}} (got 5)\n"
            "scenario.json:7:69: /services/bakery/operations/GET ~1bread/steps/1/call: there is no service \"oven\"\n"
            "scenario.json:7:92: /services/bakery/operations/GET ~1bread/steps/2/call: service \"bakery\" has no operation \"GET /bred\"; did you mean "
            "\"GET /bread\"?\n"
            "scenario.json:10:76: /traffic/0/arrivals/poisson/rate: must be a rate such as \"400/s\", \"30/m\" or \"5/h\" (got \"400\")\n"
            "scenario.json:10:94: /traffic/0/token: needs \"issuer\"\n");
}

TEST(ScenarioDecode, AnSloIsCheckedWordByWord) {
  EXPECT_EQ(problemsOf(decodeScenario(R"({"meshmall": 1, "services": {"shop": {"operations": {"x": {}}}}, "traffic": [{"to": "shop/x"}],
"slos": ["latency.p99 < 250ms", "latency.p9 < 1ms", "success.rate >= 99.9% for service=shp"]})",
                                      "s.json", "")),
            "s.json:2:34: /slos/1: unknown metric 'latency.p9'; did you mean 'latency.p90'?\n"
            "s.json:2:88: /slos/2: unknown service 'shp'; there is shop\n");
}

TEST(ScenarioDecode, OverridesArePutInBeforeAnythingIsChecked) {
  const std::string text = R"({"meshmall": 1, "run": {"seed": "bad"}, "services": {"shop": {"operations": {"x": {}}}}, "traffic": [{"to": "shop/x"}]})";
  std::vector<Problem> problems;
  std::vector<Override> overrides;
  for (const std::string argument : {"/run/warmup=5s", "/traffic/0/arrivals/poisson/rate=900/s", "/services/shop/versions/v1={\"workers\": 3}", "/traffic/-/to=shop/x"}) {
    overrides.push_back(parseSetOption(argument, problems).value());
  }
  overrides.push_back(seedOverride("7"));
  overrides.push_back(durationOverride("10s"));
  const DecodeResult result = decodeScenario(text, "s.json", "", overrides);
  EXPECT_EQ(problemsOf(result), "");
  ASSERT_TRUE(result.scenario);
  EXPECT_EQ(result.scenario->run.seed, 7u);
  EXPECT_EQ(result.scenario->run.duration, engine::seconds(10));
  EXPECT_EQ(result.scenario->run.warmup, engine::seconds(5));
  EXPECT_EQ(std::get<PoissonArrivals>(result.scenario->traffic.at(0).arrivals).rate, 900.0);
  EXPECT_EQ(result.scenario->traffic.size(), 2u);
  EXPECT_EQ(result.scenario->services[0].versions[0].workers, 3u);
}

TEST(ScenarioDecode, AProblemOfAnOverrideIsShownInItsText) {
  const std::string text = R"({"meshmall": 1, "services": {"shop": {"operations": {"x": {}}}}, "traffic": [{"to": "shop/x"}]})";
  std::vector<Problem> problems;
  std::vector<Override> overrides = {*parseSetOption("/run/seed=x", problems), *parseSetOption("/traffic/7/name=a", problems),
                                     *parseSetOption("/run={\"drane\": true}", problems), seedOverride("-3"), durationOverride("10")};
  EXPECT_FALSE(parseSetOption("run=1", problems));
  EXPECT_EQ(textOf(problems.at(0)), "--set run=1:1:7: must be /pointer=VALUE, such as /run/seed=7");
  EXPECT_EQ(problemsOf(decodeScenario(text, "s.json", "", overrides)),
            "--set /traffic/7/name=a:1:23: /traffic/7/name: there is no \"7\" in /traffic\n"
            "--set /run={\"drane\": true}:1:13: /run/drane: unknown key \"drane\"; did you mean \"drain\"?\n"
            "--seed -3:1:8: /run/seed: must be at least 0 (got -3)\n"
            "--duration 10:1:12: /run/duration: must be a duration with a unit, such as \"250us\", \"1.5s\" or \"1m30s\" (got \"10\")\n");
}

}  // namespace
}  // namespace meshmall::models
