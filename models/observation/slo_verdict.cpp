#include "models/observation/slo_verdict.h"

#include <optional>
#include <vector>

#include "models/observation/expression.h"

namespace meshmall::models {

namespace {

bool compare(double value, Comparison op, double limit) {
  switch (op) {
    case Comparison::less:
      return value < limit;
    case Comparison::less_equal:
      return value <= limit;
    case Comparison::greater:
      return value > limit;
    case Comparison::greater_equal:
      return value >= limit;
    case Comparison::equal:
      return value == limit;
    case Comparison::not_equal:
      return value != limit;
  }
  return false;
}

}  // namespace

SloVerdict judgeSlo(std::string_view text, const Result& result) {
  SloVerdict verdict;
  verdict.expr = std::string(text);
  const auto parsed = parseExpression(text);
  const auto* e = std::get_if<Expression>(&parsed);
  if (e == nullptr) return verdict;
  verdict.fatal = e->severity == Severity::fail;
  std::vector<bool> holds(e->nodes.size());
  std::optional<double> first, first_failing;
  bool any = false, failing = false;
  for (std::size_t i = 0; i < e->nodes.size(); ++i) {  // a node stands after those it joins; comparisons in the order of the text
    const ExpressionNode& node = e->nodes[i];
    if (node.kind == ExpressionNode::Kind::conjunction) {
      holds[i] = holds[node.left] && holds[node.right];
    } else if (node.kind == ExpressionNode::Kind::disjunction) {
      holds[i] = holds[node.left] || holds[node.right];
    } else {
      const std::optional<double> value = result.metric(node.metric, e->scope, e->scope_name);
      holds[i] = node.term == TermKind::value && value && compare(*value, node.op, node.limit);
      if (!any) first = value;
      if (!holds[i] && !failing) first_failing = value;
      any = true;
      failing = failing || !holds[i];
    }
  }
  verdict.holds = holds[e->root];
  verdict.value = verdict.holds ? first : first_failing;
  return verdict;
}

}  // namespace meshmall::models
