#include "cli/plan_text.h"

#include <algorithm>
#include <cmath>

#include "cli/number_text.h"
#include "cli/text_table.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

using engine::Finding;
using engine::Needed;
using engine::ReportQuestion;
using models::PlanReport;
using models::SizedQuestion;

constexpr std::size_t kMostPairs = 100;

std::string shown(const std::string& text, std::size_t limit = 80) { return models::printable(text, limit); }

// A change in the units of the rule: of the baseline, points, or the metric's own.
std::string changeText(double change, const ReportQuestion& q) {
  const std::string sign = q.decrease ? (change > 0 ? "-" : "+") : change >= 0 ? "+" : "-";
  const double size = std::abs(change);
  if (std::isinf(size)) return "-";
  if (q.relative) return sign + plain(size * 100) + " %";
  if (q.unit == "ratio") return sign + plain(size * 100, 2) + " pp";
  if (q.unit == "ms") return sign + milliseconds(size);
  return sign + plain(size) + (q.unit == "/s" ? "/s" : "");
}

std::string spreadText(const Finding& f, const ReportQuestion& q) {
  if (f.scale == engine::Scale::logarithm) return plain(std::expm1(f.deviation) * 100, 2) + " %";
  if (q.unit == "ratio") return plain(f.deviation * 100, 2) + " pp";
  if (q.unit == "ms" && !q.relative) return milliseconds(f.deviation, 2);
  return plain(f.deviation, 2);
}

// "7 .. 11": with the spread as estimated, and at its upper limit.
std::string neededText(const Needed& needed) {
  if (!needed.replications) return "-";
  const std::string least = count(static_cast<double>(*needed.replications));
  if (!needed.safe) return least + " ..";
  return *needed.safe == *needed.replications ? least : least + " .. " + count(static_cast<double>(*needed.safe));
}

std::string pairingText(const Finding& f) {
  if (!f.variance_reduction) return "";
  return "/ " + plain(*f.variance_reduction, *f.variance_reduction < 10 ? 2 : 3) + (*f.variance_reduction < 1 ? " !" : "");
}

std::string remark(const SizedQuestion& asked, const models::SizedRule& rule) {
  const ReportQuestion& q = asked.question;
  if (q.verdict.verdict == engine::Verdict::no_data) return "NO-DATA: " + shown(q.reason, 160);
  if (q.finding.identical) return "the same to the last bit: nothing to find out";
  if (!(q.finding.deviation > 0)) return "does not vary: known after 2 replications";
  return rule.severity == engine::RuleSeverity::fail ? "" : std::string(engine::name(rule.severity)) + " only";
}

void addPair(std::string& out, const PlanReport& report, const models::SizedPair& pair, const Palette& look) {
  out += "\n" + look.bold + shown(pair.name, 400) + look.plain + "\n";
  TextTable table({"", "holds if", "pilot's estimate", "spread", "pairing", count(static_cast<double>(report.replications)) + " replications catch", "to catch", "takes", "to prove", "to tell", ""});
  table.alignLeft(10);
  for (const models::SizedRule& rule : pair.rules) {
    for (const SizedQuestion& asked : rule.questions) {
      const ReportQuestion& q = asked.question;
      const Finding& f = q.finding;
      const bool tested = !f.identical && !f.test.empty() && f.deviation > 0;
      const std::string scope = rule.scope == "mall" ? "mall" : shown(rule.scope.substr(rule.scope.find('=') + 1), 40);
      const std::string estimate = !tested ? "" : q.absolute ? (q.unit == "ms" ? milliseconds(f.candidate.value) : q.unit == "ratio" ? percent(f.candidate.value) : plain(f.candidate.value))
                                                             : changeText(q.decrease ? -f.change.value : f.change.value, q);
      table.add({scope + " " + q.metric, shown(q.statement.substr(q.statement.find(' ') + 1), 40), estimate, tested ? spreadText(f, q) : "", tested ? pairingText(f) : "",
                 tested && !q.absolute && asked.sizing.shown ? changeText(*asked.sizing.shown, q) : "", tested && asked.sizing.caught ? changeText(*asked.sizing.caught, q) : "",
                 tested && !q.absolute ? neededText(asked.sizing.to_catch) : "", tested && !q.absolute ? neededText(asked.sizing.to_prove) : "",
                 tested ? neededText(asked.sizing.to_tell) : "", remark(asked, rule)});
    }
  }
  out += table.text(2, look.dim, look.plain);
}

void addPrecision(std::string& out, const PlanReport& report, const Palette& look) {
  TextTable table({"", "metric", "mean", "known to ±", "for ±5 %", "for ±2 %", "for ±1 %"});
  table.alignLeft(1);
  for (const models::SizedMetric& metric : report.metrics) {
    std::vector<std::string> cells{shown(metric.name), metric.metric, metric.unit == "ms" ? milliseconds(metric.mean) : metric.unit == "ratio" ? percent(metric.mean) : plain(metric.mean, 4),
                                   metric.half_width ? share(*metric.half_width) : "-"};
    for (const auto& needed : metric.needed) cells.push_back(needed ? count(static_cast<double>(*needed)) : "-");
    table.add(std::move(cells));
  }
  out += "\n" + table.text(2, look.dim, look.plain) + "\n" + look.dim + "replications for a 95 % interval of the mean of that width\n" + look.plain;
}

std::string timeText(const PlanReport& report, std::uint64_t replications) {
  const double s = report.secondsFor(replications);
  return count(static_cast<double>(replications * report.groups)) + " runs, about " + (s < 10 ? plain(std::max(s, 0.01), 2) + " s" : seconds(std::round(s))) + " with " +
         std::to_string(report.jobs) + (report.jobs == 1 ? " job" : " jobs");
}

}  // namespace

std::string planText(const PlanReport& report, const Palette& look) {
  std::string out = look.bold + shown(report.study) + look.plain + "   pilot of " + count(static_cast<double>(report.pilot)) + " replications, seed " + std::to_string(report.seed) + "\n";
  if (report.pairs.empty()) {
    addPrecision(out, report, look);
  } else {
    out += look.dim + "false alarms at most " + trimmed(report.alpha * 100) + " % over " + std::to_string(report.hypotheses) + (report.hypotheses == 1 ? " rule" : " rules") + ", caught with a probability of " +
           trimmed(report.power * 100) + " %" + look.plain + "\n";
    for (std::size_t p = 0; p < report.pairs.size() && p < kMostPairs; ++p) addPair(out, report, report.pairs[p], look);
    if (report.pairs.size() > kMostPairs) out += "\n... " + std::to_string(report.pairs.size() - kMostPairs) + " more in plan.json\n";
    out += "\n" + look.dim +
           "spread: standard deviation of the difference of a pair; pairing: how much the same customers lower the variance; takes: replications, with the spread as the pilot has it .. at its\n"
           "upper limit at 90 %; to prove: that it holds where nothing changes (--mode prove); to tell: which it is, if the pilot's estimate is the truth" +
           look.plain + "\n";
  }
  out += "\n" + count(static_cast<double>(report.replications)) + " replications, as the study has: " + timeText(report, report.replications) + "\n";
  if (report.all && report.all->replications && *report.all->replications > 0) {
    const std::uint64_t needed = std::max<std::uint64_t>(2, *report.all->replications);
    out += look.bold + (report.all_possible ? "to catch all of it: " : "to catch what a number of replications can: ") + neededText(*report.all) + " replications" + look.plain + ", " + timeText(report, needed);
    if (report.all->safe && *report.all->safe > needed) out += " .. " + timeText(report, *report.all->safe);
    out += "\n";
    if (!report.all_possible) out += look.warn + "for some rules no number would do: what is to be caught lies on the margin or within it; see --detect" + look.plain + "\n";
  }
  return out;
}

}  // namespace meshmall::cli
