// The ways in which an operation calls others: visits with the same calls in the same order are one course, with the number of visits as its weight.
// Calls that overlap are parallel, each lane a sequence; overlaps of clock noise are none. Where there are more ways than a reader follows, repeat counts become
// distributions, and what is still left over becomes one course of calls with probabilities.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "models/importers/traces/visits.h"

namespace meshmall::models::traces {

inline constexpr std::size_t kMostCourses = 24;

struct CourseCall {
  std::uint32_t operation = 0;
  std::map<std::uint32_t, std::uint64_t> times = {{1, 1}};  // how often one after another -> visits
  double probability = 1;
};

using Lane = std::vector<CourseCall>;
using CourseGroup = std::vector<Lane>;  // one lane: in sequence; more: at once

struct Course {
  std::vector<CourseGroup> groups;
  std::vector<std::uint32_t> visits;
  bool merged = false;  // of several ways: probabilities and repeat counts instead of the traced order
};

// Of the visits of one operation; most frequent first. The same input gives the same order.
std::vector<Course> findCourses(const Visits& traced, const std::vector<std::uint32_t>& visits);

}  // namespace meshmall::models::traces
