#include "engine/report/comparison_openmetrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "engine/report/comparison_phrases.h"
#include "engine/report/escaping.h"
#include "engine/report/number_text.h"

namespace meshmall::engine {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Family {
  std::string type = "gauge", unit, help;
  std::vector<std::string> lines;
  std::set<std::string> keys;  // label sets that are taken
};

// Three significant digits; of a ratio just below 1, two of what is missing: 0.99979.
std::string figure(double value, const std::string& unit) {
  if (value == std::round(value) && std::abs(value) < 1e15) return std::to_string(static_cast<std::int64_t>(value));
  if (unit != "ratio" || value <= 0.9 || value >= 1) return plain(value, 3);
  const int digits = 1 - static_cast<int>(std::floor(std::log10(1 - value)));
  return plain(value, std::min(digits, 12));
}

// Families by name, so that the lines of one stand together.
class Exposition {
 public:
  Family& family(const std::string& name, const std::string& unit, const std::string& help, const std::string& type = "gauge") {
    Family& made = families_[name];
    made.type = type;
    made.unit = unit;
    made.help = help;
    return made;
  }
  // False: there is a line with these labels.
  static bool add(Family& family, const std::string& sample, const Labels& labels, double value) {
    if (!std::isfinite(value)) return true;
    std::string key;
    for (const auto& [name, text] : labels) key += (key.empty() ? "" : ",") + name + "=\"" + openMetricsLabel(text) + "\"";
    if (!family.keys.insert(key).second) return false;
    family.lines.push_back(sample + (key.empty() ? "" : "{" + key + "}") + " " + figure(value, family.unit));
    return true;
  }
  std::string text() const {
    std::string out;
    for (const auto& [name, family] : families_) {
      if (family.lines.empty()) continue;
      out += "# TYPE " + name + " " + family.type + "\n";
      if (!family.unit.empty()) out += "# UNIT " + name + " " + family.unit + "\n";
      out += "# HELP " + name + " " + family.help + "\n";
      for (const std::string& line : family.lines) out += line + "\n";
    }
    return out + "# EOF\n";
  }

 private:
  std::map<std::string, Family> families_;
};

// "latency.p99" in "ms": meshmall_latency_seconds with quantile 0.99 and a factor of 0.001.
struct MetricName {
  std::string family, unit, quantile;
  double factor = 1;
};

MetricName nameOf(const std::string& metric, const std::string& unit) {
  MetricName made;
  std::string name = metric;
  const std::size_t dot = name.rfind(".p");
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (dot != std::string::npos && dot + 2 < name.size() && std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 2, name.end(), digit)) {
    made.quantile = "0." + name.substr(dot + 2);
    while (made.quantile.back() == '0') made.quantile.pop_back();
    name.resize(dot);
  }
  for (char& c : name)
    if (!digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')) c = '_';
  for (const std::string reserved : {"_total", "_count", "_sum", "_bucket", "_info", "_created"})  // suffixes with a meaning of their own
    if (name.size() > reserved.size() && name.compare(name.size() - reserved.size(), reserved.size(), reserved) == 0) name.resize(name.size() - reserved.size());
  made.unit = unit == "ms" ? "seconds" : unit == "ratio" ? "ratio" : unit == "/s" ? "per_second" : "";
  made.factor = unit == "ms" ? 1e-3 : 1;
  made.family = "meshmall_" + name + (made.unit.empty() ? "" : "_" + made.unit);
  return made;
}

void addQuestion(Exposition& all, const ReportScenario& scenario, const ReportRule& rule, const ReportQuestion& q) {
  if (!hasCandidate(q)) return;
  const MetricName name = nameOf(q.metric, q.unit);
  Labels labels = {{"scenario", scenario.name}, {"scope", rule.scope}};
  if (!name.quantile.empty()) labels.push_back({"quantile", name.quantile});
  Family& values = all.family(name.family, name.unit, "what the rules looked at");
  const auto side = [&](const char* which, const Estimate& estimate) {
    Labels with = labels;
    with.push_back({"side", which});
    Exposition::add(values, name.family, with, estimate.value * name.factor);
  };
  if (hasBaseline(q)) side("baseline", *q.finding.baseline);
  side("candidate", q.finding.candidate);
  if (q.absolute || !q.relative) return;
  Family& change = all.family("meshmall_change_ratio", "ratio", "candidate to baseline, less one");
  Exposition::add(change, "meshmall_change_ratio", {{"scenario", scenario.name}, {"scope", rule.scope}, {"metric", q.metric}},
                  q.finding.identical ? 0.0 : q.finding.change.value);
}

void addRule(Exposition& all, const ReportScenario& scenario, const ReportRule& rule) {
  for (const ReportQuestion& q : rule.questions) addQuestion(all, scenario, rule, q);
  Family& fails = all.family("meshmall_rule_fails", "", "1: the rule fails the gate");
  Labels labels = {{"scenario", scenario.name}, {"scope", rule.scope}, {"rule", rule.text}};
  for (int n = 2; !Exposition::add(fails, "meshmall_rule_fails", labels, rule.fails ? 1 : 0); ++n) labels.back().second = rule.text + " (" + std::to_string(n) + ")";
  labels.push_back({"state", std::string(name(stateOf(rule)))});
  labels.push_back({"verdict", std::string(name(rule.verdict.verdict))});
  Exposition::add(all.family("meshmall_rule", "", "where each rule stands", "info"), "meshmall_rule_info", labels, 1);
}

}  // namespace

std::string comparisonOpenMetrics(const ComparisonReport& report) {
  Exposition all;
  for (const ReportScenario& scenario : report.scenarios)
    for (const ReportRule& rule : scenario.rules) addRule(all, scenario, rule);
  Family& gate = all.family("meshmall_gate", "", "how the comparison ended", "info");
  Exposition::add(gate, "meshmall_gate_info", {{"outcome", std::string(name(report.outcome))}, {"informational", report.informational ? "true" : "false"}}, 1);
  Exposition::add(all.family("meshmall_gate_fails", "", "1: a rule failed"), "meshmall_gate_fails", {}, report.outcome == GateOutcome::failed ? 1 : 0);
  const auto& t = report.tally;
  Family& rules = all.family("meshmall_rules", "", "rules by where they stand");
  const std::pair<RuleState, std::uint64_t> states[] = {{RuleState::failing, t.failing},     {RuleState::broken_only, t.warned}, {RuleState::no_data, t.no_data},
                                                        {RuleState::undecided, t.undecided}, {RuleState::waived, t.waived},      {RuleState::fine, t.fine}};
  for (const auto& [state, n] : states) Exposition::add(rules, "meshmall_rules", {{"state", std::string(name(state))}}, static_cast<double>(n));
  return all.text();
}

}  // namespace meshmall::engine
