// What the staff at a shop's doors are doing now, summed over its sidecars on one floor: each note is an icon, a number and a sentence. Only what is so is told.
// Two staffs stand at a door: those inside let customers in (guards, limits), those who go out choose lines, retry and keep away from counters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gui/floor/health.h"
#include "gui/theme/vocabulary.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

struct StaffNote {
  const char* icon = "";
  std::string count;  // short, may be empty
  std::string words;  // what the number counts, where there is room; may be empty
  std::string tip;
  Health level = Health::good;  // how it is tinted: good is neutral
};

// Of the sidecars of a service on a floor. In order of urgency.
std::vector<StaffNote> staffNotes(const models::Snapshot& snapshot, std::uint32_t service, std::uint32_t locality, Vocabulary vocabulary);
// Of the gateway and those who call without belonging to a service.
std::vector<StaffNote> entranceNotes(const models::Snapshot& snapshot, Vocabulary vocabulary);

}  // namespace meshmall::gui
