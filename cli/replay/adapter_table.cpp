#include "cli/replay/adapter_table.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

namespace meshmall::cli {

AdapterTable::AdapterTable(const std::vector<std::vector<CaseAdapter>>& families) {
  for (const std::vector<CaseAdapter>& family : families) adapters_.insert(adapters_.end(), family.begin(), family.end());
  std::sort(adapters_.begin(), adapters_.end(), [](const CaseAdapter& a, const CaseAdapter& b) { return a.algorithm < b.algorithm; });
}

bool AdapterTable::has(std::string_view algorithm) const {
  return std::any_of(adapters_.begin(), adapters_.end(), [algorithm](const CaseAdapter& each) { return each.algorithm == algorithm; });
}

std::vector<std::string> AdapterTable::names() const {
  std::vector<std::string> names;
  for (const CaseAdapter& adapter : adapters_) names.emplace_back(adapter.algorithm);
  return names;
}

nlohmann::json AdapterTable::run(const nlohmann::json& one_case) const {
  if (!one_case.is_object()) throw UnsupportedCase{"a case is an object"};
  const auto algorithm = one_case.find("algorithm");
  if (algorithm == one_case.end() || !algorithm->is_string()) throw UnsupportedCase{"no algorithm is named"};
  const auto& wanted = algorithm->get_ref<const std::string&>();
  const auto adapter = std::find_if(adapters_.begin(), adapters_.end(), [&](const CaseAdapter& each) { return each.algorithm == wanted; });
  if (adapter == adapters_.end()) throw UnsupportedCase{"no adapter for " + wanted};
  static const nlohmann::json kNone;
  const auto part = [&](const char* key) -> const nlohmann::json& {
    const auto place = one_case.find(key);
    return place == one_case.end() ? kNone : *place;
  };
  CaseFields config(part("config"), "config"), input(part("input"), "input");
  nlohmann::json actual = adapter->run(config, input);
  config.finish();
  input.finish();
  return actual;
}

ReplayAnswer AdapterTable::replay(const nlohmann::json& one_case, nlohmann::json& actual) const {
  ReplayAnswer answer;
  try {
    actual = run(one_case);
    answer.supported = true;
  } catch (const UnsupportedCase& problem) {
    answer.supported = false;
    answer.reason = problem.reason;
  } catch (const std::exception& problem) {  // a JSON value of another kind than the case format has
    answer.supported = false;
    answer.reason = std::string("a value of an unexpected kind: ") + problem.what();
  }
  return answer;
}

}  // namespace meshmall::cli
