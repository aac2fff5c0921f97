// What one proxy knows of a name by DNS. STRICT_DNS: all addresses of the last good answer, asked again every 5 s (or its TTL); LOGICAL_DNS: only
// its first address, looked at when a new connection is made.
//
// A failed look-up keeps the old addresses. Connections that are open outlive a change. An answer without addresses is a good one: nobody is there.
// Source: Envoy strict_dns_cluster.cc, logical_dns_cluster.cc; spec rollout-traffic-security.md section 7.3.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

enum class DnsKind : std::uint8_t { kStrict, kLogical };

struct DnsConfig {
  DnsKind kind = DnsKind::kStrict;
  engine::Duration refresh_rate = engine::seconds(5);
  bool respect_ttl = false;
};

class DnsView {
 public:
  // Returns when to ask again.
  engine::SimTime onAnswer(const DnsConfig& config, std::vector<std::uint32_t> addresses, engine::Duration ttl, engine::SimTime now);
  engine::SimTime onFailure(const DnsConfig& config, engine::SimTime now) const { return now + config.refresh_rate; }

  // Where new connections may go; those of a logical cluster to one address only.
  std::vector<std::uint32_t> addresses(const DnsConfig& config) const;
  bool resolved() const { return resolved_; }  // false: no good answer yet, requests wait or fail

 private:
  std::vector<std::uint32_t> addresses_;
  bool resolved_ = false;
};

}  // namespace meshmall::models
