// `export istio`: a scenario's policies as manifests that can be applied: DestinationRules, VirtualServices, security, HorizontalPodAutoscalers, Canaries and Rollouts.
// What Istio's resources cannot say (a policy of Envoy's or Linkerd's, rate limits, times of the control plane) is left out and told, one remark each.
// Imported again over the same workloads it gives the same `mesh`, `rollouts` and `autoscalers`. Limiting case: no policies, no documents, only the heading.
#pragma once

#include <string>
#include <vector>

namespace meshmall::models {

struct IstioYaml {
  std::string text;
  std::vector<std::string> remarks;  // "/mesh/rateLimits: …"
};

// `scenario` is the text of a sound scenario.
IstioYaml istioYaml(const std::string& scenario);

}  // namespace meshmall::models
