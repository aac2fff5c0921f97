#include "engine/report/comparison_plots.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/report/comparison_phrases.h"
#include "engine/report/number_text.h"
#include "engine/report/plot_axis.h"
#include "engine/report/svg_plot.h"

namespace meshmall::engine {
namespace {

constexpr double kWidth = 760, kLeft = 72, kRight = 728;
constexpr double kFewest = 20;  // beyond a percentile, to draw it
constexpr std::size_t kMostDots = 400, kMostStretches = 330, kMostMarkedEvents = 40;

std::vector<PlotMark> marksOf(const PlotAxis& axis, std::size_t about, const std::function<std::string(double)>& label) {
  std::vector<PlotMark> marks;
  for (const double value : axisMarks(axis, about)) marks.push_back({value, label(value)});
  return marks;
}

// A round value without the dust of its arithmetic: 0.3, 1500, 99.995.
std::string roundText(double value) {
  std::string text = plain(value, 12);
  if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// A mark's label in a metric's unit; times in the unit that fits.
std::string markText(double value, const std::string& unit) {
  if (unit == "ratio") return roundText(value * 100) + " %";
  if (unit == "/s") return roundText(value) + "/s";
  if (unit != "ms" || value == 0) return roundText(value) + (unit == "ms" ? " ms" : "");
  const double size = std::abs(value);
  if (size < 0.001) return roundText(value * 1e6) + " ns";
  if (size < 1) return roundText(value * 1e3) + " us";
  return size < 1000 ? roundText(value) + " ms" : roundText(value / 1e3) + " s";
}

std::string signedText(double value, const std::string& unit) { return (value > 0 ? "+" : "") + roundText(value) + unit; }

// Value and unit of a dot plot's axis.
struct Shown {
  double factor = 1;
  std::string unit;
};

Shown shownAs(const ReportQuestion& q) {
  if (q.relative && !q.absolute) return {100, " %"};
  if (q.unit == "ratio") return {100, q.absolute ? " %" : " pp"};
  if (q.unit == "ms") return {1, " ms"};
  return {1, q.unit == "/s" ? "/s" : ""};
}

struct Dots {
  std::vector<double> baseline, candidate;  // empty baseline: a single row
};

// Each pair's change upwards, as ReportQuestion::finding.change.
Dots pairsOf(const ReportQuestion& q, double factor) {
  Dots dots;
  for (std::size_t i = 0; i < q.baseline.size() && i < q.candidate.size() && dots.candidate.size() < kMostDots; ++i) {
    if (!q.baseline[i] || !q.candidate[i] || (q.relative && *q.baseline[i] == 0)) continue;
    const double change = *q.candidate[i] - *q.baseline[i];
    dots.candidate.push_back((q.relative ? change / *q.baseline[i] : change) * factor);
  }
  return dots;
}

std::vector<double> valuesOf(const std::vector<std::optional<double>>& values, double factor) {
  std::vector<double> there;
  for (const auto& value : values)
    if (value && there.size() < kMostDots) there.push_back(*value * factor);
  return there;
}

void addInterval(SvgPlot& plot, const PlotAxis& x, double y, const Estimate& e, double factor, const char* style) {
  if (e.interval && std::isfinite(e.interval->low) && std::isfinite(e.interval->high)) {
    const double low = std::max(x.from, x.at(e.interval->low * factor)), high = std::min(x.to, x.at(e.interval->high * factor));
    plot.segment(low, y, high, y, std::string(style) + " ci");
    for (const double end : {low, high}) plot.segment(end, y - 5, end, y + 5, std::string(style) + " ci");
  }
  if (std::isfinite(e.value)) plot.dot(x.at(e.value * factor), y, DotShape::diamond, std::string(style) + " est");
}

void addDots(SvgPlot& plot, const PlotAxis& x, double y, const std::vector<double>& values, DotShape shape, const char* style) {
  for (std::size_t i = 0; i < values.size(); ++i) plot.dot(x.at(values[i]), y + static_cast<double>(i % 5) * 4 - 8, shape, style);  // five rows, so that dots don't hide
}

void bothLines(SvgPlot& plot, const PlotAxis& x, const PlotAxis& y, const std::vector<double>& xs, const std::vector<double>& baseline, const std::vector<double>& candidate) {
  plot.line(x, y, xs, baseline, "base line");
  plot.line(x, y, xs, candidate, "cand line");
}

// The series as it is, or the extremes of each stretch in the order in which they come.
struct Thinned {
  std::vector<double> xs, ys;
};

Thinned thinned(const std::vector<double>& values, double interval) {
  Thinned out;
  const std::size_t stretch = (values.size() + kMostStretches - 1) / kMostStretches;
  for (std::size_t begin = 0; begin < values.size(); begin += std::max<std::size_t>(1, stretch)) {
    const std::size_t end = std::min(values.size(), begin + std::max<std::size_t>(1, stretch));
    std::size_t least = begin, greatest = begin;
    for (std::size_t i = begin; i < end; ++i) {
      if (std::isnan(values[least]) || values[i] < values[least]) least = i;
      if (std::isnan(values[greatest]) || values[i] > values[greatest]) greatest = i;
    }
    for (const std::size_t i : {std::min(least, greatest), std::max(least, greatest)}) {
      if (i == std::max(least, greatest) && least == greatest && !out.xs.empty() && out.xs.back() == (static_cast<double>(i) + 0.5) * interval) continue;
      out.xs.push_back((static_cast<double>(i) + 0.5) * interval);
      out.ys.push_back(values[i]);
    }
  }
  return out;
}

struct SeriesKind {
  const char *name, *title, *unit;
};
constexpr SeriesKind kKinds[] = {{"offered", "offered", "/s"},   {"throughput", "throughput", "/s"},  {"failed", "failed", "/s"},          {"inFlight", "in flight", ""},
                                 {"attempts", "attempts", "/s"}, {"retries", "retries", "/s"},        {"timeouts", "timeouts", "/s"},      {"rejected", "rejected", "/s"},
                                 {"latency.mean", "mean latency", "ms"}, {"latency.p50", "latency p50", "ms"}, {"latency.p99", "latency p99", "ms"}};

std::string unitOf(const std::string& name) {
  for (const SeriesKind& kind : kKinds)
    if (name == kind.name && std::string(kind.unit) == "ms") return "ms";
  return "";
}

// Axes and both curves of a plot over time; what is to lie behind them is drawn by `behind` first.
std::string overTime(const ReportSeries& s, double top, double height, const std::string& title, const std::function<void(SvgPlot&, const PlotAxis&, double, double)>& behind) {
  PlotRange values, times;
  values.add(s.baseline);
  values.add(s.candidate);
  if (values.empty()) return "";
  times.add(0);
  times.add(static_cast<double>(std::max(s.baseline.size(), s.candidate.size())) * s.interval);
  const double bottom = top + height;
  const PlotAxis x = times.axis(kLeft, kRight, 0), y = values.axis(bottom, top);
  SvgPlot plot(kWidth, bottom + 38, title);
  behind(plot, x, top, bottom);
  plot.leftAxis(y, kLeft, kRight, marksOf(y, 4, [&](double v) { return markText(v, unitOf(s.name)); }), "");
  plot.bottomAxis(x, bottom, marksOf(x, 8, [](double v) { return roundText(v); }), "seconds");
  const Thinned base = thinned(s.baseline, s.interval), cand = thinned(s.candidate, s.interval);
  plot.line(x, y, base.xs, base.ys, "base line");
  plot.line(x, y, cand.xs, cand.ys, "cand line");
  return plot.svg();
}

}  // namespace

std::string dotPlot(const ReportScenario& scenario, const ReportQuestion& q) {
  if (q.finding.identical || !hasCandidate(q)) return "";
  const Shown as = shownAs(q);
  const bool change = !q.absolute && scenario.paired;
  const bool values = !change && !q.absolute;  // both sides in the metric's unit
  const double factor = values ? 1 : as.factor;
  const Dots dots = change ? pairsOf(q, factor) : Dots{values ? valuesOf(q.baseline, factor) : std::vector<double>(), valuesOf(q.candidate, factor)};
  if (dots.candidate.empty()) return "";
  // Where the statement ends to hold, and on which side of it.
  const double bound = q.decrease ? -q.bound : q.bound;
  double limit = bound * factor;
  if (values) limit = q.relative && q.finding.baseline ? q.finding.baseline->value * (1 + bound) : q.finding.baseline ? q.finding.baseline->value + bound : bound;
  const bool breaks_above = q.at_least == q.decrease;
  PlotRange range;
  range.add(dots.baseline);
  range.add(dots.candidate);
  range.add(limit);
  if (change) range.add(0);
  const Estimate& e = change ? q.finding.change : q.finding.candidate;
  range.add(e.value * factor);
  if (e.interval) range.add(e.interval->low * factor), range.add(e.interval->high * factor);
  PlotAxis x = range.axis(20, kRight, 0.06);
  if (change && range.low() >= 0) x.low = -0.03 * x.high;
  const double row = 34, top = 22, bottom = top + (dots.baseline.empty() ? 1 : 2) * row + 26;
  SvgPlot plot(kWidth, bottom + 40, q.metric + ", replication by replication");
  const double at = x.at(limit);
  plot.band(at, breaks_above ? x.to : x.from, top - 6, bottom, "beyond");
  plot.segment(at, top - 10, at, bottom, "margin");
  const bool right = breaks_above ? at < x.to - 150 : at < x.from + 150;
  plot.text(at + (right ? 5 : -5), top - 9, std::string(q.absolute ? "limit " : "margin ") + (values ? valueText(limit, q.unit) : q.absolute ? markText(q.bound, q.unit) : signedText(limit, as.unit)), right ? TextAnchor::start : TextAnchor::end, "label");
  if (change) plot.segment(x.at(0), top - 6, x.at(0), bottom, "zero");
  double y = top + row / 2;
  if (!dots.baseline.empty()) {
    addDots(plot, x, y, dots.baseline, DotShape::circle, "base");
    y += row;
  }
  addDots(plot, x, y, dots.candidate, DotShape::square, "cand");
  addInterval(plot, x, bottom - 12, e, factor, "cand");
  const auto mark = [&](double v) { return values || q.absolute ? markText(v / factor, q.unit) : signedText(v, as.unit); };
  plot.bottomAxis(x, bottom, marksOf(x, 7, mark), change ? "change, candidate to baseline" : q.metric);
  return plot.svg();
}

std::string percentilePlot(const ReportScenario& scenario) {
  ReportCurve curve = scenario.latency;
  const auto least = static_cast<double>(std::min(scenario.baseline.requests, scenario.candidate.requests));
  while (least > 0 && !curve.probability.empty() && least * (1 - curve.probability.back()) < kFewest) {
    curve.probability.pop_back();
    if (curve.baseline.size() > curve.probability.size()) curve.baseline.pop_back();
    if (curve.candidate.size() > curve.probability.size()) curve.candidate.pop_back();
  }
  if (curve.probability.empty()) return "";
  PlotRange values;
  values.add(curve.baseline);
  values.add(curve.candidate);
  if (values.empty()) return "";
  std::vector<double> nines;
  for (const double p : curve.probability) nines.push_back(-std::log10(1 - p));
  const double top = 14, bottom = 254;
  PlotAxis x{0, nines.back(), false, kLeft, kRight};
  const PlotAxis y = values.axis(bottom, top, 0.04, values.low() > 0 && values.high() / values.low() > 4);
  SvgPlot plot(kWidth, bottom + 40, "latency by percentile");
  plot.leftAxis(y, kLeft, kRight, marksOf(y, 6, [](double v) { return markText(v, "ms"); }), "");
  std::vector<PlotMark> marks;
  for (const auto& [p, label] : {std::pair{0.0, "0 %"}, {0.5, "50 %"}, {0.75, "75 %"}, {0.9, "90 %"}, {0.95, "95 %"}, {0.99, "99 %"}, {0.995, "99.5 %"}, {0.999, "99.9 %"}, {0.9999, "99.99 %"}})
    marks.push_back({-std::log10(1 - p), label});
  plot.bottomAxis(x, bottom, marks, "percentile");
  bothLines(plot, x, y, nines, curve.baseline, curve.candidate);
  return plot.svg();
}

std::string timePlot(const ReportScenario& scenario, const ReportSeries& series) {
  return overTime(series, 20, 120, seriesTitle(series.name) + " over time", [&](SvgPlot& plot, const PlotAxis& x, double top, double bottom) {
    const double warmup = scenario.candidate.warmup;
    if (warmup > 0) plot.band(x.from, std::min(x.to, x.at(warmup)), top, bottom, "warm");
    double free_from = -1;
    for (std::size_t i = 0; i < scenario.events.size() && i < kMostMarkedEvents; ++i) {
      const ReportEvent& event = scenario.events[i];
      if (event.at > x.high) continue;
      const double at = x.at(event.at);
      if (event.until) plot.band(at, std::min(x.to, x.at(*event.until)), top, bottom, "during");
      plot.segment(at, top - 4, at, bottom, "event");
      if (at < free_from) continue;
      const std::string number = std::to_string(i + 1);
      plot.text(at, top - 7, number, TextAnchor::middle, "mark");
      free_from = at + 8 * static_cast<double>(number.size()) + 4;
    }
  });
}

std::string settlingPlot(const ReportScenario& scenario, const ReportSeries& series) {
  return overTime(series, 20, 110, seriesTitle(series.name) + ", smoothed, from the start of the run", [&](SvgPlot& plot, const PlotAxis& x, double top, double bottom) {
    const double warmup = scenario.candidate.warmup;
    if (!(warmup > 0)) return;
    const double at = std::min(x.to, x.at(warmup));
    plot.band(x.from, at, top, bottom, "warm");
    plot.segment(at, top - 4, at, bottom, "margin");
    const bool right = at < x.to - 180;
    plot.text(at + (right ? 5 : -5), top - 7, "measured from " + secondsText(warmup), right ? TextAnchor::start : TextAnchor::end, "label");
  });
}

std::string seriesTitle(const std::string& name) {
  for (const SeriesKind& kind : kKinds)
    if (name == kind.name) return kind.title + std::string(kind.unit == std::string("/s") ? " per second" : "");
  return name;
}

bool isTelling(const ReportSeries& series) {
  const auto says = [](const std::vector<double>& values) { return std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v) && v != 0; }); };
  return says(series.baseline) || says(series.candidate);
}

}  // namespace meshmall::engine
