#include "models/security/transport.h"

namespace meshmall::models {

ClientTransport chooseTransport(const ClientTransportInput& input) {
  if (input.rule) {
    switch (*input.rule) {
      case TlsMode::kDisable:
        return ClientTransport::kPlaintext;
      case TlsMode::kSimple:
        return ClientTransport::kTls;
      case TlsMode::kMutual:
      case TlsMode::kIstioMutual:
        return ClientTransport::kMutualTls;
    }
  }
  const bool server_known = input.server_mode && *input.server_mode != MutualTlsMode::kDisable && *input.server_mode != MutualTlsMode::kUnset;
  const bool mutual = input.auto_mtls && !input.mesh_external && server_known && input.endpoint_has_proxy;
  return mutual ? ClientTransport::kMutualTls : ClientTransport::kPlaintext;
}

TransportOutcome connectionOutcome(ClientTransport client, MutualTlsMode server, bool server_has_proxy, const HandshakeCertificates& certificates) {
  const bool strict = server_has_proxy && server == MutualTlsMode::kStrict;
  if (client == ClientTransport::kPlaintext) return {strict ? HandshakeResult::kPlaintextRefused : HandshakeResult::kAccepted, false};
  if (!server_has_proxy || server == MutualTlsMode::kDisable) return {HandshakeResult::kTlsNotSpoken, false};
  if (client == ClientTransport::kTls) {
    // A permissive server hands what is not the mesh's own TLS through to the workload, which speaks none.
    return {strict ? HandshakeResult::kClientCertificateMissing : HandshakeResult::kTlsNotSpoken, false};
  }
  if (certificates.server != nullptr && !certificates.server->validAt(certificates.now)) return {HandshakeResult::kServerCertificateExpired, false};
  if (certificates.client != nullptr && !certificates.client->validAt(certificates.now)) return {HandshakeResult::kClientCertificateExpired, false};
  return {HandshakeResult::kAccepted, true};
}

}  // namespace meshmall::models
