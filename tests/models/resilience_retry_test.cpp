#include "models/resilience/backoff.h"
#include "models/resilience/linkerd_retry.h"
#include "models/resilience/retry_admission.h"
#include "models/resilience/retry_policy.h"
#include "models/resilience/retry_state.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

using engine::milliseconds;
using engine::SimTime;

class CountingAdmission final : public RetryAdmission {
 public:
  explicit CountingAdmission(int limit) : limit_(limit) {}
  bool tryTake() override { return held < limit_ ? ++held, true : false; }
  void release() override { --held; }
  void onNotRetryable() override { ++not_retryable; }

  int held = 0;
  int not_retryable = 0;

 private:
  int limit_;
};

RetryPolicy policyOn(RetryOn on, std::uint32_t attempts) {
  RetryPolicy policy;
  policy.on = on;
  policy.attempts = attempts;
  return policy;
}

TEST(Backoff, DoublesItsWindowUpToTheLongest) {
  ExponentialBackoff backoff(25, 250);
  GivenDraws random({190, 190, 190, 190, 249, 249});
  std::vector<std::uint64_t> delays;
  for (int i = 0; i < 6; ++i) delays.push_back(backoff.next(random));
  EXPECT_EQ(delays, (std::vector<std::uint64_t>{15, 40, 90, 190, 249, 249}));  // windows 25 50 100 200 250 250
}

TEST(Backoff, WaitsAtLeastWhatTheAnswerAskedFor) {
  GivenDraws random({0, 249, 250});
  EXPECT_EQ(lowerBoundBackoff(500, random), 500u);
  EXPECT_EQ(lowerBoundBackoff(500, random), 749u);
  EXPECT_EQ(lowerBoundBackoff(500, random), 500u);
}

TEST(RetryPolicy, ReadsIstiosTextWithStatusCodesAndReportsUnknownWords) {
  const IstioRetryOn parsed = parseIstioRetryOn(" 5xx, 503,,fake , 1000,reset-before-request,503 ");
  EXPECT_EQ(parsed.on, kRetryOn5xx | kRetryOnRetriableStatusCodes | kRetryOnResetBeforeRequest);
  EXPECT_EQ(parsed.status_codes, (std::vector<std::uint32_t>{503, 503}));
  EXPECT_EQ(parsed.unknown, (std::vector<std::string>{"fake", "1000"}));
}

TEST(RetryPolicy, OfIstioDoesNotRetry503ByDefault) {
  const RetryPolicy policy = istioDefaultRetryPolicy();
  EXPECT_EQ(wouldRetry(policy, TryOutcome::answer(503)), WouldRetry::kNo);
  EXPECT_EQ(wouldRetry(policy, TryOutcome::resetBy(ResetReason::kRemoteConnectionFailure, false)), WouldRetry::kAfterBackoff);
  EXPECT_EQ(wouldRetry(policy, TryOutcome::resetBy(ResetReason::kLocalReset, true)), WouldRetry::kNo);  // a per-try timeout
}

TEST(RetryPolicy, OfIstiosInboundSideRetriesOnlyWhatWasNotSent) {
  const RetryPolicy policy = istioInboundRetryPolicy(false);
  EXPECT_EQ(policy.attempts, 2u);
  EXPECT_EQ(wouldRetry(policy, TryOutcome::resetBy(ResetReason::kConnectionTermination, false)), WouldRetry::kAfterBackoff);
  EXPECT_EQ(wouldRetry(policy, TryOutcome::resetBy(ResetReason::kConnectionTermination, true)), WouldRetry::kNo);
  EXPECT_FALSE(istioInboundRetryPolicy(true).enabled());
}

TEST(LinkerdRetry, RepeatsWhatWasNotServedButNotWhatTheProxyShed) {
  EXPECT_FALSE(linkerdRetries(LinkerdError::kLoadShed));
  EXPECT_TRUE(linkerdRetries(LinkerdError::kFailFast));
  EXPECT_TRUE(linkerdRetries(LinkerdError::kResponseHeadersTimeout));
  EXPECT_TRUE(linkerdRetries(LinkerdError::kRefusedStream));
  EXPECT_FALSE(linkerdRetries(LinkerdError::kConnection));
}

TEST(RetryState, KeepsItsSlotUntilTheNextDecision) {
  const RetryPolicy policy = policyOn(kRetryOn5xx, 2);
  CountingAdmission admission(1);
  GivenDraws random({30, 30});
  RetryState state(policy);
  const RetryAnswer first = state.onTryEnd(policy, TryOutcome::answer(500), SimTime{0}, admission, random);
  EXPECT_TRUE(first.yes());
  EXPECT_EQ(first.backoff, milliseconds(5));
  EXPECT_EQ(admission.held, 1);
  // The limit is 1 and the slot is its own: it is returned before the next one is taken.
  EXPECT_TRUE(state.onTryEnd(policy, TryOutcome::answer(500), SimTime{0}, admission, random).yes());
  EXPECT_EQ(state.onTryEnd(policy, TryOutcome::answer(500), SimTime{0}, admission, random).decision, RetryDecision::kNoRetryLimitExceeded);
  EXPECT_EQ(admission.held, 0);
}

TEST(RetryState, SpendsATryEvenWhenThereIsNoRoom) {
  const RetryPolicy policy = policyOn(kRetryOn5xx, 1);
  CountingAdmission admission(0);
  GivenDraws random;
  RetryState state(policy);
  EXPECT_EQ(state.onTryEnd(policy, TryOutcome::answer(500), SimTime{0}, admission, random).decision, RetryDecision::kNoOverflow);
  EXPECT_EQ(state.remaining(), 0u);
  EXPECT_EQ(random.drawn(), 0u);
}

TEST(RetryState, ReportsThatARetryHelpedAndReturnsItsSlot) {
  const RetryPolicy policy = policyOn(kRetryOnReset, 3);
  CountingAdmission admission(5);
  GivenDraws random;
  RetryState state(policy);
  EXPECT_TRUE(state.onTryEnd(policy, TryOutcome::resetBy(ResetReason::kRemoteReset, true), SimTime{0}, admission, random).yes());
  const RetryAnswer after = state.onTryEnd(policy, TryOutcome::answer(200), SimTime{0}, admission, random);
  EXPECT_FALSE(after.yes());
  EXPECT_TRUE(after.retry_succeeded);
  EXPECT_EQ(admission.held, 0);
  EXPECT_EQ(admission.not_retryable, 1);
}

TEST(RetryState, ReturnsItsSlotWhenTheCallIsGivenUp) {
  const RetryPolicy policy = policyOn(kRetryOn5xx, 3);
  CountingAdmission admission(5);
  GivenDraws random;
  RetryState state(policy);
  ASSERT_TRUE(state.onTryEnd(policy, TryOutcome::answer(500), SimTime{0}, admission, random).yes());
  state.onCallEnd(admission);
  state.onCallEnd(admission);
  EXPECT_EQ(admission.held, 0);
}

TEST(RetryState, NeverRetriesItsOwnOverflow) {
  const RetryPolicy policy = policyOn(~RetryOn{0}, 3);
  EXPECT_EQ(wouldRetry(policy, TryOutcome::resetBy(ResetReason::kOverflow, false)), WouldRetry::kNo);
}

TEST(RetryState, StartsAHedgeWithoutAnyCondition) {
  const RetryPolicy policy = policyOn(kRetryOnConnectFailure, 1);
  CountingAdmission admission(5);
  GivenDraws random;
  RetryState state(policy);
  EXPECT_TRUE(state.onHedgeTimeout(policy, admission, random).yes());
  EXPECT_EQ(state.onHedgeTimeout(policy, admission, random).decision, RetryDecision::kNoRetryLimitExceeded);
}

TEST(RetryState, HoldsARetryBudgetAtItsShareOfTheActiveRequests) {
  ResourceManager manager;
  const CircuitBreakerConfig limits;
  const std::optional<RetryBudgetConfig> budget = RetryBudgetConfig{20.0, 3};
  BreakerAdmission admission(manager, limits, budget);
  for (int i = 0; i < 19; ++i) manager.addRequest();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(admission.tryTake());
  EXPECT_FALSE(admission.tryTake());  // 20 % of 19 is 3
  manager.addRequest();
  EXPECT_TRUE(admission.tryTake());  // of 20 is 4
}

TEST(TokenRetryBudget, AllowsItsReserveAtOnceAndAFifthOfTheCallsAfterIt) {
  const TokenBudgetConfig config;  // 0.2, 10 a second, 10 s
  TokenRetryBudget budget(SimTime{0});
  int allowed = 0;
  while (budget.withdraw(config, SimTime{0})) ++allowed;
  EXPECT_EQ(allowed, 100);
  for (int i = 0; i < 50; ++i) budget.deposit(config, SimTime{0});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.withdraw(config, SimTime{0}));
  EXPECT_FALSE(budget.withdraw(config, SimTime{0}));
}

TEST(TokenRetryBudget, ForgetsDepositsAfterItsTimeToLive) {
  TokenBudgetConfig config;
  config.ratio = 1.0F;
  config.min_per_second = 0;
  config.ttl = engine::seconds(1);
  TokenRetryBudget budget(SimTime{0});
  budget.deposit(config, SimTime{0});
  EXPECT_EQ(budget.balance(config, SimTime{milliseconds(900).ns}), 1);
  EXPECT_EQ(budget.balance(config, SimTime{milliseconds(2100).ns}), 0);
  EXPECT_FALSE(budget.withdraw(config, SimTime{milliseconds(2100).ns}));
}

}  // namespace
}  // namespace meshmall::models
