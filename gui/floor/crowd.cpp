#include "gui/floor/crowd.h"

#include <algorithm>
#include <utility>

namespace meshmall::gui {
namespace {

using models::Dot;

PersonShape shapeOf(const Dot& dot) {
  if (dot.failed) return PersonShape::error;
  switch (dot.mark) {
    case Dot::Mark::retry: return PersonShape::retry;
    case Dot::Mark::hedge: return PersonShape::hedge;
    case Dot::Mark::mirror: return PersonShape::mirror;
    case Dot::Mark::first: break;
  }
  return PersonShape::first;
}

// Where a customer stands in shops, waiting for calls to others.
struct Standing {
  std::uint64_t customer = 0;
  std::uint32_t service = 0, locality = 0;
  auto key() const { return std::pair(customer, service); }
};

std::vector<Standing> standingIn(const models::Snapshot& s) {
  std::vector<Standing> found;
  for (const Dot& dot : s.dots) {
    const bool stands = dot.place == Dot::Place::waiting_for_others || dot.place == Dot::Place::at_counter;
    if (!stands || dot.endpoint >= s.endpoints.size()) continue;
    found.push_back({dot.customer, s.endpoints[dot.endpoint].service, s.endpoints[dot.endpoint].locality});
  }
  std::stable_sort(found.begin(), found.end(), [](const Standing& a, const Standing& b) { return a.key() < b.key(); });
  return found;
}

std::uint32_t floorOfCaller(const std::vector<Standing>& standing, const Dot& dot, const models::FloorPlan& floor) {
  if (dot.edge >= floor.edges.size() || floor.edges[dot.edge].from_traffic) return models::kNoIndex;
  const auto wanted = std::pair(dot.customer, floor.edges[dot.edge].from);
  const auto found = std::lower_bound(standing.begin(), standing.end(), wanted, [](const Standing& one, const auto& key) { return one.key() < key; });
  return found != standing.end() && found->key() == wanted ? found->locality : models::kNoIndex;
}

// The n-th of a crowd that stands beside the end of a corridor: five abreast, at most eight rows (no lower than a shop reaches), the others behind the last.
QPointF inCrowd(std::uint32_t n, double side) {
  const std::uint32_t row = std::min(n / 5, 7U);
  return {side * (6.0 + 8.0 * (n % 5)), 8.0 + 8.0 * row};
}

}  // namespace

Crowd crowdOf(const models::Snapshot& s, const FloorMap& map, const std::vector<const CorridorPath*>& ways) {
  Crowd crowd;
  crowd.people.reserve(s.dots.size());
  crowd.walkers.resize(ways.size(), 0);
  const std::vector<Standing> standing = s.floor->localities.size() > 1 ? standingIn(s) : std::vector<Standing>();
  std::vector<std::uint32_t> at_caller(ways.size(), 0), at_door(ways.size(), 0);
  for (const Dot& dot : s.dots) {
    const std::uint32_t floor = dot.endpoint < s.endpoints.size() ? s.endpoints[dot.endpoint].locality : models::kNoIndex;
    const std::uint32_t corridor = map.corridor(dot.edge, floorOfCaller(standing, dot, *s.floor), floor);
    if (corridor >= ways.size()) continue;
    const CorridorPath& way = *ways[corridor];
    Person person;
    person.shape = shapeOf(dot);
    person.left_alone = dot.caller_left;
    person.customer = dot.customer;
    switch (dot.place) {
      case Dot::Place::on_the_way:
        person.place = way.at(static_cast<double>(dot.progress), 5);
        person.walking = true;
        break;
      case Dot::Place::on_the_way_back:
        person.place = way.at(1 - static_cast<double>(dot.progress), -5);
        person.back = person.walking = true;
        break;
      case Dot::Place::at_caller: person.place = way.at(0) + inCrowd(at_caller[corridor]++, 1); break;
      case Dot::Place::at_door: person.place = way.at(1) + inCrowd(at_door[corridor]++, -1); break;
      case Dot::Place::in_queue:
      case Dot::Place::at_counter:
      case Dot::Place::waiting_for_others: continue;
    }
    ++crowd.walkers[corridor];
    crowd.people.push_back(person);
  }
  return crowd;
}

}  // namespace meshmall::gui
