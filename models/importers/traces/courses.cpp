#include "models/importers/traces/courses.h"

#include <algorithm>
#include <limits>

namespace meshmall::models::traces {

namespace {

constexpr std::int64_t kClockNoise = 200'000;  // ns
constexpr std::int64_t kNoiseShare = 5;        // a fifth of the shorter call

using Key = std::vector<std::uint32_t>;
constexpr std::uint32_t kOpen = 0xfffffffdU, kNextLane = 0xfffffffeU, kClose = 0xffffffffU;

void append(Lane& lane, std::uint32_t operation) {
  if (!lane.empty() && lane.back().operation == operation) {
    const std::uint32_t times = lane.back().times.begin()->first;
    lane.back().times = {{times + 1, 1}};
  } else {
    lane.push_back({operation, {{1, 1}}, 1});
  }
}

// The calls of a visit as groups: a call that starts clearly before all lanes of the group have ended is parallel to them.
std::vector<CourseGroup> groupsOf(const Visits& traced, const Visit& visit) {
  struct OpenLane {
    Lane calls;
    std::int64_t end = 0, shortest = 0;
  };
  std::vector<CourseGroup> out;
  std::vector<OpenLane> lanes;
  const auto close = [&] {
    if (lanes.empty()) return;
    if (lanes.size() == 1 && !out.empty() && out.back().size() == 1) {  // goes on in sequence
      for (const CourseCall& call : lanes.front().calls)
        for (std::uint32_t i = 0; i < call.times.begin()->first; ++i) append(out.back().front(), call.operation);
    } else {
      CourseGroup group;
      for (OpenLane& lane : lanes) group.push_back(std::move(lane.calls));
      out.push_back(std::move(group));
    }
    lanes.clear();
  };
  for (const TracedCall& call : visit.calls) {
    if (call.visit == kNoVisit || call.again) continue;
    const std::uint32_t operation = traced.all[call.visit].operation;
    const std::int64_t length = call.end - call.start;
    const auto after = [&](const OpenLane& lane) { return call.start >= lane.end - std::max(kClockNoise, std::min(length, lane.shortest) / kNoiseShare); };
    if (std::all_of(lanes.begin(), lanes.end(), after)) close();
    const auto free = std::find_if(lanes.begin(), lanes.end(), after);
    if (free == lanes.end()) {
      lanes.push_back({});
      append(lanes.back().calls, operation);
      lanes.back().end = call.end;
      lanes.back().shortest = length;
    } else {
      append(free->calls, operation);
      free->end = std::max(free->end, call.end);
      free->shortest = length;
    }
  }
  close();
  return out;
}

Key keyOf(const std::vector<CourseGroup>& groups, bool with_times) {
  Key key;
  for (const CourseGroup& group : groups) {
    std::vector<Key> lanes;
    for (const Lane& lane : group) {
      Key part;
      for (const CourseCall& call : lane) {
        part.push_back(call.operation);
        if (with_times) part.push_back(call.times.begin()->first);
      }
      lanes.push_back(std::move(part));
    }
    std::sort(lanes.begin(), lanes.end());  // which of two parallel calls came first is chance
    if (group.size() > 1) key.push_back(kOpen);
    for (const Key& lane : lanes) {
      key.insert(key.end(), lane.begin(), lane.end());
      if (group.size() > 1) key.push_back(kNextLane);
    }
    if (group.size() > 1) key.push_back(kClose);
  }
  return key;
}

// Lanes in the order of their keys, so that equal courses match call by call.
void sortLanes(std::vector<CourseGroup>& groups) {
  for (CourseGroup& group : groups) {
    std::stable_sort(group.begin(), group.end(), [](const Lane& a, const Lane& b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](const CourseCall& x, const CourseCall& y) { return x.operation < y.operation; });
    });
  }
}

void addTimes(std::vector<CourseGroup>& into, const std::vector<CourseGroup>& more) {
  for (std::size_t g = 0; g < into.size(); ++g)
    for (std::size_t l = 0; l < into[g].size(); ++l)
      for (std::size_t c = 0; c < into[g][l].size(); ++c)
        for (const auto& [times, n] : more[g][l][c].times) into[g][l][c].times[times] += n;
}

std::vector<Course> group(const std::vector<std::vector<CourseGroup>>& groups, const std::vector<std::uint32_t>& visits, bool with_times) {
  std::map<Key, Course> by_key;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    const auto [found, fresh] = by_key.try_emplace(keyOf(groups[i], with_times));
    Course& course = found->second;
    if (fresh) {
      course.groups = groups[i];
    } else {
      addTimes(course.groups, groups[i]);
    }
    course.visits.push_back(visits[i]);
  }
  std::vector<std::pair<Key, Course>> sorted(std::make_move_iterator(by_key.begin()), std::make_move_iterator(by_key.end()));
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second.visits.size() > b.second.visits.size(); });
  std::vector<Course> out;
  for (auto& [key, course] : sorted) out.push_back(std::move(course));
  return out;
}

// One course for all that is left: each callee with the probability of being called at all, how often then, in the order of the mean place.
Course merge(const Visits& traced, const std::vector<std::uint32_t>& visits) {
  struct Callee {
    double places = 0;
    std::uint64_t calls = 0;
    std::map<std::uint32_t, std::uint64_t> times;
  };
  std::map<std::uint32_t, Callee> callees;
  for (const std::uint32_t v : visits) {
    std::map<std::uint32_t, std::uint32_t> counts;
    const Visit& visit = traced.all[v];
    for (std::size_t i = 0; i < visit.calls.size(); ++i) {
      if (visit.calls[i].visit == kNoVisit || visit.calls[i].again) continue;
      const std::uint32_t operation = traced.all[visit.calls[i].visit].operation;
      ++counts[operation];
      callees[operation].places += static_cast<double>(i) / static_cast<double>(visit.calls.size());
      ++callees[operation].calls;
    }
    for (const auto& [operation, n] : counts) ++callees[operation].times[n];
  }
  std::vector<std::pair<double, CourseCall>> order;
  for (const auto& [operation, callee] : callees) {
    std::uint64_t called = 0;
    for (const auto& [times, n] : callee.times) called += n;
    order.emplace_back(callee.places / static_cast<double>(callee.calls), CourseCall{operation, callee.times, static_cast<double>(called) / static_cast<double>(visits.size())});
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Course out;
  out.visits = visits;
  out.merged = true;
  Lane lane;
  for (const auto& [place, call] : order) lane.push_back(call);
  if (!lane.empty()) out.groups.push_back({lane});
  return out;
}

}  // namespace

std::vector<Course> findCourses(const Visits& traced, const std::vector<std::uint32_t>& visits) {
  std::vector<std::vector<CourseGroup>> groups;
  for (const std::uint32_t v : visits) {
    groups.push_back(groupsOf(traced, traced.all[v]));
    sortLanes(groups.back());
  }
  std::vector<Course> courses = group(groups, visits, true);
  if (courses.size() <= kMostCourses) return courses;
  courses = group(groups, visits, false);
  if (courses.size() <= kMostCourses) return courses;
  std::vector<std::uint32_t> rest;
  for (std::size_t i = kMostCourses - 1; i < courses.size(); ++i) rest.insert(rest.end(), courses[i].visits.begin(), courses[i].visits.end());
  std::sort(rest.begin(), rest.end());
  courses.resize(kMostCourses - 1);
  courses.push_back(merge(traced, rest));
  return courses;
}

}  // namespace meshmall::models::traces
