// What a batch shows: a bar with the time left while it runs (on a terminal), a table of means with their uncertainty at its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/terminal.h"
#include "models/study/results.h"

namespace meshmall::cli {

class BatchProgress {
 public:
  // `before`: runs that were there at the start; they cost no time now.
  BatchProgress(bool shown, std::string label, std::uint64_t before);
  ~BatchProgress() { clear(); }
  BatchProgress(const BatchProgress&) = delete;
  BatchProgress& operator=(const BatchProgress&) = delete;

  // At most five times a second. `more`: there may come to be more runs than are known now.
  void show(std::uint64_t done, std::uint64_t known, bool more);
  void clear();

 private:
  bool shown_, drawn_ = false;
  std::string label_;
  std::uint64_t before_;
  std::chrono::steady_clock::time_point start_, last_;
};

// One row a variant and point, one column a metric of the whole mall: mean, and half the width of its 95 % interval.
std::string batchTable(const models::StudyResults& results, const Palette& palette);

}  // namespace meshmall::cli
