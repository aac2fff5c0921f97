// The object that answers `replay` is the one that runs: the picks of a run, with what went in, are written as a case and replayed to the same picks.
#include <map>
#include <nlohmann/json.hpp>

#include "cli/replay/balancing_replay.h"
#include "models/mall/mall.h"
#include "models/mall/purposes.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::cli {
namespace {

using models::Mall;
using models::PickRecord;
using nlohmann::json;

constexpr std::uint64_t kSeed = 5;
constexpr int kEndpoints = 7;

struct Pick {
  std::string endpoint;
  PickRecord record;
  engine::SimTime at;
};

struct RunPicks {
  std::vector<Pick> picks;
  std::uint64_t seed = 0;                    // the balancer's: the first number of the proxy thread's stream
  std::vector<models::TripRecord> records = {};
};

std::string nameOf(std::uint32_t endpoint) { return "shop-v1-" + std::to_string(endpoint); }

RunPicks runWith(const std::string& balancer) {
  const std::string text = R"({"meshmall":1,"run":{"duration":"3s"},"network":{"sameZone":"200us"},"services":{"shop":{"versions":{"v1":{"replicas":7,"workers":2}},"operations":{"buy":{"steps":[{"busy":{"exponential":{"mean":"20ms"}}}]}}}},
    "traffic":[{"name":"t","to":"shop/buy","arrivals":{"poisson":{"rate":"300/s"}},"headers":{"x-user":{"uniform":{"n":1000}}}}],"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":)" + balancer + "}}}}";
  models::DecodeResult decoded = models::decodeScenario(text, "run.json", "");
  for (const models::Problem& problem : decoded.problems) ADD_FAILURE() << problem.message;
  Mall mall(models::makePlan(std::move(*decoded.scenario)), {.seed = kSeed, .trace_first = 100'000});
  mall.run();
  RunPicks run;
  for (const models::TripRecord& r : mall.trips().records())
    if (r.kind == models::TripRecordKind::tried) run.picks.push_back({mall.endpoints()[r.y].name, mall.trips().picks()[r.x], r.at});
  engine::StreamSource stream({kSeed, 0}, {models::addressOf("gateway-0"), 0, models::purpose::kProxyStream});
  run.seed = stream.next();
  run.records = mall.trips().records();
  EXPECT_GT(run.picks.size(), 700u);
  return run;
}

json caseOf(const char* algorithm) {
  json hosts = json::array();
  for (std::uint32_t i = 0; i < kEndpoints; ++i) hosts.push_back({{"address", nameOf(i)}, {"weight", 1u}});
  return {{"id", "run"}, {"algorithm", algorithm}, {"config", json::object()}, {"hosts", hosts}, {"input", json::object()}};
}

void expectSamePicks(const json& one_case, const RunPicks& run) {
  json actual;
  const ReplayAnswer answer = replayBalancing(one_case, actual);
  ASSERT_TRUE(answer.supported) << answer.reason;
  ASSERT_EQ(actual["picks"].size(), run.picks.size());
  for (std::size_t i = 0; i < run.picks.size(); ++i) {
    const json& pick = actual["picks"][i];
    ASSERT_EQ(pick.is_object() ? pick["address"] : pick, json(run.picks[i].endpoint)) << "pick " << i;
  }
}

std::string decimal(std::uint64_t n) { return std::to_string(n); }

TEST(PicksOfARun, OfRoundRobinAreReplayed) {
  const RunPicks run = runWith(R"({"simple":"ROUND_ROBIN"})");
  json c = caseOf("round_robin");
  c["config"]["seed"] = decimal(run.seed);
  c["input"]["picks"] = run.picks.size();
  expectSamePicks(c, run);
}

TEST(PicksOfARun, OfRandomAreReplayed) {
  const RunPicks run = runWith(R"({"simple":"RANDOM"})");
  json c = caseOf("random");
  for (const Pick& pick : run.picks)
    for (const std::uint64_t draw : pick.record.draws) c["input"]["random"].push_back(decimal(draw));
  expectSamePicks(c, run);
}

// What it saw of the endpoints it did not look at makes no difference.
TEST(PicksOfARun, OfLeastRequestAreReplayed) {
  for (const char* policy : {R"({"simple":"LEAST_REQUEST"})", R"({"policy":{"leastRequest":{"choiceCount":4}}})", R"({"policy":{"leastRequest":{"selection":"full_scan"}}})"}) {
    const RunPicks run = runWith(policy);
    json c = caseOf("least_request");
    c["config"]["choice_count"] = std::string(policy).find("4") != std::string::npos ? 4u : 2u;
    if (std::string(policy).find("full_scan") != std::string::npos) c["config"]["selection_method"] = "FULL_SCAN";
    c["input"]["seed"] = decimal(run.seed);
    for (const Pick& pick : run.picks) {
      json active = json::array();
      for (int i = 0; i < kEndpoints; ++i) active.push_back(0u);
      for (const PickRecord::Candidate& candidate : pick.record.candidates) active[candidate.endpoint] = candidate.active_believed;
      c["input"]["steps"].push_back({{"rq_active", active}, {"picks", 1u}});
      for (const std::uint64_t draw : pick.record.draws) c["input"]["random"].push_back(decimal(draw));
    }
    expectSamePicks(c, run);
  }
}

TEST(PicksOfARun, OfRingHashAndMaglevAreReplayed) {
  for (const char* algorithm : {"ring_hash", "maglev"}) {
    const RunPicks run = runWith(std::string(R"({"consistentHash":{"httpHeaderName":"x-user",)") + (std::string(algorithm) == "maglev" ? R"("maglev":{}}})" : R"("ringHash":{}}})"));
    json c = caseOf(algorithm);
    for (const Pick& pick : run.picks) c["input"]["hash_keys"].push_back(decimal(pick.record.draws.at(0)));  // the hash that decided
    expectSamePicks(c, run);
  }
}

TEST(PicksOfARun, OfPickFirstStaysWithTheFirst) {
  for (const Pick& pick : runWith(R"({"policy":{"pickFirst":{}}})").picks) EXPECT_EQ(pick.endpoint, nameOf(0));
}

// In the blackout no weight counts: Envoy's policy goes in turn from its seed, gRPC's by its sequence number.
TEST(PicksOfARun, OfTheLoadReportPoliciesAreReplayedInTheirBlackout) {
  const RunPicks envoy = runWith(R"({"policy":{"clientSideWeightedRoundRobin":{"blackoutPeriod":"2900ms"}}})");
  json c = caseOf("round_robin");
  c["config"]["seed"] = decimal(envoy.seed);
  std::size_t in_blackout = 0;
  while (in_blackout < envoy.picks.size() && envoy.picks[in_blackout].at.ns < 2'900'000'000) ++in_blackout;
  c["input"]["picks"] = in_blackout;
  expectSamePicks(c, {{envoy.picks.begin(), envoy.picks.begin() + static_cast<std::ptrdiff_t>(in_blackout)}, envoy.seed});
  const RunPicks grpc = runWith(R"({"policy":{"grpcWeightedRoundRobin":{"blackoutPeriod":"2900ms"}}})");
  json stride = caseOf("grpc.static_stride_scheduler");
  stride["input"] = {{"weights", std::vector<double>(kEndpoints, 0.0)}, {"sequence_start", static_cast<std::uint32_t>(grpc.seed)}, {"picks", in_blackout}};
  json actual;
  replayBalancing(stride, actual);
  for (std::size_t i = 0; i < in_blackout; ++i) ASSERT_EQ(nameOf(actual["picks"][i].get<std::uint32_t>()), grpc.picks[i].endpoint) << i;
}

// The costs hang on every answer so far: the object is told the run's story again, and the replay's comparison judges each pair of costs.
TEST(PicksOfARun, OfPeakEwmaAreReplayedWithTheStoryOfTheRun) {
  const RunPicks run = runWith(R"({"policy":{"peakEwma":{}}})");
  std::vector<models::HostConfig> configs;
  for (std::uint32_t i = 0; i < kEndpoints; ++i) configs.push_back({i, nameOf(i), 1, 0, 0});
  models::ClusterHosts hosts(models::makeMembership(configs), {}, {});
  engine::StreamSource stream({kSeed, 0}, {models::addressOf("gateway-0"), 0, models::purpose::kProxyStream});
  models::LoadBalancer balancer(models::PeakEwmaConfig{}, hosts, run.picks.front().at, stream);
  std::map<std::uint64_t, std::pair<models::HostIndex, engine::SimTime>> under_way;
  std::size_t picks = 0;
  for (const models::TripRecord& r : run.records) {
    if (r.kind == models::TripRecordKind::tried) {
      models::PickContext context;
      context.now = r.at;
      models::PickTrace trace;
      const models::Pick pick = balancer.pick(hosts, context, stream, &trace);
      ASSERT_EQ(nameOf(pick.host), run.picks[picks++].endpoint) << "pick " << picks;
      ASSERT_EQ(trace.candidates.size(), 2u);
      json compare = caseOf("tower.p2c_compare");
      compare["input"] = {{"first_sampled_load", trace.candidates[0].cost}, {"second_sampled_load", trace.candidates[1].cost}};
      json actual;
      replayBalancing(compare, actual);
      EXPECT_EQ(actual["chosen"], pick.host == trace.candidates[0].host ? "first_sampled" : "second_sampled");
      hosts.requestStarted(pick.host);
      under_way[r.id] = {pick.host, r.at};
    } else if (r.kind == models::TripRecordKind::try_ended) {
      const auto [host, sent] = under_way.at(r.id);
      balancer.finished(hosts, host, r.at, r.at - sent);
      hosts.requestEnded(host);
    }
  }
  EXPECT_EQ(picks, run.picks.size());
}

}  // namespace
}  // namespace meshmall::cli
