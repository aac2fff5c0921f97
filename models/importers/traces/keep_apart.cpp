#include "models/importers/traces/keep_apart.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace meshmall::models::traces {

namespace {

constexpr double kMatters = 0.05;       // of the caller's mean time
constexpr std::uint64_t kEnough = 5;    // visits on each side
constexpr std::size_t kMostAdded = 100;
constexpr std::size_t kLongestName = 240;  // the format's names have up to 253 bytes
constexpr int kMostPasses = 20;
constexpr std::uint32_t kCustomers = kNoVisit;

using Edge = std::pair<std::uint32_t, std::uint32_t>;  // calling operation, or kCustomers, and callee

struct Times {
  std::uint64_t n = 0;
  double sum = 0;
  void add(std::int64_t length) {
    ++n;
    sum += static_cast<double>(length);
  }
  double mean() const { return sum / static_cast<double>(n); }
};

struct Split {
  double shift = 0;
  std::uint32_t caller = 0;
};

class Separator {
 public:
  Separator(Visits& traced, const std::vector<std::uint32_t>& roots) : traced_(traced), kept_(traced.all.size(), false) {
    for (const std::uint32_t root : roots) kept_[root] = true;
    for (const TracedOperation& operation : traced.operations) names_.insert({operation.service, operation.name});
  }

  void separate() {
    for (int pass = 0; pass < kMostPasses; ++pass) {
      measure();
      const auto splits = choose();
      if (splits.empty()) return;
      apply(splits);
    }
  }

 private:
  std::uint32_t callerOf(const Visit& visit) const {
    const bool customers = visit.parent == kNoVisit || (traced_.entrance && visit.parent == visit.root);
    return customers ? kCustomers : traced_.all[visit.parent].operation;
  }

  void measure() {
    operations_.clear();
    edges_.clear();
    for (const Visit& visit : traced_.all) {
      if (!kept_[visit.root]) continue;
      operations_[visit.operation].add(visit.length());
      edges_[{callerOf(visit), visit.operation}].add(visit.length());
    }
  }

  // By how much of the caller's mean time the pooled callee would be wrong.
  double shiftOf(const Edge& edge, const Times& times) const {
    const double wrong = std::abs(operations_.at(edge.second).mean() - times.mean());
    if (edge.first == kCustomers) return times.sum > 0 ? wrong / times.mean() : 0;
    const Times& caller = operations_.at(edge.first);
    return caller.sum > 0 ? wrong * static_cast<double>(times.n) / caller.sum : 0;
  }

  // For each callee the caller to be told apart. Where customers are who would be told wrong, it is the other caller that differs most: customers keep the plain name.
  std::map<std::uint32_t, Split> choose() const {
    std::map<std::uint32_t, Split> out;
    const auto offer = [&](std::uint32_t callee, std::uint32_t caller, double shift) {
      if (shift > kMatters && shift > out[callee].shift) out[callee] = {shift, caller};
    };
    for (const auto& [edge, times] : edges_) {
      if (!apart(edge, times)) continue;
      const double shift = shiftOf(edge, times);
      if (edge.first != kCustomers) {
        offer(edge.second, edge.first, shift);
        continue;
      }
      const std::uint32_t other = mostDifferent(edge.second);
      if (other != kCustomers) offer(edge.second, other, shift);
    }
    for (auto each = out.begin(); each != out.end();) each = each->second.shift > 0 ? std::next(each) : out.erase(each);
    return out;
  }

  bool apart(const Edge& edge, const Times& times) const { return times.n >= kEnough && operations_.at(edge.second).n >= times.n + kEnough; }

  std::uint32_t mostDifferent(std::uint32_t callee) const {
    std::uint32_t out = kCustomers;
    double most = 0;
    for (const auto& [edge, times] : edges_) {
      if (edge.second != callee || edge.first == kCustomers || !apart(edge, times)) continue;
      const double difference = std::abs(operations_.at(callee).mean() - times.mean()) * static_cast<double>(times.n);
      if (difference <= most) continue;
      most = difference;
      out = edge.first;
    }
    return out;
  }

  void apply(const std::map<std::uint32_t, Split>& splits) {
    std::map<Edge, std::uint32_t> becomes;
    for (const auto& [callee, split] : splits) {
      if (added_ == kMostAdded) break;
      ++added_;
      becomes[{split.caller, callee}] = static_cast<std::uint32_t>(traced_.operations.size());
      traced_.operations.push_back(nameFor(callee, split.caller));
    }
    // Children before parents: the caller still has the operation by which it was measured.
    for (auto visit = traced_.all.rbegin(); visit != traced_.all.rend(); ++visit) {
      const auto found = becomes.find({callerOf(*visit), visit->operation});
      if (found != becomes.end()) visit->operation = found->second;
    }
    if (added_ == kMostAdded) traced_.apart_limited = true;
  }

  TracedOperation nameFor(std::uint32_t callee, std::uint32_t caller) {
    const std::uint32_t plain = traced_.operations[callee].plain == kNoVisit ? callee : traced_.operations[callee].plain;
    TracedOperation out = traced_.operations[plain];
    out.plain = plain;
    const std::string name = (out.name + "?from=" + traced_.operations[caller].service).substr(0, kLongestName);
    out.name = name;
    for (int i = 2; !names_.insert({out.service, out.name}).second; ++i) out.name = name + "&kind=" + std::to_string(i);
    return out;
  }

  Visits& traced_;
  std::vector<bool> kept_;
  std::set<std::pair<std::string, std::string>> names_;
  std::map<std::uint32_t, Times> operations_;
  std::map<Edge, Times> edges_;
  std::size_t added_ = 0;
};

void putTogether(Visits& traced) {
  for (Visit& visit : traced.all)
    if (const std::uint32_t plain = traced.operations[visit.operation].plain; plain != kNoVisit) visit.operation = plain;
  while (!traced.operations.empty() && traced.operations.back().plain != kNoVisit) traced.operations.pop_back();
  traced.apart_limited = false;
}

}  // namespace

void keepApart(Visits& traced, const std::vector<std::uint32_t>& roots) {
  putTogether(traced);
  Separator(traced, roots).separate();
}

}  // namespace meshmall::models::traces
