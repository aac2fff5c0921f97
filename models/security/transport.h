// What a client's proxy sends on a new connection, and whether the server takes it: the table of client x server.
//
// client \ server  STRICT        PERMISSIVE    DISABLE       no proxy
// plaintext        refused       ok, nobody    ok, nobody    ok, nobody
// mutual TLS       ok, identity  ok, identity  refused       refused
// TLS (SIMPLE)     refused       refused       refused       refused       (the workloads themselves speak no TLS)
// A refusal is a transport reset: the client's proxy answers 503, not 403. Certificates count when the connection is made; one that is open lives on.
// Source: Istio auto mTLS, DestinationRule tls, PeerAuthentication; spec rollout-traffic-security.md section 6.1.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/time.h"
#include "models/security/certificates.h"
#include "models/security/peer_authentication.h"

namespace meshmall::models {

enum class TlsMode : std::uint8_t { kDisable, kSimple, kMutual, kIstioMutual };  // of a destination rule's `tls`

enum class ClientTransport : std::uint8_t { kPlaintext, kTls, kMutualTls };

struct ClientTransportInput {
  std::optional<TlsMode> rule;               // nothing: the rule says nothing, auto mTLS may decide
  bool auto_mtls = true;                     // mesh-wide
  std::optional<MutualTlsMode> server_mode;  // nothing: not known
  bool mesh_external = false;                // a service outside the mesh
  bool endpoint_has_proxy = true;            // of the endpoint picked: auto mTLS is decided for each
};

// MUTUAL takes certificates of the user's own; here they are taken to be the workload's, as with ISTIO_MUTUAL.
ClientTransport chooseTransport(const ClientTransportInput& input);

enum class HandshakeResult : std::uint8_t {
  kAccepted,
  kPlaintextRefused,          // the server is STRICT
  kTlsNotSpoken,              // the server takes plaintext only, or has no proxy
  kClientCertificateMissing,  // TLS without a client's certificate
  kClientCertificateExpired,
  kServerCertificateExpired,
};

struct TransportOutcome {
  HandshakeResult result = HandshakeResult::kAccepted;
  bool peer_identity = false;  // the server knows who asks

  bool accepted() const { return result == HandshakeResult::kAccepted; }
};

// The two sides' certificates are looked at only when TLS is spoken; nothing: valid.
struct HandshakeCertificates {
  const Certificate* client = nullptr;
  const Certificate* server = nullptr;
  engine::SimTime now;
};
TransportOutcome connectionOutcome(ClientTransport client, MutualTlsMode server, bool server_has_proxy = true, const HandshakeCertificates& certificates = {});

}  // namespace meshmall::models
