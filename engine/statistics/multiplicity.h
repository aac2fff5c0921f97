// Many tests at once: p-values adjusted so that a family of tests keeps its promise.
//
// Holm: the probability of one or more false rejections in the family is at most alpha, whatever the dependence between the tests.
// Benjamini-Hochberg: the expected share of false ones among those rejected is at most q; for exploring, never for gates.
// Results are in the order given; equal p-values get equal results. Sources: Holm 1979; Benjamini and Hochberg 1995.
#pragma once

#include <vector>

namespace meshmall::engine {

// p-values in 0..1. O(n log n).
std::vector<double> holm(const std::vector<double>& p);
std::vector<double> benjaminiHochberg(const std::vector<double>& p);

}  // namespace meshmall::engine
