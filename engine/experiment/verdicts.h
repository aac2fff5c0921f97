// From findings to verdicts: all questions of one command are one family, so that the chance of one or more false alarms in the whole command is at most alpha.
//
// A rule joins questions by "and" and "or". Its top-level "and" splits it into clauses, each a hypothesis of the Holm family; within a clause "or" is broken where
// all its parts are (greatest p), "and" where any is (Bonferroni's least p). Improvement is a second family, which never gates.
// Alarm: a rule fails when it is shown not to hold; false alarm at most alpha, but a regression can be missed. Prove: it fails unless it is shown to hold;
// a regression is missed with at most alpha per question, but a harmless change can fail. No adjustment there, since all must hold (intersection-union).
// Sources: Holm 1979; Berger 1982 (intersection-union); Schuirmann 1987 (two one-sided tests); the verdicts are the project's spec of statistics, A8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/experiment/comparison.h"

namespace meshmall::engine {

enum class Verdict : std::uint8_t {
  identical,     // bit-equal in every replication
  regressed,     // shown worse than the margin
  improved,      // shown better than the baseline
  equivalent,    // shown within the margin in both directions
  not_worse,     // shown within the margin
  inconclusive,  // none of these: the interval holds the margin
  breached,      // a limit: shown beyond it
  met,           // shown within it
  undecided,     // neither
  no_data        // too little to tell
};
std::string_view name(Verdict verdict);  // "REGRESSED", "NOT WORSE", ...

struct Question {
  Finding finding;
  bool absolute = false;             // a value against a limit; else a change
  std::string no_data;               // why there is nothing to judge; empty: there is
  std::optional<bool> certain;       // decided without a test (a count that must be 0): whether it holds
};

struct RuleNode {
  enum class Kind : std::uint8_t { question, conjunction, disjunction } kind = Kind::question;
  std::uint32_t left = 0, right = 0;  // nodes that stand before this one
  std::uint32_t question = 0;
};

struct JointRule {
  std::vector<RuleNode> nodes;
  std::uint32_t root = 0;
  bool gating = true;  // false: judged beside the family, without a share in it
};

enum class GateMode : std::uint8_t { alarm, prove };

struct QuestionVerdict {
  Verdict verdict = Verdict::inconclusive;
  double p_adjusted = 1;  // of p_broken
  bool broken = false, held = false;
  std::optional<std::uint64_t> replications_needed;  // where nothing could be told: for a power of 90 %, if the estimate were true. Absent: more than a million
  std::optional<double> detectable;                  // likewise: beyond the margin, on the scale of the test: what this many replications show with a power of 90 %
};

struct RuleVerdict {
  bool broken = false, held = false, no_data = false;
  Verdict verdict = Verdict::inconclusive;  // of the question that decides
  std::uint32_t decisive = 0;               // that question
};

struct FamilyVerdicts {
  std::vector<QuestionVerdict> questions;
  std::vector<RuleVerdict> rules;
  std::uint32_t hypotheses = 0;  // in the Holm family
};

// `questions` are named by the rules' nodes. Rules that do not gate are adjusted as if each were added to the family alone.
FamilyVerdicts judge(const std::vector<Question>& questions, const std::vector<JointRule>& rules, double alpha);

}  // namespace meshmall::engine
