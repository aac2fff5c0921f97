#include "models/importers/traces/customers.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "models/importers/traces/fit.h"
#include "models/importers/traces/time_json.h"

namespace meshmall::models::traces {

using Json = nlohmann::ordered_json;

namespace {

constexpr double kMs = 1e-6;
constexpr std::size_t kMostTraffic = 200;
constexpr std::size_t kEnoughGaps = 20;
constexpr std::size_t kLongestName = 240;  // the format's names have up to 253 bytes

double startMs(const Visits& traced, std::uint32_t visit) { return static_cast<double>(traced.all[visit].start) * kMs; }

// `at`: sorted. `rate`: of these customers, a millisecond.
Json arrivalsJson(const std::vector<double>& at, double rate) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < at.size(); ++i) gaps.push_back(at[i] - at[i - 1]);
  const double cv = cvOf(gaps);
  if (at.size() < kEnoughGaps || !(meanOf(gaps) > 0) || (cv > 0.9 && cv < 1.1)) return {{"poisson", {{"rate", rateText(rate)}}}};
  const std::string mean = durationText(meanOf(gaps));
  if (cv < 0.01) return {{"renewal", {{"interarrival", mean}}}};
  return {{"renewal", {{"interarrival", {{"gamma", {{"mean", mean}, {"cv", rounded(cv)}}}}}}}};
}

}  // namespace

TracedCustomers describeCustomers(const Visits& traced, const std::vector<std::uint32_t>& heads, Json& traffic) {
  TracedCustomers out;
  using Kind = std::pair<std::uint32_t, bool>;  // operation; from within
  std::map<Kind, std::vector<double>> starts;
  for (const std::uint32_t head : heads) {
    const Visit& visit = traced.all[head];
    starts[{visit.operation, visit.from_within}].push_back(startMs(traced, head));
    out.from_within += visit.from_within ? 1U : 0U;
  }
  std::vector<std::pair<Kind, std::vector<double>>> order(starts.begin(), starts.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  if (order.size() > kMostTraffic) {
    out.rare = order.size() - kMostTraffic;
    order.resize(kMostTraffic);
  }
  double first = 0, last = 0;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const double at = startMs(traced, heads[i]);
    first = i == 0 ? at : std::min(first, at);
    last = i == 0 ? at : std::max(last, at);
  }
  out.window_ms = last - first;
  traffic = Json::array();
  for (auto& [kind, at] : order) {
    const auto& [operation, from_within] = kind;
    std::sort(at.begin(), at.end());
    const double n = static_cast<double>(at.size());
    // Few of a kind: over the whole time that was traced; none of the gaps tells the rate.
    const double rate = at.size() < 2 || !(at.back() > at.front()) ? n / std::max(out.window_ms, 1000.0) : (n - 1) / (at.back() - at.front());
    out.rate += rate * 1000;
    const std::string target = traced.operations[operation].service + "/" + traced.operations[operation].name;
    std::string name = order.size() == 1 ? "customers" : target;
    if (from_within && starts.count({operation, false}) > 0) name += " from within";
    if (from_within && out.example.empty()) out.example = target;
    if (name.size() > kLongestName) name = name.substr(0, kLongestName - 8) + " #" + std::to_string(traffic.size() + 1);
    traffic.push_back({{"name", name}, {"to", target}, {"via", from_within ? "sidecar" : "gateway"}, {"arrivals", arrivalsJson(at, rate)}});
  }
  return out;
}

}  // namespace meshmall::models::traces
