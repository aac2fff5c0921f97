#include "cli/import_istio.h"

#include <filesystem>

#include "cli/import_kinds.h"
#include "cli/import_traces.h"
#include "models/importers/isotope.h"
#include "models/importers/istio.h"

namespace meshmall::cli {
namespace {

void append(models::ImportResult& out, models::InputFiles& files) {
  out.problems.insert(out.problems.end(), files.problems.begin(), files.problems.end());
  out.unreadable = out.unreadable || files.unreadable;
}

}  // namespace

models::ImportResult importIstioFiles(const ImportOptions& options) {
  models::ImportResult out;
  models::IstioInput input;
  models::InputFiles files = models::readInputFiles(options.files, {".yaml", ".yml", ".json"});
  append(out, files);
  input.files = std::move(files.files);
  input.name = scenarioNameOf(options.files.front());
  for (const std::string& calls : options.calls) {
    std::error_code error;
    const bool file = calls.find("->") == std::string::npos || std::filesystem::is_regular_file(calls, error);
    if (!file) {
      input.calls.push_back({{"--calls", calls}, false});
      continue;
    }
    models::InputFiles one = models::readInputFiles({calls}, {});
    append(out, one);
    for (models::InputFile& text : one.files) input.calls.push_back({std::move(text), true});
  }
  if (!options.load.empty()) {
    models::InputFiles one = models::readInputFiles({options.load}, {".json"});
    append(out, one);
    if (!one.files.empty()) input.load = std::move(one.files.front());
  }
  if (models::hasErrors(out.problems)) return out;
  if (!options.traces.empty()) {
    const std::vector<std::string> spans = traceFilesOf(options.traces);
    if (spans.empty()) {
      out.problems.push_back({options.traces.front(), 0, 0, "", "has no file in it", "", models::Problem::Severity::error, 0, {}});
      return out;
    }
    models::traces::TraceImport traces = models::traces::readTraces(spans);
    if (models::hasErrors(traces.result.problems)) return std::move(traces.result);
    input.traces = std::move(traces);
  }
  return models::importIstio(std::move(input));
}

models::ImportResult importIsotopeFiles(const ImportOptions& options) {
  models::ImportResult out;
  models::InputFiles files = models::readInputFiles(options.files, {".yaml", ".yml", ".json"});
  append(out, files);
  if (models::hasErrors(out.problems)) return out;
  return models::importIsotope(files.files, scenarioNameOf(options.files.front()));
}

}  // namespace meshmall::cli
