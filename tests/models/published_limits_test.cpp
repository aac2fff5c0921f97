// Published results about retries and redundancy (published-results.json), as scenarios; values copied in. mall_retries_test.cpp has the budgets and layers.
// Not expressible: tail-at-scale-tied (tied requests that cancel each other across servers), osdi22-mongodb-retry (its trigger is a share of a CPU of an
// artifact that is not described further), sre-adaptive-throttling (counts rejected requests too; Envoy's admission control does not), osdi22-incident-statistics
// (a survey).
#include <cmath>

#include "mall_story.h"

namespace meshmall::models {
namespace {

using story::planOf;
using story::told;

// tail-at-scale-hedge-bigtable: a fan-out over 100 servers that are rarely very slow; a second request after 10 ms.
TEST(PublishedResults, AHedgeAfterTenMillisecondsCutsTheTailOfAFanOutTenfold) {
  const auto run = [](const std::string& retries) {
    std::string branches;
    for (int i = 0; i < 100; ++i) branches += std::string(i ? "," : "") + R"({"call":"table/read"})";
    return told(R"({"meshmall":1,"run":{"duration":"100s"},"services":{
      "front":{"versions":{"v1":{"workers":1000}},"operations":{"x":{"steps":[{"parallel":[)" + branches + R"(]}]}}},
      "table":{"versions":{"v1":{"replicas":100,"workers":1000,"onCancel":"stop"}},"operations":{"read":{"steps":[{"wait":{"mixture":[{"weight":0.99993,"of":{"exponential":{"mean":"2.5ms"}}},
        {"weight":0.00007,"of":"1800ms"}]}}]}}}},
      "traffic":[{"name":"t","to":"front/x","arrivals":{"poisson":{"rate":"20/s"}}}],
      "mesh":{"virtualServices":{"table":{"http":[{"route":[{"destination":{"host":"table"}}],"retries":)" + retries + "}]}}}}");
  };
  const Mall plain = run(R"({"attempts":0})");
  const Mall hedged = run(R"({"attempts":1,"perTryTimeout":"10ms","backoff":{"baseInterval":"1ms"},"hedge":{"onPerTryTimeout":true}})");
  const double before = *plain.result().metric("latency.p999"), after = *hedged.result().metric("latency.p999");
  EXPECT_GE(before, 1795);  // 100 reads: one customer in 140 meets the slow one
  EXPECT_LE(after, before / 10);
  EXPECT_LE(*hedged.result().metric("retries.amplification", ScopeKind::service, "table"), 1.05);
}

// redundancy-two-no-cancel: two copies at once to different servers, the first answer wins, the other is served to its end.
TEST(PublishedResults, TwoCopiesWithoutCancellationHelpBelowALoadOfAThird) {
  const double load[] = {0.1, 0.2, 0.3, 0.3333, 0.4}, single[] = {1.1111, 1.25, 1.4286, 1.5, 1.6667}, twice[] = {0.625, 0.8333, 1.25, 1.5, 2.5};
  for (std::size_t i = 0; i < std::size(load); ++i) {
    for (const bool copies : {false, true}) {
      const Mall mall = told(R"({"meshmall":1,"run":{"duration":"20s","warmup":"5s"},"services":{"s":{"versions":{"v1":{"replicas":200,"onCancel":"finish"}},
        "operations":{"x":{"steps":[{"busy":{"exponential":{"mean":"10ms"}}}]}}}},"traffic":[{"name":"t","to":"s/x","arrivals":{"poisson":{"rate":")" +
                              std::to_string(load[i] * 200 * 100) + R"(/s"}}}],"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"RANDOM"}},"retries":)" +
                              (copies ? R"({"attempts":1,"perTryTimeout":"1ns","backoff":{"baseInterval":"1ms"},"hedge":{"onPerTryTimeout":true}})" : R"({"attempts":0})") + "}}}");
      const double expected = copies ? twice[i] : single[i];
      // Standard error of the mean of 200 M/M/1 queues at load r over 20 s: sqrt(2 (1 + r) / ((1 - r)^2 x arrivals at each)) / sqrt(200), relative.
      const double r = load[i] * (copies ? 2 : 1), error = std::sqrt(2 * (1 + r) / ((1 - r) * (1 - r) * r * 2000) / 200);
      EXPECT_NEAR(*mall.result().metric("latency.mean") / 10, expected, (0.02 + 3 * error) * expected) << load[i] << " " << copies;
    }
  }
}

// hotos21-metastable-retry: a database for 300/s, clients with a timeout of 1 s and one retry, ten seconds in which everything between them is held up.
Mall outage(double qps) {
  return Mall(planOf(R"({"meshmall":1,"run":{"duration":"600s"},"localities":{"app":{"zone":"a"},"db":{"zone":"b"}},"gateway":{"replicas":{"app":1}},
    "services":{"database":{"versions":{"v1":{"replicas":{"db":1},"workers":30,"onCancel":"finish"}},"operations":{"query":{"steps":[{"busy":"100ms"}]}}}},
    "traffic":[{"name":"app","locality":"app","to":"database/query","arrivals":{"poisson":{"rate":")" + std::to_string(qps) + R"(/s"}}}],
    "events":[{"at":"60s","network":{"from":"app","to":"db","delay":"10s"},"for":"10s"}],
    "mesh":{"defaults":{"retries":{"attempts":1,"perTryTimeout":"1s","retryOn":"5xx","backoff":{"baseInterval":"1ms"}}}}})"));
}

struct LastMinute {
  double goodput = 0, offered = 0;  // per second
};
LastMinute lastMinute(double qps) {
  Mall mall = outage(qps);
  const auto ok = [&] { return static_cast<double>(mall.collector().traffic()[0].answers.ok.count()); };
  const auto tries = [&] { return static_cast<double>(mall.collector().flows()[0].tries.started); };
  mall.runUntil({540'000'000'000});
  const double ok_before = ok(), tries_before = tries();
  mall.run();
  return {(ok() - ok_before) / 60, (tries() - tries_before) / 60};
}

TEST(PublishedResults, OneRetryKeepsADatabaseDownForGoodAfterTenSecondsOfOutage) {
  const LastMinute stuck = lastMinute(280);
  EXPECT_LT(stuck.goodput, 0.02 * 280);
  EXPECT_NEAR(stuck.offered, 560, 0.03 * 560);
  EXPECT_GT(lastMinute(145).goodput, 0.98 * 145 - 4 * std::sqrt(145.0 / 60));
  EXPECT_LT(lastMinute(155).goodput, 0.02 * 155);
}

}  // namespace
}  // namespace meshmall::models
