#include "cli/interrupt.h"

#include <csignal>

namespace meshmall::cli {
namespace {

volatile std::sig_atomic_t noted = 0;  // a handler can reach nothing but what is global

void note(int number) { noted = number; }

void handle(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(handler == SIG_DFL ? 0U : SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  noted = 0;
  handle(SIGINT, note);
  handle(SIGTERM, note);
}

InterruptWatch::~InterruptWatch() {
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
}

int InterruptWatch::signal() { return noted; }

}  // namespace meshmall::cli
