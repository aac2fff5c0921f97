// Flagger's Canaries and Argo's Rollouts. Manifests show one revision; what a rollout needs is a second one: a copy of the first, which comes at 60 s (guessed, and said).
// Metrics by query become the mall's where the query is one of Istio's well-known ones; the others are left out, with the analyses that have none left.
#include <nlohmann/json.hpp>  // before istio_parts.h

#include <algorithm>

#include "models/importers/istio_parts.h"
#include "models/rollout/argo_condition.h"

namespace meshmall::models {

namespace {

// The workload that an object names, in its own namespace; else one that says no namespace, since that goes where it is applied (kubectl apply -n).
std::optional<std::pair<std::size_t, std::size_t>> findTarget(const std::string& name, const Manifest& m, IstioParts& parts) {
  if (const auto found = parts.cluster.findWorkload(name, m.name_space)) return found;
  for (const Manifest& other : parts.manifests) {
    if (other.name != name || other.root->find({"metadata", "namespace"}) != nullptr) continue;
    const auto found = parts.cluster.findWorkload(name, other.name_space);
    if (!found || parts.cluster.services[found->first].name_space != other.name_space) continue;
    parts.context.guessed(other.kind + " " + name + " (" + parts.context.shown(other.at) + ") says no namespace: taken for the target of " + m.kind + " " + m.name + " in " + m.name_space);
    parts.cluster.addWorkload(name, m.name_space, found->first, found->second);
    return found;
  }
  return std::nullopt;
}

constexpr const char* kAt = "60s";

struct RolloutPlace {
  std::size_t service = 0;
  std::string primary, canary;
};

// A second version beside version `v`: its copy, called "canary".
RolloutPlace withCopy(std::size_t s, std::size_t v, const std::string& what, IstioParts& parts) {
  ClusterService& service = parts.cluster.services[s];
  service.in_rollout = true;
  const auto named = [&](const std::string& name) { return std::find_if(service.versions.begin(), service.versions.end(), [&](const ClusterVersion& k) { return k.name == name; }); };
  std::string name = "canary";
  if (named(name) != service.versions.end() && named(name)->copied) return {s, service.versions[v].name, name};
  while (named(name) != service.versions.end()) name += "-next";
  ClusterVersion copy = service.versions[v];
  copy.name = name;
  copy.copied = true;
  const std::string primary = service.versions[v].name;
  service.versions.push_back(std::move(copy));
  parts.context.guessed(what + ": a new revision comes at " + kAt + ", the same as the old one: change version " + name + " of " + service.key + " to try another");
  return {s, primary, name};
}

ImportJson rolloutOf(const RolloutPlace& place, const char* kind, ImportJson spec) {
  return {{"primary", place.primary}, {"canary", place.canary}, {"at", kAt}, {kind, std::move(spec)}};
}

void erase(ImportJson& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) object.erase(key);
}

// ---- Flagger ---------------------------------------------------------------------------------------------------------------------------

void keepOwnMetrics(ImportJson& analysis, const Manifest& m, IstioParts& parts) {
  if (!analysis.is_object() || !analysis.contains("metrics") || !analysis["metrics"].is_array()) return;
  ImportJson kept = ImportJson::array();
  for (const ImportJson& metric : analysis["metrics"]) {
    const std::string name = textIn(metric, "name");
    const bool own = name == "request-success-rate" || name == "request-duration" || (metric.is_object() && metric.contains("metric"));
    if (own || !metric.is_object()) kept.push_back(metric);
    else parts.context.notModelled(m.at, "Canary " + m.name + ": metric " + name + " (its query would need a Prometheus)");
  }
  if (kept.empty()) analysis.erase("metrics");
  else analysis["metrics"] = kept;
}

RolloutPlace flaggerPlace(const Manifest& m, std::size_t s, std::size_t v, const std::string& target, IstioParts& parts) {
  KubernetesCluster& cluster = parts.cluster;
  const auto primary = cluster.findWorkload(target + "-primary", m.name_space);
  if (!primary) return withCopy(s, v, "Canary " + m.name, parts);
  // The cluster has both: Flagger's own primary, and the target, which it keeps at no replicas between rollouts.
  const auto [owner, version] = *primary;
  const std::string name = cluster.services[owner].versions[version].name;
  const std::int64_t replicas = cluster.services[owner].versions[version].replicas;
  cluster.merge(s, owner);
  const auto moved = cluster.findWorkload(target, m.name_space);
  ClusterService& service = cluster.services[owner];
  ClusterVersion& canary = service.versions[moved->second];
  if (canary.name == name || canary.name == "v1") canary.name = target;
  if (canary.replicas == 0) canary.replicas = std::max<std::int64_t>(replicas, 1);
  service.in_rollout = true;
  parts.context.guessed("Canary " + m.name + ": a new revision comes at " + kAt + ", as Deployment " + target + " has it");
  return {owner, name, canary.name};
}

// An A/B canary takes the customers that its conditions name: where an exact header says who they are, some come with it.
void readCanaryMatch(const Manifest& m, const YamlValue& spec, IstioParts& parts) {
  const YamlValue* match = spec.find({"analysis", "match"});
  if (match == nullptr) match = spec.find({"canaryAnalysis", "match"});
  if (match == nullptr || !match->isList() || match->items.empty()) return;
  bool somebody = false;
  for (const YamlValue& each : match->items) {
    const YamlValue* headers = each.find("headers");
    if (headers == nullptr) continue;
    for (const YamlMember& header : headers->members) {
      const std::string value = header.value.textOf("exact");
      if (value.empty()) continue;
      parts.user_headers.insert({header.key, value});
      somebody = true;
    }
  }
  if (!somebody) parts.context.guessed("Canary " + m.name + ": nobody meets the conditions of its analysis.match, so its metrics have no values (--load FILE: a traffic list with such headers)");
}

void readCanary(const Manifest& m, IstioParts& parts) {
  const YamlValue* spec = m.spec();
  const YamlValue* target = spec == nullptr ? nullptr : spec->find("targetRef");
  if (target == nullptr) return parts.context.error(m.at, "Canary " + inQuotes(m.name) + " has no spec.targetRef");
  const auto workload = findTarget(target->textOf("name"), m, parts);
  if (!workload) return parts.context.notModelled(m.at, "Canary " + m.name + ": its target " + target->textOf("name") + " is in none of these files");
  const RolloutPlace place = flaggerPlace(m, workload->first, workload->second, target->textOf("name"), parts);
  const YamlValue* service = spec->find("service");
  const std::string apex = service == nullptr || service->textOf("name").empty() ? target->textOf("name") : service->textOf("name");
  for (const char* end : {"", "-primary", "-canary"}) parts.cluster.addHost(apex + end, m.name_space, {place.service, "", {}});
  ImportJson flagger = parts.context.paste(*spec);
  if (flagger.contains("canaryAnalysis") && !flagger.contains("analysis")) {
    flagger["analysis"] = flagger["canaryAnalysis"];
    flagger.erase("canaryAnalysis");
  }
  if (!flagger.contains("analysis")) flagger["analysis"] = ImportJson::object();
  keepOwnMetrics(flagger["analysis"], m, parts);
  if (const std::string provider = textIn(flagger, "provider"); !provider.empty() && provider != "istio" && provider != "kubernetes") {
    parts.context.guessed("Canary " + m.name + ": provider " + provider + " is taken for istio");
    flagger.erase("provider");
  }
  if (flagger["analysis"].is_object() && flagger["analysis"].contains("webhooks")) parts.context.guessed("Canary " + m.name + ": its webhooks pass (rollback hooks don't)");
  if (service != nullptr) {
    if (const YamlValue* gateways = service->find("gateways"); gateways != nullptr && std::any_of(gateways->items.begin(), gateways->items.end(), [](const YamlValue& g) { return g.text != "mesh"; }))
      parts.entries.push_back({.service = place.service, .operation = {}, .headers = {}, .host = {}, .at = m.at});
    readCanaryMatch(m, *spec, parts);
  }
  if (service != nullptr)
    for (const YamlMember& member : service->members)
      for (const char* acts : {"trafficPolicy", "retries", "timeout", "rewrite", "headers", "corsPolicy", "match"})
        if (member.key == acts) parts.context.notModelled(member.key_at, "Canary " + m.name + ": service." + member.key + " (write a VirtualService or DestinationRule for it)");
  parts.rollouts[parts.cluster.services[place.service].key] = rolloutOf(place, "flagger", std::move(flagger));
}

// ---- Argo ------------------------------------------------------------------------------------------------------------------------------

// The metric of a version that a Prometheus query over Istio's metrics asks for; empty: another one.
std::string metricOfQuery(const std::string& query) {
  const auto has = [&](const char* word) { return query.find(word) != std::string::npos; };
  if (has("istio_requests_total") && has("response_code") && has("/")) return "success.rate";
  if (!has("istio_request_duration_milliseconds") || !has("histogram_quantile")) return "";
  for (const auto& [word, metric] : {std::pair{"0.999", "latency.p999"}, {"0.99", "latency.p99"}, {"0.95", "latency.p95"}, {"0.90", "latency.p90"}, {"0.9,", "latency.p90"}, {"0.50", "latency.p50"}, {"0.5,", "latency.p50"}})
    if (has(word)) return metric;
  return "";
}

// "[2m]" of the query.
std::string windowOfQuery(const std::string& query) {
  const std::size_t open = query.find('['), close = query.find(']', open);
  if (open == std::string::npos || close == std::string::npos) return "";
  const std::string window = query.substr(open + 1, close - open - 1);
  const bool plain = !window.empty() && window.size() < 8 && window.find_first_not_of("0123456789smh") == std::string::npos && window.back() > '9';
  return plain ? window : "";
}

bool conditionsFit(const ImportJson& metric) {
  for (const char* key : {"successCondition", "failureCondition"})
    if (const std::string text = textIn(metric, key); !text.empty() && std::holds_alternative<ArgoConditionProblem>(ArgoCondition::parse(text))) return false;
  return true;
}

ImportJson templateOf(const Manifest& m, IstioParts& parts) {
  ImportJson pasted = parts.context.paste(*m.spec());
  ImportJson out = {{"name", m.name}, {"metrics", ImportJson::array()}};
  out[kPastedTag] = pasted[kPastedTag];
  if (pasted.contains("dryRun")) out["dryRun"] = pasted["dryRun"];
  if (!pasted.contains("metrics") || !pasted["metrics"].is_array()) return out;
  for (ImportJson& metric : pasted["metrics"]) {
    if (!metric.is_object()) continue;
    std::string query;
    if (metric.contains("provider") && metric["provider"].is_object() && metric["provider"].contains("prometheus")) query = textIn(metric["provider"]["prometheus"], "query");
    const std::string known = metric.contains("metric") ? textIn(metric, "metric") : metricOfQuery(query);
    if (known.empty() || !conditionsFit(metric)) {
      parts.context.notModelled(m.at, m.kind + " " + m.name + ": metric " + textIn(metric, "name") + (known.empty() ? " (its query is none of Istio's usual ones)" : " (its condition cannot be read)"));
      continue;
    }
    if (!metric.contains("metric")) parts.context.guessed(m.kind + " " + m.name + ": the query of metric " + textIn(metric, "name") + " is taken for " + known);
    ImportJson kept = metric;
    kept["metric"] = known;
    if (const std::string window = windowOfQuery(query); !window.empty()) kept["window"] = window;
    kept.erase("provider");
    out["metrics"].push_back(std::move(kept));
  }
  return out;
}

// Leaves the templates that are known in an analysis. False: none is.
bool keepTemplates(ImportJson& analysis, const ImportJson& known) {
  if (!analysis.is_object() || !analysis.contains("templates") || !analysis["templates"].is_array()) return false;
  ImportJson kept = ImportJson::array();
  for (const ImportJson& each : analysis["templates"]) {
    const std::string name = textIn(each, "templateName");
    if (std::any_of(known.begin(), known.end(), [&](const ImportJson& t) { return textIn(t, "name") == name; })) kept.push_back(each);
  }
  analysis["templates"] = kept;
  return !kept.empty();
}

// Argo lets a step scale the canary, set a header route and a mirror route beside what else it does; here these are steps of their own before it, each done at once.
void splitSteps(ImportJson& body) {
  ImportJson out = ImportJson::array();
  std::vector<std::int64_t> moved;  // position of each old step's first
  for (const ImportJson& one : body["steps"]) {
    moved.push_back(static_cast<std::int64_t>(out.size()));
    ImportJson rest = one;
    for (const char* key : {"setCanaryScale", "setHeaderRoute", "setMirrorRoute"}) {
      if (!rest.is_object() || !rest.contains(key) || rest.size() - (rest.contains(kPastedTag) ? 1 : 0) < 2) continue;
      ImportJson single = {{key, rest[key]}};
      if (rest.contains(kPastedTag)) single[kPastedTag] = rest[kPastedTag];
      out.push_back(std::move(single));
      rest.erase(key);
    }
    out.push_back(std::move(rest));
  }
  body["steps"] = std::move(out);
  if (!body.contains("analysis") || !body["analysis"].is_object() || !body["analysis"].contains("startingStep") || !body["analysis"]["startingStep"].is_number_integer()) return;
  const auto start = body["analysis"]["startingStep"].get<std::int64_t>();
  if (start >= 0 && start < static_cast<std::int64_t>(moved.size())) body["analysis"]["startingStep"] = moved[static_cast<std::size_t>(start)];
}

void settleStrategy(ImportJson& strategy, const ImportJson& templates, const Manifest& m, IstioParts& parts) {
  const auto dropped = [&](const std::string& what) { parts.context.notModelled(m.at, "Rollout " + m.name + ": " + what); };
  for (const char* kind : {"canary", "blueGreen"}) {
    if (!strategy.is_object() || !strategy.contains(kind) || !strategy[kind].is_object()) continue;
    ImportJson& body = strategy[kind];
    for (const char* key : {"analysis", "prePromotionAnalysis", "postPromotionAnalysis"})
      if (body.contains(key) && !keepTemplates(body[key], templates)) {
        dropped(std::string(key) + ": none of its templates has a metric that is known here");
        body.erase(key);
      }
    if (body.contains("trafficRouting") && body["trafficRouting"].is_object() && !body["trafficRouting"].contains("istio")) {
      parts.context.guessed("Rollout " + m.name + ": its traffic router is taken for Istio");
      ImportJson routing = {{"istio", ImportJson::object()}};
      if (body["trafficRouting"].contains("managedRoutes")) routing["managedRoutes"] = body["trafficRouting"]["managedRoutes"];
      body["trafficRouting"] = routing;
    }
    if (!body.contains("steps") || !body["steps"].is_array()) continue;
    splitSteps(body);
    ImportJson kept = ImportJson::array();
    for (ImportJson& one : body["steps"]) {
      const bool foreign = one.is_object() && (one.contains("experiment") || one.contains("plugin"));
      const bool empty = one.is_object() && one.contains("analysis") && !keepTemplates(one["analysis"], templates);
      if (foreign) dropped("a step that is an experiment or a plugin");
      else if (empty) dropped("an analysis step: none of its templates has a metric that is known here");
      else kept.push_back(one);
    }
    body["steps"] = kept;
  }
}

// The names of templates that the strategy mentions anywhere.
void collectTemplates(const ImportJson& value, std::vector<std::string>& out) {
  if (value.is_object() && value.contains("templateName")) {
    if (const std::string name = textIn(value, "templateName"); std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  if (value.is_structured())
    for (const ImportJson& each : value) collectTemplates(each, out);
}

void readRollout(const Manifest& m, IstioParts& parts) {
  const YamlValue* spec = m.spec();
  if (spec == nullptr || spec->find("strategy") == nullptr) return parts.context.notModelled(m.at, "Rollout " + m.name + " has no strategy");
  const YamlValue* reference = spec->find("workloadRef");
  const std::string target = reference == nullptr ? m.name : reference->textOf("name");
  const auto workload = findTarget(target, m, parts);
  if (!workload) return parts.context.notModelled(m.at, "Rollout " + m.name + ": its pods are in none of these files");
  const RolloutPlace place = withCopy(workload->first, workload->second, "Rollout " + m.name, parts);
  ImportJson argo = parts.context.paste(*spec);
  erase(argo, {"template", "selector", "analysis", "rollbackWindow", "restartAt", "paused"});  // unread_fields names those that act
  std::vector<std::string> wanted;
  collectTemplates(argo["strategy"], wanted);
  ImportJson templates = ImportJson::array();
  for (const Manifest& each : parts.manifests) {
    if (each.group != "argoproj.io" || (each.kind != "AnalysisTemplate" && each.kind != "ClusterAnalysisTemplate") || each.spec() == nullptr) continue;
    if (std::find(wanted.begin(), wanted.end(), each.name) == wanted.end()) continue;
    ImportJson made = templateOf(each, parts);
    if (!made["metrics"].empty()) templates.push_back(std::move(made));
  }
  settleStrategy(argo["strategy"], templates, m, parts);
  if (!templates.empty()) argo["analysisTemplates"] = templates;
  else argo.erase("analysisTemplates");
  parts.rollouts[parts.cluster.services[place.service].key] = rolloutOf(place, "argo", std::move(argo));
}

}  // namespace

void readRollouts(IstioParts& parts) {
  for (const Manifest& m : parts.manifests) {
    if (m.is("flagger.app", "Canary")) readCanary(m, parts);
    if (m.is("argoproj.io", "Rollout")) readRollout(m, parts);
  }
}

// ---- autoscalers -----------------------------------------------------------------------------------------------------------------------

namespace {

// The metrics of any release of the API as autoscaling/v2 has them; those of the mall's.
ImportJson scalingMetrics(const ImportJson& spec, const Manifest& m, IstioParts& parts) {
  ImportJson out = ImportJson::array();
  const auto cpu = [&](const ImportJson& percent) { out.push_back({{"type", "Resource"}, {"resource", {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", percent}}}}}}); };
  if (spec.contains("targetCPUUtilizationPercentage")) cpu(spec["targetCPUUtilizationPercentage"]);
  if (!spec.contains("metrics") || !spec["metrics"].is_array()) return out;
  for (const ImportJson& metric : spec["metrics"]) {
    const char* block = textIn(metric, "type") == "ContainerResource" ? "containerResource" : "resource";
    if (metric.is_object() && metric.contains(block) && textIn(metric, block, "name") == "cpu") {
      const ImportJson& resource = metric[block];
      if (resource.contains("targetAverageUtilization")) cpu(resource["targetAverageUtilization"]);
      else if (resource.contains("target")) out.push_back({{"type", "Resource"}, {"resource", {{"name", "cpu"}, {"target", resource["target"]}}}});
      continue;
    }
    const std::string type = textIn(metric, "type");
    const std::string name = type == "Resource" ? textIn(metric, "resource", "name") : "";
    // Metrics under the names that a mall measures come from `meshmall export`.
    const char* custom = type == "Pods" ? "pods" : type == "Object" ? "object" : type == "External" ? "external" : "";
    if (*custom != 0 && metric.contains(custom) && metric[custom].is_object()) {
      const std::string measured = textIn(metric[custom], "metric", "name");
      if (measured == "cpu" || measured == "utilization" || measured == "requests.total" || measured == "requests.inFlight" || measured == "queue.mean") {
        out.push_back(metric);
        continue;
      }
    }
    parts.context.notModelled(m.at, "HorizontalPodAutoscaler " + m.name + ": a metric of type " + type + (name.empty() ? "" : " (" + name + ")"));
  }
  return out;
}

}  // namespace

namespace {

// A workload without `replicas` has what its autoscaler last gave it: at least minReplicas (Kubernetes, "Migrating Deployments and StatefulSets to horizontal autoscaling").
void beginAtLeast(std::int64_t least, const std::pair<std::size_t, std::size_t>& workload, const Manifest& m, IstioParts& parts) {
  constexpr std::int64_t kMost = 100'000;
  ClusterService& service = parts.cluster.services[workload.first];
  const ClusterVersion& scaled = service.versions[workload.second];
  if (scaled.replicas_said || scaled.replicas >= least || least > kMost) return;
  parts.context.guessed(scaled.workload + " says no replicas: it begins with the least of HorizontalPodAutoscaler " + m.name + ", " + std::to_string(least));
  for (ClusterVersion& version : service.versions)
    if (!version.replicas_said && version.replicas > 0) version.replicas = std::max(version.replicas, least);
}

}  // namespace

void readAutoscalers(IstioParts& parts) {
  for (const Manifest& m : parts.manifests) {
    if (!m.is("autoscaling", "HorizontalPodAutoscaler")) continue;
    const YamlValue* spec = m.spec();
    const YamlValue* target = spec == nullptr ? nullptr : spec->find("scaleTargetRef");
    if (target == nullptr) {
      parts.context.error(m.at, "HorizontalPodAutoscaler " + inQuotes(m.name) + " has no spec.scaleTargetRef");
      continue;
    }
    const auto workload = findTarget(target->textOf("name"), m, parts);
    if (!workload) {
      parts.context.notModelled(m.at, "HorizontalPodAutoscaler " + m.name + ": its target " + target->textOf("name") + " is in none of these files");
      continue;
    }
    const ClusterService& service = parts.cluster.services[workload->first];
    if (service.versions[workload->second].replicas == 0 && service.versions.size() > 1 && !service.in_rollout) {
      parts.context.notModelled(m.at, "HorizontalPodAutoscaler " + m.name + ": its target " + target->textOf("name") + " has no replicas, so it does nothing (as in the cluster), and the version is left out");
      continue;
    }
    if (parts.autoscalers.contains(service.key)) {
      parts.context.notModelled(m.at, "HorizontalPodAutoscaler " + m.name + ": " + service.key + " has one for another version already");
      continue;
    }
    beginAtLeast(wholeOf(spec->find("minReplicas"), 1), *workload, m, parts);
    ImportJson pasted = parts.context.paste(*spec);
    ImportJson out = ImportJson::object();
    out[kPastedTag] = pasted[kPastedTag];
    out["version"] = service.versions[workload->second].name;
    for (const char* key : {"scaleTargetRef", "minReplicas", "maxReplicas"})
      if (pasted.contains(key)) out[key] = pasted[key];
    const ImportJson metrics = scalingMetrics(pasted, m, parts);
    if (metrics.empty() && pasted.contains("metrics")) continue;  // every one was noted
    if (!metrics.empty()) out["metrics"] = metrics;
    if (pasted.contains("behavior")) out["behavior"] = pasted["behavior"];
    parts.autoscalers[service.key] = std::move(out);
  }
}

}  // namespace meshmall::models
