#include "gui/floor/walkers.h"

#include <algorithm>
#include <cmath>

namespace meshmall::gui {
namespace {

constexpr double kUnitsPerSecond = 240, kShortestWay = 0.5, kLongestWay = 1.5;  // of display
constexpr double kFew = 2, kMost = 8;                                          // a second
constexpr double kLongestStep = 0.1;  // after a picture that took longer they do not jump

}  // namespace

bool slowEnough(const Pace& pace, const models::FloorPlan& floor) { return !pace.playing || (pace.speed > 0 && floor.way_seconds / pace.speed >= kSeenWay); }

double walkersPerSecond(double passing_per_second) {
  if (passing_per_second <= kFew) return std::max(0.0, passing_per_second);
  return std::min(kMost, kFew + 2 * std::log10(passing_per_second / kFew));
}

void Walkers::advance(std::size_t corridor, double seconds, const Passing& passing, double speed, double length) {
  Lane& lane = lanes_[corridor];
  const double step = std::clamp(seconds, 0.0, kLongestStep);
  const double way = std::clamp(length / kUnitsPerSecond, kShortestWay, kLongestWay);
  for (Walker& one : lane.walkers) one.at += step / way;
  lane.walkers.erase(std::remove_if(lane.walkers.begin(), lane.walkers.end(), [](const Walker& one) { return one.at >= 1; }), lane.walkers.end());
  const double rate = walkersPerSecond(passing.tries * speed);
  const double retries = passing.tries > 0 ? std::min(1.0, passing.retries / passing.tries) : 0;
  for (lane.due_there += step * rate; lane.due_there >= 1; lane.due_there -= 1) {
    lane.retries += retries;
    const bool again = lane.retries >= 1;
    if (again) lane.retries -= 1;
    lane.walkers.push_back({0, false, again ? PersonShape::retry : PersonShape::first});
  }
  for (lane.due_back += step * rate; lane.due_back >= 1; lane.due_back -= 1) {
    lane.failures += passing.failed_share;
    const bool failed = lane.failures >= 1;
    if (failed) lane.failures -= 1;
    lane.walkers.push_back({0, true, failed ? PersonShape::error : PersonShape::first});
  }
}

void Walkers::addTo(std::vector<Person>& people, std::size_t corridor, const CorridorPath& way) const {
  if (corridor >= lanes_.size()) return;
  for (const Walker& one : lanes_[corridor].walkers) {
    Person person;
    person.shape = one.shape;
    person.back = one.back;
    person.place = one.back ? way.at(1 - one.at, -5) : way.at(one.at, 5);
    people.push_back(person);
  }
}

std::size_t Walkers::count() const {
  std::size_t n = 0;
  for (const Lane& lane : lanes_) n += lane.walkers.size();
  return n;
}

}  // namespace meshmall::gui
