// Files and folders of a user -> a scenario: what `meshmall import KIND` and the dashboard's preview both do. Reads files, writes none.
// Errors are problems of the result, with file, line and column; with one among them there is no scenario. The same files give the same bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/importers/import_result.h"

namespace meshmall::models {

enum class ImportKind { manifests, traces, isotope };

struct ImportRequest {
  ImportKind kind = ImportKind::manifests;
  std::vector<std::string> files;   // or folders; at least one
  // Of manifests only:
  std::vector<std::string> calls;   // "a -> b, b -> c", or a file (DOT, Kiali's graph)
  std::string load;                 // file with a `traffic` list; empty: none
  std::vector<std::string> traces;  // files or folders
  // Of traces only; empty: what the files say, or a default.
  std::string name, question, duration;
  std::vector<std::string> slos;
};

ImportResult importFiles(const ImportRequest& request);

// What a file or folder looks like, by its ending and its first 64 KiB: a folder and YAML are manifests, YAML of services without an "apiVersion" is Isotope's graph,
// CSV and JSON with spans are traces. Nothing: none of these, as a scenario or a result, or it cannot be read.
std::optional<ImportKind> importKindOf(const std::string& path);

// A scenario's name from the first file's or folder's: without folders and ending.
std::string scenarioNameOf(const std::string& path);

}  // namespace meshmall::models
