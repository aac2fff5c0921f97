#include "models/observation/snapshot.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "models/mall/mall.h"
#include "models/observation/floor_marks.h"
#include "models/observation/slo_verdict.h"

namespace meshmall::models {

namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

std::optional<double> inMs(const std::optional<engine::Duration>& value) {
  return value ? std::optional<double>(static_cast<double>(value->ns) / 1e6) : std::nullopt;
}

// About 40 buckets a decade: wide enough to be seen, narrow enough for two peaks.
std::vector<LatencyBucket> distribution(const engine::Histogram& histogram) {
  constexpr double kStep = 1.06;
  std::vector<LatencyBucket> out;
  for (const engine::Histogram::Bucket& bucket : histogram.buckets()) {
    const double low = static_cast<double>(engine::Histogram::bucketLow(bucket.index).ns) / 1e6;
    if (out.empty() || low >= out.back().high_ms) {
      const double start = std::max(low, 1e-6);
      out.push_back({start, start * kStep, 0});
    }
    out.back().count += bucket.count;
  }
  return out;
}

FloorPlan floorOf(const Plan& plan, const RunOptions& options, engine::Duration interval, std::vector<std::uint32_t>& edge_of_flow) {
  const Scenario& scenario = plan.scenario;
  FloorPlan floor;
  floor.scenario = scenario.name;
  floor.description = scenario.description;
  floor.seed = options.seed;
  for (const Locality& l : scenario.localities) floor.localities.push_back({l.name, l.region, l.zone});
  for (const Service& s : scenario.services) floor.services.push_back({s.name, s.sidecar, {}});
  for (const PlanVersion& v : plan.versions) {
    floor.services[v.service].versions.push_back(static_cast<std::uint32_t>(floor.versions.size()));
    floor.versions.push_back({v.service, v.settings->name, v.settings->labels});
  }
  for (const Layout::OperationInfo& o : plan.layout.operations) floor.operations.push_back(scenario.services[o.service].name + "/" + o.name);
  for (const Traffic& t : scenario.traffic) floor.traffic.push_back(t.name);
  std::map<std::tuple<bool, std::uint32_t, std::uint32_t>, std::uint32_t> known;
  for (const PlanFlow& f : plan.flows) known[{!f.from_traffic, f.from, f.service}] = 0;
  for (auto& [key, edge] : known) {
    edge = static_cast<std::uint32_t>(floor.edges.size());
    floor.edges.push_back({!std::get<0>(key), std::get<1>(key), std::get<2>(key)});
  }
  for (const PlanFlow& f : plan.flows) edge_of_flow.push_back(known[{!f.from_traffic, f.from, f.service}]);
  floor.window_begin = plan.windowBegin();
  floor.window_end = plan.windowEnd();
  floor.interval = interval;
  for (std::uint32_t l = 0; l < scenario.localities.size(); ++l) {
    const double way = plan.hop(l, l).mean();
    floor.way_seconds = l == 0 ? way : std::min(floor.way_seconds, way);
  }
  for (const Slo& slo : scenario.slos) floor.slos.push_back(slo.text);
  return floor;
}

}  // namespace

SnapshotTaker::SnapshotTaker(const Mall& mall) {
  const engine::Duration interval = mall.collector().timeline().interval();
  floor_ = std::make_shared<const FloorPlan>(floorOf(mall.plan(), mall.options(), interval, edge_of_flow_));
  const std::size_t passed = mall.collector().timeline().points();
  next_ = engine::SimTime{interval.ns * static_cast<std::int64_t>(passed + 1)};
  sampled_ = mall.now();
  edges_.resize(floor_->edges.size());
  services_.resize(floor_->services.size());
  version_shares_.resize(floor_->versions.size());
  own_.services.resize(floor_->services.size());
  // A mall that is under way already: what was not seen is not known.
  own_.waiting.resize(passed);
  own_.utilization.resize(passed);
  own_.ejected.resize(passed);
  for (FloorSeries::OfService& s : own_.services)
    for (std::vector<float>* values : {&s.waiting, &s.utilization, &s.rate, &s.failed, &s.ejected}) values->resize(passed);
  before_ = count(mall, mall.now());
  series_ = std::make_shared<const FloorSeries>();
  marks_ = std::make_shared<const std::vector<Mark>>();
  latency_ = std::make_shared<const std::vector<LatencyBucket>>();
  periods_ = std::make_shared<const MeasuredPeriods>();
}

SnapshotTaker::Counters SnapshotTaker::count(const Mall& mall, engine::SimTime at) const {
  Counters c;
  for (std::vector<std::uint64_t>* values : {&c.calls, &c.tries, &c.retries, &c.ok, &c.failed}) values->resize(floor_->edges.size());
  c.arrived.resize(floor_->versions.size());
  const auto& flows = mall.collector().flows();
  for (std::size_t f = 0; f < flows.size(); ++f) {
    const std::uint32_t edge = edge_of_flow_[f];
    c.calls[edge] += flows[f].calls.ended;
    c.tries[edge] += flows[f].tries.started;
    c.retries[edge] += flows[f].tries_by_kind[static_cast<std::size_t>(TryKind::retry)];
    c.ok[edge] += flows[f].answers.ok.count();
    c.failed[edge] += flows[f].answers.failed.count();
  }
  const auto& endpoints = mall.collector().endpoints();
  for (std::size_t e = 0; e < endpoints.size(); ++e) c.arrived[mall.collector().endpointInfo()[e].version] += endpoints[e].tries.started;
  for (std::vector<double>* sums : {&c.held, &c.workers, &c.waiting}) sums->resize(floor_->services.size());
  const Window& window = mall.collector().window();
  for (std::size_t e = 0; e < endpoints.size(); ++e) {
    const std::uint32_t service = floor_->versions[mall.collector().endpointInfo()[e].version].service;
    c.held[service] += endpoints[e].held.integral(at, window) / 1e9;
    c.workers[service] += endpoints[e].capacity.integral(at, window) / 1e9;
    c.waiting[service] += endpoints[e].waiting.integral(at, window) / 1e9;
  }
  return c;
}

void SnapshotTaker::sample(const Mall& mall) {
  const double seconds = (mall.now() - sampled_).seconds() > 0 ? std::max((next_ - sampled_).seconds(), 1e-9) : floor_->interval.seconds();
  Counters now = count(mall, next_);
  std::vector<double> answers(floor_->services.size()), failed(floor_->services.size()), judged(floor_->services.size());
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    const auto since = [&](const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) { return static_cast<double>(a[e] - b[e]); };
    const double bad = since(now.failed, before_.failed), good = since(now.ok, before_.ok), calls = since(now.calls, before_.calls);
    edges_[e].calls_per_second = calls / seconds;
    edges_[e].tries_per_second = since(now.tries, before_.tries) / seconds;
    edges_[e].retries_per_second = since(now.retries, before_.retries) / seconds;
    edges_[e].failed_share = ratio(bad, bad + good);
    const std::uint32_t to = floor_->edges[e].to;
    answers[to] += calls;
    failed[to] += bad;
    judged[to] += bad + good;
  }
  std::vector<double> reached(floor_->services.size());
  for (std::size_t v = 0; v < version_shares_.size(); ++v) reached[floor_->versions[v].service] += static_cast<double>(now.arrived[v] - before_.arrived[v]);
  for (std::size_t v = 0; v < version_shares_.size(); ++v)
    version_shares_[v] = ratio(static_cast<double>(now.arrived[v] - before_.arrived[v]), reached[floor_->versions[v].service]);
  Snapshot standing;
  addEndpoints(mall, standing);
  addSums(standing);
  const bool measured = sampled_ >= floor_->window_begin && next_ <= floor_->window_end && before_.held.size() == services_.size();
  double waiting = 0, held = 0, workers = 0, ejected = 0;
  for (std::size_t s = 0; s < services_.size(); ++s) {
    services_[s].answers_per_second = answers[s] / seconds;
    services_[s].failed_share = ratio(failed[s], judged[s]);
    const ServiceState& state = standing.services[s];
    FloorSeries::OfService& series = own_.services[s];
    const double waits = measured ? (now.waiting[s] - before_.waiting[s]) / seconds : state.waiting;
    const double holds = measured ? (now.held[s] - before_.held[s]) / seconds : state.held;
    const double there = measured ? (now.workers[s] - before_.workers[s]) / seconds : state.workers;
    series.waiting.push_back(static_cast<float>(waits));
    series.utilization.push_back(static_cast<float>(ratio(holds, there)));
    series.rate.push_back(static_cast<float>(services_[s].answers_per_second));
    series.failed.push_back(static_cast<float>(failed[s] / seconds));
    series.ejected.push_back(static_cast<float>(state.ejected));
    waiting += waits;
    held += holds;
    workers += there;
    ejected += state.ejected;
  }
  own_.waiting.push_back(waiting);
  own_.utilization.push_back(ratio(held, workers));
  own_.ejected.push_back(ejected);
  before_ = std::move(now);
  sampled_ = next_;
  next_ = own_.waiting.size() >= kTimelinePoints ? engine::kNever : next_ + floor_->interval;
}

void SnapshotTaker::publishSeries(const Mall& mall) {
  const Timeline& timeline = mall.collector().timeline();
  const std::size_t points = std::min(timeline.points(), own_.waiting.size());
  if (series_->points() == points) return;
  FloorSeries out = own_;
  const std::pair<std::vector<double>*, Timeline::Series> taken[] = {{&out.offered, Timeline::kOffered},          {&out.served, Timeline::kThroughput},
                                                                     {&out.failed, Timeline::kFailed},            {&out.in_flight, Timeline::kInFlight},
                                                                     {&out.retries, Timeline::kRetries},          {&out.timeouts, Timeline::kTimeouts},
                                                                     {&out.rejected, Timeline::kRejected},        {&out.attempts, Timeline::kAttempts},
                                                                     {&out.latency_mean, Timeline::kLatencyMean}, {&out.latency_p50, Timeline::kLatencyP50},
                                                                     {&out.latency_p99, Timeline::kLatencyP99}};
  for (const auto& [values, series] : taken) {
    const std::vector<double>& from = timeline.series(series);
    values->assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(points));
  }
  for (std::vector<double>* values : {&out.waiting, &out.utilization, &out.ejected}) values->resize(points);
  for (FloorSeries::OfService& s : out.services)
    for (std::vector<float>* values : {&s.waiting, &s.utilization, &s.rate, &s.failed, &s.ejected}) values->resize(points);
  series_ = std::make_shared<const FloorSeries>(std::move(out));
}

void SnapshotTaker::lookThoroughly(const Mall& mall) {
  const Collector& collector = mall.collector();
  engine::Histogram ok;
  for (const Collector::TrafficCounters& t : collector.traffic()) ok.merge(t.answers.ok);
  const auto quantiles = ok.quantiles({0.5, 0.9, 0.95, 0.99, 0.999});
  tallies_.p50 = inMs(quantiles[0]);
  tallies_.p90 = inMs(quantiles[1]);
  tallies_.p95 = inMs(quantiles[2]);
  tallies_.p99 = inMs(quantiles[3]);
  tallies_.p999 = inMs(quantiles[4]);
  latency_ = std::make_shared<const std::vector<LatencyBucket>>(distribution(ok));
  periods_ = std::make_shared<const MeasuredPeriods>(periodValues(collector, mall.now(), mall.finished()));
  std::vector<engine::Histogram> of_edge(edges_.size()), of_service(services_.size());
  for (std::size_t f = 0; f < collector.flows().size(); ++f) of_edge[edge_of_flow_[f]].merge(collector.flows()[f].answers.ok);
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    edges_[e].p99 = inMs(of_edge[e].quantile(0.99));
    of_service[floor_->edges[e].to].merge(of_edge[e]);
  }
  for (std::size_t s = 0; s < services_.size(); ++s) {
    services_[s].p50 = inMs(of_service[s].quantile(0.5));
    services_[s].p95 = inMs(of_service[s].quantile(0.95));
    services_[s].p99 = inMs(of_service[s].quantile(0.99));
    services_[s].failures.clear();
  }
  for (std::size_t f = 0; f < collector.flows().size(); ++f) {
    auto& failures = services_[floor_->edges[edge_of_flow_[f]].to].failures;
    for (const Collector::FailedCalls& one : collector.flows()[f].failed) {
      const std::string flag(name(one.outcome.flag));
      const std::string cause = std::to_string(one.outcome.status) + (flag == "-" ? std::string() : " " + flag);
      const auto known = std::find_if(failures.begin(), failures.end(), [&cause](const auto& entry) { return entry.first == cause; });
      if (known != failures.end()) known->second += one.count;
      else failures.emplace_back(cause, one.count);
    }
  }
  const double measured = (std::min(mall.now(), floor_->window_end) - floor_->window_begin).seconds();
  const Counters now = count(mall, mall.now());
  for (std::size_t s = 0; s < services_.size(); ++s) {
    std::stable_sort(services_[s].failures.begin(), services_[s].failures.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    services_[s].busy_on_average = measured > 0 ? now.held[s] / measured : 0;
    services_[s].workers_on_average = measured > 0 ? now.workers[s] / measured : 0;
  }
  verdicts_ = verdictsNow(mall);
}

std::vector<SloVerdict> verdictsNow(const Mall& mall) {
  RunFacts facts;
  if (!mall.finished()) facts.interrupted_at = mall.now();
  for (const Slo& slo : mall.plan().scenario.slos) facts.slos.push_back(slo.text);
  return judgeSlos(mall.collector(), facts);
}

void SnapshotTaker::addMarks(const Mall& mall) {
  const std::vector<Decision>& decisions = mall.collector().decisions();
  if (decisions_seen_ == decisions.size()) return;
  std::vector<Mark> fresh;
  for (; decisions_seen_ < decisions.size(); ++decisions_seen_)
    if (auto mark = markOf(decisions[decisions_seen_], mall.collector().layout(), mall.collector().endpointInfo())) fresh.push_back(std::move(*mark));
  if (fresh.empty()) return;
  auto all = std::make_shared<std::vector<Mark>>(*marks_);
  all->insert(all->end(), fresh.begin(), fresh.end());
  marks_ = std::move(all);
}

Snapshot SnapshotTaker::take(const Mall& mall, bool thorough) {
  Snapshot out;
  if (thorough) lookThoroughly(mall);
  publishSeries(mall);
  addMarks(mall);
  out.floor = floor_;
  out.now = mall.now();
  out.events = mall.events();
  out.finished = mall.finished();
  out.customers_inside = mall.customersInside();
  addEndpoints(mall, out);
  addSums(out);
  addSidecars(mall, out);
  addDots(mall, out);
  addControllers(mall, out);
  addFaults(mall, out);
  out.marks = marks_;
  out.series = series_;
  out.latency = latency_;
  out.periods = periods_;
  out.slos = verdicts_;
  Tallies& t = out.tallies = tallies_;
  const Collector& collector = mall.collector();
  for (const Collector::TrafficCounters& c : collector.traffic()) {
    t.arrived += c.answers.started;
    t.ok += c.answers.ok.count();
    t.failed += c.answers.failed.count();
    t.abandoned += c.abandoned;
    t.timeouts += c.answers.timeouts;
  }
  for (std::size_t f = 0; f < collector.flows().size(); ++f) {
    const Collector::FlowCounters& c = collector.flows()[f];
    t.calls += c.answers.started;
    t.timeouts += c.answers.timeouts;
    for (std::size_t k = 0; k < kTryKinds; ++k)
      if (static_cast<TryKind>(k) != TryKind::mirror) t.attempts += c.tries_by_kind[k];
    t.retries += c.tries_by_kind[static_cast<std::size_t>(TryKind::retry)];
    out.edges[edge_of_flow_[f]].ok += c.answers.ok.count();
    out.edges[edge_of_flow_[f]].failed += c.answers.failed.count();
    out.edges[edge_of_flow_[f]].calls += static_cast<std::uint32_t>(c.calls.alive());
  }
  t.ejections = collector.ejections();
  t.rejected = collector.rejectedInAll();
  for (std::size_t s = 0; s < out.services.size(); ++s) out.services[s].rejected = collector.serviceRejected()[s];
  return out;
}

}  // namespace meshmall::models
