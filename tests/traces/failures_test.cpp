// Requests that failed in the traces: what the import compares, what failures cost, and what it says of them.
#include <nlohmann/json.hpp>

#include "tests/traces/trace_files.h"

namespace meshmall::models::traces {
namespace {

using Json = nlohmann::json;

// Zipkin spans of `n` customers of "web", one every 100 ms; every second one fails with 504 and takes `failing_us`, the others take `fine_us` give or take a tenth.
std::string halfFailing(int n, long fine_us, long failing_us) {
  Json spans = Json::array();
  for (int i = 0; i < n; ++i) {
    const bool fails = i % 2 == 1;
    const long took = fails ? failing_us : fine_us + fine_us / 10 * (i % 3 - 1);
    spans.push_back({{"traceId", std::to_string(1000 + i)}, {"id", "1"}, {"name", "GET /"}, {"kind", "SERVER"}, {"timestamp", 1'000'000'000L + i * 100'000L}, {"duration", took}, {"localEndpoint", {{"serviceName", "web"}}},
                     {"tags", {{"http.status_code", fails ? "504" : "200"}}}});
  }
  return spans.dump();
}

TraceImport importText(const std::string& text) {
  const TempFile file(text);
  return importTraces({{file.path()}, {}, 10, true});
}

bool says(const std::vector<std::string>& notes, const std::string& words) {
  return std::any_of(notes.begin(), notes.end(), [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

TEST(TracedFailures, TracedTimesAreOfTheRequestsThatSucceeded) {
  const TraceImport import = importText(halfFailing(400, 20'000, 500'000));
  const Json scenario = Json::parse(import.result.scenario);
  EXPECT_EQ(scenario["traced"]["requests"], 200);
  EXPECT_EQ(scenario["traced"]["latency"]["p50"]["value"], "20ms");
  ASSERT_FALSE(import.held_out.predictions.empty()) << import.held_out.trouble;
  for (const Prediction& p : import.held_out.predictions) EXPECT_NEAR(p.predicted / p.traced, 1, 0.15) << p.figure;
  EXPECT_TRUE(says(import.result.notes.read, "200 requests of 400 failed"));
}

TEST(TracedFailures, ThatAreQuickComeAtOnceAndThatAreSlowAreTold) {
  const TraceImport quick = importText(halfFailing(400, 20'000, 1'000)), slow = importText(halfFailing(400, 20'000, 500'000));
  const auto failure = [](const TraceImport& import) { return Json::parse(import.result.scenario)["services"]["web"]["operations"]["GET /"]["failure"]; };
  EXPECT_EQ(failure(quick)["when"], "start");
  EXPECT_EQ(failure(slow)["when"], "end");
  EXPECT_EQ(failure(slow)["status"], 504);
  EXPECT_TRUE(says(slow.result.notes.not_modelled, "failures of web/GET / take 500ms"));
}

TEST(TracedFailures, WhereNothingTookAnyTimeNoPercentIsMadeOfIt) {
  Json spans = Json::array();
  for (int i = 0; i < 200; ++i)
    spans.push_back({{"traceId", std::to_string(1000 + i)}, {"id", "1"}, {"name", "GET /"}, {"kind", "SERVER"}, {"timestamp", 1'000'000'000L + i * 100'000L}, {"duration", 0}, {"localEndpoint", {{"serviceName", "web"}}}});
  const TraceImport import = importText(spans.dump());
  for (const std::string& note : import.result.notes.read) EXPECT_EQ(note.find("92233720368547"), std::string::npos) << note;
}

TEST(TracedFailures, WhereEveryRequestFailedThereIsNothingToCompare) {
  Json spans = Json::parse(halfFailing(200, 20'000, 20'000));
  for (Json& span : spans) span["tags"]["http.status_code"] = "500";
  const TraceImport import = importText(spans.dump());
  EXPECT_FALSE(import.result.scenario.empty());
  EXPECT_TRUE(import.held_out.predictions.empty());
  EXPECT_FALSE(import.held_out.trouble.empty());
  EXPECT_TRUE(Json::parse(import.result.scenario)["services"]["web"]["operations"]["GET /"]["failure"]["probability"] == 1);
}

// Zipkin spans of `n` customers of "web", which calls "cart" once: under one client's span `tries` server spans, all but the last failing, the last failing too for every second customer.
std::string triedAgain(int n, int tries) {
  Json spans = Json::array();
  const auto add = [&](int trace, const std::string& id, const std::string& parent, const char* kind, const char* service, long start, long took, bool failed) {
    Json span = {{"traceId", std::to_string(1000 + trace)}, {"id", id}, {"name", "GET /"}, {"kind", kind}, {"timestamp", 1'000'000'000L + trace * 100'000L + start}, {"duration", took}, {"localEndpoint", {{"serviceName", service}}}, {"tags", {{"http.status_code", failed ? "503" : "200"}}}};
    if (!parent.empty()) span["parentId"] = parent;
    spans.push_back(span);
  };
  for (int i = 0; i < n; ++i) {
    add(i, "1", "", "SERVER", "web", 0, 10'000L * tries + 2'000, i % 2 == 1);
    add(i, "2", "1", "CLIENT", "web", 1'000, 10'000L * tries, i % 2 == 1);
    for (int t = 0; t < tries; ++t) add(i, std::to_string(10 + t), "2", "SERVER", "cart", 1'500 + 10'000L * t, 8'000, t + 1 < tries || i % 2 == 1);
  }
  return spans.dump();
}

TEST(TracedFailures, AProxysTriesAreOneCallWithRetries) {
  const TraceImport import = importText(triedAgain(200, 3));
  const Json scenario = Json::parse(import.result.scenario);
  const Json& web = scenario["services"]["web"]["operations"]["GET /"];
  ASSERT_EQ(std::count_if(web["steps"].begin(), web["steps"].end(), [](const Json& step) { return step.contains("call"); }), 1) << web;
  EXPECT_FALSE(web.contains("failure")) << "its failures are its callee's";
  for (const Json& step : web["steps"]) EXPECT_FALSE(step.contains("times") || step.contains("optional")) << step;
  EXPECT_EQ(scenario["mesh"]["virtualServices"]["cart"]["http"][0]["retries"]["attempts"], 2);
  EXPECT_NEAR(scenario["services"]["cart"]["operations"]["GET /"]["failure"]["probability"].get<double>(), 5.0 / 6, 0.001) << "of each try";
  EXPECT_TRUE(says(import.result.notes.guessed, "tried cart up to 3 times"));
  EXPECT_FALSE(Json::parse(importText(triedAgain(200, 1)).result.scenario).contains("mesh"));
}

}  // namespace
}  // namespace meshmall::models::traces
