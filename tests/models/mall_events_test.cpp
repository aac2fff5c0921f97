// What happens by the clock: each kind of event, that its effect starts and ends at its instants, to the nanosecond.
#include "mall_story.h"

namespace meshmall::models {
namespace {

using namespace story;
using State = Endpoint::State;

// Ten customers a second, the k-th at k x 100 ms; 10 ms of work; 1 ms each way; no retries.
std::string shop(const std::string& event, const std::string& version = "{}", const std::string& more = "") {
  return R"({"meshmall":1,"run":{"duration":"4s"},"network":{"sameZone":"1ms"},)" + more +
         R"("services":{"a":{"versions":{"v1":)" + version + R"(},"operations":{"x":{"steps":[{"busy":"10ms"}]}}}},)"
         R"("traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"10/s"}}}],"mesh":{"defaults":{"retries":{"attempts":0}}},"events":[)" +
         event + "]}";
}

void expectServed(const Mall& mall, std::int64_t came) {
  const Visit visit = visitAt(mall, "t", came);
  EXPECT_EQ(visit.status, 200) << came;
  EXPECT_EQ(visit.stayed, ms(12)) << came;
}
void expectFailed(const Mall& mall, std::int64_t came, std::int64_t stayed, int status, ResponseFlag flag) {
  const Visit visit = visitAt(mall, "t", came);
  EXPECT_EQ(visit.status, status) << came;
  EXPECT_EQ(visit.stayed, stayed) << came;
  EXPECT_EQ(visit.flag, flag) << came;
}

TEST(MallEvents, ACrashResetsWhatRunsAndLastsUntilTheEndpointHasStartedAgain) {
  const std::string text = shop(R"({"at":"1005ms","crash":{"service":"a"},"for":"500ms"})", R"({"startup":"200ms"})");
  const Mall mall = told(text);
  expectServed(mall, ms(900));
  expectFailed(mall, ms(1000), ms(6), 503, ResponseFlag::kUpstreamConnectionTermination);  // reset at 1005 ms, one hop back
  for (int k = 11; k <= 17; ++k) expectFailed(mall, ms(100 * k), 0, 503, ResponseFlag::kNoHealthyUpstream);
  expectServed(mall, ms(1800));
  Mall watched = begun(text);
  EXPECT_EQ(stateAt(watched, ms(1005) - 1, 0), State::up);
  EXPECT_EQ(stateAt(watched, ms(1005), 0), State::down);
  EXPECT_EQ(stateAt(watched, ms(1505) - 1, 0), State::down);
  EXPECT_EQ(stateAt(watched, ms(1505), 0), State::starting);
  EXPECT_EQ(stateAt(watched, ms(1705) - 1, 0), State::starting);
  EXPECT_EQ(stateAt(watched, ms(1705), 0), State::up);
}

TEST(MallEvents, ACrashThatNobodyHasNoticedIsAConnectFailure) {
  const Mall mall = told(shop(R"({"at":"1005ms","crash":{"service":"a","noticed":"300ms"},"for":"500ms"})"));
  for (int k = 11; k <= 13; ++k) expectFailed(mall, ms(100 * k), ms(2), 503, ResponseFlag::kUpstreamConnectionFailure);
  for (int k = 14; k <= 15; ++k) expectFailed(mall, ms(100 * k), 0, 503, ResponseFlag::kNoHealthyUpstream);
  expectServed(mall, ms(1600));
}

TEST(MallEvents, ACrashTakesTheLowestIndexesFirst) {
  Mall mall = begun(shop(R"({"at":"1s","crash":{"service":"a","count":2}})", R"({"replicas":3})"));
  mall.runUntil({ms(1000)});
  EXPECT_EQ(mall.endpoints()[0].state, State::down);
  EXPECT_EQ(mall.endpoints()[1].state, State::down);
  EXPECT_EQ(mall.endpoints()[2].state, State::up);
  mall.run();
  EXPECT_EQ(mall.endpoints()[0].state, State::down);  // without `for` they stay down
}

TEST(MallEvents, CrashesThatOverlapHoldAnEndpointDownUntilTheLastEnds) {
  Mall mall = begun(shop(R"({"at":"1s","crash":{"service":"a"},"for":"200ms"},{"at":"1100ms","crash":{"service":"a"},"for":"300ms"})"));
  EXPECT_EQ(stateAt(mall, ms(1400) - 1, 0), State::down);
  EXPECT_EQ(stateAt(mall, ms(1400), 0), State::up);
}

TEST(MallEvents, AnEndpointThatCrashesWhileItStartsStartsAnew) {
  Mall mall = begun(shop(R"({"at":"1s","crash":{"service":"a"},"for":"100ms"},{"at":"1200ms","crash":{"service":"a"},"for":"100ms"})", R"({"startup":"300ms"})"));
  EXPECT_EQ(stateAt(mall, ms(1150), 0), State::starting);
  EXPECT_EQ(stateAt(mall, ms(1250), 0), State::down);
  EXPECT_EQ(stateAt(mall, ms(1400), 0), State::starting);  // the first start would have been over now
  EXPECT_EQ(stateAt(mall, ms(1600) - 1, 0), State::starting);
  EXPECT_EQ(stateAt(mall, ms(1600), 0), State::up);
}

TEST(MallEvents, RepeatedEventsComeAgainAndAgain) {
  Mall mall = begun(shop(R"({"at":"450ms","every":"1s","crash":{"service":"a"},"for":"100ms"})"));
  for (int k = 0; k < 3; ++k) {
    EXPECT_EQ(stateAt(mall, ms(1000 * k + 450) - 1, 0), State::up);
    EXPECT_EQ(stateAt(mall, ms(1000 * k + 450), 0), State::down);
    EXPECT_EQ(stateAt(mall, ms(1000 * k + 550) - 1, 0), State::down);
    EXPECT_EQ(stateAt(mall, ms(1000 * k + 550), 0), State::up);
  }
}

TEST(MallEvents, SlowStretchesWorkInProgressAndWorkThatStarts) {
  // The customer of 1 s is at work from 1001 ms: 3 ms done, 7 ms left become 35 ms, of which 20 pass; then 15 ms left become 3 ms: done at 1027 ms.
  const Mall within = told(shop(R"({"at":"1004ms","slow":{"service":"a","factor":5},"for":"20ms"})"));
  EXPECT_EQ(visitAt(within, "t", ms(1000)).stayed, ms(28));
  expectServed(within, ms(1100));
  const Mall across = told(shop(R"({"at":"1050ms","slow":{"service":"a","factor":3},"for":"200ms"})"));
  expectServed(across, ms(1000));
  EXPECT_EQ(visitAt(across, "t", ms(1100)).stayed, ms(32));
  EXPECT_EQ(visitAt(across, "t", ms(1200)).stayed, ms(32));
  expectServed(across, ms(1300));
}

TEST(MallEvents, SlowStretchesSharedWorkToo) {
  // Two requests share a worker from 1000 ms. Alone-time 10 ms each; at 1010 ms each has 5 ms left, made 10 ms, at half speed: done at 1030 ms.
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"3s"},"services":{"a":{"versions":{"v1":{"discipline":"ps"}},"operations":{"x":{"steps":[{"busy":"10ms"}]}}}},
    "traffic":[)" + oneASecond("one", "a/x") + "," + oneASecond("two", "a/x") + R"(],"events":[{"at":"1010ms","slow":{"service":"a","factor":2},"for":"500ms"}]})");
  EXPECT_EQ(visitAt(mall, "one", ms(1000)).stayed, ms(30));
  EXPECT_EQ(visitAt(mall, "two", ms(1000)).stayed, ms(30));
  EXPECT_EQ(visitAt(mall, "two", ms(2000)).stayed, ms(20));
}

TEST(MallEvents, SlowMeansOnlyTheEndpointsItNames) {
  const Mall mall = told(shop(R"({"at":"950ms","slow":{"service":"a","endpoints":[1],"factor":2}})", R"({"replicas":2})", R"("localities":{"one":{}},)"));
  int slow = 0;
  for (const TripRecord& r : mall.trips().records()) slow += r.kind == TripRecordKind::busy && r.a == ms(20) ? 1 : 0;
  int late_at_1 = 0;
  for (const Sent& sent : triesIn(mall)) late_at_1 += sent.endpoint == "a-v1-1" && sent.at >= ms(950) ? 1 : 0;
  EXPECT_EQ(slow, late_at_1);
  EXPECT_GT(slow, 0);
}

TEST(MallEvents, FailMakesRequestsFailWhileItLasts) {
  const Mall mall = told(shop(R"({"at":"950ms","fail":{"service":"a","operation":"x","status":500},"for":"200ms"})"));
  expectServed(mall, ms(900));
  expectFailed(mall, ms(1000), ms(2), 500, ResponseFlag::kNone);  // as soon as a worker takes it
  expectFailed(mall, ms(1100), ms(2), 500, ResponseFlag::kNone);
  expectServed(mall, ms(1200));
}

// The gateway is upstairs, the shop on the ground floor.
std::string twoFloors(const std::string& event, const std::string& mesh = R"({"defaults":{"retries":{"attempts":0}}})") {
  return R"({"meshmall":1,"run":{"duration":"4s"},"localities":{"ground":{},"upstairs":{}},"network":{"sameRegion":"1ms"},"gateway":{"replicas":{"upstairs":1}},
    "services":{"a":{"versions":{"v1":{"replicas":{"ground":1}}},"operations":{"x":{"steps":[{"busy":"10ms"}]}}}},
    "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"10/s"}}}],"mesh":)" + mesh + R"(,"events":[)" + event + "]}";
}

TEST(MallEvents, ASlowNetworkAddsItsDelayToTheWayItNames) {
  const Mall to = told(twoFloors(R"({"at":"1050ms","network":{"from":"upstairs","to":"ground","delay":"7ms"},"for":"200ms"})"));
  expectServed(to, ms(1000));
  EXPECT_EQ(visitAt(to, "t", ms(1100)).stayed, ms(19));
  EXPECT_EQ(visitAt(to, "t", ms(1200)).stayed, ms(19));
  expectServed(to, ms(1300));
  const Mall everywhere = told(twoFloors(R"({"at":"1050ms","network":{"delay":"7ms"},"for":"200ms"},{"at":"1150ms","network":{"delay":"2ms"},"for":"100ms"})"));
  EXPECT_EQ(visitAt(everywhere, "t", ms(1100)).stayed, ms(26));
  EXPECT_EQ(visitAt(everywhere, "t", ms(1200)).stayed, ms(30));
}

TEST(MallEvents, ALossyNetworkLosesMessagesWhileItLasts) {
  const Mall mall = told(twoFloors(R"({"at":"1050ms","network":{"from":"upstairs","loss":1},"for":"100ms"})",
                                   R"({"defaults":{"retries":{"attempts":0},"trafficPolicy":{"connectionPool":{"tcp":{"connectTimeout":"300ms"}}}}})"));
  expectServed(mall, ms(1000));
  expectFailed(mall, ms(1100), ms(300), 503, ResponseFlag::kUpstreamConnectionFailure);
  expectServed(mall, ms(1200));
}

TEST(MallEvents, APartitionAlsoLosesTheMessagesInFlight) {
  const std::string mesh = R"({"defaults":{"retries":{"attempts":0},"trafficPolicy":{"connectionPool":{"tcp":{"connectTimeout":"300ms"}}}},
    "virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a"}}],"timeout":"700ms"}]}}})";
  const Mall request = told(twoFloors(R"({"at":"1000500us","partition":{"between":["ground","upstairs"]},"for":"200ms"})", mesh));
  expectFailed(request, ms(1000), us(300'500), 503, ResponseFlag::kUpstreamConnectionFailure);  // cut at half its way
  expectFailed(request, ms(1200), ms(300), 503, ResponseFlag::kUpstreamConnectionFailure);
  expectServed(request, ms(1300));
  const Mall answer = told(twoFloors(R"({"at":"1011500us","partition":{"between":["upstairs","ground"]},"for":"50ms"})", mesh));
  expectFailed(answer, ms(1000), ms(700), 504, ResponseFlag::kUpstreamRequestTimeout);
  expectServed(answer, ms(1100));
}

TEST(MallEvents, NewEndpointsServeWhenTheyHaveStarted) {
  const std::string text = shop(R"({"at":"1s","scale":{"service":"a","replicas":3}})", R"({"startup":"250ms"})");
  Mall mall = begun(text);
  mall.runUntil({ms(1000) - 1});
  EXPECT_EQ(mall.endpoints().size(), 1U);
  mall.runUntil({ms(1000)});
  ASSERT_EQ(mall.endpoints().size(), 3U);
  EXPECT_EQ(stateAt(mall, ms(1250) - 1, 2), State::starting);
  EXPECT_EQ(stateAt(mall, ms(1250), 2), State::up);
  mall.run();
  for (const Sent& sent : triesIn(mall)) EXPECT_TRUE(sent.endpoint == "a-v1-0" || sent.at >= ms(1250));
  EXPECT_EQ(shares(mall).size(), 3U);
}

TEST(MallEvents, EndpointsThatLeaveFinishWhatTheyHave) {
  const std::string text = shop(R"({"at":"1005ms","scale":{"service":"a","replicas":0}},{"at":"2s","scale":{"service":"a","replicas":1}})");
  Mall mall = begun(text);
  EXPECT_EQ(stateAt(mall, ms(1005), 0), State::draining);
  EXPECT_EQ(stateAt(mall, ms(1011) - 1, 0), State::draining);
  EXPECT_EQ(stateAt(mall, ms(1011), 0), State::gone);
  mall.run();
  expectServed(mall, ms(1000));
  expectFailed(mall, ms(1100), 0, 503, ResponseFlag::kNoHealthyUpstream);
  expectServed(mall, ms(2100));
}

TEST(MallEvents, EndpointsThatLeaveTakeWhatIsOnItsWayToThem) {
  Mall mall = begun(shop(R"({"at":"1000500us","scale":{"service":"a","replicas":0}})"));
  EXPECT_EQ(stateAt(mall, us(1'000'500), 0), State::draining);
  EXPECT_EQ(stateAt(mall, ms(1011), 0), State::gone);
  mall.run();
  expectServed(mall, ms(1000));
}

TEST(MallEvents, AnEndpointThatLeftWhileItStartedStartsFromTheBeginningWhenItComesBack) {
  Mall mall = begun(shop(R"({"at":"1s","scale":{"service":"a","replicas":2}},{"at":"1100ms","scale":{"service":"a","replicas":1}},
                            {"at":"1200ms","scale":{"service":"a","replicas":2}})", R"({"startup":"400ms"})"));
  EXPECT_EQ(stateAt(mall, ms(1150), 1), State::gone);
  EXPECT_EQ(stateAt(mall, ms(1400), 1), State::starting);  // when its first start would have been over
  EXPECT_EQ(stateAt(mall, ms(1600) - 1, 1), State::starting);
  EXPECT_EQ(stateAt(mall, ms(1600), 1), State::up);
}

std::vector<std::int64_t> arrivalsBetween(const Mall& mall, std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> at;
  for (const Visit& visit : visitsIn(mall))
    if (visit.came > from && visit.came < to) at.push_back(visit.came);
  return at;
}

TEST(MallEvents, MoreCustomersComeWhileTheFactorHolds) {
  // The spacing under way is half over at 1050 ms: its rest takes half the time, and so at the end.
  const Mall mall = told(shop(R"({"at":"1050ms","traffic":{"name":"t","factor":2},"for":"200ms"})"));
  EXPECT_EQ(arrivalsBetween(mall, ms(950), ms(1450)), (std::vector<std::int64_t>{ms(1000), ms(1075), ms(1125), ms(1175), ms(1225), ms(1300), ms(1400)}));
}

TEST(MallEvents, NobodyComesWhileTheFactorIsZero) {
  const Mall mall = told(shop(R"({"at":"1050ms","traffic":{"name":"t","factor":0},"for":"500ms"})"));
  EXPECT_EQ(arrivalsBetween(mall, ms(950), ms(1750)), (std::vector<std::int64_t>{ms(1000), ms(1600), ms(1700)}));
}

TEST(MallEvents, UsersOfClosedTrafficStayAwayWhileTheFactorIsZeroAndThinkLessWhileItIsLarge) {
  const auto closed = [](const std::string& event) {
    return told(R"({"meshmall":1,"run":{"duration":"3s"},"services":{"a":{"operations":{"x":{}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"closed":{"users":1,"think":"100ms"}}}],
      "events":[)" + event + "]}");
  };
  const Mall away = closed(R"({"at":"950ms","traffic":{"name":"t","factor":0},"for":"500ms"})");
  EXPECT_EQ(arrivalsBetween(away, ms(850), ms(1700)), (std::vector<std::int64_t>{ms(900), ms(1550), ms(1650)}));
  const Mall eager = closed(R"({"at":"950ms","traffic":{"name":"t","factor":2},"for":"130ms"})");
  EXPECT_EQ(arrivalsBetween(eager, ms(850), ms(1300)), (std::vector<std::int64_t>{ms(900), ms(1000), ms(1050), ms(1100), ms(1200)}));
}

TEST(MallEvents, APatchHoldsForCallsThatStartAfterIt) {
  const Mall mall = told(shop(R"({"at":"1001ms","patch":{"mesh":{"virtualServices":{"a":{"http":[{"directResponse":{"status":418}}]}}}}},
                                 {"at":"1250ms","patch":{"mesh":{"virtualServices":null}}})"));
  expectServed(mall, ms(1000));  // under way when it comes
  expectFailed(mall, ms(1100), 0, 418, ResponseFlag::kNone);
  expectFailed(mall, ms(1200), 0, 418, ResponseFlag::kNone);
  expectServed(mall, ms(1300));
}

TEST(MallEvents, APatchThatGivesASubsetOtherLabelsMovesItsEndpoints) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"4s"},"services":{"a":{"versions":{"v1":{},"v2":{}},"operations":{"x":{}}}},
    "traffic":[)" + oneASecond("t", "a/x") + R"(],
    "mesh":{"destinationRules":{"a":{"subsets":[{"name":"now","labels":{"version":"v1"}}]}},"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a","subset":"now"}}]}]}}},
    "events":[{"at":"1500ms","patch":{"mesh":{"destinationRules":{"a":{"subsets":[{"name":"now","labels":{"version":"v2"}}]}}}}}]})");
  const std::vector<Sent> tries = triesIn(mall);
  ASSERT_GE(tries.size(), 3U);
  EXPECT_EQ(tries[0].endpoint, "a-v1-0");
  EXPECT_EQ(tries[1].endpoint, "a-v2-0");
  EXPECT_EQ(tries[2].endpoint, "a-v2-0");
}

}  // namespace
}  // namespace meshmall::models
