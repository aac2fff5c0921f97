// What Istio makes of a route for the proxies: retries, shares of destinations, mirroring, the order of merged rules.
//
// Retries: none given are Istio's default; attempts of 0 or less are no policy at all. In `retryOn` status codes become the list of codes, and
// retriable-status-codes is added once; tokens that the proxy does not know are handed on (and ignored there). The text is only for showing.
// Source: Istio route/retry/retry.go, route.go; spec rollout-traffic-security.md sections 2.1, 2.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/routing/route.h"

namespace meshmall::models {

struct IstioRetries {
  std::int64_t attempts = 0;
  std::string retry_on;  // empty: the default's conditions
};

struct ProxyRetries {
  RetryPolicy policy;
  std::string retry_on;  // as the proxy is told
};
// Nothing: the route has no retry policy. consistent_hash: the cluster balances by hash, so tries are not kept from the same host.
std::optional<ProxyRetries> convertRetries(const std::optional<IstioRetries>& retries, bool consistent_hash);

// The share of the requests that each destination gets by chooseDestination: 1 for a single one, all 0 when all of several have weight 0.
std::vector<double> destinationShares(const std::vector<RouteDestination>& route);

// How often a route mirrors: `percentage` (0..100) if given, else the deprecated whole number, else always. Nothing: 0 was given, it never does.
std::optional<Fraction> mirrorFraction(std::optional<double> percentage, std::optional<std::uint32_t> deprecated);

// True for a rule that takes every request: no match, or a block with no more than a prefix "/" or a regex ".*" of the path.
bool isCatchAll(const HttpRoute& rule);
// Where several VirtualServices of a host are merged (at a gateway), catch-alls go behind all other rules; else the order stays.
void moveCatchAllsLast(std::vector<HttpRoute>& rules);

}  // namespace meshmall::models
