// Random policies of security over a small mall, and what became of every request: no refused one reaches a worker, no allowed one is refused. Who may come is
// evaluated here once more, from the scenario's JSON alone, without the project's own algorithms.
#include <map>
#include <random>

#include <nlohmann/json.hpp>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::tests {
namespace {

using models::Mall;
using models::TripRecord;
using models::TripRecordKind;
using nlohmann::json;

// ---- random scenarios ----------------------------------------------------------------------------------------------------------------

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : engine_(seed) {}

  json make() {
    json services = {{"a", service(operations({{"b/GET /read"}, {"c/GET /read/deep"}}))}, {"b", service(operations({{"c/POST /write/item"}, {}}))}, {"c", service(operations({{}, {}}))}};
    json traffic = json::array();
    for (int i = 0; i < 4; ++i) {
      json entry = {{"name", "t" + std::to_string(i)}, {"to", oneOf({"a/GET /read", "a/POST /write/item", "b/GET /read", "c/GET /read/deep"})}, {"arrivals", {{"poisson", {{"rate", "40/s"}}}}}};
      entry["via"] = oneOf({"gateway", "gateway", "sidecar", "direct"});
      if (chance(0.4)) entry["source"] = {{"namespace", oneOf({"shop", "mill"})}};
      if (chance(0.3)) entry["source"]["principal"] = oneOf({"cluster.local/ns/shop/sa/x", "cluster.local/ns/mill/sa/y"});
      if (chance(0.6)) entry["token"] = token();
      if (chance(0.5)) entry["headers"] = {{"x-role", oneOf({"staff", "guest"})}};
      traffic.push_back(entry);
    }
    json first = mesh("p"), second = mesh("q");
    json patch = second;
    for (const char* kind : {"peerAuthentications", "authorizationPolicies", "requestAuthentications", "destinationRules"})
      for (const auto& member : first[kind].items())
        if (!patch[kind].contains(member.key())) patch[kind][member.key()] = nullptr;
    first["defaults"] = {{"retries", {{"attempts", 0}}}};
    second_ = second;
    json event = {{"at", "2s"}};
    event["patch"]["mesh"] = patch;
    return {{"meshmall", 1}, {"run", {{"duration", "4s"}, {"drain", true}}}, {"services", services}, {"traffic", traffic}, {"mesh", first}, {"events", json::array({event})}};
  }

  const json& secondMesh() const { return second_; }

 private:
  bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(engine_) < p; }
  int below(int n) { return std::uniform_int_distribution<>(0, n - 1)(engine_); }
  template <class T>
  T oneOf(std::initializer_list<T> list) { return *(list.begin() + below(static_cast<int>(list.size()))); }

  // Three operations; the first of them make the calls given, one each.
  json operations(const std::vector<std::vector<const char*>>& calls) {
    json out;
    const char* names[] = {"GET /read", "POST /write/item", "GET /read/deep"};
    for (std::size_t i = 0; i < 3; ++i) {
      json steps = json::array({json{{"busy", "1ms"}}});
      if (i < calls.size())
        for (const char* call : calls[i]) steps.push_back({{"call", call}, {"optional", true}});
      out[names[i]] = {{"steps", steps}};
    }
    return out;
  }

  json service(json operations) {
    json out = {{"operations", std::move(operations)}, {"versions", {{"v1", {{"workers", 50}}}, {"v2", {{"workers", 50}}}}}};
    out["namespace"] = oneOf({"shop", "mill"});
    if (chance(0.5)) out["serviceAccount"] = oneOf({"x", "y"});
    if (chance(0.2)) out["sidecar"] = false;
    if (chance(0.4)) out["protocol"] = "http2";
    return out;
  }

  json token() {
    json out = {{"issuer", oneOf({"id", "other"})}, {"subject", oneOf({"anna", "bert"})}};
    if (chance(0.6)) out["audiences"] = json::array({oneOf({"shop", "mill"})});
    if (chance(0.5)) out["claims"] = {{"group", oneOf({"staff", "guests"})}};
    out["state"] = oneOf({"valid", "valid", "valid", "expired", "invalid"});
    return out;
  }

  json scoped() {
    json out = {{"namespace", oneOf({"shop", "mill", "shop", "mill", "istio-system"})}};
    if (chance(0.4)) {
      json labels;
      if (chance(0.7)) labels["app"] = oneOf({"a", "b", "c"});
      else labels["version"] = oneOf({"v1", "v2"});
      if (chance(0.1)) labels["istio"] = "ingressgateway";
      out["selector"] = {{"matchLabels", labels}};
    }
    return out;
  }

  json rule() {
    json out = json::object();
    if (chance(0.6)) {
      json from = json::array();
      for (int i = 0; i <= below(2); ++i) {
        json source = json::object();
        if (chance(0.5)) source[oneOf({"principals", "notPrincipals"})] = json::array({oneOf({"cluster.local/ns/shop/sa/x", "*", "cluster.local/ns/istio-system/*", "*/sa/y", "*/sa/a"})});
        if (chance(0.4)) source[oneOf({"namespaces", "notNamespaces"})] = json::array({oneOf({"shop", "mill", "istio-system", "outside"})});
        if (chance(0.3)) source[oneOf({"requestPrincipals", "notRequestPrincipals"})] = json::array({oneOf({"*", "id/*", "id/anna", "*/bert"})});
        if (source.empty()) source["namespaces"] = json::array({"shop"});
        from.push_back({{"source", source}});
      }
      out["from"] = from;
    }
    if (chance(0.5)) {
      json operation = json::object();
      if (chance(0.6)) operation[oneOf({"methods", "notMethods"})] = json::array({oneOf({"GET", "POST"})});
      if (chance(0.6)) operation[oneOf({"paths", "notPaths"})] = json::array({oneOf({"/read", "/read*", "*/item", "/write/{*}"})});
      if (operation.empty()) operation["methods"] = json::array({"GET"});
      out["to"] = json::array({json{{"operation", operation}}});
    }
    if (chance(0.3)) {
      const std::string key = oneOf({"request.headers[x-role]", "request.auth.claims[group]", "source.namespace"});
      json when = {{"key", key}};
      when[chance(0.7) ? "values" : "notValues"] = json::array({oneOf({"staff", "guest", "shop"})});
      out["when"] = json::array({when});
    }
    return out;
  }

  // prefix: of the names, so that a patch replaces whole policies.
  json mesh(const std::string& prefix) {
    json out = {{"peerAuthentications", json::object()}, {"authorizationPolicies", json::object()}, {"requestAuthentications", json::object()}, {"destinationRules", json::object()}};
    for (int i = 0, n = below(4); i < n; ++i) {
      json policy = scoped();
      policy["mtls"] = {{"mode", oneOf({"STRICT", "STRICT", "PERMISSIVE", "DISABLE", "UNSET"})}};
      // One policy for each level: which of two is older is another test's matter.
      const std::string level = prefix + policy["namespace"].get<std::string>() + (policy.contains("selector") ? "-" + policy["selector"]["matchLabels"].dump() : "");
      bool taken = false;
      for (const auto& other : out["peerAuthentications"].items()) taken = taken || (other.value()["namespace"] == policy["namespace"] && (other.value().contains("selector") && policy.contains("selector")));
      if (!taken) out["peerAuthentications"][level] = policy;
    }
    for (int i = 0, n = below(4); i < n; ++i) {
      json policy = scoped();
      policy["action"] = oneOf({"ALLOW", "ALLOW", "DENY", "AUDIT", "CUSTOM"});
      if (policy["action"] == "CUSTOM") {
        policy["provider"]["name"] = "opa";
        if (chance(0.7)) policy["provider"]["allows"] = false;
      }
      policy["rules"] = json::array();
      for (int r = 0, rules = below(3); r < rules; ++r) policy["rules"].push_back(rule());
      out["authorizationPolicies"][prefix + std::to_string(i)] = policy;
    }
    // A provider is known to the mesh when some policy says its answer.
    for (int i = 0, n = below(3); i < n; ++i) {
      json policy = scoped();
      json jwt = {{"issuer", oneOf({"id", "id", "other"})}};
      if (chance(0.4)) jwt["audiences"] = json::array({"shop"});
      policy["jwtRules"] = json::array({jwt});
      out["requestAuthentications"][prefix + std::to_string(i)] = policy;
    }
    for (const char* name : {"a", "b", "c"})
      if (chance(0.2)) out["destinationRules"][name] = {{"trafficPolicy", {{"tls", {{"mode", oneOf({"DISABLE", "ISTIO_MUTUAL", "SIMPLE"})}}}}}};
    return out;
  }

  std::mt19937_64 engine_;
  json second_;
};

// ---- who may come, once more -----------------------------------------------------------------------------------------------------------

enum class Fate { served, handshake, authentication, missingToken, authorization };

struct Request {
  std::string principal, ns;  // of the caller's certificate, where one is shown
  json token;                 // null: none
  std::string method, path, role;
};

struct Workload {
  std::string ns;
  std::map<std::string, std::string> labels;
};

bool fits(const std::string& pattern, const std::string& value) {
  if (value.empty()) return false;
  if (pattern == "*") return true;
  if (pattern == "/write/{*}") return value.size() > 7 && value.rfind("/write/", 0) == 0 && value.find('/', 7) == std::string::npos;
  if (pattern.back() == '*') return value.rfind(pattern.substr(0, pattern.size() - 1), 0) == 0;
  if (pattern.front() == '*') return value.size() >= pattern.size() - 1 && value.substr(value.size() - pattern.size() + 1) == pattern.substr(1);
  return pattern == value;
}

bool anyFits(const json& patterns, const std::string& value) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const json& pattern) { return fits(pattern.get<std::string>(), value); });
}

bool reaches(const json& policy, const Workload& workload) {
  const std::string ns = policy["namespace"];
  if (ns != "istio-system" && ns != workload.ns) return false;
  if (!policy.contains("selector")) return true;
  for (const auto& label : policy["selector"]["matchLabels"].items()) {
    const auto found = workload.labels.find(label.key());
    if (found == workload.labels.end() || found->second != label.value()) return false;
  }
  return true;
}

std::string modeOf(const json& mesh, const Workload& workload) {
  std::string levels[3];
  for (const json& policy : mesh["peerAuthentications"]) {
    const bool root = policy["namespace"] == "istio-system", selects = policy.contains("selector");
    if ((root && selects) || !reaches(policy, workload) || policy["mtls"]["mode"] == "UNSET") continue;
    levels[selects ? 2 : root ? 0 : 1] = policy["mtls"]["mode"];
  }
  std::string mode = "PERMISSIVE";
  for (const std::string& level : levels)
    if (!level.empty()) mode = level;
  return mode;
}

bool goodToken(const json& mesh, const Workload& workload, const json& token, bool& shown) {
  bool any = false, good = false;
  for (const json& policy : mesh["requestAuthentications"]) {
    if (!reaches(policy, workload)) continue;
    any = true;
    const json& rule = policy["jwtRules"][0];
    if (token.is_null() || rule["issuer"] != token["issuer"] || token["state"] != "valid") continue;
    good = good || !rule.contains("audiences") || (token.contains("audiences") && token["audiences"][0] == rule["audiences"][0]);
  }
  shown = any && good;
  return token.is_null() || !any || good;
}

// favour: what the rule asks of a token is put aside as it suits the request; with it, nothing a token could say keeps the request out.
bool matches(const json& rule, const Request& request, bool token_shown, bool favour = false, bool allowing = false) {
  const std::string who = token_shown ? request.token["issuer"].get<std::string>() + "/" + request.token["subject"].get<std::string>() : "";
  const auto holds = [](const json& of, const char* yes, const char* no, const std::string& value) {
    return (!of.contains(yes) || anyFits(of[yes], value)) && (!of.contains(no) || !anyFits(of[no], value));
  };
  if (rule.contains("from")) {
    const bool from = std::any_of(rule["from"].begin(), rule["from"].end(), [&](const json& entry) {
      const json& source = entry["source"];
      if (favour && (source.contains("requestPrincipals") || source.contains("notRequestPrincipals"))) {
        return allowing && holds(source, "principals", "notPrincipals", request.principal) && holds(source, "namespaces", "notNamespaces", request.ns);
      }
      return holds(source, "principals", "notPrincipals", request.principal) && holds(source, "namespaces", "notNamespaces", request.ns) &&
             holds(source, "requestPrincipals", "notRequestPrincipals", who);
    });
    if (!from) return false;
  }
  if (rule.contains("to")) {
    const json& operation = rule["to"][0]["operation"];
    if (!holds(operation, "methods", "notMethods", request.method) || !holds(operation, "paths", "notPaths", request.path)) return false;
  }
  if (rule.contains("when")) {
    const json& when = rule["when"][0];
    if (favour && when["key"] == "request.auth.claims[group]") return allowing;
    std::string value = request.ns;
    if (when["key"] == "request.headers[x-role]") value = request.role;
    if (when["key"] == "request.auth.claims[group]") value = token_shown && request.token.contains("claims") ? request.token["claims"]["group"].get<std::string>() : "";
    if (!holds(when, "values", "notValues", value)) return false;
  }
  return true;
}

bool permitted(const json& mesh, const Workload& workload, const Request& request, bool token_shown, bool favour = false) {
  bool known = false;  // the provider, anywhere in the mesh
  for (const json& policy : mesh["authorizationPolicies"]) known = known || (policy.contains("provider") && policy["provider"].contains("allows"));
  bool allows = false, allowed = false, denied = false;
  for (const json& policy : mesh["authorizationPolicies"]) {
    if (!reaches(policy, workload)) continue;
    const std::string action = policy["action"];
    const bool match = std::any_of(policy["rules"].begin(), policy["rules"].end(), [&](const json& rule) { return matches(rule, request, token_shown, favour, action == "ALLOW"); });
    if (action == "CUSTOM") denied = denied || !known || match;
    if (action == "DENY") denied = denied || match;
    allows = allows || action == "ALLOW";
    allowed = allowed || (action == "ALLOW" && match);
  }
  return !denied && (!allows || allowed);
}

class Judge {
 public:
  Judge(json scenario, json second) : scenario_(std::move(scenario)), meshes_{scenario_["mesh"], std::move(second)} {}

  // caller: "gateway-0", "client t1@default", "b-v1-0".
  Fate atService(std::int64_t at, const std::string& caller, const std::string& endpoint, const std::string& operation, const json& traffic) const {
    const json& mesh = meshOf(at);
    const json& callee = scenario_["services"][endpoint.substr(0, 1)];
    const bool server = callee.value("sidecar", true);
    const Workload workload{callee["namespace"], {{"app", endpoint.substr(0, 1)}, {"version", endpoint.substr(2, 2)}}};
    std::string tls = "plaintext", ns, account;
    bool proxy = true;
    if (caller.rfind("gateway-", 0) == 0) {
      ns = "istio-system", account = "istio-ingressgateway-service-account";
    } else if (caller.rfind("client ", 0) == 0) {
      proxy = traffic["via"] == "sidecar";
      const json source = traffic.value("source", json::object());
      ns = source.value("namespace", "outside"), account = "default";
      if (source.contains("principal")) ns = source["principal"].get<std::string>().substr(17, 4), account = source["principal"].get<std::string>().substr(25);
    } else {
      const json& service = scenario_["services"][caller.substr(0, 1)];
      proxy = service.value("sidecar", true);
      ns = service["namespace"], account = service.value("serviceAccount", caller.substr(0, 1));
    }
    const std::string mode = server ? modeOf(mesh, workload) : "DISABLE";
    if (proxy) {
      const json& rules = mesh["destinationRules"];
      const std::string rule = rules.contains(endpoint.substr(0, 1)) ? rules[endpoint.substr(0, 1)]["trafficPolicy"]["tls"]["mode"].get<std::string>() : "";
      if (rule == "SIMPLE") tls = "tls";
      else if (rule == "ISTIO_MUTUAL" || (rule.empty() && mode != "DISABLE")) tls = "mutual";
    }
    if ((tls == "plaintext" && mode == "STRICT") || tls == "tls" || (tls == "mutual" && mode == "DISABLE")) return Fate::handshake;
    if (!server) return Fate::served;
    Request request = requestOf(operation, traffic);
    if (tls == "mutual") request.ns = ns, request.principal = "cluster.local/ns/" + ns + "/sa/" + account;
    return atDoor(mesh, workload, request);
  }

  Fate atGateway(std::int64_t at, const std::string& operation, const json& traffic) const {
    Request request = requestOf(operation, traffic);
    const json source = traffic.value("source", json::object());
    if (source.contains("principal")) request.principal = source["principal"], request.ns = request.principal.substr(17, 4);
    return atDoor(meshOf(at), {"istio-system", {{"app", "istio-ingressgateway"}, {"istio", "ingressgateway"}}}, request);
  }

 private:
  const json& meshOf(std::int64_t at) const { return meshes_[at >= 2'000'000'000 ? 1 : 0]; }
  static Request requestOf(const std::string& operation, const json& traffic) {
    const std::size_t space = operation.find(' ');
    return {"", "", traffic.contains("token") ? traffic["token"] : json(), operation.substr(0, space), operation.substr(space + 1),
            traffic.contains("headers") ? traffic["headers"]["x-role"].get<std::string>() : ""};
  }
  static Fate atDoor(const json& mesh, const Workload& workload, const Request& request) {
    bool shown = false;
    if (!goodToken(mesh, workload, request.token, shown)) return Fate::authentication;
    if (permitted(mesh, workload, request, shown)) return Fate::served;
    return request.token.is_null() && permitted(mesh, workload, request, shown, true) ? Fate::missingToken : Fate::authorization;
  }

  json scenario_;
  json meshes_[2];
};

// ---- what became of them -----------------------------------------------------------------------------------------------------------------

struct Seen {
  std::map<std::string, std::uint64_t> fates;
};

void check(std::uint64_t seed, Seen& seen) {
  Maker maker(seed);
  const json scenario = maker.make();
  const models::DecodeResult decoded = models::decodeScenario(scenario.dump(), "s.json", "");
  ASSERT_TRUE(decoded.scenario) << seed << ": " << (decoded.problems.empty() ? "" : textOf(decoded.problems[0])) << "\n" << scenario.dump(1);
  Mall mall(models::makePlan(*decoded.scenario), {.seed = seed, .trace_first = 1'000'000});
  mall.run();
  for (const std::string& finding : mall.audit()) ADD_FAILURE() << seed << ": " << finding;
  for (const std::string& finding : mall.auditDrained()) ADD_FAILURE() << seed << ": " << finding;
  const Judge judge(scenario, maker.secondMesh());
  struct CallSeen {
    std::string caller, operation;
    std::size_t traffic = 0, tries = 0;
    std::int64_t at = 0;
    int status = -1;
  };
  struct TrySeen {
    std::uint64_t call = 0;
    std::string endpoint;
    std::int64_t at = 0;
    bool worked = false;
    std::optional<models::Rejection> refused;
  };
  std::map<std::uint64_t, std::size_t> traffic_of;
  std::map<std::uint64_t, CallSeen> calls;
  std::map<std::uint64_t, TrySeen> tries;
  const auto& layout = mall.plan().layout;
  for (const TripRecord& r : mall.trips().records()) {
    if (r.kind == TripRecordKind::customer_arrived) traffic_of[r.id] = r.x;
    if (r.kind == TripRecordKind::call_started)
      calls[r.id] = {mall.trips().names()[r.y], layout.operations[layout.flows[r.x].operation].name, traffic_of.at(r.other), 0, r.at.ns, -1};
    if (r.kind == TripRecordKind::call_ended) calls.at(r.id).status = r.outcome.status;
    if (r.kind == TripRecordKind::tried) {
      tries[r.id] = {r.parent, mall.endpoints()[r.y].name, r.at.ns, false, std::nullopt};
      ++calls.at(r.parent).tries;
    }
    if (r.kind == TripRecordKind::refused) tries.at(r.id).refused = static_cast<models::Rejection>(r.detail);
    if (r.kind == TripRecordKind::strand_started) tries.at(r.parent).worked = true;
  }
  constexpr const char* kNames[] = {"served", "handshake", "authentication", "missingToken", "authorization"};
  for (const auto& [id, t] : tries) {
    const CallSeen& call = calls.at(t.call);
    const Fate fate = judge.atService(t.at, call.caller, t.endpoint, call.operation, scenario["traffic"][call.traffic]);
    const std::string got = t.refused ? std::string(name(*t.refused)) : t.worked ? "served" : "nothing";
    EXPECT_EQ(got, kNames[static_cast<std::size_t>(fate)]) << "seed " << seed << ": " << call.caller << " -> " << t.endpoint << "/" << call.operation << " at " << t.at << "\n" << scenario.dump(1);
    EXPECT_EQ(t.worked, fate == Fate::served) << seed;
    if (testing::Test::HasFailure()) return;
    ++seen.fates[got];
  }
  for (const auto& [id, call] : calls) {
    if (call.caller.rfind("gateway-", 0) != 0) continue;
    const Fate fate = judge.atGateway(call.at, call.operation, scenario["traffic"][call.traffic]);
    EXPECT_EQ(call.tries, fate == Fate::served ? 1u : 0u) << "seed " << seed << " at the gateway\n" << scenario.dump(1);
    if (fate != Fate::served) { EXPECT_EQ(call.status, fate == Fate::authentication ? 401 : 403) << seed; }
    if (testing::Test::HasFailure()) return;
    ++seen.fates[std::string("gateway ") + kNames[static_cast<std::size_t>(fate)]];
  }
}

TEST(MallSecurityProperty, NoRefusedRequestReachesAWorkerAndNoAllowedOneIsRefused) {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= 150 && !HasFailure(); ++seed) check(seed, seen);
  for (const char* fate : {"served", "handshake", "authentication", "missingToken", "authorization", "gateway served", "gateway authentication", "gateway authorization"})
    EXPECT_GT(seen.fates[fate], 1000u) << fate << " hardly occurred";
}

}  // namespace
}  // namespace meshmall::tests
