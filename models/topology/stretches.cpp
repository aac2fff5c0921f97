#include "models/topology/stretches.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "models/topology/arrival_rates.h"

namespace meshmall::models {
namespace {

struct Span {  // when an event is in force
  SimTime begin, end;
  double share = 1;  // of that time
};

SimTime later(SimTime t, double seconds) {
  const double to = t.seconds() + seconds;
  return to < 9e9 ? t + engine::fromSeconds(seconds) : engine::kNever;
}

// How long an endpoint takes from creation to ready, by expectation, of those an event is about.
double startupOf(const Scenario& scenario, const EventTarget& target) {
  double longest = 0;
  for (std::uint32_t s = 0; s < scenario.services.size(); ++s)
    for (std::uint32_t v = 0; v < scenario.services[s].versions.size(); ++v)
      if ((!target.service || *target.service == s) && (!target.version || *target.version == v))
        longest = std::max(longest, scenario.services[s].versions[v].startup.mean());
  return longest;
}

Span spanOf(const Scenario& scenario, const TimedEvent& event) {
  double lasts = event.lasts ? event.lasts->mean() : std::numeric_limits<double>::infinity();
  double delay = 0;
  if (const auto* crash = std::get_if<Crash>(&event.what)) lasts += startupOf(scenario, crash->target);
  if (const auto* scale = std::get_if<Scale>(&event.what)) {
    const Version& version = scenario.services[scale->service].versions[scale->version];
    const std::uint32_t now = std::accumulate(version.replicas.begin(), version.replicas.end(), 0U);
    if (scale->replicas > now) delay = version.startup.mean();
  }
  if (!event.every) return {later(event.at, delay), std::isfinite(lasts) ? later(event.at, lasts) : engine::kNever, 1};
  const double every = event.every->mean();
  return {event.at, engine::kNever, every > 0 ? std::min(1.0, lasts / every) : 1};
}

std::uint32_t replicasIn(const Version& version, const std::optional<std::uint32_t>& locality) {
  if (locality) return *locality < version.replicas.size() ? version.replicas[*locality] : 0;
  return std::accumulate(version.replicas.begin(), version.replicas.end(), 0U);
}

// The share of a version's endpoints that an event is about.
double shareOf(const Scenario& scenario, const EventTarget& target, std::uint32_t s, std::uint32_t v) {
  if ((target.service && *target.service != s) || (target.version && *target.version != v)) return 0;
  const Version& version = scenario.services[s].versions[v];
  const double all = replicasIn(version, std::nullopt);
  if (all <= 0) return 0;
  double meant = replicasIn(version, target.locality);
  if (!target.endpoints.empty()) {
    double first = 0;  // without a version, indexes run through all versions of the service
    for (std::uint32_t earlier = 0; !target.version && earlier < v; ++earlier) first += replicasIn(scenario.services[s].versions[earlier], std::nullopt);
    double listed = 0;
    for (const std::uint32_t i : target.endpoints) listed += i >= first && i < first + all ? 1 : 0;
    meant = std::min(meant, listed);
  }
  return meant / all;
}

class Cutter {
 public:
  explicit Cutter(const Scenario& scenario) : scenario_(scenario) {
    begin_ = SimTime{} + scenario.run.warmup.value_or(engine::Duration{0});
    end_ = begin_ + scenario.run.duration;
    for (const TimedEvent& event : scenario.events) spans_.push_back(spanOf(scenario, event));
  }

  Stretches cut() {
    Stretches made;
    std::vector<SimTime> cuts = cutsOfEvents();
    for (const Traffic& traffic : scenario_.traffic) {
      const auto bent = bends(traffic.arrivals, begin_, end_, kMostStretches);
      cuts.insert(cuts.end(), bent.begin(), bent.end());
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    if (cuts.size() >= kMostStretches) {
      cuts.resize(kMostStretches - 1);
      made.complete = false;
    }
    SimTime from = begin_;
    cuts.push_back(end_);
    for (const SimTime to : cuts) {
      made.parts.push_back(stretch(from, to));
      from = to;
    }
    return made;
  }

 private:
  std::vector<SimTime> cutsOfEvents() const {
    std::vector<SimTime> cuts;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      if (std::holds_alternative<Partition>(scenario_.events[i].what)) continue;
      for (const SimTime at : {spans_[i].begin, spans_[i].end})
        if (at > begin_ && at < end_) cuts.push_back(at);
    }
    return cuts;
  }

  // The canary of a rollout: what it will get nobody knows beforehand.
  bool comesLater(const Version& version) const {
    return std::any_of(scenario_.rollouts.begin(), scenario_.rollouts.end(),
                       [&](const Rollout& r) { return &scenario_.services[r.service].versions[r.canary] == &version; });
  }

  Stretch stretch(SimTime from, SimTime to) const {
    Stretch made;
    made.begin = from;
    made.end = to;
    made.traffic_factor.assign(scenario_.traffic.size(), 1);
    for (const Service& service : scenario_.services) {
      auto& endpoints = made.endpoints.emplace_back();
      auto& slow = made.slow.emplace_back();
      auto& failures = made.failures.emplace_back();
      for (const Version& version : service.versions) {
        endpoints.push_back(comesLater(version) ? 0 : replicasIn(version, std::nullopt));
        slow.emplace_back(service.operations.size(), 1.0);
        failures.emplace_back(service.operations.size());
      }
    }
    for (std::size_t i = 0; i < spans_.size(); ++i)
      if (spans_[i].begin <= from && from < spans_[i].end) apply(made, scenario_.events[i], spans_[i].share);
    return made;
  }

  void apply(Stretch& stretch, const TimedEvent& event, double share) const {
    if (const auto* slow = std::get_if<Slow>(&event.what)) {
      eachServing(slow->target,
                  [&](std::uint32_t s, std::uint32_t v, std::uint32_t o, double part) { stretch.slow[s][v][o] *= 1 + share * part * (slow->factor - 1); });
    } else if (const auto* fail = std::get_if<Fail>(&event.what)) {
      eachServing(fail->target, [&](std::uint32_t s, std::uint32_t v, std::uint32_t o, double part) {
        AddedFailure& added = stretch.failures[s][v][o];
        added.probability = 1 - (1 - added.probability) * (1 - share * part * fail->probability);
        added.status = fail->status;
      });
    } else if (const auto* crash = std::get_if<Crash>(&event.what)) {
      crashAway(stretch, *crash, share);
    } else if (const auto* scale = std::get_if<Scale>(&event.what)) {
      double& endpoints = stretch.endpoints[scale->service][scale->version];
      endpoints += share * (static_cast<double>(scale->replicas) - endpoints);
    } else if (const auto* traffic = std::get_if<TrafficChange>(&event.what)) {
      stretch.traffic_factor[traffic->traffic] *= 1 + share * (traffic->factor - 1);
    } else if (const auto* network = std::get_if<NetworkChange>(&event.what)) {
      const double mean = network->delay.mean(), variance = network->delay.variance();
      const double second = (std::isfinite(variance) ? variance : 0) + mean * mean;
      stretch.delays.push_back({network->from, network->to, share * mean, share * second - share * mean * share * mean});
    } else if (const auto* patch = std::get_if<Patch>(&event.what)) {
      stretch.mesh_version = patch->mesh_version;
    }
  }

  template <class Visit>
  void eachServing(const EventTarget& target, Visit visit) const {
    for (std::uint32_t s = 0; s < scenario_.services.size(); ++s)
      for (std::uint32_t v = 0; v < scenario_.services[s].versions.size(); ++v) {
        const double part = shareOf(scenario_, target, s, v);
        for (std::uint32_t o = 0; part > 0 && o < scenario_.services[s].operations.size(); ++o)
          if (!target.operation || *target.operation == o) visit(s, v, o, part);
      }
  }

  // `count` endpoints in all, lowest index first: versions in their order.
  void crashAway(Stretch& stretch, const Crash& crash, double share) const {
    double left = crash.count ? static_cast<double>(*crash.count) : std::numeric_limits<double>::infinity();
    for (std::uint32_t s = 0; s < scenario_.services.size(); ++s)
      for (std::uint32_t v = 0; v < scenario_.services[s].versions.size(); ++v) {
        const double meant = shareOf(scenario_, crash.target, s, v) * replicasIn(scenario_.services[s].versions[v], std::nullopt);
        const double taken = std::min(left, meant);
        left -= taken;
        stretch.endpoints[s][v] = std::max(0.0, stretch.endpoints[s][v] - share * taken);
      }
  }

  const Scenario& scenario_;
  SimTime begin_, end_;
  std::vector<Span> spans_;
};

}  // namespace

Stretches stretches(const Scenario& scenario) { return Cutter(scenario).cut(); }

}  // namespace meshmall::models
