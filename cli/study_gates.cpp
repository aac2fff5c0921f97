#include "cli/study_gates.h"

#include <algorithm>

#include "cli/compare_text.h"
#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "models/study/comparison_study.h"
#include "models/study/gate_rules.h"

namespace meshmall::cli {
namespace {

bool startsWith(const std::string& text, const std::string& start) { return text.compare(0, start.size(), start) == 0; }

// What a group measured: its services and traffic entries, from its columns' scopes. A service's versions and operations are scopes that go on after its own.
models::ScopeNames namesOf(const engine::SampleTable& table, std::uint32_t group) {
  models::ScopeNames names;
  std::vector<std::string> services;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const std::string& scope = table.columns[c].scope;
    if (table.groups[group].absent[c]) continue;
    if (startsWith(scope, "traffic=")) names.traffic.push_back(scope.substr(8));
    if (startsWith(scope, "service=")) services.push_back(scope);
  }
  std::sort(services.begin(), services.end());
  services.erase(std::unique(services.begin(), services.end()), services.end());
  for (const std::string& scope : services) {
    const bool part = std::any_of(names.services.begin(), names.services.end(), [&](const std::string& service) {
      return startsWith(scope, "service=" + service + " version=") || startsWith(scope, "service=" + service + " operation=");
    });
    if (!part) names.services.push_back(scope.substr(8));
  }
  std::sort(names.traffic.begin(), names.traffic.end());
  names.traffic.erase(std::unique(names.traffic.begin(), names.traffic.end()), names.traffic.end());
  return names;
}

engine::ReportSide sideOf(const models::StudyResults& results, std::uint32_t group) {
  const engine::SampleGroup& data = results.table.groups[group];
  const models::GroupFacts& facts = results.facts.groups[group];
  engine::ReportSide side;
  side.input = data.variant;
  side.name = facts.scenario;
  side.seed = results.facts.seed;
  side.simulated = facts.simulated;
  side.warmup = facts.warmup;
  side.warmup_found = facts.warmup_found;
  const auto requests = results.table.column("mall", "requests.total");
  for (const engine::SampleRow& row : data.rows) {
    side.replications.push_back(row.replication);
    side.fingerprints.push_back(row.fingerprint);
    if (requests) side.requests += static_cast<std::uint64_t>(row.values[*requests].value_or(0));
  }
  return side;
}

}  // namespace

engine::ComparisonReport judgeGates(const models::StudyResults& results, const std::string& given, const std::string& command, const models::ComparisonChoices& choices) {
  std::vector<models::GateRule> rules;
  std::vector<models::Problem> problems;  // none: the study's decoder has checked them
  for (const std::string& text : results.facts.gates)
    if (auto rule = models::parseGateRule(text, "study", given, problems)) rules.push_back(std::move(*rule));
  models::ComparisonStudy study(choices);
  std::uint64_t most = 0;
  for (const std::vector<std::uint32_t>& block : results.facts.blocks()) {
    std::optional<std::uint32_t> baseline;
    for (const std::uint32_t group : block)
      if (results.table.groups[group].variant == results.facts.baseline) baseline = group;
    for (const std::uint32_t group : block) {
      if (block.size() > 1 && baseline == group) continue;
      const std::uint32_t reference = baseline.value_or(group);
      engine::ReportScenario pair;
      const std::string point = results.table.groups[group].pointName();
      pair.name = results.table.groups[group].variant + (point.empty() ? "" : " " + point);
      pair.baseline = sideOf(results, reference);
      pair.candidate = sideOf(results, group);
      most = std::max<std::uint64_t>(most, pair.candidate.replications.size());
      models::ScopeNames names = namesOf(results.table, group);
      study.add(std::move(pair), {&results.table, reference, nullptr}, {&results.table, group, nullptr}, rules, names);
    }
  }
  engine::ComparisonReport report = study.finish();
  report.version = results.facts.version;
  report.baseline = results.facts.baseline;
  report.candidate = given;
  report.replications = most;
  report.command = command;
  return report;
}

std::variant<ReportForms, std::string> gateForms(const std::string& asked, bool has_gates, const Appearance& look) {
  if (!asked.empty() && !has_gates) return std::string("--formats: the study has no gates, so there is no report of them");
  return reportForms(asked, true, look.format);
}

int reportGates(const models::StudyResults& results, const std::string& given, const std::string& command, OutputFolder& folder, const ReportForms& forms,
                const Appearance& look) {
  if (results.facts.gates.empty()) return code(ExitCode::done);
  const engine::ComparisonReport report = judgeGates(results, given, command);
  const ExitCode trouble = writeReports(report, forms, &folder);
  const bool silent = look.quiet || look.format == Format::json;
  const std::string text = withAnnotations(silent ? "" : "\n" + comparisonText(report, paletteForStdout(look.no_color)), report, forms);
  const bool shown = text.empty() || print(text);
  if (trouble != ExitCode::done) return code(trouble);
  return shown ? report.exit_code : code(ExitCode::file_trouble);
}

}  // namespace meshmall::cli
