// Another program, run to its end: arguments as a vector (never a shell), nothing on its stdin, what it writes caught. SIGINT reaches it as it does this program.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace meshmall::cli {

struct ChildResult {
  int exit_code = -1;     // -1: it could not be started, or a signal ended it
  std::string out, error;  // stderr is cut after 64 KiB
  bool started = false;
  bool too_long = false;  // stdout went beyond the limit, and the program was ended
};

// `arguments[0]` is looked up in PATH.
ChildResult runChild(const std::vector<std::string>& arguments, std::size_t most_output);

}  // namespace meshmall::cli
