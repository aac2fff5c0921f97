#include "cli/replay/rollout.h"

#include <nlohmann/json.hpp>

#include "cli/replay/rollout_cases.h"

namespace meshmall::cli {
namespace {

const AdapterTable& table() {
  static const AdapterTable kTable({flaggerAdapters(), argoAdapters(), kayentaAdapters()});
  return kTable;
}

}  // namespace

ReplayAnswer replayRollout(const nlohmann::json& one_case, nlohmann::json& actual) { return table().replay(one_case, actual); }

bool rolloutHas(std::string_view algorithm) { return table().has(algorithm); }

}  // namespace meshmall::cli
