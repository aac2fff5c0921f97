#include "quantities.h"

#include <cmath>
#include <map>
#include <stdexcept>

namespace meshmall::theory {

namespace {

double over(const Sums& s, std::size_t numerator, std::size_t denominator) { return s[numerator] / s[denominator]; }
double accepted(const Sums& s) { return s[kStarted] - s[kFailed]; }

double tailPrecision(double p) { return p >= 0.99 ? 0.02 : 0.01; }

// What the inputs alone decide is measured without the help of their known means: else it would agree with them by construction.
bool isInput(const std::string& name) {
  for (const char* end : {"utilisation", "prob_busy", "prob_empty", "mean_busy", "arrival_rate", "visits", "throughput"})
    if (name.ends_with(end)) return true;
  return false;
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

}  // namespace

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

double quantileOf(const std::string& name) {
  const std::size_t at = name.rfind("_p");
  if (at == std::string::npos || name.find_first_not_of("0123456789", at + 2) != std::string::npos) return 0;
  return std::stod("0." + name.substr(at + 2));
}

double warmupFor(double rate) { return 20'000 / std::max(1.0, rate); }

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

void add(Run& run, const std::string& name, double value, Function f) {
  run.quantities.push_back({name, value, 0.01, std::move(f), Quantity::Kind::value, 0, {}, 0, isInput(name)});
}

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

}  // namespace meshmall::theory
