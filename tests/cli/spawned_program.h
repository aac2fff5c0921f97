// The program as its users start it: a process of its own, with what it wrote and the code it ended with.
#pragma once

#include <string>
#include <vector>

namespace meshmall::cli_test {

struct Outcome {
  int code = -1;  // 128 + signal when a signal ended it
  std::string out, err;
};

// Runs the program with these arguments and, beside the test's own environment, these variables ("NAME=VALUE").
Outcome runProgram(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});

// Runs it with stderr on a terminal, sends `signal` as soon as `sign` stands there, and waits for its end.
Outcome runAndSignal(const std::vector<std::string>& arguments, const std::string& sign, int signal);

// Runs a shell's script; `words` are its $0, $1, ...
Outcome runShell(const std::string& script, const std::vector<std::string>& words);

// Runs it with stdout on a terminal.
Outcome runOnTerminal(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});

// A new empty folder, gone at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content) const;  // gives its path
  std::string read(const std::string& name) const;                               // empty when it is not there
  bool has(const std::string& name) const;
  std::vector<std::string> names() const { return namesIn({}); }      // sorted
  std::vector<std::string> namesIn(const std::string& below) const;  // of a folder in it

 private:
  std::string path_;
};

// A shop with one service: `rate` customers a second, 10 ms of work each, one worker per endpoint, three endpoints.
std::string shop(const std::string& rate, const std::string& duration, const std::string& more = {});

}  // namespace meshmall::cli_test
