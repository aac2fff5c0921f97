// The promises a run keeps about itself (time never goes back, counters balance), checked in release builds too.
// A broken one is a bug of the simulator or of a model: the run stops with BrokenPromise, caught once by the program's top,
// which maps it to exit code 8 and prints the line that replays the run.
#pragma once

#include <stdexcept>
#include <string>

namespace meshmall::engine {

class BrokenPromise : public std::logic_error {
 public:
  explicit BrokenPromise(const std::string& what) : std::logic_error(what) {}
};

// Throws BrokenPromise. Out of line, so that a check on a hot path costs a compare and nothing else.
[[noreturn, gnu::cold]] void brokenPromise(const char* what);

inline void promise(bool kept, const char* what) {
  if (!kept) [[unlikely]] brokenPromise(what);
}

}  // namespace meshmall::engine
