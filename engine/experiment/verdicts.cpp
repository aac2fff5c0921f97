#include "engine/experiment/verdicts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "engine/statistics/multiplicity.h"

namespace meshmall::engine {
namespace {

constexpr double kPower = 0.9;

class Family {
 public:
  Family(const std::vector<Question>& questions, const std::vector<JointRule>& rules, double alpha) : questions_(questions), rules_(rules), alpha_(alpha) {}

  FamilyVerdicts judge() {
    made_.questions.resize(questions_.size());
    made_.rules.resize(rules_.size());
    adjust();
    improve();
    for (std::size_t q = 0; q < questions_.size(); ++q) decide(questions_[q], made_.questions[q], improved_[q]);
    for (std::size_t r = 0; r < rules_.size(); ++r) made_.rules[r] = ofRule(rules_[r]);
    return std::move(made_);
  }

 private:
  struct Clause {
    std::uint32_t rule = 0, node = 0;
    double p = 1;
  };

  bool tested(const Question& q) const { return q.no_data.empty() && !q.certain && !q.finding.identical; }
  double pOf(std::uint32_t question) const { return tested(questions_[question]) ? questions_[question].finding.p_broken : 1; }

  static void clausesOf(const JointRule& rule, std::uint32_t node, std::vector<std::uint32_t>& clauses) {
    const RuleNode& n = rule.nodes[node];
    if (n.kind != RuleNode::Kind::conjunction) {
      clauses.push_back(node);
      return;
    }
    clausesOf(rule, n.left, clauses);
    clausesOf(rule, n.right, clauses);
  }
  static void questionsOf(const JointRule& rule, std::uint32_t node, std::vector<std::uint32_t>& found) {
    const RuleNode& n = rule.nodes[node];
    if (n.kind == RuleNode::Kind::question) {
      found.push_back(n.question);
      return;
    }
    questionsOf(rule, n.left, found);
    questionsOf(rule, n.right, found);
  }
  double pOf(const JointRule& rule, std::uint32_t node) const {
    const RuleNode& n = rule.nodes[node];
    if (n.kind == RuleNode::Kind::question) return pOf(n.question);
    const double left = pOf(rule, n.left), right = pOf(rule, n.right);
    return n.kind == RuleNode::Kind::disjunction ? std::max(left, right) : std::min(1.0, 2 * std::min(left, right));
  }
  // Whether a clause takes part in the family at all: one of its questions is tested.
  bool takesPart(const JointRule& rule, std::uint32_t node) const {
    std::vector<std::uint32_t> found;
    questionsOf(rule, node, found);
    return std::any_of(found.begin(), found.end(), [&](std::uint32_t q) { return tested(questions_[q]); });
  }

  void adjust() {
    std::vector<Clause> clauses;
    for (std::uint32_t r = 0; r < rules_.size(); ++r) {
      if (!rules_[r].gating) continue;
      std::vector<std::uint32_t> nodes;
      clausesOf(rules_[r], rules_[r].root, nodes);
      for (const std::uint32_t node : nodes)
        if (takesPart(rules_[r], node)) clauses.push_back({r, node, pOf(rules_[r], node)});
    }
    made_.hypotheses = static_cast<std::uint32_t>(clauses.size());
    std::vector<double> p;
    for (const Clause& c : clauses) p.push_back(c.p);
    const std::vector<double> adjusted = holm(p);
    for (std::size_t i = 0; i < clauses.size(); ++i) spread(rules_[clauses[i].rule], clauses[i].node, p[i], adjusted[i]);
    for (const JointRule& rule : rules_) {
      if (rule.gating) continue;
      std::vector<std::uint32_t> nodes;
      clausesOf(rule, rule.root, nodes);
      for (const std::uint32_t node : nodes) {
        std::vector<double> with = p;
        with.push_back(pOf(rule, node));
        spread(rule, node, with.back(), holm(with).back());
      }
    }
  }

  // The clause's adjustment to its questions: the same factor on each one's own p.
  void spread(const JointRule& rule, std::uint32_t node, double p, double adjusted) {
    std::vector<std::uint32_t> found;
    questionsOf(rule, node, found);
    if (found.size() == 1) {
      made_.questions[found[0]].p_adjusted = adjusted;
      return;
    }
    const double factor = p > 0 ? adjusted / p : static_cast<double>(std::max(1U, made_.hypotheses));
    for (const std::uint32_t q : found) made_.questions[q].p_adjusted = std::min(1.0, pOf(q) * factor);
  }

  // The second family: is a change an improvement? Questions of gating rules.
  void improve() {
    improved_.assign(questions_.size(), 1.0);
    std::vector<std::size_t> members;
    std::vector<double> p;
    for (std::size_t q = 0; q < questions_.size(); ++q) {
      if (!tested(questions_[q]) || questions_[q].absolute) continue;
      members.push_back(q);
      p.push_back(questions_[q].finding.p_improved);
    }
    const std::vector<double> adjusted = holm(p);
    for (std::size_t i = 0; i < members.size(); ++i) improved_[members[i]] = adjusted[i];
  }

  void decide(const Question& q, QuestionVerdict& v, double improved) const {
    if (!q.no_data.empty()) {
      v.verdict = Verdict::no_data;
      return;
    }
    if (q.certain) {
      v.broken = !*q.certain;
      v.held = *q.certain;
      v.verdict = v.held ? Verdict::met : Verdict::breached;
      return;
    }
    const Finding& f = q.finding;
    if (f.identical) {
      v.verdict = Verdict::identical;
      v.held = f.holds_unchanged;
      v.broken = !v.held;
      return;
    }
    v.broken = v.p_adjusted <= alpha_;
    v.held = !v.broken && f.p_held <= alpha_;
    if (q.absolute) {
      v.verdict = v.broken ? Verdict::breached : v.held ? Verdict::met : Verdict::undecided;
    } else if (v.broken) {
      v.verdict = Verdict::regressed;
    } else if (improved <= alpha_) {
      v.verdict = Verdict::improved;
    } else if (v.held) {
      v.verdict = f.p_mirrored <= alpha_ ? Verdict::equivalent : Verdict::not_worse;
    } else {
      v.verdict = Verdict::inconclusive;
    }
    if (f.deviation > 0 && !v.broken && !v.held) size(f, v);
  }

  void size(const Finding& f, QuestionVerdict& v) const {
    const double alpha = alpha_ / std::max(1U, made_.hypotheses);
    const auto n = static_cast<std::uint64_t>(std::llround(f.paired || f.scale == Scale::value ? f.degrees_of_freedom + 1 : f.degrees_of_freedom / 2 + 1));
    if (n >= 2) v.detectable = detectableDistance(f.deviation, n, alpha, kPower);
    if (f.distance != 0) v.replications_needed = replicationsNeeded(f.deviation, std::abs(f.distance), alpha, kPower);
  }

  struct Truth {
    bool broken = false, held = false, no_data = false;
    std::uint32_t decisive = 0;
  };
  Truth truthOf(const JointRule& rule, std::uint32_t node) const {
    const RuleNode& n = rule.nodes[node];
    if (n.kind == RuleNode::Kind::question) {
      const QuestionVerdict& v = made_.questions[n.question];
      return {v.broken, v.held, v.verdict == Verdict::no_data, n.question};
    }
    const Truth a = truthOf(rule, n.left), b = truthOf(rule, n.right);
    Truth both;
    if (n.kind == RuleNode::Kind::conjunction) {
      both = {a.broken || b.broken, a.held && b.held, (a.no_data || b.no_data) && !a.broken && !b.broken, a.decisive};
    } else {
      both = {a.broken && b.broken, a.held || b.held, (a.no_data || b.no_data) && !a.held && !b.held, a.decisive};
    }
    // The part that stands in the way of the good outcome, the first of equals.
    const auto weight = [](const Truth& t) { return t.broken ? 3 : t.no_data ? 2 : t.held ? 0 : 1; };
    const bool worst = n.kind == RuleNode::Kind::conjunction || (!a.held && !b.held);
    both.decisive = (worst ? weight(b) > weight(a) : weight(b) < weight(a)) ? b.decisive : a.decisive;
    return both;
  }

  RuleVerdict ofRule(const JointRule& rule) const {
    const Truth t = truthOf(rule, rule.root);
    RuleVerdict v{t.broken, t.held, t.no_data, made_.questions[t.decisive].verdict, t.decisive};
    if (rule.nodes[rule.root].kind == RuleNode::Kind::question) return v;
    if (v.no_data) v.verdict = Verdict::no_data;
    return v;
  }

  const std::vector<Question>& questions_;
  const std::vector<JointRule>& rules_;
  double alpha_;
  std::vector<double> improved_;
  FamilyVerdicts made_;
};

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 10> kNames = {"IDENTICAL",    "REGRESSED", "IMPROVED", "EQUIVALENT", "NOT WORSE",
                                                       "INCONCLUSIVE", "BREACHED",  "MET",      "UNDECIDED",  "NO-DATA"};
  return kNames[static_cast<std::size_t>(verdict)];
}

FamilyVerdicts judge(const std::vector<Question>& questions, const std::vector<JointRule>& rules, double alpha) { return Family(questions, rules, alpha).judge(); }

}  // namespace meshmall::engine
