#include "cli/terminal.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace meshmall::cli {
namespace {

bool colourful(int descriptor, bool no_color) {
  const char* refused = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  if (no_color || (refused != nullptr && *refused != '\0')) return false;
  return ::isatty(descriptor) == 1 && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

Palette paletteFor(int descriptor, bool no_color) {
  if (!colourful(descriptor, no_color)) return {};
  return {"\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[1;31m", "\x1b[33m", "\x1b[0m"};
}

}  // namespace

Palette paletteForStdout(bool no_color) { return paletteFor(STDOUT_FILENO, no_color); }
Palette paletteForStderr(bool no_color) { return paletteFor(STDERR_FILENO, no_color); }
bool stderrIsTerminal() { return ::isatty(STDERR_FILENO) == 1; }
bool stdoutIsTerminal() { return ::isatty(STDOUT_FILENO) == 1; }

void say(const std::string& line) {
  const std::string text = line + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

bool print(const std::string& text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0; }

}  // namespace meshmall::cli
