// A VirtualService compiled for one kind of proxy: which rule takes a request. The first rule in list order that matches wins.
//
// Conditions on the proxy (source labels, namespace, gateway, port) are settled when the table is made, those on method, path, query and authority when
// an operation's calls are narrowed, so what is left for each request is its headers, usually nothing. Copies share compiled patterns.
// Source: Istio pilot route translation; spec rollout-traffic-security.md section 2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/random/random_source.h"
#include "models/routing/route.h"
#include "models/routing/string_match.h"

namespace meshmall::models {

// The proxy that asks: a sidecar (gateway empty) with its workload's labels and namespace, or an ingress gateway by name.
struct RouteSource {
  Labels labels;
  std::string ns;          // namespace
  std::string gateway;     // "" : a sidecar, which is the gateway "mesh"
  std::uint32_t port = 0;  // of the listener; 0: not known, conditions on ports do not apply
};

struct RequestLine {
  std::string_view method = "GET";
  std::string_view path;  // may carry a query: "/a?x=1"
  std::string_view authority;
  std::string_view scheme = "http";
};

class RouteTable {
 public:
  RouteTable() = default;  // no rule: nothing matches
  // Prefix paths match whole segments (path-segment prefixes) at ingress gateways and plain text in sidecars.
  RouteTable(const VirtualService& service, const RouteSource& source);

  // The rules left for an operation, in order, with the header conditions that remain to be asked.
  struct Candidate {
    std::uint32_t rule = 0;   // index into VirtualService::http
    std::uint32_t block = 0;  // index into the table's blocks
  };
  using Candidates = std::vector<Candidate>;
  Candidates narrow(const RequestLine& line) const;

  // Index of the rule that takes the request; nothing: no rule does (the proxy answers 404, flag NR).
  std::optional<std::uint32_t> match(const Candidates& candidates, HeaderView headers) const;
  std::optional<std::uint32_t> match(const RequestLine& line, HeaderView headers) const { return match(narrow(line), headers); }
  // True when `match` does not depend on headers: its answer can be kept.
  bool settled(const Candidates& candidates) const;

 private:
  struct Block {
    std::uint32_t rule = 0;
    std::optional<StringMatcher> uri, scheme, method, authority;
    bool uri_prefix_by_segment = false;
    std::vector<std::pair<std::string, StringMatcher>> query;
    std::vector<HeaderMatcher> headers;
  };

  bool linesMatch(const Block& block, const RequestLine& line) const;

  std::vector<Block> blocks_;
};

// The blocks' regular expressions that RE2 refuses: index of the rule, the field, the reason. For the scenario's diagnostics.
struct RouteProblem {
  std::uint32_t rule = 0, block = 0;
  std::string field;  // "uri", "headers.x-user", ...
  std::string message;
};
std::vector<RouteProblem> routeProblems(const VirtualService& service);

// Weighted choice among destinations (spec 2.1): a single one always; entries of weight 0 never; the rest in proportion to the sum.
// The index of the destination; nothing when there is none or all of several have weight 0. `draw` is one 64-bit random number: draw % sum falls
// into the destinations' ranges in list order. The choice knows nothing of health. O(destinations).
std::optional<std::uint32_t> chooseDestination(const std::vector<RouteDestination>& route, std::uint64_t draw);
// False: chooseDestination does not look at the draw.
bool needsDraw(const std::vector<RouteDestination>& route);

// Envoy's mirrored copies go to this authority.
std::string shadowHost(std::string_view host);

}  // namespace meshmall::models
