// Probes, pushes, terminations and DNS, and what is easily got wrong about them.
#include "models/discovery/dns_view.h"
#include "models/discovery/endpoint_state.h"
#include "models/discovery/proxy_feed.h"
#include "models/discovery/push_debounce.h"
#include "models/discovery/readiness_probe.h"
#include "models/discovery/termination.h"
#include "tests/models/resilience_given_draws.h"

namespace meshmall::models {
namespace {

constexpr engine::SimTime at(std::int64_t ms) { return {ms * 1'000'000}; }

TEST(ReadinessProbe, HasKubernetesDefaults) {
  const ReadinessProbeConfig config;
  EXPECT_EQ(config.initial_delay, engine::Duration{0});
  EXPECT_EQ(config.period, engine::seconds(10));
  EXPECT_EQ(config.timeout, engine::seconds(1));
  EXPECT_EQ(config.success_threshold, 1u);
  EXPECT_EQ(config.failure_threshold, 3u);
  EXPECT_EQ(TerminationConfig().grace_period, engine::seconds(30));
}

TEST(ReadinessProbe, ChangesOnlyAfterEqualAnswersInARow) {
  ReadinessProbeConfig config;
  config.success_threshold = 2;
  ReadinessProbe probe;
  EXPECT_FALSE(probe.onAnswer(config, true));
  EXPECT_FALSE(probe.onAnswer(config, false));
  EXPECT_FALSE(probe.onAnswer(config, true));
  EXPECT_FALSE(probe.ready());
  EXPECT_TRUE(probe.onAnswer(config, true));
  for (const bool good : {false, false, true, false, false}) EXPECT_FALSE(probe.onAnswer(config, good));
  EXPECT_TRUE(probe.ready());
  EXPECT_TRUE(probe.onAnswer(config, false));
  EXPECT_FALSE(probe.ready());
}

TEST(ReadinessProbe, ComesAtMultiplesOfThePeriodAfterTheInitialDelay) {
  ReadinessProbeConfig config;
  GivenDraws draws({std::uint64_t{1} << 63});
  EXPECT_EQ(firstProbeAfter(config, false, draws), engine::Duration{0});
  config.initial_delay = engine::seconds(12);
  EXPECT_EQ(firstProbeAfter(config, false, draws), engine::seconds(20));
  EXPECT_EQ(draws.drawn(), 0u);
  EXPECT_EQ(firstProbeAfter(config, true, draws), engine::seconds(15));  // half a period later: 5, 15
  EXPECT_EQ(draws.drawn(), 1u);
}

TEST(EndpointState, ADeletedEndpointIsNotReadyButStillServes) {
  EXPECT_EQ(endpointState(true, true, false), (EndpointState{true, true, false}));
  EXPECT_EQ(endpointState(true, true, true), (EndpointState{false, true, true}));
  EXPECT_EQ(endpointState(false, true, false), (EndpointState{false, false, false}));
}

TEST(PushDebounce, MayBeLateByTheQuietTimeBecauseTheMaximumIsOnlyLookedAtWhenTheTimerFires) {
  DebounceConfig config;  // 100 ms, 10 s
  PushDebounce debounce;
  // A change every 70 ms never lets it be quiet.
  std::optional<engine::SimTime> pushed;
  for (std::int64_t ms = 0; !pushed && ms < 20'000; ms += 70) {
    while (!pushed && debounce.timerAt() && *debounce.timerAt() < at(ms)) {
      const engine::SimTime timer = *debounce.timerAt();
      if (debounce.onTimer(config, timer) == PushDebounce::Answer::kPush) pushed = timer;
    }
    if (!pushed) debounce.onChange(config, false, at(ms));
  }
  ASSERT_TRUE(pushed);
  EXPECT_GE(*pushed, at(10'000));
  EXPECT_LE(*pushed, at(10'100));
}

TEST(PushDebounce, RunsOnePushAtATimeAndTestsAgainWhenItEnds) {
  DebounceConfig config;
  PushDebounce debounce;
  EXPECT_EQ(debounce.onChange(config, false, at(0)), PushDebounce::Answer::kGathered);
  EXPECT_EQ(debounce.onTimer(config, at(100)), PushDebounce::Answer::kPush);
  EXPECT_TRUE(debounce.pushing());
  debounce.onChange(config, false, at(150));
  EXPECT_EQ(debounce.onTimer(config, at(250)), PushDebounce::Answer::kNothing);  // lost
  EXPECT_EQ(debounce.timerAt(), std::nullopt);
  debounce.onChange(config, false, at(560));
  EXPECT_EQ(debounce.onPushEnded(config, at(600)), PushDebounce::Answer::kNothing);  // not quiet yet
  EXPECT_EQ(debounce.timerAt(), at(660));
  EXPECT_EQ(debounce.onTimer(config, at(660)), PushDebounce::Answer::kPush);
  EXPECT_EQ(debounce.onPushEnded(config, at(700)), PushDebounce::Answer::kNothing);
  EXPECT_EQ(debounce.gathered(), 0u);
}

TEST(PushDebounce, LetsEndpointsPassWhenTheyAreLeftOut) {
  DebounceConfig config;
  config.endpoints_too = false;
  PushDebounce debounce;
  EXPECT_EQ(debounce.onChange(config, true, at(0)), PushDebounce::Answer::kPushThis);
  EXPECT_EQ(debounce.timerAt(), std::nullopt);
  EXPECT_EQ(debounce.onChange(config, false, at(10)), PushDebounce::Answer::kGathered);
}

TEST(ProxyFeed, NeverLetsAPushOvertakeTheOneBefore) {
  ProxyFeed feed;
  EXPECT_EQ(feed.appliesAt(at(100), engine::milliseconds(500)), at(600));
  EXPECT_EQ(feed.appliesAt(at(200), engine::milliseconds(10)), at(600));
  EXPECT_EQ(feed.appliesAt(at(700), engine::milliseconds(10)), at(710));
}

TEST(Termination, TakesThePreStopHookOutOfTheGracePeriod) {
  TerminationConfig config;
  TerminationTimes times = terminationTimes(config, at(1000));
  EXPECT_EQ(times.not_ready, at(1000));
  EXPECT_EQ(times.term, at(1000));
  EXPECT_EQ(times.drained, at(6000));
  EXPECT_EQ(times.kill, at(31'000));
  config.pre_stop = engine::seconds(5);
  times = terminationTimes(config, at(0));
  EXPECT_EQ(times.term, at(5000));
  EXPECT_EQ(times.kill, at(30'000));
  config.pre_stop = engine::seconds(60);  // cut; 2 s are always left
  times = terminationTimes(config, at(0));
  EXPECT_EQ(times.term, at(30'000));
  EXPECT_EQ(times.kill, at(32'000));
  EXPECT_EQ(times.drained, at(32'000));
  config.grace_period = engine::Duration{0};
  EXPECT_EQ(terminationTimes(config, at(0)).kill, at(0));
}

TEST(DnsView, KeepsTheOldAddressesWhenALookUpFails) {
  DnsConfig config;
  DnsView view;
  EXPECT_FALSE(view.resolved());
  EXPECT_EQ(view.onAnswer(config, {3, 4}, engine::seconds(30), at(0)), at(5000));
  EXPECT_EQ(view.onFailure(config, at(5000)), at(10'000));
  EXPECT_EQ(view.addresses(config), (std::vector<std::uint32_t>{3, 4}));
  config.respect_ttl = true;
  EXPECT_EQ(view.onAnswer(config, {}, engine::seconds(30), at(10'000)), at(40'000));
  EXPECT_TRUE(view.addresses(config).empty());  // an answer without addresses is an answer
  config.kind = DnsKind::kLogical;
  view.onAnswer(config, {7, 8}, engine::Duration{0}, at(40'000));
  EXPECT_EQ(view.addresses(config), (std::vector<std::uint32_t>{7}));
}

}  // namespace
}  // namespace meshmall::models
