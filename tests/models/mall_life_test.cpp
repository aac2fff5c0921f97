// A request's life, rule by rule (scenario-format.md, "Meanings"): hand-computed stories of constant times, asserted to the nanosecond.
#include "mall_story.h"

namespace meshmall::models {
namespace {

using namespace story;
using Flag = ResponseFlag;

// Customers of several entries who all come at 1 s, 2 s, ...; in the order of the file.
std::string mallOf(const std::string& services, const std::string& traffic, const std::string& mesh = "{}", const std::string& more = "") {
  return R"({"meshmall":1,"run":{"duration":"4s"},)" + more + R"("services":{)" + services + R"(},"traffic":[)" + traffic + R"(],"mesh":)" + mesh + "}";
}

// A service "a" with one version and one operation "x".
std::string serviceA(const std::string& steps, const std::string& version = "{}", const std::string& more = "") {
  return R"("a":{"versions":{"v1":)" + version + R"(},"operations":{"x":{"steps":[)" + steps + "]}}" + more + "}";
}

std::string customers(const std::vector<std::string>& names, const std::string& to = "a/x", const std::string& more = "") {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + oneASecond(name, to, more);
  return out;
}

void expectVisit(const Mall& mall, const std::string& traffic, std::int64_t stayed, int status, Flag flag = Flag::kNone) {
  const Visit visit = visitAt(mall, traffic, ms(1000));
  EXPECT_EQ(visit.stayed, stayed) << traffic;
  EXPECT_EQ(visit.status, status) << traffic;
  EXPECT_EQ(visit.flag, flag) << traffic;
}

constexpr const char* kNoRetries = R"({"defaults":{"retries":{"attempts":0}}})";

// ---- the counter ---------------------------------------------------------------------------------------------------------------

TEST(MallLife, AFullQueueIsAnswered503AtOnce) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"queueLimit":1})"), customers({"one", "two", "three"})));
  expectVisit(mall, "one", ms(10), 200);
  expectVisit(mall, "two", ms(20), 200);
  expectVisit(mall, "three", 0, 503);
  EXPECT_EQ(*mall.result().metric("rejected.queueFull"), 3);  // one each second; 4 s is the end
}

TEST(MallLife, AQueueLimitOfZeroIsNoWaitingRoom) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"queueLimit":0})"), customers({"one", "two"})));
  expectVisit(mall, "one", ms(10), 200);
  expectVisit(mall, "two", 0, 503);
}

TEST(MallLife, ARequestThatWaitedTooLongIsAnsweredWhenItsTurnComes) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"queueTimeout":"10ms"})"), customers({"one", "two", "three"})));
  expectVisit(mall, "two", ms(20), 200);  // waited exactly as long as it may
  expectVisit(mall, "three", ms(20), 503);
  EXPECT_EQ(*mall.result().metric("rejected.queueTimeout"), 3);
}

TEST(MallLife, TheLastComesFirstWhereTheDisciplineIsLifo) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"discipline":"lifo"})"), customers({"one", "two", "three"})));
  expectVisit(mall, "one", ms(10), 200);
  expectVisit(mall, "two", ms(30), 200);
  expectVisit(mall, "three", ms(20), 200);
}

TEST(MallLife, HighPriorityIsServedFirstAndNobodyIsInterrupted) {
  const std::string traffic = customers({"first", "low"}, "a/x", R"("priority":"low")") + "," + customers({"default"}) + "," +
                              customers({"high"}, "a/x", R"("priority":"high")");
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"discipline":"priority"})"), traffic));
  expectVisit(mall, "first", ms(10), 200);
  expectVisit(mall, "high", ms(20), 200);
  expectVisit(mall, "default", ms(30), 200);
  expectVisit(mall, "low", ms(40), 200);
}

TEST(MallLife, SharersOfAWorkerGoOnEquallyFast) {
  const std::string services = R"("a":{"versions":{"v1":{"discipline":"ps"}},"operations":{"long":{"steps":[{"busy":"30ms"}]},"short":{"steps":[{"busy":"10ms"}]}}})";
  const Mall mall = told(mallOf(services, oneASecond("long", "a/long") + "," + oneASecond("short", "a/short")));
  expectVisit(mall, "short", ms(20), 200);  // half speed
  expectVisit(mall, "long", ms(40), 200);   // 10 ms done by then, 20 ms left at full speed
}

TEST(MallLife, ASharerHasAtMostOneWorkersSpeed) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"discipline":"ps","workers":2})"), customers({"one", "two", "three"})));
  for (const char* name : {"one", "two", "three"}) expectVisit(mall, name, ms(15), 200);
  const Mall alone = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"discipline":"ps","workers":2})"), customers({"one"})));
  expectVisit(alone, "one", ms(10), 200);
}

TEST(MallLife, BranchesOfOneRequestHaveOneClerkInProcessorSharingToo) {
  const char* steps = R"({"parallel":[{"busy":"10ms"},{"busy":"10ms"}]})";
  for (const char* discipline : {"fifo", "ps"}) {
    const Mall thread = told(mallOf(serviceA(steps, R"({"discipline":")" + std::string(discipline) + R"("})"), customers({"one"})));
    expectVisit(thread, "one", ms(20), 200);
  }
  const Mall async = told(mallOf(serviceA(steps, R"({"discipline":"ps","concurrency":"async","workers":2})"), customers({"one"})));
  expectVisit(async, "one", ms(10), 200);
}

TEST(MallLife, QueueLimitOfSharersLimitsThoseBeyondTheWorkers) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"discipline":"ps","queueLimit":1})"), customers({"one", "two", "three"})));
  expectVisit(mall, "one", ms(20), 200);
  expectVisit(mall, "two", ms(20), 200);
  expectVisit(mall, "three", 0, 503);
}

TEST(MallLife, AThreadHoldsItsWorkerThroughWaitsAndCallsAndAsyncDoesNot) {
  const std::string b = R"("b":{"versions":{"v1":{"workers":9}},"operations":{"y":{"steps":[{"wait":"20ms"}]}}},)";
  const char* steps = R"({"busy":"1ms"},{"call":"b/y"},{"wait":"5ms"},{"busy":"1ms"})";
  const Mall thread = told(mallOf(b + serviceA(steps), customers({"one", "two"})));
  expectVisit(thread, "one", ms(27), 200);
  expectVisit(thread, "two", ms(54), 200);
  const Mall async = told(mallOf(b + serviceA(steps, R"({"concurrency":"async"})"), customers({"one", "two"})));
  expectVisit(async, "one", ms(27), 200);
  expectVisit(async, "two", ms(28), 200);  // waits only while the other one works
}

TEST(MallLife, AsyncWorkComesBackToTheTailWithoutMeetingTheQueueLimitAgain) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"},{"wait":"1ms"},{"busy":"10ms"})", R"({"concurrency":"async","queueLimit":1})"), customers({"one", "two"})));
  expectVisit(mall, "one", ms(30), 200);  // 0-10, wait, in line from 11 behind the other one's 10-20, 20-30
  expectVisit(mall, "two", ms(40), 200);
}

TEST(MallLife, ABranchThatWaitedTooLongEndsTheWholeRequest) {
  const Mall mall = told(mallOf(serviceA(R"({"parallel":[{"busy":"10ms"},{"busy":"10ms"}]})", R"({"concurrency":"async","queueTimeout":"5ms"})"), customers({"one"})));
  expectVisit(mall, "one", ms(10), 503);
}

TEST(MallLife, AnOperationWithoutWorkNeedsNoWorkerWhereItIsAsync) {
  const std::string services = R"("a":{"versions":{"v1":{"concurrency":"async"}},"operations":{"look":{"steps":[{"wait":"1ms"}]},"x":{"steps":[{"busy":"50ms"}]}}})";
  const Mall mall = told(mallOf(services, oneASecond("works", "a/x") + "," + oneASecond("looks", "a/look")));
  expectVisit(mall, "looks", ms(1), 200);
}

TEST(MallLife, AFailureAtTheStartComesAlsoWhereTheFirstWorkIsSkipped) {
  const std::string services =
      R"("a":{"versions":{"v1":{"concurrency":"async"}},"operations":{"x":{"steps":[{"busy":"5ms","probability":0},{"wait":"3ms"}],"failure":{"probability":1,"status":500}}}})";
  expectVisit(told(mallOf(services, customers({"one"}))), "one", 0, 500);
}

TEST(MallLife, FailuresComeAtTheStartAfterTheFirstStepOrAtTheEnd) {
  const auto failing = [](const std::string& when) {
    return told(mallOf(R"("a":{"operations":{"x":{"steps":[{"busy":"5ms"},{"busy":"5ms"}],"failure":{"probability":1,"status":500,"when":")" + when + R"("}}}})", customers({"one"})));
  };
  expectVisit(failing("start"), "one", 0, 500);
  expectVisit(failing("afterFirstStep"), "one", ms(5), 500);
  expectVisit(failing("end"), "one", ms(10), 500);
}

TEST(MallLife, SpeedDividesWork) {
  expectVisit(told(mallOf(serviceA(R"({"busy":"10ms"},{"wait":"10ms"})", R"({"speed":4})"), customers({"one"}))), "one", us(12'500), 200);
}

// ---- the course of the work -------------------------------------------------------------------------------------------------------

constexpr const char* kFailingB = R"("b":{"operations":{"y":{"steps":[{"wait":"3ms"}],"failure":{"probability":1,"status":500,"when":"end"}},"z":{"steps":[{"wait":"2ms"}]}}},)";

TEST(MallLife, ACallThatFailsEndsTheOperationWithItsStatus) {
  expectVisit(told(mallOf(std::string(kFailingB) + serviceA(R"({"call":"b/y","times":3},{"busy":"10ms"})"), customers({"one"}))), "one", ms(3), 500);
}

TEST(MallLife, TheAlternativeRunsWhenACallHasFailedAndItsSuccessIsTheSteps) {
  expectVisit(told(mallOf(std::string(kFailingB) + serviceA(R"({"call":"b/y","orElse":[{"call":"b/z"}]},{"busy":"10ms"})"), customers({"one"}))), "one", ms(15), 200);
  expectVisit(told(mallOf(std::string(kFailingB) + serviceA(R"({"call":"b/y","orElse":[{"call":"b/y"}]},{"busy":"10ms"})"), customers({"one"}))), "one", ms(6), 500);
}

TEST(MallLife, AnOptionalCallsFailureIsIgnored) {
  expectVisit(told(mallOf(std::string(kFailingB) + serviceA(R"({"call":"b/y","times":2,"optional":true},{"busy":"10ms"})"), customers({"one"}))), "one", ms(16), 200);
}

TEST(MallLife, ParallelBranchesGoOnWhenOneFailsAndTheOperationFailsWhenAllHaveEnded) {
  expectVisit(told(mallOf(std::string(kFailingB) + serviceA(R"({"parallel":[{"call":"b/y"},[{"wait":"10ms"},{"call":"b/z"}]]},{"busy":"10ms"})"), customers({"one"}))), "one",
              ms(12), 500);
  expectVisit(told(mallOf(std::string(kFailingB) + serviceA(R"({"parallel":[{"call":"b/y","optional":true},{"wait":"10ms"}]},{"busy":"10ms"})"), customers({"one"}))), "one",
              ms(20), 200);
}

TEST(MallLife, TimesCallsOneAfterAnother) {
  expectVisit(told(mallOf(std::string(kFailingB) + serviceA(R"({"call":"b/z","times":4},{"call":"b/z","times":0})"), customers({"one"}))), "one", ms(8), 200);
}

// ---- the way ------------------------------------------------------------------------------------------------------------------------

TEST(MallLife, ACallPassesBothProxiesAndTheHopEachWay) {
  const std::string more = R"("network":{"sameZone":"1ms"},"sidecar":{"inbound":"100us","outbound":"200us","handshake":"3ms"},)";
  const std::string b = R"("b":{"operations":{"y":{"steps":[{"busy":"4ms"}]}}},)";
  const Mall mall = told(mallOf(b + serviceA(R"({"call":"b/y"})"), customers({"one"}), "{}", more));
  // Twice (gateway to a, a to b): 200 us + 1 ms + 100 us and back; new connections at first.
  expectVisit(mall, "one", ms(4) + 2 * us(2'600) + 2 * ms(3), 200);
  EXPECT_EQ(visitAt(mall, "one", ms(2000)).stayed, ms(4) + 2 * us(2'600));
}

TEST(MallLife, HopsCostWhatTheLocalitiesAreApart) {
  const auto apart = [](const std::string& places) {
    return told(R"({"meshmall":1,"run":{"duration":"2s"},"localities":)" + places +
                R"(,"network":{"sameZone":"1ms","sameRegion":"2ms","crossRegion":"5ms"},"gateway":{"replicas":{"p":1}},
      "services":{"a":{"versions":{"v1":{"replicas":{"q":1}}},"operations":{"x":{}}}},"traffic":[)" + customers({"one"}) + "]}");
  };
  expectVisit(apart(R"({"p":{"region":"eu","zone":"1"},"q":{"region":"eu","zone":"1"}})"), "one", ms(2), 200);
  expectVisit(apart(R"({"p":{"region":"eu","zone":"1"},"q":{"region":"eu","zone":"2"}})"), "one", ms(4), 200);
  expectVisit(apart(R"({"p":{"region":"eu","zone":"1"},"q":{"region":"us","zone":"1"}})"), "one", ms(10), 200);
}

TEST(MallLife, ALostRequestIsAConnectFailureAfterTenSeconds) {
  const std::string more = R"("network":{"loss":1},)";
  const std::string text = R"({"meshmall":1,"run":{"duration":"2s","drain":true},)" + more + R"("services":{)" + serviceA(R"({"busy":"1ms"})") + R"(},"traffic":[)" +
                           customers({"one"}) + R"(],"mesh":)" + kNoRetries + "}";
  expectVisit(told(text), "one", ms(10'000), 503, Flag::kUpstreamConnectionFailure);
}

TEST(MallLife, ALostAnswerHangsUntilATimeout) {
  const std::string text = R"({"meshmall":1,"run":{"duration":"4s","drain":true},"localities":{"p":{},"q":{}},"gateway":{"replicas":{"p":1}},
    "services":{"a":{"versions":{"v1":{"replicas":{"q":1}}},"operations":{"x":{}}}},"traffic":[)" + oneASecond("patient", "a/x") + "," +
                           oneASecond("hasty", "a/x", R"("timeout":"700ms")") + R"(],"events":[{"at":"500ms","network":{"from":"q","to":"p","loss":1}}]})";
  const Mall mall = told(text);
  expectVisit(mall, "patient", -1, -1);
  EXPECT_TRUE(visitAt(mall, "hasty", ms(1000)).abandoned);
  expectVisit(mall, "hasty", ms(700), 0, Flag::kDownstreamConnectionTermination);
  EXPECT_EQ(*mall.result().metric("requests.inFlight"), 3);
  EXPECT_EQ(*mall.result().metric("abandoned.total"), 3);
}

// ---- giving up ------------------------------------------------------------------------------------------------------------------------

TEST(MallLife, EachTimeoutEndsWhatItWatchesOver) {
  const char* slow = R"({"busy":"50ms"})";
  const auto route = [](const std::string& rule) { return R"({"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a"}}],)" + rule + "}]}}}"; };
  const Mall by_route = told(mallOf(serviceA(slow, R"({"workers":9})"), customers({"one"}), route(R"("timeout":"30ms")")));
  expectVisit(by_route, "one", ms(30), 504, Flag::kUpstreamRequestTimeout);
  EXPECT_EQ(*by_route.result().metric("timeouts.total"), 3);
  const Mall per_try = told(mallOf(serviceA(slow, R"({"workers":9})"), customers({"one"}), route(R"("retries":{"attempts":1,"retryOn":"connect-failure","perTryTimeout":"20ms"})")));
  expectVisit(per_try, "one", ms(20), 504, Flag::kUpstreamRequestTimeout);
  const std::string b = R"("b":{"operations":{"y":{"steps":[{"busy":"1ms"},{"call":"a/x","timeout":"15ms"},{"busy":"1ms"}]}}},)";
  const Mall by_application = told(mallOf(b + serviceA(slow), oneASecond("one", "b/y")));
  expectVisit(by_application, "one", ms(16), 504);
  const Mall by_customer = told(mallOf(serviceA(slow), customers({"one"}, "a/x", R"("timeout":"12ms")")));
  expectVisit(by_customer, "one", ms(12), 0, Flag::kDownstreamConnectionTermination);
}

TEST(MallLife, TheRouteTimeoutCoversAllTriesAndThePerTryTimeoutEachOne) {
  const std::string mesh = R"({"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a"}}],"timeout":"30ms",
    "retries":{"attempts":5,"perTryTimeout":"20ms","retryOn":"5xx","backoff":"1ms"}}]}}})";
  const Mall mall = told(mallOf(serviceA(R"({"busy":"50ms"})", R"({"workers":9})"), customers({"one"}), mesh));
  expectVisit(mall, "one", ms(30), 504, Flag::kUpstreamRequestTimeout);
  const std::vector<Sent> tries = triesIn(mall);
  ASSERT_GE(tries.size(), 2U);
  EXPECT_EQ(tries[1].kind, TryKind::retry);
  EXPECT_GE(tries[1].at, ms(1020));
  EXPECT_LT(tries[1].at, ms(1021));  // the first back-off is below the base interval
}

// "one" is served first; "two" gives up after 5 ms in line; "three" stands behind it.
Mall queueWithOneWhoGivesUp(const std::string& on_cancel, const std::string& who_gives_up) {
  std::string traffic;
  for (const std::string name : {"one", "two", "three"}) traffic += (traffic.empty() ? "" : ",") + oneASecond(name, "a/x", name == who_gives_up ? R"("timeout":"5ms")" : "");
  return told(mallOf(serviceA(R"({"busy":"20ms"})", R"({"onCancel":")" + on_cancel + R"("})"), traffic, "{}", R"("network":{"sameZone":"1ms"},)"));
}

TEST(MallLife, AbandonedWorkIsFinishedDroppedFromTheLineOrStoppedAsOnCancelSays) {
  // Queued when its customer leaves.
  EXPECT_EQ(visitAt(queueWithOneWhoGivesUp("finish", "two"), "three", ms(1000)).stayed, ms(62));
  EXPECT_EQ(visitAt(queueWithOneWhoGivesUp("dropQueued", "two"), "three", ms(1000)).stayed, ms(42));
  EXPECT_EQ(visitAt(queueWithOneWhoGivesUp("stop", "two"), "three", ms(1000)).stayed, ms(42));
  // At work: the news is there after a hop, at 1006 ms.
  EXPECT_EQ(visitAt(queueWithOneWhoGivesUp("finish", "one"), "three", ms(1000)).stayed, ms(62));
  EXPECT_EQ(visitAt(queueWithOneWhoGivesUp("dropQueued", "one"), "three", ms(1000)).stayed, ms(62));
  EXPECT_EQ(visitAt(queueWithOneWhoGivesUp("stop", "one"), "three", ms(1000)).stayed, ms(6 + 20 + 20 + 1));
}

TEST(MallLife, StoppedWorkGivesUpItsOwnCallsToo) {
  const std::string b = R"("b":{"versions":{"v1":{"onCancel":"stop"}},"operations":{"y":{"steps":[{"busy":"1ms"},{"call":"a/x"}]}}},)";
  const std::string a = serviceA(R"({"busy":"20ms"})", R"({"onCancel":"stop"})");
  const Mall mall = told(mallOf(b + a, oneASecond("hasty", "b/y", R"("timeout":"5ms")") + "," + oneASecond("other", "a/x"), "{}", R"("network":{"sameZone":"1ms"},)"));
  // "other" is at work from 1001 to 1021 ms; "hasty" stood behind from 1003 ms and was gone at 1007 ms: the line is empty then.
  EXPECT_EQ(visitAt(mall, "other", ms(1000)).stayed, ms(22));
  EXPECT_DOUBLE_EQ(*mall.result().metric("queue.mean", ScopeKind::service, "a"), 3 * 0.004 / 4);
}

// ---- retries ----------------------------------------------------------------------------------------------------------------------------

std::string retrying(const std::string& retries) { return R"({"defaults":{"retries":)" + retries + "}}"; }

TEST(MallLife, AttemptsCountsRetries) {
  const std::string failing = R"("a":{"operations":{"x":{"failure":{"probability":1,"status":503}}}})";
  const Mall mall = told(mallOf(failing, customers({"one"}), retrying(R"({"attempts":3,"retryOn":"5xx","backoff":{"baseInterval":"10ms","maxInterval":"25ms"}})")));
  const Result result = mall.result();
  EXPECT_EQ(*result.metric("calls.total"), 3);
  EXPECT_EQ(*result.metric("attempts.total"), 12);
  EXPECT_EQ(*result.metric("retries.total"), 9);
  const std::vector<std::int64_t> waits = backoffsIn(mall);
  ASSERT_EQ(waits.size(), 9U);
  constexpr std::int64_t kBelow[] = {ms(10), ms(25), ms(25)};  // 10 ms x (2^n - 1), at most 25 ms
  for (std::size_t i = 0; i < waits.size(); ++i) EXPECT_LT(waits[i], kBelow[i % 3]);
  EXPECT_EQ(visitAt(mall, "one", ms(1000)).stayed, waits[0] + waits[1] + waits[2]);
  EXPECT_EQ(visitAt(mall, "one", ms(1000)).flag, Flag::kUpstreamRetryLimitExceeded);
}

TEST(MallLife, IstiosDefaultDoesNotRetryA503) {
  const std::string failing = R"("a":{"operations":{"x":{"failure":{"probability":1,"status":503}}}})";
  const Mall mall = told(mallOf(failing, customers({"one"})));
  EXPECT_EQ(*mall.result().metric("retries.total"), 0);
}

TEST(MallLife, IstiosDefaultRetriesAConnectFailureOnAnotherEndpoint) {
  const std::string services = serviceA(R"({"busy":"1ms"})", R"({"replicas":2})");
  const std::string text = mallOf(services, customers({"one", "two"}), R"({"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}}})",
                                  R"("events":[{"at":"500ms","crash":{"service":"a","count":1,"noticed":"1h"}}],)");
  const Mall mall = told(text);
  for (const Visit& visit : visitsIn(mall)) EXPECT_EQ(visit.status, 200);
  const std::vector<Sent> tries = triesIn(mall);
  std::size_t retries = 0;
  for (const Sent& sent : tries) {
    if (sent.kind != TryKind::retry) continue;
    ++retries;
    EXPECT_EQ(sent.endpoint, "a-v1-1");
  }
  EXPECT_EQ(retries, 3U);  // every other one
}

TEST(MallLife, ABreakersOverflowIsNeverRetried) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"workers":5})"), customers({"one", "two"}),
                                R"({"defaults":{"retries":{"attempts":3,"retryOn":"5xx"},"trafficPolicy":{"connectionPool":{"http":{"http2MaxRequests":1}}}}})"));
  expectVisit(mall, "one", ms(10), 200);
  expectVisit(mall, "two", 0, 503, Flag::kUpstreamOverflow);
  EXPECT_EQ(*mall.result().metric("retries.total"), 0);
  EXPECT_EQ(*mall.result().metric("rejected.circuitBreaker"), 3);
}

TEST(MallLife, NoHealthyEndpointIsAnswered503) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})"), customers({"one"}), "{}", R"("events":[{"at":"500ms","scale":{"service":"a","replicas":0}}],)"));
  expectVisit(mall, "one", 0, 503, Flag::kNoHealthyUpstream);
  EXPECT_EQ(*mall.result().metric("noHealthyUpstream.total"), 3);
  EXPECT_EQ(*mall.result().metric("attempts.total"), 0);
}

// ---- connections --------------------------------------------------------------------------------------------------------------------------

std::string pool(const std::string& settings) { return R"({"defaults":{"retries":{"attempts":0},"trafficPolicy":{"connectionPool":)" + settings + "}}}"; }

TEST(MallLife, AnHttp1ConnectionCarriesOneRequestAtATime) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"workers":9})"), customers({"one", "two", "three"}), pool(R"({"tcp":{"maxConnections":1}})")));
  expectVisit(mall, "one", ms(10), 200);
  expectVisit(mall, "two", ms(20), 200);
  expectVisit(mall, "three", ms(30), 200);
}

TEST(MallLife, AnHttp2ConnectionCarriesMany) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"workers":9})", R"(,"protocol":"http2")"), customers({"one", "two", "three"}),
                                pool(R"({"tcp":{"maxConnections":1},"http":{"maxConcurrentStreams":2}})")));
  expectVisit(mall, "one", ms(10), 200);
  expectVisit(mall, "two", ms(10), 200);
  expectVisit(mall, "three", ms(20), 200);
}

TEST(MallLife, TheLimitOfStreamsMayBecomeOneWhileAConnectionCarriesMany) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"workers":9})", R"(,"protocol":"http2")"), customers({"one", "two", "three"}),
                                pool(R"({"tcp":{"maxConnections":1}})"),
                                R"("events":[{"at":"1005ms","patch":{"mesh":{"defaults":{"trafficPolicy":{"connectionPool":{"http":{"maxConcurrentStreams":1}}}}}}}],)"));
  expectVisit(mall, "three", ms(10), 200);
  EXPECT_EQ(visitAt(mall, "one", ms(2000)).stayed, ms(10));
  EXPECT_EQ(visitAt(mall, "two", ms(2000)).stayed, ms(20));
  EXPECT_EQ(visitAt(mall, "three", ms(2000)).stayed, ms(30));
}

TEST(MallLife, ThoseInLineBeyondTheLimitOverflow) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})", R"({"workers":9})"), customers({"one", "two", "three"}),
                                pool(R"({"tcp":{"maxConnections":1},"http":{"http1MaxPendingRequests":1}})")));
  expectVisit(mall, "one", ms(10), 200);
  expectVisit(mall, "two", ms(20), 200);
  expectVisit(mall, "three", 0, 503, Flag::kUpstreamOverflow);
}

TEST(MallLife, AConnectionServesOnlySoManyRequests) {
  const std::string more = R"("sidecar":{"handshake":"3ms"},)";
  const Mall once = told(mallOf(serviceA(R"({"busy":"10ms"})"), customers({"one"}), pool(R"({"http":{"maxRequestsPerConnection":1}})"), more));
  for (const std::int64_t came : {1000, 2000, 3000}) EXPECT_EQ(visitAt(once, "one", ms(static_cast<double>(came))).stayed, ms(13));
  const Mall twice = told(mallOf(serviceA(R"({"busy":"10ms"})"), customers({"one"}), pool(R"({"http":{"maxRequestsPerConnection":2}})"), more));
  EXPECT_EQ(visitAt(twice, "one", ms(1000)).stayed, ms(13));
  EXPECT_EQ(visitAt(twice, "one", ms(2000)).stayed, ms(10));
  EXPECT_EQ(visitAt(twice, "one", ms(3000)).stayed, ms(13));
}

TEST(MallLife, AnHttp2LineGoesOnWithTheNextConnectionWhenOneHasServedItsLast) {
  const std::string services = serviceA(R"({"busy":"10ms"})", R"({"workers":9})", R"(,"protocol":"http2")");
  const Mall mall = told(mallOf(services, customers({"one", "two", "three"}), pool(R"({"http":{"maxRequestsPerConnection":1}})"), R"("sidecar":{"handshake":"3ms"},)"));
  expectVisit(mall, "one", ms(13), 200);
  expectVisit(mall, "two", ms(16), 200);  // one new connection after another
  expectVisit(mall, "three", ms(19), 200);
}

TEST(MallLife, AnIdleConnectionIsClosedAfterItsTime) {
  const Mall mall = told(mallOf(serviceA(R"({"busy":"10ms"})"), customers({"one"}), pool(R"({"http":{"idleTimeout":"500ms"}})"), R"("sidecar":{"handshake":"3ms"},)"));
  EXPECT_EQ(visitAt(mall, "one", ms(2000)).stayed, ms(13));
  EXPECT_EQ(mall.result().handshakes, 3U);
}

// ---- routes -----------------------------------------------------------------------------------------------------------------------------

constexpr const char* kTwoVersions = R"("a":{"versions":{"v1":{"workers":9},"v2":{"operations":{"x":{"steps":[{"busy":"9ms"}]}}}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}})";
constexpr const char* kSubsets = R"("destinationRules":{"a":{"subsets":[{"name":"v1","labels":{"version":"v1"}},{"name":"v2","labels":{"version":"v2"}}]}})";

std::string routed(const std::string& rules) { return "{" + std::string(kSubsets) + R"(,"virtualServices":{"a":{"http":[)" + rules + "]}}}"; }

TEST(MallLife, AMirroredCopyGoesToTheMirrorAndNobodyWaitsForIt) {
  const Mall mall = told(mallOf(kTwoVersions, customers({"one"}), routed(R"({"route":[{"destination":{"host":"a","subset":"v1"}}],"mirror":{"host":"a","subset":"v2"}})")));
  expectVisit(mall, "one", ms(1), 200);
  const Result result = mall.result();
  EXPECT_EQ(*result.metric("mirrored.total"), 3);
  EXPECT_EQ(*result.metric("attempts.total"), 3);
  EXPECT_EQ(*result.metric("requests.total", ScopeKind::version, "a", "v2"), 3);
  EXPECT_EQ(*result.metric("requests.total", ScopeKind::service, "a"), 3);
}

TEST(MallLife, AMirroredCopyEndsWithTheRoutesTimeout) {
  const std::string text = R"({"meshmall":1,"run":{"duration":"2s","drain":true},"localities":{"p":{},"q":{}},"gateway":{"replicas":{"p":1}},
    "services":{"a":{"versions":{"v1":{"replicas":{"p":1}},"v2":{"replicas":{"q":1}}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}}},"traffic":[)" + customers({"one"}) +
                           R"(],"mesh":)" + routed(R"({"route":[{"destination":{"host":"a","subset":"v1"}}],"mirror":{"host":"a","subset":"v2"},"timeout":"100ms"})") +
                           R"(,"events":[{"at":"500ms","network":{"from":"q","to":"p","loss":1}}]})";
  const Mall mall = told(text);
  expectVisit(mall, "one", ms(1), 200);
  EXPECT_TRUE(mall.auditDrained().empty());  // the copy's answer was lost, and yet it is over
  EXPECT_EQ(mall.collector().triesOf(0).alive(), 0U);
}

TEST(MallLife, AFaultDelaysAndAbortsBeforeAnythingIsSent) {
  const Mall mall = told(mallOf(kTwoVersions, customers({"one"}), routed(R"({"route":[{"destination":{"host":"a","subset":"v1"}}],
    "fault":{"delay":{"fixedDelay":"7ms","percentage":{"value":100}},"abort":{"httpStatus":418,"percentage":{"value":100}}}})")));
  expectVisit(mall, "one", ms(7), 418, Flag::kFaultInjected);
  EXPECT_EQ(*mall.result().metric("attempts.total"), 0);
}

TEST(MallLife, WeightsSendCustomersAsTheySay) {
  const Mall none = told(mallOf(kTwoVersions, customers({"one"}), routed(R"({"route":[{"destination":{"host":"a","subset":"v1"},"weight":0},{"destination":{"host":"a","subset":"v2"},"weight":100}]})")));
  EXPECT_EQ(shares(none), (std::map<std::string, int>{{"a-v2-0", 3}}));
  const std::string many = R"({"name":"many","to":"a/x","arrivals":{"constant":{"rate":"500/s"}}})";
  const Mall some = told(mallOf(kTwoVersions, many, routed(R"({"route":[{"destination":{"host":"a","subset":"v1"},"weight":75},{"destination":{"host":"a","subset":"v2"},"weight":25}]})")));
  const auto got = shares(some);
  EXPECT_NEAR(got.at("a-v2-0"), 500, 4 * 19.4);  // of 1,999 independent draws; the standard deviation is sqrt(1999 x 1/4 x 3/4)
}

TEST(MallLife, HeadersChooseTheRouteAndGoAlongWithEveryCall) {
  const std::string front = R"("front":{"versions":{"v1":{"workers":9}},"operations":{"f":{"steps":[{"call":"middle/m"}]}}},)"
                            R"("middle":{"versions":{"v1":{"workers":9}},"operations":{"m":{"steps":[{"call":"a/x"}]}}},)";
  const std::string traffic = oneASecond("tester", "front/f", R"("headers":{"X-Group":"test"})") + "," + oneASecond("other", "front/f", R"("headers":{"x-group":"none"})") + "," +
                              oneASecond("bare", "front/f");
  const Mall mall = told(mallOf(front + kTwoVersions, traffic, routed(R"({"match":[{"headers":{"x-group":{"exact":"test"}}}],"route":[{"destination":{"host":"a","subset":"v2"}}]},
    {"route":[{"destination":{"host":"a","subset":"v1"}}]})")));
  expectVisit(mall, "tester", ms(9), 200);
  expectVisit(mall, "other", ms(1), 200);
  expectVisit(mall, "bare", ms(1), 200);
}

TEST(MallLife, WhereNoRuleMatchesThereIsNoRoute) {
  const Mall mall = told(mallOf(kTwoVersions, customers({"one"}), routed(R"({"match":[{"method":{"exact":"PUT"}}],"route":[{"destination":{"host":"a"}}]})")));
  expectVisit(mall, "one", 0, 404, Flag::kNoRouteFound);
}

TEST(MallLife, AServiceWithoutAProxyCallsByKubeProxyAndWithoutPolicies) {
  const auto calling = [](const std::string& protocol) {
    const std::string services = R"("b":{"sidecar":false,"operations":{"y":{"steps":[{"call":"a/x"}]}}},"a":{"protocol":")" + protocol +
                                 R"(","versions":{"v1":{"replicas":3}},"operations":{"x":{"steps":[{"busy":"5ms"}]}}})";
    const std::string mesh = R"({"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a"}}],"timeout":"1ms"}]}}})";
    return told(mallOf(services, R"({"name":"t","to":"b/y","arrivals":{"constant":{"rate":"20/s"}}})", mesh, R"("sidecar":{"handshake":"3ms"},)"));
  };
  const Mall http1 = calling("http1");
  std::map<std::string, int> got = shares(http1);
  EXPECT_EQ(got.erase("b-v1-0"), 1U);
  EXPECT_EQ(got.size(), 3U);  // 79 random picks: the chance that one of three gets none is below 1e-13
  for (const Visit& visit : visitsIn(http1)) EXPECT_EQ(visit.status, 200);  // no timeout
  EXPECT_EQ(visitAt(http1, "t", ms(1000)).stayed, ms(5));  // and no handshake
  got = shares(calling("http2"));
  got.erase("b-v1-0");
  EXPECT_EQ(got.size(), 1U);
}

TEST(MallLife, ALostRequestOfACallerWithoutProxyFailsAfterTheDefaultConnectTimeout) {
  const std::string text = R"({"meshmall":1,"run":{"duration":"2s","drain":true},"network":{"loss":1},"services":{)" + serviceA(R"({"busy":"1ms"})") + R"(},"traffic":[)" +
                           oneASecond("one", "a/x", R"("via":"direct")") + R"(],"mesh":{"defaults":{"trafficPolicy":{"connectionPool":{"tcp":{"connectTimeout":"100ms"}}}}}})";
  expectVisit(told(text), "one", ms(10'000), 503, Flag::kUpstreamConnectionFailure);
}

// ---- customers --------------------------------------------------------------------------------------------------------------------------

TEST(MallLife, AClosedUserThinksAfterEachAnswer) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"1s"},"services":{)" + serviceA(R"({"busy":"30ms"})") +
                         R"(},"traffic":[{"name":"t","to":"a/x","arrivals":{"closed":{"users":2,"think":"100ms"}}}]})");
  const std::vector<Visit> visits = visitsIn(mall);
  ASSERT_GE(visits.size(), 6U);
  EXPECT_EQ(visits[0].came, ms(100));
  EXPECT_EQ(visits[1].came, ms(100));
  EXPECT_EQ(visits[2].came, ms(230));  // answered at 130
  EXPECT_EQ(visits[3].came, ms(260));  // answered at 160, after the other one
  EXPECT_EQ(visits[2].stayed, ms(30));
  EXPECT_EQ(visits[3].stayed, ms(30));
}

TEST(MallLife, OneWhoseRequestFailedComesBackAsANewCustomer) {
  const std::string failing = R"("a":{"operations":{"x":{"steps":[{"busy":"2ms"}],"failure":{"probability":1,"status":500,"when":"end"}}}})";
  const Mall mall = told(mallOf(failing, customers({"one"}, "a/x", R"("return":{"times":2,"after":"100ms"})")));
  const std::vector<Visit> visits = visitsIn(mall);
  ASSERT_EQ(visits.size(), 9U);
  EXPECT_EQ(visits[1].came, ms(1102));
  EXPECT_EQ(visits[2].came, ms(1204));
  EXPECT_EQ(visits[3].came, ms(2000));
  EXPECT_EQ(*mall.result().metric("requests.total"), 9);
}

TEST(MallLife, OnlyThoseWhoComeInTheWindowAreMeasured) {
  const Mall mall = told(R"({"meshmall":1,"run":{"warmup":"1500ms","duration":"2s"},"services":{)" + serviceA(R"({"busy":"30ms"})") + R"(},"traffic":[)" + customers({"one"}) + "]}");
  EXPECT_EQ(*mall.result().metric("requests.total"), 2);  // at 2 and 3 s
}

TEST(MallLife, ADrainedRunEndsWhenTheLastIsServed) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"2500ms","drain":true},"services":{)" + serviceA(R"({"busy":"800ms"})") + R"(},"traffic":[)" + customers({"one", "two"}) + "]}");
  EXPECT_EQ(mall.now().ns, ms(1000 + 4 * 800));
  EXPECT_EQ(*mall.result().metric("requests.ok"), 4);
  EXPECT_TRUE(mall.auditDrained().empty());
}

// The new limits let the next call find a place on a connection that has served its last one: it closes it, and the line must get another.
TEST(MallLife, WhoWaitsForAConnectionGetsOneWhenAPatchedLimitClosesTheOldOne) {
  const Mall mall = told(R"json({"meshmall":1,"run":{"duration":"12s","warmup":"1s","seed":312,"drain":true},"localities":{"g":{},"x":{"region":"us"}},"network":{"crossRegion":"10ms"},"gateway":{"replicas":3},"services":{"a":{"protocol":"grpc","operations":{"op":{}}}},"traffic":[{"name":"t","to":"a/op","arrivals":{"poisson":{"rate":"300/s"}},"headers":{"x-user":{"zipf":{"n":100,"s":1.1}}},"via":"gateway"}],"mesh":{"defaults":{"trafficPolicy":{"connectionPool":{"tcp":{"maxConnections":1},"http":{"http1MaxPendingRequests":1,"maxConcurrentStreams":1}}}}},"events":[{"at":"9843ms","patch":{"mesh":{"defaults":{"trafficPolicy":{"connectionPool":{"http":{"maxRequestsPerConnection":1,"maxConcurrentStreams":10}}}}}}}]})json", 312);
  EXPECT_EQ(mall.auditDrained(), std::vector<std::string>());
  EXPECT_EQ(*mall.result().metric("requests.inFlight"), 0);
}

// ---- localities ---------------------------------------------------------------------------------------------------------------------------

TEST(MallLife, WithOutlierDetectionTheNearEndpointsComeFirstAndTheOthersTakeOver) {
  const auto floors = [](const std::string& policy) {
    return told(R"({"meshmall":1,"run":{"duration":"4s"},"localities":{"ground":{},"upstairs":{}},"gateway":{"replicas":{"upstairs":1}},
      "services":{"a":{"versions":{"v1":{"replicas":{"ground":1,"upstairs":1}}},"operations":{"x":{"steps":[{"busy":"1ms"}]}}}},
      "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"10/s"}}}],"mesh":{"defaults":{"trafficPolicy":)" + policy + R"(}},
      "events":[{"at":"2050ms","crash":{"service":"a","locality":"upstairs"},"for":"1s"}]})");
  };
  // Endpoints are numbered by locality in byte order: 0 on the ground floor, 1 upstairs.
  const Mall near = floors(R"({"outlierDetection":{"interval":"10s"}})");
  for (const Sent& sent : triesIn(near)) EXPECT_EQ(sent.endpoint, sent.at > ms(2050) && sent.at < ms(3050) ? "a-v1-0" : "a-v1-1") << sent.at;
  const Mall anywhere = floors(R"({"loadBalancer":{"simple":"ROUND_ROBIN"}})");
  std::map<std::string, int> before;
  for (const Sent& sent : triesIn(anywhere))
    if (sent.at < ms(2050)) ++before[sent.endpoint];
  EXPECT_EQ(before.at("a-v1-0"), 10);
  EXPECT_EQ(before.at("a-v1-1"), 10);
}

TEST(MallLife, AnEndpointThatFailsTooOftenIsEjectedAndComesBack) {
  const std::string services = R"("a":{"versions":{"v1":{"replicas":2}},"operations":{"x":{}}})";
  const std::string text = R"({"meshmall":1,"run":{"duration":"9s"},"services":{)" + services + R"(},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"10/s"}}}],
    "mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"},"outlierDetection":{"consecutive5xxErrors":2,"interval":"1s","baseEjectionTime":"2s","maxEjectionPercent":50}}}},
    "events":[{"at":"50ms","fail":{"service":"a","endpoints":[0],"status":500},"for":"1s"}]})";
  const Mall mall = told(text);
  const Result result = mall.result();
  EXPECT_EQ(*result.metric("ejections.total"), 1);
  std::int64_t ejected = 0, back = 0;
  for (const Sent& sent : triesIn(mall)) {
    if (sent.endpoint != "a-v1-0") continue;
    if (sent.at < ms(1000)) ejected = sent.at;
    else if (back == 0) back = sent.at;
  }
  // Ejected by its second error for 2 s; let in again by the first tick (whole seconds) after that.
  EXPECT_GE(back, ejected + ms(2000));
  EXPECT_LT(back, ejected + ms(3000) + ms(200));
}

}  // namespace
}  // namespace meshmall::models
