// VirtualServices on their way out: one for each service and place; those of several services that meet under the same hosts of the same Gateways become one.
// Istio would ask the rules of the older object first, so that its catch-all hides the younger's (Istio, "Traffic Management Best Practices", virtual services for one host in several objects).
// Limiting case: services under hosts of their own stay as they are. Holds JSON by value: include <nlohmann/json.hpp> before it.
#pragma once

#include <string>
#include <vector>

#include "models/importers/istio_parts.h"

namespace meshmall::models {

struct RouteObject {
  std::string service, home;  // its key in the scenario; its host, as the rules' destinations name it
  std::string name, name_space;
  std::vector<std::string> hosts, gateways;
  ImportJson rules;
};

// Joins them, rules with conditions before those for all requests. Says in `remarks` what it joined, and what meets but cannot be joined.
void joinRoutes(std::vector<RouteObject>& routes, std::vector<std::string>& remarks);

}  // namespace meshmall::models
