#include "models/observation/result.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "models/observation/batch_confidence.h"
#include "models/observation/expression.h"
#include "models/observation/slo_verdict.h"
#include "models/version.h"

namespace meshmall::models {

using engine::Duration;
using engine::Histogram;
using engine::SimTime;

namespace {

// Sums of what belongs to one scope.
struct Sum {
  std::uint64_t started = 0, ok_in_window = 0, timeouts = 0;
  std::array<std::uint64_t, kRejections> rejected{};
  std::array<std::uint64_t, kTryKinds> tries{};
  Histogram ok, failed;

  void add(const Collector::Answers& a) {
    started += a.started;
    ok_in_window += a.ok_in_window;
    timeouts += a.timeouts;
    for (std::size_t r = 0; r < kRejections; ++r) rejected[r] += a.rejected[r];
    ok.merge(a.ok);
    failed.merge(a.failed);
  }
  void add(const Collector::FlowCounters& f) {
    add(f.answers);
    for (std::size_t k = 0; k < kTryKinds; ++k) tries[k] += f.tries_by_kind[k];
  }
};

// Time-weighted sums over endpoints.
struct Load {
  double held = 0, busy = 0, waiting = 0, capacity = 0, longest = 0;
  std::uint64_t ejections = 0;
};

double toDouble(std::uint64_t n) { return static_cast<double>(n); }

void setLatency(Metrics& m, Metric mean, const Histogram& h) {
  constexpr std::array<double, 5> kQuantiles = {0.50, 0.90, 0.95, 0.99, 0.999};
  if (h.count() == 0) return;  // no values
  const auto first = static_cast<std::size_t>(mean);
  m.set(mean, h.meanNs().value_or(0) / 1e6);
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) m.set(metricAt(first + 1 + i), inMilliseconds(h.quantile(kQuantiles[i])->ns));
  m.set(metricAt(first + 6), inMilliseconds(h.max()->ns));
}

class Maker {
 public:
  Maker(const Collector& collector, const RunFacts& facts)
      : c_(collector), until_(facts.interrupted_at ? std::min(*facts.interrupted_at, collector.window().end) : collector.window().end) {
    const double seconds = inSeconds((until_ - collector.window().begin).ns);
    measured_seconds_ = seconds > 0 ? seconds : 0;
  }

  double measuredSeconds() const { return measured_seconds_; }
  SimTime until() const { return until_; }

  Metrics requests(ScopeKind kind, const Sum& s) const {
    Metrics m(kind);
    const std::uint64_t answered = s.ok.count() + s.failed.count();
    m.set(Metric::requests_total, toDouble(s.started));
    m.set(Metric::requests_ok, toDouble(s.ok.count()));
    m.set(Metric::requests_failed, toDouble(s.failed.count()));
    m.set(Metric::requests_in_flight, toDouble(s.started - answered));
    if (answered > 0) m.set(Metric::success_rate, toDouble(s.ok.count()) / toDouble(answered));
    if (measured_seconds_ > 0) m.set(Metric::throughput, toDouble(s.ok_in_window) / measured_seconds_);
    m.set(Metric::timeouts_total, toDouble(s.timeouts));
    setLatency(m, Metric::latency_mean, s.ok);
    setLatency(m, Metric::latency_failed_mean, s.failed);
    setRejections(m, s.rejected);
    return m;
  }

  static void setCalls(Metrics& m, std::uint64_t calls, const std::array<std::uint64_t, kTryKinds>& tries, std::uint64_t timeouts) {
    const auto of = [&](TryKind k) { return tries[static_cast<std::size_t>(k)]; };
    const std::uint64_t attempts = of(TryKind::first) + of(TryKind::retry) + of(TryKind::hedge);
    m.set(Metric::calls_total, toDouble(calls));
    m.set(Metric::attempts_total, toDouble(attempts));
    m.set(Metric::retries_total, toDouble(of(TryKind::retry)));
    if (calls > 0) m.set(Metric::retries_amplification, toDouble(attempts) / toDouble(calls));
    m.set(Metric::timeouts_total, toDouble(timeouts));
    m.set(Metric::hedges_total, toDouble(of(TryKind::hedge)));
    m.set(Metric::mirrored_total, toDouble(of(TryKind::mirror)));
  }

  static void setRejections(Metrics& m, const std::array<std::uint64_t, kRejections>& rejected) {
    for (std::size_t r = 0; r < kRejections; ++r) m.set(rejectionMetric(static_cast<Rejection>(r)), toDouble(rejected[r]));
    const auto of = [&](Rejection reason) { return rejected[static_cast<std::size_t>(reason)]; };
    m.set(Metric::rejected_authentication, toDouble(of(Rejection::authentication) + of(Rejection::missing_token)));
  }

  Metrics ofFlows(ScopeKind kind, const std::vector<std::uint32_t>& flows) const {
    Sum s;
    for (const std::uint32_t f : flows) s.add(c_.flows()[f]);
    Metrics m = requests(kind, s);
    setCalls(m, s.started, s.tries, s.timeouts);
    return m;
  }

  Load loadOf(std::uint32_t endpoint) const {
    const Collector::EndpointCounters& e = c_.endpoints()[endpoint];
    const Window& w = c_.window();
    return {e.held.integral(until_, w),     e.busy.integral(until_, w),   e.waiting.integral(until_, w),
            e.capacity.integral(until_, w), e.waiting.maximum(until_, w), e.ejections};
  }
  void setLoad(Metrics& m, const Load& load, double longest) const {
    if (load.capacity > 0) {
      m.set(Metric::utilization, load.held / load.capacity);
      m.set(Metric::cpu, load.busy / load.capacity);
    }
    if (measured_seconds_ > 0) m.set(Metric::queue_mean, load.waiting / (measured_seconds_ * 1e9));
    m.set(Metric::queue_max, longest);
    m.set(Metric::ejections_total, toDouble(load.ejections));
  }

  void fillServices(Result& result) const;
  void fillTraffic(Result& result) const;
  void fillEdges(Result& result) const;
  void fillFailures(Result& result) const;
  void fillTimeline(Result& result) const;
  void fillDecisions(Result& result) const;

 private:
  std::string nameOf(const Subject& subject) const;

  const Collector& c_;
  SimTime until_;
  double measured_seconds_ = 0;
};

void Maker::fillServices(Result& result) const {
  const Layout& layout = c_.layout();
  std::vector<std::vector<std::uint32_t>> flows_of_service(layout.services.size()), flows_of_operation(layout.operations.size());
  for (std::uint32_t f = 0; f < layout.flows.size(); ++f) {
    const std::uint32_t operation = layout.flows[f].operation;
    flows_of_operation[operation].push_back(f);
    flows_of_service[layout.operations[operation].service].push_back(f);
  }
  result.services.resize(layout.services.size());
  std::vector<Load> service_load(layout.services.size()), version_load(layout.versions.size());
  std::vector<Sum> version_sum(layout.versions.size());
  for (std::uint32_t e = 0; e < c_.endpoints().size(); ++e) {
    const EndpointInfo& endpoint = c_.endpointInfo()[e];
    const std::uint32_t service = layout.versions[endpoint.version].service;
    const Load load = loadOf(e);
    Sum s;
    s.add(c_.endpoints()[e].answers);
    version_sum[endpoint.version].add(c_.endpoints()[e].answers);
    for (Load* whole : {&service_load[service], &version_load[endpoint.version]}) {
      whole->held += load.held;
      whole->busy += load.busy;
      whole->waiting += load.waiting;
      whole->capacity += load.capacity;
      whole->ejections += load.ejections;
    }
    Metrics m = requests(ScopeKind::endpoint, s);
    setLoad(m, load, load.longest);
    result.services[service].endpoints.push_back({endpoint.name, layout.localities.empty() ? std::string() : layout.localities[endpoint.locality], m});
  }
  for (std::uint32_t s = 0; s < layout.services.size(); ++s) {
    ServiceResult& service = result.services[s];
    service.name = layout.services[s];
    service.metrics = ofFlows(ScopeKind::service, flows_of_service[s]);
    setRejections(service.metrics, c_.serviceRejected()[s]);
    setLoad(service.metrics, service_load[s], static_cast<double>(c_.serviceWaiting()[s].max));
  }
  for (std::uint32_t v = 0; v < layout.versions.size(); ++v) {
    Metrics m = requests(ScopeKind::version, version_sum[v]);
    setLoad(m, version_load[v], static_cast<double>(c_.versionWaiting()[v].max));
    result.services[layout.versions[v].service].versions.push_back({layout.versions[v].name, m});
  }
  for (std::uint32_t o = 0; o < layout.operations.size(); ++o) {
    result.services[layout.operations[o].service].operations.push_back({layout.operations[o].name, ofFlows(ScopeKind::operation, flows_of_operation[o])});
  }
}

void Maker::fillTraffic(Result& result) const {
  Sum all, flows;
  std::uint64_t abandoned = 0;
  for (std::size_t t = 0; t < c_.traffic().size(); ++t) {
    const Collector::TrafficCounters& counters = c_.traffic()[t];
    Sum s;
    s.add(counters.answers);
    all.add(counters.answers);
    abandoned += counters.abandoned;
    Metrics m = requests(ScopeKind::traffic, s);
    m.set(Metric::abandoned_total, toDouble(counters.abandoned));
    result.traffic.push_back({c_.layout().traffic[t], m});
  }
  std::uint64_t calls = 0, timeouts = 0;
  std::array<std::uint64_t, kTryKinds> tries{};
  for (const Collector::FlowCounters& f : c_.flows()) {
    calls += f.answers.started;
    timeouts += f.answers.timeouts;
    for (std::size_t k = 0; k < kTryKinds; ++k) tries[k] += f.tries_by_kind[k];
  }
  result.metrics = requests(ScopeKind::mall, all);
  setCalls(result.metrics, calls, tries, timeouts);
  setRejections(result.metrics, c_.rejectedInAll());
  result.metrics.set(Metric::abandoned_total, toDouble(abandoned));
  result.metrics.set(Metric::ejections_total, toDouble(c_.ejections()));
}

void Maker::fillEdges(Result& result) const {
  const Layout& layout = c_.layout();
  std::map<std::tuple<bool, std::string, std::string>, std::vector<std::uint32_t>> edges;  // customers' own first
  for (std::uint32_t f = 0; f < layout.flows.size(); ++f) {
    const Layout::FlowInfo& flow = layout.flows[f];
    const std::string& from = flow.from_traffic ? layout.traffic[flow.from] : layout.services[flow.from];
    edges[{!flow.from_traffic, from, layout.services[layout.operations[flow.operation].service]}].push_back(f);
  }
  for (const auto& [key, flows] : edges) result.edges.push_back({std::get<1>(key), std::get<2>(key), ofFlows(ScopeKind::edge, flows)});
}

void Maker::fillFailures(Result& result) const {
  const auto order = [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; };
  std::uint64_t abandoned = 0;
  for (const Collector::TrafficCounters& t : c_.traffic()) abandoned += t.abandoned;
  for (std::size_t f = 0; f < kResponseFlagCount; ++f) {
    if (c_.failedByFlag()[f] > 0) result.failed_by_flag.emplace_back(name(static_cast<ResponseFlag>(f)), c_.failedByFlag()[f]);
  }
  if (abandoned > 0) result.failed_by_flag.emplace_back("abandoned", abandoned);
  for (std::size_t s = 0; s < c_.failedByStatus().size(); ++s) {
    if (c_.failedByStatus()[s] > 0) result.failed_by_status.emplace_back(std::to_string(s), c_.failedByStatus()[s]);
  }
  std::sort(result.failed_by_flag.begin(), result.failed_by_flag.end(), order);
  std::sort(result.failed_by_status.begin(), result.failed_by_status.end(), order);
}

void Maker::fillTimeline(Result& result) const {
  const Timeline& timeline = c_.timeline();
  result.timeline.interval = inSeconds(timeline.interval().ns);
  for (std::size_t s = 0; s < Timeline::kSeriesCount; ++s) {
    const auto which = static_cast<Timeline::Series>(s);
    result.timeline.series.emplace_back(Timeline::name(which), timeline.series(which));
  }
}

std::string Maker::nameOf(const Subject& subject) const {
  const Layout& layout = c_.layout();
  switch (subject.kind) {
    case Subject::Kind::endpoint:
      return c_.endpointInfo()[subject.index].name;
    case Subject::Kind::version:
      return layout.services[layout.versions[subject.index].service] + "-" + layout.versions[subject.index].name;
    case Subject::Kind::service:
      return layout.services[subject.index];
    case Subject::Kind::traffic:
      return layout.traffic[subject.index];
    case Subject::Kind::named:
      return subject.text;
  }
  return {};
}

void Maker::fillDecisions(Result& result) const {
  for (const Decision& d : c_.decisions()) {
    result.decisions.push_back({inSeconds(d.at.ns), std::string(name(d.kind)), nameOf(d.subject), d.by, d.detail});
  }
  result.decisions_omitted = c_.decisionsOmitted();
}

const Metrics* findNamed(const std::vector<NamedMetrics>& all, std::string_view name) {
  for (const NamedMetrics& one : all) {
    if (one.name == name) return &one.metrics;
  }
  return nullptr;
}

}  // namespace

Result makeResult(const Collector& collector, const RunFacts& facts) {
  const Maker maker(collector, facts);
  Result result;
  result.scenario = facts.scenario;
  result.version = version();
  result.fingerprint = facts.fingerprint;
  result.seed = facts.seed;
  result.replication = facts.replication;
  result.simulated = maker.measuredSeconds();
  result.warmup = inSeconds(collector.window().begin.ns);
  if (facts.interrupted_at) result.interrupted_at = inSeconds(facts.interrupted_at->ns);
  result.events = facts.events;
  maker.fillTraffic(result);
  maker.fillFailures(result);
  result.confidence = batchConfidence(collector, result.metrics, maker.until());
  maker.fillServices(result);
  maker.fillEdges(result);
  result.proxy_seconds = static_cast<double>(collector.proxyTimeInAll()) / 1e9;
  result.handshakes = collector.handshakes();
  maker.fillTimeline(result);
  maker.fillDecisions(result);
  for (const std::string& slo : facts.slos) result.slos.push_back(judgeSlo(slo, result));
  return result;
}

std::vector<SloVerdict> judgeSlos(const Collector& collector, const RunFacts& facts) {
  std::vector<SloVerdict> verdicts;
  if (facts.slos.empty()) return verdicts;
  std::uint32_t scopes = 0;
  for (const std::string& slo : facts.slos) {
    const auto parsed = parseExpression(slo);
    if (const auto* e = std::get_if<Expression>(&parsed)) scopes |= static_cast<std::uint32_t>(e->scope);
  }
  const Maker maker(collector, facts);
  Result result;
  maker.fillTraffic(result);
  constexpr ScopeKind kOfServices[] = {ScopeKind::service, ScopeKind::version, ScopeKind::operation, ScopeKind::endpoint};
  if (std::any_of(std::begin(kOfServices), std::end(kOfServices), [&](ScopeKind k) { return (scopes & static_cast<std::uint32_t>(k)) != 0; })) maker.fillServices(result);
  if ((scopes & static_cast<std::uint32_t>(ScopeKind::edge)) != 0) maker.fillEdges(result);
  for (const std::string& slo : facts.slos) verdicts.push_back(judgeSlo(slo, result));
  return verdicts;
}

const Metrics* Result::find(ScopeKind kind, std::string_view first, std::string_view second) const {
  if (kind == ScopeKind::mall) return &metrics;
  if (kind == ScopeKind::traffic) return findNamed(traffic, first);
  if (kind == ScopeKind::edge) {
    for (const EdgeResult& edge : edges) {
      if (edge.from == first && edge.to == second) return &edge.metrics;
    }
    return nullptr;
  }
  for (const ServiceResult& service : services) {
    if (kind == ScopeKind::endpoint) {
      for (const EndpointResult& endpoint : service.endpoints) {
        if (endpoint.name == first) return &endpoint.metrics;
      }
    } else if (service.name == first) {
      if (kind == ScopeKind::service) return &service.metrics;
      return findNamed(kind == ScopeKind::version ? service.versions : service.operations, second);
    }
  }
  return nullptr;
}

std::optional<double> Result::metric(Metric metric, ScopeKind kind, std::string_view first, std::string_view second) const {
  const Metrics* found = find(kind, first, second);
  if (found == nullptr || !found->has(metric)) return std::nullopt;
  return found->get(metric);
}

std::optional<double> Result::metric(std::string_view metric_name, ScopeKind kind, std::string_view first, std::string_view second) const {
  const std::optional<Metric> known = findMetric(metric_name);
  return known ? metric(*known, kind, first, second) : std::nullopt;
}

const ConfidenceInterval* Result::confidenceOf(Metric metric) const {
  for (const ConfidenceInterval& c : confidence) {
    if (c.metric == metric) return &c;
  }
  return nullptr;
}

}  // namespace meshmall::models
