// Gateway API's HTTPRoutes and GRPCRoutes as rules of VirtualServices: one rule a match, the most specific first, as Istio translates them.
// Source: Gateway API specification, HTTPRoute and GRPCRoute; the order of precedence is that of models/routing/gateway_route.h.
#include <nlohmann/json.hpp>  // before istio_parts.h

#include <algorithm>
#include <tuple>

#include "models/importers/istio_parts.h"

namespace meshmall::models {

namespace {

// Istio's order (pilot, sortHTTPRoutes): an exact path, then prefixes, then regular expressions, each the longer first; method; number of headers; of query parameters.
struct Specificity {
  bool exact = false, regex = false;
  std::size_t path = 1;  // without a path: the prefix "/"
  bool method = false;
  std::size_t headers = 0, query = 0;

  bool operator<(const Specificity& other) const {  // more specific first
    return std::make_tuple(!exact, regex, ~path, !method, ~headers, ~query) < std::make_tuple(!other.exact, other.regex, ~other.path, !other.method, ~other.headers, ~other.query);
  }
};

struct Entry {
  Specificity order;
  ImportJson rule;
  std::size_t owner = 0;
  bool owned = false;
  std::string name;  // of its route
  YamlPlace at;      // of its rule
};

struct Parent {
  bool mesh = false;
  std::size_t service = 0;  // of a mesh parent
  std::string gateway;
  std::vector<std::string> hosts;  // that the gateway lets in
};

ImportJson condition(const std::string& type, const std::string& value) {
  return type == "RegularExpression" ? ImportJson{{"regex", value}} : ImportJson{{"exact", value}};
}

void addNamed(const YamlValue* list, const char* key, ImportJson& block, std::size_t& count) {
  if (list == nullptr || !list->isList()) return;
  for (const YamlValue& each : list->items) {
    block[key][each.textOf("name")] = condition(each.textOf("type"), each.textOf("value"));
    ++count;
  }
}

// One match as blocks of a VirtualService: alternatives, since a prefix of whole segments is the path itself or what lies below it.
std::vector<ImportJson> blocksOf(const YamlValue* match, bool keeps_prefix, Specificity& order) {
  ImportJson block = ImportJson::object();
  std::vector<ImportJson> uris;
  if (match != nullptr) {
    if (const YamlValue* path = match->find("path")) {
      const std::string type = path->textOf("type").empty() ? "PathPrefix" : path->textOf("type");
      std::string value = path->textOf("value").empty() ? "/" : path->textOf("value");
      order.exact = type == "Exact";
      order.regex = type == "RegularExpression";
      order.path = value.size();
      if (type == "Exact") uris.push_back({{"exact", value}});
      else if (type == "RegularExpression") uris.push_back({{"regex", value}});
      else if (value != "/") {
        while (value.size() > 1 && value.back() == '/') value.pop_back();
        if (keeps_prefix) uris.push_back({{"prefix", value}});
        else uris = {ImportJson{{"exact", value}}, ImportJson{{"prefix", value + "/"}}};
      }
    }
    if (const YamlValue* method = match->find("method"); method != nullptr && method->isScalar()) {
      block["method"] = {{"exact", method->text}};
      order.method = true;
    } else if (method != nullptr) {  // of a GRPCRoute
      const std::string service = method->textOf("service"), name = method->textOf("method");
      const bool regex = method->textOf("type") == "RegularExpression";
      order.regex = regex || service.empty();
      if (regex) uris.push_back({{"regex", "/" + (service.empty() ? "[^/]+" : service) + "/" + (name.empty() ? "[^/]+" : name)}});
      else if (!service.empty() && !name.empty()) uris.push_back({{"exact", "/" + service + "/" + name}});
      else if (!service.empty()) uris.push_back({{"prefix", "/" + service + "/"}});
      else if (!name.empty()) uris.push_back({{"regex", "/[^/]+/" + name}});
      order.exact = !regex && !service.empty() && !name.empty();
      order.path = service.size() + name.size();
    }
    addNamed(match->find("headers"), "headers", block, order.headers);
    addNamed(match->find("queryParams"), "queryParams", block, order.query);
  }
  if (uris.empty()) return {block};
  std::vector<ImportJson> out;
  for (const ImportJson& uri : uris) {
    out.push_back({{"uri", uri}});
    out.back().update(block);
  }
  return out;
}

class RouteReader {
 public:
  RouteReader(const Manifest& m, IstioParts& parts) : m_(m), parts_(parts) {}

  // All matches of all rules, each an entry of its own.
  std::vector<Entry> entries() {
    std::vector<Entry> out;
    const YamlValue* rules = m_.spec() == nullptr ? nullptr : m_.spec()->find("rules");
    if (rules == nullptr || !rules->isList()) return out;
    for (const YamlValue& rule : rules->items) {
      Entry base;
      base.name = m_.kind + " " + m_.name;
      base.at = rule.at;
      base.rule = baseOf(rule);
      if (base.rule.contains("route") && !base.rule["route"].empty())
        if (const auto owner = serviceOf(base.rule["route"][0])) base.owner = *owner, base.owned = true;
      const bool keeps_prefix = base.rule.contains("rewrite");
      const YamlValue* matches = rule.find("matches");
      const std::size_t count = matches != nullptr && matches->isList() && !matches->items.empty() ? matches->items.size() : 1;
      for (std::size_t i = 0; i < count; ++i) {
        Entry next = base;
        ImportJson match = ImportJson::array();
        for (ImportJson& block : blocksOf(matches != nullptr && i < matches->items.size() ? &matches->items[i] : nullptr, keeps_prefix, next.order))
          if (!block.empty()) match.push_back(std::move(block));
        ImportJson ordered = ImportJson::object();
        if (!match.empty()) ordered["match"] = match;
        ordered.update(next.rule);
        next.rule = std::move(ordered);
        out.push_back(std::move(next));
      }
    }
    return out;
  }

  std::vector<Parent> parents() {
    std::vector<Parent> out;
    const YamlValue* refs = m_.spec() == nullptr ? nullptr : m_.spec()->find("parentRefs");
    if (refs == nullptr || !refs->isList()) return out;
    for (const YamlValue& ref : refs->items) {
      const std::string kind = ref.textOf("kind").empty() ? "Gateway" : ref.textOf("kind"), name = ref.textOf("name");
      const std::string name_space = ref.textOf("namespace").empty() ? m_.name_space : ref.textOf("namespace");
      if (kind == "Service" || kind == "ServiceEntry") {
        const auto found = parts_.cluster.findHost(name, name_space);
        if (found && found->subset.empty()) out.push_back({true, found->service, "", {}});
        else parts_.context.notModelled(ref.at, m_.kind + " " + m_.name + ": parent Service " + name + " is " + (found ? "a subset of another here" : "in none of these files"));
      } else if (kind == "Gateway") {
        out.push_back({false, 0, name_space == m_.name_space ? name : name_space + "/" + name, parts_.gatewayHosts(name, name_space, ref.textOf("sectionName"))});
      } else {
        parts_.context.notModelled(ref.at, m_.kind + " " + m_.name + ": parent of kind " + kind);
      }
    }
    return out;
  }

 private:
  std::optional<std::size_t> serviceOf(const ImportJson& route) const {
    const std::string key = textIn(route, "destination", "host");
    for (std::size_t s = 0; s < parts_.cluster.services.size(); ++s)
      if (parts_.cluster.services[s].key == key) return s;
    return std::nullopt;
  }

  ImportJson destinationOf(const YamlValue& ref) {
    const std::string name_space = ref.textOf("namespace").empty() ? m_.name_space : ref.textOf("namespace");
    ImportJson destination = {{"host", ref.textOf("name")}};
    const std::size_t known = parts_.cluster.services.size();
    parts_.settleDestination(destination, name_space, ref.at);
    if (m_.kind == "GRPCRoute" && parts_.cluster.services.size() > known) parts_.cluster.services.back().protocol = "grpc";
    return destination;
  }

  // Everything of a rule but its conditions.
  ImportJson baseOf(const YamlValue& rule) {
    ImportJson out = ImportJson::object();
    out[kPastedTag] = parts_.context.paste(rule)[kPastedTag];
    ImportJson route = ImportJson::array();
    std::int64_t sum = 0;
    const YamlValue* backends = rule.find("backendRefs");
    if (backends != nullptr && backends->isList()) {
      for (const YamlValue& ref : backends->items) {
        const YamlValue* weight = ref.find("weight");
        const std::int64_t value = weight == nullptr ? 1 : countOf(*weight, 1'000'000, parts_.context);
        sum += value;
        if (const std::string kind = ref.textOf("kind"); !kind.empty() && kind != "Service") parts_.context.notModelled(ref.at, m_.kind + " " + m_.name + ": backend of kind " + kind + ", taken for a Service");
        if (ref.find("filters") != nullptr) parts_.context.notModelled(ref.find("filters")->at, m_.kind + " " + m_.name + ": filters of one backend");
        route.push_back({{"destination", destinationOf(ref)}, {"weight", value}});
      }
    }
    if (route.size() == 1 && sum > 0) route[0].erase("weight");
    IstioParts::mergeDestinations(route);
    readFilters(rule.find("filters"), out);
    if (out.contains("redirect")) return out;
    if (sum == 0) out["directResponse"] = {{"status", 500}};  // no backend, or none that gets anything
    else out["route"] = route;
    readTimes(rule, out);
    return out;
  }

  void readTimes(const YamlValue& rule, ImportJson& out) {
    std::string total, one;
    if (const YamlValue* timeouts = rule.find("timeouts")) {
      total = timeouts->textOf("request");
      one = timeouts->textOf("backendRequest");
    }
    const auto counts = [](const std::string& time) { return !time.empty() && time.find_first_not_of("0hms") != std::string::npos; };
    if (counts(total)) out["timeout"] = total;
    const YamlValue* retry = rule.find("retry");
    if (retry == nullptr) {
      if (counts(one)) out["timeout"] = one;  // one try, one time: Istio takes that of the backend
      if (counts(one) && counts(total)) parts_.context.guessed(m_.kind + " " + m_.name + ": the timeout is backendRequest (" + one + "), as Istio has it for a rule without retry (" + parts_.context.shown(rule.at) + ")");
      return;
    }
    ImportJson retries = {{"attempts", wholeOf(retry->find("attempts"), 2)}};  // Istio's default
    if (counts(one)) retries["perTryTimeout"] = one;
    std::string on = "connect-failure,refused-stream,unavailable,cancelled";
    if (const YamlValue* codes = retry->find("codes"); codes != nullptr && codes->isList())
      for (const YamlValue& each : codes->items) on += "," + each.text;
    retries["retryOn"] = on;
    if (const std::string backoff = retry->textOf("backoff"); !backoff.empty()) retries["backoff"] = {{"baseInterval", backoff}};
    out["retries"] = retries;
  }

  static ImportJson headerChanges(const YamlValue* filter) {
    ImportJson out = ImportJson::object();
    if (filter == nullptr) return out;
    for (const char* key : {"set", "add"})
      if (const YamlValue* list = filter->find(key); list != nullptr && list->isList())
        for (const YamlValue& each : list->items) out[key][each.textOf("name")] = each.textOf("value");
    if (const YamlValue* list = filter->find("remove"); list != nullptr && list->isList())
      for (const YamlValue& each : list->items) out["remove"].push_back(each.text);
    return out;
  }

  void readFilters(const YamlValue* filters, ImportJson& out) {
    if (filters == nullptr || !filters->isList()) return;
    for (const YamlValue& filter : filters->items) {
      const std::string type = filter.textOf("type");
      if (type == "RequestHeaderModifier") out["headers"]["request"] = headerChanges(filter.find("requestHeaderModifier"));
      else if (type == "ResponseHeaderModifier") out["headers"]["response"] = headerChanges(filter.find("responseHeaderModifier"));
      else if (type == "RequestRedirect") out["redirect"] = {{"redirectCode", wholeOf(filter.find({"requestRedirect", "statusCode"}), 302)}};
      else if (type == "RequestMirror" && filter.find({"requestMirror", "backendRef"}) != nullptr) readMirror(*filter.find("requestMirror"), out);
      else if (type == "URLRewrite" && filter.find({"urlRewrite", "path"}) != nullptr) readRewrite(*filter.find({"urlRewrite", "path"}), out);
      else parts_.context.notModelled(filter.at, m_.kind + " " + m_.name + ": filter " + type);
    }
  }

  void readMirror(const YamlValue& mirror, ImportJson& out) {
    double percent = static_cast<double>(wholeOf(mirror.find("percent"), 100));
    if (const YamlValue* fraction = mirror.find("fraction"))
      percent = 100.0 * static_cast<double>(wholeOf(fraction->find("numerator"), 0)) / static_cast<double>(std::max<std::int64_t>(wholeOf(fraction->find("denominator"), 100), 1));
    out["mirrors"].push_back({{"destination", destinationOf(*mirror.find("backendRef"))}, {"percentage", {{"value", percent}}}});
  }

  static void readRewrite(const YamlValue& path, ImportJson& out) {
    if (path.textOf("type") == "ReplaceFullPath") out["rewrite"] = {{"uriRegexRewrite", {{"match", "^.*$"}, {"rewrite", path.textOf("replaceFullPath")}}}};
    else out["rewrite"] = {{"uri", path.textOf("replacePrefixMatch").empty() ? "/" : path.textOf("replacePrefixMatch")}};
  }

  const Manifest& m_;
  IstioParts& parts_;
};

// The rules of all routes for one place, before they are put in order.
struct Place {
  RouteDocument document;
  std::vector<Entry> entries;
};

// Two rules with the same conditions: the second never acts.
void tellRepeated(const std::vector<Entry>& entries, IstioParts& parts) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const auto conditions = [](const Entry& e) { return e.rule.contains("match") ? withoutTags(e.rule["match"]) : ImportJson(); };
    const auto first = std::find_if(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(i), [&](const Entry& e) { return conditions(e) == conditions(entries[i]); });
    if (first != entries.begin() + static_cast<std::ptrdiff_t>(i))
      parts.context.notModelled(entries[i].at, entries[i].name + ": a rule that never acts: that of " + first->name + " (" + parts.context.shown(first->at) + ") has the same hosts and conditions and comes first");
  }
}

// Gateway API: of equals the oldest, then the first by namespace and name.
std::vector<const Manifest*> routesOf(const IstioParts& parts) {
  std::vector<const Manifest*> out;
  for (const Manifest* m : oldestFirst(parts.manifests))
    if (m->group == "gateway.networking.k8s.io" && (m->kind == "HTTPRoute" || m->kind == "GRPCRoute")) out.push_back(m);
  const auto born = [](const Manifest* m) { return m->root->find({"metadata", "creationTimestamp"}) != nullptr; };
  const auto young = std::stable_partition(out.begin(), out.end(), born);
  std::stable_sort(young, out.end(), [](const Manifest* a, const Manifest* b) { return a->name_space + "/" + a->name < b->name_space + "/" + b->name; });
  return out;
}

}  // namespace

void readGatewayRoutes(IstioParts& parts) {
  std::map<std::tuple<std::size_t, std::string, std::vector<std::string>>, Place> places;  // (service, gateway; empty: the sidecars; hosts)
  for (const Manifest* each : routesOf(parts)) {
    const Manifest& m = *each;
    RouteReader reader(m, parts);
    const auto parents = reader.parents();
    if (parents.empty()) {
      parts.context.notModelled(m.at, m.kind + " " + m.name + " has no parent that is known here");
      continue;
    }
    const auto entries = reader.entries();
    std::vector<std::string> hosts;
    if (const YamlValue* names = m.spec()->find("hostnames"); names != nullptr)
      for (const YamlValue& name : names->items) hosts.push_back(name.text);
    for (const Parent& parent : parents) {
      const std::vector<std::string>& served = hosts.empty() && !parent.mesh ? parent.hosts : hosts;
      for (const Entry& entry : entries) {
        if (!parent.mesh && !entry.owned) {
          parts.context.notModelled(m.at, m.kind + " " + m.name + ": a rule of a gateway that leads to no service");
          continue;
        }
        const std::size_t service = parent.mesh ? parent.service : entry.owner;
        const auto [it, fresh] = places.emplace(std::make_tuple(service, parent.gateway, parent.mesh ? std::vector<std::string>() : served), Place{});
        Place& place = it->second;
        if (fresh) place.document = {service, parent.mesh, {}, {}, {}, {}, m.at, m.kind + " " + m.name};
        if (fresh && !parent.mesh) place.document.gateways.push_back(parent.gateway);
        if (!parent.mesh) place.document.hosts = place.document.served = served;
        place.entries.push_back(entry);
      }
    }
  }
  for (auto& [key, place] : places) {
    std::stable_sort(place.entries.begin(), place.entries.end(), [](const Entry& a, const Entry& b) { return a.order < b.order; });
    tellRepeated(place.entries, parts);
    for (Entry& entry : place.entries) {
      for (const auto& block : entry.rule.value("match", ImportJson::array()))
        if (block.contains("headers"))
          for (const auto& [name, value] : block["headers"].items())
            if (value.contains("exact")) parts.user_headers.insert({name, value["exact"].get<std::string>()});
      if (!place.document.mesh) parts.addEntry(place.document.service, entry.rule, place.document.served, place.document.at);
      place.document.rules.push_back(std::move(entry.rule));
    }
    parts.documents.push_back(std::move(place.document));
  }
}

}  // namespace meshmall::models
