// A comparison as CSV (RFC 4180, a line of headings): one value a line, so that anybody can test again: each value that a question of a rule rests on, by replication
// and side, beside what became of the rule. A question without values (NO-DATA) has one line with none, so no rule is missing.
// result: the rule's standing ("fails", "fine", ...); verdict: the question's own. Values in `unit`, shortest form that reads back the same.
#pragma once

#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

std::string comparisonCsv(const ComparisonReport& report);

}  // namespace meshmall::engine
