// The verbs of this version, one file each: what they print and which code they end with.
#pragma once

#include <string>

#include "cli/exit_code.h"
#include "cli/options.h"

namespace meshmall::cli {

// Every problem of every file to stderr; then the prediction of each sound one to stdout.
ExitCode check(const CheckOptions& options);

// One simulation. Gives the code as a number, because an interrupted run ends with 128 + signal.
int run(const RunOptions& options);

// The trip of one customer.
int explain(const ExplainOptions& options);

// The JSON Schema of a scenario, or of a study.
ExitCode schema(bool of_study);

// All runs of a study, or a shard's share of them; goes on where an interrupted one stopped. 128 + signal when it is interrupted.
int batch(const BatchOptions& options);

// Shards put together: the results of the single run.
int merge(const MergeOptions& options);

// Algorithm-level cases: what each comes to, and with `check` whether that is what it expects (a difference: 1).
ExitCode replay(const ReplayOptions& options);

// Two scenarios, folders of them, or results, by their rules: verdicts, and 1 where a rule fails.
int compare(const CompareOptions& options);

// The best of a study's variants, with a guarantee.
int rank(const RankOptions& options);

// How many replications a study's gates need, from a pilot.
int plan(const PlanOptions& options);

// A scenario from what users already have, with an account of what was read, guessed and not modelled.
int importScenario(const ImportOptions& options);
std::string importKindsHelp();  // one line a kind

// A scenario's policies or its call graph in a form that other tools read.
int exportScenario(const ExportOptions& options);
std::string exportKindsHelp();

}  // namespace meshmall::cli
