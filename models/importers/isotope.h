// `import isotope`: a service graph in the format of Istio's Isotope (istio/tools) -> a scenario. Scripts become steps: sleep waits, call calls, a list within is done in parallel.
// Limiting cases: a service without a script answers at once; a graph without an entry point gets customers at the services that nobody calls.
#pragma once

#include <string>
#include <vector>

#include "models/importers/import_result.h"
#include "models/importers/input_files.h"

namespace meshmall::models {

// From memory. `name`: of the scenario.
ImportResult importIsotope(const std::vector<InputFile>& files, const std::string& name);

}  // namespace meshmall::models
