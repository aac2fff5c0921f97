#include <cmath>
#include <string>

#include "families.h"
#include "quantities.h"

namespace meshmall::theory {

namespace {

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

}  // namespace

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

// An endpoint is out for 1 ms after an ejection and back at the next tick that finds it so, at most 9 ms later: before the next customer comes.
void ejection(TheoryCase& out, const Json& model, const Json& expect) {
  OneByOne one(10'000'000, 1);
  one.run.observe.one_by_one = false;
  one.text.counter("s", Json::array());
  one.text.root()["services"]["s"]["operations"]["serve"]["failure"] = {{"probability", model["failure_probability"]}};
  one.retries(0);
  one.text.root()["mesh"]["destinationRules"]["s"]["trafficPolicy"]["outlierDetection"] = {
      {"consecutive5xxErrors", model["consecutive_failures"]}, {"interval", "8ms"}, {"baseEjectionTime", "1ms"}, {"maxEjectionTime", "1ms"}, {"maxEjectionPercent", 100}};
  add(one.run, "mean_requests_until_ejection", expect["mean_requests_until_ejection"], [](const Sums& s) { return s[kArrivalsAt] / s[kEjections]; });
  one.finish(out);
}

void tryTimeouts(TheoryCase& out, const Json& model, const Json& expect) {
  OneByOne one(10'000'000'000, 0.605);  // a back-off below 1 ms is none; three tries and two of these fit in
  ScenarioText::version(one.text.counter("s", Json::array({{{"wait", one.text.distribution(model["service"])}}}))) = {{"concurrency", "async"}, {"onCancel", "stop"}};
  one.retries(model["max_retries"]);
  one.text.root()["mesh"]["defaults"]["retries"]["perTryTimeout"] = one.text.duration(model["per_try_timeout"]);
  add(one.run, "prob_final_failure", expect["prob_final_failure"], [](const Sums& s) { return s[kFailed] / s[kStarted]; });
  add(one.run, "mean_latency_success", expect["mean_latency_success"], [](const Sums& s) { return s[kOkLatency] / s[kOk]; });
  add(one.run, "mean_latency_all", expect["mean_latency_all"], [](const Sums& s) { return (s[kOkLatency] + s[kFailedLatency]) / (s[kOk] + s[kFailed]); });
  add(one.run, "mean_attempts", expect["mean_attempts"], [](const Sums& s) { return s[kTries] / s[kCustomersDone]; });
  one.finish(out);
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

}  // namespace meshmall::theory
