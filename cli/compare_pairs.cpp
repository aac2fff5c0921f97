#include "cli/compare_pairs.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <utility>

#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

// "bakery" of the scope "service=bakery"; nothing for parts of it and other kinds.
std::optional<std::string> nameIn(const std::string& scope, const std::string& kind) {
  if (scope.rfind(kind + "=", 0) != 0 || scope.find(" version=") != std::string::npos || scope.find(" operation=") != std::string::npos) return std::nullopt;
  return scope.substr(kind.size() + 1);
}

void addNames(models::ScopeNames& names, const engine::SampleTable& table, std::uint32_t group) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.groups[group].absent[c]) continue;
    if (const auto service = nameIn(table.columns[c].scope, "service")) names.services.push_back(*service);
    if (const auto traffic = nameIn(table.columns[c].scope, "traffic")) names.traffic.push_back(*traffic);
  }
}

void addNames(models::ScopeNames& names, const models::Scenario& scenario) {
  for (const models::Service& service : scenario.services) names.services.push_back(service.name);
  for (const models::Traffic& traffic : scenario.traffic) names.traffic.push_back(traffic.name);
}

models::ScopeNames tidy(models::ScopeNames names) {
  for (std::vector<std::string>* list : {&names.services, &names.traffic}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  return names;
}

ComparePairs refused(std::string trouble, ExitCode code = ExitCode::wrong_input) {
  ComparePairs none;
  none.trouble = std::move(trouble);
  none.code = code;
  return none;
}

}  // namespace

ComparePairs pairUp(const CompareInput& baseline, const CompareInput& candidate, const CompareOptions& options) {
  const std::string both = models::inQuotes(options.baseline) + " and " + models::inQuotes(options.candidate);
  if (baseline.results.has_value() != candidate.results.has_value()) return refused("one of " + both + " holds results and the other scenarios");
  if (baseline.many != candidate.many) return refused("one of " + both + " is a single thing to compare, the other several");
  if (baseline.results && (options.replications || options.independent_seeds || options.precision || options.adaptive || options.seed_epoch > 0))
    return refused("--replications, --precision, --adaptive, --seed-epoch and --independent-seeds are for scenarios; results are as they were made");
  std::map<std::string, ComparePair> by_key;
  const auto at = [&](const std::string& key) -> ComparePair& { return by_key[baseline.many ? key : ""]; };
  for (const ComparedScenario& scenario : baseline.scenarios) at(scenario.key).baseline = &scenario;
  for (const ComparedScenario& scenario : candidate.scenarios) at(scenario.key).candidate = &scenario;
  for (const ComparedGroup& group : baseline.groups) at(group.key).baseline_group = group.group;
  for (const ComparedGroup& group : candidate.groups) at(group.key).candidate_group = group.group;
  ComparePairs made;
  for (auto& [key, pair] : by_key) {
    pair.key = key;
    made.pairs.push_back(std::move(pair));
  }
  const bool common = std::any_of(made.pairs.begin(), made.pairs.end(), [](const ComparePair& p) { return !p.isNew() && !p.isDeleted(); });
  return baseline.results && !common ? refused(both + " have no variant and sweep point in common", ExitCode::no_baseline) : made;
}

std::optional<std::string> keepOnly(std::vector<ComparePair>& pairs, const std::vector<std::string>& globs, const CompareInput& candidate) {
  std::string there;
  for (std::size_t i = 0; i < pairs.size() && i < 8; ++i) there += (i > 0 ? ", " : "") + nameOf(pairs[i], candidate);
  if (pairs.size() > 8) there += ", ...";
  const auto matches = [&](const ComparePair& pair) {
    const std::string name = nameOf(pair, candidate);
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; });
  };
  std::erase_if(pairs, [&](const ComparePair& pair) { return !matches(pair); });
  if (!pairs.empty()) return std::nullopt;
  return "--only: no scenario matches; there is " + models::printable(there, 400);
}

std::string nameOf(const ComparePair& pair, const CompareInput& candidate) {
  if (!pair.key.empty()) return pair.key;
  if (pair.candidate != nullptr) return pair.candidate->scenario.name;
  return candidate.results->table.groups[*pair.candidate_group].variant;
}

models::ScopeNames namesOf(const models::Scenario& baseline, const models::Scenario& candidate) {
  models::ScopeNames names;
  addNames(names, baseline);
  addNames(names, candidate);
  return tidy(std::move(names));
}

models::ScopeNames namesOf(const engine::SampleTable& baseline, std::uint32_t baseline_group, const engine::SampleTable& candidate, std::uint32_t candidate_group) {
  models::ScopeNames names;
  addNames(names, baseline, baseline_group);
  addNames(names, candidate, candidate_group);
  return tidy(std::move(names));
}

models::ScopeNames namesOf(const std::vector<ComparePair>& pairs, const CompareInput& baseline, const CompareInput& candidate) {
  models::ScopeNames all;
  for (const ComparePair& pair : pairs) {
    for (const ComparedScenario* side : {pair.baseline, pair.candidate})
      if (side != nullptr) addNames(all, side->scenario);
    if (pair.baseline_group) addNames(all, baseline.results->table, *pair.baseline_group);
    if (pair.candidate_group) addNames(all, candidate.results->table, *pair.candidate_group);
  }
  return tidy(std::move(all));
}

}  // namespace meshmall::cli
