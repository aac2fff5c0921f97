#include "models/discovery/dns_view.h"

#include <utility>

namespace meshmall::models {

engine::SimTime DnsView::onAnswer(const DnsConfig& config, std::vector<std::uint32_t> addresses, engine::Duration ttl, engine::SimTime now) {
  addresses_ = std::move(addresses);
  resolved_ = true;
  // A TTL of 0 would ask without end: the rate counts then, as it does when TTLs are not respected.
  return now + (config.respect_ttl && ttl.ns > 0 ? ttl : config.refresh_rate);
}

std::vector<std::uint32_t> DnsView::addresses(const DnsConfig& config) const {
  if (config.kind == DnsKind::kStrict || addresses_.size() < 2) return addresses_;
  return {addresses_.front()};
}

}  // namespace meshmall::models
