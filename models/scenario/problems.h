// Problems found in a scenario: where (file, line, column, JSON pointer), what, and what to do about it.
// Lines and columns count from 1; a column counts code points, a tab is one, a byte order mark none. Line 0: the problem is with the file as a whole.
// The text form is one line a problem, safe to print: control and text-direction characters of the input are escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meshmall::models {



struct Problem {
  enum class Severity : std::uint8_t { error, warning };

  std::string file;
  std::uint32_t line = 0, column = 0;
  std::string pointer;  // RFC 6901; empty: the whole document
  std::string message, hint;
  Severity severity = Severity::error;
  std::uint32_t source = 0;  // 0: the file; then the overrides in their order (sorts before line and column)
  std::string code = {};     // of an advice on policies: "ejection-cap"; the message is the reason then, the hint the cure
};

// `scenario.json:14:22: /services/bakery/versions/v1/replicas: must be at least 1 (got 0)`; a hint follows after "; ", a warning says so before the pointer,
// with its code: `warning [ejection-cap]: `.
std::string textOf(const Problem& problem);

// By source, line, column; equal places keep their order. Exact repetitions are dropped.
void sortProblems(std::vector<Problem>& problems);

bool hasErrors(const std::vector<Problem>& problems);

// The text with control characters (C0, C1, DEL), text-direction marks and bytes that are not UTF-8 written as \uXXXX or \xXX, cut after `limit` bytes with "...".
std::string printable(std::string_view text, std::size_t limit = 120);

// `"text"`, printable.
std::string inQuotes(std::string_view text);

}  // namespace meshmall::models
