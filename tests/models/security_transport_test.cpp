// Identities, certificates, modes of servers, and what becomes of a connection.
#include <map>

#include "models/security/certificates.h"
#include "models/security/identity.h"
#include "models/security/peer_authentication.h"
#include "models/security/transport.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

constexpr engine::SimTime at(std::int64_t seconds) { return {seconds * 1'000'000'000}; }

TEST(Identity, IsReadBackFromItsPrincipalAndItsUri) {
  const Identity till{"cluster.local", "shop", "till"};
  EXPECT_EQ(till.uri(), "spiffe://cluster.local/ns/shop/sa/till");
  EXPECT_EQ(parseIdentity(till.uri()), till);
  EXPECT_EQ(parseIdentity(till.principal()), till);
  for (const char* wrong : {"", "cluster.local", "cluster.local/ns/shop", "cluster.local/ns//sa/till", "/ns/shop/sa/till", "a/b/ns/shop/sa/till",
                            "cluster.local/ns/shop/sa/", "cluster.local/ns/shop/sa/till/more"}) {
    EXPECT_EQ(parseIdentity(wrong), std::nullopt) << wrong;
  }
}

PeerAuthentication policy(const std::string& ns, MutualTlsMode mode, std::int64_t created = 0, Labels selector = {}) {
  PeerAuthentication out;
  out.scope = {ns, std::move(selector)};
  out.mode = mode;
  out.created = created;
  return out;
}

const SecuredWorkload kTill{"shop", {{"app", "till"}, {"version", "v1"}}};

TEST(PeerAuthentication, ThePolicyOfTheWorkloadGoesBeforeItsNamespacesAndThatBeforeTheMeshs) {
  const std::vector<PeerAuthentication> policies = {policy("root", MutualTlsMode::kStrict), policy("shop", MutualTlsMode::kDisable),
                                                    policy("shop", MutualTlsMode::kPermissive, 0, {{"app", "till"}})};
  EXPECT_EQ(composePeerAuthentication(policies, kTill, "root").mode, MutualTlsMode::kPermissive);
  EXPECT_EQ(composePeerAuthentication(policies, {"shop", {{"app", "desk"}}}, "root").mode, MutualTlsMode::kDisable);
  EXPECT_EQ(composePeerAuthentication(policies, {"other", {{"app", "till"}}}, "root").mode, MutualTlsMode::kStrict);
}

TEST(PeerAuthentication, OfSeveralAtOneLevelOnlyTheOldestCountsEvenWhenItSaysNothing) {
  const std::vector<PeerAuthentication> policies = {policy("shop", MutualTlsMode::kStrict, 5), policy("shop", MutualTlsMode::kUnset, 1)};
  EXPECT_EQ(composePeerAuthentication(policies, kTill, "root").mode, MutualTlsMode::kPermissive);
}

TEST(PeerAuthentication, ASelectorInTheRootNamespaceIsIgnoredAndPortsComeFromTheWorkloadsPolicyOnly) {
  PeerAuthentication mesh = policy("root", MutualTlsMode::kStrict, 0, {{"app", "till"}});
  PeerAuthentication name_space = policy("shop", MutualTlsMode::kUnset);
  name_space.port_modes[80] = MutualTlsMode::kStrict;
  EXPECT_EQ(composePeerAuthentication({mesh, name_space}, kTill, "root"), EffectivePeerAuthentication());
  PeerAuthentication own = policy("shop", MutualTlsMode::kUnset, 0, {{"app", "till"}});
  own.port_modes = {{80, MutualTlsMode::kDisable}, {90, MutualTlsMode::kUnset}};
  mesh.scope.selector.clear();
  const EffectivePeerAuthentication effective = composePeerAuthentication({mesh, name_space, own}, kTill, "root");
  EXPECT_EQ(effective.ofPort(80), MutualTlsMode::kDisable);
  EXPECT_EQ(effective.ofPort(90), MutualTlsMode::kStrict);
  EXPECT_EQ(effective.ofPort(443), MutualTlsMode::kStrict);
}

TEST(Transport, FollowsTheTableOfClientAndServer) {
  using enum HandshakeResult;
  const std::vector<MutualTlsMode> servers = {MutualTlsMode::kStrict, MutualTlsMode::kPermissive, MutualTlsMode::kDisable};
  const std::map<ClientTransport, std::vector<HandshakeResult>> table = {
      {ClientTransport::kPlaintext, {kPlaintextRefused, kAccepted, kAccepted, kAccepted}},
      {ClientTransport::kMutualTls, {kAccepted, kAccepted, kTlsNotSpoken, kTlsNotSpoken}},
      {ClientTransport::kTls, {kClientCertificateMissing, kTlsNotSpoken, kTlsNotSpoken, kTlsNotSpoken}}};
  for (const auto& [client, row] : table) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
      const TransportOutcome outcome = connectionOutcome(client, servers[i]);
      EXPECT_EQ(outcome.result, row[i]) << int(client) << " " << i;
      EXPECT_EQ(outcome.peer_identity, outcome.accepted() && client == ClientTransport::kMutualTls);
    }
    EXPECT_EQ(connectionOutcome(client, MutualTlsMode::kStrict, false).result, row[3]);  // no proxy: nobody enforces the mode
  }
}

TEST(Transport, AutoMutualTlsLooksAtEachEndpointAndARuleOverridesIt) {
  ClientTransportInput input;
  input.server_mode = MutualTlsMode::kPermissive;
  EXPECT_EQ(chooseTransport(input), ClientTransport::kMutualTls);
  input.endpoint_has_proxy = false;
  EXPECT_EQ(chooseTransport(input), ClientTransport::kPlaintext);
  input.rule = TlsMode::kIstioMutual;  // also to an endpoint that cannot answer it
  EXPECT_EQ(chooseTransport(input), ClientTransport::kMutualTls);
  input = {};
  input.server_mode = MutualTlsMode::kStrict;
  input.auto_mtls = false;
  EXPECT_EQ(chooseTransport(input), ClientTransport::kPlaintext);
}

TEST(Transport, AnExpiredCertificateOfEitherSideFailsTheHandshakeOnlyWhereOneIsAsked) {
  const Certificate good{at(0), at(100)}, expired{at(0), at(50)};
  const HandshakeCertificates client_expired{&expired, &good, at(50)}, server_expired{&good, &expired, at(50)},
      just_before{&expired, &expired, {at(50).ns - 1}};
  const auto outcome = [](const HandshakeCertificates& c) {
    return connectionOutcome(ClientTransport::kMutualTls, MutualTlsMode::kPermissive, true, c).result;
  };
  EXPECT_EQ(outcome(client_expired), HandshakeResult::kClientCertificateExpired);
  EXPECT_EQ(outcome(server_expired), HandshakeResult::kServerCertificateExpired);
  EXPECT_EQ(outcome(just_before), HandshakeResult::kAccepted);
  EXPECT_TRUE(connectionOutcome(ClientTransport::kPlaintext, MutualTlsMode::kPermissive, true, client_expired).accepted());
}

TEST(Certificates, AreRenewedHalfWayUnlessMovedByTheJitter) {
  const CertificateConfig config;  // 24 h, 0.5, 0.01
  const Certificate certificate = issueCertificate(config, at(0));
  const double day = 24 * 3600;
  for (const auto& [draw, ratio] : std::vector<std::pair<std::uint64_t, double>>{{0, 0.49}, {std::uint64_t{1} << 63, 0.5}, {UINT64_MAX, 0.51}}) {
    GivenDraws draws({draw});
    EXPECT_NEAR(rotationDelay(config, certificate, at(0), draws).seconds(), day * (1 - ratio), 1e-3);
    EXPECT_EQ(draws.drawn(), 1u);
  }
  GivenDraws none;
  CertificateConfig plain = config;
  plain.jitter = 0;
  EXPECT_EQ(rotationDelay(plain, certificate, at(43'000), none), engine::seconds(200));
  EXPECT_EQ(rotationDelay(plain, certificate, at(90'000), none), engine::Duration{0});  // expired: at once
  plain.grace_ratio = 3;                                                                // kept at 1
  EXPECT_EQ(rotationDelay(plain, certificate, at(0), none), engine::Duration{0});
  EXPECT_EQ(none.drawn(), 0u);
}

TEST(Certificates, RunOutWhileRenewalIsStoppedAndAreRenewedAtOnceAfterwards) {
  CertificateConfig config;
  config.lifetime = engine::seconds(100);
  config.jitter = 0;
  GivenDraws draws;
  WorkloadCertificate certificate(config, at(0), draws);
  EXPECT_EQ(certificate.renewsAt(), at(50));
  certificate.renew(config, at(50), draws);
  EXPECT_EQ(certificate.current(), (Certificate{at(50), at(150)}));
  certificate.stopRenewal();
  EXPECT_EQ(certificate.renewsAt(), std::nullopt);
  EXPECT_TRUE(certificate.current().validAt(at(149)));
  EXPECT_FALSE(certificate.current().validAt(at(150)));
  certificate.resumeRenewal(config, at(200), draws);
  EXPECT_EQ(certificate.renewsAt(), at(200));
}

}  // namespace
}  // namespace meshmall::models
