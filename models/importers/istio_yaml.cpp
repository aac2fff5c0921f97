#include "models/importers/istio_yaml.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "models/importers/istio_parts.h"
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
    Json metadata = {{"name", name}};
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
    out.name = out.outside ? at : at.substr(0, dot);
    out.name_space = service.contains("namespace") ? textIn(service, "namespace") : dot == std::string::npos || out.outside ? "default" : at.substr(dot + 1);
    return out;
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
        remark(pointer + "/" + key, "Istio's resources cannot say this: left out");
        continue;
      }
      Json kept = istioOnly(member, key, pointer + "/" + key);
      if (member.is_object() && !member.empty() && kept.empty()) continue;  // nothing of it was Istio's
      out[key] = std::move(kept);
    }
    return out;
  }

  // ---- destination rules

  Json policyOf(const Json& given, bool with_defaults, const std::string& pointer) {
    Json policy = given.is_object() ? given : Json::object();
    if (with_defaults && defaults_.contains("trafficPolicy"))
      for (const auto& [key, block] : defaults_["trafficPolicy"].items())
        if (!policy.contains(key)) policy[key] = block;
    return istioOnly(policy, "trafficPolicy", pointer);
  }

  void writeRules(const Json& rules) {
    std::set<std::string> written;
    for (const auto& [key, rule] : rules.items()) {
      const Host host = hostOf(key);
      written.insert(host.name + "." + host.name_space);
      const std::string pointer = "/mesh/destinationRules/" + key;
      Json spec = {{"host", host.name}};
      const Json policy = policyOf(rule.contains("trafficPolicy") ? rule["trafficPolicy"] : Json(), true, pointer + "/trafficPolicy");
      if (!policy.empty()) spec["trafficPolicy"] = policy;
      if (rule.contains("subsets")) {
        spec["subsets"] = Json::array();
        for (const Json& subset : rule["subsets"]) {
          Json next = subset;
          if (subset.contains("trafficPolicy")) {
            next["trafficPolicy"] = policyOf(subset["trafficPolicy"], false, pointer + "/subsets/" + textIn(subset, "name") + "/trafficPolicy");
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
      const Json policy = policyOf(Json(), true, "/mesh/defaults/trafficPolicy");
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

  void writeOne(const Host& owner, const std::string& name, const std::vector<std::string>& hosts, const std::vector<std::string>& gateways, const Json& rules) {
    if (rules.empty()) return;
    Json spec = {{"hosts", hosts}};
    if (gateways.size() != 1 || gateways[0] != "mesh") spec["gateways"] = gateways;
    spec["http"] = rules;
    document("networking.istio.io/v1", "VirtualService", name, owner.name_space, std::move(spec));
  }

  bool entered(const std::string& key) const {
    if (!scenario_.contains("traffic")) return false;
    for (const Json& entry : scenario_["traffic"]) {
      const std::string to = textIn(entry, "to"), via = textIn(entry, "via");
      if ((via.empty() || via == "gateway") && to.substr(0, to.find('/')) == key) return true;
    }
    return false;
  }

  void writeRoutes(const Json& services) {
    std::set<std::string> written;
    for (const auto& [key, service] : services.items()) {
      const Host owner = hostOf(key);
      written.insert(owner.name + "." + owner.name_space);
      writeService(key, service, owner);
    }
    const auto at_the_entrance = std::count_if(scenario_["services"].items().begin(), scenario_["services"].items().end(), [&](const auto& one) { return entered(one.key()); });
    if (!defaults_.contains("retries")) return;
    if (at_the_entrance > 0) remark("/mesh/defaults/retries", "customers meet these retries at the entrance too: put the name of your Gateway in place of \"gateway\"");
    if (at_the_entrance > 1)
      remark("/mesh/defaults/retries", "several services stand at the entrance: on one Gateway rules for host * are the oldest one's, so give each its own host");
    for (const auto& [key, service] : scenario_["services"].items()) {
      const Host owner = hostOf(key);
      if (written.count(owner.name + "." + owner.name_space) == 1) continue;
      const std::size_t told = out_.remarks.size();
      const Json rule = ruleOf({{"route", Json::array({Json{{"destination", {{"host", key}}}}})}}, owner, "/mesh/defaults");
      if (retries_told_) out_.remarks.resize(told);
      retries_told_ = true;
      if (entered(key)) writeOne(owner, objectName(owner) + "-gateway", {"*"}, {"gateway"}, Json::array({rule}));
      writeOne(owner, objectName(owner), {owner.name}, {"mesh"}, Json::array({rule}));
    }
  }

  void writeService(const std::string& key, const Json& service, const Host& owner) {
    Json rules = Json::array();
    for (std::size_t i = 0; i < service["http"].size(); ++i) rules.push_back(ruleOf(service["http"][i], owner, "/mesh/virtualServices/" + key + "/http/" + std::to_string(i)));
    std::vector<std::string> others, gateways;
    bool mesh = false, blocks_say = false;
    if (service.contains("hosts"))
      for (const Json& host : service["hosts"])
        if (const std::string name = host.get<std::string>(); name != key && name != owner.name) others.push_back(name);
    if (service.contains("gateways"))
      for (const Json& gateway : service["gateways"]) {
        if (gateway == "mesh") mesh = true;
        else gateways.push_back(gateway.get<std::string>());
      }
    if (!mesh && gateways.empty()) {  // everywhere
      mesh = true;
      if (entered(key)) {
        gateways = {"gateway"};
        others = {"*"};
        remark("/mesh/virtualServices/" + key, "customers meet these rules at the entrance too: put the name of your Gateway in place of \"gateway\"");
      }
    }
    for (const Json& rule : rules)
      if (rule.contains("match"))
        for (const Json& block : rule["match"]) blocks_say = blocks_say || block.contains("gateways");
    const std::string name = objectName(owner);
    if (gateways.empty()) return writeOne(owner, name, {owner.name}, {"mesh"}, rulesFor(rules, {"mesh"}));
    const std::vector<std::string> outer = others.empty() ? std::vector<std::string>{mesh || service.contains("hosts") ? owner.name : "*"} : others;
    if (!mesh) return writeOne(owner, name, outer, gateways, rulesFor(rules, gateways));
    if (!blocks_say && std::find(others.begin(), others.end(), "*") == others.end()) {
      std::vector<std::string> hosts = {owner.name}, all = gateways;
      hosts.insert(hosts.end(), others.begin(), others.end());
      all.push_back("mesh");
      return writeOne(owner, name, hosts, all, rules);
    }
    writeOne(owner, name + "-gateway", outer, gateways, rulesFor(rules, gateways));
    writeOne(owner, name, {owner.name}, {"mesh"}, rulesFor(rules, {"mesh"}));
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
    Json spec = {{"scaleTargetRef", given.contains("scaleTargetRef") ? given["scaleTargetRef"] : targetRef(host.name + "-" + textIn(given, "version"), "/autoscalers/" + key)}};
    for (const char* field : {"minReplicas", "maxReplicas", "metrics", "behavior"})
      if (given.contains(field)) spec[field] = given[field];
    document("autoscaling/v2", "HorizontalPodAutoscaler", objectName(host), host.name_space, std::move(spec));
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
    if (!spec.contains("targetRef")) spec["targetRef"] = targetRef(host.name, pointer);
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
