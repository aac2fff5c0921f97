#include "models/importers/import_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "models/importers/input_files.h"
#include "models/importers/isotope.h"
#include "models/importers/istio.h"
#include "models/importers/traces/import_traces.h"
#include "models/scenario/decode_scenario.h"
#include "models/topology/call_graph.h"

namespace meshmall::models {
namespace {

namespace fs = std::filesystem;

void append(ImportResult& out, InputFiles& files) {
  out.problems.insert(out.problems.end(), files.problems.begin(), files.problems.end());
  out.unreadable = out.unreadable || files.unreadable;
}

Problem errorOf(const std::string& file, const std::string& message) {
  Problem problem;
  problem.file = file;
  problem.message = message;
  return problem;
}

// Folders stand for the files in them, by name.
std::vector<std::string> traceFilesOf(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      out.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : fs::directory_iterator(path, error))
      if (entry.is_regular_file(error)) inside.push_back(entry.path().string());
    std::sort(inside.begin(), inside.end());
    out.insert(out.end(), inside.begin(), inside.end());
  }
  return out;
}

void readCalls(const std::vector<std::string>& calls, IstioInput& input, ImportResult& out) {
  for (const std::string& text : calls) {
    std::error_code error;
    const bool file = text.find("->") == std::string::npos || fs::is_regular_file(text, error);
    if (!file) {
      input.calls.push_back({{"--calls", text}, false});
      continue;
    }
    InputFiles one = readInputFiles({text}, {});
    append(out, one);
    for (InputFile& read : one.files) input.calls.push_back({std::move(read), true});
  }
}

ImportResult importManifests(const ImportRequest& request) {
  ImportResult out;
  IstioInput input;
  InputFiles files = readInputFiles(request.files, {".yaml", ".yml", ".json"});
  append(out, files);
  input.files = std::move(files.files);
  input.name = scenarioNameOf(request.files.front());
  readCalls(request.calls, input, out);
  if (!request.load.empty()) {
    InputFiles one = readInputFiles({request.load}, {".json"});
    append(out, one);
    if (!one.files.empty()) input.load = std::move(one.files.front());
  }
  if (hasErrors(out.problems)) return out;
  if (!request.traces.empty()) {
    const std::vector<std::string> spans = traceFilesOf(request.traces);
    if (spans.empty()) {
      out.problems.push_back(errorOf(request.traces.front(), "has no file in it"));
      return out;
    }
    traces::TraceImport read = traces::readTraces(spans);
    if (hasErrors(read.result.problems)) return std::move(read.result);
    input.traces = std::move(read);
  }
  return importIstio(std::move(input));
}

ImportResult importIsotopeFiles(const ImportRequest& request) {
  ImportResult out;
  InputFiles files = readInputFiles(request.files, {".yaml", ".yml", ".json"});
  append(out, files);
  if (hasErrors(out.problems)) return out;
  return importIsotope(files.files, scenarioNameOf(request.files.front()));
}

// A fault of a scenario that nobody has seen yet, as one of what was given: an option, or the traces, which may hold more than a scenario takes.
Problem asGiven(const Problem& found, const ImportRequest& request) {
  const auto below = [&](const char* pointer) { return found.pointer.rfind(pointer, 0) == 0; };
  for (const auto& [pointer, option] : {std::pair{"/slos", "--slo"}, {"/run/duration", "--duration"}, {"/name", "--name"}})
    if (below(pointer)) {
      Problem out = errorOf(option, found.message);
      out.hint = found.hint;
      return out;
    }
  if (found.message.find("circle") != std::string::npos) return errorOf(request.files.front(), "cannot be a mall: " + found.message);
  Problem out = errorOf(request.files.front(), "holds more than a scenario takes: " + (found.pointer.empty() ? "" : found.pointer + ": ") + found.message);
  out.hint = "import fewer traces at once";
  return out;
}

ImportResult importTraceFiles(const ImportRequest& request) {
  traces::TraceImportOptions call;
  call.files = traceFilesOf(request.files);
  call.words.name = request.name.empty() ? scenarioNameOf(request.files.front()) : request.name;
  call.words.description = request.question;
  call.words.duration = request.duration;
  call.words.slos = request.slos;
  ImportResult out;
  if (call.files.empty()) {
    out.problems.push_back(errorOf(request.files.front(), "has no file in it"));
    return out;
  }
  out = traces::importTraces(call).result;
  if (out.scenario.empty()) return out;
  // What the request gave (names, limits, a length) may not be what a scenario takes; what was worked out must be.
  DecodeResult decoded = decodeScenario(out.scenario, "the imported scenario", "");
  if (decoded.scenario) {  // services that call each other in a circle: traces may hold that, a mall may not
    decoded.problems = graphProblems(*decoded.scenario, callGraph(*decoded.scenario), "the imported scenario");
    if (hasErrors(decoded.problems)) decoded.scenario.reset();
  }
  for (const Problem& problem : decoded.problems)
    if (problem.severity == Problem::Severity::error) out.problems.push_back(asGiven(problem, request));
  if (!decoded.scenario) out.scenario.clear();
  return out;
}

bool hasAny(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&text](const char* word) { return text.find(word) != std::string::npos; });
}

}  // namespace

ImportResult importFiles(const ImportRequest& request) {
  switch (request.kind) {
    case ImportKind::manifests: return importManifests(request);
    case ImportKind::traces: return importTraceFiles(request);
    case ImportKind::isotope: return importIsotopeFiles(request);
  }
  return {};
}

std::optional<ImportKind> importKindOf(const std::string& path) {
  constexpr std::size_t kLookedAt = 64 * 1024;
  std::error_code error;
  if (fs::is_directory(path, error)) return ImportKind::manifests;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  std::string text(kLookedAt, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const std::string ending = fs::path(path).extension().string();
  if (ending == ".csv") return ImportKind::traces;
  if (ending == ".yaml" || ending == ".yml") return hasAny(text, {"apiVersion", "kind:"}) || !hasAny(text, {"services:"}) ? ImportKind::manifests : ImportKind::isotope;
  if (hasAny(text, {"\"meshmall\"", "\"meshmallStudy\"", "\"meshmallResult\"", "\"meshmallResults\""})) return std::nullopt;
  if (hasAny(text, {"\"resourceSpans\"", "\"traceID\"", "\"traceId\"", "\"spanID\""})) return ImportKind::traces;
  if (hasAny(text, {"\"apiVersion\""})) return ImportKind::manifests;
  return std::nullopt;
}

std::string scenarioNameOf(const std::string& path) {
  fs::path name(path);
  if (!name.has_filename()) name = name.parent_path();
  const std::string stem = name.stem().string();
  if (path.rfind("/dev/", 0) == 0 || path.rfind("/proc/", 0) == 0) return "imported";  // a pipe of the shell's
  return stem.empty() || stem == "." || stem == ".." || stem == "-" ? "imported" : printable(stem, 100);
}

}  // namespace meshmall::models
