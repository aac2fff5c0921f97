// `import istio` and `import isotope`: read the call's files and hand them to the importers.
#pragma once

#include "cli/options.h"
#include "models/importers/import_result.h"

namespace meshmall::cli {

models::ImportResult importIstioFiles(const ImportOptions& options);
models::ImportResult importIsotopeFiles(const ImportOptions& options);

}  // namespace meshmall::cli
