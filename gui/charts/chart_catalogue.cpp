#include "gui/charts/chart_catalogue.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>
#include <cmath>

namespace meshmall::gui {
namespace {

using models::FloorPlan;
using models::FloorSeries;

QString say(const char* text) { return QCoreApplication::translate("Charts", text); }

constexpr std::array<Qt::PenStyle, 5> kDashes = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine, Qt::DashDotDotLine};
constexpr std::array<SeriesRole, 6> kRoles = {SeriesRole::first, SeriesRole::second,  SeriesRole::third,
                                              SeriesRole::fourth, SeriesRole::fifth, SeriesRole::sixth};

Curve curve(const char* key, const QString& label, SeriesRole role, Qt::PenStyle dash, std::vector<double> values, bool right = false) {
  return {{QString::fromLatin1(key), label, role, dash, right}, std::move(values)};
}

std::vector<double> widened(const std::vector<float>& values) { return {values.begin(), values.end()}; }

std::vector<double> inPercent(std::vector<double> shares) {
  for (double& share : shares) share *= 100;
  return shares;
}

const FloorSeries::OfService* ofService(const FloorSeries& series, std::uint32_t service) {
  return service < series.services.size() ? &series.services[service] : nullptr;
}

std::vector<Curve> throughput(const FloorSeries& s, std::uint32_t service) {
  if (const FloorSeries::OfService* one = ofService(s, service)) {
    return {curve("calls", say("calls"), SeriesRole::first, Qt::SolidLine, widened(one->rate)),
            curve("failed", say("failed"), SeriesRole::third, Qt::DotLine, widened(one->failed))};
  }
  return {curve("offered", say("offered"), SeriesRole::sixth, Qt::DashLine, s.offered),
          curve("served", say("served"), SeriesRole::second, Qt::SolidLine, s.served),
          curve("failed", say("failed"), SeriesRole::third, Qt::DotLine, s.failed)};
}

std::vector<Curve> latency(const FloorSeries& s) {
  return {curve("latency_p50_ms", say("p50"), SeriesRole::first, Qt::SolidLine, s.latency_p50),
          curve("latency_mean_ms", say("mean"), SeriesRole::sixth, Qt::DotLine, s.latency_mean),
          curve("latency_p99_ms", say("p99"), SeriesRole::third, Qt::DashLine, s.latency_p99)};
}

std::vector<Curve> load(const FloorSeries& s, std::uint32_t service, Vocabulary v) {
  if (const FloorSeries::OfService* one = ofService(s, service)) {
    return {curve("waiting", word(Term::queue, v), SeriesRole::fourth, Qt::SolidLine, widened(one->waiting)),
            curve("utilization_percent", say("utilisation"), SeriesRole::fifth, Qt::DashDotLine, inPercent(widened(one->utilization)), true)};
  }
  return {curve("in_flight", say("inside"), SeriesRole::first, Qt::DashLine, s.in_flight),
          curve("waiting", word(Term::queue, v), SeriesRole::fourth, Qt::SolidLine, s.waiting),
          curve("utilization_percent", say("utilisation"), SeriesRole::fifth, Qt::DashDotLine, inPercent(s.utilization), true)};
}

std::vector<Curve> actions(const FloorSeries& s, Vocabulary v) {
  return {curve("retries", word(Term::retries, v), SeriesRole::fourth, Qt::SolidLine, s.retries),
          curve("timeouts", say("timeouts"), SeriesRole::third, Qt::DashLine, s.timeouts),
          curve("rejected", say("shed"), SeriesRole::fifth, Qt::DotLine, s.rejected),
          curve("ejected", say("ejected"), SeriesRole::first, Qt::DashDotLine, s.ejected, true)};
}

std::vector<Curve> lines(const FloorPlan& floor, const FloorSeries& s) {
  std::vector<std::pair<float, std::size_t>> peaks;
  for (std::size_t i = 0; i < s.services.size() && i < floor.services.size(); ++i) {
    float peak = 0;
    for (const float waiting : s.services[i].waiting) peak = std::isnan(waiting) ? peak : std::max(peak, waiting);
    peaks.emplace_back(peak, i);
  }
  std::stable_sort(peaks.begin(), peaks.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  peaks.resize(std::min<std::size_t>(peaks.size(), kDashes.size()));
  std::vector<Curve> curves;
  for (const auto& [peak, i] : peaks) {
    const QString name = QString::fromStdString(floor.services[i].name);
    // A service keeps its colour while others overtake it.
    curves.push_back({{QStringLiteral("waiting_") + name, name, kRoles[i % kRoles.size()], kDashes[i % kDashes.size()], false}, widened(s.services[i].waiting)});
  }
  return curves;
}

}  // namespace

ChartStyle chartStyle(ChartKind kind, Vocabulary v) {
  using Scale = SteadyRange::Scale;
  switch (kind) {
    case ChartKind::throughput:
      return {QStringLiteral("throughput"), say("Throughput"), say("per second"), {}, Scale::linear,
              say("%1 that arrive, that get a good answer, and that fail, in each interval.").arg(heading(Term::requests, v))};
    case ChartKind::latency:
      return {QStringLiteral("latency"), say("Latency"), say("ms"), {}, Scale::logarithmic,
              say("Time of those that were served: half of them were faster than p50, one in a hundred was slower than p99. Logarithmic axis.")};
    case ChartKind::load:
      return {QStringLiteral("load"), v == Vocabulary::mall ? say("Waiting and busy clerks") : say("Queues and utilisation"), say("number"), say("%"), Scale::linear,
              say("%1 inside the mall and in a line at the end of each interval; busy share of all %2s.").arg(heading(Term::requests, v), word(Term::worker, v))};
    case ChartKind::actions:
      return {QStringLiteral("actions"), v == Vocabulary::mall ? say("What the staff do") : say("Policy actions"), say("per second"), say("number"), Scale::linear,
              say("Second tries, timeouts and rejections in each interval; %1s kept away from at its end.").arg(word(Term::endpoint, v))};
    case ChartKind::lines:
      return {QStringLiteral("lines"), v == Vocabulary::mall ? say("The longest lines") : say("The longest queues"), say("waiting"), {}, Scale::linear,
              say("Waiting at the %1 with the longest lines so far.").arg(word(Term::services, v))};
  }
  return {};
}

std::vector<Curve> curvesOf(ChartKind kind, const FloorPlan& floor, const FloorSeries& series, std::uint32_t service, Vocabulary vocabulary) {
  switch (kind) {
    case ChartKind::throughput: return throughput(series, service);
    case ChartKind::latency: return latency(series);
    case ChartKind::load: return load(series, service, vocabulary);
    case ChartKind::actions: return actions(series, vocabulary);
    case ChartKind::lines: return lines(floor, series);
  }
  return {};
}

std::vector<CurveBand> bandsOf(ChartKind kind, const std::vector<Curve>& curves, const RunBands& bands) {
  static constexpr std::pair<const char*, RunBands::Series> kBanded[] = {{"offered", RunBands::kOffered},
                                                                         {"served", RunBands::kServed},
                                                                         {"failed", RunBands::kFailed},
                                                                         {"latency_p50_ms", RunBands::kLatencyP50},
                                                                         {"latency_mean_ms", RunBands::kLatencyMean},
                                                                         {"latency_p99_ms", RunBands::kLatencyP99}};
  std::vector<CurveBand> out;
  if (kind != ChartKind::throughput && kind != ChartKind::latency) return out;
  for (const Curve& one : curves)
    for (const auto& [key, series] : kBanded)
      if (one.style.key == QLatin1String(key)) out.push_back({one.style, bands.of[series].low, bands.of[series].high});
  return out;
}

}  // namespace meshmall::gui
