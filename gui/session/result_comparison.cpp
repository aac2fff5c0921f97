#include "gui/session/result_comparison.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <variant>

#include "engine/report/comparison_html.h"
#include "engine/report/comparison_markdown.h"
#include "models/study/comparison_study.h"
#include "models/study/results.h"
#include "models/version.h"

namespace meshmall::gui {

namespace {

using Json = nlohmann::ordered_json;

std::string brief(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr;
  return {text, end};
}

// ---- two single runs --------------------------------------------------------------------------------------------------------------------

bool isRun(const Json& root) { return root.is_object() && root.contains("metrics") && root["metrics"].is_object() && root.contains("fingerprint"); }

ResultComparison beside(const Json& a, const Json& b) {
  ResultComparison out;
  const auto text = [](const Json& root, const char* key) { return root.contains(key) && root[key].is_string() ? root[key].get<std::string>() : std::string(); };
  out.markdown = "**" + text(a, "scenario") + "** and **" + text(b, "scenario") + "**: one run each, so no verdict. Replications tell whether a difference is more than chance.\n\n";
  if (text(a, "fingerprint") == text(b, "fingerprint") && a["metrics"] == b["metrics"]) out.markdown += "The two runs are identical.\n\n";
  out.markdown += "| metric | baseline | candidate | difference |\n|---|---:|---:|---:|\n";
  const auto number = [](const Json& metrics, const std::string& key) { return metrics.contains(key) && metrics[key].is_number() ? metrics[key].get<double>() : std::nan(""); };
  for (auto it = a["metrics"].begin(); it != a["metrics"].end(); ++it) {
    const double x = number(a["metrics"], it.key()), y = number(b["metrics"], it.key());
    if (std::isnan(x) && std::isnan(y)) continue;
    const auto shown = [](double v) { return std::isnan(v) ? std::string("-") : brief(v); };
    std::string difference = "-";
    if (!std::isnan(x) && !std::isnan(y)) {
      difference = x == y ? "0" : (y > x ? "+" : "") + brief(y - x);
      if (x != 0 && x != y) difference += std::string(" (") + (y > x ? "+" : "") + brief(std::round(1000 * (y - x) / std::abs(x)) / 10) + " %)";
    }
    out.markdown += "| " + it.key() + " | " + shown(x) + " | " + shown(y) + " | " + difference + " |\n";
  }
  return out;
}

// ---- two batches ------------------------------------------------------------------------------------------------------------------------

std::string keyOf(const engine::SampleGroup& group) { return group.variant + (group.point.empty() ? "" : " " + group.pointName()); }

void addNames(models::ScopeNames& names, const engine::SampleTable& table, std::uint32_t group) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const std::string& scope = table.columns[c].scope;
    if (table.groups[group].absent[c] || scope.find(' ') != std::string::npos) continue;
    if (scope.rfind("service=", 0) == 0) names.services.push_back(scope.substr(8));
    if (scope.rfind("traffic=", 0) == 0) names.traffic.push_back(scope.substr(8));
  }
}

engine::ReportSide sideOf(const std::string& name, const models::StudyResults& results, std::uint32_t group) {
  engine::ReportSide side;
  side.input = name;
  side.name = results.facts.groups[group].scenario;
  side.seed = results.facts.seed;
  side.simulated = results.facts.groups[group].simulated;
  side.warmup = results.facts.groups[group].warmup;
  side.warmup_found = results.facts.groups[group].warmup_found;
  for (const engine::SampleRow& row : results.table.groups[group].rows) {
    side.replications.push_back(row.replication);
    side.fingerprints.push_back(row.fingerprint);
  }
  return side;
}

void addPair(models::ComparisonStudy& study, const std::string names[2], const models::StudyResults& before, std::uint32_t a, const models::StudyResults& after, std::uint32_t b,
             const std::vector<models::GateRule>& rules) {
  engine::ReportScenario pair;
  pair.name = keyOf(after.table.groups[b]);
  pair.baseline = sideOf(names[0], before, a);
  pair.candidate = sideOf(names[1], after, b);
  pair.paired = before.facts.seed == after.facts.seed;
  if (!pair.paired) pair.notes.push_back("the results have different seeds: compared as independent samples (Welch)");
  if (before.facts.version != after.facts.version) pair.notes.push_back("the results are of different versions: " + before.facts.version + " and " + after.facts.version);
  if (pair.paired && pair.baseline.replications != pair.candidate.replications) pair.notes.push_back("only the replications that both sides have are compared");
  models::ScopeNames scopes;
  addNames(scopes, before.table, a);
  addNames(scopes, after.table, b);
  for (std::vector<std::string>* list : {&scopes.services, &scopes.traffic}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  study.add(std::move(pair), {&before.table, a, nullptr}, {&after.table, b, nullptr}, rules, scopes);
}

ResultComparison judge(const std::string names[2], const models::StudyResults& before, const models::StudyResults& after) {
  ResultComparison out;
  std::vector<models::GateRule> rules;
  std::vector<models::Problem> problems;
  for (const std::string& text : after.facts.gates)
    if (auto rule = models::parseGateRule(text, "study", names[1], problems)) rules.push_back(std::move(*rule));
  if (after.facts.gates.empty()) rules = models::defaultRules();
  models::ComparisonStudy study{models::ComparisonChoices{}};
  bool any = false;
  const bool single = before.table.groups.size() == 1 && after.table.groups.size() == 1;
  for (std::uint32_t b = 0; b < after.table.groups.size(); ++b)
    for (std::uint32_t a = 0; a < before.table.groups.size(); ++a) {
      if (!single && keyOf(before.table.groups[a]) != keyOf(after.table.groups[b])) continue;
      addPair(study, names, before, a, after, b, rules);
      any = true;
    }
  if (!any) {
    out.error = "the two results have no variant and sweep point in common";
    return out;
  }
  engine::ComparisonReport report = study.finish();
  report.version = models::version();
  report.baseline = names[0];
  report.candidate = names[1];
  report.alpha = models::ComparisonChoices{}.alpha;
  for (const engine::SampleGroup& group : after.table.groups) report.replications = std::max<std::uint64_t>(report.replications, group.rows.size());
  out.markdown = engine::comparisonMarkdown(report);
  out.html = engine::comparisonHtml(report);
  out.judged = true;
  return out;
}

}  // namespace

bool isResult(const std::string& text) {
  if (text.find("\"fingerprint\"") == std::string::npos && text.find("\"meshmallResults\"") == std::string::npos) return false;
  const Json root = Json::parse(text, nullptr, false);
  return isRun(root) || (root.is_object() && root.contains("meshmallResults"));
}

std::string resultFileIn(const std::string& path) {
  std::error_code trouble;
  const std::filesystem::path folder(path);
  if (!std::filesystem::is_directory(folder, trouble)) return path;
  for (const char* const name : {"results.json", "result.json"})
    if (std::filesystem::is_regular_file(folder / name, trouble)) return (folder / name).string();
  return path;
}

ResultComparison compareResults(const std::string& baseline, const std::string& candidate, const std::string& baseline_text, const std::string& candidate_text) {
  const Json a = Json::parse(baseline_text, nullptr, false), b = Json::parse(candidate_text, nullptr, false);
  if (isRun(a) && isRun(b)) return beside(a, b);
  ResultComparison out;
  for (const auto& [name, root] : {std::pair(&baseline, &a), std::pair(&candidate, &b)}) {
    if (root->is_discarded()) out.error += (out.error.empty() ? "" : "\n") + *name + ": is no JSON, or was cut off";
    else if (!isRun(*root) && !(root->is_object() && root->contains("meshmallResults"))) out.error += (out.error.empty() ? "" : "\n") + *name + ": is neither the result of a run nor of a batch";
  }
  if (!out.error.empty()) return out;
  if (isRun(a) != isRun(b)) {
    out.error = (isRun(a) ? baseline : candidate) + " is of a single run, " + (isRun(a) ? candidate : baseline) + " of a batch: they cannot be compared";
    return out;
  }
  const auto before = models::readResults(baseline_text), after = models::readResults(candidate_text);
  const std::string names[2] = {baseline, candidate};
  if (const auto* wrong = std::get_if<std::string>(&before)) out.error = baseline + ": " + *wrong;
  else if (const auto* trouble = std::get_if<std::string>(&after)) out.error = candidate + ": " + *trouble;
  else return judge(names, std::get<models::StudyResults>(before), std::get<models::StudyResults>(after));
  return out;
}

}  // namespace meshmall::gui
