// A mall whose timeline is changed in mid-run is, from then on, the one that was started with the changed scenario: the same events at the same nanoseconds, the same
// result byte for byte. Each kind of event, at twenty random instants of a run, those included at which something else happens.
#include <random>

#include "mall_story.h"

namespace meshmall::models {
namespace {

using namespace story;

// Two zones, two shops, retries, ejection, closed and open customers; a fault of each side of the instants, and a patch late in the file. `mesh`: more of it.
std::string mallWith(const std::vector<std::string>& events, const std::string& mesh = "") {
  std::string all = R"({"at":"300ms","slow":{"service":"back","factor":2},"for":"400ms"},{"at":"900ms","fail":{"service":"back","probability":0.3},"every":"300ms","for":"100ms"},)"
                    R"({"at":"1700ms","patch":{"mesh":{"destinationRules":{"front":{"trafficPolicy":{"loadBalancer":{"simple":"RANDOM"}}}}}}})";
  for (const std::string& event : events) all += "," + event;
  return R"({"meshmall":1,"name":"amended","run":{"duration":"2s"},"localities":{"here":{"region":"r","zone":"a"},"there":{"region":"r","zone":"b"}},
    "network":{"sameZone":"1ms","sameRegion":{"exponential":{"mean":"2ms"}}},
    "services":{
      "front":{"versions":{"v1":{"replicas":{"here":1,"there":1},"workers":8}},"operations":{"x":{"steps":[{"busy":"1ms"},{"call":"back/y"}]}}},
      "back":{"versions":{"v1":{"replicas":{"here":2,"there":1},"workers":2,"startup":"50ms"}},"operations":{"y":{"steps":[{"busy":{"exponential":{"mean":"8ms"}}}]}}}},
    "traffic":[{"name":"open","to":"front/x","arrivals":{"poisson":{"rate":"80/s"}}},
               {"name":"tick","to":"back/y","arrivals":{"constant":{"rate":"50/s"}}},
               {"name":"closed","to":"front/x","arrivals":{"closed":{"users":4,"think":{"exponential":{"mean":"60ms"}}}}}],
    "mesh":{"defaults":{"retries":{"attempts":2,"perTryTimeout":"60ms","retryOn":"5xx,connect-failure"},"trafficPolicy":{"outlierDetection":{"consecutive5xxErrors":3,"interval":"200ms","baseEjectionTime":"300ms"}}})" +
         mesh + R"(},"events":[)" + all + "]}";
}

std::string at(SimTime t, const std::string& what) { return R"({"at":")" + std::to_string(t.ns) + R"(ns",)" + what + "}"; }

struct Told {
  std::string fingerprint, result;
  std::uint64_t events = 0;
  friend bool operator==(const Told&, const Told&) = default;
};

Told finish(Mall mall) {
  mall.run();
  for (const std::string& finding : mall.audit()) ADD_FAILURE() << finding;
  return {mall.fingerprint().hex(), toJson(mall.result()), mall.events()};
}

// Mid-run, and an instant after it: half of the times the nanosecond after, half of them that of the next event, before which the new one belongs.
struct Moment {
  Mall mall;
  SimTime next;
};

Moment momentOf(const std::string& text, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const Mall whole = [&] {
    Mall mall(planOf(text));
    mall.run();
    return mall;
  }();
  Mall mall(planOf(text));
  const std::uint64_t stop = 1 + random() % (whole.events() * 9 / 10);
  while (mall.events() < stop) mall.step();
  SimTime next{mall.now().ns + 1};
  if (random() % 2 == 0) {
    Mall ahead = mall;
    while (ahead.now() == mall.now()) ahead.step();
    next = ahead.now();
  }
  return {std::move(mall), next};
}

constexpr std::uint64_t kInstants = 20;

void expectTheSame(const std::string& what, const std::string& mesh = "") {
  for (std::uint64_t seed = 1; seed <= kInstants; ++seed) {
    Moment moment = momentOf(mallWith({}, mesh), seed);
    const auto plan = planOf(mallWith({at(moment.next, what)}, mesh));
    ASSERT_TRUE(moment.mall.addEvents(plan)) << what << " at " << moment.next.ns;
    const Told amended = finish(std::move(moment.mall)), started = finish(Mall(plan));
    EXPECT_EQ(amended.fingerprint, started.fingerprint) << what << " at " << moment.next.ns;
    EXPECT_EQ(amended.events, started.events) << what << " at " << moment.next.ns;
    EXPECT_TRUE(amended.result == started.result) << what << " at " << moment.next.ns;
  }
}

TEST(Amendments, ACrashIsTheOneOfTheScenario) {
  expectTheSame(R"("crash":{"service":"back","count":1,"noticed":{"exponential":{"mean":"20ms"}}},"for":"300ms")");
  expectTheSame(R"("crash":{"service":"front"})");
}
TEST(Amendments, SlowWorkIsTheOneOfTheScenario) { expectTheSame(R"("slow":{"service":"back","factor":5},"for":{"exponential":{"mean":"200ms"}})"); }
TEST(Amendments, FailuresAreThoseOfTheScenario) { expectTheSame(R"("fail":{"service":"back","probability":0.5},"for":"250ms")"); }
TEST(Amendments, RepeatedFaultsAreThoseOfTheScenario) { expectTheSame(R"("slow":{"service":"back","factor":3},"every":{"exponential":{"mean":"150ms"}},"for":"40ms")"); }
TEST(Amendments, ABadNetworkIsTheOneOfTheScenario) { expectTheSame(R"("network":{"delay":{"exponential":{"mean":"30ms"}},"loss":0.1},"for":"300ms")"); }
TEST(Amendments, APartitionIsTheOneOfTheScenario) { expectTheSame(R"("partition":{"between":["here","there"]},"for":"300ms")"); }
TEST(Amendments, MoreEndpointsAreThoseOfTheScenario) {
  expectTheSame(R"("scale":{"service":"back","replicas":6})");
  expectTheSame(R"("scale":{"service":"back","replicas":1},"for":"400ms")");
}
TEST(Amendments, MoreCustomersAreThoseOfTheScenario) {
  expectTheSame(R"("traffic":{"name":"open","factor":3},"for":"300ms")");
  expectTheSame(R"("traffic":{"name":"closed","factor":0},"for":"300ms")");
}
TEST(Amendments, CertificatesAreThoseOfTheScenario) {
  expectTheSame(R"("stopRenewal":{"service":"back"},"for":"500ms")", R"(,"certificates":{"lifetime":"600ms","graceRatio":0.5})");
}
TEST(Amendments, APatchIsTheOneOfTheScenario) {
  expectTheSame(R"("patch":{"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}}}})");
  expectTheSame(R"("patch":{"mesh":{"defaults":{"trafficPolicy":{"outlierDetection":null},"retries":{"attempts":0}}}})");
  expectTheSame(R"("patch":{"mesh":{"virtualServices":{"back":{"http":[{"route":[{"destination":{"host":"back"}}],"fault":{"abort":{"httpStatus":503,"percentage":{"value":20}}}}]}}}})");
}
TEST(Amendments, APatchThatProxiesHearOfLaterIsTheOneOfTheScenario) {
  const std::string discovery = R"(,"discovery":{"propagation":{"exponential":{"mean":"80ms"}},"debounceAfter":"20ms","debounceMax":"100ms"})";
  expectTheSame(R"("patch":{"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}}}})", discovery);
  expectTheSame(R"("crash":{"service":"back","count":1},"for":"300ms")", discovery);
}

TEST(Amendments, SeveralChangesOneAfterAnotherAreThoseOfTheScenario) {
  const std::vector<std::string> kinds = {R"("slow":{"service":"back","factor":3},"for":"200ms")", R"("patch":{"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"RANDOM"}}}}})",
                                          R"("traffic":{"name":"open","factor":2},"for":"200ms")", R"("patch":{"mesh":{"defaults":{"retries":{"attempts":1}}}})"};
  for (std::uint64_t seed = 1; seed <= kInstants; ++seed) {
    Mall mall(planOf(mallWith({})));
    std::vector<std::string> events;
    std::mt19937_64 random(seed);
    for (const std::string& kind : kinds) {
      for (std::uint64_t n = random() % 800; n > 0; --n) mall.step();
      events.push_back(at({mall.now().ns + 1}, kind));
      ASSERT_TRUE(mall.addEvents(planOf(mallWith(events)))) << kind;
    }
    EXPECT_EQ(finish(std::move(mall)), finish(Mall(planOf(mallWith(events))))) << seed;
  }
}

TEST(Amendments, AnEndThatIsToldLaterIsTheOneOfTheScenario) {
  for (const std::string kind : {R"("slow":{"service":"back","factor":4})", R"("fail":{"service":"back","probability":0.5})", R"("network":{"loss":0.2})", R"("crash":{"service":"front"})",
                                 R"("partition":{"between":["here","there"]})", R"("traffic":{"name":"closed","factor":0})", R"("scale":{"service":"back","replicas":6})"}) {
    for (const std::string lasts : {"", R"(,"for":"5s")"}) {
      for (std::uint64_t seed = 1; seed <= kInstants / 2; ++seed) {
        Moment moment = momentOf(mallWith({at({ms(40)}, kind + lasts)}), seed);
        if (moment.mall.now().ns < ms(40)) continue;  // not in force yet
        const auto plan = planOf(mallWith({at({ms(40)}, kind + R"(,"for":")" + std::to_string(moment.next.ns - ms(40)) + R"(ns")")}));
        ASSERT_TRUE(moment.mall.moveEnd(plan, 3)) << kind << lasts;
        EXPECT_EQ(finish(std::move(moment.mall)), finish(Mall(plan))) << kind << lasts << " until " << moment.next.ns;
      }
    }
  }
}

TEST(Amendments, WhatIsWithdrawnBeforeItHappensHasNeverBeen) {
  for (const std::string kind : {R"("slow":{"service":"back","factor":4})", R"("patch":{"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}}}})"}) {
    Moment moment = momentOf(mallWith({}), 5);
    ASSERT_TRUE(moment.mall.addEvents(planOf(mallWith({at(moment.next, kind)}))));
    ASSERT_TRUE(moment.mall.withdrawEvent(planOf(mallWith({}))));
    EXPECT_FALSE(moment.mall.withdrawEvent(planOf(mallWith({})))) << "there is nothing more to withdraw";
    EXPECT_EQ(finish(std::move(moment.mall)), finish(Mall(planOf(mallWith({})))));
  }
}

TEST(Amendments, WhatCannotBeHadInMidRunIsRefusedAndChangesNothing) {
  Moment moment = momentOf(mallWith({}), 3);
  const std::string subset = R"("patch":{"mesh":{"destinationRules":{"back":{"subsets":[{"name":"one","labels":{"version":"v1"}}]}}}})";
  EXPECT_FALSE(moment.mall.addEvents(planOf(mallWith({at(moment.next, subset)})))) << "a new cluster";
  const std::string limit = R"("patch":{"mesh":{"defaults":{"trafficPolicy":{"admissionControl":{}}}}})";
  EXPECT_FALSE(moment.mall.addEvents(planOf(mallWith({at(moment.next, limit)})))) << "a kind of state that was not kept from the start";
  EXPECT_FALSE(moment.mall.addEvents(planOf(mallWith({at(moment.mall.now(), R"("slow":{"service":"back","factor":4})")})))) << "the past is not rewritten";
  EXPECT_FALSE(moment.mall.addEvents(planOf(mallWith({at(moment.next, R"("stopRenewal":{})")})))) << "certificates were not kept";
  EXPECT_FALSE(moment.mall.moveEnd(planOf(mallWith({})), 1)) << "it repeats";
  EXPECT_FALSE(moment.mall.withdrawEvent(planOf(mallWith({})))) << "nothing was added";
  EXPECT_EQ(finish(std::move(moment.mall)), finish(Mall(planOf(mallWith({})))));
}

TEST(Amendments, ACopyGoesOnByItself) {
  Moment moment = momentOf(mallWith({}), 7);
  Mall fork = moment.mall;
  const auto plan = planOf(mallWith({at(moment.next, R"("patch":{"mesh":{"defaults":{"trafficPolicy":{"loadBalancer":{"simple":"ROUND_ROBIN"}}}}})")}));
  ASSERT_TRUE(moment.mall.addEvents(plan));
  EXPECT_EQ(finish(std::move(fork)), finish(Mall(planOf(mallWith({})))));
  EXPECT_EQ(finish(std::move(moment.mall)), finish(Mall(plan)));
}

}  // namespace
}  // namespace meshmall::models
