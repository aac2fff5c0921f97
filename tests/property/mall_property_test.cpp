// The promises of every run (architecture.md, "Promises checked while running"), tried on random scenarios and on the shipped ones.
#include <algorithm>
#include <filesystem>
#include <random>

#include <nlohmann/json.hpp>

#include "engine/kernel/promise.h"
#include "property_case.h"
#include "random_scenario.h"

namespace meshmall::tests {
namespace {

using models::Mall;
using models::Metrics;
using models::Result;
using models::RunOptions;
using nlohmann::json;

struct Told {
  std::string fingerprint, result;
  std::uint64_t events = 0;
  friend bool operator==(const Told&, const Told&) = default;
};

Told finish(Mall& mall, std::uint64_t limit = kTooMany + 1) {
  while (mall.events() < limit && mall.step()) {
  }
  return {mall.fingerprint().hex(), models::toJson(mall.result()), mall.events()};
}

double valueOf(const Metrics& metrics, const char* name) {
  const auto metric = models::findMetric(name);
  return metric && metrics.has(*metric) ? metrics.get(*metric).value_or(0) : 0;
}

void expectBalance(const Metrics& metrics, const std::string& where) {
  EXPECT_EQ(valueOf(metrics, "requests.total"), valueOf(metrics, "requests.ok") + valueOf(metrics, "requests.failed") + valueOf(metrics, "requests.inFlight")) << where;
}

// Arrivals = ok + failed + in flight in every scope, and the scopes add up.
void expectBalance(const Mall& mall) {
  const Result result = mall.result();
  expectBalance(result.metrics, "mall");
  double at_traffic = 0, all_calls = 0, by_edges = 0;
  for (const auto& entry : result.traffic) {
    expectBalance(entry.metrics, entry.name);
    at_traffic += valueOf(entry.metrics, "requests.total");
  }
  for (const auto& edge : result.edges) {
    expectBalance(edge.metrics, edge.from + "->" + edge.to);
    by_edges += valueOf(edge.metrics, "requests.total");
  }
  for (const auto& service : result.services) {
    expectBalance(service.metrics, service.name);
    all_calls += valueOf(service.metrics, "requests.total");
    double by_operations = 0, by_versions = 0, by_endpoints = 0;
    for (const auto& operation : service.operations) {
      expectBalance(operation.metrics, service.name + "/" + operation.name);
      by_operations += valueOf(operation.metrics, "requests.total");
    }
    for (const auto& version : service.versions) {
      expectBalance(version.metrics, service.name + " " + version.name);
      by_versions += valueOf(version.metrics, "requests.total");
    }
    for (const auto& endpoint : service.endpoints) {
      expectBalance(endpoint.metrics, endpoint.name);
      by_endpoints += valueOf(endpoint.metrics, "requests.total");
    }
    EXPECT_EQ(by_operations, valueOf(service.metrics, "requests.total")) << service.name;
    EXPECT_EQ(by_versions, by_endpoints) << service.name;
  }
  EXPECT_EQ(at_traffic, valueOf(result.metrics, "requests.total"));
  EXPECT_EQ(by_edges, all_calls);
  EXPECT_EQ(all_calls, valueOf(result.metrics, "calls.total"));
  std::uint64_t first = 0, retries = 0, hedges = 0;
  for (const auto& flow : mall.collector().flows()) {
    EXPECT_LE(flow.tries_by_kind[0], flow.answers.started);  // a call that the proxy answers itself has no try
    first += flow.tries_by_kind[static_cast<std::size_t>(models::TryKind::first)];
    retries += flow.tries_by_kind[static_cast<std::size_t>(models::TryKind::retry)];
    hedges += flow.tries_by_kind[static_cast<std::size_t>(models::TryKind::hedge)];
  }
  EXPECT_EQ(valueOf(result.metrics, "attempts.total"), static_cast<double>(first + retries + hedges));
}

// Runs to the end, or for so many events as are given; audits at `audits` random instants, knowing how many events there will be.
Told auditedRun(Mall mall, std::uint64_t events, std::uint64_t audits, std::uint64_t seed, std::uint64_t limit) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> at(audits);
  for (std::uint64_t& instant : at) instant = random() % (events + 1);
  std::sort(at.begin(), at.end());
  std::size_t next = 0;
  engine::SimTime before = mall.now();
  for (;;) {
    while (next < at.size() && at[next] <= mall.events()) {
      for (const std::string& finding : mall.audit()) ADD_FAILURE() << "after " << mall.events() << " events: " << finding;
      if (next++ % 25 == 0) expectBalance(mall);
      if (::testing::Test::HasFailure()) return {};
    }
    if (mall.events() == limit) break;
    if (!mall.step()) break;
    if (mall.now() < before) ADD_FAILURE() << "time went back after " << mall.events() << " events";
    before = mall.now();
  }
  EXPECT_TRUE(mall.finished() || events == limit);
  for (const std::string& finding : mall.audit()) ADD_FAILURE() << "at the end: " << finding;
  expectBalance(mall);
  if (mall.finished() && mall.plan().scenario.run.drain)
    for (const std::string& finding : mall.auditDrained()) ADD_FAILURE() << "after draining: " << finding;
  return {mall.fingerprint().hex(), models::toJson(mall.result()), mall.events()};
}

// True: the property was tried and held so far.
template <class Property>
void forEachScenario(std::uint64_t first, std::uint64_t count, Property property) {
  for (const std::uint64_t seed : seedsOf(first, count)) {
    const json scenario = randomScenario(seed);
    try {
      if (const auto plan = planOf(scenario)) property(seed, scenario, plan);
    } catch (const std::exception& problem) {
      ADD_FAILURE() << problem.what();
    }
    if (::testing::Test::HasFailure()) FAIL() << repeatLine(seed, scenario);
  }
}

// A scenario twice: once as it is, once audited at 100 random instants and with trips recorded. Neither looking nor recording may change a byte.
void expectPromisesKept(std::uint64_t seed, const std::shared_ptr<const models::Plan>& plan, std::uint64_t limit = kTooMany + 1) {
  Mall plain(plan, {.seed = seed, .max_events = kTooMany});
  const Told once = finish(plain, limit);
  const Told again = auditedRun(Mall(plan, {.seed = seed, .trace_first = 3, .max_events = kTooMany}), once.events, 100, seed, limit);
  EXPECT_EQ(once.fingerprint, again.fingerprint);
  EXPECT_EQ(once.result, again.result);
}

TEST(MallProperty, KeepsItsPromisesAtRandomInstantsOfRandomScenarios) {
  forEachScenario(1, 1'000, [](std::uint64_t seed, const json&, const std::shared_ptr<const models::Plan>& plan) { expectPromisesKept(seed, plan); });
}

TEST(MallProperty, KeepsItsPromisesInEveryShippedScenario) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("scenarios"))
    if (entry.path().extension() == ".json" && entry.path().string().find("stud") == std::string::npos && entry.path().parent_path().filename() != "schema") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  ASSERT_FALSE(found.empty());
  std::size_t tried = 0;
  for (const auto& path : found) {
    SCOPED_TRACE(path.string());
    models::DecodeResult decoded = models::loadScenario(path.string());
    ASSERT_TRUE(decoded.scenario.has_value());
    ++tried;
    expectPromisesKept(7, models::makePlan(std::move(*decoded.scenario)), 500'000);  // events: the long ones are not told to their end
  }
  EXPECT_GT(tried, 0U);
}

TEST(MallProperty, GoesOnFromACopyToTheSameEnd) {
  forEachScenario(100'001, 200, [](std::uint64_t seed, const json&, const std::shared_ptr<const models::Plan>& plan) {
    const RunOptions options{.seed = seed, .trace_first = seed % 2, .max_events = kTooMany};
    Mall uncopied(plan, options);
    const Told expected = finish(uncopied);
    Mall original(plan, options);
    const std::uint64_t at = std::mt19937_64(seed)() % (expected.events + 1);
    while (original.events() < at && original.step()) {
    }
    Mall copy = original;
    EXPECT_EQ(finish(copy), expected) << "the copy, taken after " << at << " events";
    EXPECT_EQ(finish(original), expected) << "the original, copied after " << at << " events";
  });
}

}  // namespace
}  // namespace meshmall::tests
