#include <nlohmann/json.hpp>  // before istio_parts.h

#include "models/importers/mall_of_cluster.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "models/importers/list_text.h"
#include "models/scenario/reader.h"

namespace meshmall::models {

namespace {

constexpr double kMostRate = 50, kTotalRate = 200, kLeastRate = 1;  // customers a second: of one entry, of all, at least
constexpr std::size_t kMostUsers = 5;                               // headers of single users that get customers

std::string defaultOperation(const ClusterService& service) { return service.protocol == "grpc" || service.protocol == "tcp" ? "call" : "GET /"; }

std::string rateText(double rate) { return shown(std::round(rate * 10) / 10) + "/s"; }

// What of a pod's spec acts on a run: probes and the way it ends.
void addPod(const YamlValue* pod, const std::string& workload, ImportContext& context, ImportJson& out) {
  if (pod == nullptr) return;
  ImportJson termination = ImportJson::object();
  if (const std::int64_t grace = wholeOf(pod->find("terminationGracePeriodSeconds"), -1); grace >= 1 && grace <= 86'400) termination["gracePeriod"] = std::to_string(grace) + "s";
  const YamlValue* containers = pod->find("containers");
  if (containers != nullptr && containers->isList()) {
    for (const YamlValue& container : containers->items) {
      if (const auto sleep = sleepBeforeStop(container)) termination["preStop"] = std::to_string(*sleep) + "s";
      else if (const YamlValue* hook = container.find({"lifecycle", "preStop"})) context.notModelled(hook->at, workload + ": its preStop hook, which takes no time here (one that only sleeps does)");
      const YamlValue* probe = container.find("readinessProbe");
      if (probe == nullptr || out.contains("readinessProbe")) continue;
      ImportJson fields = ImportJson::object();
      for (const char* key : {"initialDelaySeconds", "periodSeconds", "successThreshold", "failureThreshold"})
        if (const std::int64_t value = wholeOf(probe->find(key), -1); value >= (key[0] == 'i' ? 0 : 1) && value <= 3600) fields[key] = value;
      if (!fields.empty()) out["readinessProbe"] = fields;
    }
  }
  if (!termination.empty()) out["termination"] = termination;
}

bool matchesHost(const std::string& pattern, const ClusterService& service) {
  const std::string full = service.name + "." + service.name_space + ".svc.cluster.local";
  if (pattern == "*" || pattern == full || pattern == service.name || pattern == service.name + "." + service.name_space) return true;
  return pattern.size() > 1 && pattern[0] == '*' && full.size() >= pattern.size() - 1 && full.compare(full.size() - (pattern.size() - 1), std::string::npos, pattern, 1) == 0;
}

// Does a Sidecar of this namespace let its proxies hear of the service?
bool inScope(const Manifest& sidecar, const ClusterService& service) {
  const YamlValue* egress = sidecar.spec() == nullptr ? nullptr : sidecar.spec()->find("egress");
  if (egress == nullptr || !egress->isList()) return true;
  for (const YamlValue& each : egress->items) {
    const YamlValue* hosts = each.find("hosts");
    if (hosts == nullptr) continue;
    for (const YamlValue& host : hosts->items) {
      const std::size_t slash = host.text.find('/');
      if (slash == std::string::npos) continue;
      const std::string where = host.text.substr(0, slash);
      const bool there = where == "*" || where == service.name_space || (where == "." && sidecar.name_space == service.name_space);
      if (there && matchesHost(host.text.substr(slash + 1), service)) return true;
    }
  }
  return false;
}

}  // namespace

MallOfCluster::MallOfCluster(IstioParts& parts, const TracedServices* traced) : parts_(parts), traced_(traced) {
  for (std::size_t s = 0; traced_ != nullptr && s < parts_.cluster.services.size(); ++s)
    if (traced_->knows(s)) operations_[s] = traced_->operations(s);
}

// The service that a call's end names.
std::optional<std::pair<std::size_t, std::optional<std::size_t>>> MallOfCluster::endOf(const CallEnd& end, const YamlPlace& at, bool measured) {
  KubernetesCluster& cluster = parts_.cluster;
  if (const auto found = cluster.findByAnyName(end.name, end.name_space)) return found;
  if (!measured) {
    parts_.context.error(at, "there is no service or workload " + inQuotes(end.name));
    return std::nullopt;
  }
  const bool outside = end.name.find('.') != std::string::npos && end.name.find_first_of(" /:") == std::string::npos && end.name.size() < 250;
  if (!outside) {
    parts_.context.notModelled(at, "calls of or to " + inQuotes(end.name) + ", which is no service or workload of these files");
    return std::nullopt;
  }
  parts_.context.guessed("host " + end.name + " (" + parts_.context.shown(at) + ") is in none of these files: one endpoint outside, without a proxy");
  return std::pair{cluster.addUnknown(end.name, "", true, at), std::optional<std::size_t>()};
}

void MallOfCluster::addCalls(const std::vector<NamedCall>& calls, bool measured) {
  KubernetesCluster& cluster = parts_.cluster;
  for (const NamedCall& named : calls) {
    const auto to = endOf(named.to, named.at, measured);
    entered_.resize(cluster.services.size());
    if (!to) continue;
    if (named.from_entrance) {
      entered_[to->first] = true;
      continue;
    }
    const auto from = endOf(named.from, named.at, measured);
    if (!from) continue;
    if (traced_ != nullptr && traced_->knows(from->first)) {
      parts_.context.notModelled(named.at, "the call " + named.from.name + " -> " + named.to.name + ": the traces say whom " + named.from.name + " calls");
      continue;
    }
    Call call;
    call.from = from->first;
    call.to = to->first;
    if (cluster.services[call.from].versions.size() > 1) call.version = from->second;
    call.from_operation = named.from.operation;
    call.to_operation = named.to.operation;
    call.optional = named.optional;
    call.times = named.times;
    call.at = named.at;
    const bool twice = std::any_of(calls_.begin(), calls_.end(), [&](const Call& c) {
      return c.from == call.from && c.to == call.to && c.version == call.version && c.from_operation == call.from_operation && c.to_operation == call.to_operation;
    });
    if (!twice || calls_.size() > 5000) calls_.push_back(call);
    for (const auto& [service, operation] : {std::pair{call.from, call.from_operation}, std::pair{call.to, call.to_operation}})
      if (!operation.empty()) operationOf(service, operation);
  }
}

void MallOfCluster::setLoad(const YamlValue& list) { load_ = &list; }

// The operation by that name, which from now on exists; of no name: the service's first.
std::string MallOfCluster::operationOf(std::size_t service, const std::string& wanted) {
  auto& known = operations_[service];
  if (wanted.empty() && !known.empty()) return known.front();
  const std::string name = wanted.empty() ? defaultOperation(parts_.cluster.services[service]) : wanted;
  if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
  return name;
}

// Operations call in a row and wait: a circle of calls would never end. The call that closes one is left out.
void MallOfCluster::dropCircles() {
  const std::size_t n = parts_.cluster.services.size();
  std::vector<std::vector<std::size_t>> out(n);  // positions of calls
  for (std::size_t c = 0; c < calls_.size(); ++c) out[calls_[c].from].push_back(c);
  std::vector<char> state(n, 0);  // 1: on the way, 2: done
  std::vector<bool> dropped(calls_.size());
  std::vector<std::pair<std::size_t, std::size_t>> way;  // service, next of its calls
  for (std::size_t start = 0; start < n; ++start) {
    if (state[start] != 0) continue;
    state[start] = 1;
    way.emplace_back(start, 0);
    while (!way.empty()) {
      auto& [service, next] = way.back();
      if (next == out[service].size()) {
        state[service] = 2;
        way.pop_back();
        continue;
      }
      const std::size_t call = out[service][next++];
      const std::size_t to = calls_[call].to;
      if (state[to] == 1) dropped[call] = true;
      if (state[to] != 0) continue;
      state[to] = 1;
      way.emplace_back(to, 0);
    }
  }
  std::vector<Call> kept;
  for (std::size_t c = 0; c < calls_.size(); ++c) {
    if (!dropped[c]) kept.push_back(calls_[c]);
    else parts_.context.notModelled(calls_[c].at, "the call " + parts_.cluster.services[calls_[c].from].key + " -> " + parts_.cluster.services[calls_[c].to].key + ", which closes a circle");
  }
  calls_ = std::move(kept);
}

void MallOfCluster::checkScopes() {
  for (const Manifest& m : parts_.manifests) {
    if (!m.is("networking.istio.io", "Sidecar")) continue;
    const LabelList selector = labelsOf(m.spec() == nullptr ? nullptr : m.spec()->find({"workloadSelector", "labels"}));
    std::vector<std::string> outside;
    for (const Call& call : calls_) {
      const ClusterService& from = parts_.cluster.services[call.from];
      const bool applies = from.name_space == m.name_space && std::any_of(from.versions.begin(), from.versions.end(), [&](const ClusterVersion& v) { return hasLabels(v.labels, selector); });
      if (applies && !inScope(m, parts_.cluster.services[call.to])) outside.push_back(from.key + " -> " + parts_.cluster.services[call.to].key);
    }
    if (outside.empty()) parts_.context.notModelled(m.at, "Sidecar " + m.name + ": here every proxy hears of every service (no known call leaves its scope)");
    else parts_.context.notModelled(m.at, "Sidecar " + m.name + ": known calls leave its scope, which Istio would not route, and a mall does: " + listText(outside));
  }
}

ImportJson MallOfCluster::stepOf(const Call& call) const {
  ImportJson step = ImportJson::object();
  step["call"] = parts_.cluster.services[call.to].key + "/" + (call.to_operation.empty() ? operations_.at(call.to).front() : call.to_operation);
  if (call.optional) step["optional"] = true;
  const double times = std::min(call.times, 1000.0);
  const double whole = std::floor(times + 0.02);
  const double rest = times - whole;
  if (times < 0.98) {
    step["probability"] = std::max(std::round(times * 1000) / 1000, 0.001);
  } else if (rest < 0.02) {
    if (whole > 1) step["times"] = static_cast<int>(whole);
  } else {
    const double share = std::round(rest * 1000) / 1000;
    const int less = static_cast<int>(whole);
    step["times"] = {{"weighted", {{std::to_string(less), 1 - share}, {std::to_string(less + 1), share}}}};
  }
  return step;
}

ImportJson MallOfCluster::stepsOf(std::size_t service, const std::string& operation, std::optional<std::size_t> version) const {
  ImportJson steps = ImportJson::array();
  if (parts_.cluster.services[service].external) steps.push_back({{"wait", "20ms"}});
  else steps.push_back({{"busy", {{"lognormal", {{"mean", "2ms"}, {"cv", 1}}}}}});
  for (const Call& call : calls_) {
    if (call.from != service || (!call.from_operation.empty() && call.from_operation != operation)) continue;
    if (!call.version || call.version == version) steps.push_back(stepOf(call));
  }
  return steps;
}

// As it was traced; else what is known of the calls behind the default.
ImportJson MallOfCluster::operationJson(std::size_t service, const std::string& operation, std::optional<std::size_t> version) const {
  if (const ImportJson* traced = traced_ == nullptr ? nullptr : traced_->operation(service, operation, version)) return *traced;
  return {{"steps", stepsOf(service, operation, version)}};
}

ImportJson MallOfCluster::versionOf(const ClusterService& service, std::size_t s, std::size_t v) const {
  const ClusterVersion& version = service.versions[v];
  ImportJson out = ImportJson::object();
  const std::int64_t replicas = std::max<std::int64_t>(version.replicas, 1);
  out["replicas"] = traced_ == nullptr ? ImportJson(replicas) : traced_->replicas(s, replicas);
  if (!version.labels.empty()) {
    ImportJson labels = ImportJson::object();
    for (const auto& [key, value] : version.labels) labels[key] = value;
    out["labels"] = labels;
  }
  out["workers"] = traced_ == nullptr ? 2 : traced_->workers(s, v).value_or(2);
  out["concurrency"] = "async";
  addPod(version.pod, version.workload, parts_.context, out);
  const bool own = std::any_of(calls_.begin(), calls_.end(), [&](const Call& call) { return call.from == s && call.version == v; });
  if (!own && (traced_ == nullptr || !traced_->differs(s, v))) return out;
  ImportJson operations = ImportJson::object();
  for (const std::string& name : operations_.at(s)) operations[name] = operationJson(s, name, v);
  out["operations"] = operations;
  return out;
}

ImportJson MallOfCluster::services() {
  dropCircles();
  checkScopes();
  for (std::size_t s = 0; s < parts_.cluster.services.size(); ++s)
    if (!parts_.cluster.services[s].key.empty()) operationOf(s, "");
  ImportJson out = ImportJson::object();
  for (std::size_t s = 0; s < parts_.cluster.services.size(); ++s) {
    const ClusterService& service = parts_.cluster.services[s];
    if (service.key.empty()) continue;
    ImportJson next = ImportJson::object();
    if (!service.name_space.empty() && service.name_space != "default") next["namespace"] = service.name_space;
    if (!service.account.empty()) next["serviceAccount"] = service.account;
    if (!service.sidecar) next["sidecar"] = false;
    if (service.protocol != "http1") next["protocol"] = service.protocol;
    if (service.port > 0 && service.port < 65'536) next["port"] = service.port;
    ImportJson versions = ImportJson::object();
    for (std::size_t v = 0; v < service.versions.size(); ++v) {
      if (service.versions[v].replicas == 0 && !service.in_rollout) {
        const bool alone = service.versions.size() == 1;
        parts_.context.notModelled(service.versions[v].at, "version " + service.versions[v].name + " of " + service.key + " has no replicas" +
                                                               (alone ? ": here it has one, since a service has endpoints; the cluster answers 503 (UH)" : " and is left out"));
        if (!alone) continue;
      }
      versions[service.versions[v].name] = versionOf(service, s, v);
    }
    next["versions"] = versions;
    ImportJson operations = ImportJson::object();
    for (const std::string& name : operations_.at(s)) operations[name] = operationJson(s, name, std::nullopt);
    next["operations"] = operations;
    out[service.key] = std::move(next);
  }
  return out;
}

ImportJson MallOfCluster::loadedTraffic() {
  ImportJson list = parts_.context.paste(*load_);
  if (!list.is_array()) {
    parts_.context.error(load_->at, "traffic must be a list");
    return ImportJson::array();
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string to = textIn(list[i], "to");
    if (to.empty()) continue;  // the decoder says what is missing
    const std::size_t slash = to.find('/');
    const auto found = parts_.cluster.findByAnyName(to.substr(0, slash));
    if (!found) {
      parts_.context.error(load_->items[i].at, "there is no service " + inQuotes(to.substr(0, slash)));
      continue;
    }
    list[i]["to"] = parts_.cluster.services[found->first].key + "/" + operationOf(found->first, slash == std::string::npos ? "" : to.substr(slash + 1));
  }
  return list;
}

// Customers at the gateway who name no host, where the rules of their service differ by host, would meet none of them.
ImportJson MallOfCluster::withHosts(ImportJson list) const {
  for (ImportJson& entry : list) {
    const std::string to = textIn(entry, "to");
    if (to.empty() || (entry.contains("via") && textIn(entry, "via") != "gateway") || (entry.contains("headers") && (!entry["headers"].is_object() || entry["headers"].contains("host")))) continue;
    for (const auto& [service, host] : parts_.asked_hosts) {
      if (host.empty() || parts_.cluster.services[service].key != to.substr(0, to.find('/'))) continue;
      entry["headers"]["host"] = host;
      parts_.context.guessed("customers " + textIn(entry, "name") + " ask for the host " + host + ", since the rules of " + to.substr(0, to.find('/')) + " differ by host (header \"host\" says another)");
    }
  }
  return list;
}

void MallOfCluster::addCustomers(ImportJson& list, const EntryPoint& entry, bool gateway, double rate) {
  const std::string operation = operationOf(entry.service, entry.operation);
  const std::string& key = parts_.cluster.services[entry.service].key;
  const auto add = [&](std::string name, const std::vector<std::pair<std::string, std::string>>& headers, double share) {
    const auto taken = [&](const std::string& wanted) { return std::any_of(list.begin(), list.end(), [&](const ImportJson& t) { return textIn(t, "name") == wanted; }); };
    if (taken(name)) name += " " + operation;
    for (int i = 2; taken(name); ++i) name += " " + std::to_string(i);
    ImportJson next = {{"name", name}, {"to", key + "/" + operation}, {"via", gateway ? "gateway" : "sidecar"}};
    if (!entry.host.empty()) next["headers"]["host"] = entry.host;
    for (const auto& [header, value] : headers) next["headers"][header] = value;
    next["arrivals"] = {{"poisson", {{"rate", rateText(rate * share)}}}};
    list.push_back(std::move(next));
  };
  const std::string base = (gateway ? "customers of " + key : "callers of " + key) + (entry.host.empty() ? "" : " host=" + entry.host);
  std::vector<std::pair<std::string, std::string>> users;
  for (const auto& user : parts_.user_headers)
    if (users.size() < kMostUsers && entry.headers.empty()) users.push_back(user);
  std::string name = base;
  for (const auto& [header, value] : entry.headers) name += " " + header + "=" + value;
  add(name, entry.headers, 1);
  for (const auto& user : users) add(base + " " + user.first + "=" + user.second, {user}, 0.1);
}

ImportJson MallOfCluster::traffic() {
  if (load_ != nullptr) return withHosts(loadedTraffic());
  if (traced_ != nullptr) return withHosts(traced_->traffic());
  ImportContext& context = parts_.context;
  for (const std::string& sentence : parts_.entry_notes) context.guessed(sentence);
  const auto& services = parts_.cluster.services;
  std::vector<bool> called(services.size());
  entered_.resize(services.size());
  for (const Call& call : calls_) called[call.to] = called[call.to] || call.from != call.to;
  for (const EntryPoint& entry : parts_.entries) called[entry.service] = true;
  std::vector<std::size_t> roots;
  for (std::size_t s = 0; s < services.size(); ++s) {
    if (services[s].key.empty() || services[s].external || called[s]) continue;
    if (entered_[s]) parts_.entries.push_back({s, operationOf(s, ""), {}, {}, {}});
    else roots.push_back(s);
  }
  if (parts_.entries.empty() && roots.empty())  // everybody is called: a circle
    for (std::size_t s = 0; s < services.size() && roots.empty(); ++s)
      if (!services[s].key.empty()) roots.push_back(s);
  const double rate = std::clamp(kTotalRate / static_cast<double>(std::max<std::size_t>(parts_.entries.size() + roots.size(), 1)), kLeastRate, kMostRate);
  ImportJson list = ImportJson::array();
  for (const EntryPoint& entry : parts_.entries) addCustomers(list, entry, true, rate);
  for (const std::size_t s : roots) addCustomers(list, {s, "", {}, {}, {}}, false, rate);
  context.guessed("customers: " + rateText(rate) + " Poisson each" + (parts_.user_headers.empty() ? "" : ", and a tenth of that with each header that a route asks for by its value") +
                  " (--load FILE says otherwise)");
  std::vector<std::string> names;
  for (const std::size_t s : roots) names.push_back(services[s].key);
  if (!names.empty()) context.guessed("nobody is known to call " + listText(names) + ": " + (names.size() == 1 ? "it has" : "each has") + " callers of its own (--calls \"a -> b\" says otherwise)");
  if (calls_.empty() && services.size() > 1) context.guessed("no calls between the services are known: manifests don't say (--calls)");
  return list;
}

}  // namespace meshmall::models
