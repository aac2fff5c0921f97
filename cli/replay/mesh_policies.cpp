#include "cli/replay/mesh_policies.h"

#include <nlohmann/json.hpp>

#include "cli/replay/mesh_policies_cases.h"

namespace meshmall::cli {
namespace {

const AdapterTable& table() {
  static const AdapterTable kTable({securityAdapters(), scalingAdapters(), discoveryAdapters(), routingAdapters()});
  return kTable;
}

}  // namespace

ReplayAnswer replayMeshPolicies(const nlohmann::json& one_case, nlohmann::json& actual) { return table().replay(one_case, actual); }

bool meshPoliciesHave(std::string_view algorithm) { return table().has(algorithm); }

}  // namespace meshmall::cli
