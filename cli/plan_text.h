// How many replications a study needs, for people at a terminal: one line a rule, then what that comes to in runs and in time.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "models/study/replication_need.h"

namespace meshmall::cli {

std::string planText(const models::PlanReport& report, const Palette& palette);

}  // namespace meshmall::cli
