// What the program's exit tells its caller. The numbers are part of the interface.
// Where several apply the more severe one is given: 8 > 7 > 6 > 5 > 4 > 2 > 1 > 3 > 0. Interrupted: 128 + the signal's number.
#pragma once

#include <cstdint>

namespace meshmall::cli {

enum class ExitCode : std::uint8_t {
  done = 0,
  gate_failed = 1,  // an SLO was breached
  wrong_input = 2,  // the call or a file is wrong; nothing was run, nothing was overwritten
  inconclusive = 3,
  no_baseline = 4,
  folder_in_use = 5,   // by another run
  file_trouble = 6,    // could not be read or written
  limit_reached = 7,   // of memory or events
  broken_promise = 8,  // a bug of the program
};

constexpr int code(ExitCode c) { return static_cast<int>(c); }
constexpr int severity(ExitCode c) {
  constexpr int order[] = {0, 2, 3, 1, 4, 5, 6, 7, 8};
  return order[code(c)];
}
constexpr ExitCode worse(ExitCode a, ExitCode b) { return severity(a) >= severity(b) ? a : b; }

}  // namespace meshmall::cli
