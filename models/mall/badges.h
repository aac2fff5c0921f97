// Side tables of security in the running mall: what each try's connection speaks, the proxies' certificates, connections whose handshake failed.
// Empty unless some version of the mesh may refuse a connection, a request or a certificate (Plan::secured).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "models/mall/guards.h"
#include "models/security/certificates.h"
#include "models/security/transport.h"

namespace meshmall::models {

// Of a try: the connection it was given.
struct Badge {
  ClientTransport transport = ClientTransport::kPlaintext;
  HandshakeResult handshake = HandshakeResult::kAccepted;  // as far as certificates decide; the server's mode counts when the request arrives
};

// Of a proxy; nothing in it: a proxy without certificate (kube-proxy stands in).
struct CertificateHolder {
  std::optional<WorkloadCertificate> certificate;
  std::uint32_t issued = 0;  // so far; addresses the draws of their renewal
  bool expired = false;      // and told so
  engine::TimerId due;       // the next renewal; its expiry when there is none
};

// A connection that many requests share (HTTP/2) and whose handshake was refused, until its proxy hears of it.
struct SharedHandshake {
  std::uint32_t upstream = 0, thread = 0, endpoint = 0;
  std::uint32_t generation = 0;  // of the pool
  HandshakeResult result = HandshakeResult::kAccepted;
};

struct Badges {
  std::vector<Badge> tries;                      // by try
  std::vector<CertificateHolder> certificates;   // by proxy
  std::vector<SharedHandshake> refused;          // at most one for each pool
  std::vector<std::array<NoteGate, 4>> notes;    // by proxy: refused handshakes, bad tokens, missing ones, requests
  std::vector<std::uint32_t> renewals_stopped;   // events in force
};

}  // namespace meshmall::models
