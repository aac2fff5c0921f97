// Every entry of the theory file that the scenario format can say: its expected values lie in the 99.9 % intervals of the running mall.
//
// A pilot run decides how long the judged run must be for half-widths of 1 % (p99, p999: 2 %); it has draws of its own and is not judged. The judged run is
// 60 batches (20 where they must be long), a few more when it just misses. Each run may cost at most so many events; where that is too few the interval is wider,
// and beyond twice the width wanted the quantity is not judged. A quantity that is outside is run again with draws of its own: outside in both is a failure
// (a run of hundreds of 99.9 % intervals has a false alarm now and then, never the same one twice; what is really off is off both times).
// MESHMALL_THEORY=all raises the limit; MESHMALL_THEORY_REPORT=FILE appends a line for every quantity; MESHMALL_THEORY_FILE: another
// file of entries; MESHMALL_THEORY_SEED: other draws.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>

#include "engine/statistics/confidence.h"
#include "estimate.h"
#include "models/scenario/decode_scenario.h"
#include "theory_case.h"

namespace meshmall::theory {
namespace {

constexpr std::uint64_t kDefaultSeed = 1;  // one for all entries, chosen before any was run
constexpr std::uint64_t kJudged = 0, kPilot = 1, kConfirming = 2;  // replications
constexpr double kMoreBatches = 1.5, kMoreBatchesOfAll = 4;  // of those planned, when the run just misses
constexpr double kMostEvents = 1e7, kMostEventsOfAll = 3e9, kPilotEvents = 6e5, kPilotEventsOfAll = 1e7;
constexpr double kWidestJudged = 2;   // times the width wanted
constexpr double kRounding = 2e-6;  // of durations to nanoseconds and of the entries' digits, relative

bool all() { return std::getenv("MESHMALL_THEORY") != nullptr && std::string(std::getenv("MESHMALL_THEORY")) == "all"; }

double moreBatches() { return all() ? kMoreBatchesOfAll : kMoreBatches; }

// Other draws, to look closer at an alarm.
std::uint64_t masterSeed() {
  const char* other = std::getenv("MESHMALL_THEORY_SEED");
  return other != nullptr ? std::strtoull(other, nullptr, 10) : kDefaultSeed;
}

const std::vector<TheoryCase>& cases() {
  const char* other = std::getenv("MESHMALL_THEORY_FILE");
  static const std::vector<TheoryCase> loaded = loadTheory(other != nullptr ? other : "tests/theory/vectors/theory.json");
  return loaded;
}

std::shared_ptr<const models::Plan> planOf(const std::string& text) {
  models::DecodeResult decoded = models::decodeScenario(text, "theory.json", "");
  for (const models::Problem& problem : decoded.problems)  // advice is for those who mean it: a theory's scenario is odd on purpose
    if (problem.code.empty()) ADD_FAILURE() << problem.pointer << ": " << problem.message << "\n" << text;
  return decoded.scenario ? models::makePlan(std::move(*decoded.scenario)) : nullptr;
}

struct Judged {
  Estimate estimate;
  bool inside = false;
  double relative = 0;  // half-width, relative to the value; 0 where one has no meaning
  bool precise = false;
  bool judged = true;     // not when the run was far too short: batches with a handful of rare events are not normal, and the interval is too narrow
};

Judged judge(const Quantity& q, const std::vector<Sums>& batches, const Observe& observe) {
  Judged out;
  Observe known = observe;
  if (q.plain) known.rate = known.work = 0;
  out.estimate = estimate(batches, q.estimate, known);
  const double value = out.estimate.value, reach = out.estimate.half_width;
  switch (q.kind) {
    case Quantity::Kind::value:
      out.inside = std::abs(value - q.expected) <= reach + std::abs(q.expected) * (q.tolerance + kRounding) + 1e-12;
      out.relative = q.expected != 0 ? reach / std::abs(q.expected) : 0;
      break;
    case Quantity::Kind::quantile:
      out.inside = std::abs(value - q.probability) <= reach + kRounding * (1 - q.probability) + q.tolerance * q.expected * q.density(total(batches));
      out.relative = reach / (q.density(total(batches)) * q.expected);
      break;
    case Quantity::Kind::share: {
      const Sums whole = total(batches);
      const auto trials = static_cast<std::uint64_t>(std::llround(q.density(whole)));
      const auto limits = engine::proportionInterval(static_cast<std::uint64_t>(std::llround(q.estimate(whole) * static_cast<double>(trials))), trials, 0.999);
      out.inside = limits && limits->low <= q.expected && q.expected <= limits->high;
      break;
    }
    case Quantity::Kind::atLeast: out.inside = value + reach >= q.expected; break;
    case Quantity::Kind::atMost: out.inside = value - reach <= q.expected; break;
  }
  if (!std::isfinite(out.relative)) out.relative = 99;
  out.precise = out.relative <= q.precision || q.precision == 0;
  out.judged = out.precise || out.relative <= kWidestJudged * q.precision;
  return out;
}

// How much longer than `batches` a run must be for all quantities to be precise.
double lengthWanted(const Run& run, const std::vector<Sums>& batches) {
  double most = 0;
  for (const Quantity& q : run.quantities) {
    if (q.precision == 0) continue;
    const double ratio = judge(q, batches, run.observe).relative / q.precision;
    most = std::max(most, ratio * ratio);
  }
  return most;
}

class Batches {
 public:
  Batches(const std::shared_ptr<const models::Plan>& plan, const Observe& what, std::uint64_t replication, double length)
      : observation_(plan, what, masterSeed(), replication), warmup_(what.warmup), length_(length) {
    observation_.runUntil(warmup_);
    last_ = observation_.sums();
  }
  void add(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      observation_.runUntil(warmup_ + static_cast<double>(all_.size() + 1) * length_);
      const Sums now = observation_.sums();
      all_.push_back(difference(now, last_));
      last_ = now;
    }
  }
  const std::vector<Sums>& all() const { return all_; }
  double events() const { return static_cast<double>(observation_.events()); }

 private:
  Observation observation_;
  double warmup_, length_;
  Sums last_{};
  std::vector<Sums> all_;
};

// From a short look.
double eventsPerUnit(const std::shared_ptr<const models::Plan>& plan, const Observe& what) {
  Observation look(plan, what, masterSeed(), kPilot);
  double until = 1;
  while (look.events() < 20'000) look.runUntil(until *= 1.5);
  return static_cast<double>(look.events()) / look.now();
}

std::string lineOf(const TheoryCase& entry, const Run& run, const Quantity& q, const Judged& j, double events) {
  char buffer[512];
  const double target = q.kind == Quantity::Kind::quantile ? q.probability : q.expected;
  const bool scaled = (q.kind == Quantity::Kind::value || q.kind == Quantity::Kind::quantile) && j.estimate.error > 1e-9 * std::abs(target);
  std::snprintf(buffer, sizeof buffer, "%s|%s|%s|%s|%.9g|%.9g|%.3g|%.3g|%.5f|%.2f|%s|%s|%.4g", entry.id.c_str(), entry.kind.c_str(), run.label.c_str(), q.name.c_str(),
                target, j.estimate.value, j.estimate.error, j.estimate.half_width, j.relative, scaled ? (j.estimate.value - target) / j.estimate.error : 0.0,
                j.inside ? "inside" : "OUTSIDE", j.precise ? "precise" : j.judged ? "wide" : "short", events);
  return buffer;
}

// The names of the quantities that are outside.
std::set<std::string> judgeAll(const TheoryCase& entry, const Run& run, const std::shared_ptr<const models::Plan>& plan, std::uint64_t replication, double length) {
  const double most_events = all() ? kMostEventsOfAll : kMostEvents, most_batches = moreBatches() * static_cast<double>(run.observe.batches);
  Batches judged(plan, run.observe, replication, length);
  judged.add(run.observe.batches);
  while (lengthWanted(run, judged.all()) > 1 && static_cast<double>(judged.all().size()) < most_batches && judged.events() < most_events) judged.add(5);
  std::ofstream report;
  if (const char* file = std::getenv("MESHMALL_THEORY_REPORT")) report.open(file, std::ios::app);
  std::set<std::string> outside;
  for (const Quantity& q : run.quantities) {
    const Judged j = judge(q, judged.all(), run.observe);
    const std::string line = lineOf(entry, run, q, j, judged.events()) + (replication == kConfirming ? "|again" : "");
    if (report.is_open()) report << line << '\n';
    if (!j.inside && j.judged) outside.insert(q.name);
    if (!j.precise || !j.inside) std::printf("%s: %s\n", !j.judged ? "too short a run, not judged" : j.inside ? "wider than wanted" : "outside", line.c_str());
  }
  return outside;
}

void runAndJudge(const TheoryCase& entry, const Run& run) {
  const auto plan = planOf(run.scenario);
  ASSERT_TRUE(plan);
  const double most_events = all() ? kMostEventsOfAll : kMostEvents;
  const double group = static_cast<double>(run.observe.group), batches = static_cast<double>(run.observe.batches);
  const double events_per_unit = eventsPerUnit(plan, run.observe);
  const double least = std::max(run.observe.least_batch, group);  // units; groups are counted off from one customer a unit
  if (least * batches * events_per_unit > 2 * most_events) GTEST_SKIP() << entry.id << " needs a run as long as MESHMALL_THEORY=all allows";
  double length = std::max(least, (all() ? kPilotEventsOfAll : kPilotEvents) / events_per_unit / batches);
  if (group > 0) length = std::ceil(length / group) * group;
  {
    Batches pilot(plan, run.observe, kPilot, length);
    pilot.add(run.observe.batches);
    const double wanted = 1.3 * lengthWanted(run, pilot.all()), allowed = most_events / (length * events_per_unit * batches);
    length *= std::max(1.0, std::min(wanted, allowed));
    if (group > 0) length = std::ceil(length / group) * group;
  }
  const double years = static_cast<double>(plan->scenario.run.duration.ns) / static_cast<double>(run.observe.unit_ns);  // of the scenario, in units
  length = std::min(length, (0.99 * years - run.observe.warmup) / (moreBatches() * batches));
  const std::set<std::string> alarms = judgeAll(entry, run, plan, kJudged, length);
  if (alarms.empty()) return;
  const std::set<std::string> again = judgeAll(entry, run, plan, kConfirming, length);
  for (const std::string& name : alarms) EXPECT_EQ(again.count(name), 0u) << entry.id << " " << run.label << " " << name << " is outside, with other draws too";
}

std::string nameOf(const std::string& id) {
  std::string out;
  for (const char c : id) out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return out;
}

class Theory : public testing::TestWithParam<std::size_t> {};

TEST_P(Theory, ExpectedValuesLieInTheIntervals) {
  const TheoryCase& entry = cases()[GetParam()];
  for (const auto& run : entry.runs) {
    EXPECT_FALSE(run.quantities.empty());
    runAndJudge(entry, run);
  }
}

std::vector<std::size_t> expressible() {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < cases().size(); ++i)
    if (!cases()[i].runs.empty()) out.push_back(i);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Entries, Theory, testing::ValuesIn(expressible()), [](const auto& entry) { return nameOf(cases()[entry.param].id); });

TEST(TheoryFile, WhatIsNotExpressibleHasAReason) {
  for (const TheoryCase& entry : cases()) {
    EXPECT_NE(entry.runs.empty(), entry.reason.empty()) << entry.id;
    EXPECT_NE(entry.reason, "no scenario is known for this type of model") << entry.id << ": " << entry.type;
    if (!entry.reason.empty()) std::printf("%s: %s\n", entry.id.c_str(), entry.reason.c_str());
    for (const auto& [name, why] : entry.left_out) std::printf("%s %s: %s\n", entry.id.c_str(), name.c_str(), why.c_str());
  }
}

}  // namespace
}  // namespace meshmall::theory
