// A growing pool of plain records addressed by index, with a free list: no allocation in the steady state, copied as a value.
// References are invalidated by take(); indices never are. Records know by their field `live` whether they are in use.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/kernel/promise.h"

namespace meshmall::models {

inline constexpr std::uint32_t kNil = ~std::uint32_t{0};

template <class Record>
class Pool {
 public:
  // A fresh record; the last one given back is the first to be used again.
  std::uint32_t take() {
    std::uint32_t index;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(records_.size());
      records_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
      std::destroy_at(&records_[index]);  // built anew in its place: a temporary would be copied by stalled loads
      std::construct_at(&records_[index]);
    }
    records_[index].live = true;
    ++live_;
    return index;
  }
  void give(std::uint32_t index) {
    engine::promise(records_[index].live, "a record was given back twice");
    records_[index].live = false;
    free_.push_back(index);
    --live_;
  }
  Record& operator[](std::uint32_t index) { return records_[index]; }
  const Record& operator[](std::uint32_t index) const { return records_[index]; }
  std::uint32_t slots() const { return static_cast<std::uint32_t>(records_.size()); }  // live or not
  std::uint32_t live() const { return live_; }

 private:
  std::vector<Record> records_;
  std::vector<std::uint32_t> free_;
  std::uint32_t live_ = 0;
};

}  // namespace meshmall::models
