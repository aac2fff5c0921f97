#include "models/mall/mall.h"

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
