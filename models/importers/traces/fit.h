// The distribution that traced times most likely come from: constant, exponential, lognormal, gamma, Weibull, normal, or two lognormals, by the Bayesian information
// criterion; where none of them passes a Kolmogorov-Smirnov test at 1 %, the times themselves, thinned out. The mean is always the samples' own mean: shapes are fitted
// by maximum likelihood, then scaled, because shares of time are what a mesh is judged by.
// Limiting cases: fewer than five samples get the spread that is usual around them; a spread below 1 % is a constant.
#pragma once

#include <string>
#include <vector>

namespace meshmall::models::traces {

inline constexpr std::size_t kFewSamples = 5;

enum class Family : unsigned char { constant, exponential, lognormal, gamma, weibull, normal, two_lognormals, empirical };

struct FittedTime {
  Family family = Family::constant;
  double mean = 0;   // ms
  double shape = 0;  // lognormal, gamma: the coefficient of variation; weibull: its shape; normal: the standard deviation in ms
  struct Part {
    double weight = 1, mean = 0, cv = 0;
  };
  std::vector<Part> parts;                             // two_lognormals
  std::vector<std::pair<double, double>> points;       // empirical: value in ms, weight
  bool zero() const { return mean <= 0; }
};

// `samples` in milliseconds, none negative; not empty. usual_cv: the spread where the samples are too few to tell.
FittedTime fitTimes(std::vector<double> samples, double usual_cv);

// The same restricted to what describes a hop each way: there and back together give the samples' mean and, nearly, their spread.
// A second lognormal is a delay that hits one of the two ways.
FittedTime fitOneWay(const std::vector<double>& there_and_back, double usual_cv);

double meanOf(const std::vector<double>& samples);
double cvOf(const std::vector<double>& samples);  // 0 for a mean of 0
// Nearest rank of sorted samples.
double quantileOf(const std::vector<double>& sorted, double q);

std::string familyName(Family family);

}  // namespace meshmall::models::traces
