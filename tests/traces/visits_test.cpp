// Spans that don't fit, calls in sequence and at once, repeated and merged.
#include "models/importers/traces/courses.h"
#include "tests/traces/trace_files.h"

namespace meshmall::models::traces {
namespace {

// Times in microseconds.
std::string row(const std::string& trace, const std::string& id, const std::string& parent, const std::string& pod, long from, long to) {
  return trace + "," + id + "," + parent + "," + pod + ",work," + std::to_string((1'000'000 + from) * 1000) + "," + std::to_string((1'000'000 + to) * 1000) + ",0\n";
}

Visits visitsOf(const std::string& rows) { return readText(kCsvHeading + rows).visits; }

TEST(Visits, LeaveOrphansOutAndCountThem) {
  const Visits v = visitsOf(row("t", "a", "root", "front", 0, 1000) + row("t", "x", "gone", "back", 100, 200) + row("t", "y", "x", "far", 110, 120));
  EXPECT_EQ(treesOf(v), std::vector<std::string>{"front/work"});
  EXPECT_EQ(v.orphans, 2u);
}

TEST(Visits, TakeTheTopmostSpanForARootThatWasNotRecorded) {
  const Visits v = visitsOf(row("t", "a", "gone", "front", 0, 1000) + row("t", "b", "a", "back", 100, 200));
  EXPECT_EQ(treesOf(v), std::vector<std::string>{"front/work(back/work)"});
  EXPECT_EQ(v.headless, 1u);
}

TEST(Visits, CountSpansInCirclesAndEndAllTheSame) {
  const Visits v = visitsOf(row("t", "a", "root", "front", 0, 10) + row("u", "b", "c", "x", 0, 10) + row("u", "c", "b", "y", 0, 10) + row("w", "d", "d", "z", 0, 10));
  EXPECT_EQ(v.cyclic, 3u);
  EXPECT_EQ(v.roots.size(), 1u);
}

TEST(Visits, CountDoubledSpans) {
  const Visits v = visitsOf(row("t", "a", "root", "front", 0, 10) + row("t", "a", "root", "front", 0, 10));
  EXPECT_EQ(v.doubled, 1u);
  EXPECT_EQ(v.roots.size(), 1u);
}

TEST(Visits, MoveServersWhoseClockIsWrongIntoTheirClients) {
  const Visits v = visitsOf(row("t", "a", "root", "front", 0, 100'000) + row("t", "b", "a", "front", 10'000, 30'000) + row("t", "c", "b", "back", 70'000, 80'000) +
                            row("t", "d", "c", "back", 71'000, 79'000) + row("t", "e", "d", "far", 72'000, 78'000));
  EXPECT_EQ(v.skewed, 1u);
  const Visit& back = v.all[1];
  EXPECT_EQ(back.start - v.all[0].start, 15'000'000) << "10 ms long in the middle of 20 ms";
  EXPECT_EQ(v.all[0].busy, 80'000'000);
  EXPECT_EQ(v.all[2].start - back.start, 2'000'000) << "what hangs on it moves along";
}

TEST(Visits, LeaveOutWhatNobodyWaitsFor) {
  const Visits v = visitsOf(row("t", "a", "root", "front", 0, 10'000) + row("t", "b", "a", "late", 20'000, 30'000) + row("t", "c", "b", "later", 21'000, 22'000));
  EXPECT_EQ(treesOf(v), std::vector<std::string>{"front/work"});
  EXPECT_EQ(v.asynchronous, 2u);
}

// Spans of OTLP: id, parent, service, kind (1 internal, 2 server, 3 client, 4 producer, 5 consumer), milliseconds.
std::string span(const std::string& id, const std::string& parent, const std::string& service, int kind, long from, long to) {
  return R"({"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" + service + R"("}}]},"scopeSpans":[{"spans":[{"traceId":"t)" + id.substr(0, 1) + R"(","spanId":")" + id +
         R"(","parentSpanId":")" + parent + R"(","name":"work","kind":)" + std::to_string(kind) + R"(,"startTimeUnixNano":)" + std::to_string((1000 + from) * 1'000'000) + R"(,"endTimeUnixNano":)" +
         std::to_string((1000 + to) * 1'000'000) + "}]}]}";
}
std::string spans(const std::vector<std::string>& all) {
  std::string out = "{\"resourceSpans\":[";
  for (const std::string& each : all) out += (each == all.front() ? "" : ",") + each;
  return out + "]}";
}

TEST(Visits, CountTheClientsSpanOfACallThatNobodyWaitedForToo) {
  const Visits client = readText(spans({span("a1", "", "web", 2, 0, 20), span("a2", "a1", "web", 3, 15, 100), span("a3", "a2", "audit", 2, 16, 99)})).visits;
  EXPECT_EQ(treesOf(client), std::vector<std::string>{"web/work"});
  EXPECT_EQ(client.asynchronous, 2u);
  const Visits queue = readText(spans({span("a1", "", "web", 2, 0, 20), span("a2", "a1", "web", 4, 12, 13), span("a3", "a2", "bill", 5, 40, 90)})).visits;
  EXPECT_EQ(queue.asynchronous, 1u) << "publishing is work of the service itself";
  EXPECT_EQ(queue.all[0].busy, 20'000'000);
}

TEST(Customers, ComeByTheGatewayOnlyWhereAServerWasAsked) {
  const TempFile file(spans({span("a1", "", "web", 2, 0, 20), span("b1", "", "cron", 1, 5, 15), span("b2", "b1", "web", 2, 6, 14), span("c1", "", "web", 1, 30, 40)}));
  TraceImportOptions options;
  options.files = {file.path()};
  const ImportResult made = importTraces(options).result;
  for (const char* entry : {R"("to": "web/work", "via": "gateway")", R"("to": "cron/work", "via": "sidecar")", R"("name": "web/work from within", "to": "web/work", "via": "sidecar")"})
    EXPECT_NE(made.scenario.find(entry), std::string::npos) << entry << "\n" << made.scenario;
  EXPECT_TRUE(std::any_of(made.notes.guessed.begin(), made.notes.guessed.end(), [](const std::string& s) { return s.find("2 requests begin inside a service") == 0; }));
}

TEST(Customers, ComeByTheGatewayWhereTheKindOfTheirSpansIsNotTold) {
  const TempFile file(kCsvHeading + row("t", "a", "root", "front", 0, 1000));
  TraceImportOptions options;
  options.files = {file.path()};
  EXPECT_NE(importTraces(options).result.scenario.find(R"("via": "gateway")"), std::string::npos);
}

TEST(Visits, SurviveAChainOfAHundredThousandSpans) {
  std::string rows = row("t", "0", "root", "p0", 0, 1'000'000);
  for (int i = 1; i < 100'000; ++i) rows += row("t", std::to_string(i), std::to_string(i - 1), i % 2 == 0 ? "p0" : "p1", i, 1'000'000 - i);
  EXPECT_EQ(visitsOf(rows).all.size(), 100'000u);
}

std::vector<Course> coursesOf(const Visits& v) {
  return findCourses(v, v.roots);
}

TEST(Courses, TellSequenceFromOverlapAndForgiveNoise) {
  const std::string root = row("t", "a", "root", "front", 0, 100'000);
  const auto course = [&](const std::string& calls) { return coursesOf(visitsOf(root + calls)).at(0); };
  const Course apart = course(row("t", "b", "a", "x", 0, 10'000) + row("t", "c", "a", "y", 10'000, 20'000));
  ASSERT_EQ(apart.groups.size(), 1u);
  EXPECT_EQ(apart.groups[0].size(), 1u) << "in sequence";
  EXPECT_EQ(course(row("t", "b", "a", "x", 0, 10'000) + row("t", "c", "a", "y", 9'900, 20'000)).groups[0].size(), 1u) << "0.1 ms of noise";
  EXPECT_EQ(course(row("t", "b", "a", "x", 0, 10'000) + row("t", "c", "a", "y", 2'000, 12'000)).groups[0].size(), 2u) << "at once";
  const Course lanes = course(row("t", "b", "a", "x", 0, 10'000) + row("t", "c", "a", "y", 1'000, 5'000) + row("t", "d", "a", "z", 5'000, 9'000));
  ASSERT_EQ(lanes.groups.size(), 1u);
  ASSERT_EQ(lanes.groups[0].size(), 2u);
  EXPECT_EQ(lanes.groups[0][0].size() + lanes.groups[0][1].size(), 3u) << "one lane has two calls";
}

TEST(Courses, AreWeightedByTheirVisitsMostFrequentFirst) {
  std::string rows;
  for (int i = 0; i < 5; ++i) {
    const std::string t = "t" + std::to_string(i), a = "a" + std::to_string(i);
    rows += row(t, a, "root", "front", 0, 100'000) + row(t, "b", a, i < 2 ? "x" : "y", 0, 10'000);
    if (i == 4) rows += row(t, "c", a, "y", 10'000, 20'000);
  }
  const std::vector<Course> courses = coursesOf(visitsOf(rows));
  ASSERT_EQ(courses.size(), 3u);
  EXPECT_EQ(courses[0].visits.size(), 2u);
  EXPECT_EQ(courses[2].visits.size(), 1u);
  EXPECT_EQ(courses[2].groups[0][0][0].times.begin()->first, 2u) << "twice one after another";
}

TEST(Courses, MakeDistributionsOfRepeatCountsWhereThereAreTooManyWays) {
  std::string rows;
  for (int i = 0; i < 40; ++i) {
    const std::string t = "t" + std::to_string(i);
    rows += row(t, "a", "root", "front", 0, 1'000'000);
    for (int k = 0; k <= i; ++k) rows += row(t, "c" + std::to_string(k), "a", "x", 1'000 * k, 1'000 * k + 1'000);
  }
  const std::vector<Course> courses = coursesOf(visitsOf(rows));
  ASSERT_EQ(courses.size(), 1u);
  EXPECT_EQ(courses[0].groups[0][0][0].times.size(), 40u);
}

}  // namespace
}  // namespace meshmall::models::traces
