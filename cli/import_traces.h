// The kind `traces` of `meshmall import`: what the call's options mean to it.
#pragma once

#include "cli/options.h"
#include "models/importers/import_result.h"

namespace meshmall::cli {

models::ImportResult importTraceFiles(const ImportOptions& options);

}  // namespace meshmall::cli
