// The kind `traces` of `meshmall import`: what the call's options mean to it.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "models/importers/import_result.h"

namespace meshmall::cli {

models::ImportResult importTraceFiles(const ImportOptions& options);

// Folders stand for the files in them, by name.
std::vector<std::string> traceFilesOf(const std::vector<std::string>& paths);

}  // namespace meshmall::cli
