// Which boxes and corridors the picture of a mall has, and where they stand: an entrance for each traffic entry, and for each service a shop on every floor
// (locality) where it has endpoints. Customers of an edge walk from the caller's shop to the callee's, on the same floor or by the stairs.
// Limiting case: a service without endpoints yet stands on the first floor, empty.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gui/floor/layered_layout.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

struct FloorBox {
  bool entrance = false;
  std::uint32_t subject = 0;   // service, or traffic entry
  std::uint32_t locality = 0;  // of a shop
  std::string name;
  double x = 0, y = 0, width = 0, height = 0;  // centre and size
};

struct FloorCorridor {
  std::uint32_t edge = 0;
  std::uint32_t from = 0, to = 0;  // boxes
  bool stairs = false;             // from one floor to another although there is a way on the same floor: shown only while someone walks there
};

struct FloorMap {
  std::vector<FloorBox> boxes;
  std::vector<FloorCorridor> corridors;
  std::vector<LayoutBand> bands;  // by locality
  double width = 0, height = 0;
  std::size_t lanes = 5;

  // What all names of services begin and end with, up to a "-": left out where there is little room. Of three services or more, and never a whole name.
  std::size_t common_prefix = 0, common_suffix = 0;
  std::string shortName(const std::string& name) const { return name.substr(common_prefix, name.size() - common_prefix - common_suffix); }

  // The shop of a service on a floor, or its first one, or models::kNoIndex.
  std::uint32_t shop(std::uint32_t service, std::uint32_t locality) const;
  // The corridor of an edge from one floor (kNoIndex: not known, then the same floor where there is a way) to another; nothing fits: its first one, or
  // models::kNoIndex. O(corridors of the edge).
  std::uint32_t corridor(std::uint32_t edge, std::uint32_t from_locality, std::uint32_t to_locality) const;

  std::vector<std::vector<std::uint32_t>> shops_of;      // by service: boxes
  std::vector<std::vector<std::uint32_t>> corridors_of;  // by edge
};

// Heights follow from the endpoints of the snapshot (see shopHeight).
FloorMap floorMapOf(const models::Snapshot& snapshot);

// What a map depends on: another value asks for another map. The floors that each service has endpoints on.
std::vector<std::pair<std::uint32_t, std::uint32_t>> standsOf(const models::Snapshot& snapshot);

// A shop with up to FloorMap::lanes counters shows each with its line; more are a grid of cells. That is kManyLanes where the whole floor still fits into the room that a
// window of usual size has for it (kRoom) at kReadable or larger, else kLanes.
inline constexpr std::size_t kLanes = 5, kManyLanes = 12;
inline constexpr double kShopWidth = 212, kEntranceWidth = 172, kEntranceHeight = 70, kLaneHeight = 17, kShopHead = 26, kShopFoot = 28, kSharesHeight = 15;
// `versions`: with several of them the shop has a bar of their shares.
double shopHeight(std::size_t endpoints, std::size_t versions, std::size_t lanes = kLanes);
inline constexpr double kRoomWidth = 960, kRoomHeight = 320, kReadable = 0.8;  // pixels; a lane is 8 pixels at about half size

}  // namespace meshmall::gui
