// One file that a verb writes (`import`, `export`), never half-written under its name: written beside its place, flushed, renamed.
// What is there and is no regular file (a device, a pipe) is written to as it is. An empty path: nothing to do with it, that is stdout (terminal.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/output_folder.h"

namespace meshmall::cli {

// Replaces the file at `path`, whose folder must be there. Nothing: done.
std::optional<FileTrouble> writeFile(const std::string& path, const std::string& content);

// Whether something is about to be written over what is read: a sentence that says so, or an empty one. Files are the same by what they are, not by their names.
std::string writtenOverInput(const std::string& path, const std::vector<std::string>& inputs);

}  // namespace meshmall::cli
