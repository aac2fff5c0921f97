// gRPC's weighted round robin: a static stride schedule over weights from load reports.
//
// Weights are scaled so that the largest is 65535; a running sequence number visits the hosts in turn and passes over those whose share
// says so, without any state but the number. Fewer than two hosts with a weight, or all equal: plain rotation by the same number.
// Source: grpc-go balancer/weightedroundrobin; gRFC A58; docs/reference/balancing.md#grpc-weighted-round-robin
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/balancing/host_source.h"
#include "models/balancing/load_balancer_config.h"
#include "models/balancing/pick.h"

namespace meshmall::models {

class StaticStride {
 public:
  StaticStride() = default;
  // Weight 0: none; such hosts get the mean of the others.
  explicit StaticStride(std::span<const double> weights);

  bool isRoundRobin() const { return scaled_.empty(); }
  const std::vector<std::uint16_t>& scaled() const { return scaled_; }

  // The next position; `sequence` (32 bits, wrapping) goes on with every step. O(1) on average, at most O(n) steps in a row.
  std::uint32_t next(std::uint32_t& sequence) const;

 private:
  std::uint32_t count_ = 0;
  std::vector<std::uint16_t> scaled_;
};

class GrpcWeightedRoundRobin {
 public:
  // The sequence starts anywhere: the low 32 bits of one draw.
  GrpcWeightedRoundRobin(const GrpcWeightedRoundRobinConfig& config, std::uint64_t draw, engine::SimTime now);

  void refresh(ClusterHosts& hosts, engine::SimTime now);
  // No draw. Weights are read again once an update period has passed.
  void pick(ClusterHosts& hosts, const HostSource& source, engine::SimTime now, Pick& pick);

  const GrpcWeightedRoundRobinConfig& config() const { return config_; }

 private:
  struct Schedule {
    HostSource source;
    StaticStride stride;
  };
  const StaticStride& scheduleFor(ClusterHosts& hosts, const HostSource& source, engine::SimTime now);

  GrpcWeightedRoundRobinConfig config_;
  std::uint32_t sequence_;
  engine::SimTime next_update_;
  std::vector<Schedule> schedules_;
};

}  // namespace meshmall::models
