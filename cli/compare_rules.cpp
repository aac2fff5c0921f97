#include "cli/compare_rules.h"

#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "cli/scenario_input.h"
#include "cli/terminal.h"
#include "models/scenario/json_document.h"
#include "models/scenario/sample_file.h"

namespace meshmall::cli {
namespace {

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

models::WhenUnsure whenUnsure(const std::string& word) {
  return word == "fail" ? models::WhenUnsure::fail : word == "pass" ? models::WhenUnsure::pass : models::WhenUnsure::warn;
}

bool matches(const std::string& glob, const std::string& name) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; }

}  // namespace

std::optional<std::string> serviceGlob(const std::string& only) { return only.rfind("service=", 0) == 0 ? std::optional(only.substr(8)) : std::nullopt; }

ExitCode CompareRules::refuse(const std::string& message) const {
  say("meshmall compare: " + message);
  return ExitCode::wrong_input;
}

ExitCode CompareRules::readGate() {
  if (options_.gate.empty()) return ExitCode::done;
  models::FileText file = models::readRegularFile(options_.gate, models::kMaxJsonBytes);
  if (!file.error.empty()) {
    say(options_.gate + ": " + file.error);
    return file.unreadable ? ExitCode::file_trouble : ExitCode::wrong_input;
  }
  std::vector<models::Problem> problems;
  const auto gate = models::readGateFile(std::move(file.text), options_.gate, today(), problems);
  sayProblems(problems);
  if (!gate) return ExitCode::wrong_input;
  gate_ = *gate;
  return ExitCode::done;
}

models::ComparisonChoices CompareRules::choices() const {
  models::ComparisonChoices choices;
  choices.alpha = options_.alpha.value_or(gate_.alpha.value_or(0.01));
  choices.mode = gate_.mode.value_or(engine::GateMode::alarm);
  if (options_.prove) choices.mode = *options_.prove ? engine::GateMode::prove : engine::GateMode::alarm;
  choices.on_inconclusive = whenUnsure(options_.on_inconclusive.empty() ? gate_.on_inconclusive.value_or("warn") : options_.on_inconclusive);
  const std::string no_data = options_.on_no_data.empty() ? gate_.on_no_data.value_or("") : options_.on_no_data;
  if (!no_data.empty()) choices.on_no_data = whenUnsure(no_data);
  choices.informational = options_.informational;
  choices.slo_point = options_.slo_mode.empty() ? gate_.slo_point.value_or(false) : options_.slo_mode == "point";
  return choices;
}

ExitCode CompareRules::take(const CompareInput& candidate, const std::vector<ComparePair>& pairs, const models::ScopeNames& all) {
  std::vector<models::Problem> problems;
  for (const std::string& text : gate_.rules) {
    auto rule = models::parseGateRule(text, "gate file", options_.gate, problems);
    if (!rule) continue;
    for (const models::GateWaiver& waiver : gate_.waivers) {
      if (waiver.rule != text) continue;
      rule->waived_until = waiver.until;
      rule->waiver_reason = waiver.reason;
    }
    rules_.push_back(std::move(*rule));
  }
  for (const std::string& text : options_.fail_on)
    if (auto rule = models::parseGateRule(text, "--fail-on", "--fail-on", problems)) rules_.push_back(std::move(*rule));
  if (gate_.rules.empty() && options_.fail_on.empty()) {
    for (const std::string& text : candidate.gates)
      if (auto rule = models::parseGateRule(text, "study", options_.candidate, problems)) rules_.push_back(std::move(*rule));
    if (candidate.gates.empty()) rules_ = models::defaultRules();
  }
  ExitCode outcome = takeMargins(problems);
  for (const models::GateRule& rule : rules_)
    if (const auto unknown = models::unknownScope(rule.expression, all)) outcome = refuse(rule.source + " " + models::inQuotes(rule.expression.text) + ": " + *unknown);
  for (const models::Problem& problem : problems) say(models::textOf(problem));
  if (models::hasErrors(problems)) outcome = ExitCode::wrong_input;
  return outcome == ExitCode::done ? restrict(pairs, all) : outcome;
}

ExitCode CompareRules::takeMargins(std::vector<models::Problem>& problems) {
  ExitCode outcome = ExitCode::done;
  for (const models::MarginChange& margin : gate_.margins) models::changeMargin(rules_, margin, problems);
  for (const std::string& margin : options_.margins) {
    const std::size_t equals = margin.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == margin.size()) {
      outcome = refuse("--margin: METRIC=MARGIN, e.g. latency.p99=3% (got " + models::inQuotes(margin) + ")");
    } else {
      models::changeMargin(rules_, {margin.substr(0, equals), margin.substr(equals + 1)}, problems);
    }
  }
  return outcome;
}

// --only service=GLOB: rules about these services alone.
bool CompareRules::judged(const models::GateRule& rule) const {
  bool any = false;
  for (const std::string& only : options_.only) {
    const auto glob = serviceGlob(only);
    any = any || glob.has_value();
    if (glob && rule.expression.scope == models::ScopeKind::service && matches(*glob, rule.expression.scope_name)) return true;
  }
  return !any;
}

ExitCode CompareRules::restrict(const std::vector<ComparePair>& pairs, const models::ScopeNames& all) {
  if (std::none_of(options_.only.begin(), options_.only.end(), [](const std::string& only) { return serviceGlob(only).has_value(); })) return ExitCode::done;
  std::vector<models::GateRule> named;  // a rule for all services becomes one for each that matches
  for (const models::GateRule& rule : rules_) {
    if (rule.expression.scope != models::ScopeKind::service) continue;
    for (const std::string& service : all.services) {
      if (rule.expression.scope_name != "*" && rule.expression.scope_name != service) continue;
      models::GateRule one = rule;
      one.expression.scope_name = service;
      if (judged(one)) named.push_back(std::move(one));
    }
  }
  rules_ = std::move(named);
  const bool limits = std::any_of(pairs.begin(), pairs.end(), [&](const ComparePair& pair) { return pair.candidate != nullptr && rulesFor(pair.candidate->scenario).size() > rules_.size(); });
  return rules_.empty() && !limits ? refuse("--only: no rule is about a service that matches") : ExitCode::done;
}

std::vector<models::GateRule> CompareRules::rulesFor(const models::Scenario& candidate) const {
  std::vector<models::GateRule> rules = rules_;
  std::vector<models::Problem> problems;  // none: the scenario's decoder has checked them
  for (const models::Slo& slo : candidate.slos)
    if (auto rule = models::parseGateRule(slo.text, "slo", "slo", problems)) rules.push_back(std::move(*rule));
  std::erase_if(rules, [&](const models::GateRule& rule) { return !judged(rule); });
  return rules;
}

}  // namespace meshmall::cli
