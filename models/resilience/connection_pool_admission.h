// Connections of one proxy to one endpoint: whether a new stream gets one at once, waits for one, or overflows, and how many are opened.
//
// A waiting stream is tested against max_requests only when it gets its connection. The limit of connections fails nothing by itself, and a pool without
// any connection may always open one, so the limit can be exceeded by the number of endpoints. Waiting streams are served in order.
// Source: Envoy conn_pool_base.cc; spec envoy-resilience.md section 4.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/resilience/circuit_breaker.h"

namespace meshmall::models {

struct PoolStats {
  std::uint32_t connections_opened = 0;
  std::uint32_t connection_overflow = 0;  // upstream_cx_overflow
  std::uint32_t pending_overflow = 0;     // upstream_rq_pending_overflow: too many waiting, or too many requests
};

class ConnectionPool {
 public:
  using StreamId = std::uint64_t;
  using ConnectionIndex = std::uint32_t;

  enum class Admission : std::uint8_t { kActive, kPending, kOverflow };
  struct Outcome {
    StreamId stream = 0;
    Admission admission = Admission::kPending;
    ConnectionIndex connection = 0;  // of kActive
  };

  explicit ConnectionPool(std::uint32_t streams_per_connection) : streams_per_connection_(streams_per_connection) {}  // HTTP/1: 1

  // A stream wants a connection. The new connections it asks for are in connecting(); the holder lets them come up.
  Outcome newStream(StreamId stream, const CircuitBreakerConfig& limits, ResourceManager& manager);
  // The oldest connecting connection is up: what becomes of the streams that waited.
  std::vector<Outcome> onConnected(const CircuitBreakerConfig& limits, ResourceManager& manager);
  // An active stream has ended: what becomes of those that wait.
  std::vector<Outcome> onStreamEnd(ConnectionIndex connection, const CircuitBreakerConfig& limits, ResourceManager& manager);
  // A waiting stream gives up. False: it did not wait.
  bool cancelPending(StreamId stream, ResourceManager& manager);

  std::uint32_t connecting() const { return connecting_; }
  std::uint32_t connections() const { return connecting_ + static_cast<std::uint32_t>(active_.size()); }
  std::size_t pending() const { return waiting_.size(); }
  const PoolStats& stats() const { return stats_; }

 private:
  std::optional<ConnectionIndex> readyConnection() const;
  Outcome attach(StreamId stream, ConnectionIndex connection, const CircuitBreakerConfig& limits, ResourceManager& manager);
  std::vector<Outcome> serveWaiting(const CircuitBreakerConfig& limits, ResourceManager& manager);
  void openConnections(const CircuitBreakerConfig& limits, ResourceManager& manager);

  std::uint32_t streams_per_connection_;
  std::uint32_t connecting_ = 0;
  std::vector<std::uint32_t> active_;  // streams on each connection that is up
  std::deque<StreamId> waiting_;
  PoolStats stats_;
};

}  // namespace meshmall::models
