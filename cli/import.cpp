#include <vector>

#include "cli/import_kinds.h"
#include "cli/kinds.h"
#include "cli/output_file.h"
#include "cli/scenario_input.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

namespace meshmall::cli {
namespace {

const std::vector<ImportKind>& importKinds() {
  static const std::vector<ImportKind> kinds = {
      {"traces", "distributed traces: Jaeger, OTLP or Zipkin JSON, or CSV", models::ImportKind::traces, false, false, false, true},
      {"istio", "manifests of Kubernetes, Istio, Gateway API, Flagger, Argo Rollouts", models::ImportKind::manifests, true, true, true},
      {"isotope", "a service graph in the format of Istio's Isotope", models::ImportKind::isotope, false, false, false},
  };
  return kinds;
}

std::string listed(const char* title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return "";
  std::string text = std::string(title) + "\n";
  for (const std::string& sentence : sentences) text += "  " + models::printable(sentence, 1000) + "\n";
  return text;
}

std::string reportText(const models::ImportNotes& notes) {
  return listed("read", notes.read) + listed("guessed", notes.guessed) + listed("not modelled", notes.not_modelled);
}

// What is wrong with the call itself, if anything.
std::string wrongCall(const ImportOptions& options, const ImportKind& kind) {
  const std::string name = std::string("import ") + kind.name;
  if (!options.calls.empty() && !kind.calls) return name + " takes no --calls: its files say who calls whom";
  if (!options.load.empty() && !kind.load) return name + " takes no --load";
  const bool words = !options.name.empty() || !options.question.empty() || !options.duration.empty() || !options.slos.empty();
  if (words && !kind.words) return name + " takes no --name, --question, --duration or --slo";
  if (!options.traces.empty() && !kind.traces) return name + " takes no --traces" + (options.kind == "traces" ? ": its files are the traces" : ": they go with manifests");
  return "";
}

}  // namespace

std::string importKindsHelp() { return kindsHelp(importKinds()); }

int importScenario(const ImportOptions& options) {
  const ImportKind* kind = kindNamed(importKinds(), options.kind, "import");
  if (kind == nullptr) return code(ExitCode::wrong_input);
  if (const std::string wrong = wrongCall(options, *kind); !wrong.empty()) {
    say("meshmall import: " + wrong);
    return code(ExitCode::wrong_input);
  }
  std::vector<std::string> inputs = options.files;
  inputs.insert(inputs.end(), options.calls.begin(), options.calls.end());
  inputs.insert(inputs.end(), options.traces.begin(), options.traces.end());
  inputs.push_back(options.load);
  if (const std::string wrong = writtenOverInput(options.out, inputs); !wrong.empty()) {
    say("meshmall import: " + wrong);
    return code(ExitCode::wrong_input);
  }
  const models::ImportResult result =
      models::importFiles({kind->kind, options.files, options.calls, options.load, options.traces, options.name, options.question, options.duration, options.slos});
  sayProblems(result.problems);
  if (result.scenario.empty()) return code(result.unreadable ? ExitCode::file_trouble : ExitCode::wrong_input);
  const std::string report = reportText(result.notes);
  if (options.out.empty()) {
    if (!options.look.quiet && !report.empty()) say(report.substr(0, report.size() - 1));
    return code(print(result.scenario) ? ExitCode::done : ExitCode::file_trouble);
  }
  if (const auto trouble = writeFile(options.out, result.scenario)) {
    say(trouble->message);
    return code(trouble->code);
  }
  if (options.look.quiet) return code(ExitCode::done);
  const std::string next = "written: " + options.out + "\nnext: meshmall check " + shellWord(options.out) + "; meshmall run " + shellWord(options.out) + "\n";
  return code(print(report + next) ? ExitCode::done : ExitCode::file_trouble);
}

}  // namespace meshmall::cli
