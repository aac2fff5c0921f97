// What a shop's picture shows, gathered from a snapshot once a frame, so that painting looks nothing up.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gui/floor/floor_map.h"
#include "gui/floor/health.h"
#include "gui/floor/staff_notes.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

struct CounterView {
  std::string name;
  models::EndpointState::State state = models::EndpointState::State::up;
  std::uint32_t workers = 1, held = 0, waiting = 0, ejected_by = 0, known_to = 0;
  bool listed = true, hurt = false;  // hurt: an event slows it or makes it fail
  std::uint32_t on_old_maps = 0, not_on_maps = 0;  // proxies that are wrong about it
  bool wrong_signs = false;          // it is down, and discovery still sends people there
  bool newer = false;                // belongs to the version on trial
  bool followed = false;             // the customer who is followed is here
};

struct ShopView {
  std::uint32_t service = 0, locality = 0;
  std::string name, short_name;  // the short one without what all names share
  std::size_t lanes = kLanes;    // up to so many counters are drawn as rows
  bool sidecar = true;
  Health health = Health::quiet;
  std::string why;
  std::vector<CounterView> counters;
  std::uint32_t waiting = 0, held = 0, workers = 0;  // of this floor
  double rate = 0, failed_share = 0;                 // of the service, on all floors
  bool one_of_several = false;                       // the service has shops on other floors too
  std::vector<StaffNote> staff;
  std::string rollout;                               // "Progressing, v2 10 %"; empty: none
  std::vector<std::pair<std::string, double>> shares;  // of versions, when there are several: name, 0..1 of the tries in the last interval
  std::string scaling;                               // "3 → 5"; empty: nothing changes
};

// One for each box of the map that is a shop; entrances stay empty. `followed`: the number of a customer, 0: nobody.
std::vector<ShopView> shopViews(const models::Snapshot& snapshot, const FloorMap& map, const HealthRules& rules, Vocabulary vocabulary, std::uint64_t followed);

}  // namespace meshmall::gui
