// Queueing formulas: how long a request waits at a counter, by mean and variance.
//
// M/M/c is exact (Erlang C); general service times by the Allen-Cunneen approximation, W = W(M/M/c) (ca2 + cs2) / 2, which is exact for M/G/1.
// Limiting cases: no load: no wait; load of 1 or more: infinite. Source: Erlang 1917; Allen, Probability, Statistics and Queueing Theory (1990).
#pragma once

#include <cstddef>
#include <cstdint>

namespace meshmall::models {

// Probability that all `servers` are busy in M/M/c with `load` Erlangs; 1 for load >= servers. O(servers).
double erlangC(std::uint32_t servers, double load);

struct Moments {
  double mean = 0, variance = 0;  // seconds, seconds squared

  friend Moments operator+(const Moments& a, const Moments& b) { return {a.mean + b.mean, a.variance + b.variance}; }  // independent
  double second() const { return variance + mean * mean; }
};

// Waiting time of those who come at `rate` per second to one queue with `servers`, each served for `service`. `arrival_scv`: squared coefficient of
// variation of the times between arrivals (1: Poisson). Infinite when rate * service.mean >= servers.
Moments waitingTime(std::uint32_t servers, double rate, const Moments& service, double arrival_scv = 1);

// The longest of several independent times, each known by mean and variance (taken as gamma distributed): integrates the tails numerically.
// Exact for one; for constants among others to 0.5 %.
Moments longestOf(const Moments* times, std::size_t count);

}  // namespace meshmall::models
