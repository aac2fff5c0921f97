// The labels of Istio's standard metrics, for calls from one end to another as one of the two proxies reports them; all but response_code and response_flags.
// Limits: one cluster, named Kubernetes as Istio names a single one. Source: Istio, "Istio Standard Metrics".
#pragma once

#include <cstdint>
#include <string>

#include "models/observation/layout.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

// As the caller's proxy has it (reporter="source"), for a call to `service`. A call's retries may meet several versions: of a service with more than one none is named.
std::string sourceLabels(const Scenario& scenario, const Layout::FlowInfo& flow, std::uint32_t service);

// As the proxy of an endpoint of `version` (an index in the service's list) has it (reporter="destination"). The caller has a proxy, or is not known to it.
std::string destinationLabels(const Scenario& scenario, const Layout::FlowInfo& flow, std::uint32_t service, std::uint32_t version);

}  // namespace meshmall::models
