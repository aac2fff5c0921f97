// The adapters behind replayRollout, one for each algorithm of the case files.
#pragma once

#include <vector>

#include "cli/replay/adapter_table.h"

namespace meshmall::cli {

std::vector<CaseAdapter> flaggerAdapters();  // rollout_flagger.cpp
std::vector<CaseAdapter> argoAdapters();     // rollout_argo.cpp
std::vector<CaseAdapter> kayentaAdapters();  // rollout_kayenta.cpp

}  // namespace meshmall::cli
