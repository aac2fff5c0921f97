#include "models/importers/istio_yaml.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "models/importers/istio_parts.h"
#include "models/importers/kube_name.h"
#include "models/importers/route_objects.h"
#include "models/importers/yaml_writer.h"

namespace meshmall::models {

namespace {

using Json = nlohmann::ordered_json;

// The keys that Istio's DestinationRule and VirtualService have where the scenario format has more. A block that isn't listed is Istio's as it is.
const std::map<std::string, std::set<std::string>>& istioKeys() {
  static const std::map<std::string, std::set<std::string>> keys = {
      {"trafficPolicy", {"loadBalancer", "connectionPool", "outlierDetection", "tls", "retryBudget"}},
      {"loadBalancer", {"simple", "consistentHash", "localityLbSetting", "warmup"}},
      {"consistentHash", {"httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName", "minimumRingSize", "ringHash", "maglev"}},
      {"ringHash", {"minimumRingSize"}},
      {"outlierDetection",
       {"consecutiveErrors", "splitExternalLocalOriginErrors", "consecutiveLocalOriginFailures", "consecutiveGatewayErrors", "consecutive5xxErrors", "interval", "baseEjectionTime",
        "maxEjectionPercent", "minHealthPercent"}},
      {"retries", {"attempts", "perTryTimeout", "retryOn", "retryRemoteLocalities", "retryIgnorePreviousHosts", "backoff"}},
  };
  return keys;
}

class Exporter {
 public:
  explicit Exporter(Json scenario) : scenario_(std::move(scenario)) {}

  IstioYaml go() {
    const Json none = Json::object();
    const Json& mesh = scenario_.contains("mesh") ? scenario_["mesh"] : none;
    defaults_ = mesh.contains("defaults") ? mesh["defaults"] : none;
    if (!defaults_.empty()) remark("/mesh/defaults", "Istio has no such defaults: written into each rule");
    for (const char* key : {"rateLimits", "discovery", "certificates"})
      if (mesh.contains(key)) remark(std::string("/mesh/") + key, std::string(key[0] == 'r' ? "needs an EnvoyFilter" : "is a setting of the control plane") + ": left out");
    nameServices();
    writeSecurity(mesh);
    writeRules(mesh.contains("destinationRules") ? mesh["destinationRules"] : none);
    writeRoutes(mesh.contains("virtualServices") ? mesh["virtualServices"] : none);
    if (scenario_.contains("autoscalers"))
      for (const auto& [key, spec] : scenario_["autoscalers"].items()) writeAutoscaler(key, spec);
    if (scenario_.contains("rollouts"))
      for (const auto& [key, spec] : scenario_["rollouts"].items()) writeRollout(key, spec);
    std::string heading = "# Policies of the scenario " + Json(textIn(scenario_, "name")).dump(-1, ' ', false, Json::error_handler_t::replace) + ", written by `meshmall export istio`. Gateways named here must exist.\n";
    for (const std::string& each : out_.remarks) heading += "# " + each + "\n";
    out_.text = heading + out_.text;
    return std::move(out_);
  }

 private:
  struct Host {
    std::string name, name_space;
    bool outside = false;
  };

  void remark(const std::string& pointer, const std::string& what) { out_.remarks.push_back(pointer + ": " + what); }

  void document(const char* api, const char* kind, const std::string& name, const std::string& name_space, Json spec, Json annotations = Json::object()) {
    const std::string kube_name = kubeObjectName(name);
    if (kube_name != name) remark(std::string(kind) + " " + inQuotes(name), "no name of Kubernetes' (lower-case letters, digits, hyphens, dots): written as " + kube_name);
    Json metadata = {{"name", kube_name}};
    if (!name_space.empty() && name_space != "default") metadata["namespace"] = name_space;
    if (!annotations.empty()) metadata["annotations"] = std::move(annotations);
    Json all = {{"apiVersion", api}, {"kind", kind}, {"metadata", metadata}};
    if (!spec.empty()) all["spec"] = std::move(spec);
    out_.text += "---\n" + yamlOf(all);
  }

  // The service that a key of the mesh means, under whichever name it is given there.
  Host hostOf(const std::string& key) const {
    const Json& services = scenario_["services"];
    std::string at = key;
    if (!services.contains(at)) at = key.substr(0, key.find('.'));
    const Json service = services.contains(at) ? services[at] : Json::object();
    Host out;
    const std::size_t dot = at.find('.');
    bool labelled = false;
    if (service.contains("versions"))
      for (const Json& version : service["versions"]) labelled = labelled || version.contains("labels");
    out.outside = dot != std::string::npos && service.contains("sidecar") && service["sidecar"] == false && !service.contains("namespace") && !labelled;
    const auto named = names_.find(at);
    out.name = out.outside ? at : named != names_.end() ? named->second : at.substr(0, dot);
    out.name_space = service.contains("namespace") ? textIn(service, "namespace") : dot == std::string::npos || out.outside ? "default" : at.substr(dot + 1);
    return out;
  }

  // Services that Kubernetes could not call so get the nearest name that it could, each its own.
  void nameServices() {
    std::set<std::pair<std::string, std::string>> taken;  // (namespace, name)
    for (const bool fits : {true, false})                 // those that keep their name first
      for (const auto& [key, service] : scenario_["services"].items()) {
        const Host host = hostOf(key);
        if (host.outside || isKubeLabel(host.name) != fits) continue;
        if (fits) {
          taken.insert({host.name_space, host.name});
          continue;
        }
        const std::string near = kubeLabel(host.name);
        std::string name = near;
        for (int i = 2; !taken.insert({host.name_space, name}).second; ++i) name = near.substr(0, 58) + "-" + std::to_string(i);
        names_[key] = name;
        remark("/services/" + key, "no Service of Kubernetes can be called so (lower-case letters, digits, hyphens; 63 bytes): written as " + name);
      }
  }
  // As it is called from a namespace.
  std::string calledFrom(const std::string& key, const std::string& name_space) const {
    const Host host = hostOf(key);
    return host.outside || host.name_space == name_space ? host.name : host.name + "." + host.name_space + ".svc.cluster.local";
  }
  static std::string objectName(const Host& host) {
    std::string name = host.name;
    if (host.outside) std::replace(name.begin(), name.end(), '.', '-');
    return name;
  }

  // Leaves what Istio has; the rest is told.
  Json istioOnly(const Json& value, const std::string& block, const std::string& pointer) {
    if (!value.is_object()) return value;
    const auto known = istioKeys().find(block);
    Json out = Json::object();
    for (const auto& [key, member] : value.items()) {
      if (known != istioKeys().end() && known->second.count(key) == 0) {
        remark(pointer + "/" + key, key == "panicThreshold" ? "Istio has it as outlierDetection.minHealthPercent, and there is no outlierDetection here: left out" : "Istio's resources cannot say this: left out");
        continue;
      }
      Json kept = istioOnly(member, key, pointer + "/" + key);
      if (member.is_object() && !member.empty() && kept.empty()) continue;  // nothing of it was Istio's
      out[key] = std::move(kept);
    }
    return out;
  }

  // ---- destination rules

  // Blocks that `policy` does not have, from the one that holds where it says nothing.
  static Json filledFrom(Json policy, const Json& outer) {
    if (!policy.is_object()) policy = Json::object();
    if (outer.is_object())
      for (const auto& [key, block] : outer.items())
        if (!policy.contains(key)) policy[key] = block;
    return policy;
  }

  // The panic threshold is the balancer's here and outlierDetection.minHealthPercent in Istio, which gives Envoy's healthy_panic_threshold where there is outlier detection and
  // has 0 as its default (pilot, applyOutlierDetection). `effective` is the policy with what it inherits of `outer`: either block may be inherited.
  static void movePanic(Json& policy, const Json& outer, const Json& effective) {
    if (!effective.contains("outlierDetection") || !effective["outlierDetection"].is_object()) return;
    const auto thresholdOf = [](const Json& of) { return of.is_object() && of.contains("loadBalancer") && of["loadBalancer"].contains("panicThreshold") ? of["loadBalancer"]["panicThreshold"] : Json(0); };
    const Json wanted = thresholdOf(effective);
    const bool own = policy.contains("outlierDetection");
    if (!effective["outlierDetection"].contains("minHealthPercent") && (own ? wanted != 0 : wanted != thresholdOf(outer))) {
      policy["outlierDetection"] = effective["outlierDetection"];
      policy["outlierDetection"]["minHealthPercent"] = wanted;
    }
    if (policy.contains("loadBalancer")) policy["loadBalancer"].erase("panicThreshold");
  }

  // `outer` holds where the policy has no block of its own; as written, so that its blocks are this one's too.
  Json policyOf(const Json& given, const Json& outer, bool fill, const std::string& pointer) {
    const Json effective = filledFrom(given, outer);
    Json policy = fill ? effective : given.is_object() ? given : Json::object();
    movePanic(policy, outer, effective);
    return istioOnly(policy, "trafficPolicy", pointer);
  }

  void writeRules(const Json& rules) {
    std::set<std::string> written;
    for (const auto& [key, rule] : rules.items()) {
      const Host host = hostOf(key);
      written.insert(host.name + "." + host.name_space);
      const std::string pointer = "/mesh/destinationRules/" + key;
      Json spec = {{"host", host.name}};
      const Json defaults = defaults_.contains("trafficPolicy") ? defaults_["trafficPolicy"] : Json();
      const Json own = filledFrom(rule.contains("trafficPolicy") ? rule["trafficPolicy"] : Json(), defaults);
      const Json policy = policyOf(own, Json(), true, pointer + "/trafficPolicy");
      if (!policy.empty()) spec["trafficPolicy"] = policy;
      if (rule.contains("subsets")) {
        spec["subsets"] = Json::array();
        for (const Json& subset : rule["subsets"]) {
          Json next = subset;
          if (!isKubeLabel(textIn(subset, "name"))) remark(pointer + "/subsets/" + textIn(subset, "name"), "Istio refuses this name: a subset's has lower-case letters, digits and hyphens");
          if (subset.contains("trafficPolicy")) {
            next["trafficPolicy"] = policyOf(subset["trafficPolicy"], own, false, pointer + "/subsets/" + textIn(subset, "name") + "/trafficPolicy");
            if (next["trafficPolicy"].empty()) next.erase("trafficPolicy");
          }
          spec["subsets"].push_back(std::move(next));
        }
      }
      for (const char* same : {"exportTo"})
        if (rule.contains(same)) spec[same] = rule[same];
      document("networking.istio.io/v1", "DestinationRule", objectName(host), host.name_space, std::move(spec));
    }
    if (!defaults_.contains("trafficPolicy")) return;
    for (const auto& [key, service] : scenario_["services"].items()) {
      const Host host = hostOf(key);
      if (written.count(host.name + "." + host.name_space) == 1) continue;
      const std::size_t told = out_.remarks.size();
      const Json policy = policyOf(defaults_["trafficPolicy"], Json(), true, "/mesh/defaults/trafficPolicy");
      if (defaults_told_) out_.remarks.resize(told);
      defaults_told_ = true;
      if (!policy.empty()) document("networking.istio.io/v1", "DestinationRule", objectName(host), host.name_space, {{"host", host.name}, {"trafficPolicy", policy}});
    }
  }

  // ---- virtual services

  void settleDestination(Json& destination, const Host& owner) const {
    if (destination.contains("host")) destination["host"] = calledFrom(textIn(destination, "host"), owner.name_space);
  }

  Json ruleOf(const Json& given, const Host& owner, const std::string& pointer) {
    Json rule = given;
    if (rule.contains("route"))
      for (Json& each : rule["route"]) settleDestination(each["destination"], owner);
    if (rule.contains("mirror")) settleDestination(rule["mirror"], owner);
    if (rule.contains("mirrors"))
      for (Json& each : rule["mirrors"]) settleDestination(each["destination"], owner);
    if (rule.contains("route") && !rule.contains("retries") && defaults_.contains("retries")) rule["retries"] = defaults_["retries"];
    if (!rule.contains("retries")) return rule;
    Json retries = istioOnly(rule["retries"], "retries", pointer + "/retries");
    if (retries.contains("backoff")) {
      const Json backoff = retries["backoff"];
      retries.erase("backoff");
      if (backoff.contains("baseInterval")) retries["backoff"] = backoff["baseInterval"];
      if (backoff.contains("maxInterval")) remark(pointer + "/retries/backoff/maxInterval", "Istio's resources cannot say this: left out");
    }
    rule["retries"] = retries;
    return rule;
  }

  // The rules as far as they hold for these gateways; their own condition on them is dropped where it says nothing more.
  static Json rulesFor(const Json& rules, const std::vector<std::string>& gateways) {
    Json out = Json::array();
    for (const Json& rule : rules) {
      Json kept = rule;
      if (rule.contains("match") && !rule["match"].empty()) {
        Json blocks = Json::array();
        bool everything = false;
        for (const Json& block : rule["match"]) {
          Json next = block;
          if (block.contains("gateways")) {
            std::size_t there = 0;
            for (const std::string& gateway : gateways) there += std::count(block["gateways"].begin(), block["gateways"].end(), gateway) > 0 ? 1 : 0;
            if (there == 0) continue;
            if (there == gateways.size()) next.erase("gateways");
          }
          everything = everything || next.empty();
          blocks.push_back(std::move(next));
        }
        if (blocks.empty()) continue;
        if (everything) kept.erase("match");
        else kept["match"] = blocks;
      }
      out.push_back(std::move(kept));
    }
    return out;
  }

  void writeOne(const std::string& key, const Host& owner, const std::string& name, const std::vector<std::string>& hosts, const std::vector<std::string>& gateways, const Json& rules) {
    if (!rules.empty()) routes_.push_back({key, calledFrom(key, owner.name_space), name, owner.name_space, hosts, gateways, rules});
  }

  void writeRouteObjects() {
    joinRoutes(routes_, out_.remarks);
    for (const RouteObject& object : routes_) {
      Json spec = {{"hosts", object.hosts}};
      if (object.gateways.size() != 1 || object.gateways[0] != "mesh") spec["gateways"] = object.gateways;
      spec["http"] = object.rules;
      document("networking.istio.io/v1", "VirtualService", object.name, object.name_space, std::move(spec));
    }
  }

  bool entered(const std::string& key) const {
    if (!scenario_.contains("traffic")) return false;
    for (const Json& entry : scenario_["traffic"]) {
      const std::string to = textIn(entry, "to"), via = textIn(entry, "via");
      if ((via.empty() || via == "gateway") && to.substr(0, to.find('/')) == key) return true;
    }
    return false;
  }

  // Hosts of a service that none are given for. Alone at the entrance it has all; of several each has its own, since a Gateway tells them apart by nothing else.
  std::vector<std::string> hostsAtEntrance(const std::string& key, const Host& owner) {
    std::size_t others = 0;
    for (const auto& one : scenario_["services"].items()) others += one.key() != key && entered(one.key()) ? 1 : 0;
    if (others == 0) return {"*"};
    std::set<std::string> asked;
    for (const Json& entry : scenario_["traffic"]) {
      const std::string to = textIn(entry, "to"), via = textIn(entry, "via");
      if (to.substr(0, to.find('/')) != key || !(via.empty() || via == "gateway")) continue;
      asked.insert(textIn(entry, "headers", "host"));
    }
    if (asked.count("") == 0) return {asked.begin(), asked.end()};
    const std::string host = kubeLabel(owner.name) + ".example.com";
    remark("/services/" + key, "several services stand at the entrance: put the host that customers ask for in place of " + host);
    return {host};
  }

  void writeRoutes(const Json& services) {
    std::set<std::string> written;
    for (const auto& [key, service] : services.items()) {
      const Host owner = hostOf(key);
      written.insert(owner.name + "." + owner.name_space);
      writeService(key, service, owner);
    }
    if (defaults_.contains("retries")) writeDefaultRetries(written);
    writeRouteObjects();
  }

  void writeDefaultRetries(const std::set<std::string>& written) {
    const auto services = scenario_["services"].items();
    if (std::any_of(services.begin(), services.end(), [&](const auto& one) { return entered(one.key()); }))
      remark("/mesh/defaults/retries", "customers meet these retries at the entrance too: put the name of your Gateway in place of \"gateway\"");
    for (const auto& [key, service] : services) {
      const Host owner = hostOf(key);
      if (written.count(owner.name + "." + owner.name_space) == 1) continue;
      const std::size_t told = out_.remarks.size();
      const Json rule = ruleOf({{"route", Json::array({Json{{"destination", {{"host", key}}}}})}}, owner, "/mesh/defaults");
      if (retries_told_) out_.remarks.resize(told);
      retries_told_ = true;
      if (entered(key)) writeOne(key, owner, objectName(owner) + "-gateway", hostsAtEntrance(key, owner), {"gateway"}, Json::array({rule}));
      writeOne(key, owner, objectName(owner), {owner.name}, {"mesh"}, Json::array({rule}));
    }
  }

  void writeService(const std::string& key, const Json& service, const Host& owner) {
    Json rules = Json::array();
    for (std::size_t i = 0; i < service["http"].size(); ++i) rules.push_back(ruleOf(service["http"][i], owner, "/mesh/virtualServices/" + key + "/http/" + std::to_string(i)));
    std::vector<std::string> others, gateways;
    bool mesh = false, blocks_say = false, everywhere = false;
    if (service.contains("hosts"))
      for (const Json& host : service["hosts"])
        if (const std::string name = host.get<std::string>(); name != key && name != owner.name) others.push_back(name);
    if (service.contains("gateways"))
      for (const Json& gateway : service["gateways"]) {
        if (gateway == "mesh") mesh = true;
        else gateways.push_back(gateway.get<std::string>());
      }
    if (!mesh && gateways.empty()) {
      mesh = everywhere = true;
      if (entered(key)) {
        gateways = {"gateway"};
        others = hostsAtEntrance(key, owner);
        remark("/mesh/virtualServices/" + key, "customers meet these rules at the entrance too: put the name of your Gateway in place of \"gateway\"");
      }
    }
    for (const Json& rule : rules)
      if (rule.contains("match"))
        for (const Json& block : rule["match"]) blocks_say = blocks_say || block.contains("gateways");
    const std::string name = objectName(owner);
    if (gateways.empty()) return writeOne(key, owner, name, {owner.name}, {"mesh"}, rulesFor(rules, {"mesh"}));
    const std::vector<std::string> outer = !others.empty() ? others : mesh || service.contains("hosts") ? std::vector<std::string>{owner.name} : hostsAtEntrance(key, owner);
    if (!mesh) return writeOne(key, owner, name, outer, gateways, rulesFor(rules, gateways));
    if (!blocks_say && !everywhere && std::find(others.begin(), others.end(), "*") == others.end()) {
      std::vector<std::string> hosts = {owner.name}, all = gateways;
      hosts.insert(hosts.end(), others.begin(), others.end());
      all.push_back("mesh");
      return writeOne(key, owner, name, hosts, all, rules);
    }
    writeOne(key, owner, name + "-gateway", outer, gateways, rulesFor(rules, gateways));
    writeOne(key, owner, name, {owner.name}, {"mesh"}, rulesFor(rules, {"mesh"}));
  }

  // ---- security

  void writeSecurity(const Json& mesh) {
    for (const auto& [block, kind] : {std::pair{"peerAuthentications", "PeerAuthentication"}, {"requestAuthentications", "RequestAuthentication"}, {"authorizationPolicies", "AuthorizationPolicy"}}) {
      if (!mesh.contains(block)) continue;
      for (const auto& [key, given] : mesh[block].items()) {
        Json spec = given, annotations = Json::object();
        const std::string name_space = textIn(spec, "namespace").empty() ? "default" : textIn(spec, "namespace");
        std::string name = key;
        const std::string end = "." + name_space;  // of names that two namespaces have
        if (name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0) name.resize(name.size() - end.size());
        if (spec.contains("dryRun") && spec["dryRun"] == true) annotations["istio.io/dry-run"] = "true";
        if (spec.contains("provider") && spec["provider"].contains("allows")) {
          spec["provider"].erase("allows");
          remark("/mesh/authorizationPolicies/" + key + "/provider/allows", "what the provider answers is the provider's: left out");
        }
        spec.erase("namespace");
        spec.erase("dryRun");
        document("security.istio.io/v1", kind, name, name_space, std::move(spec), std::move(annotations));
      }
    }
  }

  // ---- autoscalers and rollouts

  void writeAutoscaler(const std::string& key, const Json& given) {
    const Host host = hostOf(key);
    Json spec = {{"scaleTargetRef", given.contains("scaleTargetRef") ? given["scaleTargetRef"] : targetRef(workloadOf(key, host, textIn(given, "version")), "/autoscalers/" + key)}};
    for (const char* field : {"minReplicas", "maxReplicas", "metrics", "behavior"})
      if (given.contains(field)) spec[field] = given[field];
    document("autoscaling/v2", "HorizontalPodAutoscaler", objectName(host), host.name_space, std::move(spec));
  }

  // Both revisions of a rollout, and the only version of a service, are one Deployment of the service's name; else each version has its own.
  std::string workloadOf(const std::string& key, const Host& host, const std::string& version) const {
    const bool rolled = scenario_.contains("rollouts") && scenario_["rollouts"].contains(key);
    const bool several = scenario_["services"].contains(key) && scenario_["services"][key].contains("versions") && scenario_["services"][key]["versions"].size() > 1;
    return rolled || !several || version.empty() ? host.name : host.name + "-" + version;
  }

  Json targetRef(const std::string& name, const std::string& pointer) {
    remark(pointer, "the Deployment's name is a guess: " + name);
    return {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", name}};
  }

  void writeRollout(const std::string& key, const Json& rollout) {
    const Host host = hostOf(key);
    if (rollout.contains("scrapeInterval")) remark("/rollouts/" + key + "/scrapeInterval", "is a setting of Prometheus: left out");
    if (rollout.contains("flagger")) return writeCanary(key, host, rollout["flagger"]);
    if (rollout.contains("argo")) writeArgo(key, host, rollout["argo"]);
  }

  void writeCanary(const std::string& key, const Host& host, const Json& given) {
    Json spec = given;
    const std::string pointer = "/rollouts/" + key + "/flagger";
    if (!spec.contains("targetRef")) {
      spec["targetRef"] = targetRef(workloadOf(key, host, {}), pointer);
      remark(pointer, "what the new version does differently is in its image, not in a manifest");
    }
    if (!spec.contains("service")) spec["service"] = {{"port", scenario_["services"].contains(key) && scenario_["services"][key].contains("port") ? scenario_["services"][key]["port"] : Json(80)}};
    Json& analysis = spec["analysis"];
    if (analysis.contains("metrics"))
      for (Json& metric : analysis["metrics"]) {
        if (!metric.contains("metric")) continue;
        metric.erase("metric");
        metric["templateRef"] = {{"name", textIn(metric, "name")}};
        remark(pointer + "/analysis/metrics/" + textIn(metric, "name"), "needs a MetricTemplate of that name");
      }
    if (analysis.contains("webhooks"))
      for (Json& hook : analysis["webhooks"]) {
        hook.erase("passes");
        if (!hook.contains("url")) remark(pointer + "/analysis/webhooks/" + textIn(hook, "name"), "needs a url");
      }
    const std::string name = textIn(spec["targetRef"], "name");
    document("flagger.app/v1beta1", "Canary", name, host.name_space, std::move(spec));
  }

  static std::string queryOf(const std::string& metric, const std::string& service, const std::string& window) {
    const std::string labels = "reporter=\"destination\",destination_service_name=\"" + service + "\"", range = "[" + window + "]";
    if (metric == "success.rate")
      return "sum(rate(istio_requests_total{" + labels + ",response_code!~\"5.*\"}" + range + ")) / sum(rate(istio_requests_total{" + labels + "}" + range + "))";
    for (const auto& [name, quantile] : {std::pair{"latency.p999", "0.999"}, {"latency.p99", "0.99"}, {"latency.p95", "0.95"}, {"latency.p90", "0.90"}, {"latency.p50", "0.50"}})
      if (metric == name) return std::string("histogram_quantile(") + quantile + ", sum(rate(istio_request_duration_milliseconds_bucket{" + labels + "}" + range + ")) by (le))";
    return "";
  }

  void writeArgo(const std::string& key, const Host& host, const Json& given) {
    Json spec = given;
    spec.erase("analysisTemplates");
    const std::string name = spec.contains("workloadRef") ? textIn(spec["workloadRef"], "name") : host.name;
    if (!spec.contains("workloadRef")) remark("/rollouts/" + key + "/argo", "the Rollout has no spec.template here: it goes over the one of the cluster");
    document("argoproj.io/v1alpha1", "Rollout", name, host.name_space, std::move(spec));
    if (!given.contains("analysisTemplates")) return;
    for (const Json& each : given["analysisTemplates"]) {
      Json analysis = each;
      analysis.erase("name");
      for (Json& metric : analysis["metrics"]) {
        const std::string query = queryOf(textIn(metric, "metric"), host.name, textIn(metric, "window").empty() ? "1m" : textIn(metric, "window"));
        if (query.empty()) remark("/rollouts/" + key + "/argo/analysisTemplates/" + textIn(each, "name"), "metric " + textIn(metric, "metric") + " needs a provider of your own");
        else metric["provider"] = {{"prometheus", {{"address", "http://prometheus.istio-system:9090"}, {"query", query}}}};
        metric.erase("metric");
        metric.erase("window");
      }
      document("argoproj.io/v1alpha1", "AnalysisTemplate", textIn(each, "name"), host.name_space, std::move(analysis));
    }
  }

  Json scenario_, defaults_;
  std::vector<RouteObject> routes_;
  std::map<std::string, std::string> names_;  // of services that Kubernetes could not call by their key
  IstioYaml out_;
  bool defaults_told_ = false, retries_told_ = false;
};

}  // namespace

IstioYaml istioYaml(const std::string& scenario) {
  Json parsed = Json::parse(scenario, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object() || !parsed.contains("services")) return {};
  return Exporter(std::move(parsed)).go();
}

}  // namespace meshmall::models
