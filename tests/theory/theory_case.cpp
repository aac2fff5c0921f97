#include "theory_case.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "scenario_text.h"

namespace meshmall::theory {

namespace {

double over(const Sums& s, std::size_t numerator, std::size_t denominator) { return s[numerator] / s[denominator]; }
double accepted(const Sums& s) { return s[kStarted] - s[kFailed]; }

// What a run's results can tell, by the name that the entry has for it; of a single counter watched as services[0].
std::map<std::string, Function> stationQuantities(double servers) {
  const auto sojourn = [](const Sums& s) { return s[kWaitingAt] + s[kHeldAt]; };
  return {
      {"utilisation", [=](const Sums& s) { return over(s, kHeldAt, kTime) / servers; }},
      {"prob_busy", [=](const Sums& s) { return over(s, kHeldAt, kTime) / servers; }},
      {"prob_empty", [](const Sums& s) { return over(s, kInLevel, kTime); }},
      {"mean_busy", [](const Sums& s) { return over(s, kHeldAt, kTime); }},
      {"mean_arrival_rate", [](const Sums& s) { return over(s, kStarted, kTime); }},
      {"mean_in_system", [](const Sums& s) { return over(s, kInside, kTime); }},
      {"mean_queue_length", [](const Sums& s) { return over(s, kWaitingAt, kTime); }},
      {"mean_wait", [](const Sums& s) { return over(s, kWaitingAt, kStarted); }},
      {"prob_wait", [](const Sums& s) { return over(s, kWaitedAt, kStarted); }},
      {"sigma", [](const Sums& s) { return over(s, kWaitedAt, kStarted); }},
      {"prob_wait_all", [](const Sums& s) { return over(s, kWaitedAt, kStarted); }},
      {"mean_response", [](const Sums& s) { return over(s, kOkLatency, kOk); }},
      {"mean_response_all", [=](const Sums& s) { return sojourn(s) / s[kArrivalsAt]; }},
      {"response_variance", [](const Sums& s) { return over(s, kOkLatencySquared, kOk) - over(s, kOkLatency, kOk) * over(s, kOkLatency, kOk); }},
      {"wait_second_moment", [](const Sums& s) { return over(s, kWaitSquared, kArrivalsAt); }},
      {"loss_probability", [](const Sums& s) { return over(s, kFailed, kStarted); }},
      {"prob_timeout", [](const Sums& s) { return over(s, kFailed, kStarted); }},
      {"fraction_over_deadline", [](const Sums& s) { return over(s, kFailed, kStarted); }},
      {"throughput", [](const Sums& s) { return over(s, kOk, kTime); }},
      {"mean_wait_accepted", [](const Sums& s) { return s[kWaitingAt] / accepted(s); }},
      {"mean_wait_served", [](const Sums& s) { return over(s, kWait, kOk); }},
      {"mean_response_accepted", [](const Sums& s) { return over(s, kOkLatency, kOk); }},
      {"prob_wait_accepted", [](const Sums& s) { return s[kWaitedAt] / accepted(s); }},
      {"mean_in_queue_per_server", [=](const Sums& s) { return over(s, kInside, kTime) / servers; }},
      {"variance_in_system",
       [](const Sums& s) {
         double first = 0, second = 0;
         for (std::size_t n = 0; n < kLevels; ++n) {
           first += static_cast<double>(n) * s[kInLevel + n];
           second += static_cast<double>(n * n) * s[kInLevel + n];
         }
         return second / s[kTime] - first / s[kTime] * (first / s[kTime]);
       }},
  };
}

double atLeast(const Sums& s, std::size_t level) {
  double sum = 0;
  for (std::size_t n = level; n < kLevels; ++n) sum += s[kInLevel + n];
  return sum / s[kTime];
}

// "response_p99" -> 0.99, "response_p999" -> 0.999; 0 when it is no quantile.
double quantileOf(const std::string& name) {
  const std::size_t at = name.rfind("_p");
  if (at == std::string::npos || name.find_first_not_of("0123456789", at + 2) != std::string::npos) return 0;
  return std::stod("0." + name.substr(at + 2));
}

// Long beside the time in which a queue forgets (some hundred services at 90 % load): so many customers, and never more than so many units.
double warmupFor(double rate) { return 20'000 / std::max(1.0, rate); }

double tailPrecision(double p) { return p >= 0.99 ? 0.02 : 0.01; }

// Quantiles by the share of values up to the expected one (Woodruff's way): the mass within 3 % of it gives the density for the width.
void addResponseQuantile(Run& run, const std::string& name, double value, double p) {
  std::vector<double>& thresholds = run.observe.response_thresholds;
  const std::size_t k = thresholds.size();
  if (k + 2 > kThresholds) throw std::logic_error("too many thresholds");
  thresholds.push_back(value);
  thresholds.push_back(value * 1.03);
  Quantity q{name, value, tailPrecision(p), [k](const Sums& s) { return s[kAnswersUpTo + k] / s[kOk]; }, Quantity::Kind::quantile, p, {}, 0, false};
  q.density = [k, value](const Sums& s) { return (s[kAnswersUpTo + k + 1] - s[kAnswersUpTo + k]) / s[kOk] / (0.03 * value); };
  run.quantities.push_back(std::move(q));
}

void addWaitQuantile(Run& run, const std::string& name, double value, double p) {
  std::vector<double>& thresholds = run.observe.wait_thresholds;
  const std::size_t k = thresholds.size();
  if (k + 2 > kThresholds) throw std::logic_error("too many thresholds");
  thresholds.push_back(value);
  thresholds.push_back(value * 1.03);
  Quantity q{name, value, tailPrecision(p), [k](const Sums& s) { return 1 - s[kWaitsAbove + k] / s[kArrivalsAt]; }, Quantity::Kind::quantile, p, {}, 0, false};
  q.density = [k, value](const Sums& s) { return (s[kWaitsAbove + k] - s[kWaitsAbove + k + 1]) / s[kArrivalsAt] / (0.03 * value); };
  run.quantities.push_back(std::move(q));
}

// What the inputs alone decide is measured without the help of their known means: else it would agree with them by construction.
bool isInput(const std::string& name) {
  for (const char* end : {"utilisation", "prob_busy", "prob_empty", "mean_busy", "arrival_rate", "visits", "throughput"})
    if (name.ends_with(end)) return true;
  return false;
}

void add(Run& run, const std::string& name, double value, Function f) {
  run.quantities.push_back({name, value, 0.01, std::move(f), Quantity::Kind::value, 0, {}, 0, isInput(name)});
}

// A distribution with steps: the quantile is where the share passes p, or an end of a flat piece (a wait of 0, a constant service time).
bool isStep(const Json& model, const std::string& name, double value) {
  return value == 0 || (name == "response_p50" && model.contains("service") && model["service"].value("dist", "") == "deterministic" && value == 1.0);
}

void addStep(Run& run, const std::string& name, double value, double p) {
  if (name.rfind("wait", 0) == 0) {
    run.quantities.push_back({name, p, 0, [](const Sums& s) { return 1 - s[kWaitedAt] / s[kArrivalsAt]; }, Quantity::Kind::atLeast, 0, {}, 0, false});
    return;
  }
  const std::size_t k = run.observe.response_thresholds.size();
  run.observe.response_thresholds.push_back(value * 1.001);
  run.quantities.push_back({name, p, 0, [k](const Sums& s) { return s[kAnswersUpTo + k] / s[kOk]; }, Quantity::Kind::atLeast, 0, {}, 0, false});
}

// Everything that the entry expects and a single counter can tell.
void addExpected(TheoryCase& out, Run& run, const Json& model, const Json& expect, double servers) {
  const auto known = stationQuantities(servers);
  for (const auto& [name, value] : expect.items()) {
    const double p = quantileOf(name);
    const auto found = known.find(name);
    if (found != known.end()) {
      add(run, name, value, found->second);
    } else if (p > 0 && value.is_number() && isStep(model, name, value)) {
      addStep(run, name, value, p);
    } else if (p > 0 && (name.rfind("response_", 0) == 0 || name.rfind("latency_", 0) == 0)) {
      addResponseQuantile(run, name, value, p);
    } else if (p > 0 && name.rfind("wait_", 0) == 0) {
      addWaitQuantile(run, name, value, p);
    } else {
      out.left_out.emplace_back(name, "no such figure in the results");
    }
  }
}

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

// A counter behind the gateway that is asked by one customer at a time: no queue, no other's try. The spacing is long enough for all tries.
struct OneByOne {
  ScenarioText text;
  Run run;
  OneByOne(std::int64_t unit_ns, double spacing_units) : text(unit_ns) {
    text.root()["sidecar"] = Json::object();
    run.observe.unit_ns = unit_ns;
    run.observe.services = {"s"};
    run.observe.one_by_one = true;
    run.observe.warmup = 10 * spacing_units;
    text.traffic("s/serve", {{"constant", {{"rate", text.rate(1 / spacing_units)}}}})["via"] = "gateway";
  }
  void retries(std::uint64_t attempts) {
    text.root()["mesh"]["defaults"]["retries"] = {{"attempts", attempts}, {"retryOn", "5xx"}, {"backoff", {{"baseInterval", "1ms"}, {"maxInterval", "1ms"}}}};
  }
  void finish(TheoryCase& out) {
    run.scenario = text.text();
    out.runs.push_back(std::move(run));
  }
};

void retries(TheoryCase& out, const Json& model, const Json& expect) {
  OneByOne one(10'000'000, 10);
  one.text.counter("s", Json::array());
  one.text.root()["services"]["s"]["operations"]["serve"]["failure"] = {{"probability", model["attempt_failure_probability"]}};
  one.retries(model["max_retries"]);
  add(one.run, "mean_attempts", expect["mean_attempts"], [](const Sums& s) { return s[kTries] / s[kCustomersDone]; });
  add(one.run, "prob_final_failure", expect["prob_final_failure"], [](const Sums& s) { return s[kFailed] / s[kStarted]; });
  add(one.run, "prob_any_retry", expect["prob_any_retry"], [](const Sums& s) { return s[kRetried] / s[kCustomersDone]; });
  add(one.run, "second_moment_attempts", expect["second_moment_attempts"], [](const Sums& s) { return s[kTriesSquared] / s[kCustomersDone]; });
  one.finish(out);
}

// Tiers: the gateway calls a1, that a2, ..., the last the leaf; each caller's proxy retries.
void nestedRetries(TheoryCase& out, const Json& model, const Json& expect) {
  OneByOne one(10'000'000, 1000);
  const int tiers = model["tiers"];
  const std::string first = tiers > 1 ? "a1" : "s";
  one.text.root()["traffic"][0]["to"] = first + "/serve";
  for (int t = 1; t < tiers; ++t) one.text.counter("a" + std::to_string(t), Json::array({{{"call", (t + 1 < tiers ? "a" + std::to_string(t + 1) : "s") + "/serve"}}}));
  one.text.counter("s", Json::array());
  one.text.root()["services"]["s"]["operations"]["serve"]["failure"] = {{"probability", model["leaf_failure_probability"]}};
  one.retries(model["max_retries_per_tier"]);
  add(one.run, "mean_leaf_attempts", expect["mean_leaf_attempts"], [](const Sums& s) { return s[kTries] / s[kCustomersDone]; });
  add(one.run, "prob_final_failure", expect["prob_final_failure"], [](const Sums& s) { return s[kFailed] / s[kStarted]; });
  one.finish(out);
}

// The proxy draws whole milliseconds below the cap; a unit of 100 s makes them fine enough not to matter (0.02 % of the first).
void backoff(TheoryCase& out, const Json& model, const Json& expect) {
  OneByOne one(100'000'000'000, 1);
  one.text.counter("s", Json::array());
  one.text.root()["services"]["s"]["operations"]["serve"]["failure"] = {{"probability", 1}};
  one.retries(model["max_retries"]);
  one.text.root()["mesh"]["defaults"]["retries"]["backoff"] = {{"baseInterval", one.text.duration(model["base_interval"])}, {"maxInterval", one.text.duration(model["max_interval"])}};
  for (std::size_t k = 0; k < expect["mean_delay_by_retry"].size(); ++k)
    add(one.run, "mean_delay_by_retry[" + std::to_string(k) + "]", expect["mean_delay_by_retry"][k], [k](const Sums& s) { return s[kDelayAt + k] / s[kCustomersDone]; });
  add(one.run, "mean_total_delay_all_retries", expect["mean_total_delay_all_retries"], [](const Sums& s) { return s[kTotalDelay] / s[kCustomersDone]; });
  add(one.run, "variance_total", expect["variance_total"], [](const Sums& s) {
    const double mean = s[kTotalDelay] / s[kCustomersDone];
    return s[kTotalDelaySquared] / s[kCustomersDone] - mean * mean;
  });
  one.finish(out);
}

// An endpoint is out for 1 ms after an ejection and back at the next tick, before the next customer comes.
void ejection(TheoryCase& out, const Json& model, const Json& expect) {
  OneByOne one(10'000'000, 100);
  one.run.observe.one_by_one = false;
  one.text.counter("s", Json::array());
  one.text.root()["services"]["s"]["operations"]["serve"]["failure"] = {{"probability", model["failure_probability"]}};
  one.retries(0);
  one.text.root()["mesh"]["destinationRules"]["s"]["trafficPolicy"]["outlierDetection"] = {
      {"consecutive5xxErrors", model["consecutive_failures"]}, {"interval", "900ms"}, {"baseEjectionTime", "1ms"}, {"maxEjectionTime", "1ms"}, {"maxEjectionPercent", 100}};
  add(one.run, "mean_requests_until_ejection", expect["mean_requests_until_ejection"], [](const Sums& s) { return s[kArrivalsAt] / s[kEjections]; });
  one.finish(out);
}

void tryTimeouts(TheoryCase& out, const Json& model, const Json& expect) {
  OneByOne one(10'000'000'000, 0.65);  // a back-off below 1 ms is none
  ScenarioText::version(one.text.counter("s", Json::array({{{"wait", one.text.distribution(model["service"])}}}))) = {{"concurrency", "async"}, {"onCancel", "stop"}};
  one.retries(model["max_retries"]);
  one.text.root()["mesh"]["defaults"]["retries"]["perTryTimeout"] = one.text.duration(model["per_try_timeout"]);
  add(one.run, "prob_final_failure", expect["prob_final_failure"], [](const Sums& s) { return s[kFailed] / s[kStarted]; });
  add(one.run, "mean_latency_success", expect["mean_latency_success"], [](const Sums& s) { return s[kOkLatency] / s[kOk]; });
  add(one.run, "mean_latency_all", expect["mean_latency_all"], [](const Sums& s) { return (s[kOkLatency] + s[kFailedLatency]) / (s[kOk] + s[kFailed]); });
  add(one.run, "mean_attempts", expect["mean_attempts"], [](const Sums& s) { return s[kTries] / s[kCustomersDone]; });
  one.finish(out);
}

void addGroupQuantities(Run& run, const std::string& mean, double mean_value, const std::string& sd, double sd_value) {
  add(run, mean, mean_value, [](const Sums& s) { return s[kGroupCount] / s[kGroups]; });
  add(run, sd, sd_value, [](const Sums& s) {
    const double m = s[kGroupCount] / s[kGroups];
    return std::sqrt(std::max(0.0, (s[kGroupCountSquared] / s[kGroups] - m * m) * s[kGroups] / (s[kGroups] - 1)));
  });
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
  addGroupQuantities(run, "mean_keys", expect["mean_keys"], "sd_keys", expect["sd_keys"]);
  run.scenario = text.text();
  out.runs.push_back(std::move(run));
  for (const char* key : {"endpoint_keys_p001", "endpoint_keys_p999"}) out.left_out.emplace_back(key, "a step of a distribution whose mean and deviation are measured");
}

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
  addGroupQuantities(run, "mean", expect["mean"], "sd", expect["sd"]);
  run.observe.batches = 20;
  run.quantities.push_back({"coverage", expect["coverage"], 0, [](const Sums& s) { return s[kGroupInRange] / s[kGroups]; }, Quantity::Kind::share, 0,
                            [](const Sums& s) { return s[kGroups]; }, 0, false});
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

// Room for all, so that nobody waits: a wait of that distribution. The second run is the same without a hedge.
void hedged(TheoryCase& out, const Json& model, const Json& expect) {
  for (const bool hedging : {true, false}) {
    ScenarioText text(10'000'000'000);  // a back-off below 1 ms is none
    Run run;
    ScenarioText::version(text.counter("s", Json::array({{{"wait", text.distribution(model["service"])}}}))) = {{"concurrency", "async"}, {"onCancel", "stop"}};
    text.root()["sidecar"] = Json::object();
    text.poisson("s/serve", 1)["via"] = "gateway";
    Json retries = {{"attempts", 0}};
    if (hedging) {
      retries = {{"attempts", model["max_hedges"]}, {"perTryTimeout", text.duration(model["hedge_delay"])}, {"backoff", {{"baseInterval", "1ms"}}}, {"hedge", {{"onPerTryTimeout", true}}}};
    }
    text.root()["mesh"]["defaults"]["retries"] = retries;
    run.label = hedging ? "hedged" : "unhedged";
    run.observe.unit_ns = text.unit();
    run.observe.services = {"s"};
    run.observe.warmup = 100;
    add(run, hedging ? "mean_latency" : "mean_latency_unhedged", expect[hedging ? "mean_latency" : "mean_latency_unhedged"], [](const Sums& s) { return s[kOkLatency] / s[kOk]; });
    if (hedging) add(run, "mean_requests_sent", expect["mean_requests_sent"], [](const Sums& s) { return s[kArrivalsAt] / s[kStarted]; });
    for (const auto& [name, value] : expect.items()) {
      const double p = quantileOf(name);
      if (p > 0 && (name.rfind("latency_", 0) == 0) == hedging) addResponseQuantile(run, name, value, p);
    }
    run.scenario = text.text();
    out.runs.push_back(std::move(run));
  }
}

// The local limit of a sidecar; units of a second, as intervals below 50 ms are none.
void tokenBucket(TheoryCase& out, const Json& model, const Json& expect) {
  ScenarioText text(1'000'000'000);
  Run run;
  text.counter("s", Json::array());
  text.root()["sidecar"] = Json::object();
  const double rate = model["arrival"]["rate"];
  text.poisson("s/serve", rate)["via"] = "gateway";
  Json local;
  if (model.contains("refill_rate")) {
    local = {{"maxTokens", model["bucket"]}, {"tokensPerFill", model["refill_rate"]}, {"fillInterval", "1s"}, {"refill", "continuous"}};
  } else {
    local = {{"maxTokens", model["max_tokens"]}, {"tokensPerFill", model["tokens_per_fill"]}, {"fillInterval", text.duration(model["fill_interval"])}, {"refill", "interval"}};
  }
  text.root()["mesh"]["rateLimits"]["s"]["local"] = local;
  run.observe.unit_ns = text.unit();
  run.observe.services = {"s"};
  run.observe.rate = rate;
  run.observe.warmup = 100;
  add(run, "drop_probability", expect["drop_probability"], [](const Sums& s) { return s[kFailed] / s[kStarted]; });
  add(run, "accepted_rate", expect["accepted_rate"], [](const Sums& s) { return s[kOk] / s[kTime]; });
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

void map(TheoryCase& out, const Json& model, const Json& expect) {
  const std::string& type = out.type;
  const auto is = [&type](const char* start) { return type.rfind(start, 0) == 0; };
  const auto no = [](const char* why) { throw NotExpressible(why); };
  if (is("M/M/1 two priority")) no("a counter's priorities are non-preemptive in the format");
  if (is("M/M/1 with setup")) no("workers need no time to get going: `startup` is of an endpoint, not of a busy period");
  if (is("M/M/1 with server breakdowns")) no("repeated events start one draw after the last start, up times here start at the last repair; a crash also loses the work");
  if (is("M/M/1, variance")) no("the variance of an estimator, not a figure of a mall");
  if (is("M/M/1 retrial")) return retrial(out, model, expect);
  if (is("M/G/c/c")) return erlangB(out, model, expect);
  if (is("M/G/infinity")) return infiniteServers(out, model, expect);
  if (is("M/") || is("D/M/1") || is("MMPP") || is("M^X") || is("circuit breaker")) return singleStation(out, model, expect);
  if (is("round robin") || is("random splitting") || is("power of d") || is("join shortest")) return balanced(out, model, expect);
  if (is("tandem") || is("open Jackson")) return openNetwork(out, model, expect);
  if (is("closed network")) return closedNetwork(out, model, expect);
  if (is("fork-join")) return forkJoin(out, model, expect);
  if (is("parallel fan-out")) return fanOut(out, model, expect);
  if (is("retries without")) return retries(out, model, expect);
  if (is("nested retries")) return nestedRetries(out, model, expect);
  if (is("exponential backoff")) return backoff(out, model, expect);
  if (is("outlier ejection")) return ejection(out, model, expect);
  if (is("per-try timeout")) return tryTimeouts(out, model, expect);
  if (is("uniform independent")) return hashing(out, model, expect);
  if (is("weighted split")) return canary(out, model, expect);
  if (is("serial dependency")) return series(out, model, expect);
  if (is("hedged request")) return hedged(out, model, expect);
  if (is("token bucket")) return tokenBucket(out, model, expect);
  if (is("consistent hash")) no("ring hash (`consistentHash`) is not supported yet; shares of an ideal ring are not a figure of one mall");
  if (is("quorum call")) no("`parallel` waits for all of its branches");
  if (is("horizontal autoscaler")) no("autoscalers are not supported yet");
  no("no scenario is known for this type of model");
}

}  // namespace

std::vector<TheoryCase> loadTheory(const std::string& path) {
  std::ifstream in(path);
  const Json file = Json::parse(in);
  std::vector<TheoryCase> out;
  for (const Json& entry : file.at("vectors")) {
    TheoryCase one{entry.at("id"), entry.at("kind"), entry.at("model").at("type"), {}, {}, {}};
    try {
      map(one, entry["model"], entry.at("expect"));
    } catch (const NotExpressible& problem) {
      one.runs.clear();
      one.left_out.clear();
      one.reason = problem.what();
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace meshmall::theory
