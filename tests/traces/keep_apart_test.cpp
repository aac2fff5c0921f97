// Operations that answer one caller slower than another are kept apart where it matters to the caller, and only there.
#include "models/importers/traces/keep_apart.h"

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"
#include "tests/traces/trace_files.h"

namespace meshmall::models::traces {
namespace {

std::string row(const std::string& trace, const std::string& id, const std::string& parent, const std::string& pod, const std::string& work, long from_us, long to_us) {
  return trace + "," + id + "," + parent + "," + pod + "," + work + "," + std::to_string((1'000'000 + from_us) * 1000) + "," + std::to_string((1'000'000 + to_us) * 1000) + ",0\n";
}

// `n` customers of `front`, one every 100 ms: 1 ms, then a call of back/ask that takes `ask_us`, which calls deep/read for `read_us` of them.
std::string customers(const std::string& front, int n, long ask_us, long read_us) {
  std::string text;
  for (int i = 0; i < n; ++i) {
    const std::string trace = front + std::to_string(i);
    const long at = i * 100'000L;
    text += row(trace, "a", "root", front, "visit", at, at + 1000 + ask_us);
    text += row(trace, "b", "a", "back", "ask", at + 1000, at + 1000 + ask_us);
    text += row(trace, "c", "b", "deep", "read", at + 1000, at + 1000 + read_us);
  }
  return text;
}

std::vector<std::string> operationsOf(const Visits& visits) {
  std::vector<std::string> out;
  for (const TracedOperation& operation : visits.operations) out.push_back(operation.service + "/" + operation.name);
  std::sort(out.begin(), out.end());
  return out;
}

Visits apart(const std::string& rows) {
  Visits visits = readText(kCsvHeading + rows).visits;
  keepApart(visits, visits.roots);
  return visits;
}

TEST(KeepApart, ACalleeThatIsSlowerForOneCallerIsTwoOperations) {
  // deep/read is what makes the difference: it is told apart by the calling operation, which is one of two itself by then.
  const Visits visits = apart(customers("app", 10, 12'000, 10'000) + customers("web", 10, 32'000, 30'000));
  EXPECT_EQ(operationsOf(visits),
            (std::vector<std::string>{"app/visit", "back/ask", "back/ask?from=app", "deep/read", "deep/read?from=back", "web/visit"}));
  for (const Visit& visit : visits.all) {
    const std::string& front = visits.operations[visits.all[visit.root].operation].service;
    if (visits.operations[visit.operation].service == "back") {
      EXPECT_EQ(visits.operations[visit.operation].name, front == "app" ? "ask?from=app" : "ask");
    }
  }
}

TEST(KeepApart, EachCallerMeetsItsOwnMeanInARun) {
  const TempFile file(kCsvHeading + customers("app", 10, 12'000, 10'000) + customers("web", 10, 32'000, 30'000));
  TraceImportOptions options;
  options.files = {file.path()};
  options.words.duration = "20m";
  const TraceImport imported = importTraces(options);
  const DecodeResult decoded = decodeScenario(imported.result.scenario, "imported", "");
  ASSERT_TRUE(decoded.scenario.has_value());
  Mall mall(makePlan(*decoded.scenario));
  mall.run();
  const Result result = mall.result();
  // Times are constants: what is left is the histogram's 0.1 %. Pooled, app's mean would be 23 ms.
  EXPECT_NEAR(result.metric("latency.mean", ScopeKind::service, "app").value_or(0), 13, 0.05);
  EXPECT_NEAR(result.metric("latency.mean", ScopeKind::service, "web").value_or(0), 33, 0.05);
  EXPECT_NE(imported.result.scenario.find("kept apart: back/ask?from=app"), std::string::npos);
}

TEST(ImportedCustomers, MayComeEvenlyOrAllAtOnce) {
  for (const long gap_us : {100'000L, 0L}) {
    std::string rows;
    for (int i = 0; i < 40; ++i) rows += row("t" + std::to_string(i), "a", "root", "front", "visit", i * gap_us, i * gap_us + 5000);
    const TempFile file(kCsvHeading + rows);
    TraceImportOptions options;
    options.files = {file.path()};
    const DecodeResult decoded = decodeScenario(importTraces(options).result.scenario, "imported", "");
    for (const Problem& problem : decoded.problems) EXPECT_NE(problem.severity, Problem::Severity::error) << textOf(problem);
    EXPECT_TRUE(decoded.scenario.has_value()) << gap_us;
  }
}

TEST(KeepApart, WhatDiffersLittleOrIsRareStaysTogether) {
  EXPECT_EQ(operationsOf(apart(customers("app", 10, 12'000, 10'000) + customers("web", 10, 12'500, 10'500))).size(), 4u) << "4 % of the caller's time, half of it from the mixture";
  EXPECT_EQ(operationsOf(apart(customers("app", 4, 12'000, 10'000) + customers("web", 10, 32'000, 30'000))).size(), 4u) << "four visits";
}

TEST(KeepApart, IsDecidedAnewByTheRequestsGiven) {
  Visits visits = readText(kCsvHeading + customers("app", 10, 12'000, 10'000) + customers("web", 10, 32'000, 30'000)).visits;
  const std::vector<std::uint32_t> all = visits.roots;
  keepApart(visits, all);
  EXPECT_EQ(visits.operations.size(), 6u);
  std::vector<std::uint32_t> few;
  for (const std::uint32_t root : all)
    if (visits.operations[visits.all[root].operation].service == "app") few.push_back(root);
  keepApart(visits, few);
  EXPECT_EQ(visits.operations.size(), 4u);
  for (const Visit& visit : visits.all) EXPECT_LT(visit.operation, 4u);
}

TEST(KeepApart, CustomersKeepThePlainName) {
  std::string rows = customers("app", 10, 32'000, 30'000);
  for (int i = 0; i < 10; ++i) {  // customers who ask back themselves
    const std::string trace = "own" + std::to_string(i);
    rows += row(trace, "b", "root", "back", "ask", i * 90'000L, i * 90'000L + 12'000);
    rows += row(trace, "c", "b", "deep", "read", i * 90'000L, i * 90'000L + 10'000);
  }
  const Visits visits = apart(rows);
  for (const std::uint32_t root : visits.roots) EXPECT_EQ(visits.operations[visits.all[root].operation].plain, kNoVisit);
  EXPECT_NE(std::find_if(visits.operations.begin(), visits.operations.end(), [](const TracedOperation& o) { return o.name == "ask?from=app"; }), visits.operations.end());
}

TEST(KeepApart, EndsWhereOperationsCallThemselves) {
  std::string rows;
  for (int i = 0; i < 12; ++i) {
    const std::string trace = "t" + std::to_string(i);
    const long at = i * 100'000L;
    for (int depth = 0; depth < 8; ++depth)
      rows += row(trace, "s" + std::to_string(depth), depth == 0 ? "root" : "s" + std::to_string(depth - 1), depth % 2 == 0 ? "ping" : "pong", "hit", at + depth * 1000, at + 40'000 - depth * 3000);
  }
  const Visits visits = apart(rows);
  EXPECT_LE(visits.operations.size(), 102u);
  EXPECT_EQ(visits.roots.size(), 12u);
}

}  // namespace
}  // namespace meshmall::models::traces
