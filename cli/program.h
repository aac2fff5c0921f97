// The program as a whole: its verbs, what their options mean, and the one place where an exception becomes an exit code.
#pragma once

namespace meshmall::cli {

// Parses the call, does what it asks, and gives the exit code (exit_code.h). Writes to stdout and stderr.
int program(int argc, const char* const* argv);

}  // namespace meshmall::cli
