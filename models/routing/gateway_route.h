// Gateway API's HTTPRoutes of one listener, ordered by precedence: the most specific match takes a request, whatever the order they were written in.
//
// Precedence: host (exact before wildcard, longer first), exact path, longest prefix, method, number of headers, number of query parameters, oldest
// route, its name, its rule, its match. A backend's weight is 1 unless given; one of weight 0 gets nothing; one that does not exist answers 500 for
// its share; no backend, or weights that add up to 0, answer 500 to everything. Limiting case: a route without hosts takes every host.
// Source: Gateway API HTTPRoute; spec rollout-traffic-security.md section 2.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/routing/route_table.h"

namespace meshmall::models {

enum class PathMatchType : std::uint8_t { kPathPrefix, kExact, kRegularExpression };

struct GatewayMatch {
  PathMatchType path_type = PathMatchType::kPathPrefix;
  std::string path = "/";  // a prefix covers whole segments: "/a" takes "/a/b" but not "/ab"
  std::string method;      // empty: any
  std::vector<NamedMatch> headers;
  std::vector<NamedMatch> query_params;
};

struct BackendRef {
  std::string name;
  std::optional<std::uint32_t> weight;  // nothing: 1
  bool valid = true;                    // false: there is no such service, or it may not be referred to

  std::uint32_t effectiveWeight() const { return weight.value_or(1); }
};

struct GatewayRule {
  std::vector<GatewayMatch> matches;  // alternatives; empty: everything
  std::vector<BackendRef> backend_refs;
};

struct GatewayRoute {
  std::string name;                    // namespace/name
  std::int64_t created = 0;            // any clock; the oldest is preferred
  std::vector<std::string> hostnames;  // "shop.example", "*.example"; empty: any
  std::vector<GatewayRule> rules;
};

class GatewayRouteTable {
 public:
  GatewayRouteTable() = default;
  explicit GatewayRouteTable(const std::vector<GatewayRoute>& routes);

  struct Choice {
    std::uint32_t route = 0, rule = 0;
  };
  // What takes a request (line.authority may carry a port); nothing: no rule does, which is answered 404. O(matches).
  std::optional<Choice> match(const RequestLine& line, HeaderView headers) const;

 private:
  struct Entry {
    std::string host;  // without the "*" of a wildcard
    bool wildcard = false;
    PathMatchType path_type = PathMatchType::kPathPrefix;
    std::size_t path_length = 0;
    bool has_method = false;
    std::size_t headers = 0, query_params = 0;
    std::int64_t created = 0;
    std::string name;
    Choice choice;
    RouteTable conditions;
  };
  static bool precedes(const Entry& a, const Entry& b);

  std::vector<Entry> entries_;  // by precedence
};

// The backend of one request by one 64-bit draw (draw % sum of weights, in list order); nothing: answered 500. `draw` matters only with several weights.
std::optional<std::uint32_t> chooseBackend(const std::vector<BackendRef>& backends, std::uint64_t draw);
// The share of the requests of each backend; nothing when every request is answered 500. A backend that is not valid has its share answered 500.
std::optional<std::vector<double>> backendShares(const std::vector<BackendRef>& backends);

}  // namespace meshmall::models
