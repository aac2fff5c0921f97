// Which of several candidates has the smallest mean, with a guarantee: replications are added for those still in, one that is shown to be worse is dropped, until
// one is left. Values of the same replication may depend on each other (common random numbers); that only helps.
//
// KN: the variances of the differences are those of the first stage, and for normal values the chosen one is the best with a probability of at least 1 - alpha
// wherever the best is better than every other by the indifference zone or more. KN++ (`renewed`) estimates them again as it goes: fewer replications after an unlucky
// first stage, the guarantee only in the limit of small zones. Limiting cases: candidates with the same values to the last bit are tied, and stay together;
// a difference that doesn't vary decides at once. What is decided depends on the values alone, not on the order in which they come.
// Sources: Kim and Nelson 2001 (KN, with c = 1), 2006 (KN++).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace meshmall::engine {

struct SelectionRule {
  double indifference = 0;         // > 0, on the scale of the values
  double alpha = 0.05;             // 0 < alpha < 0.5
  std::uint64_t first = 20;        // replications of the first stage, at least 2
  std::uint64_t most = 1000;       // of each; then what is left is undecided
  bool renewed = false;            // KN++
};

// h^2 of the rule: how far sums of differences may be apart, (h^2 S^2 / delta - delta r) / 2. candidates >= 2, replications >= 2.
double selectionConstant(std::uint32_t candidates, std::uint64_t replications, double alpha);

class Selection {
 public:
  Selection(std::uint32_t candidates, const SelectionRule& rule);

  // The value would still count, as far as is known: not there yet, and not of one that is out by then.
  bool wants(std::uint32_t candidate, std::uint64_t replication) const;
  // In any order. Nothing: there is none, and the candidate is out as soon as its turn comes.
  void observe(std::uint32_t candidate, std::uint64_t replication, std::optional<double> value);

  bool finished() const { return finished_; }
  // Replications that all who are in have, and that were looked at.
  std::uint64_t stage() const { return stage_; }
  // An upper bound for the stage at the end, as known by now.
  std::uint64_t farthest() const { return farthest_; }

  struct Fate {
    std::uint64_t replications = 0;             // values that counted: at its drop, or at the end
    std::optional<std::uint32_t> beaten_by;     // dropped for this one
    bool without_value = false;                 // dropped: no value in its next replication
    bool in = true;
  };
  const Fate& fate(std::uint32_t candidate) const { return fates_[candidate]; }
  bool withoutValue(std::uint32_t candidate) const { return fates_[candidate].without_value; }
  // Ascending. At the end: one, the choice; several and `tied()`: equal to the last bit; several else: undecided.
  const std::vector<std::uint32_t>& left() const { return left_; }
  bool tied() const { return tied_; }
  // Those that counted, by replication.
  std::vector<double> values(std::uint32_t candidate) const;

 private:
  void advance();
  void judge();
  void renewVariances();
  double width(std::uint32_t a, std::uint32_t b) const;  // how far the two sums may be apart now
  double& variance(std::uint32_t a, std::uint32_t b) { return variances_[static_cast<std::size_t>(a) * fates_.size() + b]; }
  double variance(std::uint32_t a, std::uint32_t b) const { return variances_[static_cast<std::size_t>(a) * fates_.size() + b]; }

  struct Value {
    double value = 0;
    bool there = false, none = false;
  };
  SelectionRule rule_;
  std::vector<std::vector<Value>> values_;  // by candidate, by replication
  std::vector<double> sums_;                // of the stage's values
  std::vector<double> variances_;           // of differences, by pair
  std::vector<Fate> fates_;
  std::vector<std::uint32_t> left_;
  std::uint64_t stage_ = 0, farthest_ = 0, renew_at_ = 0;
  double constant_ = 0;
  bool finished_ = false, tied_ = false;
};

}  // namespace meshmall::engine
