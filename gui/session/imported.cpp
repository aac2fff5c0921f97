#include "gui/session/imported.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <numeric>

#include "engine/report/number_text.h"
#include "engine/report/shell_word.h"
#include "models/mall/plan.h"

namespace meshmall::gui {

using engine::shellWord;

Imported importForALook(const models::ImportRequest& request) {
  Imported out;
  out.result = models::importFiles(request);
  if (!out.result.scenario.empty()) out.scenario = readScenario(out.result.scenario, models::scenarioNameOf(request.files.front()) + ".json");
  return out;
}

namespace {

std::string counted(std::size_t n, const char* one, const char* many) { return std::to_string(n) + " " + (n == 1 ? one : many); }

}  // namespace

std::string contentsOf(const ScenarioFile& file) {
  const models::Scenario& scenario = file.plan->scenario;
  std::size_t endpoints = 0;
  for (const models::Service& service : scenario.services)
    for (const models::Version& version : service.versions) endpoints += std::accumulate(version.replicas.begin(), version.replicas.end(), std::size_t{0});
  return counted(scenario.services.size(), "service", "services") + " with " + counted(endpoints, "endpoint", "endpoints") + ", customers of " +
         counted(scenario.traffic.size(), "kind", "kinds") + ", " + engine::secondsText(scenario.run.duration.seconds());
}

std::optional<Place> placeIn(const std::string& sentence) {
  for (std::size_t colon = sentence.find(':'); colon != std::string::npos; colon = sentence.find(':', colon + 1)) {
    std::size_t digits = colon + 1;
    while (digits < sentence.size() && digits - colon < 10 && std::isdigit(static_cast<unsigned char>(sentence[digits])) != 0) ++digits;
    if (digits == colon + 1) continue;
    // A name may hold spaces: the longest that is a file.
    for (std::size_t begin = 0; begin < colon; ++begin) {
      if (begin > 0 && sentence[begin - 1] != ' ' && sentence[begin - 1] != '(') continue;
      const std::string name = sentence.substr(begin, colon - begin);
      std::error_code error;
      if (std::filesystem::is_regular_file(name, error)) return Place{name, static_cast<std::uint32_t>(std::stoul(sentence.substr(colon + 1, digits - colon - 1)))};
    }
  }
  return std::nullopt;
}

std::string importCommand(const models::ImportRequest& request, const std::string& target) {
  const char* kind = request.kind == models::ImportKind::traces ? "traces" : request.kind == models::ImportKind::isotope ? "isotope" : "istio";
  std::string line = std::string("meshmall import ") + kind;
  for (const std::string& file : request.files) line += " " + shellWord(file);
  if (request.kind == models::ImportKind::manifests) {
    for (const std::string& calls : request.calls) line += " --calls " + shellWord(calls);
    if (!request.load.empty()) line += " --load " + shellWord(request.load);
    for (const std::string& traces : request.traces) line += " --traces " + shellWord(traces);
  }
  return line + " -o " + shellWord(target);
}

}  // namespace meshmall::gui
