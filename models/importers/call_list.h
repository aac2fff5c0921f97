// Who calls whom, as people and tools write it: "productpage -> details, productpage -> reviews -> ratings", a Graphviz DOT file, or a graph that Kiali exports as JSON.
// A name is a service, a workload (then only that version calls), either with "/operation": "web -> cart/GET /items". "?" behind a name: the caller does without it.
// Names are not resolved here. A Kiali edge's rate, relative to what reaches its caller, becomes a probability or a number of times.
#pragma once

#include <string>
#include <vector>

#include "models/importers/import_context.h"

namespace meshmall::models {

struct CallEnd {
  std::string name, name_space;  // the namespace is empty where nobody says it
  std::string operation;         // empty: not said
};

struct NamedCall {
  CallEnd from, to;
  bool optional = false;
  double times = 1;  // calls a request, on average: below 1 a probability
  YamlPlace at;      // file: position among the context's files
  bool from_entrance = false;  // customers come to `to` through the gateway
};

// The list on the command line. `at`: what problems call it.
std::vector<NamedCall> callsOfText(const std::string& text, const YamlPlace& at, ImportContext& context);
// A file: JSON is Kiali's, anything else DOT.
std::vector<NamedCall> callsOfFile(const std::string& text, std::uint32_t file, const std::string& name, ImportContext& context);

}  // namespace meshmall::models
