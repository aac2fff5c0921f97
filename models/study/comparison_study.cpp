#include "models/study/comparison_study.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/statistics/multiplicity.h"

namespace meshmall::models {
namespace {

using engine::ReportQuestion;
using engine::ReportRule;
using engine::ReportScenario;
using engine::Verdict;

constexpr double kEnoughInTail = 100;
constexpr std::size_t kMostMoves = 40;
constexpr std::size_t kEnoughReplications = 10;  // for the look at whether differences are normal

std::string_view unitName(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::count:
      return "count";
    case MetricUnit::ratio:
      return "ratio";
    case MetricUnit::milliseconds:
      return "ms";
    case MetricUnit::per_second:
      return "/s";
    case MetricUnit::factor:
      return "factor";
  }
  return "";
}

// The rows of both sides that are compared, by replication.
struct Rows {
  std::vector<const engine::SampleRow*> baseline, candidate;
};

Rows rowsOf(const MeasuredSide& baseline, const MeasuredSide& candidate, bool paired) {
  Rows rows;
  if (!paired) {
    for (const auto& row : baseline.data().rows) rows.baseline.push_back(&row);
    for (const auto& row : candidate.data().rows) rows.candidate.push_back(&row);
    return rows;
  }
  auto b = baseline.data().rows.begin();
  for (const auto& c : candidate.data().rows) {
    while (b != baseline.data().rows.end() && b->replication < c.replication) ++b;
    if (b == baseline.data().rows.end() || b->replication != c.replication) continue;
    rows.baseline.push_back(&*b);
    rows.candidate.push_back(&c);
  }
  return rows;
}

std::optional<std::size_t> columnOf(const MeasuredSide& side, const std::string& scope, std::string_view metric) {
  const auto column = side.table->column(scope, metric);
  if (!column || side.data().absent[*column]) return std::nullopt;
  return column;
}

struct Values {
  std::vector<std::optional<double>> all;
  engine::Sample sample;  // those that are there
  std::size_t few = 0;    // that rest on too few data
};

Values valuesOf(const MeasuredSide& side, const std::vector<const engine::SampleRow*>& rows, std::size_t column) {
  Values values;
  const auto counts = side.table->columns[column].counts;
  for (const engine::SampleRow* row : rows) {
    values.all.push_back(row->values[column]);
    if (!row->values[column]) continue;
    values.sample.values.push_back(*row->values[column]);
    if (counts) values.sample.counts.push_back({row->counts[*counts].part, row->counts[*counts].whole});
    values.few += row->few_data[column] ? 1U : 0U;
  }
  return values;
}

// Ratios of sums only where each replication's value is its own part / whole between 0 and 1.
void keepProportionsOnly(engine::Sample& sample, Metric metric) {
  if (info(metric).unit != MetricUnit::ratio) sample.counts.clear();
}

std::string wholeNumber(double value) { return std::to_string(static_cast<std::int64_t>(value)); }

// The data rule, for a quantile: how many requests it takes.
std::string fewDataReason(Metric metric, std::size_t few, std::size_t of, const char* side) {
  std::string need = "100 requests";
  if (const auto quantile = quantileOf(metric)) need = wholeNumber(std::round(kEnoughInTail / (1 - quantile->q))) + " requests";
  return "too few data in " + std::to_string(few) + " of " + std::to_string(of) + " replications of the " + side + ": " + std::string(info(metric).name) + " takes " +
         need + " in each; lengthen the run (--duration)";
}

class QuestionMaker {
 public:
  QuestionMaker(const ComparisonChoices& choices, const ReportScenario& pair, const MeasuredSide& baseline, const MeasuredSide& candidate, std::string scope)
      : choices_(choices), pair_(pair), baseline_(baseline), candidate_(candidate), rows_(rowsOf(baseline, candidate, pair.paired)), scope_(std::move(scope)) {}

  struct Made {
    ReportQuestion question;
    std::optional<bool> certain;
  };

  Made make(const ExpressionNode& node) const {
    Made made;
    ReportQuestion& q = made.question;
    q.metric = info(node.metric).name;
    q.unit = unitName(info(node.metric).unit);
    q.statement = textOf(node);
    q.absolute = node.term == TermKind::value;
    q.decrease = node.term == TermKind::decrease;
    q.relative = node.limit_kind == LimitKind::relative;
    q.at_least = node.op == Comparison::greater || node.op == Comparison::greater_equal;
    q.strict = node.op == Comparison::greater || node.op == Comparison::less;
    q.bound = node.limit;
    if (q.absolute) {
      askValue(node, made);
    } else {
      askChange(node, made);
    }
    return made;
  }

 private:
  engine::Statement statementOf(const ReportQuestion& q) const { return {q.relative, q.decrease, q.at_least, q.bound, q.strict}; }
  engine::ComparisonSettings settings() const { return {choices_.alpha, pair_.paired}; }

  void askChange(const ExpressionNode& node, Made& made) const {
    ReportQuestion& q = made.question;
    const auto b_column = columnOf(baseline_, scope_, q.metric), c_column = columnOf(candidate_, scope_, q.metric);
    if (!b_column || !c_column) {
      q.reason = q.metric + " of " + scope_ + " was not measured for the " + (!b_column && !c_column ? "two sides" : !b_column ? "baseline" : "candidate");
      return;
    }
    Values b = valuesOf(baseline_, rows_.baseline, *b_column), c = valuesOf(candidate_, rows_.candidate, *c_column);
    q.baseline = b.all;
    q.candidate = c.all;
    q.few_data = b.few + c.few > 0;
    keepProportionsOnly(b.sample, node.metric);
    keepProportionsOnly(c.sample, node.metric);
    if (!rows_.candidate.empty() && pair_.paired && b.all == c.all) {  // also where both have no value: nothing changed
      q.finding.identical = true;
      q.finding.paired = true;
      q.finding.holds_unchanged = engine::holdsUnchanged(statementOf(q));
      if (!b.sample.values.empty()) {
        addPool(node, b.sample, baseline_);
        addPool(node, c.sample, candidate_);
        q.finding.baseline = engine::estimate(b.sample, 1 - choices_.alpha);
        q.finding.candidate = engine::estimate(c.sample, 1 - choices_.alpha);
      }
      return;
    }
    if ((q.reason = missing(b, "baseline")).empty()) q.reason = missing(c, "candidate");
    if (!q.reason.empty()) return;
    addPool(node, b.sample, baseline_);
    addPool(node, c.sample, candidate_);
    q.finding = engine::compareChange(b.sample, c.sample, statementOf(q), settings());
    if (b.few > 0) q.reason = fewDataReason(node.metric, b.few, b.all.size(), "baseline");
    if (c.few > 0) q.reason = fewDataReason(node.metric, c.few, c.all.size(), "candidate");
  }

  void askValue(const ExpressionNode& node, Made& made) const {
    ReportQuestion& q = made.question;
    const auto column = columnOf(candidate_, scope_, q.metric);
    if (!column) {
      q.reason = q.metric + " of " + scope_ + " was not measured for the candidate";
      return;
    }
    Values c = valuesOf(candidate_, rows_.candidate, *column);
    q.candidate = c.all;
    if (!(q.reason = missing(c, "candidate")).empty()) return;
    keepProportionsOnly(c.sample, node.metric);
    addPool(node, c.sample, candidate_);
    if (node.op == Comparison::equal || node.op == Comparison::not_equal) {  // counts only: it must be so in every replication
      made.certain = std::all_of(c.sample.values.begin(), c.sample.values.end(), [&](double v) { return (v == node.limit) == (node.op == Comparison::equal); });
      q.finding.candidate = engine::estimate(c.sample, 1 - choices_.alpha);
      q.finding.test = "exact";
      return;
    }
    q.finding = engine::compareValue(c.sample, statementOf(q), settings());
    if (choices_.slo_point) {
      made.certain = holdsAt(q.finding.candidate.value, node);
      q.finding.test = "point value";
    }
    q.few_data = tooFewInAll(node.metric, c);
    if (q.few_data) q.reason = fewDataReason(node.metric, c.few, c.all.size(), "candidate");
  }

  static bool holdsAt(double value, const ExpressionNode& node) {
    switch (node.op) {
      case Comparison::less:
        return value < node.limit;
      case Comparison::less_equal:
        return value <= node.limit;
      case Comparison::greater:
        return value > node.limit;
      default:
        return value >= node.limit;
    }
  }

  static std::string missing(const Values& values, const char* side) {
    if (values.all.size() < 2) return std::string("the ") + side + " has fewer than 2 replications";
    const std::size_t none = values.all.size() - values.sample.values.size();
    if (none == 0) return "";
    return "no value in " + std::to_string(none) + " of " + std::to_string(values.all.size()) + " replications of the " + side;
  }

  void addPool(const ExpressionNode& node, engine::Sample& sample, const MeasuredSide& side) const {
    if (side.pool != nullptr && quantileOf(node.metric)) sample.pooled = side.pool->value(scope_, node.metric);
  }

  // Against a limit the data of all replications count together, where they are at hand.
  bool tooFewInAll(Metric metric, const Values& values) const {
    const auto quantile = quantileOf(metric);
    if (!quantile || candidate_.pool == nullptr) return values.few > 0;
    const std::uint64_t samples = candidate_.pool->samples(scope_, quantile->failed);
    if (samples == 0) return values.few > 0;  // a scope that isn't pooled
    return static_cast<double>(samples) < std::round(kEnoughInTail / (1 - quantile->q));
  }

  const ComparisonChoices& choices_;
  const ReportScenario& pair_;
  const MeasuredSide &baseline_, &candidate_;
  Rows rows_;
  std::string scope_;
};

// Every metric of both sides, for exploring.
void explore(ReportScenario& pair, const MeasuredSide& baseline, const MeasuredSide& candidate, double alpha) {
  const Rows rows = rowsOf(baseline, candidate, pair.paired);
  if (rows.baseline.size() < 2 || rows.candidate.size() < 2) return;
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> b_columns;
  for (std::size_t i = 0; i < baseline.table->columns.size(); ++i)
    if (!baseline.data().absent[i]) b_columns[{baseline.table->columns[i].scope, baseline.table->columns[i].metric}] = i;
  std::vector<engine::ReportMove> moves;
  std::vector<double> p;
  for (std::size_t i = 0; i < candidate.table->columns.size(); ++i) {
    const engine::SampleColumn& column = candidate.table->columns[i];
    const auto match = b_columns.find({column.scope, column.metric});
    if (candidate.data().absent[i] || match == b_columns.end()) continue;
    const Values b = valuesOf(baseline, rows.baseline, match->second), c = valuesOf(candidate, rows.candidate, i);
    if (b.sample.values.size() != b.all.size() || c.sample.values.size() != c.all.size() || b.few + c.few > 0) continue;
    ++pair.metrics_looked_at;
    engine::ReportMove move{column.scope, column.metric, "", engine::sampleMean(b.sample.values), engine::sampleMean(c.sample.values), std::nullopt, 1, 1};
    if (const auto metric = findMetric(column.metric)) move.unit = unitName(info(*metric).unit);
    if (move.baseline != 0) move.ratio = move.candidate / move.baseline;
    move.p = engine::exploratoryP(b.sample.values, c.sample.values, pair.paired);
    p.push_back(move.p);
    moves.push_back(std::move(move));
  }
  const std::vector<double> q = engine::benjaminiHochberg(p);
  for (std::size_t i = 0; i < moves.size(); ++i) moves[i].q = q[i];
  std::erase_if(moves, [&](const engine::ReportMove& m) { return m.q > alpha; });
  // Strongest first: by how much it changed in proportion; what was 0 before counts as the strongest.
  const auto strength = [](const engine::ReportMove& m) {
    return m.baseline > 0 && m.candidate > 0 ? std::abs(std::log(m.candidate / m.baseline)) : std::numeric_limits<double>::infinity();
  };
  std::stable_sort(moves.begin(), moves.end(), [&](const auto& a, const auto& b) { return strength(a) > strength(b); });
  if (moves.size() > kMostMoves) {
    pair.moves_omitted = moves.size() - kMostMoves;
    moves.resize(kMostMoves);
  }
  pair.moves = std::move(moves);
}

engine::RuleSeverity severityOf(Severity severity) {
  return severity == Severity::fail ? engine::RuleSeverity::fail : severity == Severity::warn ? engine::RuleSeverity::warn : engine::RuleSeverity::info;
}

}  // namespace

ReportRule ComparisonStudy::applied(const GateRule& rule, const std::string& scope, const ReportScenario& pair, const MeasuredSide& baseline,
                                    const MeasuredSide& candidate) const {
  const Expression& e = rule.expression;
  ReportRule made;
  made.text = e.text;
  made.source = rule.source;
  made.scope = scope;
  made.severity = severityOf(e.severity);
  made.waived = rule.waived_until.has_value();
  made.waived_until = rule.waived_until.value_or("");
  made.waiver_reason = rule.waiver_reason;
  made.root = e.root;
  const QuestionMaker maker(choices_, pair, baseline, candidate, scope);
  for (const ExpressionNode& node : e.nodes) {
    engine::RuleNode joined;
    joined.left = node.left;
    joined.right = node.right;
    if (node.kind == ExpressionNode::Kind::comparison) {
      joined.question = static_cast<std::uint32_t>(made.questions.size());
      QuestionMaker::Made asked = maker.make(node);
      if (asked.certain) {
        asked.question.verdict.held = *asked.certain;
        asked.question.verdict.broken = !*asked.certain;
        asked.question.verdict.verdict = *asked.certain ? Verdict::met : Verdict::breached;
      }
      made.questions.push_back(std::move(asked.question));
    } else {
      joined.kind = node.kind == ExpressionNode::Kind::conjunction ? engine::RuleNode::Kind::conjunction : engine::RuleNode::Kind::disjunction;
    }
    made.nodes.push_back(joined);
  }
  return made;
}

void ComparisonStudy::add(ReportScenario pair, const MeasuredSide& baseline, const MeasuredSide& candidate, const std::vector<GateRule>& rules,
                          const ScopeNames& names) {
  for (const GateRule& rule : rules) {
    for (const std::string& scope : scopesOf(rule.expression, names)) {
      pair.rules.push_back(applied(rule, scope, pair, baseline, candidate));
      pair.rules.back().id = "r" + std::to_string(++rules_);
    }
  }
  const Rows rows = rowsOf(baseline, candidate, pair.paired);
  const std::size_t fewest = std::min(rows.baseline.size(), rows.candidate.size());
  if (!pair.rules.empty()) fewest_ = std::min(fewest_.value_or(fewest), fewest);
  explore(pair, baseline, candidate, choices_.alpha);
  report_.scenarios.push_back(std::move(pair));
}

void ComparisonStudy::judgeRule(ReportRule& rule, const engine::RuleVerdict& verdict) {
  auto& tally = report_.tally;
  rule.verdict = verdict;
  ++tally.rules;
  const bool prove = choices_.mode == engine::GateMode::prove;
  const bool unsure = !verdict.broken && !verdict.held && !verdict.no_data;
  const WhenUnsure no_data = choices_.on_no_data.value_or(rule.source == "default" ? WhenUnsure::warn : WhenUnsure::fail);
  const bool bad = verdict.broken || (prove && unsure) || (verdict.no_data && no_data == WhenUnsure::fail);
  const bool gates = rule.severity == engine::RuleSeverity::fail && !rule.waived;
  rule.fails = bad && gates;
  if (rule.fails) {
    ++tally.failing;
  } else if (rule.waived && (bad || unsure || verdict.no_data)) {
    ++tally.waived;
  } else if (verdict.broken) {
    ++tally.warned;
  } else if (verdict.no_data) {
    ++tally.no_data;
  } else if (unsure) {
    ++tally.undecided;
  } else {
    ++tally.fine;
  }
  if (rule.fails) {
    report_.outcome = engine::GateOutcome::failed;
  } else if (gates && unsure && choices_.on_inconclusive == WhenUnsure::fail && report_.outcome == engine::GateOutcome::passed) {
    report_.outcome = engine::GateOutcome::inconclusive;
  }
}

engine::ComparisonReport ComparisonStudy::finish() {
  std::vector<engine::Question> questions;
  std::vector<engine::JointRule> rules;
  for (const ReportScenario& pair : report_.scenarios) {
    for (const ReportRule& rule : pair.rules) {
      engine::JointRule joint{rule.nodes, rule.root, rule.severity == engine::RuleSeverity::fail && !rule.waived};
      for (engine::RuleNode& node : joint.nodes) node.question += static_cast<std::uint32_t>(questions.size());
      rules.push_back(std::move(joint));
      for (const ReportQuestion& q : rule.questions) {
        const bool certain = q.absolute && q.reason.empty() && (q.finding.test == "exact" || q.finding.test == "point value") && (q.verdict.held || q.verdict.broken);
        questions.push_back({q.finding, q.absolute, q.reason, certain ? std::optional(q.verdict.held) : std::nullopt});
      }
    }
  }
  const engine::FamilyVerdicts verdicts = engine::judge(questions, rules, choices_.alpha);
  std::size_t q = 0, r = 0;
  for (ReportScenario& pair : report_.scenarios) {
    for (ReportRule& rule : pair.rules) {
      engine::RuleVerdict verdict = verdicts.rules[r++];
      verdict.decisive -= static_cast<std::uint32_t>(q);
      for (ReportQuestion& question : rule.questions) question.verdict = verdicts.questions[q++];
      judgeRule(rule, verdict);
    }
  }
  if (fewest_ && *fewest_ < kEnoughReplications)
    report_.notes.push_back("only " + std::to_string(*fewest_) + (*fewest_ == 1 ? " replication" : " replications") + ": below " + std::to_string(kEnoughReplications) +
                            " it can't be told whether the differences look normal, as the test assumes");
  report_.hypotheses = verdicts.hypotheses;
  report_.alpha = choices_.alpha;
  report_.mode = choices_.mode;
  report_.informational = choices_.informational;
  report_.exit_code = report_.outcome == engine::GateOutcome::failed ? 1 : report_.outcome == engine::GateOutcome::inconclusive ? 3 : 0;
  if (choices_.informational) report_.exit_code = 0;
  return std::move(report_);
}

}  // namespace meshmall::models
