// A limit that stops a run: an exhausted number space or an agreed maximum (events, memory, pending events).
// Thrown deep inside a run, caught once by the program's top, which maps it to exit code 7. It is the caller's setting or a
// scenario's size that is at fault, never the simulator: for the latter see promise.h.
#pragma once

#include <stdexcept>
#include <string>

namespace meshmall::engine {

class LimitReached : public std::runtime_error {
 public:
  explicit LimitReached(const std::string& what) : std::runtime_error(what) {}
};

// Throws LimitReached. Out of line, so that a check on a hot path costs a compare and nothing else.
[[noreturn, gnu::cold]] void limitReached(const char* what);

}  // namespace meshmall::engine
