// The call graph: cycles by name, calling order, depth, calls per customer.
#include <algorithm>
#include <random>

#include "tests/models/topology_fixture.h"

namespace meshmall::models {
namespace {

using namespace topology_test;

TEST(CallGraph, NamesACycleInTheOrderOfItsCalls) {
  const Scenario s = scenario({service("a", {operation("x", {call({1, 0})})}), service("b", {operation("y", {call({0, 0})})})}, 1);
  const CallGraph graph = callGraph(s);
  const auto problems = graphProblems(s, graph, "mall.json");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].severity, Problem::Severity::error);
  EXPECT_EQ(problems[0].pointer, "/services/a/operations/x");
  EXPECT_NE(problems[0].message.find("a/x -> b/y -> a/x"), std::string::npos) << problems[0].message;
  EXPECT_TRUE(graph.order.empty());
}

TEST(CallGraph, FindsOneCycleForEachKnotAndTheShortest) {
  // a -> b -> c -> a, and b -> a beside it; d calls itself; e only calls.
  const Scenario s = scenario({service("a", {operation("x", {call({1, 0})})}), service("b", {operation("x", {call({2, 0}), call({0, 0})})}),
                               service("c", {operation("x", {call({0, 0})})}), service("d", {operation("x", {call({3, 0})})}),
                               service("e", {operation("x", {call({0, 0}), call({3, 0})})})},
                              1, {4, 0});
  const CallGraph graph = callGraph(s);
  ASSERT_EQ(graph.cycles.size(), 2u);
  EXPECT_EQ(graph.cycles[0], (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(graph.cycles[1], (std::vector<std::uint32_t>{3}));
}

TEST(CallGraph, AnOperationMayCallAnotherOfItsOwnService) {
  const Scenario s = scenario({service("a", {operation("x", {call({1, 0})}), operation("z", {})}), service("b", {operation("y", {call({0, 1})})})}, 1);
  const CallGraph graph = callGraph(s);
  EXPECT_TRUE(graph.cycles.empty());
  EXPECT_EQ(graph.depth[graph.node({0, 0})], 2u);
  EXPECT_TRUE(graphProblems(s, graph, "mall.json").empty());
}

TEST(CallGraph, SeesCallsOfEveryVersionAndOnEveryCourse) {
  Scenario s = scenario({service("a", {operation("x", {})}), service("b", {operation("y", {})}), service("c", {operation("z", {})})}, 1);
  Version second = s.services[0].versions[0];
  second.name = "v2";
  Call optional;
  optional.to = {1, 0};
  optional.or_else = {call({2, 0})};
  Choose choose;
  choose.courses = {{1, {Step{1, optional}}}, {3, {}}};
  Parallel parallel;
  parallel.branches = {{}, {Step{1, choose}}};
  second.operations[0].steps = {Step{1, parallel}};
  s.services[0].versions.push_back(second);
  const CallGraph graph = callGraph(s);
  ASSERT_EQ(graph.callees[0].size(), 2u);
  EXPECT_DOUBLE_EQ(graph.callees[0][0].calls, 0.25);
  EXPECT_DOUBLE_EQ(graph.callees[0][1].calls, 0);  // of an orElse: a call that may be, in a count where nothing fails
  EXPECT_TRUE(graph.unreachable.empty());
}

TEST(CallGraph, FollowsRulesThatSendCallsElsewhere) {
  Scenario s =
      scenario({service("a", {operation("x", {call({1, 0})})}), service("b", {operation("y", {})}), service("c", {operation("y", {call({0, 0})})})}, 1);
  HttpRoute route;
  route.route = {{{"b", "", 0}, 50, {}}, {{"c", "", 0}, 50, {}}};
  ServiceRules rules;
  rules.service = 1;
  rules.rules.http = {route};
  s.mesh_versions[0].virtual_services = {rules};
  const CallGraph graph = callGraph(s);
  ASSERT_EQ(graph.cycles.size(), 1u);
  EXPECT_EQ(operationName(s, graph.nodes[graph.cycles[0][1]]), "c/y");
}

TEST(CallGraph, KnowsAServiceThatNobodyReaches) {
  const Scenario s = scenario({service("a", {operation("x", {})}), service("b", {operation("y", {})})}, 1);
  EXPECT_EQ(callGraph(s).unreachable, std::vector<std::uint32_t>{1});
}

TEST(CallGraph, RefusesTreesThatGrowExponentially) {
  // Each of 60 services calls the next one twice: 2^60 calls.
  std::vector<Service> services;
  for (std::uint32_t i = 0; i < 60; ++i) {
    const std::string name = "s" + std::to_string(100 + i);
    services.push_back(service(name, {operation("x", i < 59 ? Steps{call({i + 1, 0}, 1, 2)} : Steps{})}));
  }
  const Scenario s = scenario(services, 1);
  const auto problems = graphProblems(s, callGraph(s), "mall.json");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].pointer, "/traffic/0/to");
}

// Calls below an operation by plain recursion.
double recursive(const Scenario& s, OperationRef of) {
  double sum = 0;
  for (const Step& step : s.services[of.service].operations[of.operation].steps) {
    const Call& made = std::get<Call>(step.what);
    sum += step.probability * made.times[0].first * (1 + recursive(s, made.to));
  }
  return sum;
}

TEST(CallGraph, CountsCallsAsARecursionDoesOnRandomGraphs) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto n = static_cast<std::uint32_t>(2 + random() % 9);
    std::vector<Service> services;
    for (std::uint32_t i = 0; i < n; ++i) {
      Steps steps;
      for (std::uint32_t k = 0; i + 1 < n && k < random() % 4; ++k)
        steps.push_back(call({static_cast<std::uint32_t>(i + 1 + random() % (n - i - 1)), 0}, static_cast<double>(random() % 11) / 10,
                             static_cast<std::uint32_t>(random() % 3)));
      services.push_back(service("s" + std::to_string(i), {operation("x", steps)}));
    }
    const Scenario s = scenario(services, 1);
    const CallGraph graph = callGraph(s);
    ASSERT_TRUE(graph.cycles.empty());
    for (std::uint32_t i = 0; i < n; ++i) EXPECT_NEAR(graph.calls_below[i], recursive(s, {i, 0}), 1e-9 * (1 + graph.calls_below[i]));
    std::vector<std::size_t> position(n);
    for (std::size_t i = 0; i < n; ++i) position[graph.order[i]] = i;
    for (std::uint32_t i = 0; i < n; ++i)
      for (const auto& edge : graph.callees[i]) EXPECT_LT(position[i], position[edge.to]);
  }
}

}  // namespace
}  // namespace meshmall::models
