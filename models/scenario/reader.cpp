#include "models/scenario/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/kernel/promise.h"
#include "models/scenario/nearest_name.h"
#include "models/scenario/quantities.h"

namespace meshmall::models {

std::string shown(double value) {
  char digits[40];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// ---- Node -------------------------------------------------------------------------------------------------------------------

std::string Node::pointer() const {
  if (parent_ == nullptr) return prefix_;
  if (parent_->value().items() != nullptr) return parent_->pointer() + '/' + std::to_string(index_);
  return parent_->pointer() + '/' + pointerToken(key_);
}

void Node::error(std::string message, std::string hint) const { document_->note(value_->at, pointer(), std::move(message), std::move(hint)); }
void Node::errorInside(std::size_t index, std::string message, std::string hint) const {
  JsonPlace place = value_->at;
  const std::string* text = value_->string();
  if (text != nullptr && index < text->size() && document_->writtenPlainly(place, *text)) place.offset += static_cast<std::uint32_t>(1 + index);
  document_->note(place, pointer(), std::move(message), std::move(hint));
}
void Node::keyError(std::string message, std::string hint) const { document_->note(key_at_, pointer(), std::move(message), std::move(hint)); }
void Node::warning(std::string message, std::string hint) const {
  document_->note(value_->at, pointer(), std::move(message), std::move(hint), Problem::Severity::warning);
}
void Node::advise(std::string code, std::string reason, std::string cure) const {
  document_->note(value_->at, pointer(), std::move(reason), std::move(cure), Problem::Severity::warning, std::move(code));
}
void Node::wrong(std::string_view what, std::string hint) const {
  error("must be " + std::string(what) + " (got " + value_->description() + ")", std::move(hint));
}

// ---- ObjectReader -----------------------------------------------------------------------------------------------------------

ObjectReader::ObjectReader(const Node& node, std::string_view object)
    : node_(node), keys_(keysOf(object)), members_(node.value().members()), asked_(keys_.keys.size(), false) {
  if (members_ == nullptr) {
    node.wrong("an object");
    return;
  }
  for (const JsonMember& member : *members_) {
    const KeyInfo* info = keys_.find(member.key);
    if (info == nullptr && node.document().full()) {
      node.document().omit();
    } else if (info == nullptr) {
      std::vector<std::string_view> known;
      for (const KeyInfo& each : keys_.keys) known.push_back(each.name);
      Node(node, member).keyError("unknown key " + inQuotes(member.key), suggestion(member.key, known));
    } else if (info->support == KeySupport::not_yet) {
      Node(node, member).keyError(inQuotes(member.key) + " is not supported yet", std::string(info->instead));
    }
  }
}

ObjectReader::~ObjectReader() {
  if (members_ == nullptr) return;
  for (const JsonMember& member : *members_) {
    const KeyInfo* info = keys_.find(member.key);
    if (info == nullptr || info->support != KeySupport::supported) continue;
    if (asked_[static_cast<std::size_t>(info - keys_.keys.data())]) continue;
    node_.document().noteIgnored(std::string(keys_.object) + '.' + std::string(info->name));
  }
}

std::optional<Node> ObjectReader::get(std::string_view key) {
  const KeyInfo* info = keys_.find(key);
  if (info == nullptr) {
    engine::brokenPromise(("no key " + std::string(key) + " in the table of " + std::string(keys_.object)).c_str());
  }
  asked_[static_cast<std::size_t>(info - keys_.keys.data())] = true;
  if (members_ == nullptr || info->support == KeySupport::not_yet) return std::nullopt;
  const JsonMember* member = node_.value().find(key);
  if (member == nullptr) return std::nullopt;
  return Node(node_, *member);
}

std::optional<Node> ObjectReader::require(std::string_view key) {
  auto node = get(key);
  if (!node && isObject() && !has(key)) node_.error("needs " + inQuotes(key));
  return node;
}

std::vector<std::string_view> ObjectReader::atMostOne(const std::vector<std::string_view>& keys) {
  std::vector<std::string_view> there;
  for (const std::string_view key : keys) {
    get(key);
    if (has(key)) there.push_back(key);
  }
  for (std::size_t i = 1; i < there.size(); ++i) {
    Node(node_, *node_.value().find(there[i])).keyError(inQuotes(there[i]) + " does not go together with " + inQuotes(there[0]));
  }
  return there;
}

std::optional<Node> ObjectReader::exactlyOne(const std::vector<std::string_view>& keys) {
  const auto there = atMostOne(keys);
  if (there.size() == 1) return get(there[0]);
  if (there.empty() && isObject()) {
    std::string list;
    for (std::size_t i = 0; i < keys.size(); ++i) list += (i == 0 ? "" : i + 1 == keys.size() ? " or " : ", ") + inQuotes(keys[i]);
    node_.error("needs " + list);
  }
  return std::nullopt;
}

std::string ObjectReader::text(std::string_view key, std::string fallback) {
  const auto node = get(key);
  return node ? readText(*node).value_or(std::move(fallback)) : fallback;
}

bool ObjectReader::flag(std::string_view key, bool fallback) {
  const auto node = get(key);
  return node ? readFlag(*node).value_or(fallback) : fallback;
}

std::int64_t ObjectReader::whole(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max) {
  const auto node = get(key);
  return node ? readWhole(*node, min, max).value_or(fallback) : fallback;
}

std::uint32_t ObjectReader::count(std::string_view key, std::uint32_t fallback, std::uint32_t min, std::uint32_t max) {
  return static_cast<std::uint32_t>(whole(key, fallback, min, max));
}

double ObjectReader::number(std::string_view key, double fallback, double min, double max) {
  const auto node = get(key);
  return node ? readNumber(*node, min, max).value_or(fallback) : fallback;
}

double ObjectReader::positive(std::string_view key, double fallback) {
  const auto node = get(key);
  return node ? readPositive(*node).value_or(fallback) : fallback;
}

engine::Duration ObjectReader::duration(std::string_view key, engine::Duration fallback) { return maybeDuration(key).value_or(fallback); }

std::optional<engine::Duration> ObjectReader::maybeDuration(std::string_view key) {
  const auto node = get(key);
  return node ? readDuration(*node) : std::nullopt;
}

// ---- single values ------------------------------------------------------------------------------------------------------------

std::optional<std::string> readText(const Node& node) {
  if (const std::string* text = node.value().string()) return *text;
  node.wrong("a text");
  return std::nullopt;
}

std::optional<std::string> nameProblem(std::string_view name) {
  if (name.empty()) return "a name must not be empty";
  if (name.size() > 253) return "a name must not be longer than 253 bytes";
  if (printable(name, 1000) != name) return "a name must not have control or text-direction characters (got " + inQuotes(name) + ")";
  return std::nullopt;
}

std::optional<std::string> readName(const Node& node) {
  auto text = readText(node);
  if (!text) return std::nullopt;
  if (const auto problem = nameProblem(*text)) {
    node.error(*problem);
    return std::nullopt;
  }
  return text;
}

std::optional<bool> readFlag(const Node& node) {
  if (const bool* truth = node.value().boolean()) return *truth;
  node.wrong("true or false");
  return std::nullopt;
}

std::optional<std::int64_t> readWhole(const Node& node, std::int64_t min, std::int64_t max) {
  const std::int64_t* whole = node.value().integer();
  if (whole == nullptr) {
    const bool too_large = node.value().number() && *node.value().number() > 9e18;
    node.wrong(too_large ? "at most " + std::to_string(max) : "a whole number");
    return std::nullopt;
  }
  if (*whole < min) {
    node.wrong("at least " + std::to_string(min));
    return std::nullopt;
  }
  if (*whole > max) {
    node.wrong("at most " + std::to_string(max));
    return std::nullopt;
  }
  return *whole;
}

std::optional<double> readNumber(const Node& node, double min, double max) {
  const auto number = node.value().number();
  if (!number) {
    node.wrong("a number");
  } else if (*number < min) {
    node.wrong("at least " + shown(min));
  } else if (*number > max) {
    node.wrong("at most " + shown(max));
  } else {
    return number;
  }
  return std::nullopt;
}

std::optional<double> readPositive(const Node& node) {
  const auto number = node.value().number();
  if (!number) {
    node.wrong("a number");
  } else if (!(*number > 0)) {
    node.wrong("above 0");
  } else if (*number > 1e12) {
    node.wrong("at most 1e12");
  } else {
    return number;
  }
  return std::nullopt;
}

std::optional<engine::Duration> readDuration(const Node& node) {
  const std::string* text = node.value().string();
  if (text == nullptr) {
    node.wrong("a duration with a unit, such as \"250us\", \"1.5s\" or \"1m30s\"");
    return std::nullopt;
  }
  const auto parsed = parseDuration(*text);
  if (const auto* duration = std::get_if<engine::Duration>(&parsed)) return *duration;
  node.error(std::get<QuantityError>(parsed).message);
  return std::nullopt;
}

std::optional<engine::Duration> readPositiveDuration(const Node& node) {
  const auto duration = readDuration(node);
  if (!duration || duration->ns > 0) return duration;
  node.wrong("longer than 0");
  return std::nullopt;
}

std::optional<double> readRate(const Node& node) {
  const std::string* text = node.value().string();
  if (text == nullptr) {
    node.wrong("a rate such as \"400/s\", \"30/m\" or \"5/h\"");
    return std::nullopt;
  }
  const auto parsed = parseRate(*text);
  if (const double* rate = std::get_if<double>(&parsed)) return *rate;
  node.error(std::get<QuantityError>(parsed).message);
  return std::nullopt;
}

std::optional<std::size_t> readChoice(const Node& node, const std::vector<std::string_view>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + inQuotes(names[i]);
  const std::string* text = node.value().string();
  if (text == nullptr) {
    node.wrong(list);
    return std::nullopt;
  }
  const auto found = std::find(names.begin(), names.end(), *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  node.wrong(list, suggestion(*text, names));
  return std::nullopt;
}

std::vector<const JsonMember*> sortedMembers(const Node& node) {
  std::vector<const JsonMember*> out;
  const auto* members = node.value().members();
  if (members == nullptr) {
    node.wrong("an object");
    return out;
  }
  for (const JsonMember& member : *members) out.push_back(&member);
  std::sort(out.begin(), out.end(), [](const JsonMember* a, const JsonMember* b) { return a->key < b->key; });
  return out;
}

std::vector<Node> items(const Node& node) {
  std::vector<Node> out;
  const auto* list = node.value().items();
  if (list == nullptr) {
    node.wrong("a list");
    return out;
  }
  out.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) out.emplace_back(node, i, (*list)[i]);
  return out;
}

}  // namespace meshmall::models
