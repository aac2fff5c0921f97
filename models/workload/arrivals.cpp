#include "models/workload/arrivals.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "models/workload/draw_purpose.h"

namespace meshmall::models {

using engine::Distribution;
using engine::Duration;
using engine::kNever;
using engine::SimTime;

namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(what);
}

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

engine::Address addressOf(std::uint64_t source, std::uint64_t n, ArrivalDraw purpose) { return {source, n, static_cast<std::uint64_t>(purpose)}; }

// Nearest nanosecond after `from`; kNever beyond 126 years, and for the NaN of "never / 0".
SimTime later(SimTime from, double ns) {
  if (!(ns + static_cast<double>(from.ns) < static_cast<double>(engine::kLongestSample.ns))) return kNever;
  return {from.ns + std::llrint(std::max(0.0, ns))};
}

}  // namespace

std::optional<double> longRunRate(const ArrivalConfig& config) {
  return std::visit(Overloaded{[](const PoissonArrivals& c) -> std::optional<double> { return c.rate * c.batch; },
                               [](const ConstantArrivals& c) -> std::optional<double> { return c.rate; },
                               [](const RenewalArrivals& c) -> std::optional<double> { return 1 / c.interarrival.mean(); },
                               [](const ProfileArrivals& c) -> std::optional<double> { return RateProfile(c).longRunRate(); },
                               [](const MmppArrivals& c) -> std::optional<double> {
                                 double arrivals = 0, time = 0;
                                 for (const auto& state : c.states) {
                                   arrivals += state.rate * state.mean.seconds();
                                   time += state.mean.seconds();
                                 }
                                 return arrivals / time;
                               },
                               [](const ClosedArrivals&) -> std::optional<double> { return std::nullopt; },
                               [](const TraceArrivals& c) -> std::optional<double> {
                                 if (c.instants->empty()) return 0.0;
                                 const double last = c.instants->back().seconds();
                                 return last > 0 ? std::optional(static_cast<double>(c.instants->size()) / last) : std::nullopt;
                               }},
                    config);
}

ArrivalProcess::ArrivalProcess(ArrivalConfig config, engine::StreamKey key, std::uint64_t source)
    : config_(std::make_shared<const ArrivalConfig>(std::move(config))), key_(key), source_(source) {
  const auto usable = [](double rate) { return rate >= 0 && std::isfinite(rate); };
  std::visit(Overloaded{[&](const PoissonArrivals& c) {
                          require(usable(c.rate) && c.batch >= 1, "poisson: rate >= 0, batch >= 1");
                          kind_ = Kind::kPoisson;
                          rate_ = c.rate;
                          group_ = c.batch;
                        },
                        [&](const ConstantArrivals& c) {
                          require(usable(c.rate), "constant: rate >= 0");
                          kind_ = Kind::kConstant;
                          rate_ = c.rate;
                        },
                        [&](const RenewalArrivals& c) {
                          require(c.interarrival.mean() > 0, "renewal: times between arrivals must not all be 0");
                          kind_ = Kind::kRenewal;
                        },
                        [&](const ProfileArrivals& c) {
                          kind_ = Kind::kProfile;
                          profile_ = std::make_shared<const RateProfile>(c);
                        },
                        [&](const MmppArrivals& c) {
                          require(!c.states.empty(), "mmpp: at least one state");
                          for (const auto& state : c.states) require(usable(state.rate) && state.mean.ns > 0, "mmpp: rate >= 0, mean > 0");
                          kind_ = Kind::kMmpp;
                        },
                        [&](const ClosedArrivals&) { kind_ = Kind::kNone; },
                        [&](const TraceArrivals& c) {
                          require(c.instants && std::is_sorted(c.instants->begin(), c.instants->end()), "trace: instants ascend");
                          require(c.instants->empty() || c.instants->front().ns >= 0, "trace: instants are not negative");
                          kind_ = Kind::kTrace;
                        }},
             *config_);
  if (kind_ == Kind::kMmpp) modulation_.until = sojournEnd(SimTime{0}, 0);
  if (kind_ == Kind::kTrace) {
    findLine();
    return;
  }
  drawTarget();
  next_ = solve();
}

std::uint64_t ArrivalProcess::take() {
  require(next_ != kNever, "take: nobody comes");
  if (kind_ == Kind::kTrace) {
    const std::uint64_t customers = copiesOf(arrival_++);
    lines_done_ = arrival_;
    findLine();
    return customers;
  }
  ++arrival_;
  if (kind_ == Kind::kConstant) {
    target_ += 1;  // counted from the same instant, so that roundings do not add up
  } else {
    passed(next_);
    drawTarget();
  }
  next_ = solve();
  return group_;
}

void ArrivalProcess::setFactor(SimTime at, double factor) {
  require(factor >= 0 && std::isfinite(factor), "setFactor: factor >= 0");
  if (factor == factor_) return;
  if (kind_ == Kind::kTrace) {
    // Lines before `at` have been passed over under the old factor, none of them with a customer.
    const auto& instants = *std::get<TraceArrivals>(*config_).instants;
    const auto from = std::lower_bound(instants.begin(), instants.end(), at);
    arrival_ = std::max(lines_done_, static_cast<std::uint64_t>(from - instants.begin()));
    factor_ = factor;
    findLine();
    return;
  }
  target_ = std::max(0.0, target_ - passed(at));
  factor_ = factor;
  next_ = solve();
}

void ArrivalProcess::drawTarget() {
  if (kind_ == Kind::kNone) return;
  if (kind_ == Kind::kConstant) {
    target_ = 1;
    return;
  }
  const engine::Address address = addressOf(source_, arrival_, ArrivalDraw::kInterarrival);
  engine::Lane lane(key_, address, 0, engine::firstBlock(key_, address)[0]);
  target_ = kind_ == Kind::kRenewal ? static_cast<double>(std::get<RenewalArrivals>(*config_).interarrival.sample(lane).ns)
                                    : boost::random::exponential_distribution<double>(1.0)(lane);
}

SimTime ArrivalProcess::solve() const {
  if (!(factor_ > 0)) return kNever;
  switch (kind_) {
    case Kind::kPoisson:
    case Kind::kConstant:
      return rate_ > 0 ? later(since_, target_ * 1e9 / (rate_ * factor_)) : kNever;
    case Kind::kRenewal:
      return later(since_, target_ / factor_);
    case Kind::kProfile:
      return profile_->when(since_, target_ / factor_);
    case Kind::kMmpp:
      return solveModulated();
    case Kind::kTrace:
    case Kind::kNone:
      break;
  }
  return kNever;
}

double ArrivalProcess::passed(SimTime to) {
  const SimTime from = since_;
  const double ns = static_cast<double>((to - from).ns);
  if (kind_ == Kind::kMmpp) return passedModulated(to);
  since_ = std::max(from, to);
  if (ns <= 0) return 0;
  switch (kind_) {
    case Kind::kPoisson:
    case Kind::kConstant:
      return ns * 1e-9 * rate_ * factor_;
    case Kind::kRenewal:
      return ns * factor_;
    case Kind::kProfile:
      return profile_->expected(from, to) * factor_;
    default:
      return 0;
  }
}

const MmppArrivals::State& ArrivalProcess::stateOf(std::uint64_t sojourn) const {
  const auto& states = std::get<MmppArrivals>(*config_).states;
  return states[sojourn % states.size()];
}

SimTime ArrivalProcess::sojournEnd(SimTime from, std::uint64_t sojourn) const {
  const engine::Address address = addressOf(source_, sojourn, ArrivalDraw::kSojourn);
  engine::Lane lane(key_, address, 0, engine::firstBlock(key_, address)[0]);
  const double mean_ns = static_cast<double>(stateOf(sojourn).mean.ns);
  return later(from, boost::random::exponential_distribution<double>(1.0)(lane) * mean_ns);
}

SimTime ArrivalProcess::solveModulated() const {
  const auto& states = std::get<MmppArrivals>(*config_).states;
  if (std::none_of(states.begin(), states.end(), [](const auto& state) { return state.rate > 0; })) return kNever;
  Modulation now = modulation_;
  double left = target_ / factor_;
  for (SimTime from = since_; from != kNever;) {
    const double rate = stateOf(now.sojourn).rate;
    const SimTime at = rate > 0 ? later(from, left * 1e9 / rate) : kNever;
    if (at <= now.until) return at;
    left = std::max(0.0, left - rate * (now.until - from).seconds());
    from = now.until;
    now.until = sojournEnd(from, ++now.sojourn);
  }
  return kNever;
}

double ArrivalProcess::passedModulated(SimTime to) {
  double sum = 0;
  while (since_ < to) {
    const SimTime until = std::min(to, modulation_.until);
    sum += stateOf(modulation_.sojourn).rate * factor_ * (until - since_).seconds();
    since_ = until;
    if (since_ == modulation_.until && since_ < to) modulation_.until = sojournEnd(since_, ++modulation_.sojourn);
  }
  return sum;
}

std::uint64_t ArrivalProcess::copiesOf(std::size_t line) const {
  const double whole = std::floor(factor_);
  const double u = engine::uniform01(engine::firstBlock(key_, addressOf(source_, line, ArrivalDraw::kTraceCopies))[0]);
  return static_cast<std::uint64_t>(whole) + (u < factor_ - whole ? 1 : 0);
}

// The first line from arrival_ on that stands for a customer.
void ArrivalProcess::findLine() {
  const auto& instants = *std::get<TraceArrivals>(*config_).instants;
  next_ = kNever;
  if (!(factor_ > 0)) return;
  while (arrival_ < instants.size() && copiesOf(arrival_) == 0) ++arrival_;
  if (arrival_ < instants.size()) next_ = instants[arrival_];
}

}  // namespace meshmall::models
