#include "cli/run_report.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "cli/number_text.h"
#include "cli/text_table.h"
#include "models/observation/expression.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {

using models::ConfidenceInterval;
using models::Metric;
using models::Metrics;
using models::Result;

namespace {

constexpr std::size_t kDecisionsShown = 20;
constexpr double kEnoughInTail = 100;

double value(const Metrics& m, Metric metric) { return m.get(metric).value_or(std::nan("")); }

double tail(Metric metric) {
  switch (metric) {
    case Metric::latency_p50:
      return 0.5;
    case Metric::latency_p90:
      return 0.1;
    case Metric::latency_p95:
      return 0.05;
    case Metric::latency_p99:
      return 0.01;
    case Metric::latency_p999:
      return 0.001;
    default:
      return 1;
  }
}

bool fewData(const Metrics& m, Metric metric) { return value(m, Metric::requests_ok) * tail(metric) < kEnoughInTail; }

std::string latency(const Metrics& m, Metric metric, bool& marked) {
  const double ms = value(m, metric);
  if (std::isnan(ms)) return "-";
  const bool few = fewData(m, metric);
  marked = marked || few;
  return milliseconds(ms) + (few ? " ?" : "");
}

std::string inUnit(Metric metric, double v, int significant = 3) {
  switch (models::info(metric).unit) {
    case models::MetricUnit::milliseconds:
      return milliseconds(v, significant);
    case models::MetricUnit::ratio:
      return percent(v);
    case models::MetricUnit::per_second:
      return plain(v, std::max(4, significant)) + "/s";
    case models::MetricUnit::count:
      return count(v);
    case models::MetricUnit::factor:
      break;
  }
  return plain(v, std::max(4, significant));
}

// As many digits as the uncertainty leaves meaning to: its first one or two.
int digitsFor(double v, double half_width) {
  if (!(v > 0) || !(half_width > 0)) return 3;
  return std::clamp(static_cast<int>(std::ceil(std::log10(v / half_width))) + 1, 3, 6);
}

class Report {
 public:
  Report(const Result& result, const ReportOptions& options, const Palette& palette) : r_(result), options_(options), p_(palette) {}

  std::string text() {
    title();
    headline();
    if (options_.traced) traced(*options_.traced);
    if (r_.traffic.size() > 1) traffic();
    services();
    failures();
    rejections();
    decisions();
    slos();
    if (marked_) out_ += "\n" + p_.dim + "? fewer than 100 samples beyond this quantile: too few to rely on" + p_.plain + "\n";
    return out_;
  }

 private:
  void title() {
    out_ += p_.bold + (r_.scenario.empty() ? "scenario" : models::printable(r_.scenario)) + p_.plain + ": " + seconds(r_.simulated) + " simulated";
    if (r_.warmup > 0 || !options_.warmup_note.empty()) out_ += " after " + seconds(r_.warmup) + " of warm-up" + options_.warmup_note;
    out_ += ", seed " + std::to_string(r_.seed);
    if (r_.replication > 0) out_ += ", replication " + std::to_string(r_.replication);
    out_ += "\n";
    if (r_.interrupted_at)
      out_ += p_.bad + "INTERRUPTED at " + seconds(*r_.interrupted_at) + " of " + seconds(options_.planned_end) + p_.plain +
              ": what follows is a part of the run\n";
    out_ += "\n";
  }

  // "p50  traced 124 ms (109 ms to 145 ms), simulated 118 ms (-5 %)"
  void traced(const models::TracedFigures& figures) {
    const std::tuple<const char*, const std::optional<models::TracedFigure>&, Metric> rows[] = {{"mean", figures.mean, Metric::latency_mean},
                                                                                             {"p50", figures.p50, Metric::latency_p50},
                                                                                             {"p90", figures.p90, Metric::latency_p90},
                                                                                             {"p95", figures.p95, Metric::latency_p95},
                                                                                             {"p99", figures.p99, Metric::latency_p99}};
    std::string text;
    for (const auto& [name, figure, metric] : rows) {
      const double simulated = value(r_.metrics, metric);
      if (!figure || std::isnan(simulated)) continue;
      const auto ms = [](engine::Duration d) { return static_cast<double>(d.ns) / 1e6; };
      const double was = ms(figure->value);
      text += std::string("    ") + name + std::string(6 - std::string(name).size(), ' ') + "traced " + milliseconds(was);
      if (figure->low && figure->high) text += p_.dim + " (" + milliseconds(ms(*figure->low)) + " to " + milliseconds(ms(*figure->high)) + ")" + p_.plain;
      text += ", simulated " + milliseconds(simulated);
      if (was > 0) text += " (" + std::string(simulated >= was ? "+" : "") + std::to_string(std::lround(std::min((simulated / was - 1) * 100, 1e9))) + " %)";
      text += "\n";
    }
    if (text.empty()) return;
    out_ += "\n  latency beside the " + count(static_cast<double>(figures.requests)) + " traced requests" + p_.dim + " (limits: 95 %" +
            (options_.traced_hop_ms > 0 ? "; the simulated have the customers' own hop too, " + milliseconds(options_.traced_hop_ms) + " there and back" : "") + ")" + p_.plain + "\n" + text;
  }

  void headline() {
    const Metrics& m = r_.metrics;
    out_ += "  customers " + count(value(m, Metric::requests_total)) + ": " + count(value(m, Metric::requests_ok)) + " ok, " +
            count(value(m, Metric::requests_failed)) + " failed, " + count(value(m, Metric::requests_in_flight)) + " still inside at the end\n";
    out_ += "  calls " + count(value(m, Metric::calls_total)) + ", tries " + count(value(m, Metric::attempts_total)) + " (" +
            plain(value(m, Metric::retries_amplification), 4) + " a call); " + count(value(m, Metric::retries_total)) + " retries, " +
            count(value(m, Metric::timeouts_total)) + " timeouts, " + count(value(m, Metric::ejections_total)) + " ejections\n\n";
    TextTable table({"", "", "±", "95 % interval", ""});
    table.alignLeft(3);
    table.alignLeft(4);
    const std::pair<Metric, const char*> rows[] = {
        {Metric::success_rate, "success"},    {Metric::throughput, "throughput"},      {Metric::latency_mean, "latency mean"},
        {Metric::latency_p50, "latency p50"}, {Metric::latency_p90, "latency p90"},    {Metric::latency_p95, "latency p95"},
        {Metric::latency_p99, "latency p99"}, {Metric::latency_p999, "latency p99.9"}, {Metric::latency_max, "latency max"}};
    for (const auto& [metric, label] : rows) table.add(headlineRow(metric, label));
    out_ += table.text(2, p_.dim, p_.plain);
  }

  std::vector<std::string> headlineRow(Metric metric, const char* label) {
    const auto v = r_.metrics.get(metric);
    if (!v) return {label, "-", "", "", ""};
    const ConfidenceInterval* c = r_.confidenceOf(metric);
    const bool few = c != nullptr && c->few_data;
    marked_ = marked_ || few;
    const double half = c == nullptr ? 0 : (c->high - c->low) / 2;
    const int digits = digitsFor(*v, half);
    std::vector<std::string> row{label, inUnit(metric, *v, digits) + (few ? " ?" : ""), "", "", ""};
    if (c == nullptr) {
      if (metric != Metric::latency_max) row[4] = "no interval: too little data";
      return row;
    }
    row[2] = plain(*v != 0 ? 100 * half / *v : 0, 2) + " %";
    row[3] = inUnit(metric, c->low, digits) + " to " + inUnit(metric, c->high, digits);
    if (c->correlated) row[4] = "run too short, or the load changes: the interval may be off";
    return row;
  }

  void traffic() {
    TextTable table({"customers", "count", "success", "p50", "p99", "left early"});
    for (const models::NamedMetrics& t : r_.traffic)
      table.add({models::printable(t.name), count(value(t.metrics, Metric::requests_total)), percent(value(t.metrics, Metric::success_rate)),
                 latency(t.metrics, Metric::latency_p50, marked_), latency(t.metrics, Metric::latency_p99, marked_),
                 count(value(t.metrics, Metric::abandoned_total))});
    out_ += "\n" + table.text(2, p_.dim, p_.plain);
  }

  void services() {
    TextTable table({"service", "requests/s", "success", "p50", "p99", "retries", "utilisation", "cpu", "queue", "max"});
    for (const models::ServiceResult& s : r_.services) {
      serviceRow(table, models::printable(s.name), s.metrics);
      if (s.versions.size() < 2) continue;
      for (const models::NamedMetrics& v : s.versions) serviceRow(table, "  " + models::printable(v.name), v.metrics);
    }
    out_ += "\n" + table.text(2, p_.dim, p_.plain);
  }

  void serviceRow(TextTable& table, const std::string& name, const Metrics& m) {
    const auto ratio = [&](Metric metric) { return m.get(metric) ? share(*m.get(metric)) : std::string("-"); };
    table.add({name, r_.simulated > 0 ? plain(value(m, Metric::requests_total) / r_.simulated) : "-",
               m.get(Metric::success_rate) ? percent(*m.get(Metric::success_rate)) : "-", latency(m, Metric::latency_p50, marked_),
               latency(m, Metric::latency_p99, marked_), m.get(Metric::retries_total) ? count(*m.get(Metric::retries_total)) : "", ratio(Metric::utilization),
               ratio(Metric::cpu), plain(value(m, Metric::queue_mean)), count(value(m, Metric::queue_max))});
  }

  void failures() {
    if (r_.failed_by_flag.empty() && r_.failed_by_status.empty()) return;
    const auto list = [](const auto& entries) {
      std::string text;
      for (const auto& [name, n] : entries) text += (text.empty() ? "" : ", ") + (name.empty() ? std::string("-") : name) + " " + count(static_cast<double>(n));
      return text;
    };
    out_ += "\n  failed";
    if (!r_.failed_by_flag.empty()) out_ += " by flag: " + list(r_.failed_by_flag) + ";";
    out_ += " by status: " + list(r_.failed_by_status) + "\n";
  }

  // Who was turned away: by a policy's limits, a queue, or the guards at a door. Tries count, so one customer may be told of more than once.
  void rejections() {
    std::string text;
    for (std::size_t r = 0; r < models::kRejections; ++r) {
      const auto reason = static_cast<models::Rejection>(r);
      const Metric metric = models::rejectionMetric(reason);
      const double n = value(r_.metrics, metric);
      if (!(n > 0) || reason == models::Rejection::missing_token) continue;
      text += (text.empty() ? "" : ", ") + std::string(models::name(reason)) + " " + count(n);
      const double missing = reason == models::Rejection::authentication ? value(r_.metrics, Metric::missing_token_total) : 0;
      if (missing > 0) text += " (" + count(missing) + " without a token)";
    }
    if (!text.empty()) out_ += "\n  turned away: " + text + "\n";
  }

  void decisions() {
    if (r_.decisions.empty()) return;
    TextTable table({"when", "what", "who", "by", ""});
    for (std::size_t c = 1; c < 5; ++c) table.alignLeft(c);
    const std::size_t shown = options_.all_decisions ? r_.decisions.size() : std::min(r_.decisions.size(), kDecisionsShown);
    for (std::size_t i = 0; i < shown; ++i) {
      const models::DecisionResult& d = r_.decisions[i];
      std::string detail, note;
      for (const auto& [key, what] : d.detail) {
        if (key == "note") {
          note = models::printable(std::get<std::string>(what));
          continue;
        }
        detail += (detail.empty() ? "" : ", ") + key + " ";
        detail += std::holds_alternative<double>(what) ? trimmed(std::get<double>(what)) : models::printable(std::get<std::string>(what));
      }
      if (!note.empty()) detail += (detail.empty() ? "" : "; ") + note;
      table.add({seconds(d.t), d.kind, models::printable(d.subject), models::printable(d.by), detail});
    }
    out_ += "\n" + table.text(2, p_.dim, p_.plain);
    const double more = static_cast<double>(r_.decisions.size() - shown) + static_cast<double>(r_.decisions_omitted);
    if (more > 0) out_ += "  ... and " + count(more) + " more" + (options_.all_decisions ? "" : " (--decisions)") + "\n";
  }

  void slos() {
    if (r_.slos.empty()) return;
    std::string rows;
    std::size_t width = 0;
    for (const models::SloVerdict& slo : r_.slos) width = std::max(width, displayWidth(slo.expr));
    for (const models::SloVerdict& slo : r_.slos) {
      const std::string word = slo.holds ? p_.good + "holds   " : slo.fatal ? p_.bad + "BREACHED" : p_.warn + "breached";
      rows += "  " + word + p_.plain + "  " + models::printable(slo.expr) + std::string(width - displayWidth(slo.expr), ' ') + "  " + sloValueText(slo) + "\n";
    }
    out_ += "\n" + rows;
  }

  const Result& r_;
  const ReportOptions& options_;
  const Palette& p_;
  std::string out_;
  bool marked_ = false;
};

}  // namespace

std::string resultText(const Result& result, const ReportOptions& options, const Palette& palette) { return Report(result, options, palette).text(); }

std::string sloValueText(const models::SloVerdict& slo) {
  if (!slo.value) return "no sample in the window, so nothing shows that it holds";
  const auto parsed = models::parseExpression(slo.expr);
  const auto* expression = std::get_if<models::Expression>(&parsed);
  // Of several comparisons the verdict does not say which one its value is of.
  if (expression != nullptr && expression->nodes.size() == 1) return "is " + inUnit(expression->nodes.front().metric, *slo.value, 4);
  return "is " + plain(*slo.value, 4);
}

}  // namespace meshmall::cli
