// A customer's trip as the spans that tracing would have recorded: the gateway's, a client's span for each call, a server's for each try that reached an endpoint, and inside
// of it what it waited for and worked on. What every trace format is written from.
// Identifiers are made of the customer's number and the place in the trip: the same run gives the same ones. Limiting case: a trip that has not ended is no trace.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "models/observation/trip.h"

namespace meshmall::models {

enum class TripSpanKind : std::uint8_t { internal, server, client };

struct TripSpan {
  std::uint64_t id = 0, parent = 0;  // from 1; parent 0: the trip itself
  TripSpanKind kind = TripSpanKind::internal;
  std::string service, pod, name;
  engine::SimTime start, end;
  std::uint16_t status = 0;  // of an answer; 0: none, or not told
  bool failed = false;
  std::vector<std::pair<std::string, std::string>> attributes;
};

// In the order they start, parents before children. Empty: the trip was not recorded to its end.
std::vector<TripSpan> spansOf(const Trip& trip);

struct TraceClock {
  std::int64_t start = 1735689600;  // seconds since 1970 of the mall's time 0: 2025-01-01T00:00:00Z
};

std::string otlpJson(const std::vector<Trip>& trips, TraceClock clock);
std::string jaegerJson(const std::vector<Trip>& trips, TraceClock clock);
// Chrome's trace events, which Perfetto reads: a process a customer; its first thread is the critical path, the others the trip's tree. Times from the mall's time 0.
std::string perfettoJson(const std::vector<Trip>& trips);

}  // namespace meshmall::models
