// Which workloads a security policy is for: those with its selector's labels in its namespace; all of its namespace when it selects nothing;
// all of the mesh when it lies in the root namespace.
// Source: Istio's security policies; spec rollout-traffic-security.md section 6.
#pragma once

#include <string>

#include "models/routing/route.h"

namespace meshmall::models {

struct PolicyScope {
  std::string ns = "default";  // where the policy lies
  Labels selector;             // matchLabels; empty: selects nothing in particular
};

struct SecuredWorkload {
  std::string ns = "default";
  Labels labels;
};

// True when every label of `selector` is there with the same value.
bool selects(const Labels& selector, const Labels& labels);

// A selector of a policy in the root namespace selects in every namespace (authorization and request authentication; peer authentication ignores it).
bool appliesTo(const PolicyScope& scope, const SecuredWorkload& workload, const std::string& root_namespace);

}  // namespace meshmall::models
