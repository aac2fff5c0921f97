// What `check` says of retries, hedges and limits that cannot act, or that hurt: warnings with a code, the reason (message) and the cure (hint).
// Judged by the policies of every mesh version, the endpoints the scenario starts with, and the predicted rates. Codes and their meaning:
// docs/reference/resilience.md#warnings. Each code is given at most once for a place. Source: specs envoy-resilience.md, rollout-traffic-security.md.
#pragma once

#include <string>
#include <vector>

#include "models/scenario/problems.h"
#include "models/scenario/scenario.h"
#include "models/topology/call_graph.h"
#include "models/topology/prediction.h"

namespace meshmall::models {

struct AdviceInput {
  const Scenario& scenario;
  const CallGraph& graph;  // without cycles
  const Prediction& prediction;
  const std::string& file;
  std::size_t version = 0;   // of the mesh
  std::string patch = {};    // JSON pointer of the event that made this version, empty for the first

  const Mesh& mesh() const { return scenario.mesh_versions[version]; }
};

// ---- retry_advice.cpp: timeouts that do not fit, conditions that cannot be met, budgets, hedges, layers that multiply
void adviseOnRetries(const AdviceInput& in, std::vector<Problem>& out);
// ---- limit_advice.cpp: rate limits, adaptive concurrency, admission control
void adviseOnLimits(const AdviceInput& in, std::vector<Problem>& out);
// ---- security_advice.cpp: who is refused, policies that cannot act
void adviseOnSecurity(const AdviceInput& in, std::vector<Problem>& out);

// All of them, of every version of the mesh (each said once); their places are JSON pointers, without lines. Rates are predicted for the first version.
std::vector<Problem> policyAdvice(const AdviceInput& in);

Problem advice(const AdviceInput& in, std::string pointer, std::string code, std::string reason, std::string cure);

}  // namespace meshmall::models
