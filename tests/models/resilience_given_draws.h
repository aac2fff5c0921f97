// A random source for tests: hands out given numbers in order, then zeros, and counts the draws.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/random/random_source.h"

namespace meshmall::models {

class GivenDraws final : public engine::RandomSource {
 public:
  GivenDraws() = default;
  explicit GivenDraws(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}

  std::uint64_t next() override {
    const std::size_t i = drawn_++;
    return i < numbers_.size() ? numbers_[i] : 0;
  }
  std::size_t drawn() const { return drawn_; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t drawn_ = 0;
};

}  // namespace meshmall::models
