// The verbs of this version, one file each: what they print and which code they end with.
#pragma once

#include "cli/exit_code.h"
#include "cli/options.h"

namespace meshmall::cli {

// Every problem of every file to stderr; then the prediction of each sound one to stdout.
ExitCode check(const CheckOptions& options);

// One simulation. Gives the code as a number, because an interrupted run ends with 128 + signal.
int run(const RunOptions& options);

// The trip of one customer.
int explain(const ExplainOptions& options);

// The JSON Schema of a scenario.
ExitCode schema();

// Algorithm-level cases: what each comes to, and with `check` whether that is what it expects (a difference: 1).
ExitCode replay(const ReplayOptions& options);

}  // namespace meshmall::cli
