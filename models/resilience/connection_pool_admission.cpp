#include "models/resilience/connection_pool_admission.h"

#include <algorithm>

#include "engine/kernel/promise.h"

namespace meshmall::models {
namespace {

constexpr int kOpensPerTrigger = 3;

}  // namespace

std::optional<ConnectionPool::ConnectionIndex> ConnectionPool::readyConnection() const {
  for (ConnectionIndex i = 0; i < active_.size(); ++i) {
    if (active_[i] < streams_per_connection_) return i;
  }
  return std::nullopt;
}

ConnectionPool::Outcome ConnectionPool::attach(StreamId stream, ConnectionIndex connection, const CircuitBreakerConfig& limits, ResourceManager& manager) {
  if (!manager.canCreateRequest(limits)) {
    ++stats_.pending_overflow;
    return {stream, Admission::kOverflow, 0};
  }
  manager.addRequest();
  ++active_[connection];
  return {stream, Admission::kActive, connection};
}

ConnectionPool::Outcome ConnectionPool::newStream(StreamId stream, const CircuitBreakerConfig& limits, ResourceManager& manager) {
  if (const auto ready = readyConnection()) return attach(stream, *ready, limits, manager);
  if (!manager.canCreatePending(limits)) {
    ++stats_.pending_overflow;
    return {stream, Admission::kOverflow, 0};
  }
  manager.addPending();
  waiting_.push_back(stream);
  openConnections(limits, manager);
  return {stream, Admission::kPending, 0};
}

void ConnectionPool::openConnections(const CircuitBreakerConfig& limits, ResourceManager& manager) {
  for (int i = 0; i < kOpensPerTrigger; ++i) {
    if (waiting_.size() <= std::uint64_t{connecting_} * streams_per_connection_) return;
    const bool room = manager.canCreateConnection(limits);
    if (!room) ++stats_.connection_overflow;
    if (!room && connections() > 0) return;
    manager.addConnection();
    ++connecting_;
    ++stats_.connections_opened;
  }
}

std::vector<ConnectionPool::Outcome> ConnectionPool::serveWaiting(const CircuitBreakerConfig& limits, ResourceManager& manager) {
  std::vector<Outcome> outcomes;
  while (!waiting_.empty()) {
    const auto ready = readyConnection();
    if (!ready) break;
    const StreamId stream = waiting_.front();
    waiting_.pop_front();
    manager.removePending();
    outcomes.push_back(attach(stream, *ready, limits, manager));
  }
  return outcomes;
}

std::vector<ConnectionPool::Outcome> ConnectionPool::onConnected(const CircuitBreakerConfig& limits, ResourceManager& manager) {
  engine::promise(connecting_ > 0, "a connection came up that was not opened");
  --connecting_;
  active_.push_back(0);
  return serveWaiting(limits, manager);
}

std::vector<ConnectionPool::Outcome> ConnectionPool::onStreamEnd(ConnectionIndex connection, const CircuitBreakerConfig& limits, ResourceManager& manager) {
  engine::promise(connection < active_.size() && active_[connection] > 0, "a stream ended that was not active");
  --active_[connection];
  manager.removeRequest();
  return serveWaiting(limits, manager);
}

bool ConnectionPool::cancelPending(StreamId stream, ResourceManager& manager) {
  const auto place = std::find(waiting_.begin(), waiting_.end(), stream);
  if (place == waiting_.end()) return false;
  waiting_.erase(place);
  manager.removePending();
  return true;
}

}  // namespace meshmall::models
