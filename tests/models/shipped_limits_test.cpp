// The scenarios of retries and limits (scenarios/policies): their answers, and what changes when the knob of the description is turned.
#include "shipped_scenario.h"

namespace meshmall::models {
namespace {

double value(const Result& result, std::string_view name, ScopeKind kind = ScopeKind::mall, std::string_view scope = {}) {
  const auto found = result.metric(name, kind, scope);
  EXPECT_TRUE(found) << name;
  return found.value_or(-1);
}

void expectAnswer(const Result& result) {
  EXPECT_FALSE(result.slos.empty());
  for (const SloVerdict& slo : result.slos) EXPECT_TRUE(slo.holds) << slo.expr;
}

TEST(ShippedLimits, ABudgetKeepsStaffFromAskingFourTimes) {
  expectAnswer(runShipped("policies/retry-budget"));
  const Result open = runShipped("policies/retry-budget", {setting("/mesh/virtualServices/oven/http/0/retries", R"({"attempts":3,"retryOn":"503"})")});
  // A third of the time everything fails: 4 tries; else 1 in 100. (Workers are busy to 80 % then; nothing else changes.)
  EXPECT_NEAR(value(open, "retries.amplification", ScopeKind::service, "oven"), 2.0, 0.05);
}

TEST(ShippedLimits, ATokenBudgetSellsAFifthOfARetryForEachCall) {
  expectAnswer(runShipped("policies/token-budget"));
  const Result linkerd = runShipped("policies/token-budget", {setting("/mesh/defaults/retries/tokenBudget/deposit", "nonRetryable")});
  EXPECT_EQ(value(linkerd, "retries.total"), 0);  // no reserve, and no answer that pays
  const Result none = runShipped("policies/token-budget", {setting("/mesh/defaults/retries", R"({"attempts":3,"retryOn":"503"})")});
  EXPECT_NEAR(value(none, "retries.amplification"), 4, 0.01);
}

TEST(ShippedLimits, AThrottleEndsRetriesWhileHalfOfAllCallsFail) {
  expectAnswer(runShipped("policies/retry-throttling"));
  const Result open = runShipped("policies/retry-throttling", {setting("/mesh/defaults/retries", R"({"attempts":3,"retryOn":"unavailable"})")});
  // A third of the time half of the tries fail (1.875 tries a call), else one in a hundred.
  EXPECT_NEAR(value(open, "retries.amplification"), (1.875 + 2 * 1.0101) / 3, 0.02);
}

TEST(ShippedLimits, ASecondPhoneCallCutsTheTail) {
  expectAnswer(runShipped("policies/hedge"));
  const Result plain = runShipped("policies/hedge", {setting("/mesh/defaults/retries", R"({"attempts":0})")});
  EXPECT_GT(value(plain, "latency.p99"), 1000);
}

TEST(ShippedLimits, AgentsWhoReadTheNoteGetTheirTicket) {
  expectAnswer(runShipped("policies/rate-limited-backoff"));
  const Result hasty = runShipped("policies/rate-limited-backoff", {setting("/mesh/defaults/retries", R"({"attempts":3,"retryOn":"envoy-ratelimited"})")});
  EXPECT_LT(value(hasty, "success.rate"), 0.95);
}

TEST(ShippedLimits, ThreeDoorsLetThreeTimesAsMuchPassUnlessTheyAskTheBook) {
  expectAnswer(runShipped("policies/rate-limits"));
  const Result doors = runShipped("policies/rate-limits", {setting("/mesh/rateLimits/kitchen", R"({"local":{"maxTokens":200,"tokensPerFill":200,"fillInterval":"1s"}})")});
  EXPECT_NEAR(value(doors, "throughput"), 600, 12);  // what the buckets hold at the ends of 25 s: at most 600 of 15,000, mostly none
}

TEST(ShippedLimits, ADoormanKeepsTheRestaurantFast) {
  expectAnswer(runShipped("policies/adaptive-concurrency"));
  const Result open = runShipped("policies/adaptive-concurrency", {setting("/mesh/destinationRules/restaurant/trafficPolicy/adaptiveConcurrency/enabled", "false")});
  EXPECT_GT(value(open, "latency.p50"), 5000);
}

TEST(ShippedLimits, ASecretarySendsOnlyWhatSeemsWorthIt) {
  const Result careful = runShipped("policies/admission-control");
  expectAnswer(careful);
  const Result open = runShipped("policies/admission-control", {setting("/mesh/defaults/trafficPolicy/admissionControl/enabled", "false")});
  EXPECT_EQ(value(open, "rejected.admission"), 0);
  // 20 s at 1 - 0.5/0.95 = 47.4 %; the window of 10 s comes in and goes out: the average of the share over its edges is the same within a second or so.
  EXPECT_NEAR(value(careful, "rejected.admission") / value(careful, "requests.total"), 0.474 / 3, 0.02);
}

}  // namespace
}  // namespace meshmall::models
