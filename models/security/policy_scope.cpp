#include "models/security/policy_scope.h"

#include <algorithm>

namespace meshmall::models {

bool selects(const Labels& selector, const Labels& labels) {
  return std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) { return std::find(labels.begin(), labels.end(), wanted) != labels.end(); });
}

bool appliesTo(const PolicyScope& scope, const SecuredWorkload& workload, const std::string& root_namespace) {
  if (scope.ns != root_namespace && scope.ns != workload.ns) return false;
  return selects(scope.selector, workload.labels);
}

}  // namespace meshmall::models
