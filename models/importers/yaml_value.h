// A YAML document as plain values that know where they stand, so that whatever is found wrong or left out later can be shown there.
// A plain scalar keeps its text: what it means (number, truth, null) is decided where it is read. Aliases are written out. Lines and columns count from 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meshmall::models {

struct YamlPlace {
  std::uint32_t file = 0;  // position in the list of files
  std::uint32_t line = 0, column = 0;
};

struct YamlMember;

struct YamlValue {
  enum class Kind : std::uint8_t { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes is a text, whatever it looks like
  YamlPlace at;
  std::string text;  // of a scalar
  std::vector<YamlValue> items;
  std::vector<YamlMember> members;  // in the order of the file; keys are unique

  bool isMap() const { return kind == Kind::map; }
  bool isList() const { return kind == Kind::list; }
  bool isScalar() const { return kind == Kind::scalar; }
  bool isNull() const { return kind == Kind::null; }

  // The value of a key; nullptr: no such key, or no map, or the value is null.
  const YamlValue* find(std::string_view key) const;
  // Along keys: nullptr as soon as one is missing.
  const YamlValue* find(std::initializer_list<std::string_view> keys) const;
  // The text of a scalar at this key, or an empty one.
  std::string textOf(std::string_view key) const;
};

struct YamlMember {
  std::string key;
  YamlPlace key_at;
  YamlValue value;
};

}  // namespace meshmall::models
