#include "models/exporters/istio_labels.h"

#include <optional>
#include <string_view>

namespace meshmall::models {
namespace {

// Backslashes, quotes and line ends escaped.
std::string labelValue(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

const char* protocolName(Protocol protocol) { return protocol == Protocol::grpc ? "grpc" : protocol == Protocol::tcp ? "tcp" : "http"; }

// What is told of one end of a call.
struct End {
  std::string workload = "unknown", name_space = "unknown", principal = "unknown", app = "unknown", version = "unknown", canonical = "unknown", revision = "latest";
};

// `version`: the one that it is; else the only one, if there is only one.
End endOf(const Service& service, std::optional<std::uint32_t> version) {
  if (!version && service.versions.size() == 1) version = 0;
  End end;
  end.version = version ? service.versions[*version].name : "unknown";
  end.workload = version ? service.host + "-" + end.version : service.host;
  end.name_space = service.name_space;
  if (service.sidecar) end.principal = "spiffe://cluster.local/ns/" + service.name_space + "/sa/" + service.service_account;
  end.app = end.canonical = service.host;
  end.revision = end.version;
  return end;
}

End endOf(const Traffic& traffic) {
  End end;
  const bool gateway = traffic.via == Via::gateway;
  end.workload = end.app = end.canonical = gateway ? "istio-ingressgateway" : traffic.name;
  end.name_space = gateway ? "istio-system" : traffic.source_namespace;
  end.principal = gateway ? "spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account" : traffic.source_principal.value_or("unknown");
  return end;
}

bool hasProxy(const Scenario& scenario, const Layout::FlowInfo& flow) {
  return flow.from_traffic ? scenario.traffic[flow.from].via != Via::direct : scenario.services[flow.from].sidecar;
}

std::string labels(const char* reporter, const End& source, const End& destination, const Service& callee, bool mutual) {
  std::string out = std::string("reporter=\"") + reporter + "\"";
  const auto add = [&](const char* name, const std::string& value) { out += std::string(",") + name + "=\"" + labelValue(value) + "\""; };
  add("source_workload", source.workload);
  add("source_workload_namespace", source.name_space);
  add("source_principal", source.principal);
  add("source_app", source.app);
  add("source_version", source.version);
  add("source_canonical_service", source.canonical);
  add("source_canonical_revision", source.revision);
  add("source_cluster", "Kubernetes");
  add("destination_workload", destination.workload);
  add("destination_workload_namespace", destination.name_space);
  add("destination_principal", destination.principal);
  add("destination_app", destination.app);
  add("destination_version", destination.version);
  add("destination_service", callee.host + "." + callee.name_space + ".svc.cluster.local");
  add("destination_canonical_service", destination.canonical);
  add("destination_canonical_revision", destination.revision);
  add("destination_service_name", callee.host);
  add("destination_service_namespace", callee.name_space);
  add("destination_cluster", "Kubernetes");
  add("request_protocol", protocolName(callee.protocol));
  add("connection_security_policy", mutual ? "mutual_tls" : "none");
  return out;
}

End sourceOf(const Scenario& scenario, const Layout::FlowInfo& flow) {
  return flow.from_traffic ? endOf(scenario.traffic[flow.from]) : endOf(scenario.services[flow.from], std::nullopt);
}

}  // namespace

std::string sourceLabels(const Scenario& scenario, const Layout::FlowInfo& flow, std::uint32_t service) {
  const Service& callee = scenario.services[service];
  return labels("source", sourceOf(scenario, flow), endOf(callee, std::nullopt), callee, callee.sidecar && hasProxy(scenario, flow));
}

std::string destinationLabels(const Scenario& scenario, const Layout::FlowInfo& flow, std::uint32_t service, std::uint32_t version) {
  const Service& callee = scenario.services[service];
  const bool known = hasProxy(scenario, flow);  // a proxy learns of the other end from the other end's proxy
  return labels("destination", known ? sourceOf(scenario, flow) : End{}, endOf(callee, version), callee, known);
}

}  // namespace meshmall::models
