// Which charts there are, and which curves of a run stand on each. The order is that on the board.
#pragma once

#include <QString>
#include <vector>

#include "gui/charts/curve.h"
#include "gui/session/run_bands.h"
#include "gui/theme/vocabulary.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

enum class ChartKind { throughput, latency, load, actions, lines };
inline constexpr ChartKind kChartKinds[] = {ChartKind::throughput, ChartKind::latency, ChartKind::load, ChartKind::actions, ChartKind::lines};

ChartStyle chartStyle(ChartKind kind, Vocabulary vocabulary);

// The curves of the whole mall, or where the chart can (throughput, load) those of one service. `lines`: the services with the longest queues at their peak,
// at most five, longest first.
std::vector<Curve> curvesOf(ChartKind kind, const models::FloorPlan& floor, const models::FloorSeries& series, std::uint32_t service, Vocabulary vocabulary);

// The bands of those of the whole mall's curves that have one: throughput and latency.
std::vector<CurveBand> bandsOf(ChartKind kind, const std::vector<Curve>& curves, const RunBands& bands);

}  // namespace meshmall::gui
