// Where the traffic of a cluster goes first: Istio's localityLbSetting, checked as Istio checks it, and zone-aware routing.
#include <algorithm>

#include "models/scenario/decode_parts.h"

namespace meshmall::models {

namespace {

// A locality rule covers all that another one covers, or the other way round: Istio refuses the pair.
bool overlap(const std::string& a, const std::string& b) {
  return localityMatches(parseLocality(a), b) || localityMatches(parseLocality(b), a);
}

// "region/zone/subzone", parts from the right may be left out, the last one given may be "*".
std::optional<std::string> readLocalityRule(const Node& node, const std::string& text) {
  std::size_t parts = 1;
  std::string part;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != '/') {
      part += text[i];
      continue;
    }
    const bool last = i == text.size();
    if (part.empty() || (part == "*" && !last) || parts > 3) {
      node.keyError("a locality is \"region\", \"region/zone\" or \"region/zone/subzone\", the last part may be \"*\" (got " + inQuotes(text) + ")");
      return std::nullopt;
    }
    part.clear();
    ++parts;
  }
  return text;
}

LocalityDistribute readDistribute(const Node& node) {
  LocalityDistribute out;
  ObjectReader object(node, "localityDistribute");
  if (const auto from = object.require("from"))
    if (const auto text = readText(*from)) out.from = readLocalityRule(*from, *text).value_or("");
  const auto to = object.require("to");
  if (!to) return out;
  std::uint64_t sum = 0;
  for (const JsonMember* member : sortedMembers(*to)) {
    const Node entry(*to, *member);
    const auto rule = readLocalityRule(entry, member->key);
    const auto weight = readWhole(entry, 1, 100);
    if (!rule || !weight) continue;
    for (const auto& other : out.to)
      if (overlap(other.first, *rule)) entry.keyError(inQuotes(*rule) + " overlaps with " + inQuotes(other.first));
    out.to.emplace_back(*rule, static_cast<std::uint32_t>(*weight));
    sum += static_cast<std::uint64_t>(*weight);
  }
  if (!to->document().failed() && sum != 100) to->error("the weights must add up to 100 (got " + std::to_string(sum) + ")");
  return out;
}

LocalityFailover readFailover(const Node& node) {
  LocalityFailover out;
  ObjectReader object(node, "localityFailover");
  if (const auto from = object.require("from")) out.from = readName(*from).value_or("");
  if (const auto to = object.require("to")) out.to = readName(*to).value_or("");
  if (!out.from.empty() && out.from == out.to) node.error("must lead to another region");
  return out;
}

LocalityLbSetting readSetting(const Node& node) {
  LocalityLbSetting out;
  ObjectReader object(node, "localityLbSetting");
  out.enabled = object.flag("enabled", true);
  if (const auto list = object.get("distribute")) {
    for (const Node& item : items(*list)) {
      LocalityDistribute next = readDistribute(item);
      for (const LocalityDistribute& other : out.distribute)
        if (!next.from.empty() && !other.from.empty() && overlap(other.from, next.from)) item.error("\"from\" overlaps with " + inQuotes(other.from));
      out.distribute.push_back(std::move(next));
    }
  }
  if (const auto list = object.get("failover"))
    for (const Node& item : items(*list)) out.failover.push_back(readFailover(item));
  if (const auto list = object.get("failoverPriority"))
    for (const Node& item : items(*list)) out.failover_priority.push_back(readName(item).value_or(""));
  if (!out.distribute.empty() && (!out.failover.empty() || !out.failover_priority.empty()))
    node.error("\"distribute\" excludes \"failover\" and \"failoverPriority\"");
  return out;
}

}  // namespace

void readLocalitySettings(ObjectReader& balancer, LoadBalancerSettings& out) {
  const auto locality = balancer.get("localityLbSetting");
  if (locality) out.locality = readSetting(*locality);
  const auto zones = balancer.get("zoneAware");
  if (!zones) return;
  if (out.locality.enabled && (!out.locality.distribute.empty() || !out.locality.failover.empty() || !out.locality.failover_priority.empty()))
    zones->error("excludes \"distribute\", \"failover\" and \"failoverPriority\" of \"localityLbSetting\"");
  out.failover.locality = LocalityRule::kZoneAware;
  ObjectReader object(*zones, "zoneAware");
  ZoneAwareConfig& config = out.failover.zone_aware;
  config.min_cluster_size = object.count("minClusterSize", config.min_cluster_size, 0, INT32_MAX);
  config.routing_enabled = object.count("routingEnabled", config.routing_enabled, 0, 100);
  out.failover.fail_traffic_on_panic = object.flag("failTrafficOnPanic", false);
  if (const auto force = object.get("forceLocalZone")) {
    ObjectReader forced(*force, "forceLocalZone");
    config.force_local_zone = forced.count("minSize", 1, 1, INT32_MAX);
  }
}

}  // namespace meshmall::models
