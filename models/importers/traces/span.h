// Spans of distributed traces as plain records, whatever format they came in, and the log that collects them.
// Names are kept once and named by their index in the order of their first use; identifiers are kept as 64-bit hashes (two of a million spans meet with probability 3e-8).
// Times are nanoseconds since 1970. 80 bytes a span: a file of 200 MB holds a million at most.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace meshmall::models::traces {

enum class SpanKind : std::uint8_t { unknown, internal, server, client, producer, consumer };

struct Span {
  std::uint32_t trace = 0;    // index of the trace, in the order of their first span
  std::uint32_t service = 0;  // names
  std::uint32_t pod = 0;
  std::uint32_t name = 0;
  std::uint64_t id = 0, parent = 0;  // hashes; parent 0: none
  std::int64_t start = 0, end = 0;
  std::uint16_t status = 0;  // of HTTP, 0: not told
  SpanKind kind = SpanKind::unknown;
  bool failed = false;       // marked as an error, or a status of 500 and above
  bool shared = false;       // Zipkin: the server's half of a span whose client's half has the same identifier
  bool raw_name = false;     // the name is the recorder's, not yet an operation's
  bool storage = false;      // a call of a database or a cache, by its attributes
};

class SpanLog {
 public:
  std::uint32_t name(std::string_view text);
  std::uint32_t trace(std::string_view id);
  const std::string& text(std::uint32_t name) const { return names_[name]; }
  void add(const Span& span) { spans_.push_back(span); }

  const std::vector<Span>& spans() const { return spans_; }
  std::vector<Span>& spans() { return spans_; }
  std::size_t traces() const { return traces_.size(); }

 private:
  std::vector<Span> spans_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> by_name_;   // asked, never walked
  std::unordered_map<std::uint64_t, std::uint32_t> traces_;  // the same
};

// Never 0. Upper and lower case are the same identifier.
std::uint64_t identifierHash(std::string_view text);

// What a service is called: the pod's name without what Deployments ("-579b9bff58-t2dbm") and StatefulSets ("-0") add.
std::string serviceOfPod(std::string_view pod);

// As a scenario may name a service: at most 200 bytes, slashes and control characters become underscores.
std::string serviceName(std::string_view text);

// What an operation is called, from a server span's name and, where it tells more, the route and method of its attributes or its client's span:
// "hipstershop.CartService/GetCart" is GetCart, "HTTP GET" with a route "GET /cart"; numbers and long identifiers in a path become {id}; at most 200 bytes, no control characters.
std::string operationName(std::string_view span_name, std::string_view method, std::string_view route);

// "GET" of "HTTP GET", "GET" or "GET /cart"; empty when there is none.
std::string_view methodOf(std::string_view span_name);

// A span inside a service that waits for a database or a cache, by its name: "SELECT ...", "Transaction.commit".
bool namesStorage(std::string_view span_name);

// One that calls a procedure of another service, by its name: "hipstershop.CartService/GetCart" in any service but cartservice.
bool namesRemoteProcedure(std::string_view span_name, std::string_view own_service);

}  // namespace meshmall::models::traces
