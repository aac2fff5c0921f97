// Cases beside the recorded ones: what an implementation written from the specification alone, and the proxy's own code, give where ours once differed.
#include <nlohmann/json.hpp>

#include "cli/replay/balancing_replay.h"
#include "cli/replay/resilience.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;

json answerTo(const char* text) {
  const json one_case = json::parse(text);
  json actual;
  const ReplayAnswer answer = balancingHas(one_case["algorithm"].get<std::string>()) ? replayBalancing(one_case, actual) : replayResilience(one_case, actual);
  EXPECT_TRUE(answer.supported) << answer.reason;
  return actual;
}

TEST(ReplayEdges, ALocalityWithoutHostsKeepsItsPartOfTheWeights) {
  // A has half of the weights: ceil(0.5 * 3) / 0.5 = 4 points are asked for, of which A's half are made.
  const json actual = answerTo(R"({"id": "x", "algorithm": "ring_hash", "config": {"minimum_ring_size": 3, "locality_weighted": true,
      "locality_weights": {"A": 1, "B": 1}}, "hosts": [{"address": "a:1", "locality": "A"}], "input": {"hash_keys": ["7"]}})");
  EXPECT_EQ(actual["ring_size"], 4);
  EXPECT_EQ(actual["ring"].size(), 2U);
  EXPECT_EQ(actual["picks"][0]["address"], "a:1");
}

TEST(ReplayEdges, AStepMayBringALocality) {
  const json actual =
      answerTo(R"({"id": "x", "algorithm": "ring_hash", "config": {"minimum_ring_size": 2, "locality_weighted": true, "locality_weights": {"A": 1}},
      "hosts": [{"address": "a:1", "locality": "A"}], "input": {"steps": [{"hosts_p0": [{"a": "a:1"}], "random": [0]}]}})");
  EXPECT_EQ(actual["picks"], json::array({nullptr}));
}

TEST(ReplayEdges, BoundedLoadGoesThroughTheHostsThatAreHashed) {
  const json actual = answerTo(R"({"id": "x", "algorithm": "bounded_load", "config": {"hash_balance_factor": 100}, "hosts": [
      {"address": "a:1", "health": "unhealthy"}, {"address": "b:1"}, {"address": "c:1"}], "input": {"hash": 0, "cluster_rq_active": 0,
      "steps": [{"rq_active": {}}, {"rq_active": {"b:1": 2}}]}})");
  EXPECT_EQ(actual["picks"], json::array({"b:1", "c:1"}));
}

TEST(ReplayEdges, PrioritiesOnceThereStayThere) {
  const json actual = answerTo(R"({"id": "x", "algorithm": "round_robin", "config": {}, "hosts": [{"address": "a:1"}, {"address": "b:1", "priority": 1}],
      "input": {"steps": [{"op": "remove_host", "address": "b:1"}, {"op": "pick", "n": 1}]}})");
  EXPECT_EQ(actual["healthy_load"], json::array({100, 0}));
  EXPECT_EQ(actual["picks"], json::array({"a:1"}));
}

TEST(ReplayEdges, AWeightSetWithoutARefreshWaitsForItsOwnPriority) {
  // What happens to priority 1 does not rebuild the schedule of priority 0, where b still weighs 1.
  const json actual =
      answerTo(R"({"id": "x", "algorithm": "round_robin", "config": {}, "hosts": [{"address": "a:1", "weight": 3}, {"address": "b:1", "weight": 1},
      {"address": "c:1", "priority": 1}], "input": {"steps": [{"op": "set_weight", "address": "b:1", "weight": 4, "refresh": false},
      {"op": "set_health", "address": "c:1", "health": "unhealthy"}, {"op": "pick", "n": 2}]}})");
  EXPECT_EQ(actual["picks"], json::array({"a:1", "a:1"}));
}

TEST(ReplayEdges, EveryAttemptInPanicCounts) {
  const json actual = answerTo(R"({"id": "x", "algorithm": "round_robin", "config": {}, "hosts": [{"address": "a:1", "health": "unhealthy"},
      {"address": "b:1", "health": "unhealthy"}], "input": {"steps": [{"accept_only": "b:1", "retry_count": 3, "picks": 1}]}})");
  EXPECT_EQ(actual["picks"], json::array({"b:1"}));
  EXPECT_EQ(actual["panic_count"], 2);
}

TEST(ReplayEdges, PanicPassesOverTheLocalities) {
  const json actual = answerTo(R"({"id": "x", "algorithm": "round_robin", "config": {"locality_weighted": true}, "hosts": [
      {"address": "a:1", "health": "unhealthy", "locality": "A"}, {"address": "b:1", "health": "unhealthy", "locality": "B"}],
      "input": {"localities_order": [["a:1"], ["b:1"]], "mocked_locality_choice": [0, 0]}})");
  EXPECT_EQ(actual["picks"], json::array({"a:1", "b:1"}));
  EXPECT_EQ(actual["panic_count"], 2);
}

TEST(ReplayEdges, FieldsOfALoadReportGoByTheirOwnNames) {
  const char* const by_name = R"({"id": "x", "algorithm": "client_side_wrr_utilization", "config": {"metric_names_for_computing_utilization":
      ["cpu_utilization"]}, "input": {"application_utilization": 0.3, "cpu_utilization": 0.9}})";
  EXPECT_EQ(answerTo(by_name)["utilization"], 0.9);
  const char* const all = R"({"id": "x", "algorithm": "client_side_wrr_utilization", "config": {"metric_names_for_computing_utilization":
      ["named_metrics.*"]}, "input": {"cpu_utilization": 0.9, "named_metrics": {"a": 0.2, "b": 0.4}}})";
  EXPECT_EQ(answerTo(all)["utilization"], 0.4);
}

TEST(ReplayEdges, NothingGivesEmptyLists) {
  EXPECT_EQ(answerTo(R"({"id": "x", "algorithm": "client_side_wrr_update", "input": {"now_s": 30, "hosts": []}})")["weights"], json::array());
  EXPECT_EQ(answerTo(R"({"id": "x", "algorithm": "choose_priority", "input": {"healthy_load": [100], "degraded_load": [0], "hash": []}})")["priority"],
            json::array());
  EXPECT_EQ(answerTo(R"({"id": "x", "algorithm": "slow_start_edf", "input": {"weights_at_build": [], "weights_at_reinsert": [], "picks": 1}})")["pick_indexes"],
            json::array({nullptr}));
}

TEST(ReplayEdges, ARemovedHostIsNoLongerEjected) {
  const json actual =
      answerTo(R"({"id": "x", "algorithm": "outlier_detection", "config": {"hosts": ["a", "b"], "max_ejection_percent": 100}, "input": {"events": [
      {"t_ms": 0, "event": "remove_hosts", "hosts": ["a"]}, {"t_ms": 1, "event": "http", "host": "a", "status": 500, "n": 5}]}})");
  EXPECT_EQ(actual["log"], json::array());
  EXPECT_EQ(actual["stats"]["ejections_detected_consecutive_5xx"], 0);
}

TEST(ReplayEdges, ASuccessRateIsToldForOneInterval) {
  const json actual =
      answerTo(R"({"id": "x", "algorithm": "outlier_detection", "config": {"hosts": ["a"], "failure_percentage_minimum_hosts": 1}, "input": {"events": [
      {"t_ms": 0, "event": "http", "host": "a", "status": 200, "n": 100}, {"t_ms": 10000, "event": "interval_tick"}, {"t_ms": 20000, "event": "interval_tick"}]}})");
  EXPECT_EQ(actual["after_tick"]["10000"]["host_success_rate"]["a"], 100.0);
  EXPECT_EQ(actual["after_tick"]["20000"]["host_success_rate"]["a"], -1.0);
}

TEST(ReplayEdges, AGrpcStatusThatIsNoNumberIsNoReasonToRetry) {
  const json actual =
      answerTo(R"({"id": "x", "algorithm": "retry_decision", "config": {"policy": {"num_retries": 1, "retry_on": "unavailable"}}, "input": {"events": [
      {"event": "response_headers", "headers": {":status": "200", "grpc-status": "x"}}, {"event": "response_headers", "headers": {":status": "200", "grpc-status": "14"}}]}})");
  EXPECT_EQ(actual["decisions"], json::array({"No", "Yes"}));
}

TEST(ReplayEdges, SpacesAroundANumberInAHeaderDoNotMatter) {
  const json actual = answerTo(R"({"id": "x", "algorithm": "retry_decision", "config": {"policy": {"num_retries": 0, "retry_on": "5xx"}}, "input": {
      "request_headers": {"x-envoy-max-retries": " 1 "}, "events": [{"event": "response_headers", "headers": {":status": "500"}}]}})");
  EXPECT_EQ(actual["decisions"], json::array({"Yes"}));
}

TEST(ReplayEdges, AnEmptyRetryBudgetIsABudget) {
  const json actual =
      answerTo(R"({"id": "x", "algorithm": "circuit_breaker", "config": {"max_retries": 9, "retry_budget": {}}, "input": {"events": [{"query": "retries"}]}})");
  EXPECT_EQ(actual["answers"][0], json({{"max", 3}, {"can_create", true}, {"count", 0}, {"remaining", 0}}));
}

TEST(ReplayEdges, HeadersLowerAPercentageWhetherOrNotTheRequestIsMatched) {
  const json actual =
      answerTo(R"({"id": "x", "algorithm": "fault_injection", "config": {"abort": {"percent": 20, "http_status": 503}, "downstream_nodes": ["canary"]},
      "input": {"headers": {}}})");
  EXPECT_EQ(actual["effective_abort_percent"], 20);
  EXPECT_EQ(actual["abort_status"], nullptr);
}

TEST(ReplayEdges, HostsThatCannotBeUnderstoodAreRefusedInWords) {
  const auto reasonOf = [](const char* text) {
    json actual;
    const ReplayAnswer answer = replayBalancing(json::parse(text), actual);
    return answer.supported ? std::string("supported") : answer.reason;
  };
  EXPECT_EQ(reasonOf(R"({"id": "x", "algorithm": "round_robin", "hosts": [{"address": "a:1", "weight": 1.5}], "input": {"picks": 1}})"),
            "a host's weight is not a whole number of 32 bits: 1.5");
  EXPECT_EQ(reasonOf(R"({"id": "x", "algorithm": "zone_aware", "hosts": [{"address": "a:1", "locality": "Z"}],
      "input": {"upstream_localities": [{"zone": "A", "hosts": ["a:1"]}], "local_cluster_hosts_per_zone": {}}})"),
            "the locality 'Z' of host a:1 is not among the case's");
}

}  // namespace
}  // namespace meshmall::cli
