#include "cli/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

extern char** environ;

namespace meshmall::cli {
namespace {

constexpr std::size_t kMostErrors = 64 * 1024;

struct Pipe {
  int ends[2] = {-1, -1};
  bool open() { return ::pipe2(ends, O_CLOEXEC) == 0; }
  void closeEnd(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
  ~Pipe() {
    closeEnd(0);
    closeEnd(1);
  }
};

// Reads what is there; false: the other side has closed.
bool take(int from, std::string& into) {
  char buffer[65536];
  const ssize_t n = ::read(from, buffer, sizeof buffer);
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) return false;
  into.append(buffer, static_cast<std::size_t>(n));
  return true;
}

void listen(Pipe& out, Pipe& error, pid_t child, std::size_t most, ChildResult& result) {
  pollfd waits[2] = {{out.ends[0], POLLIN, 0}, {error.ends[0], POLLIN, 0}};
  while (waits[0].fd >= 0 || waits[1].fd >= 0) {
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) return;
    if (waits[0].revents != 0 && !take(waits[0].fd, result.out)) waits[0].fd = -1;
    if (waits[1].revents != 0 && !take(waits[1].fd, result.error)) waits[1].fd = -1;
    if (result.error.size() > kMostErrors) result.error.resize(kMostErrors);
    if (result.out.size() > most && !result.too_long) {
      result.too_long = true;
      ::kill(child, SIGKILL);
    }
    for (pollfd& wait : waits) wait.revents = 0;
  }
}

}  // namespace

ChildResult runChild(const std::vector<std::string>& arguments, std::size_t most_output) {
  ChildResult result;
  Pipe out, error;
  if (!out.open() || !error.open()) return result;
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return result;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error.ends[1], STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t child = -1;
  result.started = ::posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  if (!result.started) return result;
  out.closeEnd(1);
  error.closeEnd(1);
  listen(out, error, child, most_output, result);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace meshmall::cli
