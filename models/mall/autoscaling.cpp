// The autoscalers: endpoints are measured every 15 s, as metrics-server and a Prometheus do, and each controller reads that and asks for replicas.
#include <algorithm>
#include <cmath>

#include "models/mall/mall.h"

namespace meshmall::models {

namespace {

constexpr std::uint32_t kIdleNotes = 500;  // decisions without a change that one autoscaler may note

std::int64_t milli(double value) { return std::llround(value * 1000); }
double fromMilli(std::int64_t value) { return static_cast<double>(value) / 1000; }

// A metric of one endpoint over the scrapes that are kept: rates and use of workers by what was added, levels by the mean of those read since the first.
double valueOf(const Scrapes& scrapes, ScalerMetric metric) {
  const Scrape &first = scrapes[0], &last = scrapes.last();
  const double seconds = (last.at - first.at).seconds();
  if (metric == ScalerMetric::cpu) return (last.busy_ns - first.busy_ns) * 1e-9 / seconds;
  if (metric == ScalerMetric::requests_rate) return static_cast<double>(last.requests - first.requests) / seconds;
  double sum = 0;
  for (std::size_t i = 1; i < scrapes.size(); ++i)
    sum += metric == ScalerMetric::in_flight ? scrapes[i].in_flight : metric == ScalerMetric::queue ? scrapes[i].waiting : scrapes[i].held;
  return sum / static_cast<double>(scrapes.size() - 1);
}

bool perWorker(ScalerMetric metric) { return metric == ScalerMetric::cpu || metric == ScalerMetric::utilization; }

}  // namespace

void Mall::startAutoscalers() {
  if (scenario().autoscalers.empty()) return;
  scalers_.resize(scenario().autoscalers.size());
  busy_meters_.resize(endpoints_.size());
  scrapes_.resize(endpoints_.size());
  scrape();
  keepHouse(now_ + kScrapeInterval, kScalersSync, 0);
}

void Mall::meterBusy(std::uint32_t endpoint) { busy_meters_[endpoint].set(now_, collector_.endpoints()[endpoint].busy.level()); }

void Mall::scalersSync() {
  keepHouse(now_ + kScrapeInterval, kScalersSync, 0);
  scrape();
  for (std::uint32_t a = 0; a < scalers_.size(); ++a) scalerSyncs(a);
}

// What can be read of the endpoints that run.
void Mall::scrape() {
  for (std::uint32_t e = 0; e < endpoints_.size(); ++e) {
    const Endpoint& endpoint = endpoints_[e];
    if (!endpoint.serves()) scrapes_[e].forget();
    else scrapes_[e].add({now_, busy_meters_[e].busyNs(now_), collector_.triesAt(e).started, endpoint.requests, endpoint.waiting, endpoint.held, endpoint.starts});
  }
}

// An endpoint as the controller sees it. A sample of CPU is the use since the scrape before, which the container must have lived through.
ScaledPod Mall::podOf(std::uint32_t index, const ScalerSource& source) const {
  const Endpoint& endpoint = endpoints_[index];
  const Scrapes& scrapes = scrapes_[index];
  ScaledPod pod;
  pod.deleting = endpoint.leaves();
  pod.started = lives_[index].started;
  pod.ready = endpoint.known;
  pod.ready_changed = lives_[index].ready_changed;
  pod.request_milli = std::int64_t{1000} * endpoint.workers;  // a core for each worker
  if (scrapes.size() < 2) return pod;
  if (source.resource) {
    const Scrape &before = scrapes[scrapes.size() - 2], &last = scrapes.last();
    pod.sample = PodSample{milli((last.busy_ns - before.busy_ns) / static_cast<double>((last.at - before.at).ns)), now_, last.at - before.at};
  } else {
    const double value = valueOf(scrapes, source.metric);
    pod.sample = PodSample{milli(perWorker(source.metric) ? value / endpoint.workers : value), now_, scrapes.last().at - scrapes[0].at};
  }
  return pod;
}

// A metric of a whole service; nothing before its endpoints have been read twice.
std::optional<std::int64_t> Mall::serviceReading(const ScalerSource& source) const {
  double sum = 0, workers = 0;
  bool any = false;
  for (const std::uint32_t e : endpoints_of_service_[source.service]) {
    if (scrapes_[e].size() < 2) continue;
    any = true;
    sum += valueOf(scrapes_[e], source.metric);
    workers += endpoints_[e].workers;
  }
  if (!any) return std::nullopt;
  return milli(perWorker(source.metric) ? sum / workers : sum);
}

void Mall::scalerSyncs(std::uint32_t index) {
  const AutoscalerSettings& settings = scenario().autoscalers[index];
  Scaler& scaler = scalers_[index];
  const std::uint32_t version = plan_->first_version[settings.service] + settings.version;
  scaler.readings.clear();
  for (const ScalerSource& source : settings.sources) {
    MetricReading reading;
    for (const std::uint32_t e : endpoints_of_version_[version])
      if (endpoints_[e].state != Endpoint::State::gone) reading.pods.push_back(podOf(e, source));
    if (!source.resource && !source.of_pods) reading.value_milli = serviceReading(source);
    scaler.readings.push_back(std::move(reading));
  }
  scaler.current = replicasOf(version);
  const AutoscalerDecision before = scaler.last;
  scaler.last = scaler.controller.synchronize(settings.config, scaler.current, scaler.readings, now_);
  const AutoscalerDecision& now = scaler.last;
  const bool news = scaler.syncs++ == 0 || before.reason != now.reason || before.limit != now.limit || before.proposal.replicas != now.proposal.replicas;
  const bool wants = now.reason != AutoscalerReason::kByMetric || now.proposal.replicas != scaler.current;
  const bool changes = now.replicas != scaler.current;
  if (!changes && !(news && wants && scaler.notes++ < kIdleNotes)) return;
  const std::string by = "autoscaler of " + scenario().services[settings.service].name;
  Detail detail = scalingDetail(settings, scaler);
  if (changes) return scaleTo(version, now.replicas, by, std::move(detail));
  collector_.decision(now_, DecisionKind::scale, Subject::version(version), by, std::move(detail));
}

// What the controller saw, what it would have liked, and what was left of that.
Detail Mall::scalingDetail(const AutoscalerSettings& settings, const Scaler& scaler) const {
  Detail detail;
  if (!collector_.keepsDecisions()) return detail;
  const AutoscalerDecision& decision = scaler.last;
  constexpr const char* kReasons[] = {"disabled", "aboveMaximum", "belowMinimum", "metricsFailed", "metrics"};
  detail.emplace_back("from", static_cast<double>(scaler.current));
  detail.emplace_back("to", static_cast<double>(decision.replicas));
  detail.emplace_back("reason", std::string(kReasons[static_cast<std::size_t>(decision.reason)]));
  if (decision.reason != AutoscalerReason::kByMetric) return detail;
  const ScalingMetric& metric = settings.config.metrics[decision.metric];
  const bool percent = metric.type == ScalingMetricType::kUtilization;
  detail.emplace_back("metric", settings.sources[decision.metric].name);
  detail.emplace_back("value", percent ? static_cast<double>(decision.proposal.utilization_percent) : fromMilli(decision.proposal.value_milli));
  detail.emplace_back("target", percent ? static_cast<double>(metric.target) : fromMilli(metric.target));
  detail.emplace_back("proposed", static_cast<double>(decision.proposal.replicas));
  detail.emplace_back("stabilized", static_cast<double>(decision.stabilized));
  detail.emplace_back("limit", std::string(nameOf(decision.limit)));
  return detail;
}

}  // namespace meshmall::models
