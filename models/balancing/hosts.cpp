#include "models/balancing/hosts.h"

#include <algorithm>

namespace meshmall::models {

ClusterHosts::ClusterHosts(std::shared_ptr<const Membership> membership, FailoverConfig config, engine::SimTime now) : config_(config) {
  setMembership(std::move(membership), now);
}

void ClusterHosts::requestEnded(HostIndex host, std::uint32_t epoch, std::uint32_t id) {
  --cluster_active_;
  if (epoch != epoch_) {
    host = membership_->indexOf(id);
    if (host != kNoHost && joined_[host] > epoch) return;
  }
  if (host != kNoHost) --active_[host];
}

void ClusterHosts::setMembership(std::shared_ptr<const Membership> membership, engine::SimTime now) {
  const std::size_t hosts = membership->hosts.size();
  std::vector<std::uint32_t> active(hosts, 0), joined(hosts, epoch_ + 1);
  std::vector<HostFlags> flags(flags_.empty() ? 0 : hosts, 0);
  std::vector<engine::SimTime> clocks(keeps_clocks_ ? hosts : 0, engine::kNever);
  std::vector<HostMeasures> measures(keeps_measures_ ? hosts : 0);
  for (HostIndex to = 0; to < hosts && !active_.empty(); ++to) {
    const HostIndex from = membership_->indexOf(membership->hosts[to].id);
    if (from == kNoHost) continue;
    active[to] = active_[from];
    joined[to] = joined_[from];
    if (!flags.empty()) flags[to] = flags_[from];
    if (keeps_clocks_) clocks[to] = clocks_[from];
    if (keeps_measures_) measures[to] = measures_[from];
  }
  membership_ = std::move(membership);
  active_ = std::move(active);
  joined_ = std::move(joined);
  flags_ = std::move(flags);
  clocks_ = std::move(clocks);
  measures_ = std::move(measures);
  weights_.clear();  // the new list says what hosts weigh
  ++epoch_;
  const std::uint32_t levels = static_cast<std::uint32_t>(membership_->priorities.size());
  groups_.resize(levels);
  versions_.resize(levels, 0);
  for (std::uint32_t priority = 0; priority < levels; ++priority) rebuild(priority, now);
  reshare();
}

void ClusterHosts::setConfig(FailoverConfig config, engine::SimTime now) {
  // With nothing healthy and a threshold of 0 shares stay as they were; under another threshold they would keep its panic for ever.
  if (config.panic_threshold != config_.panic_threshold) shares_.clear();
  config_ = config;
  for (std::uint32_t priority = 0; priority < groups_.size(); ++priority) rebuild(priority, now);
  reshare();
}

void ClusterHosts::setFlags(HostIndex host, HostFlags flags, bool on, engine::SimTime now) {
  const HostFlags before = this->flags(host);
  const std::pair<HostIndex, HostFlags> change{host, static_cast<HostFlags>(on ? before | flags : before & ~flags)};
  if (change.second != before) replaceFlags({&change, 1}, now);
}

void ClusterHosts::replaceFlags(std::span<const std::pair<HostIndex, HostFlags>> flags, engine::SimTime now) {
  if (flags_.empty()) flags_.assign(size(), 0);
  std::vector<bool> touched(groups_.size(), false);
  for (const auto& [host, after] : flags) {
    const HostFlags before = flags_[host];
    flags_[host] = after;
    touched[membership_->hosts[host].priority] = true;
    const bool passed_check = (before & kFailedActiveCheck) != 0 && (after & kFailedActiveCheck) == 0;
    if (passed_check && !clocks_.empty()) clocks_[host] = now;
  }
  for (std::uint32_t priority = 0; priority < groups_.size(); ++priority) {
    if (touched[priority]) rebuild(priority, now);
  }
  reshare();
}

void ClusterHosts::setWeight(HostIndex host, std::uint32_t weight, bool refresh_schedules, engine::SimTime now) {
  if (weights_.empty()) {
    weights_.reserve(size());
    for (const HostConfig& config : membership_->hosts) weights_.push_back(config.weight);
  }
  weights_[host] = std::max<std::uint32_t>(1, weight);
  if (refresh_schedules) refresh(membership_->hosts[host].priority, now);
}

void ClusterHosts::refresh(std::uint32_t priority, engine::SimTime now) {
  rebuild(priority, now);
  reshare();
}

void ClusterHosts::keepClocks(engine::SimTime now) {
  keeps_clocks_ = true;
  if (clocks_.empty()) clocks_.assign(size(), engine::kNever);
  startClocks(now);
}

void ClusterHosts::keepMeasures() {
  keeps_measures_ = true;
  measures_.resize(size());
}

PrioritySummary ClusterHosts::summary(std::uint32_t priority) const {
  const PriorityGroup& group = *groups_[priority];
  return {group.all.size(),     group.healthy.size(),  group.degraded.size(), group.excluded, config_.overprovisioning_factor, config_.weighted_priority_health,
          group.healthy_weight, group.degraded_weight, group.counted_weight};
}

void ClusterHosts::rebuild(std::uint32_t priority, engine::SimTime now) {
  const bool pristine = weights_.empty() && std::all_of(flags_.begin(), flags_.end(), [](HostFlags flags) { return flags == 0; });
  groups_[priority] = pristine ? membership_->pristine[priority] : groupPriority(*membership_, priority, flags_, weights_);
  startClocks(now);
  ++versions_[priority];
  ++version_;
}

void ClusterHosts::reshare() {
  std::vector<PrioritySummary> summaries(groups_.size());
  for (std::uint32_t priority = 0; priority < groups_.size(); ++priority) summaries[priority] = summary(priority);
  normalized_total_ = updatePriorityShares(summaries, config_.panic_threshold, shares_);
  all_to_first_ = shares_[0].healthy >= 100 && !shares_[0].panic;
}

void ClusterHosts::startClocks(engine::SimTime now) {
  for (HostIndex host = 0; host < clocks_.size(); ++host) {
    if (clocks_[host] == engine::kNever && health(host) == Health::kHealthy) clocks_[host] = now;
  }
}

}  // namespace meshmall::models
