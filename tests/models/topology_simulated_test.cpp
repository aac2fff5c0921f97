// The prediction against simulations of the shipped scenarios, and of malls made to have workers that wait, rules, retries, closed traffic.
#include <cmath>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"
#include "tests/models/topology_fixture.h"

namespace meshmall::models {
namespace {

using namespace topology_test;

Result simulated(const Scenario& scenario) {
  RunOptions options;
  options.seed = scenario.run.seed;
  Mall mall(makePlan(scenario), options);
  mall.run();
  return mall.result();
}

// Within 2 %, and three standard errors of a sum over N requests whose work has a coefficient of variation of about 1: 3 sqrt(2 / N).
void expectPredictedUtilisation(const Scenario& s, const std::string& what) {
  const Prediction p = predicted(s);
  const Result r = simulated(s);
  for (const ServicePrediction& service : p.services) {
    const double requests = r.metric(Metric::requests_total, ScopeKind::service, service.name).value_or(0);
    if (requests < 5000 || service.peak >= 0.8) continue;
    const double tolerance = 0.02 + 3 * std::sqrt(2 / requests);
    const double held = r.metric(Metric::utilization, ScopeKind::service, service.name).value_or(0);
    const double busy = r.metric(Metric::cpu, ScopeKind::service, service.name).value_or(0);
    EXPECT_NEAR(service.utilization, held, tolerance * held) << what << ": " << service.name;
    EXPECT_NEAR(service.cpu, busy, tolerance * busy) << what << ": " << service.name;
  }
}

TEST(PredictionBesideSimulation, AgreesOnTheShippedScenarios) {
  for (const char* file : {"bakery", "bookinfo", "online-boutique", "article/1-signs", "article/2-lines", "article/3-second-try", "article/4-new-display"}) {
    const std::string path = std::string("scenarios/") + file + ".json";
    const DecodeResult decoded = loadScenario(path);
    ASSERT_TRUE(decoded.scenario) << path;
    expectPredictedUtilisation(*decoded.scenario, path);
  }
}

Scenario decoded(const std::string& text) {
  const DecodeResult result = decodeScenario(text, "test.json", "");
  for (const Problem& problem : result.problems) ADD_FAILURE() << textOf(problem);
  return result.scenario.value_or(scenario({service("none", {operation("x", {})})}, 1));
}

TEST(PredictionBesideSimulation, AgreesWhereWorkersWaitForCallees) {
  for (const char* balancing : {"LEAST_REQUEST", "ROUND_ROBIN", "RANDOM"}) {
    const Scenario s = decoded(std::string(R"({"meshmall": 1, "run": {"duration": "400s", "warmup": "20s"},
      "network": {"sameZone": {"exponential": {"mean": "500us"}}}, "sidecar": {"inbound": "200us", "outbound": "300us"},
      "services": {
        "door": {"versions": {"v1": {"replicas": 2, "workers": 16}}, "operations": {"x": {"steps": [
          {"busy": {"exponential": {"mean": "1ms"}}}, {"parallel": [{"call": "left/x"}, {"call": "right/x"}, [{"wait": "2ms"}, {"call": "right/x", "probability": 0.5}]]},
          {"choose": [{"weight": 3, "steps": [{"call": "left/x", "times": 2}]}, {"weight": 1, "steps": [{"wait": "5ms"}]}]}]}}},
        "left": {"versions": {"v1": {"replicas": 3, "workers": 2}}, "operations": {"x": {"steps": [{"busy": {"lognormal": {"mean": "8ms", "cv": 1}}}]}}},
        "right": {"versions": {"v1": {"replicas": 2, "workers": 4}}, "operations": {"x": {"steps": [{"busy": {"erlang": {"mean": "10ms", "k": 3}}}]}}}},
      "traffic": [{"name": "t", "to": "door/x", "arrivals": {"poisson": {"rate": "180/s"}}}],
      "mesh": {"defaults": {"trafficPolicy": {"loadBalancer": {"simple": ")") +
                               balancing + R"("}}}}})");
    expectPredictedUtilisation(s, balancing);
  }
}

TEST(PredictionBesideSimulation, AgreesOnFailuresRetriesMirrorsAndVersions) {
  const Scenario s = decoded(R"({"meshmall": 1, "run": {"duration": "600s", "warmup": "10s"},
    "services": {
      "a": {"versions": {"v1": {"replicas": 2, "workers": 4, "concurrency": "async"}}, "operations": {"x": {"steps": [
        {"busy": "2ms"}, {"call": "b/x", "orElse": [{"call": "c/y"}]}, {"call": "b/x", "optional": true}, {"call": "c/y", "times": {"weighted": {"1": 0.5, "3": 0.5}}}]}}},
      "b": {"versions": {"v1": {"replicas": 2, "workers": 2}, "v2": {"speed": 2, "workers": 2, "operations": {"x": {"steps": [{"busy": {"exponential": {"mean": "4ms"}}}]}}}},
            "operations": {"x": {"steps": [{"busy": {"exponential": {"mean": "6ms"}}}], "failure": {"probability": 0.2, "status": 500, "when": "end"}}}},
      "c": {"versions": {"v1": {"workers": 8, "discipline": "ps"}}, "operations": {"y": {"steps": [{"busy": {"exponential": {"mean": "5ms"}}}],
            "failure": {"probability": 0.05, "status": 503, "when": "start"}}}}},
    "traffic": [{"name": "t", "to": "a/x", "arrivals": {"constant": {"rate": "100/s"}}, "return": {"times": 1, "after": "100ms"}}],
    "mesh": {
      "defaults": {"retries": {"attempts": 2, "retryOn": "5xx"}},
      "destinationRules": {"b": {"subsets": [{"name": "one", "labels": {"version": "v1"}}, {"name": "two", "labels": {"version": "v2"}}]}},
      "virtualServices": {"b": {"http": [{"route": [{"destination": {"host": "b", "subset": "one"}, "weight": 70}, {"destination": {"host": "b", "subset": "two"}, "weight": 30}],
        "retries": {"attempts": 0}, "mirror": {"host": "b", "subset": "two"}, "mirrorPercentage": {"value": 50}}]}}}})");
  expectPredictedUtilisation(s, "failures");
  const Prediction p = predicted(s);
  const Result r = simulated(s);
  EXPECT_NEAR(p.services[1].calls_per_customer, *r.metric(Metric::requests_total, ScopeKind::service, "b") / *r.metric(Metric::requests_total), 0.02);
  EXPECT_NEAR(p.services[2].calls_per_customer, *r.metric(Metric::requests_total, ScopeKind::service, "c") / *r.metric(Metric::requests_total), 0.04);
  EXPECT_NEAR(p.traffic[0].success, *r.metric(Metric::success_rate), 0.01);
}

TEST(PredictionBesideSimulation, FindsTheRateOfClosedTraffic) {
  // M/M/1 with 8 users who think for 50 ms: the machine repair model, X = (1 - p0) / S. Taking the arrival theorem for open queues is some 6 % low here.
  const Scenario s = decoded(R"({"meshmall": 1, "run": {"duration": "1000s", "warmup": "10s"},
    "services": {"a": {"operations": {"x": {"steps": [{"busy": {"exponential": {"mean": "10ms"}}}]}}}},
    "traffic": [{"name": "t", "to": "a/x", "arrivals": {"closed": {"users": 8, "think": {"exponential": {"mean": "50ms"}}}}}]})");
  double weight = 1, sum = 1;
  for (int n = 1; n <= 8; ++n) sum += weight *= (8 - n + 1) * 0.2;
  const double exact = (1 - 1 / sum) / 0.010;
  EXPECT_NEAR(simulated(s).metrics.get(Metric::throughput).value_or(0), exact, 0.01 * exact);
  EXPECT_NEAR(predicted(s).traffic[0].rate, exact, 0.08 * exact);
}

}  // namespace
}  // namespace meshmall::models
