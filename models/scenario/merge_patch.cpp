#include "models/scenario/merge_patch.h"

#include <algorithm>

namespace meshmall::models {

void mergePatch(JsonValue& target, const JsonValue& patch) {
  const auto* changes = patch.members();
  if (changes == nullptr) {
    target = patch;
    return;
  }
  if (target.members() == nullptr) target = JsonValue(patch.at, JsonValue::Members{});
  for (const JsonMember& change : *changes) {
    JsonValue::Members& members = *target.members();
    const auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember& m) { return m.key == change.key; });
    if (change.value.isNull()) {
      if (found != members.end()) members.erase(found);
    } else if (found != members.end()) {
      mergePatch(found->value, change.value);
    } else {
      members.push_back({change.key, change.key_at, JsonValue(change.value.at, JsonValue::Null{})});
      mergePatch(members.back().value, change.value);
    }
  }
}

std::size_t countValues(const JsonValue& value) {
  std::size_t sum = 1;
  if (const auto* list = value.items()) {
    for (const JsonValue& item : *list) sum += countValues(item);
  }
  if (const auto* members = value.members()) {
    for (const JsonMember& member : *members) sum += countValues(member.value);
  }
  return sum;
}

}  // namespace meshmall::models
