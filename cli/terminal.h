// The terminal, where there is one: colours on stdout, progress on stderr. Anything else gets plain text.
#pragma once

#include <string>

namespace meshmall::cli {

struct Palette {  // escape sequences, or empty texts
  std::string dim, bold, good, bad, warn, plain;
};

// Colours when `no_color` is false, NO_COLOR is not set (or empty), TERM is not "dumb", and stdout (or stderr) is a terminal.
Palette paletteForStdout(bool no_color);
Palette paletteForStderr(bool no_color);
bool stderrIsTerminal();
bool stdoutIsTerminal();

// One line to stderr, at once.
void say(const std::string& line);

// Everything to stdout and out of the door; false: it could not be written (a full disk, a closed pipe).
bool print(const std::string& text);

}  // namespace meshmall::cli
