#include "gui/floor/health.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <variant>

#include "models/observation/expression.h"

namespace meshmall::gui {
namespace {

using models::Comparison;
using models::Expression;
using models::ExpressionNode;
using models::ScopeKind;
using models::ServiceState;

std::string rounded(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 3);
  return {text.data(), end.ptr};
}

bool upperBound(Comparison op) { return op == Comparison::less || op == Comparison::less_equal; }
bool lowerBound(Comparison op) { return op == Comparison::greater || op == Comparison::greater_equal; }

void readErrors(const ExpressionNode& node, HealthRules& rules) {
  if (node.kind != ExpressionNode::Kind::comparison || node.term != models::TermKind::value) return;
  const std::string_view metric = models::info(node.metric).name;
  if (metric != "success.rate" || !lowerBound(node.op)) return;
  const double allowed = 1 - node.limit;
  if (allowed < 0) return;
  rules.bad_errors = rules.errors_from_slo ? std::min(rules.bad_errors, allowed) : allowed;
  rules.warning_errors = rules.bad_errors / 2;
  rules.errors_from_slo = true;
}

void readLatency(const ExpressionNode& node, std::optional<double>& worst) {
  if (node.kind != ExpressionNode::Kind::comparison || node.term != models::TermKind::value || !upperBound(node.op)) return;
  if (models::info(node.metric).name != "latency.p99") return;
  const double ms = node.limit;
  worst = worst ? std::min(*worst, ms) : ms;
}

// Nobody of those who should be there is at work.
bool closed(const ServiceState& s) { return s.up == 0 && (s.replicas > 0 || s.waiting > 0); }
bool tooSlow(const ServiceState& s, std::uint32_t index, const HealthRules& rules) {
  return s.p99 && index < rules.worst_p99.size() && rules.worst_p99[index] && *s.p99 > *rules.worst_p99[index];
}
bool longLine(const ServiceState& s) { return s.waiting > 0 && s.waiting > s.workers; }

Health ofErrors(double share, const HealthRules& rules) {
  if (share > rules.bad_errors) return Health::bad;
  return share > rules.warning_errors ? Health::warning : Health::good;
}

}  // namespace

HealthRules healthRulesOf(const models::FloorPlan& floor) {
  HealthRules rules;
  rules.worst_p99.resize(floor.services.size());
  for (const std::string& text : floor.slos) {
    const auto parsed = models::parseExpression(text);
    const Expression* expression = std::get_if<Expression>(&parsed);
    if (expression == nullptr) continue;
    if (expression->scope == ScopeKind::mall) {
      for (const ExpressionNode& node : expression->nodes) readErrors(node, rules);
    } else if (expression->scope == ScopeKind::service) {
      for (std::size_t i = 0; i < floor.services.size(); ++i) {
        if (floor.services[i].name != expression->scope_name) continue;
        for (const ExpressionNode& node : expression->nodes) readLatency(node, rules.worst_p99[i]);
      }
    }
  }
  return rules;
}

Health healthOf(const ServiceState& s, std::uint32_t index, const HealthRules& rules) {
  if (closed(s)) return Health::bad;
  if (s.answers_per_second <= 0 && s.waiting == 0 && s.requests == 0) return Health::quiet;
  Health health = ofErrors(s.failed_share, rules);
  if (health < Health::warning && (longLine(s) || tooSlow(s, index, rules))) health = Health::warning;
  return health;
}

Health healthOf(const models::EdgeState& edge, const HealthRules& rules) {
  if (edge.calls_per_second <= 0 && edge.calls == 0) return Health::quiet;
  return ofErrors(edge.failed_share, rules);
}

std::string whyOf(const ServiceState& s, std::uint32_t index, const HealthRules& rules) {
  if (closed(s)) return "nobody is at work";
  std::string why;
  const auto add = [&why](const std::string& text) { why += (why.empty() ? "" : "; ") + text; };
  if (s.failed_share > rules.warning_errors) add(rounded(s.failed_share * 100) + " % of calls fail");
  if (longLine(s)) add("more wait than there are workers");
  if (tooSlow(s, index, rules)) add("p99 " + rounded(*s.p99) + " ms is above its SLO");
  return why;
}

}  // namespace meshmall::gui
