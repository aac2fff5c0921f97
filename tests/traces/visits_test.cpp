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
