#include "engine/report/comparison_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace meshmall::engine {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
template <typename T>
Json maybe(const std::optional<T>& value) {
  if (!value) return nullptr;
  if constexpr (std::is_same_v<T, double>) {
    return number(*value);
  } else {
    return Json(*value);
  }
}
Json textOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double v : values) list.push_back(number(v));
  return list;
}

Json estimateOf(const Estimate& e, double level) {
  Json made = {{"value", number(e.value)}};
  made["interval"] = e.interval ? Json{{"low", number(e.interval->low)}, {"high", number(e.interval->high)}, {"level", level}} : Json(nullptr);
  return made;
}

Json values(const std::vector<std::optional<double>>& all) {
  Json list = Json::array();
  for (const auto& v : all) list.push_back(maybe(v));
  return list;
}

Json testOf(const Finding& f, const QuestionVerdict& v) {
  Json test;
  test["name"] = f.test;
  test["scale"] = name(f.scale);
  test["t"] = number(f.t);
  test["degreesOfFreedom"] = number(f.degrees_of_freedom);
  test["p"] = number(f.p_broken);
  test["pAdjusted"] = number(v.p_adjusted);
  test["pHeld"] = number(f.p_held);
  test["pImproved"] = number(f.p_improved);
  test["pByT"] = maybe(f.p_t);
  test["pBySignFlips"] = maybe(f.p_sign_flip);
  test["shapiroWilkP"] = maybe(f.shape.shapiro_p);
  test["greatestDeviation"] = number(f.shape.greatest_deviation);
  test["varianceReduction"] = maybe(f.variance_reduction);
  test["hodgesLehmann"] = maybe(f.shift);
  test["rankP"] = maybe(f.rank_p);
  test["replicationsFor90PercentPower"] = maybe(v.replications_needed);
  return test;
}

Json questionOf(const ReportQuestion& q) {
  const Finding& f = q.finding;
  const bool judged = q.verdict.verdict != Verdict::no_data;
  Json made;
  made["statement"] = q.statement;
  made["metric"] = q.metric;
  made["unit"] = q.unit;
  made["kind"] = q.absolute ? "limit" : q.decrease ? "decrease" : "increase";
  made["relative"] = q.relative;
  made["bound"] = number(q.bound);
  made["verdict"] = name(q.verdict.verdict);
  made["reason"] = textOrNull(q.reason);
  made["fewData"] = q.few_data;
  const bool known = judged || !f.test.empty();
  made["baseline"] = known && f.baseline ? estimateOf(*f.baseline, f.level) : Json(nullptr);
  made["candidate"] = known ? estimateOf(f.candidate, f.level) : Json(nullptr);
  made["change"] = known && !q.absolute ? estimateOf(f.change, f.level) : Json(nullptr);
  made["test"] = known && !f.identical ? testOf(f, q.verdict) : Json(nullptr);
  made["values"] = {{"baseline", values(q.baseline)}, {"candidate", values(q.candidate)}};
  return made;
}

// "(0 and 1) or 2": positions in the list of questions.
std::string joined(const ReportRule& rule, std::uint32_t node) {
  const RuleNode& n = rule.nodes[node];
  if (n.kind == RuleNode::Kind::question) return std::to_string(n.question);
  const std::string text = joined(rule, n.left) + (n.kind == RuleNode::Kind::conjunction ? " and " : " or ") + joined(rule, n.right);
  return node == rule.root ? text : "(" + text + ")";
}

Json ruleOf(const ReportRule& rule) {
  Json made;
  made["id"] = rule.id;
  made["text"] = rule.text;
  made["source"] = rule.source;
  made["scope"] = rule.scope;
  made["severity"] = name(rule.severity);
  made["verdict"] = name(rule.verdict.verdict);
  made["shownBroken"] = rule.verdict.broken;
  made["shownHeld"] = rule.verdict.held;
  made["fails"] = rule.fails;
  made["waiver"] = rule.waived ? Json{{"until", rule.waived_until}, {"reason", rule.waiver_reason}} : Json(nullptr);
  made["joined"] = joined(rule, rule.root);
  made["questions"] = Json::array();
  for (const ReportQuestion& q : rule.questions) made["questions"].push_back(questionOf(q));
  return made;
}

Json sideOf(const ReportSide& side) {
  return {{"input", side.input},
          {"scenario", side.name},
          {"seed", side.seed},
          {"replications", side.replications},
          {"simulated", number(side.simulated)},
          {"warmup", number(side.warmup)},
          {"warmupFound", side.warmup_found},
          {"requests", side.requests},
          {"fingerprints", side.fingerprints}};
}

Json differencesOf(const ReportScenario& pair) {
  if (!pair.differences_known) return nullptr;
  Json list = Json::array();
  for (const ReportDifference& d : pair.differences)
    list.push_back({{"pointer", d.pointer}, {"baseline", maybe(d.baseline)}, {"candidate", maybe(d.candidate)}, {"baselineLine", d.baseline_line}, {"candidateLine", d.candidate_line}});
  return {{"places", list}, {"omitted", pair.differences_omitted}};
}

Json movesOf(const ReportScenario& pair) {
  Json list = Json::array();
  for (const ReportMove& m : pair.moves)
    list.push_back({{"scope", m.scope},
                    {"metric", m.metric},
                    {"unit", m.unit},
                    {"baseline", number(m.baseline)},
                    {"candidate", number(m.candidate)},
                    {"ratio", maybe(m.ratio)},
                    {"p", number(m.p)},
                    {"q", number(m.q)}});
  return {{"lookedAt", pair.metrics_looked_at}, {"omitted", pair.moves_omitted}, {"metrics", list}};
}

Json scenarioOf(const ReportScenario& pair) {
  Json made;
  made["name"] = pair.name;
  made["state"] = name(pair.state);
  if (pair.state != PairState::compared) {
    made["input"] = pair.state == PairState::added ? pair.candidate.input : pair.baseline.input;
    return made;
  }
  made["paired"] = pair.paired;
  made["baseline"] = sideOf(pair.baseline);
  made["candidate"] = sideOf(pair.candidate);
  made["rules"] = Json::array();
  for (const ReportRule& rule : pair.rules) made["rules"].push_back(ruleOf(rule));
  made["differences"] = differencesOf(pair);
  made["moved"] = movesOf(pair);
  made["latency"] = pair.latency.probability.empty() ? Json(nullptr)
                                                     : Json{{"probability", numbers(pair.latency.probability)},
                                                            {"baseline", numbers(pair.latency.baseline)},
                                                            {"candidate", numbers(pair.latency.candidate)}};
  made["series"] = Json::array();
  for (const ReportSeries& s : pair.series)
    made["series"].push_back({{"name", s.name}, {"interval", number(s.interval)}, {"baseline", numbers(s.baseline)}, {"candidate", numbers(s.candidate)}});
  made["events"] = Json::array();
  for (const ReportEvent& e : pair.events)
    made["events"].push_back({{"at", number(e.at)}, {"until", maybe(e.until)}, {"text", e.text}, {"baseline", e.baseline}, {"candidate", e.candidate}});
  made["notes"] = pair.notes;
  return made;
}

}  // namespace

std::string comparisonJson(const ComparisonReport& report) {
  Json made;
  made["meshmallComparison"] = 1;
  made["version"] = report.version;
  made["baseline"] = report.baseline;
  made["candidate"] = report.candidate;
  made["outcome"] = name(report.outcome);
  made["exitCode"] = report.exit_code;
  made["informational"] = report.informational;
  made["mode"] = name(report.mode);
  made["alpha"] = number(report.alpha);
  made["adjustment"] = "holm";
  made["hypotheses"] = report.hypotheses;
  made["command"] = report.command;
  made["tally"] = {{"rules", report.tally.rules},     {"failing", report.tally.failing}, {"warned", report.tally.warned}, {"undecided", report.tally.undecided},
                   {"noData", report.tally.no_data}, {"waived", report.tally.waived},   {"fine", report.tally.fine}};
  made["scenarios"] = Json::array();
  for (const ReportScenario& pair : report.scenarios) made["scenarios"].push_back(scenarioOf(pair));
  made["notes"] = report.notes;
  return made.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace meshmall::engine
