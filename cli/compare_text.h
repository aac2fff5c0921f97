// A comparison report for people at a terminal: one line a rule, then why. Everything it says is in the report value; nothing is computed here.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "engine/report/comparison_report.h"

namespace meshmall::cli {

std::string comparisonText(const engine::ComparisonReport& report, const Palette& palette);

}  // namespace meshmall::cli
