#include "gui/floor/floor_map.h"

#include <algorithm>
#include <map>

namespace meshmall::gui {
namespace {

// More floors than this have no stairs between them: the pairs of floors would be more than the corridors that matter.
constexpr std::size_t kMostFloorsWithStairs = 4;

using Stand = std::pair<std::uint32_t, std::uint32_t>;  // service, locality

std::map<Stand, std::size_t> endpointsOf(const models::Snapshot& s) {
  std::map<Stand, std::size_t> count;
  for (const models::EndpointState& endpoint : s.endpoints) {
    if (endpoint.there()) ++count[{endpoint.service, endpoint.locality}];
  }
  std::vector<char> some(s.floor->services.size(), 0);
  for (const auto& [stand, number] : count) some[stand.first] = 1;
  for (std::uint32_t service = 0; service < some.size(); ++service) {
    if (some[service] == 0) count[{service, 0}] = 0;
  }
  return count;
}

void addCorridors(FloorMap& map, const models::FloorPlan& floor) {
  map.corridors_of.resize(floor.edges.size());
  for (std::uint32_t index = 0; index < floor.edges.size(); ++index) {
    const models::FloorPlan::Edge& edge = floor.edges[index];
    const auto add = [&](std::uint32_t from, std::uint32_t to, bool stairs) {
      map.corridors_of[index].push_back(static_cast<std::uint32_t>(map.corridors.size()));
      map.corridors.push_back({index, from, to, stairs});
    };
    for (const std::uint32_t to : map.shops_of[edge.to]) {
      // Entrances come first, in the order of the traffic entries.
      const std::uint32_t from = edge.from_traffic ? edge.from : map.shop(edge.from, map.boxes[to].locality);
      if (from == models::kNoIndex) continue;
      add(from, to, false);
      if (edge.from_traffic || floor.localities.size() > kMostFloorsWithStairs) continue;
      for (const std::uint32_t other : map.shops_of[edge.from]) {
        if (other != from) add(other, to, true);
      }
    }
  }
}

}  // namespace

double shopHeight(std::size_t endpoints, std::size_t versions, std::size_t lanes) {
  const std::size_t rows = endpoints <= lanes ? std::max<std::size_t>(1, endpoints) : std::min<std::size_t>(6, (endpoints + 11) / 12) + 1;
  return kShopHead + (versions > 1 ? kSharesHeight : 0) + kShopFoot + static_cast<double>(rows) * kLaneHeight + 6;
}

std::vector<Stand> standsOf(const models::Snapshot& snapshot) {
  std::vector<Stand> stands;
  for (const auto& [stand, number] : endpointsOf(snapshot)) stands.push_back(stand);
  return stands;
}

std::uint32_t FloorMap::shop(std::uint32_t service, std::uint32_t locality) const {
  if (service >= shops_of.size() || shops_of[service].empty()) return models::kNoIndex;
  for (const std::uint32_t box : shops_of[service]) {
    if (boxes[box].locality == locality) return box;
  }
  return shops_of[service].front();
}

std::uint32_t FloorMap::corridor(std::uint32_t edge, std::uint32_t from_locality, std::uint32_t to_locality) const {
  if (edge >= corridors_of.size() || corridors_of[edge].empty()) return models::kNoIndex;
  std::uint32_t found = models::kNoIndex;
  for (const std::uint32_t one : corridors_of[edge]) {
    const FloorCorridor& way = corridors[one];
    if (boxes[way.to].locality != to_locality) continue;
    if (!way.stairs) found = one;
    if (!boxes[way.from].entrance && boxes[way.from].locality == from_locality) return one;
  }
  return found != models::kNoIndex ? found : corridors_of[edge].front();
}

namespace {

// Up to the last "-" that all names share in front, and from the first one that they share behind.
void findCommonParts(FloorMap& map, const models::FloorPlan& floor) {
  if (floor.services.size() < 3) return;
  std::size_t prefix = floor.services.front().name.size(), suffix = prefix, shortest = prefix;
  const std::string& first = floor.services.front().name;
  for (const models::FloorPlan::Service& service : floor.services) {
    const std::string& name = service.name;
    shortest = std::min(shortest, name.size());
    prefix = std::min({prefix, name.size(), static_cast<std::size_t>(std::mismatch(name.begin(), name.end(), first.begin(), first.end()).first - name.begin())});
    suffix = std::min({suffix, name.size(), static_cast<std::size_t>(std::mismatch(name.rbegin(), name.rend(), first.rbegin(), first.rend()).first - name.rbegin())});
  }
  while (prefix > 0 && first[prefix - 1] != '-') --prefix;
  while (suffix > 0 && first[first.size() - suffix] != '-') --suffix;
  if (prefix + suffix >= shortest) suffix = 0;
  if (prefix >= shortest) prefix = 0;
  map.common_prefix = prefix;
  map.common_suffix = suffix;
}

FloorMap floorMapWith(const models::Snapshot& snapshot, std::size_t lanes);

}  // namespace

FloorMap floorMapOf(const models::Snapshot& snapshot) {
  const FloorMap wide = floorMapWith(snapshot, kManyLanes);
  const bool fits = std::min(kRoomWidth / std::max(1.0, wide.width), kRoomHeight / std::max(1.0, wide.height)) >= kReadable;
  return fits ? wide : floorMapWith(snapshot, kLanes);
}

namespace {

FloorMap floorMapWith(const models::Snapshot& snapshot, std::size_t lanes) {
  FloorMap map;
  map.lanes = lanes;
  if (snapshot.floor == nullptr) return map;
  const models::FloorPlan& floor = *snapshot.floor;
  map.shops_of.resize(floor.services.size());
  for (std::uint32_t i = 0; i < floor.traffic.size(); ++i) map.boxes.push_back({true, i, 0, floor.traffic[i], 0, 0, kEntranceWidth, kEntranceHeight});
  for (const auto& [stand, endpoints] : endpointsOf(snapshot)) {
    map.shops_of[stand.first].push_back(static_cast<std::uint32_t>(map.boxes.size()));
    map.boxes.push_back({false, stand.first, stand.second, floor.services[stand.first].name, 0, 0, kShopWidth, shopHeight(endpoints, floor.services[stand.first].versions.size(), lanes)});
  }
  findCommonParts(map, floor);
  addCorridors(map, floor);
  std::vector<LayoutBox> boxes;
  for (const FloorBox& box : map.boxes) boxes.push_back({box.width, box.height, box.locality, box.entrance});
  std::vector<std::pair<std::uint32_t, std::uint32_t>> arrows;
  for (const FloorCorridor& one : map.corridors) {
    if (!one.stairs) arrows.emplace_back(one.from, one.to);
  }
  const Layout layout = layeredLayout(boxes, arrows, static_cast<std::uint32_t>(std::max<std::size_t>(1, floor.localities.size())));
  for (std::size_t i = 0; i < map.boxes.size(); ++i) {
    map.boxes[i].x = layout.places[i].x;
    map.boxes[i].y = layout.places[i].y;
  }
  map.bands = layout.bands;
  map.width = layout.width;
  map.height = layout.height;
  return map;
}

}  // namespace

}  // namespace meshmall::gui
