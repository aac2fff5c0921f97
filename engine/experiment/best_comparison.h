// Several candidates side by side: how far each is from the best of the others, with intervals that hold together, and which can't be told apart.
//
// All pairs' differences get Student's intervals at a level that Bonferroni makes simultaneous: paired over the replications that both have, or Welch's for independent
// values. mean_i - min of the others lies, whenever all of them hold, between the greatest lower and the greatest upper limit of i's differences. Letters: two candidates
// share one exactly where their interval holds 0. As for a fixed number of replications: after a stop that the data decided they describe, and promise no more.
// Sources: Hsu 1984 (comparisons with the best), here by way of all pairs; Piepho 2004 (letters by inserting and absorbing).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/statistics/confidence.h"

namespace meshmall::engine {

struct BestComparison {
  struct Candidate {
    double to_best_of_others = 0;      // difference of means over the replications that both have; negative: it is the best
    std::optional<Interval> interval;  // absent where some pair has fewer than 2 replications in common
    std::string letters;               // "a", "ab"; empty where there are more than 26 groups
  };
  std::vector<Candidate> candidates;
};

// values: by candidate, by replication from 0; each at least 1 value, 2 candidates at least. Smaller is better. level: of all intervals together, e.g. 0.95.
BestComparison compareWithBest(const std::vector<std::vector<double>>& values, bool paired, double level);

// From a symmetric matrix "these two are told apart": letters of each, "a" goes to the earliest. Empty texts where more than 26 are needed.
std::vector<std::string> groupLetters(const std::vector<std::vector<bool>>& apart);

}  // namespace meshmall::engine
