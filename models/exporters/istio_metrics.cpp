#include "models/exporters/istio_metrics.h"

#include <algorithm>
#include <array>
#include <map>

#include "models/observation/json_writer.h"
#include "models/observation/outcome.h"

namespace meshmall::models {

using engine::Duration;
using engine::kNever;
using engine::SimTime;

namespace {

constexpr std::size_t kMostInstants = 240;
constexpr std::size_t kMostCounts = 20'000'000;  // over all instants and flows: 160 MB

// Istio's buckets in milliseconds; the last is open.
constexpr std::array<double, 19> kBounds = {0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000};

Duration intervalFor(Duration run, std::size_t flows) {
  const std::size_t most = std::clamp<std::size_t>(kMostCounts / (2 * kBounds.size() * std::max<std::size_t>(1, flows)), 2, kMostInstants);
  for (std::int64_t decade = 1'000'000;; decade *= 10)  // from a millisecond: what timestamps tell apart
    for (const std::int64_t step : {1, 2, 5})
      if (run.ns / (decade * step) < static_cast<std::int64_t>(most)) return {decade * step};
}

// How many samples are at most each bound; within a bucket of the histogram (0.1 %) by its upper end.
std::vector<std::uint64_t> cumulative(const engine::Histogram& histogram) {
  std::vector<std::uint64_t> out(kBounds.size(), 0);
  for (const engine::Histogram::Bucket& bucket : histogram.buckets()) {
    const double top = static_cast<double>((engine::Histogram::bucketLow(bucket.index) + engine::Histogram::bucketWidth(bucket.index)).ns - 1) / 1e6;
    for (std::size_t b = 0; b < kBounds.size(); ++b) out[b] += top <= kBounds[b] ? bucket.count : 0;
  }
  return out;
}

double sumMs(const engine::Histogram& histogram) { return static_cast<double>(histogram.sum()) / 1e6; }

// Backslashes, quotes and line ends escaped.
std::string labelValue(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

const char* protocolName(Protocol protocol) { return protocol == Protocol::grpc ? "grpc" : protocol == Protocol::tcp ? "tcp" : "http"; }

std::string workloadOf(const Service& service) { return service.versions.size() == 1 ? service.host + "-" + service.versions.front().name : service.host; }
std::string versionOf(const Service& service) { return service.versions.size() == 1 ? service.versions.front().name : "unknown"; }
std::string principalOf(const Service& service) { return service.sidecar ? "spiffe://cluster.local/ns/" + service.name_space + "/sa/" + service.service_account : "unknown"; }

// Of one direction of calls, from a service (or the entrance) to a service, without response_code and response_flags.
std::string labelsOf(const Scenario& scenario, bool from_traffic, std::uint32_t from, std::uint32_t to) {
  std::string out = "reporter=\"source\"";
  const auto add = [&](const char* name, const std::string& value) { out += std::string(",") + name + "=\"" + labelValue(value) + "\""; };
  const Service& callee = scenario.services[to];
  bool mutual = callee.sidecar;
  if (from_traffic) {
    const bool gateway = scenario.traffic[from].via == Via::gateway;
    const std::string name = gateway ? "istio-ingressgateway" : scenario.traffic[from].name;
    mutual = mutual && scenario.traffic[from].via != Via::direct;
    add("source_workload", name);
    add("source_workload_namespace", gateway ? "istio-system" : scenario.traffic[from].source_namespace);
    add("source_principal", gateway ? "spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account" : scenario.traffic[from].source_principal.value_or("unknown"));
    add("source_app", name);
    add("source_version", "unknown");
    add("source_canonical_service", name);
    add("source_canonical_revision", "latest");
  } else {
    const Service& caller = scenario.services[from];
    mutual = mutual && caller.sidecar;
    add("source_workload", workloadOf(caller));
    add("source_workload_namespace", caller.name_space);
    add("source_principal", principalOf(caller));
    add("source_app", caller.host);
    add("source_version", versionOf(caller));
    add("source_canonical_service", caller.host);
    add("source_canonical_revision", versionOf(caller));
  }
  add("source_cluster", "Kubernetes");
  add("destination_workload", workloadOf(callee));
  add("destination_workload_namespace", callee.name_space);
  add("destination_principal", principalOf(callee));
  add("destination_app", callee.host);
  add("destination_version", versionOf(callee));
  add("destination_service", callee.host + "." + callee.name_space + ".svc.cluster.local");
  add("destination_canonical_service", callee.host);
  add("destination_canonical_revision", versionOf(callee));
  add("destination_service_name", callee.host);
  add("destination_service_namespace", callee.name_space);
  add("destination_cluster", "Kubernetes");
  add("request_protocol", protocolName(callee.protocol));
  add("connection_security_policy", mutual ? "mutual_tls" : "none");
  return out;
}

std::string numberText(double value) {
  std::string out;
  appendNumber(out, value);
  return out;
}

std::string flagText(ResponseFlag flag) { return flag == ResponseFlag::kNone ? "-" : std::string(name(flag)); }

}  // namespace

IstioMetrics::IstioMetrics(const Layout& layout, Duration run) : layout_(layout), interval_(intervalFor(run, layout.flows.size())), next_{interval_.ns}, end_{run.ns} {}

void IstioMetrics::sample(const Collector& collector, SimTime now) {
  Instant instant;
  instant.at = SimTime{std::min(now.ns, end_.ns)};
  if (instant.at.ns % interval_.ns != 0 && now.ns < end_.ns) instant.at.ns -= instant.at.ns % interval_.ns;
  if (!instants_.empty() && instants_.back().at == instant.at) return;
  for (const Collector::FlowCounters& flow : collector.flows()) {
    Series s;
    s.failed = flow.failed;
    s.ok = flow.answers.ok.count();
    s.failed_calls = flow.answers.failed.count();
    s.ok_sum = sumMs(flow.answers.ok);
    s.failed_sum = sumMs(flow.answers.failed);
    s.ok_buckets = cumulative(flow.answers.ok);
    if (s.failed_calls > 0) s.failed_buckets = cumulative(flow.answers.failed);
    instant.flows.push_back(std::move(s));
  }
  instants_.push_back(std::move(instant));
  next_ = instant.at.ns >= end_.ns ? kNever : SimTime{(now.ns / interval_.ns + 1) * interval_.ns};
}

std::string IstioMetrics::text(const Scenario& scenario, MetricsForm form, std::int64_t start) const {
  const bool open = form == MetricsForm::open_metrics;
  // Flows with the same two ends are one series of Istio's, which does not know operations.
  std::map<std::string, std::vector<std::size_t>> by_labels;
  for (std::size_t f = 0; f < layout_.flows.size(); ++f) {
    const Layout::FlowInfo& flow = layout_.flows[f];
    by_labels[labelsOf(scenario, flow.from_traffic, flow.from, layout_.operations[flow.operation].service)].push_back(f);
  }
  const auto stamp = [&](const Instant& instant) {
    if (!open) return " " + std::to_string(start * 1000 + instant.at.ns / 1'000'000);
    std::string part = std::to_string(instant.at.ns / 1'000'000 % 1000);
    return " " + std::to_string(start + instant.at.ns / 1'000'000'000) + "." + std::string(3 - part.size(), '0') + part;
  };
  std::string out = std::string("# HELP istio_requests") + (open ? "" : "_total") + " Requests of the measured customers, as the callers' proxies count them.\n# TYPE istio_requests" + (open ? "" : "_total") + " counter\n";
  for (const auto& [labels, flows] : by_labels) {
    std::map<std::string, std::vector<std::uint64_t>> counts;  // by code and flags
    for (std::size_t i = 0; i < instants_.size(); ++i) {
      for (const std::size_t f : flows) {
        const Series& s = instants_[i].flows[f];
        const auto add = [&](const std::string& key, std::uint64_t n) {
          if (n == 0) return;
          counts[key].resize(instants_.size());
          counts[key][i] += n;
        };
        add("response_code=\"200\",response_flags=\"-\"", s.ok);
        for (const Collector::FailedCalls& failed : s.failed)
          add("response_code=\"" + std::to_string(failed.outcome.status) + "\",response_flags=\"" + flagText(failed.outcome.flag) + "\"", failed.count);
      }
    }
    for (const auto& [codes, values] : counts)
      for (std::size_t i = 0; i < instants_.size(); ++i) out += "istio_requests_total{" + labels + "," + codes + "} " + std::to_string(values[i]) + stamp(instants_[i]) + "\n";
  }
  out += "# HELP istio_request_duration_milliseconds Duration of these requests; failed ones stand under their most frequent code.\n# TYPE istio_request_duration_milliseconds histogram\n";
  for (const auto& [labels, flows] : by_labels) {
    for (const bool failed : {false, true}) {
      std::map<std::string, std::uint64_t> codes;
      for (const std::size_t f : flows)
        for (const Collector::FailedCalls& each : instants_.empty() ? std::vector<Collector::FailedCalls>() : instants_.back().flows[f].failed)
          codes["response_code=\"" + std::to_string(each.outcome.status) + "\",response_flags=\"" + flagText(each.outcome.flag) + "\""] += each.count;
      std::string code = "response_code=\"200\",response_flags=\"-\"";
      if (failed) {
        if (codes.empty()) continue;
        code = std::max_element(codes.begin(), codes.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
      }
      std::uint64_t in_all = 0;
      for (const std::size_t f : flows)
        if (!instants_.empty()) in_all += failed ? instants_.back().flows[f].failed_calls : instants_.back().flows[f].ok;
      if (in_all == 0) continue;
      const std::string base = "{" + labels + "," + code;
      for (std::size_t b = 0; b <= kBounds.size(); ++b) {
        for (const Instant& instant : instants_) {
          std::uint64_t n = 0;
          for (const std::size_t f : flows) {
            const Series& s = instant.flows[f];
            const auto& buckets = failed ? s.failed_buckets : s.ok_buckets;
            n += b == kBounds.size() ? (failed ? s.failed_calls : s.ok) : buckets.empty() ? 0 : buckets[b];
          }
          out += "istio_request_duration_milliseconds_bucket" + base + ",le=\"" + (b == kBounds.size() ? "+Inf" : numberText(kBounds[b])) + "\"} " + std::to_string(n) + stamp(instant) + "\n";
        }
      }
      for (const Instant& instant : instants_) {
        double sum = 0;
        for (const std::size_t f : flows) sum += failed ? instant.flows[f].failed_sum : instant.flows[f].ok_sum;
        out += "istio_request_duration_milliseconds_sum" + base + "} " + numberText(sum) + stamp(instant) + "\n";
      }
      for (const Instant& instant : instants_) {
        std::uint64_t n = 0;
        for (const std::size_t f : flows) n += failed ? instant.flows[f].failed_calls : instant.flows[f].ok;
        out += "istio_request_duration_milliseconds_count" + base + "} " + std::to_string(n) + stamp(instant) + "\n";
      }
    }
  }
  return out + (open ? "# EOF\n" : "");
}

}  // namespace meshmall::models
