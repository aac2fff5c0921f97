// The scenarios of security: their answers, and what changes when the knob of the description is turned.
#include "shipped_scenario.h"

namespace meshmall::models {
namespace {

void expectAnswer(const Result& result) {
  EXPECT_FALSE(result.slos.empty());
  for (const SloVerdict& slo : result.slos) EXPECT_TRUE(slo.holds) << slo.expr;
}

double ofTraffic(const Result& result, std::string_view metric, std::string_view traffic) { return valueOf(result, metric, ScopeKind::traffic, traffic); }

TEST(ShippedSecurity, TheGuardsTellMembersOldTicketsMissingOnesAndABorrowedApronApart) {
  const Result result = runShipped("article/5-guards");
  expectAnswer(result);
  EXPECT_EQ(valueOf(result, "missingToken.total"), ofTraffic(result, "requests.total", "no ticket"));
  EXPECT_EQ(valueOf(result, "rejected.authentication"), ofTraffic(result, "requests.total", "old tickets") + ofTraffic(result, "requests.total", "no ticket"));
  EXPECT_EQ(valueOf(result, "rejected.authorization"), 0);
  EXPECT_EQ(valueOf(result, "rejected.handshake"), ofTraffic(result, "requests.total", "borrowed apron"));
  const Result free = runShipped("article/5-guards", {setting("/sidecar/preset", "none")});
  // Four traversals of 103.4 us; the gateway's and the lounge's. 12,000 visits of 3.2 ms and cv 1 on the same customers: the difference has little noise.
  EXPECT_NEAR(ofTraffic(result, "latency.mean", "members") - ofTraffic(free, "latency.mean", "members"), 0.4137, 0.02);
  const Result lenient = runShipped("article/5-guards", {setting("/mesh/peerAuthentications/mall/mtls/mode", "PERMISSIVE")});
  EXPECT_EQ(valueOf(lenient, "rejected.handshake"), 0);
  EXPECT_EQ(valueOf(lenient, "missingToken.total"), ofTraffic(lenient, "requests.total", "no ticket"));
  EXPECT_EQ(valueOf(lenient, "rejected.authorization"), ofTraffic(lenient, "requests.total", "borrowed apron"));
}

TEST(ShippedSecurity, OnlyTheForgottenTillFeelsThatTheMallIsStrict) {
  const Result result = runShipped("policies/strict-migration");
  expectAnswer(result);
  const double expected = 50.0 * 30;  // Poisson: 4 standard deviations
  EXPECT_NEAR(ofTraffic(result, "requests.failed", "sales"), expected, 4 * std::sqrt(expected));
  EXPECT_EQ(valueOf(result, "rejected.handshake"), ofTraffic(result, "requests.failed", "sales"));
  const Result cured = runShipped("policies/strict-migration", {setting("/services/till/sidecar", "true")});
  EXPECT_EQ(valueOf(cured, "requests.failed"), 0);
}

TEST(ShippedSecurity, ADenyPolicyWithNotPrincipalsShutsOutWhoeverIsNotNamed) {
  const Result result = runShipped("policies/deny-wrong-caller");
  expectAnswer(result);
  const double cakes = 150.0 / 3 * 40, nights = 10.0 * 40;  // Poisson: 4 standard deviations
  EXPECT_NEAR(ofTraffic(result, "requests.failed", "orders"), cakes, 4 * std::sqrt(cakes));
  EXPECT_NEAR(ofTraffic(result, "requests.failed", "night shift"), nights, 4 * std::sqrt(nights));
  const Result named = runShipped("policies/deny-wrong-caller",
                                  {setting("/events/0/patch/mesh/authorizationPolicies/oven/rules/0/from/0/source/notPrincipals", R"(["*/sa/bakery","*/sa/cafe"])")});
  EXPECT_EQ(ofTraffic(named, "requests.failed", "orders"), 0);
  EXPECT_GT(ofTraffic(named, "requests.failed", "night shift"), 300);
}

TEST(ShippedSecurity, AnExpiredCertificateIsFeltConnectionByConnection) {
  const Result kept = runShipped("policies/expired-certificate");
  expectAnswer(kept);
  const Result fresh = runShipped("policies/expired-certificate", {setting("/mesh/defaults/trafficPolicy/connectionPool/http/maxRequestsPerConnection", "1")});
  const double dark = 200.0 * 30;  // from 60 s to 90 s; Poisson: 4 standard deviations
  EXPECT_NEAR(valueOf(fresh, "requests.failed"), dark, 4 * std::sqrt(dark));
  EXPECT_LT(valueOf(kept, "requests.failed"), valueOf(fresh, "requests.failed"));
  EXPECT_GT(valueOf(kept, "requests.failed"), 0.75 * dark);
  const Result forever = runShipped("policies/expired-certificate", {setting("/mesh/defaults/trafficPolicy/connectionPool/http", R"({"maxRequestsPerConnection":0})")});
  EXPECT_EQ(valueOf(forever, "requests.failed"), 0);
}

}  // namespace
}  // namespace meshmall::models
