#include "gui/session/merge_patch.h"

#include <nlohmann/json.hpp>

namespace meshmall::gui {

void mergePatch(nlohmann::ordered_json& target, const nlohmann::ordered_json& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = nlohmann::ordered_json::object();
  for (auto it = patch.begin(); it != patch.end(); ++it) {
    if (it->is_null()) target.erase(it.key());
    else mergePatch(target[it.key()], *it);
  }
}

}  // namespace meshmall::gui
