// A bar of runs that are done, with the time left, on a terminal's stderr; nothing elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace meshmall::cli {

class RunsProgress {
 public:
  // `before`: runs that were there at the start; they cost no time now.
  RunsProgress(bool shown, std::string label, std::uint64_t before);
  ~RunsProgress() { clear(); }
  RunsProgress(const RunsProgress&) = delete;
  RunsProgress& operator=(const RunsProgress&) = delete;

  // At most five times a second. `more`: there may come to be more runs than are known now.
  void show(std::uint64_t done, std::uint64_t known, bool more);
  void clear();

 private:
  bool shown_, drawn_ = false;
  std::string label_;
  std::uint64_t before_;
  std::chrono::steady_clock::time_point start_, last_;
};

}  // namespace meshmall::cli
