#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

std::string problemsOf(const DecodeResult& result) {
  std::string out;
  for (const Problem& problem : result.problems) out += textOf(problem) + '\n';
  return out;
}

// A scenario of two services, "reviews" with versions v1 and v2 and "ratings", with these further members of the document.
std::string withMesh(const std::string& members) {
  return R"({"meshmall": 1, "localities": {"up": {"region": "eu"}, "down": {"region": "eu"}}, "services": {
    "reviews": {"versions": {"v1": {}, "v2": {}}, "operations": {"get": {"steps": [{"call": "ratings/get"}]}}}, "ratings": {"operations": {"get": {}}}},
    "traffic": [{"name": "lunch", "to": "reviews/get"}],
)" + members + "}";
}

DecodeResult decode(const std::string& members) { return decodeScenario(withMesh(members), "scenario.json", ""); }

Scenario decoded(const std::string& members) {
  const DecodeResult result = decode(members);
  for (const Problem& problem : result.problems) EXPECT_FALSE(problem.code.empty()) << textOf(problem);  // advice about policies is judged elsewhere
  return result.scenario.value_or(Scenario{});
}

TEST(ScenarioMesh, BlocksHaveIstiosDefaults) {
  const Scenario s = decoded(R"("mesh": {"defaults": {"trafficPolicy": {"outlierDetection": {}, "connectionPool": {}, "loadBalancer": {"simple": "LEAST_REQUEST"}},
                                          "retries": {"attempts": 3}}})");
  const Mesh& mesh = s.mesh_versions.at(0);
  EXPECT_EQ(mesh.defaults.outlier_detection, istioOutlierDetection());
  EXPECT_TRUE(mesh.defaults.connection_pool->limits.unlimited());
  EXPECT_EQ(mesh.defaults.connection_pool->connect_timeout, engine::seconds(10));
  EXPECT_TRUE(std::holds_alternative<LeastRequestConfig>(mesh.defaults.load_balancer->policy));
  EXPECT_EQ(mesh.defaults.load_balancer->failover.overprovisioning_factor, 140u);
  EXPECT_EQ(mesh.default_retries->attempts, 3u);
  EXPECT_EQ(mesh.default_retries->on, istioDefaultRetryPolicy().on);
  EXPECT_FALSE(decoded(R"("mesh": {})").mesh_versions[0].defaults.load_balancer.has_value());
}

// As in Istio's own example of weighted localities, which names no balancer.
TEST(ScenarioMesh, SettingsOfPlacesOrOfTheWarmUpAloneMeanIstiosDefaultBalancer) {
  const auto balancer = [](const std::string& block) { return decoded(R"("mesh": {"defaults": {"trafficPolicy": {"loadBalancer": )" + block + "}}}").mesh_versions.at(0).defaults.load_balancer; };
  const auto places = balancer(R"({"localityLbSetting": {"enabled": true, "distribute": [{"from": "eu/*", "to": {"eu/*": 100}}]}})");
  ASSERT_TRUE(places);
  EXPECT_TRUE(std::holds_alternative<LeastRequestConfig>(places->policy));
  EXPECT_EQ(places->locality.distribute.size(), 1u);
  const auto warm = balancer(R"({"warmup": {"duration": "10s"}})");
  ASSERT_TRUE(warm && std::holds_alternative<LeastRequestConfig>(warm->policy));
  EXPECT_EQ(std::get<LeastRequestConfig>(warm->policy).slow_start.window, engine::seconds(10));
  EXPECT_FALSE(decode(R"("mesh": {"defaults": {"trafficPolicy": {"loadBalancer": {}}}})").scenario);
  EXPECT_FALSE(decode(R"("mesh": {"defaults": {"trafficPolicy": {"loadBalancer": {"panicThreshold": 50}}}})").scenario);
}

TEST(ScenarioMesh, APastedVirtualServiceIsReadWithItsHosts) {
  const Scenario s = decoded(R"("mesh": {
    "destinationRules": {"reviews": {"host": "reviews.default.svc.cluster.local", "exportTo": ["."], "trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}},
       "subsets": [{"name": "v1", "labels": {"version": "v1"}}, {"name": "v2", "labels": {"version": "v2"}, "trafficPolicy": {"loadBalancer": {"simple": "ROUND_ROBIN"}}}]}},
    "virtualServices": {"reviews": {"hosts": ["reviews"], "gateways": ["mesh"], "http": [
       {"match": [{"headers": {"end-user": {"exact": "jason"}, "x": {}}, "uri": {"prefix": "/"}, "port": 9080}],
        "route": [{"destination": {"host": "reviews.default", "subset": "v2", "port": {"number": 80}}}],
        "fault": {"delay": {"percentage": {"value": 50}, "fixedDelay": "7s"}, "abort": {"percentage": {"value": 0.1}, "httpStatus": 500}},
        "mirror": {"host": "ratings"}, "timeout": "1s", "retries": {"attempts": 1, "perTryTimeout": "200ms", "retryOn": "5xx,429", "backoff": {"baseInterval": "10ms"}}},
       {"route": [{"destination": {"host": "reviews", "subset": "v1"}, "weight": 90}, {"destination": {"host": "reviews", "subset": "v2"}, "weight": 10}]}]}}})");
  const Mesh& mesh = s.mesh_versions.at(0);
  ASSERT_EQ(mesh.destination_rules.size(), 1u);
  EXPECT_EQ(mesh.destination_rules[0].service, 1u);
  EXPECT_TRUE(std::holds_alternative<RoundRobinConfig>(mesh.destination_rules[0].subsets[1].policy.load_balancer->policy));
  ASSERT_EQ(mesh.virtual_services.size(), 1u);
  const VirtualService& rules = mesh.virtual_services[0].rules;
  EXPECT_EQ(rules.gateways, std::vector<std::string>{"mesh"});
  ASSERT_EQ(rules.http.size(), 2u);
  const HttpRoute& first = rules.http[0];
  EXPECT_EQ(first.match[0].headers[0].match.value, "jason");
  EXPECT_EQ(first.match[0].headers[1].match.kind, StringMatchKind::kPresent);
  EXPECT_EQ(first.route[0].destination.host, "reviews");
  EXPECT_EQ(first.fault->delay->fixed_delay, engine::seconds(7));
  EXPECT_EQ(first.fault->abort->percentage.value(), 0.001);
  EXPECT_EQ(first.mirrors[0].destination.host, "ratings");
  EXPECT_EQ(first.retries->status_codes, std::vector<std::uint32_t>{429});
  EXPECT_EQ(first.retries->on, kRetryOn5xx | kRetryOnRetriableStatusCodes);
  EXPECT_EQ(first.retries->base_interval, engine::milliseconds(10));
  EXPECT_EQ(rules.http[1].route[1].weight, 10u);
}

TEST(ScenarioMesh, MistakesInRulesAreFoundWithSuggestions) {
  EXPECT_EQ(problemsOf(decode(R"("mesh": {
"destinationRules": {"review": {}, "ratings": {"host": "reviews", "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}},
"virtualServices": {"reviews": {"http": [{"route": [
{"destination": {"host": "reviews", "subset": "v9"}, "weight": 0},
{"destination": {"host": "rating"}, "weight": 0}],
"retries": {"retryOn": "5xxx"}, "match": [{"uri": {"regex": "(a"}}]}]}},
"defaults": {"trafficPolicy": {"loadBalancer": {"simple": "RANDOM", "policy": {"pickFirst": {}}, "panicThreshold": 50}, "outlierDetection": {"minHealthPercent": 10}}}})")),
            "scenario.json:5:22: /mesh/destinationRules/review: there is no service \"review\"; did you mean \"reviews\"?\n"
            "scenario.json:5:56: /mesh/destinationRules/ratings/host: must agree with the key (got \"reviews\")\n"
            "scenario.json:6:52: /mesh/virtualServices/reviews/http/0/route: the weights must add up to more than 0\n"
            "scenario.json:7:47: /mesh/virtualServices/reviews/http/0/route/0/destination/subset: there is no subset \"v9\" in the destination rule of \"reviews\"\n"
            "scenario.json:8:26: /mesh/virtualServices/reviews/http/0/route/1/destination/host: there is no service \"rating\"; did you mean \"ratings\"?\n"
            "scenario.json:9:12: /mesh/virtualServices/reviews/http/0/retries: needs \"attempts\"\n"
            "scenario.json:9:24: /mesh/virtualServices/reviews/http/0/retries/retryOn: there is no retry condition \"5xxx\"; did you mean \"5xx\"?\n"
            "scenario.json:9:61: /mesh/virtualServices/reviews/http/0/match/0/uri/regex: is not a regular expression (RE2 syntax): missing ): (a\n"
            "scenario.json:10:69: /mesh/defaults/trafficPolicy/loadBalancer/policy: \"policy\" does not go together with \"simple\"\n"
            "scenario.json:10:141: /mesh/defaults/trafficPolicy/outlierDetection: \"minHealthPercent\" is the same knob as the load balancer's \"panicThreshold\": "
            "give one of them\n");
}

TEST(ScenarioMesh, PatchesAreAppliedInTheOrderOfTheirTimes) {
  const Scenario s = decoded(R"("mesh": {"defaults": {"retries": {"attempts": 2, "perTryTimeout": "1s"}}},
    "events": [{"at": "20s", "patch": {"mesh": {"defaults": {"retries": {"perTryTimeout": null}}}}},
               {"at": "10s", "patch": {"mesh": {"defaults": {"retries": {"attempts": 5}}}}}, {"at": "30s", "patch": {"mesh": null}}])");
  ASSERT_EQ(s.mesh_versions.size(), 4u);
  EXPECT_EQ(std::get<Patch>(s.events[0].what).mesh_version, 2u);
  EXPECT_EQ(std::get<Patch>(s.events[1].what).mesh_version, 1u);
  EXPECT_EQ(s.mesh_versions[1].default_retries->attempts, 5u);
  EXPECT_EQ(s.mesh_versions[1].default_retries->per_try_timeout, engine::seconds(1));
  EXPECT_EQ(s.mesh_versions[2].default_retries->attempts, 5u);
  EXPECT_EQ(s.mesh_versions[2].default_retries->per_try_timeout.ns, 0);
  EXPECT_FALSE(s.mesh_versions[3].default_retries.has_value());
}

TEST(ScenarioMesh, AProblemOfAPatchIsShownWhereThePatchStands) {
  EXPECT_EQ(problemsOf(decode(R"("mesh": {"defaults": {"retries": {"attempts": -1}}},
"events": [{"at": "10s", "patch": {"mesh": {"defaults": {"retries": {"atempts": 5}}}}}, {"at": "20s", "patch": {"services": {}}}])")),
            "scenario.json:4:47: /mesh/defaults/retries/attempts: must be at least 0 (got -1)\n"
            "scenario.json:5:70: /events/0/patch/mesh/defaults/retries/atempts: unknown key \"atempts\"; did you mean \"attempts\"?\n"
            "scenario.json:5:112: /events/1/patch: needs \"mesh\"\n"
            "scenario.json:5:113: /events/1/patch/services: unknown key \"services\"\n");
}

TEST(ScenarioMesh, EventsOfEveryKindAreRead) {
  const Scenario s = decoded(R"("events": [
    {"at": "30s", "crash": {"service": "reviews", "version": "v2", "count": 1, "noticed": "0s"}, "for": "20s", "note": "a crash"},
    {"at": "40s", "slow": {"service": "ratings", "factor": 5, "locality": "up"}, "for": {"exponential": {"mean": "10s"}}},
    {"at": "50s", "fail": {"service": "ratings", "operation": "get", "probability": 0.5, "status": 500, "endpoints": [3, 1, 3]}},
    {"at": "55s", "network": {"from": "up", "to": "down", "delay": "50ms", "loss": 0.1}, "for": "5s"},
    {"at": "56s", "partition": {"between": ["up", "down"]}}, {"at": "57s", "scale": {"service": "reviews", "version": "v1", "replicas": 6}},
    {"at": "58s", "traffic": {"name": "lunch", "factor": 3}}, {"at": "0s", "every": {"exponential": {"mean": "9s"}}, "slow": {"factor": 2}}])");
  ASSERT_EQ(s.events.size(), 8u);
  const Crash& crash = std::get<Crash>(s.events[0].what);
  EXPECT_EQ(crash.target.service, 1u);
  EXPECT_EQ(crash.target.version, 1u);
  EXPECT_EQ(crash.count, 1u);
  EXPECT_EQ(s.events[0].note, "a crash");
  EXPECT_EQ(std::get<Slow>(s.events[1].what).target.locality, 1u);  // "down" < "up"
  EXPECT_NEAR(s.events[1].lasts->mean(), 10, 1e-9);
  EXPECT_EQ(std::get<Fail>(s.events[2].what).target.endpoints, (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(std::get<NetworkChange>(s.events[3].what).loss, 0.1);
  EXPECT_EQ(std::get<Partition>(s.events[4].what).a, 1u);
  EXPECT_EQ(std::get<Scale>(s.events[5].what).replicas, 6u);
  EXPECT_EQ(std::get<TrafficChange>(s.events[6].what).factor, 3.0);
  EXPECT_TRUE(s.events[7].every.has_value());
  EXPECT_FALSE(std::get<Slow>(s.events[7].what).target.service.has_value());
}

}  // namespace
}  // namespace meshmall::models
