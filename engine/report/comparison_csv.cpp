#include "engine/report/comparison_csv.h"

#include <charconv>

#include "engine/report/comparison_phrases.h"
#include "engine/report/escaping.h"

namespace meshmall::engine {
namespace {

std::string numberText(double value) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end.ptr);
}

void addValues(std::string& out, const std::string& start, const std::vector<std::optional<double>>& values, const std::vector<std::uint64_t>& replications, const char* side) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    out += start + (i < replications.size() ? std::to_string(replications[i]) : "") + ',' + side + ',';
    if (values[i]) out += numberText(*values[i]);
    out += '\n';
  }
}

}  // namespace

std::string comparisonCsv(const ComparisonReport& report) {
  std::string out = "scenario,rule,text,severity,result,scope,statement,verdict,metric,unit,replication,side,value\n";
  for (const ReportScenario& scenario : report.scenarios) {
    const auto baseline = replicationsOf(scenario, false), candidate = replicationsOf(scenario, true);
    for (const ReportRule& rule : scenario.rules) {
      std::string of_rule;
      for (const std::string_view text : {std::string_view(scenario.name), std::string_view(rule.id), std::string_view(rule.text), name(rule.severity), name(stateOf(rule)),
                                          std::string_view(rule.scope)})
        of_rule += csvField(text) + ',';
      for (const ReportQuestion& q : rule.questions) {
        std::string start = of_rule;
        for (const std::string_view text : {std::string_view(q.statement), name(q.verdict.verdict), std::string_view(q.metric), std::string_view(q.unit)}) start += csvField(text) + ',';
        addValues(out, start, q.baseline, baseline, "baseline");
        addValues(out, start, q.candidate, candidate, "candidate");
        if (q.baseline.empty() && q.candidate.empty()) out += start + ",,\n";
      }
    }
  }
  return out;
}

}  // namespace meshmall::engine
