// The kinds of `meshmall import KIND` and `meshmall export KIND`: a name, what it takes, and what does it. One line a kind, in import.cpp and export.cpp.
#pragma once

#include <string>

#include "cli/options.h"
#include "models/importers/import_files.h"
#include "models/scenario/scenario.h"

namespace meshmall::cli {

struct ImportKind {
  const char* name;
  const char* does;  // for the help: "Kubernetes, Istio and Gateway API manifests"
  models::ImportKind kind;
  // What of the call's options the kind takes; another one given is refused.
  bool calls = false, load = false, traces = false, words = false;  // words: --name, --question, --duration, --slo
};

// What an exporter makes of a sound scenario.
struct Exported {
  std::string text;
  std::vector<std::string> remarks;  // what could not be said; one line each to stderr
};

struct ExportKind {
  const char* name;
  const char* does;
  // `json` is the scenario's text, `scenario` the same decoded.
  Exported (*write)(const std::string& json, const models::Scenario& scenario);
};

}  // namespace meshmall::cli
