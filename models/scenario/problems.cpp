#include "models/scenario/problems.h"

#include <algorithm>
#include <tuple>

#include "models/scenario/utf8.h"

namespace meshmall::models {

namespace {

bool unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void appendHex(std::string& out, unsigned value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[(value >> shift) & 0xf];
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (out.size() >= limit) return out + "...";
    const Utf8 c = decodeUtf8(text, i);
    if (c.length == 0) {
      out += "\\x";
      appendHex(out, static_cast<unsigned char>(text[i]), 2);
      ++i;
      continue;
    }
    if (unsafe(c.point)) {
      out += "\\u";
      appendHex(out, static_cast<unsigned>(c.point), 4);
    } else {
      out += text.substr(i, c.length);
    }
    i += c.length;
  }
  return out;
}

std::string inQuotes(std::string_view text) { return '"' + printable(text) + '"'; }

std::string textOf(const Problem& problem) {
  std::string out = printable(problem.file, 4096);
  if (problem.line > 0) out += ':' + std::to_string(problem.line) + ':' + std::to_string(problem.column);
  out += ": ";
  if (problem.severity == Problem::Severity::warning) out += problem.code.empty() ? "warning: " : "warning [" + problem.code + "]: ";
  if (!problem.pointer.empty()) out += printable(problem.pointer, 1024) + ": ";
  out += printable(problem.message, 4096);
  if (!problem.hint.empty()) out += "; " + printable(problem.hint, 1024);
  return out;
}

void sortProblems(std::vector<Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.source, a.line, a.column) < std::tie(b.source, b.line, b.column);
  });
  const auto same = [](const Problem& a, const Problem& b) {
    return std::tie(a.source, a.line, a.column, a.message, a.severity) == std::tie(b.source, b.line, b.column, b.message, b.severity);
  };
  problems.erase(std::unique(problems.begin(), problems.end(), same), problems.end());
}

bool hasErrors(const std::vector<Problem>& problems) {
  return std::any_of(problems.begin(), problems.end(), [](const Problem& p) { return p.severity == Problem::Severity::error; });
}

}  // namespace meshmall::models
