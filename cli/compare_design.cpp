#include "cli/compare_design.h"

#include <algorithm>

#include "engine/experiment/replication_plan.h"

namespace meshmall::cli {

std::uint64_t CompareDesign::next(std::uint64_t now) const {
  if (kind == Kind::precision) return now >= most ? now : engine::nextStep({first, most, half_width}, now);
  const auto later = std::upper_bound(looks.begin(), looks.end(), now);
  return later == looks.end() ? now : *later;
}

CompareDesign fixedDesign(std::uint64_t replications) { return {CompareDesign::Kind::fixed, replications, replications, 0, {}}; }

CompareDesign precisionDesign(double half_width, std::uint64_t most) {
  return {CompareDesign::Kind::precision, std::min(kFirstOfPrecision, most), most, half_width, {}};
}

CompareDesign adaptiveDesign(std::uint64_t most) {
  CompareDesign design{CompareDesign::Kind::adaptive, 0, most, 0, {}};
  for (std::uint64_t look : {10, 20, 40, 80})
    if (look < most) design.looks.push_back(look);
  design.looks.push_back(most);
  design.first = design.looks.front();
  return design;
}

bool preciseEnough(const engine::SampleTable& table, const std::vector<models::GateRule>& rules, const models::ScopeNames& names, double half_width) {
  for (const models::GateRule& rule : rules) {
    for (const std::string& scope : models::scopesOf(rule.expression, names)) {
      for (const models::ExpressionNode& node : rule.expression.nodes) {
        if (node.kind != models::ExpressionNode::Kind::comparison) continue;
        const auto column = table.column(scope, models::info(node.metric).name);
        if (!column) continue;
        for (const engine::SampleGroup& group : table.groups) {
          std::vector<std::optional<double>> values;
          for (const engine::SampleRow& row : group.rows) values.push_back(row.values[*column]);
          if (std::find(values.begin(), values.end(), std::nullopt) != values.end()) continue;
          if (!engine::preciseEnough(values, half_width)) return false;
        }
      }
    }
  }
  return true;
}

}  // namespace meshmall::cli
