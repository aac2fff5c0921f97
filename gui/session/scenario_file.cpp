#include "gui/session/scenario_file.h"

#include <charconv>
#include <cmath>

#include "models/mall/mall.h"
#include "models/mall/plan.h"
#include "models/scenario/decode_document.h"
#include "models/scenario/decode_scenario.h"
#include "models/scenario/json_document.h"
#include "models/scenario/sample_file.h"
#include "models/study/settling.h"
#include "models/topology/call_graph.h"
#include "models/topology/policy_advice.h"
#include "models/topology/prediction.h"

namespace meshmall::gui {

namespace {

std::string hashOf(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) out[15 - i] = "0123456789abcdef"[hash >> (4 * i) & 15U];
  return out;
}

std::string brief(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 3).ptr;
  return {text, end};
}

// Problems that know pointers only get their places in the text.
void locate(const std::vector<models::Problem>& found, const std::string& text, const std::string& path, std::vector<models::Problem>& out) {
  if (found.empty()) return;
  models::JsonDocument document;
  const auto root = document.parse(text, path);
  if (!root) return;
  for (const models::Problem& p : found) document.note(models::placeOf(*root, p.pointer), p.pointer, p.message, p.hint, p.severity, p.code);
  const auto located = document.problems();
  out.insert(out.end(), located.begin(), located.end());
}

std::vector<models::Problem> overloads(const models::Scenario& scenario, const models::Prediction& prediction) {
  std::vector<models::Problem> out;
  for (const models::ServicePrediction& s : prediction.services) {
    if (!s.overloaded) continue;
    models::Problem p;
    p.severity = models::Problem::Severity::warning;
    p.pointer = "/services/" + models::pointerToken(s.name);
    p.code = "overload";
    p.message = "gets work for " + brief(s.held) + " workers and has " + brief(s.workers) + " on average";
    p.hint = "its queue grows, or turns requests away, as long as the run lasts";
    out.push_back(std::move(p));
  }
  for (const models::Overload& o : prediction.overloads) {
    if (prediction.services[o.service].overloaded || out.size() >= 20) continue;
    models::Problem p;
    p.severity = models::Problem::Severity::warning;
    p.pointer = "/services/" + models::pointerToken(scenario.services[o.service].name);
    p.code = "overload";
    p.message = "overloaded from " + brief(o.begin.seconds()) + " s to " + brief(o.end.seconds()) + " s" +
                (std::isinf(o.load) ? std::string(" (nobody there)") : " (" + brief(o.load * 100) + " % of its workers)");
    out.push_back(std::move(p));
  }
  return out;
}

}  // namespace

std::string folderOf(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string ScenarioFile::name() const {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

ScenarioFile readScenario(std::string text, const std::string& path, bool advise, std::optional<engine::Duration> warmup) {
  ScenarioFile file;
  file.path = path;
  file.text = std::move(text);
  file.hash = hashOf(file.text);
  models::DecodeResult decoded = models::decodeScenario(file.text, path, folderOf(path));
  file.problems = std::move(decoded.problems);
  if (!decoded.scenario || models::hasErrors(file.problems)) return file;
  const models::CallGraph graph = models::callGraph(*decoded.scenario);
  locate(models::graphProblems(*decoded.scenario, graph, path), file.text, path, file.problems);
  if (models::hasErrors(file.problems)) return file;
  if (!decoded.scenario->run.warmup) {
    decoded.scenario->run.warmup = file.warmup = warmup;
    file.settles = !warmup;
  }
  if (advise) {
    const models::Prediction prediction = models::predict(*decoded.scenario, graph);
    locate(models::policyAdvice({*decoded.scenario, graph, prediction, path}), file.text, path, file.problems);
    locate(overloads(*decoded.scenario, prediction), file.text, path, file.problems);
    models::sortProblems(file.problems);
  }
  if (!file.settles) file.plan = models::makePlan(std::move(*decoded.scenario));
  return file;
}

ScenarioFile settle(const ScenarioFile& file, const std::atomic<bool>& stop) {
  constexpr std::uint64_t kSlice = 10'000;  // events between two looks at `stop`
  const models::DecodeResult decoded = models::decodeScenario(file.text, file.path, folderOf(file.path));
  if (!decoded.scenario) return file;
  const models::Settling found = models::findSettling(*decoded.scenario, 0, 0, [&](models::Mall& pilot, int, int) {
    for (std::uint64_t n = 0; pilot.step(); ++n)
      if (n % kSlice == 0 && stop) return false;
    return true;
  });
  if (found.stopped) return file;
  ScenarioFile out = readScenario(file.text, file.path, true, found.length);
  if (!found.settled) {
    models::Problem p;
    p.severity = models::Problem::Severity::warning;
    p.pointer = "/run/warmup";
    p.code = "warmup";
    p.message = "the run is too short to tell how long it takes to settle; warm-up set to " + brief(found.length.seconds()) + " s";
    locate({p}, out.text, out.path, out.problems);
  }
  return out;
}

ScenarioFile openScenario(const std::string& path) {
  models::FileText read = models::readRegularFile(path, models::kMaxJsonBytes);
  if (!read.error.empty()) {
    ScenarioFile file;
    file.path = path;
    models::Problem problem;
    problem.file = path;
    problem.message = read.error;
    file.problems.push_back(std::move(problem));
    return file;
  }
  return readScenario(std::move(read.text), path);
}

}  // namespace meshmall::gui
