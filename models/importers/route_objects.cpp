#include <nlohmann/json.hpp>  // before route_objects.h

#include "models/importers/route_objects.h"

#include <algorithm>
#include <cstddef>

namespace meshmall::models {

namespace {

// Do customers of both come to one Gateway under one host?
bool meet(const RouteObject& a, const RouteObject& b) {
  const auto shared = [](const std::vector<std::string>& x, const std::vector<std::string>& y) {
    return std::any_of(x.begin(), x.end(), [&](const std::string& each) { return each != "mesh" && std::find(y.begin(), y.end(), each) != y.end(); });
  };
  return shared(a.hosts, b.hosts) && shared(a.gateways, b.gateways);
}

bool leadsHome(const RouteObject& object) {
  for (const ImportJson& rule : object.rules)
    for (const ImportJson& each : rule.contains("route") ? rule["route"] : ImportJson::array())
      if (textIn(each, "destination", "host") != object.home) return false;
  return true;
}

bool takesAll(const RouteObject& object) {
  return std::any_of(object.rules.begin(), object.rules.end(), [](const ImportJson& rule) { return !rule.contains("match"); });
}

// Rules that lead elsewhere would be another service's when they are read again.
bool canJoin(const RouteObject& a, const RouteObject& b) {
  return a.hosts == b.hosts && a.gateways == b.gateways && a.name_space == b.name_space && leadsHome(a) && leadsHome(b);
}

}  // namespace

void joinRoutes(std::vector<RouteObject>& routes, std::vector<std::string>& remarks) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    std::vector<ImportJson> conditional, unconditional;
    const auto take = [&](const RouteObject& object) {
      for (const ImportJson& rule : object.rules) (rule.contains("match") ? conditional : unconditional).push_back(rule);
    };
    bool joined = false;
    for (std::size_t k = i + 1; k < routes.size();) {
      const RouteObject &one = routes[i], &two = routes[k];
      if (!meet(one, two)) {
        ++k;
        continue;
      }
      const std::string pointer = "/mesh/virtualServices/" + two.service + ": ";
      if (!canJoin(one, two)) {
        remarks.push_back(pointer + "shares a host and a Gateway with " + one.service + ": Istio asks the rules of the older object first, so give each its own host");
        ++k;
        continue;
      }
      if (!joined) take(one);
      const bool hidden = !unconditional.empty() && takesAll(two);
      remarks.push_back(pointer + "in one VirtualService with " + one.service + ", under the same hosts" +
                        (hidden ? ": its rule for all requests stands behind another and never acts, so give each its own host" : "; rules with conditions come first: see to their order"));
      take(two);
      joined = true;
      routes.erase(routes.begin() + static_cast<std::ptrdiff_t>(k));
    }
    if (!joined) continue;
    routes[i].rules = conditional;
    for (ImportJson& rule : unconditional) routes[i].rules.push_back(std::move(rule));
  }
}

}  // namespace meshmall::models
