#include "models/exporters/call_graph_text.h"

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "engine/report/number_text.h"
#include "models/topology/call_graph.h"
#include "models/topology/prediction.h"

namespace meshmall::models {

namespace {

struct Arrow {
  double rate = 0;  // calls per second
};

// Ends are services; entrances come behind them, in the order of traffic.
struct Arrows {
  std::map<std::pair<std::size_t, std::size_t>, Arrow> all;
};

Arrows arrowsOf(const Scenario& scenario) {
  const CallGraph graph = callGraph(scenario);
  const Prediction prediction = predict(scenario, graph);
  Arrows out;
  std::vector<double> rate(graph.nodes.size(), 0);
  for (std::size_t t = 0; t < scenario.traffic.size(); ++t) {
    const OperationRef to = scenario.traffic[t].to;
    const double customers = t < prediction.traffic.size() ? prediction.traffic[t].rate : 0;
    rate[graph.node(to)] += customers;
    out.all[{scenario.services.size() + t, to.service}].rate += customers;
  }
  for (const std::uint32_t node : graph.order) {
    for (const CallGraph::Edge& edge : graph.callees[node]) {
      const double calls = rate[node] * edge.calls;
      rate[edge.to] += calls;
      out.all[{graph.nodes[node].service, graph.nodes[edge.to].service}].rate += calls;
    }
  }
  return out;
}

// Three significant digits.
std::string rateText(double rate) {
  if (!std::isfinite(rate)) return "";
  return engine::plain(rate, 3) + "/s";
}

std::string quoted(const std::string& text, bool mermaid) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') {
      out += mermaid ? "#quot;" : "\\\"";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out + "\"";
}

}  // namespace

std::string callGraphDot(const Scenario& scenario) {
  const Arrows arrows = arrowsOf(scenario);
  const auto id = [&](std::size_t end) { return end < scenario.services.size() ? quoted(scenario.services[end].name, false) : quoted("traffic: " + scenario.traffic[end - scenario.services.size()].name, false); };
  std::string out = "digraph " + quoted(scenario.name.empty() ? "scenario" : scenario.name, false) + " {\n  rankdir=LR;\n  node [shape=box];\n";
  for (std::size_t t = 0; t < scenario.traffic.size(); ++t) out += "  " + id(scenario.services.size() + t) + " [shape=ellipse];\n";
  for (std::size_t s = 0; s < scenario.services.size(); ++s) out += "  " + id(s) + ";\n";
  for (const auto& [ends, arrow] : arrows.all) out += "  " + id(ends.first) + " -> " + id(ends.second) + " [label=" + quoted(rateText(arrow.rate), false) + "];\n";
  return out + "}\n";
}

std::string callGraphMermaid(const Scenario& scenario) {
  const Arrows arrows = arrowsOf(scenario);
  const auto id = [&](std::size_t end) { return end < scenario.services.size() ? "s" + std::to_string(end) : "t" + std::to_string(end - scenario.services.size()); };
  std::string out = "graph LR\n";
  for (std::size_t t = 0; t < scenario.traffic.size(); ++t) out += "  " + id(scenario.services.size() + t) + "([" + quoted(scenario.traffic[t].name, true) + "])\n";
  for (std::size_t s = 0; s < scenario.services.size(); ++s) out += "  " + id(s) + "[" + quoted(scenario.services[s].name, true) + "]\n";
  for (const auto& [ends, arrow] : arrows.all) {
    const std::string rate = rateText(arrow.rate);
    out += "  " + id(ends.first) + " -->" + (rate.empty() ? "" : "|" + quoted(rate, true) + "|") + " " + id(ends.second) + "\n";
  }
  return out;
}

}  // namespace meshmall::models
