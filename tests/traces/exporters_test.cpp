// What a run exports, read back: trees of calls by the importer, slices by their own rules, metrics by the format's grammar.
#include "models/exporters/call_graph_text.h"
#include "models/exporters/istio_metrics.h"
#include "models/exporters/trip_spans.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"
#include "tests/traces/trace_files.h"

namespace meshmall::models::traces {
namespace {

constexpr std::uint64_t kTrips = 200;

Scenario shipped(const std::string& name, const std::string& duration) {
  const DecodeResult decoded = loadScenario("scenarios/" + name + ".json", {durationOverride(duration)});
  EXPECT_TRUE(decoded.scenario.has_value()) << name;
  return decoded.scenario.value_or(Scenario());
}

std::vector<Trip> tripsOf(const Scenario& scenario) {
  RunOptions options;
  options.trace_first = kTrips;
  Mall mall(makePlan(scenario), options);
  mall.run();
  return buildTrips(mall.trips(), kTrips, mall.collector());
}

// The tree of a trip, told from the trip itself: every try that reached an endpoint, and what was called there.
std::string treeOfCall(const Trip& trip, std::uint32_t call);
void addStrand(const Trip& trip, std::uint32_t strand, std::vector<std::string>& out) {
  for (const TripStep& step : trip.strands[strand].steps) {
    if (step.kind == TripStep::Kind::call) out.push_back(treeOfCall(trip, step.index));
    if (step.kind == TripStep::Kind::strand) addStrand(trip, step.index, out);
  }
}
std::string treeOfCall(const Trip& trip, std::uint32_t index) {
  std::string all;
  for (const std::uint32_t t : trip.calls[index].tries) {
    if (!trip.tries[t].arrived) continue;
    std::vector<std::string> children;
    for (const std::uint32_t strand : trip.tries[t].strands) addStrand(trip, strand, children);
    std::sort(children.begin(), children.end());
    all += (all.empty() ? "" : ",") + trip.calls[index].to;
    for (std::size_t i = 0; i < children.size(); ++i) all += (i == 0 ? "(" : ",") + children[i];
    if (!children.empty()) all += ")";
  }
  return all;
}

void expectRoundTrip(const std::string& name, const std::string& duration) {
  const std::vector<Trip> trips = tripsOf(shipped(name, duration));
  std::vector<std::string> expected;
  for (const Trip& trip : trips)
    if (trip.ended) expected.push_back(treeOfCall(trip, trip.roots.at(0)));
  std::sort(expected.begin(), expected.end());
  ASSERT_GT(expected.size(), kTrips / 2);
  for (const std::string& text : {otlpJson(trips, {}), jaegerJson(trips, {})}) {
    const ReadBack read = readText(text);
    ASSERT_TRUE(read.problems.empty()) << textOf(read.problems.front());
    ASSERT_TRUE(read.visits.entrance) << "the gateway is not a service of the mesh";
    std::vector<std::string> found;
    for (const std::uint32_t root : read.visits.roots) {
      std::string tries;  // of the gateway
      for (const TracedCall& call : read.visits.all[root].calls) tries += (tries.empty() ? "" : ",") + treeOf(read.visits, call.visit);
      found.push_back(tries);
    }
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected) << name << ", " << read.reading.format;
    EXPECT_EQ(read.visits.orphans + read.visits.cyclic + read.visits.doubled + read.visits.skewed, 0u);
  }
}

TEST(TraceExport, ComesBackThroughTheImporterWithTheSameCallTree) {
  expectRoundTrip("bookinfo", "30s");
  expectRoundTrip("online-boutique", "2m");
  expectRoundTrip("bakery", "60s");
  expectRoundTrip("train-ticket", "5m");
  expectRoundTrip("retry-storm", "60s");
}

TEST(TraceExport, KeepsTheTimesOfTheTrip) {
  const std::vector<Trip> trips = tripsOf(shipped("bookinfo", "30s"));
  const ReadBack read = readText(otlpJson(trips, {}));
  std::vector<std::int64_t> found, expected;
  for (const std::uint32_t root : read.visits.roots) found.push_back(read.visits.all[root].length());
  for (const Trip& trip : trips)
    if (trip.ended) expected.push_back(trip.latency().ns);
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(found, expected) << "to the nanosecond";
}

void expectNestedSlices(const std::string& name, const std::string& duration) {
  SCOPED_TRACE(name);
  const std::vector<Trip> trips = tripsOf(shipped(name, duration));
  const auto json = nlohmann::json::parse(perfettoJson(trips));
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::pair<std::int64_t, std::int64_t>>> slices;  // process, thread
  std::map<std::uint64_t, std::int64_t> path;
  const auto ns = [](const nlohmann::json& us) { return std::llround(us.get<double>() * 1000); };
  for (const auto& event : json.at("traceEvents")) {
    ASSERT_TRUE(event.at("ph") == "X" || event.at("ph") == "M");
    ASSERT_TRUE(event.at("pid").is_number_unsigned() && event.at("tid").is_number_unsigned() && event.at("name").is_string());
    if (event.at("ph") == "M") continue;
    ASSERT_GE(event.at("dur").get<double>(), 0);
    const std::uint64_t process = event.at("pid"), thread = event.at("tid");
    slices[{process, thread}].emplace_back(ns(event.at("ts")), ns(event.at("ts")) + ns(event.at("dur")));
    if (thread == 1) path[process] += ns(event.at("dur"));
  }
  for (auto& [thread, list] : slices) {
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.first != b.first ? a.first < b.first : a.second > b.second; });
    std::vector<std::int64_t> ends;
    for (const auto& [from, to] : list) {
      while (!ends.empty() && ends.back() <= from) ends.pop_back();
      EXPECT_TRUE(ends.empty() || to <= ends.back()) << "customer " << thread.first << ", thread " << thread.second;
      ends.push_back(to);
    }
  }
  for (const Trip& trip : trips) {
    if (!trip.ended) continue;
    EXPECT_EQ(path[trip.number], trip.latency().ns) << "the critical path of customer " << trip.number;
  }
}

TEST(TraceExport, PerfettosSlicesNestAndAddUp) {
  for (const char* name : {"bookinfo", "bakery", "retry-storm"}) expectNestedSlices(name, "60s");
  for (const char* name : {"online-boutique", "train-ticket"}) expectNestedSlices(name, "5m");
}

// ---- metrics

struct Sample {
  std::string labels;
  double value;
  std::int64_t at;
};

std::map<std::string, std::vector<Sample>> samplesOf(const std::string& text) {
  const std::regex line("([a-z_]+)\\{(.*)\\} ([0-9.e+-]+) ([0-9]+)");
  std::map<std::string, std::vector<Sample>> out;
  std::istringstream in(text);
  for (std::string each; std::getline(in, each);) {
    if (each.empty() || each[0] == '#') continue;
    std::smatch match;
    if (!std::regex_match(each, match, line)) {
      ADD_FAILURE() << each;
      continue;
    }
    out[match[1]].push_back({match[2], std::stod(match[3]), std::stoll(match[4])});
  }
  return out;
}

TEST(MetricsExport, TellsTheRunsCallsByCodeAtEachInstant) {
  const Scenario scenario = shipped("bookinfo", "30s");
  Mall mall(makePlan(scenario));
  IstioMetrics metrics(mall.collector().layout(), engine::Duration{mall.end().ns});
  while (mall.step())
    if (mall.now() >= metrics.next()) metrics.sample(mall.collector(), mall.now());
  metrics.sample(mall.collector(), mall.end());
  const auto samples = samplesOf(metrics.text(scenario, MetricsForm::prometheus, 1000));
  const Result result = mall.result();
  ASSERT_EQ(samples.count("istio_requests_total"), 1u);
  std::map<std::string, Sample> last;
  for (const Sample& s : samples.at("istio_requests_total")) {
    const auto before = last.find(s.labels);
    if (before != last.end()) {
      EXPECT_GT(s.at, before->second.at) << s.labels;
      EXPECT_GE(s.value, before->second.value) << s.labels << " falls";
    }
    last.insert_or_assign(s.labels, s);
  }
  double in_all = 0, failed = 0;
  for (const auto& [labels, s] : last) {
    EXPECT_EQ(s.at, 1'000'000 + mall.end().ns / 1'000'000);
    EXPECT_NE(labels.find("destination_service=\""), std::string::npos);
    EXPECT_EQ(labels.find("reporter=\"source\""), 0u) << "nobody asked for the callees' side";
    in_all += s.value;
    if (labels.find("response_code=\"200\"") == std::string::npos) failed += s.value;
  }
  double calls = 0, failed_calls = 0;
  for (const EdgeResult& edge : result.edges) {
    calls += edge.metrics.get(Metric::requests_ok).value_or(0) + edge.metrics.get(Metric::requests_failed).value_or(0);
    failed_calls += edge.metrics.get(Metric::requests_failed).value_or(0);
  }
  EXPECT_EQ(in_all, calls);
  EXPECT_EQ(failed, failed_calls);
}

TEST(MetricsExport, HasHistogramsThatRiseToTheirCount) {
  const Scenario scenario = shipped("bookinfo", "30s");
  Mall mall(makePlan(scenario));
  IstioMetrics metrics(mall.collector().layout(), engine::Duration{mall.end().ns});
  mall.run();
  metrics.sample(mall.collector(), mall.end());
  const auto samples = samplesOf(metrics.text(scenario, MetricsForm::prometheus, 0));
  std::map<std::string, double> rising, counts;
  for (const Sample& s : samples.at("istio_request_duration_milliseconds_bucket")) {
    const std::string series = s.labels.substr(0, s.labels.find(",le="));
    EXPECT_GE(s.value, rising[series]);
    rising[series] = s.value;
  }
  for (const Sample& s : samples.at("istio_request_duration_milliseconds_count")) counts[s.labels] = s.value;
  EXPECT_EQ(rising, counts);
  EXPECT_FALSE(counts.empty());
}

// The last value of each series of `metric` whose labels hold all of `parts`, summed.
double lastOf(const std::map<std::string, std::vector<Sample>>& samples, const std::string& metric, const std::vector<std::string>& parts) {
  std::map<std::string, double> last;
  for (const Sample& s : samples.at(metric))
    if (std::all_of(parts.begin(), parts.end(), [&](const std::string& part) { return s.labels.find(part) != std::string::npos; })) last[s.labels] = s.value;
  double sum = 0;
  for (const auto& [labels, value] : last) sum += value;
  return sum;
}

Mall countedToItsEnd(const Scenario& scenario, IstioMetrics& metrics) {
  RunOptions options;
  options.seed = scenario.run.seed;
  options.count_arrivals = true;
  Mall mall(makePlan(scenario), options);
  while (mall.step())
    if (mall.now() >= metrics.next()) metrics.sample(mall.collector(), mall.now());
  metrics.sample(mall.collector(), mall.end());
  return mall;
}

TEST(MetricsExport, TheCalleesCountWhatReachesThemByVersionAndTimeItThere) {
  const Scenario scenario = shipped("bookinfo", "30s");
  IstioMetrics metrics(Mall(makePlan(scenario)).collector().layout(), engine::Duration{Mall(makePlan(scenario)).end().ns});
  const Result result = countedToItsEnd(scenario, metrics).result();
  const auto samples = samplesOf(metrics.text(scenario, MetricsForm::prometheus, 0));
  for (const ServiceResult& service : result.services) {
    double at_endpoints = 0;
    for (const EndpointResult& endpoint : service.endpoints)
      at_endpoints += endpoint.metrics.get(Metric::requests_ok).value_or(0) + endpoint.metrics.get(Metric::requests_failed).value_or(0);
    EXPECT_EQ(lastOf(samples, "istio_requests_total", {"reporter=\"destination\"", "destination_service_name=\"" + service.name + "\""}), at_endpoints) << service.name;
  }
  const std::string reviews = "destination_service_name=\"reviews\"";
  for (const char* version : {"v1", "v2"})
    EXPECT_GT(lastOf(samples, "istio_requests_total", {"reporter=\"destination\"", reviews, std::string("destination_version=\"") + version + "\""}), 0) << version;
  const auto mean = [&](const char* reporter) {
    const std::vector<std::string> parts = {std::string("reporter=\"") + reporter + "\"", reviews, "response_code=\"200\""};
    return lastOf(samples, "istio_request_duration_milliseconds_sum", parts) / lastOf(samples, "istio_request_duration_milliseconds_count", parts);
  };
  EXPECT_LT(mean("destination"), mean("source")) << "the way there and back is the caller's";
  EXPECT_GT(mean("destination"), 0);
}

TEST(MetricsExport, WhatNeverReachedTheCalleeHasNoDestination) {
  const Scenario scenario = shipped("retry-storm", "60s");
  IstioMetrics metrics(Mall(makePlan(scenario)).collector().layout(), engine::Duration{Mall(makePlan(scenario)).end().ns});
  countedToItsEnd(scenario, metrics);
  const auto samples = samplesOf(metrics.text(scenario, MetricsForm::prometheus, 0));
  const auto count = [&](const char* reporter, const char* flag) {
    return lastOf(samples, "istio_requests_total", {std::string("reporter=\"") + reporter + "\"", std::string("response_flags=\"") + flag + "\""});
  };
  EXPECT_GT(count("source", "UO") + count("source", "UT") + count("source", "UH") + count("source", "URX"), 0) << "this storm has failures that callers' proxies make";
  for (const char* flag : {"UO", "UT", "UH", "URX"}) EXPECT_EQ(count("destination", flag), 0) << flag;
}

TEST(CallGraphExport, NamesEveryServiceAndEdgeOnce) {
  const Scenario scenario = shipped("bookinfo", "30s");
  const std::string dot = callGraphDot(scenario), mermaid = callGraphMermaid(scenario);
  EXPECT_NE(dot.find("\"productpage\" -> \"reviews\" [label="), std::string::npos) << dot;
  EXPECT_NE(dot.find("\"reviews\" -> \"ratings\" [label="), std::string::npos) << dot;
  EXPECT_EQ(dot.find("\"productpage\" -> \"reviews\""), dot.rfind("\"productpage\" -> \"reviews\""));
  EXPECT_EQ(mermaid.rfind("graph LR\n", 0), 0u);
  EXPECT_NE(mermaid.find("[\"ratings\"]"), std::string::npos);
}

}  // namespace
}  // namespace meshmall::models::traces
