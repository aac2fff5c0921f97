#include "models/routing/gateway_route.h"

#include <algorithm>
#include <tuple>

namespace meshmall::models {
namespace {

constexpr const char* kListener = "listener";

// The conditions of one match as a VirtualService of an ingress gateway, whose prefixes cover whole segments too.
RouteTable conditionsOf(const GatewayMatch& match) {
  HttpMatch block;
  StringMatch path{StringMatchKind::kPrefix, match.path, false};
  if (match.path_type == PathMatchType::kExact) path.kind = StringMatchKind::kExact;
  if (match.path_type == PathMatchType::kRegularExpression) path.kind = StringMatchKind::kRegex;
  // A trailing slash of a prefix says nothing: "/a/" takes "/a" as well.
  if (path.kind == StringMatchKind::kPrefix) {
    while (!path.value.empty() && path.value.back() == '/') path.value.pop_back();
  }
  block.uri = path;
  if (!match.method.empty()) block.method = StringMatch{StringMatchKind::kExact, match.method, false};
  block.headers = match.headers;
  block.query_params = match.query_params;
  VirtualService service;
  service.gateways = {kListener};
  HttpRoute rule;
  rule.match.push_back(std::move(block));
  service.http.push_back(std::move(rule));
  RouteSource source;
  source.gateway = kListener;
  return RouteTable(service, source);
}

bool takesHost(std::string_view host, bool wildcard, std::string_view authority) {
  if (host.empty() && wildcard) return true;
  authority = authority.substr(0, authority.find(':'));
  if (!wildcard) return equalsIgnoringCase(authority, host);
  // "*.example" is kept as ".example" and needs at least one label before it.
  return authority.size() > host.size() && equalsIgnoringCase(authority.substr(authority.size() - host.size()), host);
}

std::uint64_t weightOf(const std::vector<BackendRef>& backends) {
  std::uint64_t sum = 0;
  for (const BackendRef& backend : backends) sum += backend.effectiveWeight();
  return sum;
}

}  // namespace

bool GatewayRouteTable::precedes(const Entry& a, const Entry& b) {
  const auto rank = [](const Entry& e) {
    // Smaller goes first. A regular expression's place is the implementation's: behind prefixes of its length.
    return std::make_tuple(e.wildcard, ~e.host.size(), e.path_type != PathMatchType::kExact, ~e.path_length, e.path_type == PathMatchType::kRegularExpression,
                           !e.has_method, ~e.headers, ~e.query_params, e.created);
  };
  const auto first = rank(a), second = rank(b);
  if (first != second) return first < second;
  return std::tie(a.name, a.choice.rule) < std::tie(b.name, b.choice.rule);
}

GatewayRouteTable::GatewayRouteTable(const std::vector<GatewayRoute>& routes) {
  for (std::uint32_t r = 0; r < routes.size(); ++r) {
    const std::vector<std::string> hosts = routes[r].hostnames.empty() ? std::vector<std::string>{"*"} : routes[r].hostnames;
    for (std::uint32_t i = 0; i < routes[r].rules.size(); ++i) {
      const std::vector<GatewayMatch>& given = routes[r].rules[i].matches;
      const std::vector<GatewayMatch> matches = given.empty() ? std::vector<GatewayMatch>{GatewayMatch{}} : given;
      for (const std::string& host : hosts) {
        for (const GatewayMatch& match : matches) {
          Entry entry;
          entry.wildcard = !host.empty() && host.front() == '*';
          entry.host = entry.wildcard ? host.substr(1) : host;
          entry.path_type = match.path_type;
          entry.path_length = match.path.size();
          entry.has_method = !match.method.empty();
          entry.headers = match.headers.size();
          entry.query_params = match.query_params.size();
          entry.created = routes[r].created;
          entry.name = routes[r].name;
          entry.choice = {r, i};
          entry.conditions = conditionsOf(match);
          entries_.push_back(std::move(entry));
        }
      }
    }
  }
  std::stable_sort(entries_.begin(), entries_.end(), precedes);
}

std::optional<GatewayRouteTable::Choice> GatewayRouteTable::match(const RequestLine& line, HeaderView headers) const {
  for (const Entry& entry : entries_) {
    if (takesHost(entry.host, entry.wildcard, line.authority) && entry.conditions.match(line, headers)) return entry.choice;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> chooseBackend(const std::vector<BackendRef>& backends, std::uint64_t draw) {
  const std::uint64_t sum = weightOf(backends);
  if (sum == 0) return std::nullopt;
  std::uint64_t point = draw % sum;
  for (std::uint32_t i = 0; i < backends.size(); ++i) {
    if (point < backends[i].effectiveWeight()) return backends[i].valid ? std::optional(i) : std::nullopt;
    point -= backends[i].effectiveWeight();
  }
  return std::nullopt;  // not reached: point < sum
}

std::optional<std::vector<double>> backendShares(const std::vector<BackendRef>& backends) {
  const std::uint64_t sum = weightOf(backends);
  const bool any_valid = std::any_of(backends.begin(), backends.end(), [](const BackendRef& each) { return each.valid && each.effectiveWeight() > 0; });
  if (sum == 0 || !any_valid) return std::nullopt;
  std::vector<double> shares;
  for (const BackendRef& backend : backends) shares.push_back(static_cast<double>(backend.effectiveWeight()) / static_cast<double>(sum));
  return shares;
}

}  // namespace meshmall::models
