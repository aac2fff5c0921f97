#include "cli/terminal.h"
#include "cli/verbs.h"
#include "models/scenario/scenario_schema.h"

namespace meshmall::cli {

ExitCode schema(bool of_study) { return print(of_study ? models::studySchema() : models::scenarioSchema()) ? ExitCode::done : ExitCode::file_trouble; }

}  // namespace meshmall::cli
