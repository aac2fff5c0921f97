#include "models/topology/call_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/graph/topological_sort.hpp>
#include <cmath>
#include <deque>
#include <map>
#include <numeric>

#include "models/topology/mean_times.h"

namespace meshmall::models {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Calls = std::map<std::uint32_t, double>;  // node -> expected calls; byte order of services and operations is the order of nodes

// The operations that calls of one operation may end up at, whatever the rules of the moment.
std::vector<OperationRef> destinations(const Scenario& scenario, OperationRef called) {
  std::vector<OperationRef> found;
  const auto add = [&](const OperationRef& to) {
    const bool known = std::any_of(found.begin(), found.end(), [&](const OperationRef& o) { return o.service == to.service && o.operation == to.operation; });
    if (!known) found.push_back(to);
  };
  bool everywhere_ruled = !scenario.mesh_versions.empty();
  for (const Mesh& mesh : scenario.mesh_versions) {
    const auto rules =
        std::find_if(mesh.virtual_services.begin(), mesh.virtual_services.end(), [&](const ServiceRules& r) { return r.service == called.service; });
    if (rules == mesh.virtual_services.end()) {
      everywhere_ruled = false;
      continue;
    }
    for (const HttpRoute& route : rules->rules.http) {
      for (const RouteDestination& d : route.route)
        if (const auto to = servedAt(scenario, called, d.destination.host, &route)) add(*to);
      for (const Mirror& m : route.mirrors)
        if (const auto to = servedAt(scenario, called, m.destination.host, &route)) add(*to);
    }
  }
  const bool bare_callers = std::any_of(scenario.services.begin(), scenario.services.end(), [](const Service& s) { return !s.sidecar; });
  if (!everywhere_ruled || bare_callers || found.empty()) add(called);
  return found;
}

class GraphMaker {
 public:
  explicit GraphMaker(const Scenario& scenario) : scenario_(scenario) {}

  CallGraph make() {
    for (std::uint32_t s = 0; s < scenario_.services.size(); ++s) {
      graph_.first.push_back(static_cast<std::uint32_t>(graph_.nodes.size()));
      for (std::uint32_t o = 0; o < scenario_.services[s].operations.size(); ++o) graph_.nodes.push_back({s, o});
    }
    for (const OperationRef& node : graph_.nodes) places_.push_back(destinations(scenario_, node));
    for (const OperationRef& node : graph_.nodes) graph_.callees.push_back(edgesOf(node));
    findCycles();
    if (graph_.cycles.empty()) sortAndSum();
    findUnreachable();
    return std::move(graph_);
  }

 private:
  std::vector<CallGraph::Edge> edgesOf(OperationRef node) {
    Calls most;
    for (const Version& version : scenario_.services[node.service].versions) {
      Calls calls;
      collect(version.operations[node.operation].steps, 1, calls);
      for (const auto& [to, count] : calls) most[to] = std::max(most[to], count);
    }
    std::vector<CallGraph::Edge> edges;
    for (const auto& [to, count] : most) edges.push_back({to, count});
    return edges;
  }

  void collect(const Steps& steps, double reach, Calls& calls) {
    for (const Step& step : steps) {
      const double here = reach * step.probability;
      if (const auto* call = std::get_if<Call>(&step.what)) {
        for (const OperationRef& to : places_[graph_.node(call->to)]) calls[graph_.node(to)] += here * meanTimes(*call);
        collect(call->or_else, 0, calls);  // an edge, but nothing fails in this count
      } else if (const auto* choose = std::get_if<Choose>(&step.what)) {
        double sum = 0;
        for (const auto& course : choose->courses) sum += course.first;
        for (const auto& course : choose->courses) collect(course.second, sum > 0 ? here * course.first / sum : 0, calls);
      } else if (const auto* parallel = std::get_if<Parallel>(&step.what)) {
        for (const Steps& branch : parallel->branches) collect(branch, here, calls);
      }
    }
  }

  Graph boostGraph() const {
    Graph graph(graph_.nodes.size());
    for (std::uint32_t from = 0; from < graph_.nodes.size(); ++from)
      for (const CallGraph::Edge& edge : graph_.callees[from]) boost::add_edge(from, edge.to, graph);
    return graph;
  }

  void findCycles() {
    const Graph graph = boostGraph();
    std::vector<std::uint32_t> knot(graph_.nodes.size());
    if (graph_.nodes.empty()) return;
    boost::strong_components(graph, boost::make_iterator_property_map(knot.begin(), boost::get(boost::vertex_index, graph)));
    std::vector<bool> named(graph_.nodes.size(), false);  // by knot
    for (std::uint32_t node = 0; node < graph_.nodes.size(); ++node) {
      if (named[knot[node]]) continue;
      std::vector<std::uint32_t> cycle = shortestCycle(node, knot);
      if (cycle.empty()) continue;
      named[knot[node]] = true;
      graph_.cycles.push_back(std::move(cycle));
    }
  }

  // Breadth first from `start` back to it, within its knot; empty when it is on no cycle.
  std::vector<std::uint32_t> shortestCycle(std::uint32_t start, const std::vector<std::uint32_t>& knot) const {
    std::map<std::uint32_t, std::uint32_t> came_from;
    std::deque<std::uint32_t> open{start};
    while (!open.empty()) {
      const std::uint32_t node = open.front();
      open.pop_front();
      for (const CallGraph::Edge& edge : graph_.callees[node]) {
        if (edge.to == start) {
          std::vector<std::uint32_t> cycle;
          for (std::uint32_t back = node; back != start; back = came_from.at(back)) cycle.push_back(back);
          cycle.push_back(start);
          std::reverse(cycle.begin(), cycle.end());
          return cycle;
        }
        if (knot[edge.to] == knot[start] && came_from.emplace(edge.to, node).second) open.push_back(edge.to);
      }
    }
    return {};
  }

  void sortAndSum() {
    std::vector<std::size_t> callees_first;
    const Graph graph = boostGraph();
    boost::topological_sort(graph, std::back_inserter(callees_first));
    graph_.depth.assign(graph_.nodes.size(), 0);
    graph_.calls_below.assign(graph_.nodes.size(), 0);
    for (const std::size_t node : callees_first) {
      for (const CallGraph::Edge& edge : graph_.callees[node]) {
        graph_.depth[node] = std::max(graph_.depth[node], graph_.depth[edge.to] + 1);
        if (edge.calls > 0) graph_.calls_below[node] += edge.calls * (1 + graph_.calls_below[edge.to]);
      }
    }
    graph_.order.assign(callees_first.rbegin(), callees_first.rend());
  }

  void findUnreachable() {
    std::vector<bool> reached(graph_.nodes.size(), false);
    std::vector<std::uint32_t> open;
    const auto reach = [&](std::uint32_t node) {
      if (reached[node]) return;
      reached[node] = true;
      open.push_back(node);
    };
    for (const Traffic& traffic : scenario_.traffic)
      for (const OperationRef& to : places_[graph_.node(traffic.to)]) reach(graph_.node(to));
    while (!open.empty()) {
      const std::uint32_t node = open.back();
      open.pop_back();
      for (const CallGraph::Edge& edge : graph_.callees[node]) reach(edge.to);
    }
    for (std::uint32_t s = 0; s < scenario_.services.size(); ++s) {
      bool any = false;
      for (std::uint32_t o = 0; o < scenario_.services[s].operations.size(); ++o) any = any || reached[graph_.first[s] + o];
      if (!any) graph_.unreachable.push_back(s);
    }
  }

  const Scenario& scenario_;
  CallGraph graph_;
  std::vector<std::vector<OperationRef>> places_;  // by node
};

std::string escaped(std::string_view key) {  // for a JSON pointer
  std::string out;
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

std::string pointerTo(const Scenario& scenario, OperationRef of) {
  const Service& service = scenario.services[of.service];
  return "/services/" + escaped(service.name) + "/operations/" + escaped(service.operations[of.operation].name);
}

}  // namespace

CallGraph callGraph(const Scenario& scenario) { return GraphMaker(scenario).make(); }

std::string operationName(const Scenario& scenario, OperationRef of) {
  const Service& service = scenario.services[of.service];
  return service.name + "/" + service.operations[of.operation].name;
}

std::optional<std::uint32_t> serviceNamed(const Scenario& scenario, std::string_view name) {
  const auto found =
      std::lower_bound(scenario.services.begin(), scenario.services.end(), name, [](const Service& s, std::string_view n) { return s.name < n; });
  if (found == scenario.services.end() || found->name != name) return std::nullopt;
  return static_cast<std::uint32_t>(found - scenario.services.begin());
}

std::optional<std::uint32_t> operationNamed(const Service& service, std::string_view name) {
  const auto found =
      std::lower_bound(service.operations.begin(), service.operations.end(), name, [](const Operation& o, std::string_view n) { return o.name < n; });
  if (found == service.operations.end() || found->name != name) return std::nullopt;
  return static_cast<std::uint32_t>(found - service.operations.begin());
}

std::optional<OperationRef> servedAt(const Scenario& scenario, OperationRef called, std::string_view host, const HttpRoute* rule) {
  const Service& meant = scenario.services[called.service];
  const Operation& asked = meant.operations[called.operation];
  const bool rewrites = rule != nullptr && rule->rewrite.changesPath();
  if (host == meant.name && !rewrites) return called;
  const auto service = serviceNamed(scenario, host);
  if (!service) return std::nullopt;
  const std::string name = rewrites ? asked.method + " " + rewrittenPath(rule->rewrite, rule->match, asked.path) : asked.name;
  const auto operation = operationNamed(scenario.services[*service], name);
  if (!operation) return std::nullopt;
  return OperationRef{*service, *operation};
}

std::vector<Problem> graphProblems(const Scenario& scenario, const CallGraph& graph, const std::string& file) {
  std::vector<Problem> problems;
  const auto add = [&](Problem::Severity severity, std::string pointer, std::string message, std::string hint) {
    Problem problem;
    problem.file = file;
    problem.pointer = std::move(pointer);
    problem.message = std::move(message);
    problem.hint = std::move(hint);
    problem.severity = severity;
    problems.push_back(std::move(problem));
  };
  for (const auto& cycle : graph.cycles) {
    std::string way;
    for (const std::uint32_t node : cycle) way += printable(operationName(scenario, graph.nodes[node])) + " -> ";
    way += printable(operationName(scenario, graph.nodes[cycle.front()]));
    add(Problem::Severity::error, pointerTo(scenario, graph.nodes[cycle.front()]), "calls go round in a circle: " + way,
        "a request would never end; take one of these calls out");
  }
  for (std::size_t t = 0; graph.cycles.empty() && t < scenario.traffic.size(); ++t) {
    const double calls = 1 + graph.calls_below[graph.node(scenario.traffic[t].to)];
    if (calls <= kMostCallsPerCustomer) continue;
    add(Problem::Severity::error, "/traffic/" + std::to_string(t) + "/to", "each customer causes more than a million calls",
        "calls multiply along the tree; fewer `times`, fewer levels");
  }
  return problems;
}

}  // namespace meshmall::models
