// A ranking for people at a terminal: at each sweep point a table of the variants, best first, and in one sentence which to choose and how sure that is.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "models/study/ranking.h"

namespace meshmall::cli {

std::string rankText(const models::RankReport& report, const Palette& palette);

}  // namespace meshmall::cli
