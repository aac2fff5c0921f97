#include <deque>

#include "cli/prediction_report.h"
#include "cli/scenario_input.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "models/topology/policy_advice.h"

namespace meshmall::cli {

ExitCode check(const CheckOptions& options) {
  ExitCode code = ExitCode::done;
  std::deque<ScenarioInput> inputs;  // the checked files point into these
  std::deque<models::Prediction> predictions;
  std::vector<CheckedFile> checked;
  const Palette palette = paletteForStdout(options.look.no_color);
  const bool text = options.look.format == Format::text;
  bool written = true;
  for (const std::string& file : options.files) {
    const ScenarioInput& input = inputs.emplace_back(readScenario(file, options.choice));
    sayProblems(input.problems);
    code = worse(code, input.code);
    CheckedFile& one = checked.emplace_back();
    one.file = file;
    one.problems = input.problems;
    if (!input.scenario) continue;
    one.scenario = &*input.scenario;
    one.prediction = &predictions.emplace_back(models::predict(*input.scenario, input.graph));
    const auto advice = located(models::policyAdvice({*input.scenario, input.graph, *one.prediction, file}), file);
    sayProblems(advice);
    one.problems.insert(one.problems.end(), advice.begin(), advice.end());
    for (const std::string& warning : overloadWarnings(*input.scenario, *one.prediction)) say(file + ": warning: " + warning);
    if (text && !options.look.quiet)
      written = print((checked.size() > 1 ? "\n" : "") + palette.bold + file + palette.plain + ": no errors\n\n" +
                      predictionText(*input.scenario, *one.prediction, palette)) &&
                written;
  }
  if (!text) written = print(checksJson(checked));
  return written ? code : worse(code, ExitCode::file_trouble);
}

}  // namespace meshmall::cli
