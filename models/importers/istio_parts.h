// What the parts of the Istio importer build together, each in a file of its own: routes, rules, security, rollouts and autoscalers over the services of a cluster.
// Holds JSON by value: a file that includes this includes <nlohmann/json.hpp> before it, and no header outside of this folder includes it.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "models/importers/cluster.h"
#include "models/importers/import_context.h"
#include "models/importers/manifest.h"

namespace meshmall::models {

using ImportJson = nlohmann::ordered_json;

// Where customers come in: the first way into a rule that a gateway has.
struct EntryPoint {
  std::size_t service = 0;
  std::string operation;  // "GET /productpage"
  std::vector<std::pair<std::string, std::string>> headers;
  std::string host;  // that they ask for; empty: whichever
  YamlPlace at;
};

// Rules for one service from one object, for the gateways it is bound to and for the sidecars.
struct RouteDocument {
  std::size_t service = 0;
  bool mesh = false;
  std::vector<std::string> gateways, hosts;  // hosts other than the service itself
  std::vector<std::string> served;           // all of them, as customers of the gateways write them; "*": any
  std::vector<ImportJson> rules;
  YamlPlace at;
  std::string name;
};

struct NeededSubset {
  LabelList labels;     // empty: only its name is known
  bool labelled = false;
  YamlPlace at;
};

struct IstioParts {
  ImportContext& context;
  KubernetesCluster& cluster;
  const std::vector<Manifest>& manifests;

  std::map<std::size_t, ImportJson> destination_rules;  // by service
  std::vector<RouteDocument> documents;
  std::map<std::size_t, std::map<std::string, NeededSubset>> subsets;  // that routes name, by service
  ImportJson virtual_services = ImportJson::object(), security = ImportJson::object(), rollouts = ImportJson::object(), autoscalers = ImportJson::object();
  std::vector<EntryPoint> entries;
  std::vector<std::string> entry_notes;  // what was guessed of them; idle where --load or --traces say who comes
  std::set<std::pair<std::string, std::string>> user_headers;  // that a rule asks for by their exact value
  std::map<std::size_t, std::string> asked_hosts;               // services whose rules differ by host: the host of customers who name none

  // A host in a route or rule: found, or made up (and said).
  HostTarget target(const std::string& host, const std::string& name_space, const YamlPlace& at);
  // {"host": …, "subset": …} of a pasted destination becomes the mall's.
  void settleDestination(ImportJson& destination, const std::string& name_space, const YamlPlace& at);
  // Destinations that have become the same share one weight.
  static void mergeDestinations(ImportJson& route);
  // `served`: the hosts of the object that the rule stands in.
  void addEntry(std::size_t service, const ImportJson& rule, const std::vector<std::string>& served, const YamlPlace& at);
  // The hosts that a gateway lets in, of either API ("*": all); `section`: one listener of it.
  std::vector<std::string> gatewayHosts(const std::string& gateway, const std::string& name_space, const std::string& section = {}) const;
};

// The text of a member, or an empty one, whatever the value is.
inline std::string textIn(const ImportJson& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
// The text of a member of a member: textIn(rule, "destination", "host").
inline std::string textIn(const ImportJson& object, const char* outer, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(outer);
  return found != object.end() ? textIn(*found, key) : std::string();
}

void readServiceEntries(IstioParts& parts);
void readRollouts(IstioParts& parts);          // before the routes: they must know which services have one
void readVirtualServices(IstioParts& parts);
void readGatewayRoutes(IstioParts& parts);     // Gateway API
void combineRoutes(IstioParts& parts);         // documents -> virtual_services
// Objects in the order in which their rules are asked: the oldest first, those without a time last, otherwise as they are given.
std::vector<const Manifest*> oldestFirst(const std::vector<Manifest>& manifests);
void readDestinationRules(IstioParts& parts);  // after the routes: subsets that only they name are added
void readSecurity(IstioParts& parts);
void readAutoscalers(IstioParts& parts);
// Seconds that a container waits before it is told to stop: preStop.sleep, or an exec hook that does nothing but sleep. At most a day.
std::optional<std::int64_t> sleepBeforeStop(const YamlValue& container);

}  // namespace meshmall::models
