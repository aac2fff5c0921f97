// From counters to the result, by stories small enough to work out on paper, and its text forms byte for byte.
#include "models/observation/result.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/observation/json_writer.h"

namespace meshmall::models {
namespace {

using engine::milliseconds;
using engine::seconds;
using engine::SimTime;

SimTime at(std::int64_t ms) { return SimTime{ms * 1'000'000}; }
constexpr Outcome kOk{200, ResponseFlag::kNone};
constexpr Outcome kTimeout{504, ResponseFlag::kUpstreamRequestTimeout};
constexpr Outcome kOverflow{503, ResponseFlag::kUpstreamOverflow};

Layout smallLayout() {
  Layout l;
  l.services = {"bakery", "storefront"};
  l.versions = {{0, "v1"}, {0, "v2"}, {1, "v1"}};
  l.operations = {{0, "GET /bread"}, {0, "GET /cake"}, {1, "GET /"}};
  l.traffic = {"lunch"};
  l.localities = {"default"};
  l.flows = {{true, 0, 2}, {false, 1, 0}, {false, 1, 1}};
  return l;
}

// Four customers within one second: ok after 10 and 30 ms, one timed out after 50 ms (a retry on the way), one still there.
Collector story() {
  Collector c(smallLayout(), {at(0), at(1000)}, milliseconds(500));
  const auto v1 = c.addEndpoint({0, "bakery-v1-0", 0, 2}, at(0));
  const auto v2 = c.addEndpoint({1, "bakery-v2-0", 0, 1}, at(0));
  c.addEndpoint({2, "storefront-v1-0", 0, 1}, at(0));
  const auto call = [&](std::uint32_t flow, std::uint32_t endpoint, std::int64_t from, std::int64_t to, Outcome first, bool retry) {
    c.callStarted(flow, true);
    c.tryStarted(flow, TryKind::first, true);
    c.endpointTryArrived(endpoint, true);
    c.heldWorkers(endpoint, at(from), 1);
    c.heldWorkers(endpoint, at(to), -1);
    c.endpointTryLeft(endpoint, milliseconds(to - from), first, true);
    c.tryEnded(flow, first, true);
    if (retry) {
      c.tryStarted(flow, TryKind::retry, true);
      c.tryEnded(flow, first, true);
    }
    c.callEnded(flow, milliseconds(to - from), first, true);
  };
  const auto enter = [&](std::int64_t ms) {
    c.customerArrived(0, at(ms), true);
    c.callStarted(0, true);
    c.tryStarted(0, TryKind::first, true);
  };
  const auto leave = [&](std::int64_t from, std::int64_t to, Outcome o) {
    c.tryEnded(0, o, true);
    c.callEnded(0, milliseconds(to - from), o, true);
    c.customerLeft(0, at(from), at(to), o, false, true);
  };
  enter(100);
  call(1, v1, 102, 107, kOk, false);
  leave(100, 110, kOk);
  enter(200);
  call(1, v2, 205, 225, kOk, false);
  leave(200, 230, kOk);
  enter(600);
  call(2, v1, 601, 649, kTimeout, true);
  leave(600, 650, kTimeout);
  c.rejected(Rejection::circuit_breaker, 1, kNoIndex, true);
  c.decision(at(700), DecisionKind::ejection, Subject::endpoint(v1), "storefront-v1-0", {{"consecutive5xx", 5.0}, {"for", std::string("30s")}});
  c.proxyTime(milliseconds(3));
  c.handshake();
  enter(900);
  c.advanceTo(at(1000));
  return c;
}

RunFacts facts() {
  RunFacts f;
  f.scenario = "bakery \"rush\"";
  f.seed = 7;
  f.fingerprint = "00ff";
  f.events = 123;
  f.slos = {"latency.p99 < 250ms", "warn: success.rate > 99%", "utilization < 50% for service=bakery"};
  return f;
}

TEST(ObservationResult, OfTheMallCountsCustomersCallsAndTries) {
  const Result r = makeResult(story(), facts());
  const auto m = [&](std::string_view name) { return r.metric(name); };
  EXPECT_EQ(m("requests.total"), 4);
  EXPECT_EQ(m("requests.ok"), 2);
  EXPECT_EQ(m("requests.failed"), 1);
  EXPECT_EQ(m("requests.inFlight"), 1);
  EXPECT_DOUBLE_EQ(m("success.rate").value(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(m("throughput").value(), 2.0);
  EXPECT_DOUBLE_EQ(m("latency.mean").value(), 20.0);
  EXPECT_DOUBLE_EQ(m("latency.p50").value(), 10.0);
  EXPECT_DOUBLE_EQ(m("latency.p99").value(), 30.0);
  EXPECT_DOUBLE_EQ(m("latency.max").value(), 30.0);
  EXPECT_DOUBLE_EQ(m("latency.failed.mean").value(), 50.0);
  EXPECT_EQ(m("calls.total"), 7);  // 4 of the customers, 3 to the bakery
  EXPECT_EQ(m("attempts.total"), 8);
  EXPECT_EQ(m("retries.total"), 1);
  EXPECT_DOUBLE_EQ(m("retries.amplification").value(), 8.0 / 7);
  EXPECT_EQ(m("timeouts.total"), 3);  // both tries at the bakery and the customer's own
  EXPECT_EQ(m("rejected.circuitBreaker"), 1);
  EXPECT_EQ(m("ejections.total"), 1);
  EXPECT_FALSE(m("utilization").has_value());  // not of the mall
  EXPECT_EQ(r.failed_by_flag, (std::vector<std::pair<std::string, std::uint64_t>>{{"UT", 1}}));
  EXPECT_EQ(r.failed_by_status, (std::vector<std::pair<std::string, std::uint64_t>>{{"504", 1}}));
  EXPECT_DOUBLE_EQ(r.simulated, 1.0);
}

TEST(ObservationResult, OfServicesCountsCallsAndOfVersionsTries) {
  const Result r = makeResult(story(), facts());
  EXPECT_EQ(r.metric("requests.total", ScopeKind::service, "bakery"), 3);
  EXPECT_EQ(r.metric("attempts.total", ScopeKind::service, "bakery"), 4);
  EXPECT_EQ(r.metric("requests.total", ScopeKind::operation, "bakery", "GET /bread"), 2);
  EXPECT_DOUBLE_EQ(r.metric("latency.mean", ScopeKind::operation, "bakery", "GET /bread").value(), 12.5);
  EXPECT_FALSE(r.metric("latency.mean", ScopeKind::operation, "bakery", "GET /cake").has_value());  // no sample
  EXPECT_EQ(r.metric("requests.failed", ScopeKind::operation, "bakery", "GET /cake"), 1);
  EXPECT_EQ(r.metric("requests.total", ScopeKind::version, "bakery", "v1"), 2);
  EXPECT_EQ(r.metric("requests.total", ScopeKind::endpoint, "bakery-v2-0"), 1);
  EXPECT_EQ(r.metric("requests.total", ScopeKind::edge, "storefront", "bakery"), 3);
  EXPECT_EQ(r.metric("requests.total", ScopeKind::edge, "lunch", "storefront"), 4);
  EXPECT_EQ(r.metric("requests.total", ScopeKind::traffic, "lunch"), 4);
  // held 5 + 48 ms of 2 workers and 20 ms of 1, over a second
  EXPECT_DOUBLE_EQ(r.metric("utilization", ScopeKind::version, "bakery", "v1").value(), 0.053 / 2);
  EXPECT_DOUBLE_EQ(r.metric("utilization", ScopeKind::version, "bakery", "v2").value(), 0.020);
  EXPECT_DOUBLE_EQ(r.metric("utilization", ScopeKind::service, "bakery").value(), 0.073 / 3);
  EXPECT_EQ(r.metric("ejections.total", ScopeKind::version, "bakery", "v1"), 1);
  EXPECT_EQ(r.metric("ejections.total", ScopeKind::service, "bakery"), 1);
}

TEST(ObservationResult, JudgesSlosInTheirOrder) {
  const Result r = makeResult(story(), facts());
  ASSERT_EQ(r.slos.size(), 3U);
  EXPECT_TRUE(r.slos[0].holds);
  EXPECT_FALSE(r.slos[1].holds);
  EXPECT_FALSE(r.slos[1].fatal);
  EXPECT_TRUE(r.slos[2].holds);
}

TEST(ObservationResult, OfAnInterruptedRunCoversTheTimeUntilThen) {
  RunFacts f = facts();
  f.interrupted_at = at(500);
  Collector c(smallLayout(), {at(0), at(1000)}, milliseconds(500));
  const auto e = c.addEndpoint({0, "bakery-v1-0", 0, 1}, at(0));
  c.heldWorkers(e, at(250), 1);
  c.customerArrived(0, at(100), true);
  c.customerLeft(0, at(100), at(110), kOk, false, true);
  c.advanceTo(at(500));
  const Result r = makeResult(c, f);
  EXPECT_DOUBLE_EQ(r.simulated, 0.5);
  EXPECT_DOUBLE_EQ(r.metric("throughput").value(), 2.0);
  EXPECT_DOUBLE_EQ(r.metric("utilization", ScopeKind::service, "bakery").value(), 0.5);
  EXPECT_NE(toJson(r).find("\"interruptedAt\": 0.5"), std::string::npos);
}

TEST(ObservationResult, ServicesEqualTheSumOfTheirEdgesAndVersionsOfTheirEndpoints) {
  Layout l = smallLayout();
  l.flows.push_back({true, 0, 0});  // customers also come to the bakery directly
  Collector c(l, {at(0), at(1000)}, milliseconds(500));
  std::uint64_t state = 1;
  for (int i = 0; i < 4; ++i) c.addEndpoint({static_cast<std::uint32_t>(i % 3), "e" + std::to_string(i), 0, 1}, at(0));
  for (int i = 0; i < 5000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto flow = static_cast<std::uint32_t>((state >> 33) % 4);
    const Outcome o = (state >> 40) % 5 == 0 ? kOverflow : kOk;
    c.callStarted(flow, true);
    c.callEnded(flow, engine::Duration{static_cast<std::int64_t>(state >> 38)}, o, true);
    const auto endpoint = static_cast<std::uint32_t>((state >> 35) % 4);
    c.endpointTryArrived(endpoint, true);
    c.endpointTryLeft(endpoint, engine::Duration{static_cast<std::int64_t>(state >> 37)}, o, true);
  }
  const Result r = makeResult(c, facts());
  for (const ServiceResult& s : r.services) {
    double requests = 0, ok = 0, sum = 0, longest = 0;
    for (const EdgeResult& e : r.edges) {
      if (e.to != s.name) continue;
      requests += e.metrics.get(Metric::requests_total).value();
      ok += e.metrics.get(Metric::requests_ok).value();
      sum += e.metrics.get(Metric::requests_ok).value() * e.metrics.get(Metric::latency_mean).value();
      longest = std::max(longest, e.metrics.get(Metric::latency_max).value());
    }
    EXPECT_EQ(s.metrics.get(Metric::requests_total), requests);
    EXPECT_EQ(s.metrics.get(Metric::requests_ok), ok);
    EXPECT_NEAR(s.metrics.get(Metric::latency_mean).value(), sum / ok, 1e-9);
    EXPECT_EQ(s.metrics.get(Metric::latency_max), longest);
    EXPECT_EQ(s.metrics.get(Metric::requests_total).value(),
              s.metrics.get(Metric::requests_ok).value() + s.metrics.get(Metric::requests_failed).value() + s.metrics.get(Metric::requests_in_flight).value());
  }
}

TEST(ObservationResult, IntervalsCoverAKnownMeanAndQuantileAtTheirRate) {
  // 400 runs of independent exponential latencies (mean 10 ms), 3,000 each: a 95 % interval misses binomially, 20 +- 4.4 of 400. Within 5 standard errors:
  // at most 42 misses. Sectioning and the ratio estimator are approximate; a wrong degree of freedom or scale would miss far more often.
  int missed_mean = 0, missed_p90 = 0, missed_rate = 0;
  std::uint64_t state = 12345;
  const auto uniform = [&] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (static_cast<double>(state >> 11) + 0.5) * 0x1p-53;
  };
  for (int run = 0; run < 400; ++run) {
    Collector c(smallLayout(), {at(0), at(30'000)}, seconds(1));
    for (int i = 0; i < 3000; ++i) {
      const SimTime arrived = at(i * 10);
      const bool ok = uniform() < 0.9;
      const auto latency = engine::fromSeconds(-std::log(uniform()) * 0.010);
      c.customerArrived(0, arrived, true);
      c.customerLeft(0, arrived, arrived + (ok ? latency : engine::Duration{0}), ok ? kOk : kOverflow, false, true);
    }
    c.advanceTo(at(30'000));
    const Result r = makeResult(c, RunFacts());
    const auto misses = [&](Metric m, double truth) {
      const ConfidenceInterval* interval = r.confidenceOf(m);
      return interval == nullptr || interval->low > truth || truth > interval->high;
    };
    missed_mean += misses(Metric::latency_mean, 10.0);
    missed_p90 += misses(Metric::latency_p90, 10.0 * std::log(10.0));
    missed_rate += misses(Metric::success_rate, 0.9);
    if (run == 0) {
      EXPECT_FALSE(r.confidenceOf(Metric::latency_p90)->few_data);  // some 270 above it
      EXPECT_TRUE(r.confidenceOf(Metric::latency_p99)->few_data);   // some 27
      EXPECT_FALSE(r.confidenceOf(Metric::latency_mean)->few_data);
    }
  }
  EXPECT_LE(missed_mean, 42);
  EXPECT_LE(missed_p90, 42);
  EXPECT_LE(missed_rate, 42);
  EXPECT_GE(missed_mean, 3);  // nor are they far too wide: 4 standard errors below 20
  EXPECT_GE(missed_p90, 3);
  EXPECT_GE(missed_rate, 3);
}

TEST(ObservationResult, WithoutAnyFailureTheRateHasTheExactLimit) {
  Collector c(smallLayout(), {at(0), at(1000)}, seconds(1));
  for (int i = 0; i < 100; ++i) {
    c.customerArrived(0, at(i), true);
    c.customerLeft(0, at(i), at(i), kOk, false, true);
  }
  const Result r = makeResult(c, RunFacts());
  const ConfidenceInterval* rate = r.confidenceOf(Metric::success_rate);
  ASSERT_NE(rate, nullptr);
  EXPECT_EQ(rate->method, "Clopper-Pearson");
  EXPECT_NEAR(rate->low, std::pow(0.025, 0.01), 1e-9);
  EXPECT_DOUBLE_EQ(rate->high, 1.0);
}

TEST(ObservationResult, WithoutAnyCustomerHasNullsAndNoIntervalsOfLatency) {
  Collector c(smallLayout(), {at(0), at(1000)}, seconds(1));
  const Result r = makeResult(c, RunFacts());
  EXPECT_EQ(r.metric("requests.total"), 0);
  EXPECT_FALSE(r.metric("latency.p99").has_value());
  EXPECT_FALSE(r.metric("success.rate").has_value());
  EXPECT_EQ(r.confidenceOf(Metric::latency_mean), nullptr);
  const auto json = nlohmann::json::parse(toJson(r));
  EXPECT_TRUE(json["metrics"]["latency.p99"].is_null());
  EXPECT_TRUE(json["services"]["bakery"]["operations"]["GET /cake"]["metrics"]["latency.p50"].is_null());
}

TEST(ObservationResult, JsonIsTheGoldenFileByteForByte) {
  std::ifstream file("tests/golden/observation_result.json", std::ios::binary);
  ASSERT_TRUE(file.is_open());
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(toJson(makeResult(story(), facts())), golden.str());
}

TEST(ObservationResult, JsonHasTheKeysOfTheFormatInItsOrder) {
  const auto json = nlohmann::ordered_json::parse(toJson(makeResult(story(), facts())));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"meshmall", "scenario", "seed", "replication", "simulated", "warmup", "version", "fingerprint", "metrics", "failed",
                                            "confidence", "services", "edges", "traffic", "proxies", "timeline", "decisions", "slos", "engine"}));
  EXPECT_EQ(json["scenario"], "bakery \"rush\"");
  EXPECT_EQ(json["decisions"][0]["subject"], "bakery-v1-0");
  EXPECT_EQ(json["decisions"][0]["detail"]["for"], "30s");
  EXPECT_EQ(json["timeline"]["series"]["throughput"].size(), 2U);
  EXPECT_TRUE(json["timeline"]["series"]["latency.p99"][1].is_null());
}

TEST(ObservationResult, CsvHasOneValueALine) {
  const std::string csv = metricsCsv(makeResult(story(), facts()));
  EXPECT_EQ(csv.substr(0, 22), "t,scope,metric,value\n,");
  EXPECT_NE(csv.find("\n,mall,requests.total,4\n"), std::string::npos);
  EXPECT_NE(csv.find("\n,service=bakery operation=GET /cake,latency.p50,\n"), std::string::npos);
  EXPECT_NE(csv.find("\n,edge=storefront->bakery,requests.total,3\n"), std::string::npos);
  EXPECT_NE(csv.find("\n0.5,mall,throughput,4\n"), std::string::npos);
  EXPECT_NE(csv.find("\n1,mall,latency.p99,\n"), std::string::npos);
}

TEST(ObservationJson, WritesNumbersShortAndStringsSafely) {
  std::string out;
  for (const double v : {0.1, 1e6, 120.0, 1e-7, -3.0, 12345.678, 1e300}) {
    appendNumber(out, v);
    out += ' ';
  }
  EXPECT_EQ(out, "0.1 1000000 120 1e-07 -3 12345.678 1e+300 ");
  out.clear();
  appendString(out, "a\"b\\c\n\x01\xc3\xa9");
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\u0001\xc3\xa9\"");
}

TEST(ObservationMetrics, TableIsCompleteAndNamesAreDistinct) {
  for (std::size_t i = 0; i < kMetrics; ++i) {
    const MetricInfo& m = info(metricAt(i));
    EXPECT_FALSE(m.name.empty());
    EXPECT_FALSE(m.description.empty());
    EXPECT_EQ(findMetric(m.name), metricAt(i));
  }
  EXPECT_EQ(info(rejectionMetric(Rejection::local_rate_limit)).name, "rejected.localRateLimit");
  EXPECT_EQ(info(rejectionMetric(Rejection::authorization)).name, "rejected.authorization");
  EXPECT_EQ(info(rejectionMetric(Rejection::no_healthy_upstream)).name, "noHealthyUpstream.total");
  EXPECT_EQ(info(rejectionMetric(Rejection::missing_token)).name, "missingToken.total");
  for (std::size_t r = 0; r + 1 < kRejections; ++r) {
    const auto reason = static_cast<Rejection>(r);
    if (reason == Rejection::missing_token) continue;
    EXPECT_EQ(info(rejectionMetric(reason)).name, "rejected." + std::string(name(reason)));
  }
}

}  // namespace
}  // namespace meshmall::models
