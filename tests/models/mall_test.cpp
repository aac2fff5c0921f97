#include "models/mall/mall.h"

#include "engine/kernel/limit.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

std::shared_ptr<const Plan> planOf(const std::string& text) {
  DecodeResult decoded = decodeScenario(text, "test.json", "");
  for (const Problem& problem : decoded.problems) ADD_FAILURE() << problem.pointer << ": " << problem.message;
  return makePlan(std::move(*decoded.scenario));
}

constexpr const char* kConstantShop = R"({"meshmall":1,"run":{"duration":"10s"},"network":{"sameZone":"1ms"},"sidecar":{"inbound":"100us","outbound":"200us"},
  "services":{"a":{"operations":{"x":{"steps":[{"busy":"5ms"}]}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"10/s"}}}]})";

TEST(Mall, ServesAConstantStreamInExactlyTheSumOfItsParts) {
  Mall mall(planOf(kConstantShop));
  mall.run();
  const Result result = mall.result();
  EXPECT_DOUBLE_EQ(*result.metric("latency.mean"), 5 + 2 * 1 + 2 * 0.1 + 2 * 0.2);
  EXPECT_DOUBLE_EQ(*result.metric("latency.max"), 7.6);
  EXPECT_EQ(*result.metric("requests.ok"), 99);  // the first comes after one spacing, and what comes at the end is not measured
  EXPECT_TRUE(mall.audit().empty());
}

// Users who neither think nor take time to serve would keep the clock where it is for ever.
TEST(Mall, StopsWhereTimeStandsStill) {
  Mall mall(planOf(R"({"meshmall":1,"services":{"a":{"operations":{"x":{}}}},
    "traffic":[{"name":"t","to":"a/x","arrivals":{"closed":{"users":2,"think":"0s"}}}]})"),
            {.max_events_at_once = 1000});
  EXPECT_THROW(mall.run(), engine::LimitReached);
  EXPECT_EQ(mall.events(), 1000);
  EXPECT_EQ(mall.now().ns, 0);
}

// Work of the longest kind, one after another, while the run drains: an end with a reason, not a clock that runs over.
TEST(Mall, StopsWhereADrainOutlastsTheClock) {
  for (const char* speed : {"1e-12", "1e-9", "1e-3"}) {
    Mall mall(planOf(R"({"meshmall":1,"run":{"duration":"1s","drain":true},"services":{"a":{"versions":{"v1":{"speed":)" + std::string(speed) +
                     R"(}},"operations":{"x":{"steps":[{"busy":"80000h"},{"busy":"80000h"}]}}}},
      "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"10/s"}}}]})"));
    EXPECT_THROW(mall.run(), engine::LimitReached) << speed;
  }
}

TEST(Mall, GoesOnFromACopyToTheSameEnd) {
  Mall mall(planOf(kConstantShop), {.seed = 7});
  for (int i = 0; i < 101; ++i) mall.step();
  Mall copy = mall;
  mall.run();
  copy.run();
  EXPECT_EQ(mall.fingerprint().value(), copy.fingerprint().value());
  EXPECT_EQ(toJson(mall.result()), toJson(copy.result()));
}

}  // namespace
}  // namespace meshmall::models

namespace meshmall::models {
namespace {

// A route may name another service's host: what was asked for is done there by its operation of the same name, or answered 404.
TEST(Mall, AsksAnotherServiceForTheOperationOfTheSameName) {
  const auto text = [](const std::string& asked) {
    return R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"operations":{"p":{},"q":{},"x":{"steps":[{"busy":"1ms"}]}}},
      "c":{"operations":{"x":{"steps":[{"busy":"7ms"}]}}}},"traffic":[{"name":"t","to":"a/)" + asked + R"(","arrivals":{"constant":{"rate":"10/s"}}}],
      "mesh":{"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"c"}}]}]}}}})";
  };
  Mall found(planOf(text("x")));
  found.run();
  EXPECT_DOUBLE_EQ(*found.result().metric("latency.mean"), 7);
  EXPECT_EQ(*found.result().metric("requests.total", ScopeKind::version, "c", "v1"), 99);
  Mall missing(planOf(text("q")));
  missing.run();
  EXPECT_EQ(*missing.result().metric("requests.failed"), 99);
  EXPECT_EQ(missing.result().failed_by_status, (std::vector<std::pair<std::string, std::uint64_t>>{{"404", 99}}));
}

}  // namespace
}  // namespace meshmall::models

namespace meshmall::models {
namespace {

TEST(Mall, ScalesForAWhileAndBack) {
  Mall mall(planOf(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"versions":{"v1":{"replicas":1,"startup":"1s"}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}}},
    "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"10/s"}}}],"events":[{"at":"2s","scale":{"service":"a","replicas":3},"for":"4s"}]})"));
  const auto up = [&] {
    int n = 0;
    for (const Endpoint& endpoint : mall.endpoints()) n += endpoint.state == Endpoint::State::up ? 1 : 0;
    return n;
  };
  mall.runUntil(SimTime{2'999'999'999});
  EXPECT_EQ(up(), 1);
  mall.runUntil(SimTime{3'000'000'000});
  EXPECT_EQ(up(), 3);
  mall.runUntil(SimTime{6'000'000'000});
  EXPECT_EQ(up(), 1);
}

}  // namespace
}  // namespace meshmall::models

namespace meshmall::models {
namespace {

// An answer after the window is not one inside it, in any scope: every event moves the counters' clock.
TEST(Mall, CountsWhatHappensAfterTheWindowAfterTheWindow) {
  Mall mall(planOf(R"({"meshmall":1,"run":{"duration":"1s","drain":true},"services":{"a":{"versions":{"v1":{"concurrency":"async"}},"operations":{"x":{"steps":[{"wait":"2s"}]}}}},
    "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1.5/s"}}}]})"));
  mall.run();
  EXPECT_EQ(*mall.result().metric("throughput"), 0);
  EXPECT_EQ(*mall.result().metric("throughput", ScopeKind::service, "a"), 0);
}

// A route's timeout that ends a back-off is a timeout, although no try was under way.
TEST(Mall, CountsATimeoutThatEndsABackOff) {
  Mall mall(planOf(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"operations":{"x":{"failure":{"probability":1,"status":503}}}}},
    "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],
    "mesh":{"virtualServices":{"a":{"http":[{"timeout":"5ms","retries":{"attempts":1000,"retryOn":"5xx","backoff":{"baseInterval":"1s","maxInterval":"1s"}},"route":[{"destination":{"host":"a"}}]}]}}}})"));
  mall.run();
  const Result result = mall.result();
  const double timed_out = *result.metric("requests.failed");
  EXPECT_EQ(result.failed_by_flag, (std::vector<std::pair<std::string, std::uint64_t>>{{"UT", static_cast<std::uint64_t>(timed_out)}}));
  EXPECT_EQ(*result.metric("timeouts.total"), timed_out);
}

}  // namespace
}  // namespace meshmall::models
