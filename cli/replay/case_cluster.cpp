#include "cli/replay/case_cluster.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/replay/case_reader.h"

namespace meshmall::cli {

namespace {

using nlohmann::json;
using namespace models;

// "127.0.0.1:" and 1023 of "127.0.0.1:1023".
std::pair<std::string, std::uint64_t> splitPort(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) throw Unsupported{"an abbreviated host list needs ports: " + address};
  return {address.substr(0, colon + 1), unsignedOf(json(address.substr(colon + 1)))};
}

void fillInAbbreviated(std::vector<CaseHost>& hosts) {
  if (hosts.size() < 2) return;
  const auto [stem, last] = splitPort(hosts.back().address);
  const std::uint64_t before = splitPort(hosts[hosts.size() - 2].address).second;
  if (last > before + 100000) throw Unsupported{"the host list is abbreviated too much"};
  const CaseHost end = hosts.back();
  hosts.pop_back();
  for (std::uint64_t port = before + 1; port <= last; ++port) {
    hosts.push_back(end);
    hosts.back().address = stem + std::to_string(port);
  }
}

// JSON's numbers would be cut to whole ones without a word.
std::uint32_t wholeOf(const json& host, const char* key, std::uint32_t otherwise) {
  if (!host.contains(key)) return otherwise;
  const json& value = host[key];
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 0xFFFFFFFFU) {
    throw Unsupported{std::string("a host's ") + key + " is not a whole number of 32 bits: " + value.dump()};
  }
  return value.get<std::uint32_t>();
}

}  // namespace

HostFlags flagsOfHealth(const json& health) {
  if (health == "healthy") return 0;
  if (health == "unhealthy") return kFailedActiveCheck;
  if (health == "degraded") return kDegradedActiveCheck;
  throw Unsupported{"health " + health.dump() + " is not understood"};
}

CaseHost readHost(const json& host) {
  allowKeys(host, {"address", "a", "weight", "health", "priority", "locality", "hostname", "hash_key", "metadata"}, "host");
  CaseHost answer;
  answer.address = host.contains("a") ? host["a"].get<std::string>() : host.at("address").get<std::string>();
  answer.hostname = host.value("hostname", "");
  answer.hash_key = host.value("hash_key", "");
  answer.weight = wholeOf(host, "weight", 1);
  answer.priority = wholeOf(host, "priority", 0);
  if (answer.priority > 127) throw Unsupported{"more than 128 priorities"};
  answer.locality = host.value("locality", "");
  if (host.contains("health")) answer.flags = flagsOfHealth(host["health"]);
  return answer;
}

std::vector<CaseHost> readHosts(const json& one_case) {
  std::vector<CaseHost> hosts;
  if (!one_case.contains("hosts")) return hosts;
  for (const json& host : one_case["hosts"]) hosts.push_back(readHost(host));
  if (one_case.value("notes", "").find("abbreviated") != std::string::npos) fillInAbbreviated(hosts);
  return hosts;
}

FailoverConfig envoyFailover() {
  FailoverConfig config;
  config.panic_threshold = 50;
  return config;
}

std::shared_ptr<const Membership> CaseCluster::membership(std::uint32_t least_priorities) const {
  std::vector<HostConfig> configs;
  std::uint32_t levels = least_priorities;
  for (std::uint32_t i = 0; i < hosts.size(); ++i) {
    const CaseHost& host = hosts[i];
    const std::string& key = !host.hash_key.empty() ? host.hash_key : use_hostname && !host.hostname.empty() ? host.hostname : host.address;
    const auto locality = std::find(localities.begin(), localities.end(), host.locality) - localities.begin();
    if (!localities.empty() && static_cast<std::size_t>(locality) == localities.size()) {
      throw Unsupported{"the locality '" + host.locality + "' of host " + host.address + " is not among the case's"};
    }
    // The address identifies a host from one list to the next; its number stands for it here.
    std::uint32_t id = 0;
    for (const char c : host.address) id = id * 131 + static_cast<unsigned char>(c);
    configs.push_back({id, key, host.weight, host.priority, localities.empty() ? 0 : static_cast<std::uint32_t>(locality)});
    levels = std::max(levels, host.priority + 1);
  }
  std::vector<PriorityConfig> priorities(levels);
  for (PriorityConfig& priority : priorities) {
    priority.has_local_locality = has_local_locality;
    for (std::size_t i = 0; i < localities.size(); ++i) {
      priority.localities.push_back({localities[i], i < locality_weights.size() ? locality_weights[i] : 0});
    }
  }
  return makeMembership(std::move(configs), std::move(priorities));
}

ClusterHosts CaseCluster::build(engine::SimTime now) const {
  ClusterHosts belief(membership(), failover, now);
  apply(belief, now);
  return belief;
}

void CaseCluster::apply(ClusterHosts& belief, engine::SimTime now) const {
  const std::shared_ptr<const Membership> wanted = membership(belief.priorities());
  // A weight set without a refresh is one that the belief knows already, and rebuilds nothing.
  const auto known = [&](const CaseHost& host) {
    const auto index = static_cast<HostIndex>(&host - hosts.data());
    return host.weight == belief.weight(index) && host.priority == belief.host(index).priority && wanted->hosts[index].locality == belief.host(index).locality;
  };
  const bool same = belief.size() == hosts.size() && std::all_of(hosts.begin(), hosts.end(), known) && wanted->by_id == belief.membership().by_id;
  if (!same) belief.setMembership(wanted, now);
  std::vector<std::pair<HostIndex, HostFlags>> changes;
  for (HostIndex host = 0; host < hosts.size(); ++host) {
    if (belief.flags(host) != hosts[host].flags) changes.emplace_back(host, hosts[host].flags);
  }
  if (!changes.empty()) belief.replaceFlags(changes, now);
}

void CaseCluster::localitiesAsTheyCome() {
  for (const CaseHost& host : hosts) {
    if (std::find(localities.begin(), localities.end(), host.locality) == localities.end()) localities.push_back(host.locality);
  }
}

CaseHost& CaseCluster::at(const std::string& address) {
  for (CaseHost& host : hosts) {
    if (host.address == address) return host;
  }
  throw Unsupported{"no host " + address};
}

json addressOf(const CaseCluster& cluster, HostIndex host) { return host == kNoHost ? json() : json(cluster.hosts[host].address); }

}  // namespace meshmall::cli
