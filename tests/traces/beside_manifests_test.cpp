// `import istio --traces`: manifests say versions, replicas and policies; traces say calls, times and customers; matched by name.
#include <nlohmann/json.hpp>

#include "models/importers/istio.h"
#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"
#include "tests/traces/trace_files.h"

namespace meshmall::models::traces {
namespace {

using Json = nlohmann::ordered_json;

std::string workload(const std::string& name, const std::vector<std::string>& versions, int replicas = 1) {
  std::string text = "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {selector: {app: " + name + "}, ports: [{port: 80, name: http}]}\n---\n";
  for (const std::string& version : versions)
    text += "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "-" + version + "}\nspec:\n  replicas: " + std::to_string(replicas) +
            "\n  template:\n    metadata: {labels: {app: " + name + ", version: " + version + "}}\n---\n";
  return text;
}

const char* const kSplit =
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: reviews}\nspec:\n  hosts: [reviews]\n  http:\n  - route:\n"
    "    - {destination: {host: reviews, subset: v1}, weight: 25}\n    - {destination: {host: reviews, subset: v2}, weight: 75}\n---\n"
    "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: reviews}\nspec:\n  host: reviews\n  subsets:\n  - {name: v1, labels: {version: v1}}\n  - {name: v2, labels: {version: v2}}\n";

struct SpanText {
  std::string trace, id, parent, service, pod, name;
  long from_us, to_us;
};

// 40 customers, ten a second: 3 ms at page, then reviews; every second one meets v2, which asks ratings for 4 ms on top of its own 6 ms. v1 takes 2 ms.
std::vector<SpanText> spansOfShop() {
  std::vector<SpanText> out;
  for (int i = 0; i < 40; ++i) {
    const std::string t = "t" + std::to_string(i);
    const long at = 1'000'000 + i * 100'000L + i * i * 37L;  // not quite evenly
    const bool second = i % 2 == 1;
    const long reviews = second ? 10'000 : 2'000;
    out.push_back({t, "a", "", "page", "page-v1-75dccdc5b6-mrsdm", "show", at, at + 3'000 + reviews});
    out.push_back({t, "b", "a", "reviews", second ? "reviews-v2-7f99fb89fd-8gnrx" : "reviews-v1-545db77b95-wkjd2", "read", at + 3'000, at + 3'000 + reviews});
    if (second) out.push_back({t, "c", "b", "ratings", "ratings-v1-b6994bb9-gl27w", "stars", at + 9'000, at + 13'000});
  }
  return out;
}

std::string shop() {  // Jaeger's JSON
  Json data = Json::array();
  for (const SpanText& s : spansOfShop()) {
    if (s.parent.empty()) data.push_back({{"traceID", s.trace}, {"spans", Json::array()}, {"processes", Json::object()}});
    Json span = {{"traceID", s.trace}, {"spanID", s.id}, {"operationName", s.name}, {"startTime", s.from_us}, {"duration", s.to_us - s.from_us}, {"processID", s.pod}};
    if (!s.parent.empty()) span["references"] = Json::array({{{"refType", "CHILD_OF"}, {"traceID", s.trace}, {"spanID", s.parent}}});
    data.back()["spans"].push_back(span);
    data.back()["processes"][s.pod] = {{"serviceName", s.service}, {"tags", Json::array({{{"key", "k8s.pod.name"}, {"type", "string"}, {"value", s.pod}}})}};
  }
  return Json{{"data", data}}.dump();
}

std::string shopByPods() {  // CSV: only pods are named, so that services are called as their workloads
  std::string text = kCsvHeading;
  for (const SpanText& s : spansOfShop())
    text += s.trace + "," + s.id + "," + (s.parent.empty() ? "root" : s.parent) + "," + s.pod + "," + s.name + "," + std::to_string(s.from_us * 1000) + "," + std::to_string(s.to_us * 1000) + ",0\n";
  return text;
}

ImportResult imported(const std::string& yaml, const std::string& traces, const std::string& calls = {}, const std::string& load = {}) {
  const TempFile file(traces);
  IstioInput input;
  input.files = {{"shop.yaml", yaml}};
  if (!calls.empty()) input.calls.push_back({{"--calls", calls}, false});
  if (!load.empty()) input.load = InputFile{"load.json", load};
  input.name = "shop";
  input.traces = readTraces({file.path()});
  EXPECT_TRUE(input.traces->result.problems.empty());
  return importIstio(std::move(input));
}

Json jsonOf(const ImportResult& result) {
  for (const Problem& problem : result.problems) ADD_FAILURE() << textOf(problem);
  return result.scenario.empty() ? Json::object() : Json::parse(result.scenario);
}

Result runFor(const ImportResult& result, const std::string& duration) {
  Json json = jsonOf(result);
  json["run"]["duration"] = duration;
  const DecodeResult decoded = decodeScenario(json.dump(), "imported", "");
  for (const Problem& problem : decoded.problems) ADD_FAILURE() << textOf(problem);
  if (!decoded.scenario) return Result();
  Mall mall(makePlan(*decoded.scenario));
  mall.run();
  return mall.result();
}

bool tells(const std::vector<std::string>& list, const std::string& words) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& sentence) { return sentence.find(words) != std::string::npos; });
}

std::string manifests() { return workload("page", {"v1"}, 3) + workload("reviews", {"v1", "v2"}) + workload("ratings", {"v1"}) + kSplit; }

TEST(TracesBesideManifests, EachVersionWorksAsItsPodsWereTraced) {
  const ImportResult result = imported(manifests(), shop());
  const Json json = jsonOf(result);
  EXPECT_EQ(json["services"]["page"]["versions"]["v1"]["replicas"], 3) << "as the manifests say";
  EXPECT_EQ(json["services"]["reviews"]["versions"]["v1"]["operations"]["read"]["steps"].dump().find("ratings"), std::string::npos);
  EXPECT_NE(json["services"]["reviews"]["versions"]["v2"]["operations"]["read"]["steps"].dump().find("ratings/stars"), std::string::npos);
  EXPECT_EQ(json["sidecar"]["preset"], "none");
  EXPECT_EQ(json["traced"]["requests"], 40);
  EXPECT_EQ(json["traffic"].size(), 1u);
  EXPECT_EQ(json["traffic"][0]["to"], "page/show");
}

TEST(TracesBesideManifests, APolicyMovesCustomersToWhatWasTracedThere) {
  const Result result = runFor(imported(manifests(), shop()), "20m");
  const auto asked = [&](const char* service, const char* version) { return result.metric("requests.total", ScopeKind::version, service, version).value_or(0); };
  const double customers = result.metric("requests.total").value_or(0);
  ASSERT_GT(customers, 10'000);
  // Four standard errors of a share of 3/4 among 10,000: 0.017.
  EXPECT_NEAR(asked("reviews", "v2") / customers, 0.75, 0.017);
  EXPECT_EQ(asked("ratings", "v1"), asked("reviews", "v2")) << "only v2 asks there, as traced";
  // Constant times: 3 + 2 and 3 + 10 ms, no hops in these traces.
  EXPECT_NEAR(result.metric("latency.mean").value_or(0), 5 + 0.75 * 8, 4 * 8 * 0.0043 + 0.02);
}

TEST(TracesBesideManifests, WhatOnlyOneSideKnowsIsSaid) {
  const ImportResult result = imported(workload("page", {"v1"}) + workload("reviews", {"v1", "v2"}) + workload("idle", {"v1"}), shop(), "idle -> page, page -> idle");
  const Json json = jsonOf(result);
  EXPECT_TRUE(json["services"].contains("ratings"));
  EXPECT_TRUE(tells(result.notes.guessed, "only the traces know ratings"));
  EXPECT_TRUE(tells(result.notes.guessed, "the traces never meet idle"));
  EXPECT_TRUE(tells(result.notes.not_modelled, "the call page -> idle: the traces say whom page calls"));
  EXPECT_NE(json["services"]["idle"].dump().find("page/show"), std::string::npos) << "--calls of what was not traced";
}

TEST(TracesBesideManifests, TracesOfAnotherMeshAreAWarning) {
  const ImportResult result = imported(workload("elsewhere", {"v1"}), shop());
  EXPECT_FALSE(result.scenario.empty());
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_NE(textOf(result.problems.front()).find("none of the traced services is among these manifests: page, ratings and reviews"), std::string::npos) << textOf(result.problems.front());
}

TEST(TracesBesideManifests, LoadReplacesTheTracedCustomers) {
  const ImportResult result = imported(manifests(), shop(), {}, R"({"traffic": [{"name": "crowd", "to": "page", "arrivals": {"poisson": {"rate": "100/s"}}}]})");
  const Json json = jsonOf(result);
  ASSERT_EQ(json["traffic"].size(), 1u);
  EXPECT_EQ(json["traffic"][0]["name"], "crowd");
  EXPECT_EQ(json["traffic"][0]["to"], "page/show") << "the traced operation";
}

TEST(TracesBesideManifests, AWorkloadsNameAsServiceNameIsThatVersion) {
  const ImportResult result = imported(manifests(), shopByPods());
  const Json json = jsonOf(result);
  EXPECT_EQ(json["services"].size(), 3u);
  EXPECT_EQ(json["services"]["reviews"]["versions"]["v1"]["operations"]["read"]["steps"].dump().find("ratings"), std::string::npos);
  EXPECT_NE(json["services"]["reviews"]["versions"]["v2"]["operations"]["read"]["steps"].dump().find("ratings/stars"), std::string::npos);
  EXPECT_NE(json["services"]["page"]["operations"]["show"].dump().find("\"reviews/read\""), std::string::npos);
}

}  // namespace
}  // namespace meshmall::models::traces
