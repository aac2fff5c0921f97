// Reading a case strictly: a key that is not understood makes the case unsupported, never ignored.
#pragma once

#include <initializer_list>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "engine/random/random_source.h"

#include <cstdint>
#include <vector>

namespace meshmall::cli {

// Thrown while a case is read, caught where the family's cases are replayed.
struct Unsupported {
  std::string reason;
};

// Throws Unsupported unless `object` (if it is there at all) has these keys only.
void allowKeys(const nlohmann::json& object, std::initializer_list<const char*> keys, const char* where);

// A 64-bit number, given as a number or as decimal text.
std::uint64_t unsignedOf(const nlohmann::json& value);
std::vector<std::uint64_t> unsignedListOf(const nlohmann::json& list);

// Hands out given draws, then 0s (or `rest`), and counts them.
class GivenDraws final : public engine::RandomSource {
 public:
  explicit GivenDraws(std::vector<std::uint64_t> draws = {}, std::uint64_t rest = 0) : draws_(std::move(draws)), rest_(rest) {}
  std::uint64_t next() override { return used_ < draws_.size() ? draws_[used_++] : (++used_, rest_); }
  std::size_t used() const { return used_; }
  bool usedUp() const { return used_ >= draws_.size(); }

 private:
  std::vector<std::uint64_t> draws_;
  std::uint64_t rest_;
  std::size_t used_ = 0;
};

}  // namespace meshmall::cli
