// One file that a verb writes (`import`, `export`), never half-written under its name: written beside its place, flushed, renamed.
// What is there and is no regular file (a device, a pipe) is written to as it is. An empty path: nothing to do with it, that is stdout (terminal.h).
#pragma once

#include <optional>
#include <string>

#include "cli/output_folder.h"

namespace meshmall::cli {

// Replaces the file at `path`, whose folder must be there. Nothing: done.
std::optional<FileTrouble> writeFile(const std::string& path, const std::string& content);

}  // namespace meshmall::cli
