#include "tests/cli/spawned_program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace meshmall::cli_test {
namespace {

struct Ends {
  int read = -1, write = -1;
};

Ends makePipe() {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  return {ends[0], ends[1]};
}

Ends makeTerminal() {
  Ends ends;
  if (::openpty(&ends.read, &ends.write, nullptr, nullptr, nullptr) != 0) throw std::runtime_error("no pseudo-terminal could be opened: is /dev/pts there?");  // nobody would ever be signalled
  ::fcntl(ends.read, F_SETFD, FD_CLOEXEC);
  ::fcntl(ends.write, F_SETFD, FD_CLOEXEC);
  return ends;
}

pid_t start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, const Ends& out, const Ends& err,
            const char* program = MESHMALL_PROGRAM) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::dup2(out.write, STDOUT_FILENO);
  ::dup2(err.write, STDERR_FILENO);
  for (const std::string& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
  std::vector<char*> words{const_cast<char*>(program)};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  ::execv(program, words.data());
  ::_exit(127);
}

// Reads both until both are closed; a terminal ends with an error. Sends the signal once, when the sign is seen on stderr.
Outcome collect(pid_t child, Ends out, Ends err, const std::string& sign = {}, int signal = 0) {
  ::close(out.write);
  ::close(err.write);
  Outcome outcome;
  pollfd watched[2] = {{out.read, POLLIN, 0}, {err.read, POLLIN, 0}};
  std::string* texts[2] = {&outcome.out, &outcome.err};
  for (int open = 2; open > 0;) {
    ::poll(watched, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      char buffer[65536];
      const ssize_t n = ::read(watched[i].fd, buffer, sizeof buffer);
      if (n > 0) {
        texts[i]->append(buffer, static_cast<std::size_t>(n));
      } else {
        ::close(watched[i].fd);
        watched[i].fd = -1;
        --open;
      }
    }
    if (signal != 0 && outcome.err.find(sign) != std::string::npos) {
      ::kill(child, signal);
      signal = 0;
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace

Outcome runProgram(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  const Ends out = makePipe(), err = makePipe();
  return collect(start(arguments, environment, out, err), out, err);
}

Outcome runShell(const std::string& script, const std::vector<std::string>& words) {
  const Ends out = makePipe(), err = makePipe();
  std::vector<std::string> arguments{"-c", script};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return collect(start(arguments, {}, out, err, "/bin/bash"), out, err);
}

Outcome runAndSignal(const std::vector<std::string>& arguments, const std::string& sign, int signal) {
  const Ends out = makePipe(), err = makeTerminal();
  return collect(start(arguments, {"TERM=xterm"}, out, err), out, err, sign, signal);
}

Outcome runOnTerminal(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  const Ends out = makeTerminal(), err = makePipe();
  std::vector<std::string> with_terminal{"TERM=xterm"};
  with_terminal.insert(with_terminal.end(), environment.begin(), environment.end());
  return collect(start(arguments, with_terminal, out, err), out, err);
}

Folder::Folder() {
  std::string pattern = testing::TempDir() + "meshmall-cli-XXXXXX";
  path_ = ::mkdtemp(pattern.data());
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& content) const {
  std::ofstream(path(name), std::ios::binary) << content;
  return path(name);
}

std::string Folder::read(const std::string& name) const {
  std::ostringstream text;
  text << std::ifstream(path(name), std::ios::binary).rdbuf();
  return text.str();
}

bool Folder::has(const std::string& name) const { return std::filesystem::exists(path(name)); }

std::vector<std::string> Folder::namesIn(const std::string& below) const {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(path(below))) found.push_back(entry.path().filename().string());
  std::sort(found.begin(), found.end());
  return found;
}

std::string shop(const std::string& rate, const std::string& duration, const std::string& more) {
  return R"({
  "meshmall": 1, "name": "shop",
  "run": {"duration": ")" +
         duration + R"(", "warmup": "1s"},
  "services": {"counter": {"versions": {"v1": {"replicas": 3}}, "operations": {"GET /": {"steps": [{"busy": {"exponential": {"mean": "10ms"}}}]}}}},
  "traffic": [{"name": "customers", "to": "counter/GET /", "arrivals": {"poisson": {"rate": ")" +
         rate + R"("}}}])" + more + "\n}\n";
}

}  // namespace meshmall::cli_test
