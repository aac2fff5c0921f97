#include "cli/import_traces.h"

#include <algorithm>
#include <filesystem>

#include "models/importers/traces/import_traces.h"
#include "models/scenario/decode_scenario.h"
#include "models/topology/call_graph.h"

namespace meshmall::cli {
namespace {

std::string nameOf(const std::string& path) {
  const std::string stem = std::filesystem::path(path).stem().string();
  return stem.empty() ? "imported" : models::printable(stem, 100);
}

}  // namespace

std::vector<std::string> traceFilesOf(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      out.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
      if (entry.is_regular_file(error)) inside.push_back(entry.path().string());
    std::sort(inside.begin(), inside.end());
    out.insert(out.end(), inside.begin(), inside.end());
  }
  return out;
}

models::ImportResult importTraceFiles(const ImportOptions& options) {
  models::traces::TraceImportOptions call;
  call.files = traceFilesOf(options.files);
  call.words.name = options.name.empty() ? nameOf(options.files.front()) : options.name;
  call.words.description = options.question;
  call.words.duration = options.duration;
  call.words.slos = options.slos;
  models::ImportResult out;
  if (call.files.empty()) {
    out.problems.push_back({options.files.front(), 0, 0, "", "has no file in it", "", models::Problem::Severity::error, 0, {}});
    return out;
  }
  out = models::traces::importTraces(call).result;
  if (out.scenario.empty()) return out;
  // What the call gave (names, limits, a length) may not be what a scenario takes; what was worked out must be.
  models::DecodeResult decoded = models::decodeScenario(out.scenario, "the imported scenario", "");
  if (decoded.scenario) {  // services that call each other in a circle: traces may hold that, a mall may not
    decoded.problems = models::graphProblems(*decoded.scenario, models::callGraph(*decoded.scenario), "the imported scenario");
    if (models::hasErrors(decoded.problems)) decoded.scenario.reset();
  }
  for (const models::Problem& problem : decoded.problems)
    if (problem.severity == models::Problem::Severity::error) out.problems.push_back(problem);
  if (!decoded.scenario) out.scenario.clear();
  return out;
}

}  // namespace meshmall::cli
