// From spans to visits: what a service was asked to do (a server span), how long it worked for it itself, and whom it called in which order.
// Spans inside a service (clients' halves, functions, database calls) belong to the visit they are part of. A call is the client's and the server's span together; what
// lies between the two is the way there and back. Spans that fit nowhere are left out and counted, clocks that disagree are set right and counted.
// All times in nanoseconds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/importers/traces/span.h"

namespace meshmall::models::traces {

inline constexpr std::uint32_t kNoVisit = 0xffffffffU;

struct TracedCall {
  std::uint32_t visit = kNoVisit;  // at the callee
  std::int64_t start = 0, end = 0;  // as the caller waits for it
  std::int64_t gap = -1;            // of it not spent at the callee; -1: no client's span tells
  bool again = false;               // a further try of an earlier call: under the same client's span, of the same service, as a proxy tries again
};

struct Visit {
  std::uint32_t operation = 0;  // index in Visits::operations
  std::uint32_t pod = 0;        // name in the log
  std::uint32_t trace = 0;
  std::uint32_t parent = kNoVisit;
  std::uint32_t root = 0;       // the customer's own visit
  std::int64_t start = 0, end = 0;
  std::int64_t busy = 0, wait = 0;  // of its own: the rest is its calls'
  std::vector<TracedCall> calls;    // by start
  std::uint16_t status = 0;
  bool failed = false;
  bool from_within = false;  // a root that no server's or consumer's span tells: the service began by itself
  std::int64_t length() const { return end - start; }
};

struct TracedOperation {
  std::string service, name;
  std::uint32_t plain = kNoVisit;  // the operation that this one is kept apart from, for one of its callers (keep_apart.h)
};

struct Visits {
  std::vector<Visit> all;            // parents before children
  std::vector<std::uint32_t> roots;  // by their start
  std::vector<TracedOperation> operations;
  std::map<std::uint32_t, std::string> pods;  // of the visits: their names
  // What did not fit.
  std::uint64_t orphans = 0;         // spans whose parent is not in the files (and what hangs on them)
  std::uint64_t headless = 0;        // traces without a root, of which the topmost span was taken for it
  std::uint64_t cyclic = 0;          // spans that are their own ancestors, or hang on such
  std::uint64_t doubled = 0;         // spans that are in the files twice
  std::uint64_t skewed = 0;          // server spans moved into their client's
  std::uint64_t asynchronous = 0;    // spans of calls that the caller did not wait for (and what hangs on them)
  std::uint64_t stored = 0;          // calls of databases and caches, which are waits of the service
  std::uint64_t unanswered = 0;      // calls whose server recorded nothing: they are waits of the caller
  std::map<std::string, std::uint64_t> unanswered_names;
  bool entrance = false;             // the roots were a gateway's that only passes on; it is the mall's entrance
  std::string entrance_name;
  bool apart_limited = false;        // more operations differ by caller than are kept apart
};

Visits makeVisits(SpanLog& log);

}  // namespace meshmall::models::traces
