// Reading a recorded case strictly: every key of `config` and `input` must be understood by the adapter that reads it, or the case is unsupported.
// Notes are not read. `expect` never comes here. Source: the vectors' README.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"

namespace meshmall::cli {

// Thrown within cli/replay only: why a case cannot be computed.
struct UnsupportedCase {
  std::string reason;
};

// The draws that a case gives, in order; zeros after them.
class CaseDraws final : public engine::RandomSource {
 public:
  CaseDraws() = default;
  explicit CaseDraws(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}

  void add(std::uint64_t number) { numbers_.push_back(number); }
  std::uint64_t next() override {
    const std::size_t i = drawn_++;
    return i < numbers_.size() ? numbers_[i] : 0;
  }
  std::size_t drawn() const { return drawn_; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t drawn_ = 0;
};

// An object of a case. Keys that are asked for count as understood; finish() throws UnsupportedCase when one was not. Null is as good as absent.
class CaseFields {
 public:
  CaseFields(const nlohmann::json& value, std::string where);  // null: no fields

  const nlohmann::json* find(std::string_view key);  // null pointer when absent or null
  bool has(std::string_view key) { return find(key) != nullptr; }
  double number(std::string_view key, std::optional<double> otherwise = {});
  std::int64_t integer(std::string_view key, std::optional<std::int64_t> otherwise = {});
  std::uint32_t count(std::string_view key, std::optional<std::uint32_t> otherwise = {});  // 0..2^32-1
  std::uint64_t draw(std::string_view key, std::optional<std::uint64_t> otherwise = {});   // 64 bits, as a number or a string
  bool boolean(std::string_view key, std::optional<bool> otherwise = {});
  std::string text(std::string_view key, std::optional<std::string> otherwise = {});
  engine::Duration milliseconds(std::string_view key, std::optional<std::int64_t> otherwise = {});
  engine::SimTime instantMs(std::string_view key);   // default 0
  CaseFields object(std::string_view key);           // empty when absent
  const nlohmann::json& list(std::string_view key);  // empty when absent
  std::vector<std::string> keys() const;             // for objects used as maps; then call understood()
  void understood(std::string_view key);
  void finish() const;

 private:
  [[noreturn]] void wrong(std::string_view key, std::string_view what) const;

  const nlohmann::json& value_;
  std::string where_;
  std::set<std::string, std::less<>> read_;
};

std::uint64_t drawOf(const nlohmann::json& value);  // a number or a decimal string

}  // namespace meshmall::cli
