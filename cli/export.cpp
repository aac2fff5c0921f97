#include <fstream>
#include <sstream>
#include <vector>

#include "cli/import_kinds.h"
#include "cli/kinds.h"
#include "cli/output_file.h"
#include "cli/scenario_input.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "models/exporters/call_graph_text.h"
#include "models/importers/istio_yaml.h"

namespace meshmall::cli {
namespace {

Exported writeIstio(const std::string& json, const models::Scenario&) {
  models::IstioYaml yaml = models::istioYaml(json);
  return {std::move(yaml.text), std::move(yaml.remarks)};
}

const std::vector<ExportKind>& exportKinds() {
  static const std::vector<ExportKind> kinds = {
      {"dot", "who calls whom, for Graphviz", [](const std::string&, const models::Scenario& scenario) { return Exported{models::callGraphDot(scenario), {}}; }},
      {"mermaid", "who calls whom, for Markdown pages", [](const std::string&, const models::Scenario& scenario) { return Exported{models::callGraphMermaid(scenario), {}}; }},
      {"istio", "the policies as manifests: Istio, autoscalers, Flagger, Argo Rollouts", writeIstio},
  };
  return kinds;
}

}  // namespace

std::string exportKindsHelp() { return kindsHelp(exportKinds()); }

int exportScenario(const ExportOptions& options) {
  const ExportKind* kind = kindNamed(exportKinds(), options.kind, "export");
  if (kind == nullptr) return code(ExitCode::wrong_input);
  if (const std::string wrong = writtenOverInput(options.out, {options.file}); !wrong.empty()) {
    say("meshmall export: " + wrong);
    return code(ExitCode::wrong_input);
  }
  const ScenarioInput input = readScenario(options.file, {});
  sayProblems(input.problems);
  if (!input.scenario) return code(input.code);
  std::ifstream in(options.file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  const Exported exported = kind->write(text.str(), *input.scenario);
  for (const std::string& remark : exported.remarks) say(options.file + ": warning: " + models::printable(remark, 1000));
  if (options.out.empty()) return code(print(exported.text) ? ExitCode::done : ExitCode::file_trouble);
  if (const auto trouble = writeFile(options.out, exported.text)) {
    say(trouble->message);
    return code(trouble->code);
  }
  return code(ExitCode::done);
}

}  // namespace meshmall::cli
