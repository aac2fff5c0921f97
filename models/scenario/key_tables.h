// Every object of the scenario format with its keys: which the decoder understands, which only a later version will ("not supported yet"), and which
// are Istio's, accepted so that a spec can be pasted in, without an effect on a simulation. To make a feature work: write its decoder, change its word here.
// The JSON Schema (scenarios/schema) has a definition of the same name for each object; a test compares them key by key.
#pragma once

#include <string_view>
#include <vector>

namespace meshmall::models {

enum class KeySupport : std::uint8_t { supported, not_yet, no_effect };

struct KeyInfo {
  std::string_view name;
  KeySupport support = KeySupport::supported;
  std::string_view instead = {};  // of one that is not supported yet: what to do
};

struct ObjectKeys {
  std::string_view object;  // "version"; the schema's definitions/version
  std::vector<KeyInfo> keys;

  const KeyInfo* find(std::string_view name) const;
};

// All of them, in the order of the format's description.
const std::vector<ObjectKeys>& allObjectKeys();

// Those of a study (models/study), whose schema is a file of its own.
const std::vector<ObjectKeys>& studyObjectKeys();

// Those of rollouts (key_tables_rollouts.cpp), part of allObjectKeys().
std::vector<ObjectKeys> rolloutObjectKeys();

// That of one object of either; a broken promise when there is no such table.
const ObjectKeys& keysOf(std::string_view object);

}  // namespace meshmall::models
