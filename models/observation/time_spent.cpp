#include "models/observation/time_spent.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

namespace meshmall::models {

std::string_view name(SpentOn kind) {
  constexpr std::array<std::string_view, kSpentKinds> kNames = {"queueing", "service", "network", "proxy", "retries", "backoff", "other"};
  return kNames[static_cast<std::size_t>(kind)];
}

SpentOn spentOn(const TripPart& part) {
  if (part.in_vain) return part.kind == TripPartKind::backoff ? SpentOn::backoff : SpentOn::retries;
  switch (part.kind) {
    case TripPartKind::queue:
    case TripPartKind::pool: return SpentOn::queueing;
    case TripPartKind::busy:
    case TripPartKind::wait: return SpentOn::service;
    case TripPartKind::hop:
    case TripPartKind::handshake: return SpentOn::network;
    case TripPartKind::proxy:
    case TripPartKind::fault: return SpentOn::proxy;
    case TripPartKind::hedge:
    case TripPartKind::no_answer: return SpentOn::retries;
    case TripPartKind::backoff: return SpentOn::backoff;
    case TripPartKind::other: break;
  }
  return SpentOn::other;
}

TimeLog timeLog(const std::vector<Trip>& trips) {
  TimeLog log;
  std::map<std::string, std::uint32_t> index_of;
  for (const Trip& trip : trips) {
    if (!trip.found) continue;
    if (!trip.ended) {
      ++log.under_way;
      continue;
    }
    TripTime time{trip.number, trip.arrived, trip.latency(), trip.outcome, trip.abandoned, {}};
    for (const TripPart& part : criticalPathByShop(trip)) {
      const auto shop = index_of.try_emplace(part.shop, static_cast<std::uint32_t>(log.shops.size()));
      if (shop.second) log.shops.push_back(part.shop);
      const std::uint32_t index = shop.first->second;
      const SpentOn kind = spentOn(part);
      const auto share = std::find_if(time.shares.begin(), time.shares.end(), [&](const TripTime::Share& s) { return s.shop == index && s.kind == kind; });
      if (share == time.shares.end()) time.shares.push_back({index, kind, part.length().ns});
      else share->ns += part.length().ns;
    }
    log.trips.push_back(std::move(time));
  }
  return log;
}

std::int64_t TimeSpent::Shop::total() const { return std::accumulate(ns.begin(), ns.end(), std::int64_t{0}); }

TimeSpent timeSpent(const TimeLog& log, double from, double to, std::size_t slowest) {
  std::vector<std::uint32_t> order(log.trips.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const TripTime &x = log.trips[a], &y = log.trips[b];
    return std::tuple(x.latency.ns, y.number) < std::tuple(y.latency.ns, x.number);
  });
  // Ranks i + 1 of n with from * n < i + 1 <= to * n; where that is nobody although somebody came: the one at the upper edge.
  const auto n = static_cast<double>(order.size());
  const auto edge = [&](double share) { return static_cast<std::size_t>(std::clamp(std::floor(share * n + 1e-9), 0.0, n)); };
  std::size_t first = edge(from);
  const std::size_t last = std::max(edge(to), std::min<std::size_t>(1, order.size()));
  if (first >= last && last > 0) first = last - 1;
  TimeSpent out;
  out.shops.resize(log.shops.size());
  for (std::size_t s = 0; s < log.shops.size(); ++s) out.shops[s].name = log.shops[s];
  for (std::size_t i = first; i < last; ++i) {
    const TripTime& trip = log.trips[order[i]];
    ++out.customers;
    out.total_ns += trip.latency.ns;
    for (const TripTime::Share& share : trip.shares) out.shops[share.shop].ns[static_cast<std::size_t>(share.kind)] += share.ns;
  }
  out.shops.erase(std::remove_if(out.shops.begin(), out.shops.end(), [](const TimeSpent::Shop& s) { return s.total() == 0; }), out.shops.end());
  std::sort(out.shops.begin(), out.shops.end(), [](const TimeSpent::Shop& a, const TimeSpent::Shop& b) { return a.total() != b.total() ? a.total() > b.total() : a.name < b.name; });
  for (std::size_t i = last; i > first && out.slowest.size() < slowest; --i) out.slowest.push_back(order[i - 1]);
  return out;
}

}  // namespace meshmall::models
