// A result as an engineer wants to read it: headline figures with their uncertainty, services, failures, what happened when, SLOs with their verdict.
// A quantile with fewer than 100 samples beyond it is marked `?`. Aligned, without colours unless the palette has some.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "models/observation/result.h"
#include "models/scenario/traced.h"

namespace meshmall::cli {

struct ReportOptions {
  bool all_decisions = false;  // else the first 20
  std::string warmup_note;     // how the warm-up was found, when it was
  std::optional<models::TracedFigures> traced;  // what the scenario was made from
  double traced_hop_ms = 0;                     // of the customers' own hop there and back, which traced requests lack; in the mean
  double planned_end = 0;      // seconds since the start, for an interrupted run
};

// What an SLO's metric is, in its unit: "is 312 ms", "has no sample".
std::string sloValueText(const models::SloVerdict& slo);

std::string resultText(const models::Result& result, const ReportOptions& options, const Palette& palette);

}  // namespace meshmall::cli
