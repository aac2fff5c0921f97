#include <nlohmann/json.hpp>  // before istio_parts.h

#include "models/importers/routes_by_host.h"

#include <algorithm>

namespace meshmall::models {

namespace {

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

// Hosts of one kind: exact ones together, each wildcard alone, "*" alone, so that groups can be asked in Envoy's order.
struct HostGroup {
  std::vector<std::string> hosts;  // sorted; empty: any
  std::vector<const RouteDocument*> documents;

  bool wild() const { return !hosts.empty() && hosts.front()[0] == '*'; }
  // Asked for earlier than another.
  bool operator<(const HostGroup& other) const {
    const auto order = [](const HostGroup& g) { return g.hosts.empty() ? 2 : g.wild() ? 1 : 0; };
    if (order(*this) != order(other)) return order(*this) < order(other);
    return wild() && hosts.front().size() > other.hosts.front().size();
  }
};

std::vector<HostGroup> groupsOf(const std::vector<const RouteDocument*>& documents) {
  std::vector<HostGroup> out;
  const auto add = [&](std::vector<std::string> hosts, const RouteDocument* document) {
    for (HostGroup& known : out)
      if (known.hosts == hosts) return known.documents.push_back(document);
    out.push_back({std::move(hosts), {document}});
  };
  for (const RouteDocument* document : documents) {
    std::vector<std::string> exact;
    for (const std::string& host : sorted(document->served)) {
      if (host.empty() || host == "*") add({}, document);
      else if (host[0] == '*') add({host}, document);
      else exact.push_back(host);
    }
    if (!exact.empty()) add(std::move(exact), document);
    if (document->served.empty()) add({}, document);
  }
  std::stable_sort(out.begin(), out.end());
  return out;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!plain) out += '\\';
    out += c;
  }
  return out;
}

ImportJson conditionOf(const HostGroup& group) {
  if (group.hosts.empty()) return nullptr;
  if (group.hosts.size() == 1 && !group.wild()) return {{"exact", group.hosts.front()}};
  std::string pattern;
  for (const std::string& host : group.hosts) pattern += (pattern.empty() ? "" : "|") + (host[0] == '*' ? ".+" + escaped(host.substr(1)) : escaped(host));
  return {{"regex", pattern}};
}

// May a request for one of the first's hosts be taken by the second?
bool overlaps(const HostGroup& first, const HostGroup& second) {
  if (second.hosts.empty()) return true;
  for (const std::string& host : first.hosts)
    for (const std::string& other : second.hosts) {
      if (host == other) return true;
      const std::string end = other[0] == '*' ? other.substr(1) : "";
      if (!end.empty() && host.size() > end.size() && host.compare(host.size() - end.size(), end.size(), end) == 0) return true;
    }
  return false;
}

}  // namespace

bool isCatchAll(const ImportJson& rule) { return !rule.contains("match") || rule["match"].empty(); }

std::string sampleHost(const std::vector<std::string>& served) {
  if (served.empty() || served.front().empty() || served.front() == "*") return "";
  return served.front()[0] == '*' ? "www" + served.front().substr(1) : served.front();
}

bool differByHost(const std::vector<const RouteDocument*>& documents) {
  for (const RouteDocument* document : documents)
    if (sorted(document->served) != sorted(documents.front()->served)) return true;
  return false;
}

ImportJson onlyFor(ImportJson rule, const std::vector<std::string>& gateways, const ImportJson& host) {
  if (!rule.is_object()) return rule;
  if (isCatchAll(rule)) rule["match"] = ImportJson::array({ImportJson::object()});
  if (!rule["match"].is_array()) return rule;
  ImportJson blocks = ImportJson::array();
  for (ImportJson& block : rule["match"]) {
    if (block.is_object()) {
      ImportJson here = ImportJson::array();
      for (const std::string& gateway : gateways) {
        const bool named = block.contains("gateways") && block["gateways"].is_array();
        if (!named || std::find(block["gateways"].begin(), block["gateways"].end(), gateway) != block["gateways"].end()) here.push_back(gateway);
      }
      if (here.empty()) continue;
      block.erase("gateways");
      const bool fits = !block.contains("headers") || block["headers"].is_object();
      if (!host.is_null() && fits && !(block.contains("headers") && block["headers"].contains("host"))) block["headers"]["host"] = host;
      block["gateways"] = std::move(here);  // last, as an export reads back
    }
    blocks.push_back(std::move(block));
  }
  if (blocks.empty()) return nullptr;
  ImportJson out = ImportJson::object();  // "match" first, as people write it
  if (rule.contains("name")) out["name"] = rule["name"];
  out["match"] = std::move(blocks);
  for (const auto& [key, value] : rule.items())
    if (!out.contains(key)) out[key] = value;
  return out;
}

std::vector<ImportJson> rulesByHost(const std::vector<const RouteDocument*>& documents, IstioParts& parts) {
  std::vector<ImportJson> out;
  const std::vector<HostGroup> groups = groupsOf(documents);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const HostGroup& group = groups[g];
    const ImportJson host = conditionOf(group);
    const RouteDocument* all = nullptr;  // whose rule takes everything
    std::vector<std::string> gateways;
    for (const bool last : {false, true})
      for (const RouteDocument* document : group.documents)
        for (const ImportJson& rule : document->rules) {
          if (isCatchAll(rule) != last) continue;
          if (last && all != nullptr && all != document)
            parts.context.notModelled(document->at, document->name + ": its rule for all requests never acts: " + all->name + " (" + parts.context.shown(all->at) + ") has the same host and comes first");
          if (last && all == nullptr) all = document;
          if (ImportJson made = onlyFor(rule, document->gateways, host); !made.is_null()) out.push_back(std::move(made));
        }
    for (const RouteDocument* document : group.documents)
      for (const std::string& gateway : document->gateways)
        if (std::find(gateways.begin(), gateways.end(), gateway) == gateways.end()) gateways.push_back(gateway);
    const bool others = std::any_of(groups.begin() + static_cast<std::ptrdiff_t>(g) + 1, groups.end(), [&](const HostGroup& later) { return overlaps(group, later); });
    if (all == nullptr && others) out.push_back(onlyFor({{"directResponse", {{"status", 404}}}}, gateways, host));
  }
  return out;
}

}  // namespace meshmall::models
