#include "models/resilience/response.h"

#include <array>

namespace meshmall::models {

std::string_view name(ResetReason reason) {
  switch (reason) {
    case ResetReason::kNone:
      return "none";
    case ResetReason::kOverflow:
      return "overflow";
    case ResetReason::kLocalConnectionFailure:
      return "local_connection_failure";
    case ResetReason::kRemoteConnectionFailure:
      return "remote_connection_failure";
    case ResetReason::kConnectionTimeout:
      return "connection_timeout";
    case ResetReason::kConnectionTermination:
      return "connection_termination";
    case ResetReason::kLocalReset:
      return "local_reset";
    case ResetReason::kRemoteReset:
      return "remote_reset";
    case ResetReason::kRemoteRefusedStream:
      return "remote_refused_stream_reset";
    case ResetReason::kProtocolError:
      return "protocol_error";
  }
  return "?";
}

std::string_view name(ResponseFlag flag) {
  static constexpr std::array<std::string_view, kResponseFlagCount> kNames = {"-",  "UH", "UF", "UO",   "URX", "UT", "UC",   "UR", "UPE", "UMSDR", "LR", "LH",
                                                                              "NR", "NC", "RL", "RLSE", "FI",  "DI", "UAEX", "DC", "DR",  "SI",    "DT", "OM"};
  const auto index = static_cast<std::size_t>(flag);
  return index < kNames.size() ? kNames[index] : "?";
}

ResponseFlag flagOf(ResetReason reason) {
  switch (reason) {
    case ResetReason::kNone:
      return ResponseFlag::kNone;
    case ResetReason::kOverflow:
      return ResponseFlag::kUpstreamOverflow;
    case ResetReason::kLocalConnectionFailure:
    case ResetReason::kRemoteConnectionFailure:
    case ResetReason::kConnectionTimeout:
      return ResponseFlag::kUpstreamConnectionFailure;
    case ResetReason::kConnectionTermination:
      return ResponseFlag::kUpstreamConnectionTermination;
    case ResetReason::kLocalReset:
      return ResponseFlag::kLocalReset;
    case ResetReason::kRemoteReset:
    case ResetReason::kRemoteRefusedStream:
      return ResponseFlag::kUpstreamRemoteReset;
    case ResetReason::kProtocolError:
      return ResponseFlag::kUpstreamProtocolError;
  }
  return ResponseFlag::kNone;
}

int statusOf(ResetReason reason) { return reason == ResetReason::kProtocolError ? 502 : 503; }

int grpcStatusOfHttp(int status) {
  switch (status) {
    case 400:
      return 3;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 5;
    case 409:
      return 10;
    case 429:
      return 8;
    case 499:
      return 1;
    case 500:
      return 13;
    case 501:
      return 12;
    case 503:
      return 14;
    case 504:
      return 4;
    default:
      return status < 400 ? 0 : 2;
  }
}

int httpStatusOfGrpc(int grpc_status) {
  switch (grpc_status) {
    case 0:
      return 200;  // ok
    case 1:
      return 499;  // cancelled
    case 2:
      return 500;  // unknown
    case 3:
      return 400;  // invalid argument
    case 4:
      return 504;  // deadline exceeded
    case 5:
      return 404;  // not found
    case 6:
      return 409;  // already exists
    case 7:
      return 403;  // permission denied
    case 8:
      return 429;  // resource exhausted
    case 9:
      return 400;  // failed precondition
    case 10:
      return 409;  // aborted
    case 11:
      return 400;  // out of range
    case 12:
      return 501;  // unimplemented
    case 13:
      return 500;  // internal
    case 14:
      return 503;  // unavailable
    case 15:
      return 500;  // data loss
    case 16:
      return 401;  // unauthenticated
    default:
      return 500;
  }
}

}  // namespace meshmall::models
