// Quantities that results can tell, by the names that the theory file has for them: means of a single counter, quantiles of response and wait.
#pragma once

#include <map>
#include <string>

#include "scenario_text.h"
#include "theory_case.h"

namespace meshmall::theory {

// What a run's results can tell, by the name that the entry has for it; of a single counter watched as services[0].
std::map<std::string, Function> stationQuantities(double servers);

// The share of time with at least `level` customers inside.
double atLeast(const Sums& s, std::size_t level);

// "response_p99" -> 0.99, "response_p999" -> 0.999; 0 when it is no quantile.
double quantileOf(const std::string& name);

// Long beside the time in which a queue forgets (some hundred services at 90 % load): so many customers, and never more than so many units.
double warmupFor(double rate);

// A mean wanted to 1 %; what the inputs alone decide is measured without control variates.
void add(Run& run, const std::string& name, double value, Function f);

// Quantiles by the share of values up to the expected one (Woodruff's way): the mass within 3 % of it gives the density for the width.
void addResponseQuantile(Run& run, const std::string& name, double value, double p);
void addWaitQuantile(Run& run, const std::string& name, double value, double p);

// Everything that the entry expects and a single counter can tell; the rest is left out with a reason.
void addExpected(TheoryCase& out, Run& run, const Json& model, const Json& expect, double servers);

}  // namespace meshmall::theory
