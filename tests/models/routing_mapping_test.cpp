// What Istio makes of a route, and Gateway API's precedence.
#include "models/routing/gateway_route.h"
#include "models/routing/istio_mapping.h"
#include "models/routing/route_table.h"

namespace meshmall::models {
namespace {

TEST(IstioMapping, TellsTheDefaultConditionsThatThePolicyHas) {
  const auto converted = convertRetries(std::nullopt, false);
  ASSERT_TRUE(converted);
  EXPECT_EQ(parseRetryOn(converted->retry_on, RetryOnTable::kBoth).on, istioDefaultRetryPolicy().on);
  EXPECT_TRUE(converted->policy.status_codes.empty());  // so 503 is not retried
}

TEST(IstioMapping, TurnsOffRetriesByAttemptsOfZeroOrLess) {
  EXPECT_FALSE(convertRetries(IstioRetries{0, "5xx"}, false));
  EXPECT_FALSE(convertRetries(IstioRetries{-1, ""}, false));
  EXPECT_EQ(convertRetries(IstioRetries{3, " , "}, false)->retry_on, convertRetries(std::nullopt, false)->retry_on);
}

TEST(IstioMapping, AddsRetriableStatusCodesOnceAndTakesOnlyCodesThatHaveAName) {
  const auto text = [](const char* given) { return convertRetries(IstioRetries{1, given}, false)->retry_on; };
  EXPECT_EQ(text("503"), "retriable-status-codes");
  EXPECT_EQ(text(" 5xx ,,503 , 404"), "5xx,retriable-status-codes");
  EXPECT_EQ(text("retriable-status-codes,503,reset"), "retriable-status-codes,reset");
  EXPECT_EQ(text("499,1000"), "499,1000");
  EXPECT_EQ(convertRetries(IstioRetries{1, "503,404"}, false)->policy.status_codes, (std::vector<std::uint32_t>{503, 404}));
  EXPECT_TRUE(parseIstioRetryOn("499").status_codes.empty());
}

// A recorded case told in words: the server's own proxy, whose default is 2 retries on reset-before-request, and none on gRPC ports.
TEST(IstioMapping, RetriesInboundOnlyBeforeTheRequestWasSentAndNeverOnGrpcPorts) {
  EXPECT_EQ(istioInboundRetryPolicy(false).attempts, 2u);
  EXPECT_EQ(istioInboundRetryPolicy(false).on, parseRetryOn("reset-before-request", RetryOnTable::kBoth).on);
  EXPECT_FALSE(istioInboundRetryPolicy(true).enabled());
}

TEST(IstioMapping, SharesAreThoseThatDrawsGive) {
  for (const std::vector<std::uint32_t>& weights : std::vector<std::vector<std::uint32_t>>{{0}, {7}, {1, 2, 3}, {75, 0, 25}, {0, 0}, {0, 5}}) {
    std::vector<RouteDestination> route(weights.size());
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += route[i].weight = weights[i];
    std::vector<double> counted(weights.size());
    const std::uint32_t draws = sum == 0 ? 1 : sum;
    for (std::uint32_t draw = 0; draw < draws; ++draw) {
      if (const auto chosen = chooseDestination(route, draw)) counted[*chosen] += 1.0 / draws;
    }
    const std::vector<double> shares = destinationShares(route);
    ASSERT_EQ(shares.size(), counted.size());
    for (std::size_t i = 0; i < shares.size(); ++i) EXPECT_NEAR(shares[i], counted[i], 1e-12);
  }
}

TEST(IstioMapping, PutsCatchAllsBehindOtherRulesWhereServicesAreMerged) {
  const auto rule = [](const char* name, StringMatchKind kind, const char* path) {
    HttpRoute out;
    out.name = name;
    out.match.resize(1);
    out.match[0].uri = StringMatch{kind, path, false};
    return out;
  };
  HttpRoute everything, conditioned = rule("conditioned", StringMatchKind::kPrefix, "/");
  everything.name = "everything";
  conditioned.match[0].headers = {{"x", {}}};
  std::vector<HttpRoute> rules = {everything, rule("root", StringMatchKind::kPrefix, "/"), conditioned, rule("any", StringMatchKind::kRegex, ".*"),
                                  rule("a", StringMatchKind::kPrefix, "/a")};
  moveCatchAllsLast(rules);
  std::vector<std::string> names;
  for (const HttpRoute& each : rules) names.push_back(each.name);
  EXPECT_EQ(names, (std::vector<std::string>{"conditioned", "a", "everything", "root", "any"}));
}

GatewayRoute route(std::string name, std::vector<std::string> hosts, std::vector<GatewayMatch> matches, std::int64_t created = 0) {
  GatewayRoute out;
  out.name = std::move(name);
  out.hostnames = std::move(hosts);
  out.created = created;
  out.rules.resize(1);
  out.rules[0].matches = std::move(matches);
  return out;
}

GatewayMatch path(PathMatchType type, std::string value, std::string method = "") {
  GatewayMatch match;
  match.path_type = type;
  match.path = std::move(value);
  match.method = std::move(method);
  return match;
}

std::optional<std::uint32_t> taken(const std::vector<GatewayRoute>& routes, std::string_view host, std::string_view target, HeaderView headers = {}) {
  RequestLine line;
  line.authority = host;
  line.path = target;
  const auto choice = GatewayRouteTable(routes).match(line, headers);
  return choice ? std::optional(choice->route) : std::nullopt;
}

using enum PathMatchType;

TEST(GatewayRoute, PrefersTheMoreSpecificHostOverAnyPath) {
  const std::vector<GatewayRoute> routes = {route("any", {}, {path(kExact, "/a")}), route("wild", {"*.shop.example"}, {path(kExact, "/a")}),
                                            route("wilder", {"*.example"}, {path(kExact, "/a")}),
                                            route("exact", {"till.shop.example"}, {path(kPathPrefix, "/")})};
  EXPECT_EQ(taken(routes, "till.shop.example:8080", "/a"), 3u);
  EXPECT_EQ(taken(routes, "desk.SHOP.example", "/a"), 1u);
  EXPECT_EQ(taken(routes, "other.example", "/a"), 2u);
  EXPECT_EQ(taken(routes, "elsewhere", "/a"), 0u);
  EXPECT_EQ(taken(routes, "elsewhere", "/b"), std::nullopt);
}

TEST(GatewayRoute, PrefersExactPathsThenLongPrefixesThenMethodsThenHeadersThenAge) {
  GatewayMatch with_header = path(kPathPrefix, "/a/b");
  with_header.headers = {{"x", {}}};
  const std::vector<GatewayRoute> routes = {
      route("root", {}, {path(kPathPrefix, "/")}), route("young", {}, {path(kPathPrefix, "/a/b")}, 9),      route("old", {}, {path(kPathPrefix, "/a/b")}, 1),
      route("header", {}, {with_header}),          route("method", {}, {path(kPathPrefix, "/a/b", "GET")}), route("exact", {}, {path(kExact, "/a/b/c")})};
  const std::vector<HeaderField> x = {{"X", "1"}};
  EXPECT_EQ(taken(routes, "h", "/a/b/c", x), 5u);
  EXPECT_EQ(taken(routes, "h", "/a/b/d", x), 4u);
  const std::vector<GatewayRoute> without_method = {routes[0], routes[1], routes[2], routes[3]};
  EXPECT_EQ(taken(without_method, "h", "/a/b/d", x), 3u);
  EXPECT_EQ(taken(without_method, "h", "/a/b/d"), 2u);
  EXPECT_EQ(taken(without_method, "h", "/a/bd"), 0u);  // whole segments
}

TEST(GatewayRoute, AnswersTheShareOfAnInvalidBackendWith500) {
  std::vector<BackendRef> backends = {{"a", 3, true}, {"gone", 1, false}, {"off", 0, true}};
  int valid = 0, refused = 0;
  for (std::uint64_t draw = 0; draw < 400; ++draw) ++(chooseBackend(backends, draw) ? valid : refused);
  EXPECT_EQ(valid, 300);
  EXPECT_EQ(refused, 100);
  EXPECT_EQ(backendShares(backends), (std::vector<double>{0.75, 0.25, 0}));
  EXPECT_EQ(backendShares({}), std::nullopt);
  EXPECT_EQ(backendShares({{"gone", std::nullopt, false}}), std::nullopt);
  EXPECT_EQ(chooseBackend({{"off", 0, true}}, 5), std::nullopt);
}

}  // namespace
}  // namespace meshmall::models
