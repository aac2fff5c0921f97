#include "models/observation/outcome.h"

#include <array>

namespace meshmall::models {

std::string_view name(TryKind kind) {
  constexpr std::array<std::string_view, kTryKinds> kNames = {"first", "retry", "hedge", "mirror"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name(Rejection rejection) {
  constexpr std::array<std::string_view, kRejections> kNames = {"localRateLimit",      "globalRateLimit", "circuitBreaker",   "admission",
                                                                "adaptiveConcurrency", "queueFull",       "queueTimeout",     "handshake",
                                                                "authentication",      "missingToken",    "authorization",    "noHealthyUpstream"};
  return kNames[static_cast<std::size_t>(rejection)];
}

}  // namespace meshmall::models
