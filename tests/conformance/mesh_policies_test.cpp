// Every public case of routing, security, discovery and scaling, recorded from Istio, Gateway API and Kubernetes, decided by the objects of models.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/replay/compare.h"
#include "cli/replay/mesh_policies.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;

std::vector<json> ownCases() {
  std::ifstream in("tests/conformance/vectors/rollout-traffic-security.json");
  EXPECT_TRUE(in) << "the working directory must be the project's root";
  std::vector<json> own;
  for (const json& one_case : json::parse(in)) {
    if (meshPoliciesHave(one_case.at("algorithm").get<std::string>())) own.push_back(one_case);
  }
  return own;
}

TEST(MeshPoliciesConformance, DecidesEveryCaseAsItsProjectDoes) {
  std::map<std::string, int> ok;
  for (const json& one_case : ownCases()) {
    json actual;
    const ReplayAnswer answer = replayMeshPolicies(one_case, actual);
    EXPECT_TRUE(answer.supported) << one_case.at("id") << ": " << answer.reason;
    const auto differences = compareCase(one_case, actual, answer);
    EXPECT_EQ(differences, std::vector<std::string>()) << one_case.at("id");
    if (answer.supported && differences.empty()) ++ok[one_case.at("algorithm").get<std::string>()];
  }
  const std::map<std::string, int> all = {{"hpa.resource_utilization", 16},
                                          {"hpa.pods_metric", 3},
                                          {"hpa.object_metric", 3},
                                          {"hpa.external_metric", 3},
                                          {"hpa.objectPerPod_metric", 2},
                                          {"hpa.externalPerPod_metric", 2},
                                          {"hpa.group_pods", 6},
                                          {"hpa.scaling_rules_rate_limit", 21},
                                          {"hpa.stabilize_with_behaviors", 7},
                                          {"k8s.readiness_probe", 3},
                                          {"istio.xds_debounce", 5},
                                          {"istio.cert_rotation_delay", 5},
                                          {"istio.compose_peer_authentication", 8},
                                          {"istio.mtls_outcome", 4},
                                          {"istio.client_tls_selection", 6},
                                          {"istio.authorization_decision", 10},
                                          {"istio.request_authentication", 5},
                                          {"istio.spiffe_id", 1},
                                          {"istio.convert_retry_policy", 6},
                                          {"istio.mirror_percent", 5},
                                          {"istio.route_weight_split", 4},
                                          {"gatewayapi.backend_ref_weights", 4},
                                          {"istio.circuit_breaker_defaults", 2},
                                          {"istio.retry_budget", 1},
                                          {"istio.outlier_detection_mapping", 4},
                                          {"istio.slow_start_mapping", 2}};
  EXPECT_EQ(ok, all);
}

TEST(MeshPoliciesConformance, DoesNotReadTheExpectation) {
  for (const json& one_case : ownCases()) {
    json without = one_case, with_expectation, without_expectation;
    without.erase("expect");
    replayMeshPolicies(one_case, with_expectation);
    replayMeshPolicies(without, without_expectation);
    EXPECT_EQ(with_expectation, without_expectation) << one_case.at("id");
  }
}

TEST(MeshPoliciesConformance, RefusesAKeyItDoesNotUnderstand) {
  for (const json& one_case : ownCases()) {
    for (const char* part : {"config", "input"}) {
      json changed = one_case, actual;
      changed[part]["no_such_key"] = 1;
      EXPECT_FALSE(replayMeshPolicies(changed, actual).supported) << one_case.at("id") << " " << part;
    }
  }
}

// Keys deep inside a case count too: a rule's field that nobody read would be a rule that matches more than it says.
TEST(MeshPoliciesConformance, RefusesAKeyItDoesNotUnderstandInsideAPolicy) {
  json one_case = json::parse(R"({"id": "x", "algorithm": "istio.authorization_decision", "input": {"request": {"methods": "GET"}},
                                  "config": {"policies": [{"action": "DENY", "rules": [{"from": [{"namespaces": ["a"], "ipBlocks": ["10.0.0.0/8"]}]}]}]}})");
  json actual;
  EXPECT_FALSE(replayMeshPolicies(one_case, actual).supported);
  one_case["config"]["policies"][0]["rules"][0]["from"][0].erase("ipBlocks");
  EXPECT_TRUE(replayMeshPolicies(one_case, actual).supported);
}

}  // namespace
}  // namespace meshmall::cli
