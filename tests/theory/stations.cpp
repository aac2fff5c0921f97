#include <cmath>
#include <string>

#include "families.h"
#include "quantities.h"

namespace meshmall::theory {

// A single queue: "M/M/1" and all that differ from it by a word.
void singleStation(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  const double servers = model.value("servers", 1.0);
  const Json& arrival = model["arrival"];
  const bool breaker = model.contains("max_requests");
  Json& service = text.counter("s", Json::array({{{"busy", text.distribution(model["service"])}}}), static_cast<std::uint64_t>(servers));
  Json& version = ScenarioText::version(service);
  run.observe.services = {"s"};
  run.observe.fifo = model.value("discipline", "") == "FIFO";
  const std::string process = arrival["process"];
  const double mean_work = model["service"].value("mean", 1.0);
  double rate = 0;
  if (process == "poisson") {
    rate = arrival["rate"];
    text.poisson("s/serve", rate);
  } else if (process == "poisson batches") {
    text.traffic("s/serve", {{"poisson", {{"rate", text.rate(arrival["batch_rate"])}, {"batch", arrival["batch_size"]["value"]}}}});
    rate = arrival["batch_rate"].get<double>() * arrival["batch_size"]["value"].get<double>();
  } else if (process.rfind("deterministic", 0) == 0) {
    text.traffic("s/serve", {{"constant", {{"rate", text.rate(arrival["rate"])}}}});
    rate = arrival["rate"];
  } else if (process == "mmpp") {
    const Json& q = arrival["generator"];
    Json states = Json::array();
    for (std::size_t i = 0; i < q.size(); ++i) {
      for (std::size_t j = 0; j < q.size(); ++j)
        if (j != i && j != (i + 1) % q.size() && q[i][j].get<double>() != 0) throw NotExpressible("`mmpp` goes through its states round and round; this one branches");
      states.push_back({{"rate", text.rate(arrival["state_rates"][i])}, {"mean", text.duration(-1 / q[i][i].get<double>())}});
    }
    text.traffic("s/serve", {{"mmpp", {{"states", states}}}});
  } else {
    throw NotExpressible("the format has no arrivals \"" + process + "\"");
  }
  bool lossless = true;
  if (model.contains("queue_capacity") && model["queue_capacity"].is_number()) {
    lossless = false;
    if (!breaker) version["queueLimit"] = model["queue_capacity"];
  }
  if (breaker) {  // the caller's proxy refuses; without a waiting room the limit is on active requests, with one on connections and those who wait for one
    text.root()["sidecar"] = Json::object();
    text.root()["traffic"][0]["via"] = "gateway";
    Json& pool = text.root()["mesh"]["destinationRules"]["s"]["trafficPolicy"]["connectionPool"];
    if (model["max_pending_requests"] == 0) {
      service["protocol"] = "http2";
      pool["http"]["http2MaxRequests"] = model["max_requests"];
    } else {
      pool["tcp"]["maxConnections"] = model["max_requests"];
      pool["http"]["http1MaxPendingRequests"] = model["max_pending_requests"];
    }
  }
  if (model.contains("client_deadline")) text.root()["traffic"][0]["timeout"] = text.duration(model["client_deadline"]);
  if (model.contains("patience_while_waiting")) {
    lossless = false;
    if (model["patience_while_waiting"]["dist"] != "deterministic") throw NotExpressible("patience (`queueTimeout`, a customer's `timeout`) is a constant in the format");
    version["queueTimeout"] = text.duration(model["patience_while_waiting"]["value"]);
    run.observe.wait_limit = model["patience_while_waiting"]["value"].get<double>() * (1 + 1e-9);
  }
  if (model.contains("discipline") && model["discipline"] == "processor sharing") version["discipline"] = "ps";
  run.observe.rate = rate;
  run.observe.warmup = warmupFor(rate);
  if (lossless && version.value("discipline", "") != "ps") run.observe.work = rate * mean_work;
  addExpected(out, run, model, expect, servers);
  if (process == "poisson" && model["service"]["dist"] == "lognormal" && model["service"]["cv2"] >= 4 && lossless && servers == 1) {
    // One service in ten million makes a hundredth of all waiting: batches must be long for Student's t to hold, and of squares no batch is long enough.
    run.observe.least_batch = 800'000 / rate;
    std::erase_if(run.quantities, [](const Quantity& q) { return q.name == "wait_second_moment"; });
    out.left_out.emplace_back("wait_second_moment", "decided by services so rare that no run of ours gives a valid interval");
  }
  if (breaker && model["max_pending_requests"] != 0) {  // those who wait do so at the caller's proxy, where the results count nobody: Little's law by latencies
    for (Quantity& q : run.quantities) {
      if (q.name == "mean_wait_accepted") q.estimate = [](const Sums& s) { return (s[kOkLatency] - s[kHeldAt]) / s[kOk]; };
    }
    std::erase_if(run.quantities, [](const Quantity& q) { return q.name == "prob_wait_accepted"; });
    out.left_out.emplace_back("prob_wait_accepted", "the results do not count who waited for a connection");
  }
  if (expect.contains("prob_n_in_system")) {
    for (std::size_t n = 0; n < expect["prob_n_in_system"].size(); ++n)
      add(run, "prob_n_in_system[" + std::to_string(n) + "]", expect["prob_n_in_system"][n], [n](const Sums& s) { return s[kInLevel + n] / s[kTime]; });
    std::erase_if(out.left_out, [](const auto& l) { return l.first == "prob_n_in_system"; });
  }
  if (expect.contains("queue_tail_decay")) {
    add(run, "queue_tail_decay", expect["queue_tail_decay"], [](const Sums& s) { return std::pow(atLeast(s, 30) / atLeast(s, 20), 0.1); });
    std::erase_if(out.left_out, [](const auto& l) { return l.first == "queue_tail_decay"; });
  }
  for (auto& [name, why] : out.left_out)
    if (name == "mean_slowdown" || name == "conditional_mean_response") why = "the results are not broken down by how much work a request brings";
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

// Insensitive: the entry names three distributions to try.
void erlangB(TheoryCase& out, const Json& model, const Json& expect) {
  const Json kinds[] = {{{"dist", "exponential"}, {"mean", 1.0}}, {{"dist", "deterministic"}, {"mean", 1.0}}, {{"dist", "lognormal"}, {"mean", 1.0}, {"cv2", 4}}};
  for (const Json& service : kinds) {
    Json one = model;
    one["service"] = service;
    singleStation(out, one, expect);
    out.runs.back().label = service["dist"];
  }
}

void infiniteServers(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  text.counter("s", Json::array({{{"wait", text.distribution(model["service"])}}}));
  ScenarioText::version(text.root()["services"]["s"])["concurrency"] = "async";
  text.poisson("s/serve", model["arrival"]["rate"]);
  run.observe.services = {"s"};
  run.observe.rate = model["arrival"]["rate"];
  run.observe.warmup = 2000;
  const auto known = stationQuantities(1);
  add(run, "mean_in_system", expect["mean_in_system"], known.at("mean_in_system"));
  add(run, "variance_in_system", expect["variance_in_system"], known.at("variance_in_system"));
  add(run, "prob_in_system_gt_35", expect["prob_in_system_gt_35"], [](const Sums& s) { return atLeast(s, 36); });
  const auto n = expect["p99_in_system"].get<std::size_t>();  // the least n with P(N <= n) >= 0.99: a step on either side
  run.quantities.push_back({"p99_in_system", 0.99, 0, [n](const Sums& s) { return 1 - atLeast(s, n + 1); }, Quantity::Kind::atLeast, 0, {}, 0, false});
  run.quantities.push_back({"p99_in_system", 0.99, 0, [n](const Sums& s) { return 1 - atLeast(s, n); }, Quantity::Kind::atMost, 0, {}, 0, false});
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

// No waiting room; who is refused comes back after an exponential time, as often as it takes.
void retrial(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text;
  Run run;
  ScenarioText::version(text.counter("s", Json::array({{{"busy", text.distribution(model["service"])}}})))["queueLimit"] = 0;
  text.poisson("s/serve", model["arrival"]["rate"])["return"] = {{"times", 1000000}, {"after", text.distribution(model["retry_backoff"])}};
  const double pause = model["retry_backoff"]["mean"];
  run.observe.services = {"s"};
  run.observe.warmup = 50'000;
  const double service = model["service"]["mean"];
  add(run, "prob_busy", expect["prob_busy"], [](const Sums& s) { return s[kHeldAt] / s[kTime]; });
  // Little's law in orbit: those who leave for it, times how long each stays.
  add(run, "mean_in_orbit", expect["mean_in_orbit"], [pause](const Sums& s) { return s[kFailed] / s[kTime] * pause; });
  add(run, "mean_wait", expect["mean_wait"], [pause](const Sums& s) { return s[kFailed] / s[kOk] * pause; });
  add(run, "mean_response", expect["mean_response"], [pause, service](const Sums& s) { return s[kFailed] / s[kOk] * pause + service; });
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
}

}  // namespace meshmall::theory
