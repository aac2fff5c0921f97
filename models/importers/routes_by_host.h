// Rules of several objects for one service whose customers tell them apart by the host they ask for. A VirtualService's hosts and an HTTPRoute's hostnames select by the Host header:
// Envoy takes the most specific host (exact, then the longest wildcard, then "*") and only its rules; a request that none of them takes is answered 404.
// In a mall the host is the header "host" of customers at the entrance, so each rule gets a condition on it. Limiting case: objects with the same hosts, or one alone, need none.
// Source: Istio VirtualService reference, Gateway API HTTPRoute, Envoy's domains of virtual hosts. As istio_parts.h: include <nlohmann/json.hpp> before it.
#pragma once

#include <string>
#include <vector>

#include "models/importers/istio_parts.h"

namespace meshmall::models {

bool isCatchAll(const ImportJson& rule);

// A host that customers of these hosts may ask for: the first, "www" in place of a "*"; empty where any will do.
std::string sampleHost(const std::vector<std::string>& served);

bool differByHost(const std::vector<const RouteDocument*>& documents);
std::vector<ImportJson> rulesByHost(const std::vector<const RouteDocument*>& documents, IstioParts& parts);

// The rule for these gateways alone, and for requests that fulfil `host` (null: all); null where nothing of it is left.
ImportJson onlyFor(ImportJson rule, const std::vector<std::string>& gateways, const ImportJson& host);

}  // namespace meshmall::models
