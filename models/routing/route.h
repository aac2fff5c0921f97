// Istio's VirtualService, HTTP part, as plain values: what the scenario decoder fills and the route table (route_table.h) compiles.
// Names and meanings are Istio's. Limiting cases: a rule without match takes everything; a route with one destination ignores its weight.
// Source: Istio virtual_service.proto, route.go; spec rollout-traffic-security.md section 2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "models/resilience/fault_injection.h"
#include "models/resilience/fraction.h"
#include "models/resilience/retry_policy.h"
#include "models/routing/rewrite.h"
#include "models/routing/string_match.h"

namespace meshmall::models {

using Labels = std::vector<std::pair<std::string, std::string>>;  // sorted by key

// A condition on a named thing: header (without regard to case) or query parameter (with). kPresent: it only has to be there.
struct NamedMatch {
  std::string name;
  StringMatch match;
};

// All conditions of a block hold together; the blocks of a rule are alternatives.
struct HttpMatch {
  std::string name;
  std::optional<StringMatch> uri;  // path without query
  std::optional<StringMatch> scheme;
  std::optional<StringMatch> method;
  std::optional<StringMatch> authority;
  bool ignore_uri_case = false;  // of exact and prefix
  std::vector<NamedMatch> headers;
  std::vector<NamedMatch> without_headers;
  std::vector<NamedMatch> query_params;
  // About the proxy that asks, not about the request: a block that does not apply there is left out of its table.
  Labels source_labels;
  std::string source_namespace;       // empty: any
  std::vector<std::string> gateways;  // empty: as the VirtualService says
  std::uint32_t port = 0;             // 0: any
};

struct HeaderOperations {
  Labels set;  // replace
  Labels add;  // append
  std::vector<std::string> remove;

  bool empty() const { return set.empty() && add.empty() && remove.empty(); }
};

struct Headers {
  HeaderOperations request;
  HeaderOperations response;
};

struct Destination {
  std::string host;
  std::string subset;      // empty: all of the service
  std::uint32_t port = 0;  // 0: the service's
};

struct RouteDestination {
  Destination destination;
  std::uint32_t weight = 0;
  Headers headers;
};

struct Mirror {
  Destination destination;
  Fraction percentage{100, 100};  // Istio: not given = everything; ofPercent(0) = nothing
};

struct DirectResponse {  // answered by the proxy itself, a redirect too; takes precedence over `route`
  int status = 200;
};

struct HttpRoute {
  std::string name;
  std::vector<HttpMatch> match;  // empty: everything
  std::vector<RouteDestination> route;
  std::optional<DirectResponse> direct_response;
  Rewrite rewrite;
  engine::Duration timeout{0};         // 0: none. Covers all tries and waits
  std::optional<RetryPolicy> retries;  // nothing: the default's (scenario `mesh.defaults`, else istioDefaultRetryPolicy)
  std::optional<FaultConfig> fault;
  std::vector<Mirror> mirrors;
  Headers headers;
};

struct VirtualService {
  std::vector<std::string> hosts;
  std::vector<std::string> gateways;  // empty: {"mesh"}, the sidecars
  std::vector<HttpRoute> http;        // the first that matches
};

// A VirtualService matches ingress gateways under their names and every sidecar under this one.
inline constexpr const char* kMeshGateway = "mesh";

}  // namespace meshmall::models
