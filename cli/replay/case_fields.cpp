#include "cli/replay/case_fields.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

namespace meshmall::cli {
namespace {

const nlohmann::json& emptyObject() {
  static const nlohmann::json kEmpty = nlohmann::json::object();
  return kEmpty;
}

const nlohmann::json& emptyList() {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  return kEmpty;
}

}  // namespace

std::uint64_t drawOf(const nlohmann::json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && !text.empty()) return number;
  }
  throw UnsupportedCase{"a draw is a whole number from 0 to 2^64-1, not " + value.dump()};
}

CaseFields::CaseFields(const nlohmann::json& value, std::string where) : value_(value.is_null() ? emptyObject() : value), where_(std::move(where)) {
  if (!value_.is_object()) throw UnsupportedCase{where_ + " is not an object"};
}

void CaseFields::wrong(std::string_view key, std::string_view what) const { throw UnsupportedCase{where_ + "." + std::string(key) + " " + std::string(what)}; }

const nlohmann::json* CaseFields::find(std::string_view key) {
  const auto place = value_.find(key);
  if (place == value_.end()) return nullptr;
  read_.emplace(key);
  return place->is_null() ? nullptr : &*place;
}

double CaseFields::number(std::string_view key, std::optional<double> otherwise) {
  const nlohmann::json* value = find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value == nullptr || !value->is_number()) wrong(key, "is not a number");
  return value->get<double>();
}

std::int64_t CaseFields::integer(std::string_view key, std::optional<std::int64_t> otherwise) {
  const nlohmann::json* value = find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value == nullptr || !value->is_number_integer()) wrong(key, "is not a whole number");
  return value->get<std::int64_t>();
}

std::uint32_t CaseFields::count(std::string_view key, std::optional<std::uint32_t> otherwise) {
  const std::int64_t value = integer(key, otherwise);
  if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) wrong(key, "does not fit 32 bits");
  return static_cast<std::uint32_t>(value);
}

std::uint64_t CaseFields::draw(std::string_view key, std::optional<std::uint64_t> otherwise) {
  const nlohmann::json* value = find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value == nullptr) wrong(key, "is missing");
  return drawOf(*value);
}

bool CaseFields::boolean(std::string_view key, std::optional<bool> otherwise) {
  const nlohmann::json* value = find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value == nullptr || !value->is_boolean()) wrong(key, "is not true or false");
  return value->get<bool>();
}

std::string CaseFields::text(std::string_view key, std::optional<std::string> otherwise) {
  const nlohmann::json* value = find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value == nullptr || !value->is_string()) wrong(key, "is not a text");
  return value->get<std::string>();
}

engine::Duration CaseFields::milliseconds(std::string_view key, std::optional<std::int64_t> otherwise) {
  const std::int64_t ms = integer(key, otherwise);
  if (ms < 0 || ms > std::numeric_limits<std::int64_t>::max() / 1'000'000) wrong(key, "is not a time that fits");
  return engine::milliseconds(ms);
}

engine::SimTime CaseFields::instantMs(std::string_view key) { return engine::SimTime{milliseconds(key, 0).ns}; }

CaseFields CaseFields::object(std::string_view key) {
  const nlohmann::json* value = find(key);
  return CaseFields(value == nullptr ? emptyObject() : *value, where_ + "." + std::string(key));
}

const nlohmann::json& CaseFields::list(std::string_view key) {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return emptyList();
  if (!value->is_array()) wrong(key, "is not a list");
  return *value;
}

std::vector<std::string> CaseFields::keys() const {
  std::vector<std::string> names;
  for (const auto& item : value_.items()) names.push_back(item.key());
  return names;
}

void CaseFields::understood(std::string_view key) { read_.emplace(key); }

void CaseFields::finish() const {
  for (const auto& item : value_.items()) {
    if (item.key() == "note" || item.key() == "notes") continue;
    if (read_.find(item.key()) == read_.end()) throw UnsupportedCase{where_ + "." + item.key() + " is not understood"};
  }
}

}  // namespace meshmall::cli
