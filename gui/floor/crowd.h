// Where each customer of a snapshot stands in the picture: in the corridor by progress (there on one side, back on the other), in a crowd before a door,
// or beside the caller who has not sent it yet. Those at a counter or in its line are drawn by the shop and are not here.
#pragma once

#include <vector>

#include "gui/floor/corridor_path.h"
#include "gui/floor/customers_item.h"
#include "gui/floor/floor_map.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

struct Crowd {
  std::vector<Person> people;
  std::vector<std::uint32_t> walkers;  // by corridor: customers in it or at its ends
};

// `ways`: as map.corridors. Which floor a call comes from is told by where its customer waits for it. O(dots log dots).
Crowd crowdOf(const models::Snapshot& snapshot, const FloorMap& map, const std::vector<const CorridorPath*>& ways);

}  // namespace meshmall::gui
