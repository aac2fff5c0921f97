#include <cmath>
#include <string>

#include "families.h"
#include "quantities.h"

namespace meshmall::theory {

// Networks: each node an operation that works and then calls the next; a worker is needed only for the work.
void openNetwork(TheoryCase& out, const Json& model, const Json& expect) {
  constexpr std::size_t kRounds = 9;  // a way back to an earlier node starts a new round; what goes on after the last is below 1e-10 of the visits
  ScenarioText text;
  Run run;
  const Json& nodes = model["nodes"];
  const Json& routing = model["routing"];
  const std::size_t n = nodes.size();
  bool back = false;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) back = back || routing[i][j].get<double>() > 0;
  const auto name = [](std::size_t node) { return "s" + std::to_string(node); };
  const auto operation = [](std::size_t round) { return "serve" + std::to_string(round); };
  for (std::size_t i = 0; i < n; ++i) {
    Json& service = text.root()["services"][name(i)];
    ScenarioText::version(service) = {{"workers", nodes[i]["servers"]}, {"concurrency", "async"}};
    for (std::size_t round = 0; round < (back ? kRounds : 1); ++round) {
      Json choices = Json::array();
      double leaves = 1;
      for (std::size_t j = 0; j < n; ++j) {
        const double p = routing[i][j];
        const std::size_t next = j <= i ? round + 1 : round;
        if (p <= 0 || next >= kRounds) continue;
        leaves -= p;
        choices.push_back({{"weight", p}, {"steps", Json::array({{{"call", name(j) + "/" + operation(next)}}})}});
      }
      if (leaves > 1e-12) choices.push_back({{"weight", leaves}, {"steps", Json::array()}});
      Json steps = Json::array({{{"busy", text.distribution(nodes[i]["service"])}}});
      if (choices.size() > 1) steps.push_back({{"choose", choices}});
      else if (leaves <= 1e-12) steps.push_back(choices[0]["steps"][0]);
      service["operations"][operation(round)]["steps"] = steps;
    }
    run.observe.services.push_back(name(i));
  }
  double rate = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double r = model["external_arrivals"]["rates"][i];
    rate += r;
    if (r > 0) text.poisson(name(i) + "/" + operation(0), r);
  }
  run.observe.rate = rate;
  run.observe.warmup = warmupFor(rate);
  for (std::size_t i = 0; i < n; ++i) {
    const Json& e = expect["nodes"][i];
    const double servers = nodes[i]["servers"];
    const std::string at = "node " + std::to_string(i) + " ";
    add(run, at + "arrival_rate", e["arrival_rate"], [i](const Sums& s) { return s[kArrivalsAt + i] / s[kTime]; });
    add(run, at + "utilisation", e["utilisation"], [i, servers](const Sums& s) { return s[kHeldAt + i] / s[kTime] / servers; });
    add(run, at + "visits", e["visits"], [i](const Sums& s) { return s[kArrivalsAt + i] / s[kStarted]; });
    add(run, at + "mean_response_per_visit", e["mean_response_per_visit"], [i](const Sums& s) { return (s[kWaitingAt + i] + s[kHeldAt + i]) / s[kArrivalsAt + i]; });
    add(run, at + "mean_in_node", e["mean_in_node"], [i](const Sums& s) { return (s[kWaitingAt + i] + s[kHeldAt + i]) / s[kTime]; });
    add(run, at + "prob_wait", e["prob_wait"], [i](const Sums& s) { return s[kWaitedAt + i] / s[kArrivalsAt + i]; });
  }
  add(run, "mean_in_network", expect["mean_in_network"], [](const Sums& s) { return s[kInside] / s[kTime]; });
  add(run, "mean_network_response", expect["mean_network_response"], [](const Sums& s) { return s[kOkLatency] / s[kOk]; });
  for (const auto& [key, value] : expect.items())
    if (quantileOf(key) > 0) addResponseQuantile(run, key, value, quantileOf(key));
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

void closedNetwork(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  const Json& stations = model["stations"];
  Json calls = Json::array();
  for (std::size_t i = 0; i < stations.size(); ++i) {
    const std::string name = "s" + std::to_string(i);
    text.counter(name, Json::array({{{"busy", text.distribution(stations[i]["service"])}}}), stations[i]["servers"]);
    calls.push_back({{"call", name + "/serve"}, {"times", stations[i]["visits_per_cycle"]}});
    run.observe.services.push_back(name);
  }
  ScenarioText::version(text.counter("cycle", calls))["concurrency"] = "async";
  run.observe.warmup = 3000;
  text.traffic("cycle/serve", {{"closed", {{"users", model["users"]}, {"think", text.distribution(model["think_time"])}}}});
  add(run, "throughput", expect["throughput"], [](const Sums& s) { return s[kOk] / s[kTime]; });
  add(run, "mean_cycle_response_without_think", expect["mean_cycle_response_without_think"], [](const Sums& s) { return s[kOkLatency] / s[kOk]; });
  for (std::size_t i = 0; i < stations.size(); ++i) {
    const double servers = stations[i]["servers"];
    const std::string at = "[" + std::to_string(i) + "]";
    add(run, "station_residence" + at, expect["station_residence"][i], [i](const Sums& s) { return (s[kWaitingAt + i] + s[kHeldAt + i]) / s[kOk]; });
    add(run, "station_mean_queue" + at, expect["station_mean_queue"][i], [i](const Sums& s) { return (s[kWaitingAt + i] + s[kHeldAt + i]) / s[kTime]; });
    add(run, "station_utilisation" + at, expect["station_utilisation"][i], [i, servers](const Sums& s) { return s[kHeldAt + i] / s[kTime] / servers; });
  }
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

void forkJoin(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  Json branches = Json::array();
  for (int i = 0; i < model["fan_out"].get<int>(); ++i) {
    const std::string name = "s" + std::to_string(i);
    text.counter(name, Json::array({{{"busy", text.distribution(model["service"])}}}));
    branches.push_back({{"call", name + "/serve"}});
  }
  ScenarioText::version(text.counter("fork", Json::array({{{"parallel", branches}}})))["concurrency"] = "async";
  text.poisson("fork/serve", model["arrival"]["rate"]);
  run.observe.services = {"s0"};
  run.observe.rate = model["arrival"]["rate"];
  run.observe.work = run.observe.rate * model["service"]["mean"].get<double>();
  const auto mean = [](const Sums& s) { return s[kOkLatency] / s[kOk]; };
  add(run, "mean_response", expect["mean_response"], mean);
  if (out.kind == "approx") run.quantities.back().tolerance = 0.05;  // the accuracy that the entry's notes give
  if (expect.contains("lower_bound_Hn_noqueue"))
    run.quantities.push_back({"lower_bound_Hn_noqueue", expect["lower_bound_Hn_noqueue"], 0, mean, Quantity::Kind::atLeast, 0, {}, 0, false});
  if (expect.contains("upper_bound_independent"))
    run.quantities.push_back({"upper_bound_independent", expect["upper_bound_independent"], 0, mean, Quantity::Kind::atMost, 0, {}, 0, false});
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

void fanOut(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  Json branches = Json::array();
  for (int i = 0; i < model["fan_out"].get<int>(); ++i) branches.push_back(Json::array({{{"wait", text.distribution(model["service"])}}}));
  ScenarioText::version(text.counter("s", Json::array({{{"parallel", branches}}})))["concurrency"] = "async";
  text.poisson("s/serve", 0.1);
  run.observe.warmup = 100;
  for (const auto& [name, value] : expect.items()) {
    if (name == "mean_response") add(run, name, value, [](const Sums& s) { return s[kOkLatency] / s[kOk]; });
    else if (quantileOf(name) > 0 && name.rfind("response_", 0) == 0) addResponseQuantile(run, name, value, quantileOf(name));
  }
  const std::size_t k = run.observe.response_thresholds.size();
  run.observe.response_thresholds.push_back(-std::log(0.01));  // the p99 of one branch
  add(run, "prob_any_over_single_p99", expect["prob_any_over_single_p99"], [k](const Sums& s) { return 1 - s[kAnswersUpTo + k] / s[kOk]; });
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

void series(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  Json calls = Json::array();
  for (int i = 0; i < model["services"].get<int>(); ++i) {
    text.counter("s" + std::to_string(i), Json::array())["operations"]["serve"]["failure"] = {{"probability", 1 - model["success_each"].get<double>()}};
    calls.push_back({{"call", "s" + std::to_string(i) + "/serve"}});
  }
  text.counter("front", calls);
  text.poisson("front/serve", 0.1);
  run.observe.warmup = 100;
  add(run, "success", expect["success"], [](const Sums& s) { return s[kOk] / s[kStarted]; });
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

}  // namespace meshmall::theory
