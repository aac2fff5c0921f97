#include <cmath>
#include <string>

#include "families.h"
#include "quantities.h"

namespace meshmall::theory {

namespace {

void addMeanCount(Run& run, const std::string& name, double value) {
  add(run, name, value, [](const Sums& s) { return s[kGroupCount] / s[kGroups]; });
}

// The deviation of a group's count, from whole groups.
void addDeviation(Run& run, const std::string& name, double value) {
  add(run, name, value, [](const Sums& s) {
    const double m = s[kGroupCount] / s[kGroups];
    return std::sqrt(std::max(0.0, (s[kGroupCountSquared] / s[kGroups] - m * m) * s[kGroups] / (s[kGroups] - 1)));
  });
}

// The same where whole groups are too long to have tens of thousands of them: a group is `parts` parts in a row, so the variance of its count is
// parts * (variance of a part + 2 * covariance of neighbours) less the two ends. Parts that are not neighbours are taken to be uncorrelated; what that would
// miss, a memory of more than a whole part, the share of whole groups in the central range shows.
void addDeviationOfParts(Run& run, const std::string& name, double value, double parts) {
  add(run, name, value, [parts](const Sums& s) {
    const double m = s[kPartCount] / s[kParts];
    const double variance = s[kPartCountSquared] / s[kParts] - m * m, neighbours = s[kPartProduct] / s[kParts] - m * m;
    return std::sqrt(std::max(0.0, parts * variance + 2 * (parts - 1) * neighbours));
  });
}

}  // namespace

// Many counters behind the gateway.
void balanced(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  const Json& balancer = model["balancer"];
  const std::string policy = balancer["policy"];
  const bool many = balancer["endpoints"].is_string();  // "n to infinity"
  const bool scan = policy == "least_request_full_scan";
  const std::uint64_t n = many ? (scan ? 4000 : 1000) : balancer["endpoints"].get<std::uint64_t>();
  const double rate = model["arrival"].contains("rate") ? model["arrival"]["rate"].get<double>() : model["arrival"]["rate_per_endpoint"].get<double>() * static_cast<double>(n);
  Json& service = text.counter("s", Json::array({{{"busy", text.distribution(model["service"])}}}));
  ScenarioText::version(service)["replicas"] = n;
  text.root()["sidecar"] = Json::object();
  text.poisson("s/serve", rate)["via"] = "gateway";
  Json& lb = text.root()["mesh"]["destinationRules"]["s"]["trafficPolicy"]["loadBalancer"];
  if (policy == "round_robin") lb["simple"] = "ROUND_ROBIN";
  else if (policy == "random") lb["simple"] = "RANDOM";
  else if (scan) lb["policy"]["leastRequest"] = {{"selection", "full_scan"}};
  else lb["policy"]["leastRequest"] = {{"choiceCount", balancer["choices"]}, {"replacement", true}};
  run.observe.services = {"s"};
  run.observe.rate = rate;
  run.observe.warmup = warmupFor(rate);
  if (many) {  // few, long batches: what is in all the queues together forgets slowly as the load goes to 1, however many queues there are
    const double load = model["arrival"]["rate_per_endpoint"];
    if (load > 0.95) throw NotExpressible("so near to full load a thousand endpoints are not yet the limit, and more of them take too long");
    run.observe.batches = 20;
    run.observe.warmup = scan ? 30 : 100;
    run.observe.least_batch = scan ? 2 : load > 0.8 ? 50 : 20;
  }
  addExpected(out, run, model, expect, static_cast<double>(n));
  if (expect.contains("queue_tail_s_k")) {
    run.observe.tail = true;
    std::erase_if(out.left_out, [](const auto& l) { return l.first == "queue_tail_s_k"; });
    for (std::size_t k = 0; k < expect["queue_tail_s_k"].size(); ++k) {
      const std::string name = "queue_tail_s_k[" + std::to_string(k) + "]";
      const double value = expect["queue_tail_s_k"][k];
      if (value < 0.05) out.left_out.emplace_back(name, "so far out that a thousand endpoints are not yet the limit");
      else add(run, name, value, [k](const Sums& s) { return s[kTailAt + k] / s[kTailSamples]; });
    }
  }
  if (out.kind == "limit")  // of n to infinity; n endpoints differ by a few n-ths
    for (Quantity& q : run.quantities) q.tolerance = 10 / static_cast<double>(n);
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

// Customers are counted off in groups; how many of each group each endpoint gets. Ten a group of endpoints share their picks, so the variance is that of one.
void hashing(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  ScenarioText::version(text.counter("s", Json::array()))["replicas"] = model["endpoints"];
  text.root()["sidecar"] = Json::object();
  text.traffic("s/serve", {{"constant", {{"rate", text.rate(1)}}}})["via"] = "gateway";
  text.root()["mesh"]["destinationRules"]["s"]["trafficPolicy"]["loadBalancer"]["simple"] = "RANDOM";
  run.observe.group = model["keys"];
  run.observe.warmup = static_cast<double>(run.observe.group);
  run.observe.batches = 20;
  addMeanCount(run, "mean_keys", expect["mean_keys"]);
  addDeviation(run, "sd_keys", expect["sd_keys"]);
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
  for (const char* key : {"endpoint_keys_p001", "endpoint_keys_p999"}) out.left_out.emplace_back(key, "a step of a distribution whose mean and deviation are measured");
}

// A group's share of the canary; its spread from parts of 100 requests.
void canary(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  Json& service = text.counter("s", Json::array());
  service["versions"] = {{"v1", Json::object()}, {"v2", Json::object()}};
  text.root()["sidecar"] = Json::object();
  text.traffic("s/serve", {{"constant", {{"rate", text.rate(1)}}}})["via"] = "gateway";
  Json& mesh = text.root()["mesh"];
  mesh["destinationRules"]["s"]["subsets"] = Json::array({{{"name", "v1"}, {"labels", {{"version", "v1"}}}}, {{"name", "v2"}, {"labels", {{"version", "v2"}}}}});
  const auto weight = static_cast<int>(std::llround(1000 * model["canary_weight"].get<double>()));
  mesh["virtualServices"]["s"]["http"] = Json::array({{{"route", Json::array({{{"destination", {{"host", "s"}, {"subset", "v1"}}}, {"weight", 1000 - weight}},
                                                                             {{"destination", {{"host", "s"}, {"subset", "v2"}}}, {"weight", weight}}})}}});
  run.observe.group = model["requests"];
  run.observe.group_first = 1;
  run.observe.group_low = expect["central_99.9_low"];
  run.observe.group_high = expect["central_99.9_high"];
  run.observe.warmup = static_cast<double>(run.observe.group);
  addMeanCount(run, "mean", expect["mean"]);
  run.observe.part = 100;
  addDeviationOfParts(run, "sd", expect["sd"], model["requests"].get<double>() / static_cast<double>(run.observe.part));
  run.observe.batches = 20;
  run.quantities.push_back({"coverage", expect["coverage"], 0, [](const Sums& s) { return s[kGroupInRange] / s[kGroups]; }, Quantity::Kind::share, 0,
                            [](const Sums& s) { return s[kGroups]; }, 0, false});
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

}  // namespace meshmall::theory
