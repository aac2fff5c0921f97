#include "cli/replay/case_reader.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace meshmall::cli {

void allowKeys(const nlohmann::json& object, std::initializer_list<const char*> keys, const char* where) {
  if (object.is_null()) return;
  if (!object.is_object()) throw Unsupported{std::string(where) + " is not an object"};
  for (const auto& item : object.items()) {
    const std::string& key = item.key();
    const bool known = std::any_of(keys.begin(), keys.end(), [&](const char* allowed) { return key == allowed; });
    if (!known) throw Unsupported{std::string(where) + " key '" + key + "' is not understood"};
  }
}

std::uint64_t unsignedOf(const nlohmann::json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (!value.is_string()) throw Unsupported{"not a whole number: " + value.dump()};
  const std::string& text = value.get_ref<const std::string&>();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) throw Unsupported{"not a whole number: " + text};
  return number;
}

std::vector<std::uint64_t> unsignedListOf(const nlohmann::json& list) {
  std::vector<std::uint64_t> numbers;
  for (const nlohmann::json& value : list) numbers.push_back(unsignedOf(value));
  return numbers;
}

}  // namespace meshmall::cli
