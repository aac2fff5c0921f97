#include "models/importers/traces/hops.h"

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

namespace meshmall::models::traces {

namespace {

constexpr double kMs = 1e-6;
constexpr std::size_t kEnoughForSpells = 200;
constexpr double kExplained = 0.25;      // of the variance of the gaps' logarithms, beyond chance
constexpr double kMatters = 0.02;        // of the time that customers wait
constexpr double kSlotsMs[] = {250, 500, 1000, 2000, 5000, 10000, 30000};
constexpr double kTailFactor = 5;        // of the usual gap: beyond it a call stalls
constexpr double kUsualFactor = 1.3;     // an ordinary call's mean gap may exceed the usual one by so much
constexpr double kTellingMs = 0.2;       // and by so little: clocks tell no more

struct GapSample {
  double at, gap;  // ms
  std::uint32_t trace;
};

struct Slot {
  std::vector<double> gaps;
  double mean = 0;
};

// How much of the variance of log gaps lies between slots, corrected for chance (adjusted R squared).
double explainedBy(const std::map<std::int64_t, Slot>& slots, std::size_t n) {
  if (slots.size() < 10 || n <= 2 * slots.size()) return 0;
  double total_mean = 0;
  for (const auto& [at, slot] : slots)
    for (const double gap : slot.gaps) total_mean += std::log(gap + 0.01);
  total_mean /= static_cast<double>(n);
  double within = 0, total = 0;
  for (const auto& [at, slot] : slots) {
    double mean = 0;
    for (const double gap : slot.gaps) mean += std::log(gap + 0.01);
    mean /= static_cast<double>(slot.gaps.size());
    for (const double gap : slot.gaps) {
      within += std::pow(std::log(gap + 0.01) - mean, 2);
      total += std::pow(std::log(gap + 0.01) - total_mean, 2);
    }
  }
  if (!(total > 0)) return 0;
  return 1 - within / total * static_cast<double>(n - 1) / static_cast<double>(n - slots.size());
}

// The limit between slow and calm slots: where the variance between the two classes of calls is greatest (Otsu).
double splitAt(const std::map<std::int64_t, Slot>& slots) {
  std::vector<std::pair<double, double>> means;  // mean, calls
  double sum = 0, calls = 0;
  for (const auto& [at, slot] : slots) {
    means.emplace_back(slot.mean, static_cast<double>(slot.gaps.size()));
    sum += means.back().first * means.back().second;
    calls += means.back().second;
  }
  std::sort(means.begin(), means.end());
  double best = -1, limit = 0, below = 0, below_sum = 0;
  for (std::size_t i = 0; i + 1 < means.size(); ++i) {
    below += means[i].second;
    below_sum += means[i].first * means[i].second;
    const double above = calls - below;
    const double difference = (sum - below_sum) / above - below_sum / below;
    const double between = below * above * difference * difference;
    if (between <= best) continue;
    best = between;
    limit = (means[i].first + means[i + 1].first) / 2;
  }
  return limit;
}

struct SpellFinding {
  Spell spell;
  std::vector<double> calm;
};

// customers_ms: what all customers waited in all.
std::optional<SpellFinding> findSpells(const std::string& service, const std::vector<GapSample>& samples, double customers_ms) {
  if (samples.size() < kEnoughForSpells) return std::nullopt;
  double first = samples.front().at;
  for (const GapSample& s : samples) first = std::min(first, s.at);
  double best = 0, slot_ms = 0;
  std::map<std::int64_t, Slot> slots;
  for (const double length : kSlotsMs) {
    std::map<std::int64_t, Slot> candidate;
    for (const GapSample& s : samples) candidate[static_cast<std::int64_t>((s.at - first) / length)].gaps.push_back(s.gap);
    const double explained = explainedBy(candidate, samples.size());
    if (explained <= best) continue;
    best = explained;
    slot_ms = length;
    slots = std::move(candidate);
  }
  if (best < kExplained) return std::nullopt;
  for (auto& [at, slot] : slots) slot.mean = meanOf(slot.gaps);
  const double limit = splitAt(slots);
  SpellFinding out;
  std::vector<double> slow;
  std::size_t runs = 0, slow_slots = 0;
  std::int64_t last = -2;
  for (const auto& [at, slot] : slots) {
    auto& into = slot.mean > limit ? slow : out.calm;
    into.insert(into.end(), slot.gaps.begin(), slot.gaps.end());
    if (slot.mean <= limit) continue;
    ++slow_slots;
    runs += at == last + 1 ? 0U : 1U;
    last = at;
  }
  const double share = static_cast<double>(slow.size()) / static_cast<double>(samples.size());
  if (runs < 3 || share < 0.02 || share > 0.6 || meanOf(slow) < 3 * meanOf(out.calm)) return std::nullopt;
  if ((meanOf(slow) - meanOf(out.calm)) * static_cast<double>(slow.size()) < kMatters * customers_ms) return std::nullopt;
  Spell& spell = out.spell;
  spell.service = service;
  spell.explained = best;
  spell.share = share;
  spell.length = slot_ms * static_cast<double>(slow_slots) / static_cast<double>(runs);
  spell.every = spell.length / share;
  spell.delay = meanOf(slow) - meanOf(out.calm);
  const double slow_sd = cvOf(slow) * meanOf(slow), calm_sd = cvOf(out.calm) * meanOf(out.calm);
  spell.delay_cv = std::sqrt(std::max(0.01, slow_sd * slow_sd - calm_sd * calm_sd)) / spell.delay;
  return out;
}

double medianOf(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return quantileOf(v, 0.5);
}

class Finder {
 public:
  Finder(const Visits& traced, const std::vector<std::uint32_t>& visits, double usual_cv) : traced_(traced), usual_cv_(usual_cv) {
    for (const std::uint32_t v : visits) {
      if (traced_.all[v].parent == kNoVisit) customers_ms_ += static_cast<double>(traced_.all[v].length()) * kMs;
      for (const TracedCall& call : traced_.all[v].calls) {
        if (call.gap < 0 || call.visit == kNoVisit) continue;
        const Visit& callee = traced_.all[call.visit];
        const GapSample sample{static_cast<double>(call.start) * kMs, static_cast<double>(call.gap) * kMs, callee.trace};
        edges_[{traced_.all[v].operation, callee.operation}].push_back(sample.gap);
        by_service_[traced_.operations[callee.operation].service].push_back(sample);
        ++out_.known;
      }
    }
  }

  Hops find() {
    std::vector<double> calm;
    for (const auto& [service, samples] : by_service_) {
      auto found = findSpells(service, samples, customers_ms_);
      if (!found) continue;
      out_.spells.push_back(found->spell);
      calm.insert(calm.end(), found->calm.begin(), found->calm.end());
      for (const auto& [edge, gaps] : edges_)
        if (traced_.operations[edge.second].service == service) far_.insert(edge);
    }
    if (!calm.empty()) out_.far = fitOneWay(calm, usual_cv_);
    fitNear();
    return std::move(out_);
  }

 private:
  void fitNear() {
    std::vector<double> all;
    for (const auto& [edge, gaps] : edges_) {
      if (far_.count(edge) != 0) continue;
      const std::vector<double> medians(gaps.size(), medianOf(gaps));
      all.insert(all.end(), medians.begin(), medians.end());
    }
    if (all.empty()) return;
    const double usual = medianOf(all);
    tail_ = std::max(kTailFactor * usual, kTellingMs);
    std::vector<double> pool, body;
    for (const auto& [edge, gaps] : edges_) {
      if (far_.count(edge) != 0 || medianOf(gaps) > 2 * usual) continue;
      pool.insert(pool.end(), gaps.begin(), gaps.end());
      std::copy_if(gaps.begin(), gaps.end(), std::back_inserter(body), [&](double gap) { return gap <= tail_; });
    }
    const bool alike = stallsAlike();
    const std::vector<double>& base = alike ? pool : body;
    out_.near = fitOneWay(base, usual_cv_);
    const double base_mean = meanOf(base), body_mean = meanOf(body);
    for (const auto& [edge, gaps] : edges_)
      if (far_.count(edge) == 0) addWait(edge, gaps, base_mean, body_mean, alike);
  }

  // Are stalls (gaps beyond the tail) as likely for every kind of call? A chi square test at 0.1 %.
  bool stallsAlike() const {
    double calls = 0, stalls = 0;
    std::size_t kinds = 0;
    for (const auto& [edge, gaps] : edges_) {
      if (far_.count(edge) != 0) continue;
      calls += static_cast<double>(gaps.size());
      stalls += static_cast<double>(stallsOf(gaps));
      ++kinds;
    }
    if (stalls == 0 || kinds < 2 || stalls >= calls) return true;
    const double p = stalls / calls;
    double chi = 0;
    for (const auto& [edge, gaps] : edges_) {
      if (far_.count(edge) != 0) continue;
      const double expected = p * static_cast<double>(gaps.size());
      chi += std::pow(static_cast<double>(stallsOf(gaps)) - expected, 2) / (expected * (1 - p));
    }
    return boost::math::gamma_q(static_cast<double>(kinds - 1) / 2, chi / 2) > 0.001;
  }
  std::size_t stallsOf(const std::vector<double>& gaps) const {
    return static_cast<std::size_t>(std::count_if(gaps.begin(), gaps.end(), [&](double gap) { return gap > tail_; }));
  }

  void addWait(const Edge& edge, const std::vector<double>& gaps, double base_mean, double body_mean, bool alike) {
    std::vector<double> body, over;
    for (const double gap : gaps) {
      if (gap <= tail_) body.push_back(gap);
      if (gap > tail_) over.push_back(gap - body_mean);
    }
    const bool usual_body = meanOf(body) <= kUsualFactor * body_mean + kTellingMs && 2 * over.size() <= gaps.size();
    if (usual_body && (alike || over.empty())) return;
    EdgeWait wait;
    if (usual_body) {
      wait.probability = static_cast<double>(over.size()) / static_cast<double>(gaps.size());
      wait.time = fitTimes(over, usual_cv_);
    } else {
      std::vector<double> rest;
      for (const double gap : gaps) rest.push_back(std::max(0.0, gap - base_mean));
      wait.time = fitTimes(rest, usual_cv_);
    }
    if (!wait.time.zero()) out_.waits[edge] = wait;
  }

  const Visits& traced_;
  double usual_cv_;
  std::map<Edge, std::vector<double>> edges_;
  std::map<std::string, std::vector<GapSample>> by_service_;
  std::set<Edge> far_;
  double tail_ = 0, customers_ms_ = 0;
  Hops out_;
};

}  // namespace

Hops findHops(const Visits& traced, const std::vector<std::uint32_t>& visits, double usual_cv) { return Finder(traced, visits, usual_cv).find(); }

}  // namespace meshmall::models::traces
