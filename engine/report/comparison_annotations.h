// A comparison as workflow commands of GitHub Actions, to be printed on stdout there: an error for each rule that fails, a warning for what is broken, waived, without
// data or inconclusive; worst first, at most ten of each, as that host shows no more of a step; then a notice with the headline, which says how many there are.
// Where the candidate's file is known they stand at the first line in which it differs from the baseline. Informational: warnings in place of errors.
// Source: GitHub's documentation of workflow commands.
#pragma once

#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

std::string comparisonAnnotations(const ComparisonReport& report);

}  // namespace meshmall::engine
