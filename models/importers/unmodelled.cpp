// What manifests say of requests and pods that no part of the importer reads: told, one line a field with the objects that have it. An object of a kind that is not read at all is
// told elsewhere (istio.cpp), a field of a rule that the format does not know too (fit_to_format.cpp).
#include <nlohmann/json.hpp>  // before istio_parts.h

#include <algorithm>
#include <functional>

#include "models/importers/istio_parts.h"
#include "models/importers/list_text.h"

namespace meshmall::models {

namespace {

// The pods' spec of a workload; nullptr for other kinds.
const YamlValue* podOf(const Manifest& m) {
  if (m.spec() == nullptr) return nullptr;
  return m.is("", "Pod") ? m.spec() : m.spec()->find({"template", "spec"});
}

bool anyContainer(const YamlValue& pod, const std::function<bool(const YamlValue&)>& has) {
  const YamlValue* containers = pod.find("containers");
  return containers != nullptr && std::any_of(containers->items.begin(), containers->items.end(), has);
}

class Teller {
 public:
  explicit Teller(IstioParts& parts) : parts_(parts) {}

  void go() {
    for (const Manifest& m : parts_.manifests) {
      if (const YamlValue* pod = podOf(m); pod != nullptr) readPod(m, *pod);
      if (m.is("", "Service") && m.spec() != nullptr) readService(m, *m.spec());
      if (m.is("networking.istio.io", "ServiceEntry") && m.spec() != nullptr) readServiceEntry(m, *m.spec());
      const bool shared = m.is("networking.istio.io", "VirtualService") || m.is("networking.istio.io", "DestinationRule");
      if (shared && m.spec() != nullptr && exportedToOwn(*m.spec())) tell(m, "exportTo \".\": here the rule holds for callers of every namespace");
      if (m.group == "security.istio.io" && m.spec() != nullptr) readPolicyPorts(m, *m.spec());
    }
    for (const std::string& what : order_) parts_.context.notModelled(what + " (" + listText(who_[what]) + ")");
  }

 private:
  void tell(const Manifest& m, const std::string& what) {
    if (who_.count(what) == 0) order_.push_back(what);
    who_[what].push_back(m.kind + " " + m.name);
  }

  void readPod(const Manifest& m, const YamlValue& pod) {
    if (anyContainer(pod, [](const YamlValue& c) { return c.find("livenessProbe") != nullptr || c.find("startupProbe") != nullptr; })) tell(m, "liveness and startup probes: nobody restarts a pod");
    if (anyContainer(pod, [](const YamlValue& c) { return c.find({"lifecycle", "preStop"}) != nullptr && !sleepBeforeStop(c); }))
      tell(m, "preStop hooks other than a sleep");
    if (pod.find("nodeSelector") != nullptr || pod.find("topologySpreadConstraints") != nullptr) tell(m, "where pods are placed: all endpoints are in one locality");
    if (m.spec()->find("minReadySeconds") != nullptr) tell(m, "minReadySeconds");
    const YamlValue* annotations = m.is("", "Pod") ? m.root->find({"metadata", "annotations"}) : m.spec()->find({"template", "metadata", "annotations"});
    if (annotations == nullptr) return;
    for (const YamlMember& each : annotations->members)
      if (each.key.rfind("traffic.sidecar.istio.io/exclude", 0) == 0 || each.key == "proxy.istio.io/config") tell(m, "annotation " + printable(each.key, 100));
  }

  void readService(const Manifest& m, const YamlValue& spec) {
    if (spec.textOf("sessionAffinity") == "ClientIP") tell(m, "sessionAffinity: ClientIP, which a proxy does not keep either");
    if (spec.textOf("clusterIP") == "None") tell(m, "a headless Service, whose clients choose the pod themselves: here the proxy balances");
    if (spec.textOf("internalTrafficPolicy") == "Local") tell(m, "internalTrafficPolicy: Local");
    if (spec.find("trafficDistribution") != nullptr) tell(m, "trafficDistribution (localityLbSetting of a DestinationRule says something like it)");
    if (truthOf(spec.find("publishNotReadyAddresses"), false)) tell(m, "publishNotReadyAddresses");
  }

  void readServiceEntry(const Manifest& m, const YamlValue& spec) {
    if (const YamlValue* ports = spec.find("ports"))
      for (const YamlValue& port : ports->items)
        if (const std::string protocol = port.textOf("protocol"); !protocol.empty() && protocol != "HTTP") {
          tell(m, "ports of protocol " + printable(protocol, 20) + ": taken for HTTP/1.1, with its routes, retries and timeouts");
          break;
        }
    if (const YamlValue* endpoints = spec.find("endpoints"))
      if (std::any_of(endpoints->items.begin(), endpoints->items.end(), [](const YamlValue& e) { return e.find("weight") != nullptr || e.find("locality") != nullptr; }))
        tell(m, "weights and localities of a ServiceEntry's endpoints");
  }

  static bool exportedToOwn(const YamlValue& spec) {
    const YamlValue* to = spec.find("exportTo");
    return to != nullptr && std::any_of(to->items.begin(), to->items.end(), [](const YamlValue& each) { return each.text == "."; });
  }

  // A policy's ports are the pods' (targetPort); a mall has the Services' only.
  void readPolicyPorts(const Manifest& m, const YamlValue& spec) {
    std::vector<std::string> named;
    if (const YamlValue* levels = spec.find("portLevelMtls"))
      for (const YamlMember& level : levels->members) named.push_back(level.key);
    if (const YamlValue* rules = spec.find("rules"))
      for (const YamlValue& rule : rules->items)
        if (const YamlValue* to = rule.find("to"))
          for (const YamlValue& each : to->items)
            for (const char* key : {"ports", "notPorts"})
              if (const YamlValue* ports = each.find({"operation", key}))
                for (const YamlValue& port : ports->items) named.push_back(port.text);
    for (const Manifest& service : parts_.manifests) {
      if (!service.is("", "Service") || service.spec() == nullptr || service.name_space != m.name_space || service.spec()->find("ports") == nullptr) continue;
      for (const YamlValue& port : service.spec()->find("ports")->items) {
        const std::string target = port.textOf("targetPort");
        if (target.empty() || target == port.textOf("port") || std::find(named.begin(), named.end(), target) == named.end()) continue;
        return tell(m, "ports of policies are the pods' (" + printable(target, 20) + " of Service " + service.name + "); here they are held against the Service's port " + printable(port.textOf("port"), 20));
      }
    }
  }

  IstioParts& parts_;
  std::vector<std::string> order_;
  std::map<std::string, std::vector<std::string>> who_;
};

}  // namespace

std::optional<std::int64_t> sleepBeforeStop(const YamlValue& container) {
  const auto bounded = [](std::int64_t seconds) { return seconds >= 0 && seconds <= 86'400 ? std::optional(seconds) : std::nullopt; };
  const YamlValue* hook = container.find({"lifecycle", "preStop"});
  if (hook == nullptr) return std::nullopt;
  if (hook->find("sleep") != nullptr) return bounded(wholeOf(hook->find({"sleep", "seconds"}), -1));
  const YamlValue* command = hook->find({"exec", "command"});
  if (command == nullptr || !command->isList()) return std::nullopt;
  std::string text;  // ["sleep", "15"], ["/bin/sh", "-c", "sleep 15"]
  for (const YamlValue& word : command->items) text += (text.empty() ? "" : " ") + word.text;
  for (const std::string_view shell : {"/bin/sh -c ", "sh -c ", "/bin/bash -c ", "bash -c ", "/bin/", "/usr/bin/"})
    if (text.rfind(shell, 0) == 0) text.erase(0, shell.size());
  if (text.rfind("sleep ", 0) != 0) return std::nullopt;
  text.erase(0, 6);
  if (!text.empty() && text.back() == 's') text.pop_back();
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return bounded(std::stoll(text));
}

void tellUnmodelled(IstioParts& parts) { Teller(parts).go(); }

}  // namespace meshmall::models
