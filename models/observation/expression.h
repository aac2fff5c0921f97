// SLOs and gates as text: `[fail:|warn:|info:] EXPR [for service=NAME|traffic=NAME]`, where EXPR compares a metric (metrics.h), or `increase(metric)` /
// `decrease(metric)` of a candidate against its baseline, with a number and unit; `and` binds tighter than `or`; parentheses.
// Units: ns us ms s m h for times (required), % for ratios (or a number 0..1), /s /m /h for rates (or a number per second), none for counts and factors.
// A change is compared with %, with pp where the metric is a ratio, or with the metric's own unit. == and != compare counts only.
// Source: the result format; the grammar is that of the project's statistics notes, without the aggregates that k6 writes in parentheses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/observation/metrics.h"

namespace meshmall::models {

struct ExpressionProblem {
  std::uint32_t column = 1;  // of the text, from 1, in bytes
  std::string message;       // e.g. "unknown metric 'latency.p9'"
  std::string hint;          // e.g. "did you mean 'latency.p90'?"; may be empty
};

enum class Severity : std::uint8_t { fail, warn, info };
enum class Comparison : std::uint8_t { less, less_equal, greater, greater_equal, equal, not_equal };
enum class TermKind : std::uint8_t { value, increase, decrease };
enum class LimitKind : std::uint8_t {
  absolute,
  relative,
  points
};  // in the metric's own unit; of the baseline (0.05 is 5 %); percentage points (0.001 is 0.1pp)

struct ExpressionNode {
  enum class Kind : std::uint8_t { comparison, conjunction, disjunction } kind = Kind::comparison;
  std::uint32_t left = 0, right = 0;  // nodes; conjunction, disjunction
  TermKind term = TermKind::value;    // comparison: metric OP limit
  Metric metric{};
  Comparison op = Comparison::less;
  double limit = 0;
  LimitKind limit_kind = LimitKind::absolute;
  std::uint32_t column = 1;  // of the metric
};

struct Expression {
  std::string text;
  Severity severity = Severity::fail;
  std::vector<ExpressionNode> nodes;
  std::uint32_t root = 0;
  ScopeKind scope = ScopeKind::mall;  // mall, service or traffic
  std::string scope_name;
  std::uint32_t scope_column = 1;
};

// Checks grammar, metrics, units, and that each metric is measured for the scope; not whether the scope's name exists. Nesting is limited to 64.
std::variant<Expression, ExpressionProblem> parseExpression(std::string_view text);

// For a scenario's SLO: also that the scope's name exists, and that no change against a baseline is asked for. Nothing: it is fine.
std::optional<ExpressionProblem> checkSlo(std::string_view text, const std::vector<std::string>& services, const std::vector<std::string>& traffics);

}  // namespace meshmall::models
