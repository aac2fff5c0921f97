// RFC 7396 on JSON that keeps the order of its keys; nlohmann's own merge_patch works on unordered objects only in this version. (`models/scenario/merge_patch.h` is for
// documents whose values know their places.)
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace meshmall::gui {

// Members of the patch replace or join those of the target, null removes; anything but an object replaces the whole.
void mergePatch(nlohmann::ordered_json& target, const nlohmann::ordered_json& patch);

}  // namespace meshmall::gui
