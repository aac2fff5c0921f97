// `import istio`: manifests of Kubernetes, Istio, Gateway API, Flagger and Argo Rollouts -> a scenario.
// What manifests don't say gets stated defaults: who calls whom (unless told), how long a request takes, how many customers come. See docs/reference/import.md.
// Limiting cases: routing rules without workloads make services of one endpoint; a service that nobody is known to call gets customers of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/importers/import_result.h"
#include "models/importers/input_files.h"
#include "models/importers/traces/import_traces.h"

namespace meshmall::models {

struct CallSource {
  InputFile text;     // the list itself, or a file's content
  bool file = false;  // DOT or Kiali's JSON
};

struct IstioInput {
  std::vector<InputFile> files;
  std::vector<CallSource> calls;
  std::optional<InputFile> load;  // JSON: a `traffic` list, bare, or as a member of an object
  std::string name;               // of the scenario
  std::optional<traces::TraceImport> traces = {};  // read, without errors: calls, times and customers of the same services
};

// From memory: reads no file.
ImportResult importIstio(IstioInput input);

}  // namespace meshmall::models
