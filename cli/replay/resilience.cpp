#include "cli/replay/resilience.h"

#include <nlohmann/json.hpp>

#include "cli/replay/resilience_cases.h"

namespace meshmall::cli {
namespace {

const AdapterTable& table() {
  static const AdapterTable kTable({retryAdapters(), routerAdapters(), healthAdapters(), limitAdapters(), admissionAdapters(), otherProxyAdapters()});
  return kTable;
}

}  // namespace

ReplayAnswer replayResilience(const nlohmann::json& one_case, nlohmann::json& actual) { return table().replay(one_case, actual); }

bool resilienceHas(std::string_view algorithm) { return table().has(algorithm); }

std::vector<std::string> resilienceAlgorithms() { return table().names(); }

}  // namespace meshmall::cli
