// Kubernetes objects out of YAML documents: kind, name, namespace and body. Lists (`kind: List`, `PodList`, …) are unpacked; an object given twice counts as the last one,
// as `kubectl apply` would have it. A document that is no object is an error.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "models/importers/import_context.h"

namespace meshmall::models {

struct Manifest {
  std::string group;  // "apps", "networking.istio.io"; empty: the core
  std::string version, kind, name, name_space;
  YamlPlace at;
  const YamlValue* root = nullptr;

  const YamlValue* spec() const { return root->find("spec"); }
  bool is(std::string_view wanted_group, std::string_view wanted_kind) const { return group == wanted_group && kind == wanted_kind; }
};

// The objects of all documents, in their order. `documents` must outlive them. `found`, by file: what is no object there is a warning, since a folder holds other things too.
std::vector<Manifest> manifestsOf(const std::deque<YamlValue>& documents, const std::vector<bool>& found, ImportContext& context);

}  // namespace meshmall::models
