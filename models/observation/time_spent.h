// Where the time of customers went: their critical paths (trip.h) summed by shop and by kind of time, for all of them or for a band of their latencies, and who was
// slowest. Each nanosecond of a latency is counted once: the sum over shops and kinds is the sum of the latencies.
//
// Limiting cases: customers who are still there are left out; a band without customers has sums of 0.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/observation/trip.h"

namespace meshmall::models {

enum class SpentOn : std::uint8_t {
  queueing,  // in line for a worker, or for a connection
  service,   // a worker at work, an operation's own wait
  network,   // hops and handshakes
  proxy,     // inside proxies, injected delays included
  retries,   // tries that were made again, however they spent their time; waits before a hedge; for answers that never came
  backoff,   // before a further try
  other,     // at an endpoint without any of these
};
inline constexpr std::size_t kSpentKinds = 7;
std::string_view name(SpentOn kind);  // "queueing", ...

// What a part of a path was spent on.
SpentOn spentOn(const TripPart& part);

// The time of one trip, by shop and kind.
struct TripTime {
  struct Share {
    std::uint32_t shop = 0;  // index in TimeLog::shops
    SpentOn kind = SpentOn::other;
    std::int64_t ns = 0;
  };
  std::uint64_t number = 0;
  engine::SimTime arrived;
  engine::Duration latency;
  Outcome outcome;
  bool abandoned = false;
  std::vector<Share> shares;  // each shop and kind once, in the order they first come on the path
};

struct TimeLog {
  std::vector<std::string> shops;  // of the calls; "" for time outside of every call
  std::vector<TripTime> trips;     // ended ones
  std::uint64_t under_way = 0;     // customers who were still there
};

// Trips that were found. Linear in their parts.
TimeLog timeLog(const std::vector<Trip>& trips);

struct TimeSpent {
  struct Shop {
    std::string name;
    std::array<std::int64_t, kSpentKinds> ns{};  // by SpentOn, of all customers in the band
    std::int64_t total() const;
  };
  std::uint64_t customers = 0;
  std::int64_t total_ns = 0;
  std::vector<Shop> shops;          // with time, most first; ties by name
  std::vector<std::uint32_t> slowest;  // indices in TimeLog::trips, slowest first; ties by number
};

// Of the customers whose rank by latency lies in (from, to], shares of all: 0 and 1 take everybody, 0.99 and 1 the slowest hundredth (at least one, where there is
// one). At most `slowest` are listed. O(n log n).
TimeSpent timeSpent(const TimeLog& log, double from, double to, std::size_t slowest);

}  // namespace meshmall::models
