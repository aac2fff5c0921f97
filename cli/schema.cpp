#include "cli/terminal.h"
#include "cli/verbs.h"
#if __has_include("models/scenario/scenario_schema.h")
#include "models/scenario/scenario_schema.h"
#endif

namespace meshmall::cli {

ExitCode schema() {
#if __has_include("models/scenario/scenario_schema.h")
  return print(models::scenarioSchema()) ? ExitCode::done : ExitCode::file_trouble;
#else
  say("meshmall schema: not part of this version yet");
  return ExitCode::wrong_input;
#endif
}

}  // namespace meshmall::cli
