// When traced customers come and what they ask for first, as a scenario's `traffic`: an entry for each kind of request, with its own rate.
// Gaps between requests keep mean and spread: a renewal process with gamma gaps; Poisson where the spread says so or the requests are few; evenly where they came evenly.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "models/importers/traces/visits.h"

namespace meshmall::models::traces {

struct TracedCustomers {
  double rate = 0;       // of all, a second
  double window_ms = 0;  // from the first to the last
  std::size_t rare = 0;  // kinds of request beyond the most frequent 200, left out
  std::size_t from_within = 0;  // requests that began inside their service: they come by no gateway
  std::string example;          // one such kind
};

// `heads`: the customers' first visits, behind the entrance. `traffic` becomes the list, most frequent first.
TracedCustomers describeCustomers(const Visits& traced, const std::vector<std::uint32_t>& heads, nlohmann::ordered_json& traffic);

}  // namespace meshmall::models::traces
