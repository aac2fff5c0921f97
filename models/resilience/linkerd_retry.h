// Which errors of a try Linkerd's route retries (HTTPRoute / GRPCRoute annotations) make again; answers are judged by status beside it. There is no budget there.
// Source: linkerd2-proxy outbound route retry policy; spec rollout-traffic-security.md section 3.2.
#pragma once

#include <cstdint>

namespace meshmall::models {

enum class LinkerdError : std::uint8_t {
  kLoadShed,  // the proxy's own queue was full
  kFailFast,  // no endpoint was ready for the fail-fast time
  kResponseHeadersTimeout,
  kRefusedStream,  // HTTP/2 REFUSED_STREAM
  kConnection,     // any other error of the connection
};

constexpr bool linkerdRetries(LinkerdError error) {
  return error == LinkerdError::kFailFast || error == LinkerdError::kResponseHeadersTimeout || error == LinkerdError::kRefusedStream;
}

}  // namespace meshmall::models
