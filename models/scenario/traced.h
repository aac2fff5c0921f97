// What distributed traces say of the customers' time, for a scenario that was made from them (`meshmall import traces`): a run of it is told beside these figures.
// Nothing in a mall reads them. Each figure has the limits within which the traces themselves know it (a bootstrap over their requests); without limits it stands alone.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct TracedFigure {
  engine::Duration value;
  std::optional<engine::Duration> low, high;  // both or neither; low <= high
};

struct TracedFigures {
  std::uint64_t requests = 0;  // of customers
  std::optional<TracedFigure> mean, p50, p90, p95, p99;
};

}  // namespace meshmall::models
