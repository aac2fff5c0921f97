#include "models/scenario/problems.h"

#include <algorithm>
#include <tuple>

#include "engine/report/escaping.h"

namespace meshmall::models {

std::string printable(std::string_view text, std::size_t limit) { return engine::printable(text, limit); }

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
