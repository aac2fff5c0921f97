// The instants at which the customers of one traffic entry come, for every kind of arrivals, as a copyable value.
//
//   ArrivalProcess arrivals(config, {seed, replication}, source);
//   while (arrivals.nextAt() < end) { SimTime at = arrivals.nextAt(); std::uint64_t customers = arrivals.take(); ... }
//
// Limiting cases: a rate or factor of 0 and the end of a trace are kNever; `closed` never comes by itself, its users are the mall's.
// Draws are addressed by (source, number of the arrival), so that other sources and other policies meet the same customers.
#pragma once

#include <memory>
#include <optional>

#include "engine/kernel/time.h"
#include "engine/random/keyed_stream.h"
#include "models/workload/arrival_config.h"
#include "models/workload/rate_profile.h"

namespace meshmall::models {

// Expected customers per second in the long run at factor 1: of a profile without repeat its last rate, of a trace its number over its
// last instant, of a closed loop nothing (it depends on the answers).
std::optional<double> longRunRate(const ArrivalConfig& config);

class ArrivalProcess {
 public:
  // `source`: the traffic entry's number. A configuration that breaks a promise of arrival_config.h is a std::invalid_argument.
  ArrivalProcess(ArrivalConfig config, engine::StreamKey key, std::uint64_t source);

  // When the next customers come; kNever: nobody, unless the factor changes. Never earlier than the last one.
  engine::SimTime nextAt() const { return next_; }

  // How many come at nextAt(), which must not be kNever; moves on to the next arrival.
  std::uint64_t take();

  // From `at` on (not before the last arrival, not after nextAt()) customers come `factor` >= 0 times as often; changes nextAt().
  // Poisson, profile, mmpp: the rate is multiplied. Constant, renewal: times between arrivals are divided, the rest of the pending one too.
  // Trace: each line stands for floor(factor) customers, and for one more with probability factor - floor(factor).
  void setFactor(engine::SimTime at, double factor);
  double factor() const { return factor_; }

 private:
  // All kinds but the trace: the next arrival comes when the intensity, integrated from `since_` on, has reached `target_`.
  // Its unit is arrivals; of a renewal process, whose intensity is 1, nanoseconds.
  enum class Kind : std::uint8_t { kPoisson, kConstant, kRenewal, kProfile, kMmpp, kTrace, kNone };

  struct Modulation {  // state of an MMPP at an instant
    std::uint64_t sojourn = 0;
    engine::SimTime until;
  };

  void drawTarget();
  engine::SimTime solve() const;
  engine::SimTime solveModulated() const;
  double passed(engine::SimTime to);  // integrated intensity from since_ to `to`; moves since_ there
  double passedModulated(engine::SimTime to);
  engine::SimTime sojournEnd(engine::SimTime from, std::uint64_t sojourn) const;
  const MmppArrivals::State& stateOf(std::uint64_t sojourn) const;
  std::uint64_t copiesOf(std::size_t line) const;
  void findLine();

  std::shared_ptr<const ArrivalConfig> config_;
  std::shared_ptr<const RateProfile> profile_;  // of a profile
  engine::StreamKey key_;
  std::uint64_t source_;
  Kind kind_ = Kind::kNone;
  double rate_ = 0;               // per second, of Poisson and constant
  std::uint64_t group_ = 1;       // customers of an arrival
  double factor_ = 1;
  std::uint64_t arrival_ = 0;     // number of the pending one; of a trace its line
  std::uint64_t lines_done_ = 0;  // of a trace: up to the last one taken
  double target_ = 0;
  engine::SimTime since_;
  Modulation modulation_;  // at since_
  engine::SimTime next_ = engine::kNever;
};

}  // namespace meshmall::models
