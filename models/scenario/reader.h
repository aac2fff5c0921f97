// Reading a JSON document with all its problems: a Node is a value and the way to it, an ObjectReader an object whose keys are checked against its table.
// Readers return a usable value whatever the input is; what was wrong is noted in the document, and a document with errors gives no scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"
#include "models/scenario/json_document.h"
#include "models/scenario/key_tables.h"

namespace meshmall::models {

// Lives on the decoder's stack; refers to its parent, which must outlive it.
class Node {
 public:
  Node(JsonDocument& document, const JsonValue& value, std::string prefix) : document_(&document), value_(&value), key_at_(value.at), prefix_(std::move(prefix)) {}
  Node(const Node& parent, const JsonMember& member) : document_(parent.document_), value_(&member.value), parent_(&parent), key_(member.key), key_at_(member.key_at) {}
  Node(const Node& parent, std::size_t index, const JsonValue& item)
      : document_(parent.document_), value_(&item), parent_(&parent), index_(index), key_at_(item.at) {}

  const JsonValue& value() const { return *value_; }
  JsonDocument& document() const { return *document_; }
  std::string_view key() const { return key_; }
  std::string pointer() const;

  void error(std::string message, std::string hint = {}) const;     // at the value
  // At byte `index` of a text; at its start when the text is written with escapes.
  void errorInside(std::size_t index, std::string message, std::string hint = {}) const;
  void keyError(std::string message, std::string hint = {}) const;  // at the key
  void warning(std::string message, std::string hint = {}) const;
  // A policy that cannot act, or that hurts: a warning with a code ("ejection-cap"), the reason and the cure.
  void advise(std::string code, std::string reason, std::string cure) const;
  // "must be <what> (got ...)"
  void wrong(std::string_view what, std::string hint = {}) const;

 private:
  JsonDocument* document_;
  const JsonValue* value_;
  const Node* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
  JsonPlace key_at_;
  std::string prefix_;  // of the root
};

class ObjectReader {
 public:
  // Notes unknown keys (with the nearest known one) and those that are not supported yet; a value that is no object is a problem and reads as empty.
  ObjectReader(const Node& node, std::string_view object);
  // Every supported key that is there must have been asked for; what was not is noted as ignored (a bug of the decoder).
  ~ObjectReader();
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  bool isObject() const { return members_ != nullptr; }
  const Node& node() const { return node_; }
  bool has(std::string_view key) const { return isObject() && node_.value().find(key) != nullptr; }

  // The value of `key`, when it is there.
  std::optional<Node> get(std::string_view key);
  // The same; its absence is a problem.
  std::optional<Node> require(std::string_view key);
  // Of the keys listed, those that are there (all count as asked for). More than one is a problem.
  std::vector<std::string_view> atMostOne(const std::vector<std::string_view>& keys);
  // Exactly one; nothing (and a problem) otherwise.
  std::optional<Node> exactlyOne(const std::vector<std::string_view>& keys);

  std::string text(std::string_view key, std::string fallback = {});
  bool flag(std::string_view key, bool fallback);
  std::int64_t whole(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max);
  std::uint32_t count(std::string_view key, std::uint32_t fallback, std::uint32_t min, std::uint32_t max);
  double number(std::string_view key, double fallback, double min, double max);
  double positive(std::string_view key, double fallback);  // above 0
  double probability(std::string_view key, double fallback) { return number(key, fallback, 0, 1); }
  engine::Duration duration(std::string_view key, engine::Duration fallback);
  std::optional<engine::Duration> maybeDuration(std::string_view key);

 private:
  const Node& node_;
  const ObjectKeys& keys_;
  const JsonValue::Members* members_;
  std::vector<bool> asked_;  // by position in keys_
};

// Of one value; nothing when it is not what it must be (noted).
std::optional<std::string> readText(const Node& node);
std::optional<std::string> readName(const Node& node);  // non-empty text of at most 253 bytes without control characters
std::optional<bool> readFlag(const Node& node);
std::optional<std::int64_t> readWhole(const Node& node, std::int64_t min, std::int64_t max);
std::optional<double> readNumber(const Node& node, double min, double max);
std::optional<double> readPositive(const Node& node);
std::optional<engine::Duration> readDuration(const Node& node);
std::optional<engine::Duration> readPositiveDuration(const Node& node);
std::optional<double> readRate(const Node& node);  // per second

// One of `names`: its index.
std::optional<std::size_t> readChoice(const Node& node, const std::vector<std::string_view>& names);

// The members of an object in byte order of their keys, each with its name checked; empty (and noted) when it is no object.
std::vector<const JsonMember*> sortedMembers(const Node& node);
// The items of a list; empty (and noted) when it is no list.
std::vector<Node> items(const Node& node);

// What is wrong with a name, if anything: empty, longer than 253 bytes, control characters.
std::optional<std::string> nameProblem(std::string_view name);

// A number for a message: shortest form.
std::string shown(double value);

}  // namespace meshmall::models
