// The adapters behind replayMeshPolicies, one for each algorithm of the case files.
#pragma once

#include <vector>

#include "cli/replay/adapter_table.h"

namespace meshmall::cli {

std::vector<CaseAdapter> securityAdapters();   // mesh_security.cpp
std::vector<CaseAdapter> scalingAdapters();    // mesh_scaling.cpp
std::vector<CaseAdapter> discoveryAdapters();  // mesh_discovery.cpp
std::vector<CaseAdapter> routingAdapters();    // mesh_routing.cpp

}  // namespace meshmall::cli
