// The tiles' numbers from a snapshot: goodput, p50, p99, errors, retry amplification, SLOs. Of customers measured so far, as the result at the end counts them;
// the sparkline has every interval, warm-up included. A percentile without enough samples is a dash with the count that is missing.
// One run has no interval: the last tile says so. Differences to a baseline are those of two single runs.
#pragma once

#include <vector>

#include "gui/charts/kpi_tile.h"
#include "gui/theme/vocabulary.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

inline constexpr std::size_t kKpis = 6;

// `baseline` may be null. Always kKpis values.
std::vector<KpiValue> kpiValues(const models::Snapshot& snapshot, const models::Snapshot* baseline, Vocabulary vocabulary);

}  // namespace meshmall::gui
