// How well the mean of a group's replications is known: Student's interval of their values. Limiting case: a ratio of counts that was 0 or 1 in every replication
// has Clopper and Pearson's interval of all counts together, because "100 % +- 0" would promise what no data can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/experiment/sample_table.h"
#include "engine/statistics/confidence.h"

namespace meshmall::models {

// Of the values that are there; nothing where there are fewer than 2 (of such a ratio: none). `level` two-sided.
std::optional<engine::Interval> meanInterval(const engine::SampleTable& table, std::size_t group, std::size_t column, double level);

}  // namespace meshmall::models
