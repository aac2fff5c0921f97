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

}  // namespace
}  // namespace meshmall::models::traces
