#include "cli/replay/resilience.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "cli/replay/resilience_cases.h"

namespace meshmall::cli {
namespace {

const std::vector<CaseAdapter>& adapters() {
  static const std::vector<CaseAdapter> kAll = [] {
    std::vector<CaseAdapter> all;
    for (const auto& family : {retryAdapters(), routerAdapters(), healthAdapters(), limitAdapters(), admissionAdapters(), otherProxyAdapters()}) {
      all.insert(all.end(), family.begin(), family.end());
    }
    std::sort(all.begin(), all.end(), [](const CaseAdapter& a, const CaseAdapter& b) { return a.algorithm < b.algorithm; });
    return all;
  }();
  return kAll;
}

nlohmann::json run(const nlohmann::json& one_case) {
  if (!one_case.is_object()) throw UnsupportedCase{"a case is an object"};
  const auto algorithm = one_case.find("algorithm");
  if (algorithm == one_case.end() || !algorithm->is_string()) throw UnsupportedCase{"no algorithm is named"};
  const auto& wanted = algorithm->get_ref<const std::string&>();
  const auto adapter = std::find_if(adapters().begin(), adapters().end(), [&](const CaseAdapter& each) { return each.algorithm == wanted; });
  if (adapter == adapters().end()) throw UnsupportedCase{"no adapter for " + wanted};
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

}  // namespace

ReplayAnswer replayResilience(const nlohmann::json& one_case, nlohmann::json& actual) {
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

bool resilienceHas(std::string_view algorithm) {
  return std::any_of(adapters().begin(), adapters().end(), [algorithm](const CaseAdapter& each) { return each.algorithm == algorithm; });
}

std::vector<std::string> resilienceAlgorithms() {
  std::vector<std::string> names;
  for (const CaseAdapter& adapter : adapters()) names.emplace_back(adapter.algorithm);
  return names;
}

}  // namespace meshmall::cli
