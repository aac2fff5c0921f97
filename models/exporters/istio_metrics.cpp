#include "models/exporters/istio_metrics.h"

#include <algorithm>
#include <array>
#include <map>

#include "models/exporters/istio_labels.h"
#include "models/observation/json_writer.h"
#include "models/observation/outcome.h"

namespace meshmall::models {

using engine::Duration;
using engine::kNever;
using engine::SimTime;

namespace {

constexpr std::size_t kMostInstants = 240;
constexpr std::size_t kMostCounts = 20'000'000;  // over all instants and series: 160 MB

// Istio's buckets in milliseconds; the last is open.
constexpr std::array<double, 19> kBounds = {0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000};

Duration intervalFor(Duration run, std::size_t rows) {
  const std::size_t most = std::clamp<std::size_t>(kMostCounts / (2 * kBounds.size() * std::max<std::size_t>(1, rows)), 2, kMostInstants);
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

std::string numberText(double value) {
  std::string out;
  appendNumber(out, value);
  return out;
}

// A caller that hung up was answered nothing: Envoy's code of it is 0.
std::string codeLabels(Outcome outcome) {
  const bool hung_up = outcome.flag == ResponseFlag::kDownstreamConnectionTermination;
  return "response_code=\"" + std::to_string(hung_up ? 0 : outcome.status) + "\",response_flags=\"" + (outcome.flag == ResponseFlag::kNone ? "-" : std::string(name(outcome.flag))) + "\"";
}
const char* const kFine = "response_code=\"200\",response_flags=\"-\"";

// What flows could make of series: one as the caller sees it, one for each version of the callee.
std::size_t mostRows(const Layout& layout) {
  std::vector<std::size_t> versions(layout.services.size(), 0);
  for (const Layout::VersionInfo& version : layout.versions) ++versions[version.service];
  std::size_t rows = 0;
  for (const Layout::FlowInfo& flow : layout.flows) rows += 1 + versions[layout.operations[flow.operation].service];
  return rows;
}

}  // namespace

struct IstioMetrics::Exposition {
  std::string out;
  MetricsForm form;
  std::int64_t start;

  void sample(const char* metric, const std::string& labels, const std::string& value, SimTime at) {
    out += metric;
    out += '{';
    out += labels;
    out += "} ";
    out += value;
    if (form == MetricsForm::open_metrics) {
      const std::string part = std::to_string(at.ns / 1'000'000 % 1000);
      out += " " + std::to_string(start + at.ns / 1'000'000'000) + "." + std::string(3 - part.size(), '0') + part + "\n";
    } else {
      out += " " + std::to_string(start * 1000 + at.ns / 1'000'000) + "\n";
    }
  }
};

IstioMetrics::IstioMetrics(const Layout& layout, Duration run) : layout_(layout), interval_(intervalFor(run, mostRows(layout))), next_{interval_.ns}, end_{run.ns} {
  for (std::uint32_t f = 0; f < layout.flows.size(); ++f) rows_.push_back({f, kNoIndex});
}

std::size_t IstioMetrics::rowOf(std::uint32_t flow, std::uint32_t version) {
  const auto [found, fresh] = arrival_rows_.try_emplace({flow, version}, rows_.size());
  if (fresh) rows_.push_back({flow, version});
  return found->second;
}

void IstioMetrics::sample(const Collector& collector, SimTime now) {
  Instant instant;
  instant.at = SimTime{std::min(now.ns, end_.ns)};
  if (instant.at.ns % interval_.ns != 0 && now.ns < end_.ns) instant.at.ns -= instant.at.ns % interval_.ns;
  if (!instants_.empty() && instants_.back().at == instant.at) return;
  const auto series = [](const engine::Histogram& ok, const engine::Histogram& failed, const std::vector<Collector::FailedCalls>& alike) {
    Series s{alike, ok.count(), failed.count(), sumMs(ok), sumMs(failed), cumulative(ok), {}};
    if (s.failed_calls > 0) s.failed_buckets = cumulative(failed);
    return s;
  };
  for (const Collector::FlowCounters& flow : collector.flows()) instant.rows.push_back(series(flow.answers.ok, flow.answers.failed, flow.failed));
  for (std::uint32_t f = 0; f < collector.arrivals().size(); ++f) {
    for (const Collector::ArrivalCounters& arrivals : collector.arrivals()[f]) {
      const std::size_t row = rowOf(f, arrivals.version);
      if (instant.rows.size() <= row) instant.rows.resize(row + 1);
      instant.rows[row] = series(arrivals.ok, arrivals.failed, arrivals.failed_alike);
    }
  }
  instants_.push_back(std::move(instant));
  next_ = instants_.back().at.ns >= end_.ns ? kNever : SimTime{(now.ns / interval_.ns + 1) * interval_.ns};
}

// Rows with the same labels are one series of Istio's, which does not know operations.
std::map<std::string, std::vector<std::size_t>> IstioMetrics::rowsByLabels(const Scenario& scenario) const {
  std::vector<std::uint32_t> first(layout_.services.size(), kNoIndex);  // a service's versions are one after another
  for (std::uint32_t v = 0; v < layout_.versions.size(); ++v) first[layout_.versions[v].service] = std::min(first[layout_.versions[v].service], v);
  std::map<std::string, std::vector<std::size_t>> out;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const Layout::FlowInfo& flow = layout_.flows[rows_[r].flow];
    if (rows_[r].version == kNoIndex) {
      out[sourceLabels(scenario, flow, layout_.operations[flow.operation].service)].push_back(r);
      continue;
    }
    const std::uint32_t service = layout_.versions[rows_[r].version].service;  // a rule may have led elsewhere than the caller asked
    if (scenario.services[service].sidecar) out[destinationLabels(scenario, flow, service, rows_[r].version - first[service])].push_back(r);
  }
  return out;
}

void IstioMetrics::writeRequests(const std::string& labels, const std::vector<std::size_t>& rows, Exposition& to) const {
  std::map<std::string, std::vector<std::uint64_t>> counts;  // by code and flags
  for (std::size_t i = 0; i < instants_.size(); ++i) {
    const auto add = [&](const std::string& key, std::uint64_t n) {
      if (n == 0) return;
      counts[key].resize(instants_.size());
      counts[key][i] += n;
    };
    for (const std::size_t row : rows) {
      if (row >= instants_[i].rows.size()) continue;  // had not answered yet
      const Series& s = instants_[i].rows[row];
      add(kFine, s.ok);
      for (const Collector::FailedCalls& failed : s.failed) add(codeLabels(failed.outcome), failed.count);
    }
  }
  for (const auto& [codes, values] : counts)
    for (std::size_t i = 0; i < instants_.size(); ++i) to.sample("istio_requests_total", labels + "," + codes, std::to_string(values[i]), instants_[i].at);
}

void IstioMetrics::writeDurations(const std::string& labels, const std::vector<std::size_t>& rows, bool failed, Exposition& to) const {
  if (instants_.empty()) return;
  const auto sumOf = [&](const Instant& instant, auto what) {
    decltype(what(Series{})) sum{};
    for (const std::size_t row : rows) sum += row < instant.rows.size() ? what(instant.rows[row]) : decltype(sum){};
    return sum;
  };
  const auto countOf = [&](const Instant& instant) { return sumOf(instant, [&](const Series& s) { return failed ? s.failed_calls : s.ok; }); };
  if (countOf(instants_.back()) == 0) return;
  std::map<std::string, std::uint64_t> codes;
  for (const std::size_t row : rows)
    for (const Collector::FailedCalls& each : instants_.back().rows[row].failed) codes[codeLabels(each.outcome)] += each.count;
  const auto most = std::max_element(codes.begin(), codes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const std::string base = labels + "," + (failed ? most->first : kFine);
  for (std::size_t b = 0; b < kBounds.size(); ++b) {
    const std::string bucket = base + ",le=\"" + numberText(kBounds[b]) + "\"";
    for (const Instant& instant : instants_) {
      const std::uint64_t n = sumOf(instant, [&](const Series& s) {
        const auto& buckets = failed ? s.failed_buckets : s.ok_buckets;
        return buckets.empty() ? std::uint64_t{0} : buckets[b];
      });
      to.sample("istio_request_duration_milliseconds_bucket", bucket, std::to_string(n), instant.at);
    }
  }
  for (const Instant& instant : instants_) to.sample("istio_request_duration_milliseconds_bucket", base + ",le=\"+Inf\"", std::to_string(countOf(instant)), instant.at);
  for (const Instant& instant : instants_)
    to.sample("istio_request_duration_milliseconds_sum", base, numberText(sumOf(instant, [&](const Series& s) { return failed ? s.failed_sum : s.ok_sum; })), instant.at);
  for (const Instant& instant : instants_) to.sample("istio_request_duration_milliseconds_count", base, std::to_string(countOf(instant)), instant.at);
}

std::string IstioMetrics::text(const Scenario& scenario, MetricsForm form, std::int64_t start) const {
  const bool open = form == MetricsForm::open_metrics;
  const std::string requests = open ? "istio_requests" : "istio_requests_total";
  const auto by_labels = rowsByLabels(scenario);
  Exposition to{{}, form, start};
  to.out = "# HELP " + requests + " Requests of the measured customers: as the callers' proxies count them (retries merged), and as the callees' do.\n# TYPE " + requests + " counter\n";
  for (const auto& [labels, rows] : by_labels) writeRequests(labels, rows, to);
  to.out += "# HELP istio_request_duration_milliseconds Duration of these requests; failed ones stand under their most frequent code.\n# TYPE istio_request_duration_milliseconds histogram\n";
  for (const auto& [labels, rows] : by_labels)
    for (const bool failed : {false, true}) writeDurations(labels, rows, failed, to);
  return std::move(to.out) + (open ? "# EOF\n" : "");
}

}  // namespace meshmall::models
