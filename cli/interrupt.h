// Ctrl-C and a polite end: the first SIGINT or SIGTERM is noted, and the run looks for it between events; a second one ends the program at once.
#pragma once

namespace meshmall::cli {

class InterruptWatch {
 public:
  InterruptWatch();   // from now on signals are noted
  ~InterruptWatch();  // as before
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  // The signal that came, or 0.
  static int signal();
};

}  // namespace meshmall::cli
