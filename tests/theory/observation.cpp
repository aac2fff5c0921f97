#include "observation.h"

#include <algorithm>

namespace meshmall::theory {

using models::Collector;

Observation::Observation(const std::shared_ptr<const models::Plan>& plan, const Observe& what, std::uint64_t seed, std::uint64_t replication)
    : what_(what), unit_(static_cast<double>(what.unit_ns)), mall_(plan, {.seed = seed, .replication = replication}) {
  for (const std::string& name : what.services) {
    std::vector<std::uint32_t> standing;
    for (std::uint32_t s = 0; s < plan->scenario.services.size(); ++s) {
      if (plan->scenario.services[s].name != name) continue;
      service_.push_back(s);
      for (std::uint32_t e = 0; e < mall_.endpoints().size(); ++e)
        if (plan->versions[mall_.endpoints()[e].version].service == s) standing.push_back(e);
    }
    endpoints_.push_back(std::move(standing));
  }
  waiting_.resize(service_.size());
  held_.resize(service_.size());
  replicas_.resize(service_.size());
  group_counts_.resize(mall_.endpoints().size());
  next_sample_ns_ = what.unit_ns;
}

void Observation::runUntil(double units) {
  const engine::SimTime until{static_cast<std::int64_t>(units * unit_)};
  while (mall_.now() < until && mall_.step()) {
    watchLevels();
    if (what_.one_by_one) watchCustomer();
    if (what_.group != 0) watchGroup();
    if (what_.tail && mall_.now().ns >= next_sample_ns_) sampleTail();
  }
}

// The levels of before held until now; then they are read again.
void Observation::watchLevels() {
  const std::int64_t now = mall_.now().ns;
  if (now != last_ns_) {
    const double dt = static_cast<double>(now - last_ns_) / unit_;
    live_[kInside] += dt * inside_;
    live_[kInLevel + std::min<std::size_t>(inside_, kLevels - 1)] += dt;
    for (std::size_t s = 0; s < service_.size(); ++s) {
      live_[kWaitingAt + s] += dt * static_cast<double>(waiting_[s]);
      live_[kHeldAt + s] += dt * held_[s];
      live_[kReplicasAt + s] += dt * replicas_[s];
    }
    last_ns_ = now;
  }
  inside_ = mall_.customersInside();
  for (std::size_t s = 0; s < service_.size(); ++s) {
    const std::int64_t waiting = mall_.collector().serviceWaiting()[service_[s]].now;
    if (waiting != waiting_[s]) watchLine(s, waiting);
    if (endpoints_[s].size() == 1) held_[s] = mall_.endpoints()[endpoints_[s][0]].held;
  }
  if (what_.replicas_at > 0 && !replicas_counted_ && static_cast<double>(now) >= what_.replicas_at * unit_) countReplicas();
}

void Observation::countReplicas() {
  replicas_counted_ = true;
  for (const models::Endpoint& endpoint : mall_.endpoints()) {
    if (endpoint.state != models::Endpoint::State::up && endpoint.state != models::Endpoint::State::starting) continue;
    const auto at = std::find(service_.begin(), service_.end(), mall_.plan().versions[endpoint.version].service);
    if (at != service_.end()) ++replicas_[static_cast<std::size_t>(at - service_.begin())];
  }
}

void Observation::watchLine(std::size_t service, std::int64_t waiting) {
  const std::int64_t change = waiting - waiting_[service];
  waiting_[service] = waiting;
  if (change > 0) live_[kWaitedAt + service] += static_cast<double>(change);
  if (!what_.fifo || service != 0) return;
  for (std::int64_t i = 0; i < change; ++i) line_.push_back(last_ns_);
  for (std::int64_t i = 0; i < -change; ++i) {
    const double wait = static_cast<double>(last_ns_ - line_.front()) / unit_;
    line_.pop_front();
    for (std::size_t k = 0; k < what_.wait_thresholds.size(); ++k) live_[kWaitsAbove + k] += wait > what_.wait_thresholds[k] ? 1 : 0;
    if (wait > what_.wait_limit) continue;
    live_[kWait] += wait;
    live_[kWaitSquared] += wait * wait;
  }
}

void Observation::watchCustomer() {
  std::uint64_t tries = 0;
  for (const std::uint32_t e : endpoints_[0]) tries += mall_.collector().triesAt(e).started;
  if (tries != tries_) {
    const std::uint64_t k = tries - tries_before_ - 1;
    if (k == 0) first_try_ns_ = last_ns_;
    if (k > 0 && k <= kDelays) live_[kDelayAt + k - 1] += static_cast<double>(last_ns_ - last_try_ns_) / unit_;
    last_try_ns_ = last_ns_;
    tries_ = tries;
  }
  std::uint64_t done = 0;
  for (std::uint32_t t = 0; t < mall_.plan().scenario.traffic.size(); ++t) done += mall_.collector().customersOf(t).ended;
  if (done == done_) return;
  done_ = done;
  const double mine = static_cast<double>(tries_ - tries_before_);
  const double delay = static_cast<double>(last_try_ns_ - first_try_ns_) / unit_;
  tries_before_ = tries_;
  live_[kCustomersDone] += 1;
  live_[kTries] += mine;
  live_[kTriesSquared] += mine * mine;
  live_[kRetried] += mine > 1 ? 1 : 0;
  live_[kTotalDelay] += delay;
  live_[kTotalDelaySquared] += delay * delay;
}

void Observation::watchGroup() {
  const std::uint64_t ended = mall_.collector().customersOf(0).ended;
  if (what_.part != 0 && ended - part_started_ >= what_.part) watchPart(ended);
  if (ended - group_started_ < what_.group) return;
  group_started_ = ended;
  for (std::size_t e = 0; e < group_counts_.size(); ++e) {
    const std::uint64_t all = mall_.collector().triesAt(static_cast<std::uint32_t>(e)).started;
    const double count = static_cast<double>(all - group_counts_[e]);
    group_counts_[e] = all;
    if (e < what_.group_first) continue;
    live_[kGroups] += 1;
    live_[kGroupCount] += count;
    live_[kGroupCountSquared] += count * count;
    live_[kGroupInRange] += count >= what_.group_low && count <= what_.group_high ? 1 : 0;
  }
}

// The first part of a run, and its product with the next, are in the warm-up.
void Observation::watchPart(std::uint64_t ended) {
  part_started_ = ended;
  const std::uint64_t tries = mall_.collector().triesAt(static_cast<std::uint32_t>(what_.group_first)).started;
  const double count = static_cast<double>(tries - part_tries_);
  part_tries_ = tries;
  live_[kParts] += 1;
  live_[kPartCount] += count;
  live_[kPartCountSquared] += count * count;
  live_[kPartProduct] += count * part_before_;
  part_before_ = count;
}

void Observation::sampleTail() {
  next_sample_ns_ += what_.unit_ns;
  std::array<std::uint64_t, kTail> at_least{};
  for (const models::Endpoint& e : mall_.endpoints())
    for (std::uint32_t k = 0; k < std::min<std::uint32_t>(e.held + e.waiting, kTail); ++k) ++at_least[k];
  live_[kTailSamples] += 1;
  for (std::size_t k = 0; k < kTail; ++k) live_[kTailAt + k] += static_cast<double>(at_least[k]) / static_cast<double>(mall_.endpoints().size());
}

namespace {

// Latencies not above `limit`, spread evenly over the one bucket that it cuts.
double countUpTo(const std::vector<engine::Histogram::Bucket>& buckets, double limit) {
  double sum = 0;
  for (const auto& bucket : buckets) {
    const double low = static_cast<double>(engine::Histogram::bucketLow(bucket.index).ns);
    const double share = (limit - low + 1) / static_cast<double>(engine::Histogram::bucketWidth(bucket.index).ns);
    if (share <= 0) break;
    sum += std::min(1.0, share) * static_cast<double>(bucket.count);
  }
  return sum;
}

}  // namespace

Sums Observation::sums() const {
  Sums out = live_;
  out[kTime] = static_cast<double>(last_ns_) / unit_;
  for (const Collector::TrafficCounters& t : mall_.collector().traffic()) {
    out[kStarted] += static_cast<double>(t.customers.started);
    out[kOk] += static_cast<double>(t.answers.ok.count());
    out[kFailed] += static_cast<double>(t.answers.failed.count());
    out[kOkLatency] += static_cast<double>(t.answers.ok.sum()) / unit_;
    out[kFailedLatency] += static_cast<double>(t.answers.failed.sum()) / unit_;
    const auto buckets = t.answers.ok.buckets();
    for (const auto& bucket : buckets) {
      const double low = static_cast<double>(engine::Histogram::bucketLow(bucket.index).ns);
      const double middle = (low + 0.5 * static_cast<double>(engine::Histogram::bucketWidth(bucket.index).ns - 1)) / unit_;
      out[kOkLatencySquared] += middle * middle * static_cast<double>(bucket.count);
    }
    for (std::size_t k = 0; k < what_.response_thresholds.size(); ++k)
      out[kAnswersUpTo + k] += countUpTo(buckets, what_.response_thresholds[k] * unit_);
  }
  out[kEjections] = static_cast<double>(mall_.collector().ejections());
  for (std::size_t s = 0; s < service_.size(); ++s)
    for (const std::uint32_t e : endpoints_[s]) out[kArrivalsAt + s] += static_cast<double>(mall_.collector().triesAt(e).started);
  return out;
}

}  // namespace meshmall::theory
