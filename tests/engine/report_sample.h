// A comparison's report made by hand, for the tests of its forms: every standing of a rule, a joint rule, a new and a deleted scenario, plots.
#pragma once

#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

// A change of latency.p99, by 20 pairs.
inline ReportQuestion sampleChange(Verdict verdict) {
  ReportQuestion q;
  q.metric = "latency.p99";
  q.unit = "ms";
  q.statement = "increase(latency.p99) <= 5%";
  q.relative = true;
  q.bound = 0.05;
  q.finding.test = "paired t";
  q.finding.paired = true;
  q.finding.baseline = Estimate{183.2, Interval{181.4, 185.0}};
  q.finding.candidate = {204.9, Interval{202.8, 207.1}};
  q.finding.change = {0.118, Interval{0.106, 0.131}};
  q.finding.scale = Scale::logarithm;
  q.finding.degrees_of_freedom = 19;
  q.finding.p_broken = 1e-12;
  q.finding.variance_reduction = 214;
  q.verdict.verdict = verdict;
  q.verdict.broken = verdict == Verdict::regressed;
  q.verdict.held = verdict == Verdict::equivalent;
  q.verdict.p_adjusted = 3e-12;
  for (int r = 0; r < 20; ++r) {
    q.baseline.push_back(183.0 + 0.1 * r);
    q.candidate.push_back(204.0 + 0.15 * (r % 7));
  }
  if (verdict == Verdict::inconclusive) q.verdict.replications_needed = 1234;
  if (verdict == Verdict::no_data) {
    q.finding = {};
    q.reason = "too few data";
    q.baseline.clear();
    q.candidate.clear();
  }
  return q;
}

inline ReportQuestion sampleLimit(Verdict verdict) {
  ReportQuestion q = sampleChange(verdict);
  q.metric = "success.rate";
  q.unit = "ratio";
  q.statement = "success.rate >= 99%";
  q.absolute = q.at_least = true;
  q.relative = false;
  q.bound = 0.99;
  q.finding.test = "t";
  q.finding.scale = Scale::value;
  q.finding.baseline = std::nullopt;
  q.finding.candidate = {0.99979, Interval{0.9997, 0.9999}};
  q.baseline.clear();
  for (std::size_t r = 0; r < q.candidate.size(); ++r) q.candidate[r] = 0.9997 + 1e-5 * static_cast<double>(r);
  q.verdict.held = verdict == Verdict::met;
  q.verdict.broken = verdict == Verdict::breached;
  return q;
}

inline ReportRule sampleRule(const std::string& id, std::vector<ReportQuestion> questions) {
  ReportRule rule;
  rule.id = id;
  rule.text = questions.size() == 1 ? questions[0].statement : questions[0].statement + " and " + questions[1].statement;
  rule.source = "--fail-on";
  rule.scope = "service=checkout";
  const ReportQuestion& q = questions[0];
  rule.verdict = {q.verdict.broken, q.verdict.held, q.verdict.verdict == Verdict::no_data, q.verdict.verdict, 0};
  rule.fails = rule.verdict.broken;
  for (std::uint32_t i = 0; i < questions.size(); ++i) rule.nodes.push_back({RuleNode::Kind::question, 0, 0, i});
  if (questions.size() == 2) rule.nodes.push_back({RuleNode::Kind::conjunction, 0, 1, 0});
  rule.root = static_cast<std::uint32_t>(rule.nodes.size() - 1);
  rule.questions = std::move(questions);
  return rule;
}

// Every text that can come from a file or the call is `text`.
inline ComparisonReport sampleReport(const std::string& text = "checkout") {
  ReportScenario pair;
  pair.name = text;
  for (ReportSide* side : {&pair.baseline, &pair.candidate}) {
    side->input = side->name = side->file = text;
    side->simulated = 60;
    side->warmup = 5;
    side->requests = 123456;
    for (std::uint64_t r = 0; r < 20; ++r) side->replications.push_back(r), side->fingerprints.push_back("00");
  }
  pair.rules.push_back(sampleRule("r1", {sampleChange(Verdict::equivalent)}));
  pair.rules.push_back(sampleRule("r2", {sampleChange(Verdict::regressed)}));
  pair.rules.push_back(sampleRule("r3", {sampleChange(Verdict::regressed)}));
  pair.rules.back().severity = RuleSeverity::warn;
  pair.rules.back().fails = false;
  pair.rules.push_back(sampleRule("r4", {sampleChange(Verdict::no_data)}));
  pair.rules.back().questions[0].reason = text;
  pair.rules.push_back(sampleRule("r5", {sampleChange(Verdict::inconclusive)}));
  pair.rules.push_back(sampleRule("r6", {sampleChange(Verdict::regressed)}));
  pair.rules.back().fails = false;
  pair.rules.back().waived = true;
  pair.rules.back().waived_until = "2999-12-31";
  pair.rules.back().waiver_reason = text;
  pair.rules.push_back(sampleRule("r7", {sampleLimit(Verdict::met), sampleChange(Verdict::equivalent)}));
  for (ReportRule& rule : pair.rules) {
    rule.text = text;
    rule.scope = "service=" + text;
  }
  pair.differences_known = true;
  pair.differences = {{"/" + text, text, std::nullopt, 3, 4}, {"/more", std::nullopt, text, 5, 14}};
  pair.differences_omitted = 2;
  pair.moves = {{"service=" + text, "retries.total", "count", 6.15, 17.4, 2.83, 1e-9, 1e-7}};
  pair.moves_omitted = 30;
  pair.metrics_looked_at = 300;
  for (int i = 1; i < 100; ++i) {
    pair.latency.probability.push_back(i / 100.0);
    pair.latency.baseline.push_back(10.0 + i);
    pair.latency.candidate.push_back(11.0 + 1.1 * i);
  }
  pair.series = {{"latency.p99", 1, std::vector<double>(65, 183), std::vector<double>(65, 205)}, {"throughput", 1, std::vector<double>(65, 50), std::vector<double>(65, 50)}};
  pair.notes = {text};

  ComparisonReport report;
  report.version = "0.1.0";
  report.baseline = report.candidate = text;
  report.outcome = GateOutcome::failed;
  report.exit_code = 1;
  report.hypotheses = 5;
  report.replications = 20;
  report.command = "meshmall compare " + text;
  report.notes = {text};
  report.tally = {7, 1, 1, 1, 1, 1, 2};
  report.scenarios.push_back(pair);
  ReportScenario lone;
  lone.name = text + "2";
  lone.state = PairState::added;
  lone.candidate.input = text;
  report.scenarios.push_back(lone);
  lone.name = text + "3";
  lone.state = PairState::deleted;
  lone.baseline.input = text;
  report.scenarios.push_back(lone);
  return report;
}

}  // namespace meshmall::engine
