#include "models/study/gate_rules.h"

#include <algorithm>

#include "models/observation/json_writer.h"

namespace meshmall::models {
namespace {

Problem problemAt(const std::string& where, std::string message, std::string hint = {}) {
  return {where, 0, 0, "", std::move(message), std::move(hint), Problem::Severity::error, 0};
}

bool isChange(const ExpressionNode& node) { return node.kind == ExpressionNode::Kind::comparison && node.term != TermKind::value; }

// A share that cannot be exceeded, or one below which nothing is left.
std::optional<std::string> impossibleMargin(const Expression& expression) {
  for (const ExpressionNode& node : expression.nodes) {
    if (!isChange(node) || node.limit_kind != LimitKind::relative) continue;
    if (node.term == TermKind::decrease && node.limit >= 1) return "a decrease of 100 % or more can't be exceeded";
    if (node.term == TermKind::increase && node.limit <= -1) return "an increase of -100 % or less has no meaning";
  }
  return std::nullopt;
}

std::string shown(double value) {
  std::string text;
  appendNumber(text, value);
  return text;
}

std::string limitText(const ExpressionNode& node) {
  const MetricUnit unit = info(node.metric).unit;
  // Times 100 and back to the shortest text: 0.07 must not become 7.000000000000001.
  const auto hundredfold = [](double v) {
    const double near = static_cast<double>(static_cast<std::int64_t>(v * 1e11 + (v < 0 ? -0.5 : 0.5))) / 1e9;
    return shown(v < 1e6 && v > -1e6 ? near : v * 100);
  };
  if (node.limit_kind == LimitKind::relative) return hundredfold(node.limit) + "%";
  if (node.limit_kind == LimitKind::points) return hundredfold(node.limit) + "pp";
  switch (unit) {
    case MetricUnit::milliseconds:
      return shown(node.limit) + "ms";
    case MetricUnit::per_second:
      return shown(node.limit) + "/s";
    case MetricUnit::ratio:
      return hundredfold(node.limit) + "%";
    default:
      return shown(node.limit);
  }
}

}  // namespace

std::string textOf(const ExpressionNode& node) {
  constexpr std::string_view kOperators[] = {"<", "<=", ">", ">=", "==", "!="};
  std::string text(info(node.metric).name);
  if (node.term != TermKind::value) text = (node.term == TermKind::increase ? "increase(" : "decrease(") + text + ")";
  return text + " " + std::string(kOperators[static_cast<std::size_t>(node.op)]) + " " + limitText(node);
}

std::optional<GateRule> parseGateRule(const std::string& text, const std::string& source, const std::string& at, std::vector<Problem>& problems) {
  auto parsed = parseExpression(text);
  if (const auto* wrong = std::get_if<ExpressionProblem>(&parsed)) {
    problems.push_back(problemAt(at + ": " + inQuotes(text) + " column " + std::to_string(wrong->column), wrong->message, wrong->hint));
    return std::nullopt;
  }
  GateRule rule{std::move(std::get<Expression>(parsed)), source, std::nullopt, ""};
  if (const auto impossible = impossibleMargin(rule.expression)) {
    problems.push_back(problemAt(at + ": " + inQuotes(text), *impossible));
    return std::nullopt;
  }
  return rule;
}

std::vector<GateRule> defaultRules() {
  std::vector<GateRule> rules;
  for (const char* text : {"increase(latency.p50) <= 5%", "increase(latency.p99) <= 5%", "decrease(success.rate) <= 0.1pp", "decrease(throughput) <= 2%"})
    rules.push_back({std::get<Expression>(parseExpression(text)), "default", std::nullopt, ""});
  return rules;
}

void changeMargin(std::vector<GateRule>& rules, const MarginChange& change, std::vector<Problem>& problems) {
  const std::string where = "margin " + inQuotes(change.metric + "=" + change.text);
  const auto metric = findMetric(change.metric);
  if (!metric) {
    problems.push_back(problemAt(where, "unknown metric " + inQuotes(change.metric), "did you mean '" + std::string(nearestMetric(change.metric)) + "'?"));
    return;
  }
  // Read by the grammar of expressions, so that units mean the same.
  const auto parsed = parseExpression("increase(" + change.metric + ") <= " + change.text);
  const auto parsed_for_service = parseExpression("increase(" + change.metric + ") <= " + change.text + " for service=*");
  const Expression* margin = std::get_if<Expression>(&parsed);
  if (margin == nullptr) margin = std::get_if<Expression>(&parsed_for_service);
  if (margin == nullptr || margin->nodes.size() != 1) {
    const auto& wrong = std::get<ExpressionProblem>(parsed);
    problems.push_back(problemAt(where, wrong.message, wrong.hint));
    return;
  }
  bool found = false;
  for (GateRule& rule : rules) {
    bool changed = false;
    for (ExpressionNode& node : rule.expression.nodes) {
      if (!isChange(node) || node.metric != *metric) continue;
      node.limit = margin->nodes[0].limit;
      node.limit_kind = margin->nodes[0].limit_kind;
      changed = true;
    }
    if (!changed) continue;
    found = true;
    // What the report shows is what is tested.
    if (rule.expression.nodes.size() == 1) {
      Expression& e = rule.expression;
      e.text = (e.severity == Severity::warn ? "warn: " : e.severity == Severity::info ? "info: " : "") + textOf(e.nodes[0]) +
               (e.scope == ScopeKind::mall ? "" : " for " + std::string(name(e.scope)) + "=" + e.scope_name);
    } else {
      rule.expression.text += " [margin " + change.metric + "=" + change.text + "]";
    }
    if (const auto impossible = impossibleMargin(rule.expression)) problems.push_back(problemAt(where, *impossible));
  }
  if (!found) problems.push_back(problemAt(where, "no rule compares " + inQuotes(change.metric), "add it: --fail-on \"increase(" + change.metric + ") <= " + change.text + "\""));
}

std::optional<std::string> unknownScope(const Expression& expression, const ScopeNames& names) {
  if (expression.scope == ScopeKind::mall || expression.scope_name == "*") return std::nullopt;
  const std::vector<std::string>& known = expression.scope == ScopeKind::service ? names.services : names.traffic;
  if (std::find(known.begin(), known.end(), expression.scope_name) != known.end()) return std::nullopt;
  std::string message = "unknown " + std::string(name(expression.scope)) + " " + inQuotes(expression.scope_name);
  for (std::size_t i = 0; i < known.size() && i < 8; ++i) message += (i == 0 ? "; there is " : ", ") + known[i];
  return message + (known.size() > 8 ? ", ..." : "");
}

std::vector<std::string> scopesOf(const Expression& expression, const ScopeNames& names) {
  if (expression.scope == ScopeKind::mall) return {"mall"};
  const std::vector<std::string>& known = expression.scope == ScopeKind::service ? names.services : names.traffic;
  std::vector<std::string> scopes;
  for (const std::string& each : known)
    if (expression.scope_name == "*" || expression.scope_name == each) scopes.push_back(std::string(name(expression.scope)) + "=" + each);
  return scopes;
}

}  // namespace meshmall::models
