// Delegates of VirtualServices: a rule of one object whose destinations another object (without hosts) has, and the two put together.
// As Istio does it (pilot, model/virtualservice.go, mergeHTTPRoutes): each rule of the delegate becomes one; a request must meet both conditions, and the delegate's must lie within the root's,
// or its rule is left out; what the delegate's rule does not say (timeout, retries, fault, mirror, rewrite, headers …) is the root's. One level only.
// Limiting case: a delegate without conditions has the root's. Holds JSON by value: include <nlohmann/json.hpp> before it.
#pragma once

#include <optional>
#include <string>

#include "models/importers/istio_parts.h"

namespace meshmall::models {

// The delegate that a rule of `m` names; nullptr: none of these files has it.
const Manifest* findDelegate(const Manifest& m, const YamlValue& delegate, const std::vector<Manifest>& manifests);
// Does any VirtualService name it?
bool isDelegated(const Manifest& m, const std::vector<Manifest>& manifests);

// A rule of the root that delegates, with one of the delegate's. Nothing: its conditions don't lie within the root's.
std::optional<ImportJson> mergedRule(const ImportJson& root, const ImportJson& delegate);

}  // namespace meshmall::models
