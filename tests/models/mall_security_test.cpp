// Security in a running mall: who is refused, how it looks to the caller, when a change counts, what certificates do. One customer a second, constant times.
#include <algorithm>
#include <cmath>

#include "mall_story.h"
#include "models/observation/trip.h"

namespace meshmall::models {
namespace {

using story::ms;
using story::oneASecond;
using story::told;
using story::Visit;
using story::visitsIn;

double metric(const Mall& mall, std::string_view name, ScopeKind kind = ScopeKind::mall, std::string_view scope = {}) {
  return mall.result().metric(name, kind, scope).value_or(-1);
}

// A bakery that `traffic` comes to; `mesh` are members beside the defaults (no retries).
std::string bakery(const std::string& mesh, const std::string& traffic, const std::string& service = "", const std::string& more = "", const std::string& policy = "") {
  return R"({"meshmall":1,"run":{"duration":"30s","drain":true},"services":{"bakery":{)" + (service.empty() ? "" : service + ",") +
         R"("operations":{"GET /bread":{"steps":[{"busy":"1ms"}]},"POST /order":{"steps":[{"busy":"1ms"}]}}}},"traffic":[)" + traffic +
         R"(],"mesh":{"defaults":{"retries":{"attempts":0})" + (policy.empty() ? "" : R"(,"trafficPolicy":)" + policy) + "}" + (mesh.empty() ? "" : "," + mesh) + "}" +
         (more.empty() ? "" : "," + more) + "}";
}

std::string comes(const std::string& via, const std::string& more = "") {
  return oneASecond("t", "bakery/GET /bread", R"("via":")" + via + "\"" + (more.empty() ? "" : "," + more));
}

std::string mode(const std::string& mode) { return R"("peerAuthentications":{"all":{"namespace":"istio-system","mtls":{"mode":")" + mode + R"("}}})"; }

// All customers fared alike: "200 -".
std::string fareOf(const Mall& mall) {
  std::string fare;
  for (const Visit& visit : visitsIn(mall)) {
    const std::string one = std::to_string(visit.status) + " " + std::string(name(visit.flag));
    if (!fare.empty()) { EXPECT_EQ(one, fare); }
    fare = one;
  }
  return fare;
}

std::vector<const Decision*> decisionsOf(const Mall& mall, DecisionKind kind) {
  std::vector<const Decision*> found;
  for (const Decision& decision : mall.collector().decisions())
    if (decision.kind == kind) found.push_back(&decision);
  return found;
}

std::string detailOf(const Decision& decision, const std::string& key) {
  for (const auto& [name, value] : decision.detail)
    if (name == key) return std::get<std::string>(value);
  return "";
}

TEST(MallSecurity, ConnectionsAreMadeOrRefusedAsTheTableOfClientAndServerSays) {
  struct Row {
    const char *via, *tls, *strict, *permissive, *disable, *bare;
  };
  const Row rows[] = {{"sidecar", "", "200 -", "200 -", "200 -", "200 -"},          // auto mTLS
                      {"gateway", "", "200 -", "200 -", "200 -", "200 -"},
                      {"direct", "", "503 UC", "200 -", "200 -", "200 -"},          // kube-proxy: plaintext
                      {"sidecar", "DISABLE", "503 UC", "200 -", "200 -", "200 -"},
                      {"sidecar", "SIMPLE", "503 UF", "503 UF", "503 UF", "503 UF"},
                      {"sidecar", "MUTUAL", "200 -", "200 -", "503 UF", "503 UF"},
                      {"sidecar", "ISTIO_MUTUAL", "200 -", "200 -", "503 UF", "503 UF"}};
  for (const Row& row : rows) {
    const std::string tls = *row.tls == '\0' ? "" : R"({"tls":{"mode":")" + std::string(row.tls) + R"("}})";
    const auto check = [&](const std::string& mesh, const std::string& service, const char* fare) {
      for (const char* protocol : {"http1", "http2"}) {
        const std::string kind = R"("protocol":")" + std::string(protocol) + "\"" + service;
        const Mall mall = told(bakery(mesh, comes(row.via), kind, "", tls));
        EXPECT_EQ(fareOf(mall), fare) << row.via << " " << row.tls << " " << mesh << service << " " << protocol;
        const bool refused = std::string(fare) != "200 -";
        EXPECT_EQ(metric(mall, "rejected.handshake"), refused ? 29 : 0);
        EXPECT_EQ(metric(mall, "rejected.handshake", ScopeKind::service, "bakery"), refused ? 29 : 0);
      }
    };
    check(mode("STRICT"), "", row.strict);
    check(mode("PERMISSIVE"), "", row.permissive);
    check(mode("DISABLE"), "", row.disable);
    check(mode("STRICT"), R"(,"sidecar":false)", row.bare);
  }
}

TEST(MallSecurity, ARefusedHandshakeTakesTheWayThereAndBackAndIsRetriedAsAConnectFailureIs) {
  const std::string away = R"("network":{"sameZone":"2ms"})";
  const std::string retries = R"("virtualServices":{"bakery":{"http":[{"route":[{"destination":{"host":"bakery"}}],"retries":{"attempts":2,"retryOn":"connect-failure","retryIgnorePreviousHosts":false}}]}})";
  const Mall plaintext = told(bakery(mode("STRICT") + "," + retries, comes("sidecar"), "", away, R"({"tls":{"mode":"DISABLE"}})"));
  EXPECT_EQ(visitsIn(plaintext)[0].stayed, ms(4));  // the connection was there, and is closed: no connect failure
  EXPECT_EQ(metric(plaintext, "retries.total"), 0);
  const Mall tls = told(bakery(mode("DISABLE") + "," + retries, comes("sidecar"), "", away, R"({"tls":{"mode":"ISTIO_MUTUAL"}})"));
  EXPECT_EQ(metric(tls, "retries.total"), 2 * 29);
  EXPECT_EQ(metric(tls, "rejected.handshake"), 3 * 29);
  EXPECT_EQ(fareOf(tls), "503 UF");
  ASSERT_FALSE(decisionsOf(tls, DecisionKind::handshake).empty());
  EXPECT_EQ(detailOf(*decisionsOf(tls, DecisionKind::handshake)[0], "reason"), "tlsNotSpoken");
}

TEST(MallSecurity, OnlyConnectionsThatSpeakTlsTakeTheTimeOfAHandshake) {
  const auto first = [](const std::string& mesh, const std::string& via, const std::string& service = "", const std::string& policy = "") {
    const Mall mall = told(bakery(mesh, comes(via), service, R"("sidecar":{"handshake":"3ms"})", policy));
    EXPECT_EQ(visitsIn(mall)[1].stayed, ms(1));  // the connection is kept
    return visitsIn(mall)[0].stayed;
  };
  EXPECT_EQ(first("", "gateway"), ms(4));
  EXPECT_EQ(first(mode("PERMISSIVE"), "gateway"), ms(4));
  EXPECT_EQ(first(mode("DISABLE"), "gateway"), ms(1));
  EXPECT_EQ(first(mode("PERMISSIVE"), "gateway", "", R"({"tls":{"mode":"DISABLE"}})"), ms(1));
  EXPECT_EQ(first(mode("PERMISSIVE"), "direct"), ms(1));
  EXPECT_EQ(first(mode("PERMISSIVE"), "gateway", R"("sidecar":false)"), ms(1));
}

std::string allow(const std::string& rules, const std::string& more = "") {
  return R"("authorizationPolicies":{"till":{)" + more + R"("action":"ALLOW","rules":)" + rules + "}}";
}
std::string deny(const std::string& rules) { return R"("authorizationPolicies":{"till":{"action":"DENY","rules":)" + rules + "}}"; }
std::string from(const std::string& source) { return R"([{"from":[{"source":)" + source + "}]}]"; }

TEST(MallSecurity, BehindTheGatewayServicesSeeTheGatewaysIdentityAndElseTheCallersOwn) {
  const std::string gateway = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account";
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"principals":[")" + gateway + R"("]})")), comes("gateway", R"("source":{"principal":"cluster.local/ns/x/sa/y"})")))), "200 -");
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"principals":[")" + gateway + R"("]})")), comes("sidecar")))), "403 -");
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"namespaces":["outside"]})")), comes("sidecar")))), "200 -");
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"principals":["cluster.local/ns/shop/sa/till"]})")), comes("sidecar", R"("source":{"principal":"cluster.local/ns/shop/sa/till"})")))), "200 -");
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"principals":["*"]})")), comes("direct")))), "403 -");            // plaintext: nobody
  EXPECT_EQ(fareOf(told(bakery(deny(from(R"({"notPrincipals":["x"]})")), comes("direct")))), "403 -");          // ... who is not x either
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"principals":["mall.example/ns/istio-system/sa/*"]})") ) + R"(,"certificates":{"trustDomain":"mall.example"})", comes("gateway")))), "200 -");
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"principals":["*"]})")), comes("sidecar"), "", "", R"({"tls":{"mode":"DISABLE"}})"))), "403 -");
}

TEST(MallSecurity, RefusedRequestsAreCountedAtTheirEdgeTheirEndpointAndTheirServiceAndReachNoWorker) {
  const Mall mall = told(bakery(allow(R"([{"to":[{"operation":{"methods":["GET"]}}]}])"), comes("sidecar") + "," + oneASecond("o", "bakery/POST /order", R"("via":"sidecar")")));
  EXPECT_EQ(metric(mall, "requests.ok"), 29);
  EXPECT_EQ(metric(mall, "rejected.authorization"), 29);
  EXPECT_EQ(metric(mall, "rejected.authorization", ScopeKind::service, "bakery"), 29);
  EXPECT_EQ(metric(mall, "rejected.authentication"), 0);
  EXPECT_EQ(metric(mall, "rejected.handshake"), 0);
  EXPECT_NEAR(metric(mall, "utilization", ScopeKind::service, "bakery"), 29 * 0.001 / 30, 1e-12);
  const Result result = mall.result();
  EXPECT_EQ(result.failed_by_status[0].first, "403");
  const auto notes = decisionsOf(mall, DecisionKind::authorization);
  ASSERT_EQ(notes.size(), 29u);
  EXPECT_EQ(detailOf(*notes[0], "reason"), "nothingAllows");
  EXPECT_EQ(detailOf(*notes[0], "caller"), "cluster.local/ns/outside/sa/default");
}

TEST(MallSecurity, TokensThatAreBadAre401MissingOnesPassUnlessAPolicyAsksForThem) {
  const std::string jwt = R"("requestAuthentications":{"jwt":{"jwtRules":[{"issuer":"id","audiences":["shop"]}]}})";
  const std::string demand = jwt + "," + allow(from(R"({"requestPrincipals":["id/*"]})"));
  const auto fare = [](const std::string& mesh, const std::string& token) { return fareOf(told(bakery(mesh, comes("gateway", token.empty() ? "" : R"("token":)" + token)))); };
  const std::string good = R"({"issuer":"id","subject":"anna","audiences":["shop"]})";
  EXPECT_EQ(fare(jwt, ""), "200 -");
  EXPECT_EQ(fare(jwt, good), "200 -");
  EXPECT_EQ(fare(jwt, R"({"issuer":"id","audiences":["shop"],"state":"expired"})"), "401 -");
  EXPECT_EQ(fare(jwt, R"({"issuer":"id","audiences":["shop"],"state":"invalid"})"), "401 -");
  EXPECT_EQ(fare(jwt, R"({"issuer":"other","audiences":["shop"]})"), "401 -");
  EXPECT_EQ(fare(jwt, R"({"issuer":"id","audiences":["mill"]})"), "401 -");
  EXPECT_EQ(fare(demand, ""), "403 -");
  EXPECT_EQ(fare(demand, good), "200 -");
  EXPECT_EQ(fare(allow(from(R"({"requestPrincipals":["*"]})")), good), "403 -");  // nothing looks at tokens: there is no request principal
  const std::string staff = jwt + "," + allow(R"([{"when":[{"key":"request.auth.claims[groups]","values":["staff"]}]}])");
  EXPECT_EQ(fare(staff, good), "403 -");
  EXPECT_EQ(fare(staff, R"({"issuer":"id","audiences":["shop"],"claims":{"groups":["guests","staff"]}})"), "200 -");
  const Mall refused = told(bakery(jwt, comes("gateway", R"("token":{"issuer":"id","state":"expired"})")));
  EXPECT_EQ(metric(refused, "rejected.authentication"), 29);
  EXPECT_EQ(metric(refused, "rejected.authentication", ScopeKind::service, "bakery"), 29);
  EXPECT_EQ(metric(refused, "rejected.authorization"), 0);
}

// Four customers a second, each turned away for a reason of its own, at one door.
TEST(MallSecurity, BadTokensMissingOnesPoliciesAndHandshakesAreCountedApart) {
  const std::string good = R"("token":{"issuer":"id","subject":"anna"})", bad = R"("token":{"issuer":"id","subject":"anna","state":"expired"})";
  const std::string mesh = R"("peerAuthentications":{"p":{"mtls":{"mode":"STRICT"}}},"requestAuthentications":{"jwt":{"jwtRules":[{"issuer":"id"}]}},"authorizationPolicies":{
      "members":{"rules":[{"from":[{"source":{"requestPrincipals":["id/*"]}}],"to":[{"operation":{"methods":["GET"]}}]}]}})";
  const std::string traffic = comes("sidecar", good) + "," + oneASecond("old", "bakery/GET /bread", R"("via":"sidecar",)" + bad) + "," +
                              oneASecond("none", "bakery/GET /bread", R"("via":"sidecar")") + "," +                    // 403: all it lacks is a token
                              oneASecond("order", "bakery/POST /order", R"("via":"sidecar",)" + good) + "," +          // 403: no token would help
                              oneASecond("order, no token", "bakery/POST /order", R"("via":"sidecar")") + "," +        // ... nor here
                              oneASecond("bare", "bakery/GET /bread", R"("via":"direct",)" + good);
  const Mall mall = told(bakery(mesh, traffic));
  EXPECT_EQ(metric(mall, "requests.ok"), 29);
  EXPECT_EQ(metric(mall, "rejected.handshake"), 29);
  EXPECT_EQ(metric(mall, "rejected.authentication"), 2 * 29);
  EXPECT_EQ(metric(mall, "missingToken.total"), 29);
  EXPECT_EQ(metric(mall, "missingToken.total", ScopeKind::service, "bakery"), 29);
  EXPECT_EQ(metric(mall, "rejected.authorization"), 2 * 29);
  EXPECT_EQ(metric(mall, "requests.failed"), 5 * 29);
  std::size_t missing = 0;
  for (const Decision* note : decisionsOf(mall, DecisionKind::authentication)) missing += detailOf(*note, "reason") == "missingToken" ? 1U : 0U;
  EXPECT_EQ(missing, 29u);
}

// Istio's other way to demand a token: DENY with notRequestPrincipals.
TEST(MallSecurity, ADenyPolicyAgainstThoseWithoutATokenCountsThemAsSuch) {
  const std::string jwt = R"("requestAuthentications":{"jwt":{"jwtRules":[{"issuer":"id"}]}},)";
  const Mall mall = told(bakery(jwt + deny(from(R"({"notRequestPrincipals":["*"]})")), comes("sidecar")));
  EXPECT_EQ(fareOf(mall), "403 -");
  EXPECT_EQ(metric(mall, "missingToken.total"), 29);
  EXPECT_EQ(metric(mall, "rejected.authorization"), 0);
  const Mall both = told(bakery(jwt + deny(R"([{"from":[{"source":{"notRequestPrincipals":["*"]}}]},{"to":[{"operation":{"methods":["GET"]}}]}])"), comes("sidecar")));
  EXPECT_EQ(metric(both, "missingToken.total"), 0);  // the second rule would deny them with a token too
  EXPECT_EQ(metric(both, "rejected.authorization"), 29);
}

TEST(MallSecurity, ACustomersTokenAndHeadersGoAlongToTheServicesBehind) {
  const auto text = [](const std::string& token, const std::string& badge) {
    return R"({"meshmall":1,"run":{"duration":"10s","drain":true},"services":{"front":{"operations":{"x":{"steps":[{"call":"back/y"}]}}},"back":{"operations":{"y":{"steps":[{"busy":"1ms"}]}}}},
      "traffic":[)" + oneASecond("t", "front/x", R"("headers":{"x-badge":")" + badge + R"("})" + token) +
           R"(],"mesh":{"defaults":{"retries":{"attempts":0}},"requestAuthentications":{"jwt":{"selector":{"matchLabels":{"app":"back"}},"jwtRules":[{"issuer":"id"}]}},
      "authorizationPolicies":{"back":{"selector":{"matchLabels":{"app":"back"}},"rules":[{"from":[{"source":{"principals":["*/sa/front"],"requestPrincipals":["id/anna"]}}],
      "when":[{"key":"request.headers[x-badge]","values":["staff"]}]}]}}}})";
  };
  EXPECT_EQ(fareOf(told(text(R"(,"token":{"issuer":"id","subject":"anna"})", "staff"))), "200 -");
  EXPECT_EQ(fareOf(told(text(R"(,"token":{"issuer":"id","subject":"anna"})", "guest"))), "403 -");
  EXPECT_EQ(fareOf(told(text("", "staff"))), "403 -");
  EXPECT_EQ(fareOf(told(text(R"(,"token":{"issuer":"id","subject":"anna","state":"expired"})", "staff"))), "401 -");
}

// The cases istio.authz.edge.1 to .4 of narrative.json.
TEST(MallSecurity, AtTcpPortsAllowLosesRulesWithHttpFieldsAndDenyGetsWider) {
  const std::string tcp = R"("protocol":"tcp")";
  const std::string fields = R"([{"from":[{"source":{"namespaces":["outside"]}}],"to":[{"operation":{"methods":["PUT"]}}]}])";
  EXPECT_EQ(fareOf(told(bakery(allow(fields), comes("sidecar"), tcp))), "503 UC");  // dropped: never matches, so nobody is allowed
  EXPECT_EQ(fareOf(told(bakery(deny(fields), comes("sidecar"), tcp))), "503 UC");   // the method is ignored, the rest denies
  EXPECT_EQ(fareOf(told(bakery(deny(fields), comes("sidecar")))), "200 -");         // with HTTP it is a GET, which the rule does not mean
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"namespaces":["outside"]})")), comes("sidecar"), tcp))), "200 -");
  EXPECT_EQ(metric(told(bakery(deny(fields), comes("sidecar"), tcp)), "rejected.authorization"), 29);
}

TEST(MallSecurity, CustomComesBeforeDenyAndAllowAndAuditDecidesNothing) {
  const auto policies = [](const std::string& custom) {
    return R"("authorizationPolicies":{"a":{"action":"ALLOW","rules":[{}]},"c":{"action":"CUSTOM","rules":[{"to":[{"operation":{"paths":["/bread"]}}]}],"provider":)" + custom + "}}";
  };
  EXPECT_EQ(fareOf(told(bakery(policies(R"({"name":"opa","allows":false})"), comes("gateway")))), "403 UAEX");
  EXPECT_EQ(fareOf(told(bakery(policies(R"({"name":"opa","allows":true})"), comes("gateway")))), "200 -");
  EXPECT_EQ(fareOf(told(bakery(policies(R"({"name":"opa"})"), comes("gateway")))), "403 UAEX");  // a provider that the mesh does not know
  EXPECT_EQ(fareOf(told(bakery(R"("authorizationPolicies":{"a":{"action":"AUDIT","rules":[{}]}})", comes("gateway")))), "200 -");
  EXPECT_EQ(fareOf(told(bakery(R"("authorizationPolicies":{"a":{"action":"DENY","dryRun":true,"rules":[{}]}})", comes("gateway")))), "200 -");
}

TEST(MallSecurity, PoliciesOfTheRootNamespaceHoldAtTheGatewayTooWhichPeerAuthenticationDoesNotReach) {
  const std::string root = R"("namespace":"istio-system",)";
  const Mall nobody = told(bakery(allow("[]", root), comes("gateway")));
  EXPECT_EQ(fareOf(nobody), "403 -");
  EXPECT_EQ(metric(nobody, "rejected.authorization"), 29);
  EXPECT_EQ(metric(nobody, "attempts.total"), 0);  // they did not get as far as the bakery
  ASSERT_FALSE(decisionsOf(nobody, DecisionKind::authorization).empty());
  EXPECT_EQ(decisionsOf(nobody, DecisionKind::authorization)[0]->by, "gateway-0");
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"principals":["*"]})"), root), comes("gateway")))), "403 -");
  EXPECT_EQ(fareOf(told(bakery(allow(from(R"({"principals":["*"]})"), root), comes("gateway", R"("source":{"principal":"cluster.local/ns/a/sa/b"})")))), "200 -");
  EXPECT_EQ(fareOf(told(bakery(allow("[]", root + R"("selector":{"matchLabels":{"istio":"ingressgateway"}},)"), comes("sidecar")))), "200 -");
  const std::string jwt = R"("requestAuthentications":{"jwt":{"namespace":"istio-system","jwtRules":[{"issuer":"id"}]}})";
  const Mall expired = told(bakery(jwt, comes("gateway", R"("token":{"issuer":"id","state":"expired"})")));
  EXPECT_EQ(fareOf(expired), "401 -");
  EXPECT_EQ(metric(expired, "attempts.total"), 0);
}

TEST(MallSecurity, APatchedPolicyCountsFromItsInstantOn) {
  const std::string patch = R"("events":[{"at":"10s","patch":{"mesh":{"authorizationPolicies":{"till":{"action":"DENY","rules":[{}]}}}}},
                                         {"at":"20500ms","patch":{"mesh":{"authorizationPolicies":{"till":null}}}}])";
  const Mall mall = told(bakery(allow("[{}]"), comes("sidecar"), "", patch));
  for (const Visit& visit : visitsIn(mall)) EXPECT_EQ(visit.status, visit.came >= ms(10'000) && visit.came < ms(20'500) ? 403 : 200) << visit.came;
}

TEST(MallSecurity, ARuleCountsAtAProxyFromWhenItHasHeardOfIt) {
  const std::string late = R"("discovery":{"propagation":"2s"})";
  const std::string patch = R"("events":[{"at":"10500ms","patch":{"mesh":{"authorizationPolicies":{"till":{"action":"DENY","rules":[{}]}}}}}])";
  const Mall mall = told(bakery(late + "," + allow("[{}]"), comes("sidecar"), "", patch));
  for (const Visit& visit : visitsIn(mall)) EXPECT_EQ(visit.status, visit.came >= ms(12'500) ? 403 : 200) << visit.came;
  const auto textOf = [&](std::uint64_t number) { return tripText(buildTrip(mall.trips(), number, mall.collector())); };
  constexpr const char* kStale = "the proxy has not heard of the newest configuration";
  EXPECT_EQ(textOf(10).find(kStale), std::string::npos);
  EXPECT_NE(textOf(12).find(kStale), std::string::npos) << textOf(12);
  EXPECT_EQ(textOf(13).find(kStale), std::string::npos);
  // The mode too: plaintext passes until the server's proxy has heard.
  const std::string strict = R"("events":[{"at":"10500ms","patch":{"mesh":{"peerAuthentications":{"all":{"mtls":{"mode":"STRICT"}}}}}}])";
  for (const Visit& visit : visitsIn(told(bakery(late + "," + mode("PERMISSIVE"), comes("direct"), "", strict)))) EXPECT_EQ(visit.status, visit.came >= ms(12'500) ? 503 : 200) << visit.came;
}

TEST(MallSecurity, TheModeOfAServerCountsForEachRequestAndTheClientsProxiesFollow) {
  const std::string patch = R"("events":[{"at":"10500ms","patch":{"mesh":{"peerAuthentications":{"all":{"mtls":{"mode":"STRICT"}}}}}},
                                         {"at":"20500ms","patch":{"mesh":{"peerAuthentications":{"all":{"mtls":{"mode":"DISABLE"}}}}}}])";
  for (const char* protocol : {"http1", "http2"}) {
    const std::string kind = R"("protocol":")" + std::string(protocol) + "\"";
    const Mall mall = told(bakery(mode("PERMISSIVE"), oneASecond("meshed", "bakery/GET /bread") + "," + oneASecond("forgotten", "bakery/GET /bread", R"("via":"direct")"), kind, patch));
    for (const Visit& visit : visitsIn(mall)) {
      const bool strict = visit.came >= ms(10'500) && visit.came < ms(20'500);
      EXPECT_EQ(visit.status, strict && visit.traffic == "forgotten" ? 503 : 200) << visit.traffic << " " << visit.came;
    }
    // A client told to speak plaintext keeps its connection, which is of no use while the server is STRICT.
    const Mall plain = told(bakery(mode("PERMISSIVE"), comes("sidecar"), kind, patch, R"({"tls":{"mode":"DISABLE"}})"));
    for (const Visit& visit : visitsIn(plain)) EXPECT_EQ(visit.status, visit.came >= ms(10'500) && visit.came < ms(20'500) ? 503 : 200) << visit.came;
  }
}

TEST(MallSecurity, TheOldestOfTwoPeerAuthenticationsOfOneLevelGoesOnToCount) {
  const std::string patch = R"("events":[{"at":"10500ms","patch":{"mesh":{"peerAuthentications":{"a-newer":{"namespace":"istio-system","mtls":{"mode":"STRICT"}}}}}}])";
  EXPECT_EQ(fareOf(told(bakery(mode("PERMISSIVE"), comes("direct"), "", patch))), "200 -");
}

TEST(MallSecurity, AnExpiredCertificateFailsNewHandshakesAndOpenConnectionsLiveOn) {
  const std::string certificates = R"("certificates":{"lifetime":"10s","graceRatio":0.5})";
  const std::string once = R"({"connectionPool":{"http":{"maxRequestsPerConnection":1}}})";
  const std::string stop = R"("events":[{"at":"6s","stopRenewal":{"service":"bakery"},"for":"16500ms"}])";
  // Issued at 0 s, renewed at 5 s, expires at 15 s; renewal goes on at 22.5 s.
  for (const char* protocol : {"http1", "http2"}) {
    const std::string kind = R"("protocol":")" + std::string(protocol) + "\"";
    const Mall fresh = told(bakery(certificates, comes("gateway"), kind, stop, once));
    for (const Visit& visit : visitsIn(fresh)) {
      const bool dark = visit.came >= ms(15'000) && visit.came < ms(22'500);
      EXPECT_EQ(visit.status, dark ? 503 : 200) << protocol << " " << visit.came;
      if (dark) { EXPECT_EQ(visit.flag, ResponseFlag::kUpstreamConnectionFailure); }
    }
    EXPECT_EQ(metric(fresh, "rejected.handshake"), 8);
    EXPECT_EQ(detailOf(*decisionsOf(fresh, DecisionKind::handshake)[0], "reason"), "serverCertificateExpired");
    const auto told_of = decisionsOf(fresh, DecisionKind::certificate);
    ASSERT_EQ(told_of.size(), 2u);
    EXPECT_EQ(told_of[0]->at.ns, ms(15'000));
    EXPECT_EQ(detailOf(*told_of[0], "certificate"), "expired");
    EXPECT_EQ(told_of[1]->at.ns, ms(22'500));
    EXPECT_EQ(detailOf(*told_of[1], "certificate"), "renewed");
    EXPECT_EQ(fareOf(told(bakery(certificates, comes("gateway"), kind, stop))), "200 -") << "a kept connection";
    EXPECT_EQ(fareOf(told(bakery(certificates, comes("gateway"), kind, "", once))), "200 -") << "renewed in time";
    EXPECT_EQ(fareOf(told(bakery(certificates, comes("direct"), kind, stop, once))), "200 -") << "plaintext knows no certificates";
  }
  // Nobody's are renewed: the caller's expires too.
  const std::string all = R"("events":[{"at":"6s","stopRenewal":{}}])";
  const Mall both = told(bakery(certificates, comes("gateway"), "", all, once));
  EXPECT_EQ(metric(both, "rejected.handshake"), 15);
  EXPECT_EQ(decisionsOf(both, DecisionKind::certificate).size(), 2u);
}

TEST(MallSecurity, RequestsThatShareARefusedConnectionAreAllRefusedAndTheNextOpensAnother) {
  // One connection, opened at 20 s in the dark; the refusal is back 4 ms later, and three customers have gone with it by then.
  const std::string certificates = R"("certificates":{"lifetime":"10s","graceRatio":0.5})";
  const std::string customers = R"({"name":"t","to":"bakery/GET /bread","arrivals":{"profile":{"points":[{"at":"0s","rate":"0/s"},{"at":"20s","rate":"1000/s"},{"at":"20100ms","rate":"0/s"}],"interpolate":"step"}}})";
  const std::string events = R"("network":{"sameZone":"2ms"},"events":[{"at":"1s","stopRenewal":{"service":"bakery"},"for":"19050ms"}])";
  const Mall mall = told(bakery(certificates, customers, R"("protocol":"http2","versions":{"v1":{"workers":100}})", events));
  int refused = 0, served = 0;
  std::int64_t last_refused = 0, first_served = 1'000'000'000'000;
  for (const Visit& visit : visitsIn(mall)) {
    EXPECT_TRUE(visit.status == 503 || visit.status == 200);
    (visit.status == 503 ? refused : served)++;
    if (visit.status == 503) last_refused = std::max(last_refused, visit.came);
    else first_served = std::min(first_served, visit.came);
  }
  EXPECT_GT(refused, 10);
  EXPECT_GT(served, 10);
  EXPECT_EQ(metric(mall, "rejected.handshake"), refused);
  EXPECT_LT(last_refused, ms(20'050) + ms(4));       // those on the connection made before 20.05 s
  EXPECT_GE(first_served, ms(20'050));
}

TEST(MallSecurity, ExplainSaysWhoCameAndWhichPolicyDecided) {
  const auto textOf = [](const std::string& scenario) {
    const Mall mall = told(scenario);
    return tripText(buildTrip(mall.trips(), 1, mall.collector()));
  };
  const std::string denied = textOf(bakery(deny(R"([{"to":[{"operation":{"paths":["/bread"]}}]}])"), comes("sidecar")));
  EXPECT_NE(denied.find("comes by mutual TLS"), std::string::npos) << denied;
  EXPECT_NE(denied.find("policy \"till\" denies cluster.local/ns/outside/sa/default, no token (403)"), std::string::npos) << denied;
  EXPECT_NE(denied.find("turned away: authorization"), std::string::npos) << denied;
  const std::string plain = textOf(bakery(mode("STRICT"), comes("direct")));
  EXPECT_NE(plain.find("comes by plaintext, and the callee's proxy takes mutual TLS only (STRICT)"), std::string::npos) << plain;
  EXPECT_NE(plain.find("turned away: handshake"), std::string::npos) << plain;
  const std::string missing = textOf(bakery(R"("requestAuthentications":{"jwt":{"jwtRules":[{"issuer":"id"}]}},)" + allow(from(R"({"requestPrincipals":["*"]})")), comes("gateway")));
  EXPECT_NE(missing.find("no policy allows"), std::string::npos) << missing;
  EXPECT_NE(missing.find("no token (403)"), std::string::npos) << missing;
  const std::string bad = textOf(bakery(R"("requestAuthentications":{"jwt":{"jwtRules":[{"issuer":"id"}]}})", comes("gateway", R"("token":{"issuer":"id","state":"expired"})")));
  EXPECT_NE(bad.find("authentication refuses an expired token (401)"), std::string::npos) << bad;
}

TEST(MallSecurity, PortsOfPoliciesAreThoseOfTheService) {
  const std::string ports = R"([{"to":[{"operation":{"ports":["8080"]}}]}])";
  EXPECT_EQ(fareOf(told(bakery(deny(ports), comes("gateway"), R"("port":8080)"))), "403 -");
  EXPECT_EQ(fareOf(told(bakery(deny(ports), comes("gateway")))), "200 -");
  const std::string strict = R"("peerAuthentications":{"b":{"selector":{"matchLabels":{"app":"bakery"}},"mtls":{"mode":"PERMISSIVE"},"portLevelMtls":{"8080":{"mode":"STRICT"}}}})";
  EXPECT_EQ(fareOf(told(bakery(strict, comes("direct"), R"("port":8080)"))), "503 UC");
  EXPECT_EQ(fareOf(told(bakery(strict, comes("direct")))), "200 -");
}

// Istio documents what two proxies add to the 90th and 99th percentile; the four traversals of a request and its answer add up to just that.
TEST(MallSecurity, ThePresetsOfCostAddWhatIstioPublishes) {
  struct Published {
    const char* preset;
    double p90, p99;  // ms
  };
  for (const Published& published : {Published{"sidecar", 0.63, 0.88}, Published{"ambient", 0.16, 0.20}, Published{"none", 0, 0}}) {
    const std::string text = R"({"meshmall":1,"run":{"duration":"40s"},"sidecar":{"preset":")" + std::string(published.preset) +
                             R"("},"services":{"a":{"versions":{"v1":{"workers":100}},"operations":{"x":{}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1000/s"}}}]})";
    Mall mall(story::planOf(text));
    mall.run();
    // 40,000 samples: the standard error of a quantile is sqrt(p (1 - p) / n) / density, of the 99th below 1 % here, beside 0.8 % of the histogram's resolution.
    EXPECT_NEAR(metric(mall, "latency.p90"), published.p90, 0.03 * published.p90) << published.preset;
    EXPECT_NEAR(metric(mall, "latency.p99"), published.p99, 0.04 * published.p99) << published.preset;
  }
}

}  // namespace
}  // namespace meshmall::models
