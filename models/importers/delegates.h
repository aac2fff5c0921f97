// Delegates of VirtualServices: a rule of one object whose destinations another object (without hosts) has, and the two put together.
// As Istio does it (pilot, model/virtualservice.go, mergeHTTPRoutes): each rule of the delegate becomes one; a request must meet both conditions, and the delegate's must lie within the root's,
// or its rule is left out; what the delegate's rule does not say (timeout, retries, fault, mirror, rewrite, headers …) is the root's. One level only.
// Limiting case: a delegate without conditions has the root's. Holds JSON by value: include <nlohmann/json.hpp> before it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "models/importers/istio_parts.h"

namespace meshmall::models {

class Delegates {
 public:
  explicit Delegates(const std::vector<Manifest>& manifests);

  // The one that a rule of `m` names; nullptr: none of these files has it.
  const Manifest* find(const Manifest& m, const YamlValue& delegate) const;
  // Does a VirtualService name this one?
  bool isNamed(const Manifest& m) const { return named_.count(m.root) == 1; }
  // Bounds what a few lines can become: the rules and conditions made of delegates, 20,000 of all files together. False: no more.
  bool spend(std::size_t rules);

 private:
  std::map<std::pair<std::string, std::string>, const Manifest*> by_name_;  // (namespace, name)
  std::set<const YamlValue*> named_;
  std::size_t left_ = 20'000;
};

// A rule of the root that delegates, with one of the delegate's. Nothing: its conditions don't lie within the root's.
std::optional<ImportJson> mergedRule(const ImportJson& root, const ImportJson& delegate);

}  // namespace meshmall::models
