#include "models/importers/unread_fields.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace meshmall::models {

namespace {

using Paths = std::vector<std::string>;

// Of a pod's spec.
const Paths& podFields() {
  static const Paths fields = {
      // read
      "serviceAccountName", "serviceAccount", "terminationGracePeriodSeconds", "hostNetwork", "containers.ports", "containers.lifecycle.preStop",
      "containers.readinessProbe.initialDelaySeconds", "containers.readinessProbe.periodSeconds", "containers.readinessProbe.successThreshold", "containers.readinessProbe.failureThreshold",
      // how a probe asks, and how long it waits: in a mall an endpoint answers it at once or is gone
      "containers.readinessProbe.httpGet", "containers.readinessProbe.tcpSocket", "containers.readinessProbe.grpc", "containers.readinessProbe.exec", "containers.readinessProbe.timeoutSeconds",
      // what runs inside: its times are guessed or traced, whatever the program is
      "containers.name", "containers.image", "containers.imagePullPolicy", "containers.command", "containers.args", "containers.env", "containers.envFrom", "containers.workingDir", "containers.resources",
      "containers.volumeMounts", "containers.volumeDevices", "containers.securityContext", "containers.terminationMessagePath", "containers.terminationMessagePolicy", "containers.stdin", "containers.stdinOnce",
      "containers.tty", "volumes", "imagePullSecrets", "securityContext", "hostname", "subdomain", "setHostnameAsFQDN", "hostAliases", "hostPID", "hostIPC", "shareProcessNamespace", "dnsPolicy", "dnsConfig",
      "automountServiceAccountToken", "enableServiceLinks", "ephemeralContainers", "os",
      // which node has room: a mall has no nodes
      "schedulerName", "priorityClassName", "priority", "preemptionPolicy", "runtimeClassName", "tolerations", "nodeName", "overhead",
      // pods of a Deployment always start again
      "restartPolicy"};
  return fields;
}

Paths workloadFields() {
  Paths fields = {"replicas", "selector", "template.metadata",
                  // history of what a mall changes by rollouts only
                  "revisionHistoryLimit", "progressDeadlineSeconds", "paused", "strategy.rollingUpdate", "updateStrategy.rollingUpdate",
                  // names and disks of a StatefulSet
                  "serviceName", "volumeClaimTemplates", "persistentVolumeClaimRetentionPolicy", "podManagementPolicy", "ordinals"};
  for (const std::string& field : podFields()) fields.push_back("template.spec." + field);
  return fields;
}

// A Rollout's strategy is pasted; what else it has is named by readRollout.
Paths rolloutFields() {
  Paths fields = workloadFields();
  for (const char* more : {"strategy", "workloadRef", "progressDeadlineAbort", "minReadySeconds", "analysis"}) fields.push_back(more);  // minReadySeconds: the decoder refuses it; analysis: limits of history
  return fields;
}

// Of a kind, the fields under `spec` that are read or leave requests alone; all of what lies below a path goes with it. Lists are looked through.
const std::map<std::string, Paths>& fieldsOfKinds() {
  static const std::map<std::string, Paths> kinds = {
      {"Deployment", workloadFields()},
      {"StatefulSet", workloadFields()},
      {"DaemonSet", workloadFields()},
      {"ReplicaSet", workloadFields()},
      {"Rollout", rolloutFields()},
      {"Pod", podFields()},
      {"Service",
       {"ports", "selector", "type", "externalName",
        // addresses, and ways in from outside, which a mall has none of
        "clusterIPs", "ipFamilies", "ipFamilyPolicy", "externalIPs", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts", "healthCheckNodePort"}},
      {"HorizontalPodAutoscaler", {"scaleTargetRef", "minReplicas", "maxReplicas", "metrics", "behavior", "targetCPUUtilizationPercentage"}},
      {"ServiceEntry",
       {"hosts", "location", "ports", "endpoints.address", "endpoints.ports",
        // how its addresses are found
        "addresses", "resolution", "subjectAltNames"}},
      {"Sidecar", {"workloadSelector", "egress.hosts"}},
      {"Gateway",
       {"servers.hosts", "servers.tls", "listeners.name", "listeners.hostname", "listeners.tls", "listeners.allowedRoutes.namespaces.from",
        // where it listens and who runs it: all gateways are one entrance
        "servers.port", "servers.name", "selector", "gatewayClassName", "listeners.port", "listeners.protocol", "addresses", "infrastructure"}},
      {"HTTPRoute",
       {"parentRefs", "hostnames", "rules.name", "rules.matches", "rules.filters", "rules.backendRefs", "rules.timeouts", "rules.retry"}},
      {"GRPCRoute", {"parentRefs", "hostnames", "rules.name", "rules.matches", "rules.filters", "rules.backendRefs", "rules.timeouts", "rules.retry"}},
      {"VirtualService", {"hosts", "gateways", "http", "tcp", "tls"}},
  };
  return kinds;
}

// A field with this value says what holds without it.
bool isUsual(const std::string& path, const YamlValue& value) {
  static const std::set<std::pair<std::string, std::string>> usual = {
      {"strategy.type", "RollingUpdate"}, {"updateStrategy.type", "RollingUpdate"}, {"minReadySeconds", "0"},     {"sessionAffinity", "None"},       {"internalTrafficPolicy", "Cluster"},
      {"externalTrafficPolicy", "Cluster"}, {"publishNotReadyAddresses", "false"},  {"endpoints.weight", "1"}, {"outboundTrafficPolicy.mode", "ALLOW_ANY"}};
  if (value.isNull() || (value.isList() && value.items.empty()) || (value.isMap() && value.members.empty())) return true;
  if (path == "clusterIP") return value.text != "None";  // any other is an address
  if (path == "exportTo") return value.isList() && std::any_of(value.items.begin(), value.items.end(), [](const YamlValue& each) { return each.text == "*"; });
  return value.isScalar() && usual.count({path, value.text}) == 1;
}

// Why it matters, where the name alone does not tell.
std::string why(const std::string& path) {
  static const std::vector<std::pair<std::string, std::string>> reasons = {
      {"clusterIP", "headless: Istio sends to the address that the client has looked up; here its proxy balances"},
      {"exportTo", "seen by some namespaces only; here by all"},
      {"livenessProbe", "restarts of pods that hang"},
      {"startupProbe", "a new pod is ready when its readiness probe says so"},
      {"initContainers", "the time they take to start"},
      {"nodeSelector", "every endpoint is in one zone"},
      {"topologySpreadConstraints", "every endpoint is in one zone"},
      {"affinity", "every endpoint is in one zone"},
      {"locality", "every endpoint is in one zone"},
      {"sessionAffinity", "kept by kube-proxy, which Istio's proxies go around"},
      {"match.port", "a service has one port here"},
      {"strategy", "old pods go before new ones come; here a rollout changes them"},
  };
  for (const auto& [end, reason] : reasons)
    if (path.find(end) != std::string::npos) return " (" + reason + ")";
  return "";
}

// Annotations of Istio that act and are not read.
bool actsByAnnotation(const std::string& key) {
  const auto starts = [&](const char* start) { return key.rfind(start, 0) == 0; };
  if (starts("proxy.istio.io/") || starts("traffic.sidecar.istio.io/") || starts("networking.istio.io/") || starts("ambient.istio.io/")) return true;
  if (!starts("sidecar.istio.io/")) return false;
  for (const char* known : {"inject", "status", "proxyCPU", "proxyMemory", "proxyImage", "logLevel", "componentLogLevel", "rewriteAppHTTPProbers", "userVolume", "stats", "extraStatTags"})
    if (key.rfind(std::string("sidecar.istio.io/") + known, 0) == 0) return false;
  return true;
}

class Teller {
 public:
  explicit Teller(ImportContext& context) : context_(context) {}

  void look(const Manifest& m) {
    lookAtAnnotations(m, m.root->find({"metadata", "annotations"}), "metadata.annotations.");
    const auto known = fieldsOfKinds().find(m.kind);
    if (known == fieldsOfKinds().end()) return;
    for (const YamlMember& member : m.root->members) {
      static const std::set<std::string> usual = {"apiVersion", "kind", "metadata", "spec", "status"};
      if (usual.count(member.key) == 0 && !member.value.isNull()) tell(m, member.key, member.key_at);
    }
    if (m.spec() == nullptr) return;
    if (m.kind == "VirtualService") return lookAtRoutes(m);
    lookAtAnnotations(m, m.spec()->find({"template", "metadata", "annotations"}), "template.metadata.annotations.");
    walk(m, *m.spec(), "", known->second);
  }

  // One sentence for a field of a kind: the first place, then the others that have it too.
  void go() {
    constexpr std::size_t kMany = 40;  // places in a sentence
    for (const auto& [field, places] : found_)
      for (std::size_t first = 0; first < places.size(); first += kMany) {
        std::string text = field.first + " " + places[first].name + ": " + field.second + why(field.second);
        for (std::size_t i = first + 1; i < std::min(places.size(), first + kMany); ++i) text += (i == first + 1 ? "; also in " : ", ") + places[i].name + " (" + context_.shown(places[i].at) + ")";
        context_.notModelled(places[first].at, text);
      }
  }

 private:
  struct Place {
    std::string name;
    YamlPlace at;
  };

  void tell(const Manifest& m, const std::string& path, const YamlPlace& at) {
    std::vector<Place>& places = found_[{m.kind, path}];
    if (places.empty() || places.back().name != m.name) places.push_back({m.name, at});
  }

  void walk(const Manifest& m, const YamlValue& value, const std::string& path, const Paths& known) {
    for (const YamlValue& item : value.items) walk(m, item, path, known);
    for (const YamlMember& member : value.members) {
      const std::string here = path.empty() ? member.key : path + "." + member.key;
      if (std::find(known.begin(), known.end(), here) != known.end() || isUsual(here, member.value)) continue;
      const std::string below = here + ".";
      const bool partly = std::any_of(known.begin(), known.end(), [&](const std::string& each) { return each.rfind(below, 0) == 0; });
      const bool holder = here == "strategy" || here == "updateStrategy" || here == "outboundTrafficPolicy";  // of a type with a usual value
      if ((partly || holder) && !member.value.isScalar()) walk(m, member.value, here, known);
      else tell(m, here, member.key_at);
    }
  }

  void lookAtAnnotations(const Manifest& m, const YamlValue* annotations, const std::string& path) {
    if (annotations == nullptr) return;
    for (const YamlMember& member : annotations->members)
      if (actsByAnnotation(member.key)) tell(m, path + member.key, member.key_at);
  }

  void lookAtRoutes(const Manifest& m) {
    for (const YamlMember& member : m.spec()->members) {
      if (member.key == "exportTo" && !isUsual("exportTo", member.value)) tell(m, "exportTo", member.key_at);
      if (member.key != "http") continue;
      for (const YamlValue& rule : member.value.items)
        if (const YamlValue* match = rule.find("match"))
          for (const YamlValue& block : match->items)
            for (const YamlMember& condition : block.members)
              if (condition.key == "port") tell(m, "http.match.port", condition.key_at);
    }
  }

  ImportContext& context_;
  std::map<std::pair<std::string, std::string>, std::vector<Place>> found_;  // (kind, path)
};

}  // namespace

void tellUnreadFields(const std::vector<Manifest>& manifests, ImportContext& context) {
  Teller teller(context);
  for (const Manifest& m : manifests) teller.look(m);
  teller.go();
}

}  // namespace meshmall::models
