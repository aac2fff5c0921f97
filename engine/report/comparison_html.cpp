#include "engine/report/comparison_html.h"

#include <algorithm>
#include <vector>

#include "engine/report/comparison_phrases.h"
#include "engine/report/comparison_plots.h"
#include "engine/report/escaping.h"
#include "engine/report/number_text.h"
#include "engine/report/page_style.h"

namespace meshmall::engine {
namespace {

constexpr std::size_t kMostRows = 2'000, kMostListed = 200, kRoomForPlots = 6'000'000, kDotPlots = 40;

struct Sign {
  const char *mark, *style;
};

Sign signOf(RuleState state) {
  switch (state) {
    case RuleState::failing:
      return {"✗", "bad"};
    case RuleState::broken_only:
      return {"!", "warn"};
    case RuleState::no_data:
      return {"?", "warn"};
    case RuleState::undecided:
      return {"~", "calm"};
    case RuleState::waived:
      return {"–", "calm"};
    case RuleState::fine:
      return {"✓", "good"};
  }
  return {"", ""};
}

std::string badge(RuleState state, std::string_view verdict) {
  const Sign sign = signOf(state);
  return std::string("<span class=\"v ") + sign.style + "\">" + sign.mark + " " + htmlText(verdict) + "</span>";
}

// Figures whose units stay on their line.
std::string figures(const std::string& text) {
  std::string out = htmlText(text);
  for (const char* unit : {" %", " ms", " us", " ns", " pp"}) {
    for (std::size_t at = out.find(unit); at != std::string::npos; at = out.find(unit, at + 1)) out.replace(at, 1, "&nbsp;");
  }
  return out;
}

// The change, and its interval on a line of its own.
std::string changeCell(const ReportQuestion& q) {
  const std::string text = changeText(q);
  const std::size_t interval = text.find(" (");
  if (interval == std::string::npos) return figures(text);
  return figures(text.substr(0, interval)) + "<br><span class=\"soft\">" + figures(text.substr(interval + 1)) + "</span>";
}

std::string code(std::string_view text, std::size_t limit = 200) { return "<code>" + htmlText(text, limit) + "</code>"; }
std::string paragraph(const std::string& html, const char* style = nullptr) { return std::string("<p") + (style ? std::string(" class=\"") + style + "\"" : "") + ">" + html + "</p>\n"; }
std::string cell(const std::string& html, const char* style = nullptr) { return std::string("<td") + (style ? std::string(" class=\"") + style + "\"" : "") + ">" + html + "</td>"; }
std::string heading(const std::string& html, bool number = false) { return std::string("<th scope=\"col\"") + (number ? " class=\"n\"" : "") + ">" + html + "</th>"; }
std::string figure(const std::string& svg, const std::string& caption) { return "<figure><figcaption>" + caption + "</figcaption>" + svg + "</figure>\n"; }
std::string moreText(std::uint64_t all, std::size_t shown) { return all > shown ? paragraph("and " + count(static_cast<double>(all - shown)) + " more", "soft") : ""; }

const char* const kLegend =
    "<p class=\"legend\"><span><svg viewBox=\"0 0 38 12\" aria-hidden=\"true\"><line class=\"base line\" x1=\"0\" y1=\"6\" x2=\"38\" y2=\"6\"/><circle class=\"base\" cx=\"19\" cy=\"6\" "
    "r=\"3.2\"/></svg>baseline</span><span><svg viewBox=\"0 0 38 12\" aria-hidden=\"true\"><line class=\"cand line\" x1=\"0\" y1=\"6\" x2=\"38\" y2=\"6\"/><rect class=\"cand\" x=\"16\" y=\"3\" "
    "width=\"6\" height=\"6\"/></svg>candidate</span></p>\n";

class Page {
 public:
  explicit Page(const ComparisonReport& report) : report_(report), rules_(worstFirst(report)) {
    for (const ReportScenario& s : report.scenarios) compared_ += s.state == PairState::compared ? 1 : 0;
  }

  std::string text() {
    out_ = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>meshmall: " +
           htmlText(headlineTitle(report_)) + "</title>\n<style>" + kPageStyle + "</style>\n</head>\n<body>\n" + kPagePatterns;
    addBanner();
    addNavigation();
    addVerdicts();
    addLone();
    for (const ReportScenario* s : ordered()) addScenario(*s);
    addMethod();
    return std::move(out_) + "</body>\n</html>\n";
  }

 private:
  void addBanner() {
    const char* style = report_.outcome == GateOutcome::passed ? "good" : report_.outcome == GateOutcome::failed ? "bad" : "warn";
    const char* mark = report_.outcome == GateOutcome::passed ? "✓" : report_.outcome == GateOutcome::failed ? "✗" : "~";
    out_ += std::string("<header class=\"banner ") + style + "\">\n<h1>" + mark + " " + htmlText(headlineTitle(report_)) + "</h1>\n" + paragraph(htmlText(headlineDetail(report_), 600));
    out_ += paragraph(code(report_.baseline) + " → " + code(report_.candidate), "soft");
    if (report_.informational) out_ += paragraph("Informational: the outcome does not fail the job.");
    out_ += "</header>\n";
  }

  // Those with the worst rules first.
  std::vector<const ReportScenario*> ordered() const {
    std::vector<const ReportScenario*> scenarios;
    const auto add = [&](const ReportScenario* s) {
      if (s->state == PairState::compared && std::find(scenarios.begin(), scenarios.end(), s) == scenarios.end()) scenarios.push_back(s);
    };
    for (const PlacedRule& placed : rules_) add(placed.scenario);
    for (const ReportScenario& s : report_.scenarios) add(&s);
    return scenarios;
  }

  std::string anchorOf(const ReportScenario& s) const { return "s" + std::to_string(&s - report_.scenarios.data() + 1); }

  void addNavigation() {
    if (compared_ < 2) return;
    out_ += "<nav aria-label=\"scenarios\"><ol>\n";
    for (const ReportScenario* s : ordered()) out_ += "<li><a href=\"#" + anchorOf(*s) + "\">" + htmlText(s->name, 120) + "</a></li>\n";
    out_ += "</ol></nav>\n";
  }

  void addVerdicts() {
    out_ += "<h2>Verdicts</h2>\n";
    if (rules_.empty()) {
      out_ += paragraph("No rule is about what was compared.");
      return;
    }
    out_ += "<div class=\"wide\"><table>\n<thead><tr>" + heading("verdict");
    out_ += heading("metric") + heading("baseline", true) + heading("candidate", true) + heading("change<br>(" + levelText(report_) + " interval)", true) + heading("holds if") +
            "</tr></thead>\n<tbody>\n";
    std::size_t rows = 0, left_out = 0;
    for (const PlacedRule& placed : rules_) {
      for (const ReportQuestion& q : placed.rule->questions) {
        if (rows >= kMostRows) {
          ++left_out;
          continue;
        }
        ++rows;
        addVerdict(placed, q);
      }
    }
    out_ += "</tbody></table></div>\n" + moreText(rows + left_out, rows);
  }

  void addVerdict(const PlacedRule& placed, const ReportQuestion& q) {
    const ReportRule& rule = *placed.rule;
    const std::string note = htmlText(noteText(rule, q), 600);
    out_ += "<tr>" + cell(badge(stateOf(rule), name(q.verdict.verdict)));
    const std::string of = compared_ > 1 ? "<br><a href=\"#" + anchorOf(*placed.scenario) + "\">" + htmlText(placed.scenario->name, 80) + "</a>" : std::string();
    out_ += cell(htmlText(scopeName(rule.scope), 80) + " " + htmlText(q.metric) + of, "t");
    out_ += cell(hasBaseline(q) ? figures(estimateText(q.finding.baseline, q.unit)) : "", "n") + cell(hasCandidate(q) ? figures(estimateText(q.finding.candidate, q.unit)) : "", "n");
    out_ += cell(changeCell(q), "n") + cell(code(q.statement) + (note.empty() ? "" : "<br><span class=\"soft\">" + note + "</span>"), "s") + "</tr>\n";
  }

  void addLone() {
    std::size_t shown = 0;
    std::uint64_t all = 0;
    std::string rows;
    for (const ReportScenario& s : report_.scenarios) {
      if (s.state == PairState::compared) continue;
      if (++all > kMostListed) continue;
      ++shown;
      rows += "<li>" + code(s.name) + (s.state == PairState::added ? " is new: nothing to compare it with" : " is deleted: only the baseline has it") + "</li>\n";
    }
    if (all > 0) out_ += "<h2>New and deleted</h2>\n<ul class=\"notes\">\n" + rows + "</ul>\n" + moreText(all, shown);
  }

  // ---- a scenario
  void addScenario(const ReportScenario& s) {
    out_ += "<section id=\"" + anchorOf(s) + "\">\n<h2>" + htmlText(s.name) + "</h2>\n" + paragraph(code(s.baseline.input) + " → " + code(s.candidate.input) + "<br>" + htmlText(designText(s), 400), "soft");
    if (!s.notes.empty()) {
      out_ += "<ul class=\"notes\">\n";
      for (std::size_t i = 0; i < s.notes.size() && i < kMostListed; ++i) out_ += "<li>" + htmlText(s.notes[i], 400) + "</li>\n";
      out_ += "</ul>\n";
    }
    addDifferences(s);
    if (used_ > kRoomForPlots) {
      out_ += paragraph("No plots here: the page would grow too long. Compare this scenario alone to see them.", "soft");
    } else {
      const std::size_t before = out_.size();
      addDots(s);
      addCurve(s);
      addTime(s);
      addSettling(s);
      used_ += out_.size() - before;
    }
    addMoves(s);
    out_ += "</section>\n";
  }

  void addDifferences(const ReportScenario& s) {
    out_ += "<h3>What differs in the scenario</h3>\n";
    if (!s.differences_known) {
      out_ += paragraph("Not known: the scenarios' files were not at hand.", "soft");
      return;
    }
    if (s.differences.empty()) {
      out_ += paragraph("Nothing: the two are the same.", "soft");
      return;
    }
    out_ += "<div class=\"wide\"><table>\n<thead><tr>" + heading("place") + heading("baseline") + heading("candidate") + "</tr></thead>\n<tbody>\n";
    const auto value = [](const std::optional<std::string>& v) { return v ? code(*v, 300) : std::string("<span class=\"soft\">not there</span>"); };
    std::size_t shown = 0;
    for (const ReportDifference& d : s.differences) {
      if (++shown > kMostListed) break;
      out_ += "<tr>" + cell(code(d.pointer, 300) + (d.candidate_line > 0 ? " <span class=\"soft\">line " + std::to_string(d.candidate_line) + "</span>" : ""), "t") + cell(value(d.baseline), "t") +
              cell(value(d.candidate), "t") + "</tr>\n";
    }
    out_ += "</tbody></table></div>\n" + moreText(s.differences.size() + s.differences_omitted, std::min(s.differences.size(), kMostListed));
  }

  // The worst first, as many as are read.
  void addDots(const ReportScenario& s) {
    std::string plots;
    std::size_t drawn = 0, all = 0;
    for (const PlacedRule& placed : rules_) {
      if (placed.scenario != &s) continue;
      for (const ReportQuestion& q : placed.rule->questions) {
        if (drawn >= kDotPlots) {
          ++all;
          continue;
        }
        const std::string svg = dotPlot(s, q);
        if (svg.empty()) continue;
        ++all;
        ++drawn;
        plots += figure(svg, badge(stateOf(*placed.rule), name(q.verdict.verdict)) + " " + htmlText(scopeName(placed.rule->scope), 80) + " " + htmlText(q.metric) + ": " + code(q.statement) +
                                 varianceText(q));
      }
    }
    if (plots.empty()) return;
    out_ += "<h3>Replication by replication</h3>\n" + paragraph(s.paired ? "Each mark is one replication: the candidate against the baseline with the same random numbers (for a limit, the candidate's value). The "
                                                                           "diamond is the estimate, the bar its interval; hatched is what breaks the rule. The height of a mark means nothing."
                                                                         : "Each mark is one replication of a side. The diamond is the candidate's estimate, the bar its interval; hatched is what breaks the rule. The "
                                                                           "height of a mark means nothing.",
                                                                "soft") +
            kLegend + plots + moreText(all, drawn);
  }

  static std::string varianceText(const ReportQuestion& q) {
    if (!q.finding.variance_reduction || q.absolute) return "";
    const double factor = *q.finding.variance_reduction;
    return factor >= 1 ? "; the pairing divides the variance by " + plain(factor, 3) : "; the pairing does not help here: variance divided by " + plain(factor, 2);
  }

  void addCurve(const ReportScenario& s) {
    const std::string svg = percentilePlot(s);
    out_ += "<h3>Latency by percentile</h3>\n";
    out_ += svg.empty() ? paragraph("Not known: results hold no histograms.", "soft") : std::string(kLegend) + figure(svg, "All replications' successful answers together.");
  }

  void addTime(const ReportScenario& s) {
    out_ += "<h3>Over time</h3>\n";
    if (s.series.empty()) {
      out_ += paragraph("Not known: results hold no time series, and sides of different length have no common one.", "soft");
      return;
    }
    out_ += std::string(kLegend) + paragraph("Means over replications, from the start of the run" + std::string(s.candidate.warmup > 0 ? "; the dotted part is warm-up, which is not measured." : "."), "soft");
    if (!s.events.empty()) {
      out_ += "<ol class=\"events\">\n";
      for (const ReportEvent& e : s.events) {
        out_ += "<li>at " + htmlText(secondsText(e.at)) + (e.until ? " for " + htmlText(secondsText(*e.until - e.at)) : "") + ": " + htmlText(e.text, 300) +
                (e.baseline && e.candidate ? "" : e.baseline ? " (baseline only)" : " (candidate only)") + "</li>\n";
      }
      out_ += "</ol>\n";
    }
    for (const char* name : {"latency.p99", "latency.mean", "throughput", "failed", "retries", "timeouts", "rejected", "inFlight"}) {
      const auto series = std::find_if(s.series.begin(), s.series.end(), [&](const ReportSeries& each) { return each.name == name; });
      if (series == s.series.end() || !isTelling(*series)) continue;
      const std::string svg = timePlot(s, *series);
      if (!svg.empty()) out_ += figure(svg, htmlText(seriesTitle(name)));
    }
  }

  void addSettling(const ReportScenario& s) {
    std::string plots;
    for (const ReportSeries& series : s.settling) {
      if (!isTelling(series)) continue;
      const std::string svg = settlingPlot(s, series);
      if (!svg.empty()) plots += figure(svg, htmlText(seriesTitle(series.name)) + ", Welch's moving average");
    }
    if (plots.empty()) return;
    const double warmup = s.candidate.warmup;
    out_ += "<h3>Warm-up</h3>\n" + paragraph(warmup > 0 ? "Where the curves are level, the run has settled; what is before the line is not measured" +
                                                              std::string(s.candidate.warmup_found ? ". The line was found by MSER-5 on pilot runs." : ".")
                                                        : "The whole run is measured, from an empty start: right for a story with an end, wrong for a steady state where the curves rise first.",
                                             "soft") +
            plots;
  }

  void addMoves(const ReportScenario& s) {
    out_ += "<h3>What else moved</h3>\n";
    const std::string looked = count(static_cast<double>(s.metrics_looked_at));
    if (s.moves.empty()) {
      out_ += paragraph("Nothing that stands out of chance, of " + looked + " metrics looked at.", "soft");
      return;
    }
    out_ += paragraph("Exploratory: no rule asked for these; of " + looked + " metrics looked at, those with a false discovery rate of at most " + percentText(report_.alpha) +
                          " (Benjamini-Hochberg). The likely cause is often among them.",
                      "soft") +
            "<div class=\"wide\"><table>\n<thead><tr>" + heading("part") + heading("metric") + heading("baseline", true) + heading("candidate", true) + heading("change", true) + heading("q", true) +
            "</tr></thead>\n<tbody>\n";
    for (const ReportMove& m : s.moves) {
      out_ += "<tr>" + cell(htmlText(m.scope), "t") + cell(htmlText(m.metric)) + cell(htmlText(valueText(m.baseline, m.unit)), "n") + cell(htmlText(valueText(m.candidate, m.unit)), "n") +
              cell(m.ratio ? (*m.ratio >= 1 ? "+" : "") + htmlText(plain((*m.ratio - 1) * 100, 3)) + " %" : "", "n") + cell(htmlText(pText(m.q).substr(2)), "n") + "</tr>\n";
    }
    out_ += "</tbody></table></div>\n" + moreText(s.moves.size() + s.moves_omitted, s.moves.size());
  }

  void addMethod() {
    out_ += "<h2>Method</h2>\n" + paragraph(htmlText(methodSentence(report_), 4000));
    if (!report_.notes.empty()) {
      out_ += "<ul class=\"notes\">\n";
      for (std::size_t i = 0; i < report_.notes.size() && i < kMostListed; ++i) out_ += "<li>" + htmlText(report_.notes[i], 400) + "</li>\n";
      out_ += "</ul>\n";
    }
    out_ += paragraph("meshmall " + code(report_.version, 60) + (report_.command.empty() ? "" : "; to repeat: " + code(report_.command, 2000)), "soft");
  }

  const ComparisonReport& report_;
  std::vector<PlacedRule> rules_;
  std::size_t compared_ = 0, used_ = 0;
  std::string out_;
};

}  // namespace

std::string comparisonHtml(const ComparisonReport& report) { return Page(report).text(); }

}  // namespace meshmall::engine
