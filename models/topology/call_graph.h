// Who calls whom, operation by operation: the order to compute things in, calls that go round in a circle, how many calls one customer causes.
//
// A node is an operation of a service; there is an edge where any version of the caller has the call, on any course, and any version of the mesh's
// rules can lead it there (rules may send calls to another service, and mirrors copy them). An operation may call another one of its own service.
// Limiting cases: an operation without calls has depth 0; a service whose operations are only mirrored to counts as reached.
// Source: Boost.Graph (strong components, topological order).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/scenario/problems.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

// More calls than this for one customer are refused: each is an event or ten.
inline constexpr double kMostCallsPerCustomer = 1e6;

struct CallGraph {
  struct Edge {
    std::uint32_t to = 0;  // node
    double calls = 0;      // by expectation for one request, nothing failing; of several versions the most
  };

  std::vector<std::uint32_t> first;  // by service: the node of its operation 0
  std::vector<OperationRef> nodes;
  std::vector<std::vector<Edge>> callees;          // by node; ascending, each once
  std::vector<std::vector<std::uint32_t>> cycles;  // each in the order of the calls, beginning with the first name in byte order; one for each knot
  std::vector<std::uint32_t> order;                // callers before callees; empty when there are cycles
  std::vector<std::uint32_t> depth;                // by node: the longest chain of calls below it; empty when there are cycles
  std::vector<double> calls_below;                 // by node: calls that one request causes, by expectation; empty when there are cycles
  std::vector<std::uint32_t> unreachable;          // services that no traffic reaches, ascending

  std::uint32_t node(OperationRef of) const { return first[of.service] + of.operation; }
};

// O(operations + calls).
CallGraph callGraph(const Scenario& scenario);

// "service/operation".
std::string operationName(const Scenario& scenario, OperationRef of);

// Position of a service by its key; of an operation by its name. Nothing: there is none.
std::optional<std::uint32_t> serviceNamed(const Scenario& scenario, std::string_view name);
std::optional<std::uint32_t> operationNamed(const Service& service, std::string_view name);

// The operation that serves the calls of `called` at the service a rule leads to: the one of the same name, or of
// the name that the rule's rewrite makes of its path. Nothing: there is none.
std::optional<OperationRef> servedAt(const Scenario& scenario, OperationRef called, std::string_view host, const HttpRoute* rule = nullptr);

// Errors: cycles, named ("a/x -> b/y -> a/x"), and more than kMostCallsPerCustomer calls. (Services that no traffic reaches are the decoder's warning.)
std::vector<Problem> graphProblems(const Scenario& scenario, const CallGraph& graph, const std::string& file);

}  // namespace meshmall::models
