// Trips told from hand-written logs, and the promise that the critical path partitions [arrival, answer] to the nanosecond, on random ones.
#include "models/observation/trip.h"

#include <nlohmann/json.hpp>
#include <random>

namespace meshmall::models {
namespace {

using engine::Duration;
using engine::seconds;
using engine::SimTime;

SimTime at(std::int64_t ns) { return SimTime{1'000 + ns}; }  // the customer arrives at 1000 ns
constexpr Outcome kOk{200, ResponseFlag::kNone};
constexpr Outcome kUnavailable{503, ResponseFlag::kNone};
constexpr Outcome kReset{0, ResponseFlag::kDownstreamConnectionTermination};

Collector smallMall() {
  Layout l;
  l.services = {"bakery", "oven"};
  l.versions = {{0, "v1"}, {1, "v1"}};
  l.operations = {{0, "GET /bread"}, {1, "bake"}, {1, "reheat"}};
  l.traffic = {"lunch"};
  l.localities = {"default"};
  l.flows = {{true, 0, 0}, {false, 0, 1}, {false, 0, 2}};
  Collector c(l, {SimTime{0}, SimTime{1'000'000}}, seconds(1));
  c.addEndpoint({0, "bakery-v1-0", 0, 1}, SimTime{0});
  c.addEndpoint({1, "oven-v1-0", 0, 1}, SimTime{0});
  c.addEndpoint({1, "oven-v1-1", 0, 1}, SimTime{0});
  return c;
}

// Writes a log the way a mall does. Proxy times: outbound 10, inbound 5; a hop 20.
struct Log {
  TripRecorder r;
  std::uint32_t gateway, sidecar;
  std::uint64_t next = 100;
  Log() {
    r.traceCustomer(1);
    gateway = r.nameIndex("gateway-0");
    sidecar = r.nameIndex("bakery-v1-0 sidecar");
  }
  void enter() {
    r.customerArrived(at(0), 1, 0);
    r.callStarted(at(0), 1, kNoId, 1, 0, gateway, 0);
    r.tried(at(0), 1, 1, TryKind::first, 0, {});
    r.sent(at(0), 1, Duration{10}, Duration{20});
    r.arrived(at(30), 1, Duration{5});
    r.strandStarted(at(35), 1, 1, kNoId, StrandKind::main);  // strand 1: the bakery
  }
  // The bakery's strand ends at `t`; 35 ns on the way back.
  std::int64_t leave(std::int64_t t, Outcome o = kOk) {
    r.strandEnded(at(t), 1, o.status);
    r.answered(at(t), 1, o, Duration{5}, Duration{20}, Duration{10});
    r.tryEnded(at(t + 35), 1, o);
    r.callEnded(at(t + 35), 1, o);
    r.customerLeft(at(t + 35), 1, o, false);
    return t + 35;
  }
  void busy(std::uint64_t strand, std::int64_t from, std::int64_t to) {
    r.busy(at(from), strand, Duration{to - from});
    r.workEnded(at(to), strand);
  }
  // One try of `call` with `work` ns at the endpoint; ends after 10 + 20 + 5 + work + 5 + 20 + 10.
  std::int64_t tryIt(std::uint64_t call, TryKind kind, std::uint32_t endpoint, std::int64_t from, std::int64_t work, Outcome o, std::int64_t cut = -1) {
    const std::uint64_t id = next++;
    r.tried(at(from), id, call, kind, endpoint, {});
    r.sent(at(from), id, Duration{10}, Duration{20});
    r.arrived(at(from + 30), id, Duration{5});
    r.strandStarted(at(from + 35), id, id, kNoId, StrandKind::main);
    r.busy(at(from + 35), id, Duration{work});
    std::int64_t end = from + 35 + work + 35;
    if (cut >= 0) {
      r.tryTimedOut(at(cut), id);
      end = cut;
    } else {
      r.workEnded(at(from + 35 + work), id);
      r.strandEnded(at(from + 35 + work), id, o.status);
      r.answered(at(from + 35 + work), id, o, Duration{5}, Duration{20}, Duration{10});
    }
    r.tryEnded(at(end), id, o);
    return end;
  }
  std::int64_t call(std::uint64_t id, std::uint64_t strand, std::int64_t from, std::int64_t work, std::uint32_t endpoint = 1) {
    r.callStarted(at(from), id, strand, 1, 1, sidecar, 0);
    const std::int64_t end = tryIt(id, TryKind::first, endpoint, from, work, kOk);
    r.callEnded(at(end), id, kOk);
    return end;
  }
};

// "kind:length" of each part.
std::string pathOf(const Trip& trip) {
  std::string text;
  for (const TripPart& part : trip.critical_path) text += (text.empty() ? "" : " ") + std::string(name(part.kind)) + ":" + std::to_string(part.length().ns);
  return text;
}

void expectPartition(const Trip& trip) {
  SimTime cursor = trip.arrived;
  for (const TripPart& part : trip.critical_path) {
    ASSERT_EQ(part.from, cursor);
    ASSERT_GT(part.to, part.from);
    cursor = part.to;
  }
  ASSERT_EQ(cursor, trip.end);
}

TEST(ObservationTrip, OfOneServiceIsTheWayThereTheWorkAndTheWayBack) {
  Log log;
  log.enter();
  log.r.queued(at(35), 1);
  log.r.granted(at(50), 1);
  log.busy(1, 50, 80);
  log.r.waited(at(80), 1, Duration{15});
  log.r.workEnded(at(95), 1);
  const std::int64_t end = log.leave(95);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_EQ(trip.latency().ns, end);
  EXPECT_EQ(pathOf(trip), "proxy:10 hop:20 proxy:5 queue:15 busy:30 wait:15 proxy:5 hop:20 proxy:10");
  expectPartition(trip);
}

TEST(ObservationTrip, OfParallelBranchesFollowsTheOneThatEndedLast) {
  Log log;
  log.enter();
  log.r.strandStarted(at(35), 2, 1, 1, StrandKind::branch);
  log.r.strandStarted(at(35), 3, 1, 1, StrandKind::branch);
  const std::int64_t quick = log.call(11, 2, 35, 100);
  const std::int64_t slow = log.call(12, 3, 35, 300, 2);
  log.r.strandEnded(at(quick), 2, 200);
  log.r.strandEnded(at(slow), 3, 200);
  log.busy(1, slow, slow + 7);
  log.leave(slow + 7);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_EQ(pathOf(trip), "proxy:10 hop:20 proxy:5 proxy:10 hop:20 proxy:5 busy:300 proxy:5 hop:20 proxy:10 busy:7 proxy:5 hop:20 proxy:10");
  EXPECT_EQ(trip.critical_path[6].what, "oven-v1-1");
  expectPartition(trip);
}

TEST(ObservationTrip, OfRetriesHasEveryFailedTryAndBackOff) {
  Log log;
  log.enter();
  log.r.callStarted(at(35), 11, 1, 1, 1, log.sidecar, 0);
  const std::int64_t first = log.tryIt(11, TryKind::first, 1, 35, 40, kUnavailable);
  log.r.retryScheduled(at(first), 11, Duration{25});
  const std::int64_t second = log.tryIt(11, TryKind::retry, 2, first + 25, 1000, kReset, first + 25 + 90);  // cut off by its timeout, at work
  log.r.retryScheduled(at(second), 11, Duration{50});
  const std::int64_t third = log.tryIt(11, TryKind::retry, 1, second + 50, 60, kOk);
  log.r.callEnded(at(third), 11, kOk);
  log.leave(third);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_EQ(pathOf(trip),
            "proxy:10 hop:20 proxy:5 "
            "proxy:10 hop:20 proxy:5 busy:40 proxy:5 hop:20 proxy:10 backoff:25 "
            "proxy:10 hop:20 proxy:5 busy:55 backoff:50 "
            "proxy:10 hop:20 proxy:5 busy:60 proxy:5 hop:20 proxy:10 "
            "proxy:5 hop:20 proxy:10");
  expectPartition(trip);
}

TEST(ObservationTrip, OfHedgesIsTheWinnerAndTheWaitForIt) {
  Log log;
  log.enter();
  log.r.callStarted(at(35), 11, 1, 1, 1, log.sidecar, 0);
  log.tryIt(11, TryKind::first, 1, 35, 10'000, kReset, 315);  // ended by the winner
  const std::int64_t won = log.tryIt(11, TryKind::hedge, 2, 185, 60, kOk);
  ASSERT_EQ(won, 315);
  log.r.callEnded(at(won), 11, kOk);
  log.leave(won);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_EQ(pathOf(trip), "proxy:10 hop:20 proxy:5 hedge:150 proxy:10 hop:20 proxy:5 busy:60 proxy:5 hop:20 proxy:10 proxy:5 hop:20 proxy:10");
  expectPartition(trip);
}

TEST(ObservationTrip, WhoseFirstTryBeatsTheHedgeDoesNotMentionIt) {
  Log log;
  log.enter();
  log.r.callStarted(at(35), 11, 1, 1, 1, log.sidecar, 0);
  const std::int64_t won = log.tryIt(11, TryKind::first, 1, 35, 200, kOk);
  log.tryIt(11, TryKind::hedge, 2, 185, 10'000, kReset, won);
  log.r.callEnded(at(won), 11, kOk);
  log.leave(won);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_EQ(pathOf(trip), "proxy:10 hop:20 proxy:5 proxy:10 hop:20 proxy:5 busy:200 proxy:5 hop:20 proxy:10 proxy:5 hop:20 proxy:10");
  expectPartition(trip);
}

TEST(ObservationTrip, OfACallThatFailsGoesOnWithOrElse) {
  Log log;
  log.enter();
  log.r.callStarted(at(35), 11, 1, 1, 1, log.sidecar, 0);
  log.r.noHost(at(35), 11, ResponseFlag::kNoHealthyUpstream);
  log.r.callEnded(at(35), 11, {503, ResponseFlag::kNoHealthyUpstream});
  log.r.strandStarted(at(35), 2, 1, 1, StrandKind::or_else);
  const std::int64_t end = log.call(12, 2, 35, 20);
  log.r.strandEnded(at(end), 2, 200);
  log.leave(end);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_EQ(pathOf(trip), "proxy:10 hop:20 proxy:5 proxy:10 hop:20 proxy:5 busy:20 proxy:5 hop:20 proxy:10 proxy:5 hop:20 proxy:10");
  EXPECT_EQ(trip.calls[1].no_host, ResponseFlag::kNoHealthyUpstream);
  expectPartition(trip);
}

TEST(ObservationTrip, WithInjectedDelayConnectionAndLostRequestSaysSo) {
  Log log;
  log.r.customerArrived(at(0), 1, 0);
  log.r.callStarted(at(0), 1, kNoId, 1, 0, log.gateway, 0);
  log.r.faultDelay(at(0), 1, Duration{40});
  log.r.tried(at(40), 1, 1, TryKind::first, 0, {});
  log.r.connecting(at(48), 1, Duration{8}, Duration{12});
  log.r.sent(at(60), 1, Duration{10}, Duration{20});
  log.r.lost(at(90), 1, Leg::request);
  log.r.callTimedOut(at(500), 1, TimeoutBy::route);
  log.r.tryEnded(at(500), 1, {0, ResponseFlag::kUpstreamRequestTimeout});
  log.r.callEnded(at(500), 1, {504, ResponseFlag::kUpstreamRequestTimeout});
  log.r.customerLeft(at(500), 1, {504, ResponseFlag::kUpstreamRequestTimeout}, false);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_EQ(pathOf(trip), "fault:40 pool:8 handshake:12 proxy:10 hop:20 noAnswer:410");
  expectPartition(trip);
}

TEST(ObservationTrip, OfACustomerWhoLeavesEndsThere) {
  Log log;
  log.enter();
  log.r.busy(at(35), 1, Duration{1'000'000});
  log.r.customerLeft(at(400), 1, {0, ResponseFlag::kDownstreamConnectionTermination}, true);
  log.r.workEnded(at(1'000'035), 1);  // the work goes on
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_TRUE(trip.abandoned);
  EXPECT_EQ(pathOf(trip), "proxy:10 hop:20 proxy:5 busy:365");
  expectPartition(trip);
}

TEST(ObservationTrip, ThatHasNotEndedIsToldUpToItsLastRecord) {
  Log log;
  log.enter();
  log.busy(1, 35, 90);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_FALSE(trip.ended);
  EXPECT_EQ(pathOf(trip), "proxy:10 hop:20 proxy:5 busy:55");
  EXPECT_FALSE(buildTrip(log.r, 2, smallMall()).found);
}

TEST(ObservationTrip, RecordsOnlyWhomItWasToldOf) {
  TripRecorder off;
  off.customerArrived(at(0), 1, 0);
  off.callStarted(at(0), 1, kNoId, 1, 0, kNoIndex, 0);
  EXPECT_TRUE(off.records().empty());
  TripRecorder r;
  r.traceFirst(2);
  r.traceCustomer(9);
  EXPECT_TRUE(r.traced(1) && r.traced(2) && r.traced(9));
  EXPECT_FALSE(r.traced(0) || r.traced(3));
  r.customerArrived(at(0), 3, 0);
  r.callStarted(at(0), 5, kNoId, 3, 0, kNoIndex, 0);
  r.tried(at(0), 6, 5, TryKind::first, 0, {});
  r.strandStarted(at(0), 7, 6, kNoId, StrandKind::main);
  r.busy(at(0), 7, Duration{1});
  r.callEnded(at(1), 5, kOk);
  EXPECT_TRUE(r.records().empty());
  EXPECT_TRUE(r.picks().empty());
}

TEST(ObservationTrip, KeepsCustomersApart) {
  TripRecorder r;
  r.traceFirst(2);
  for (const std::uint64_t n : {std::uint64_t{1}, std::uint64_t{2}}) {
    r.customerArrived(at(0), n, 0);
    r.callStarted(at(0), n, kNoId, n, 0, kNoIndex, 0);
  }
  for (const std::uint64_t n : {std::uint64_t{1}, std::uint64_t{2}}) {
    r.callEnded(at(static_cast<std::int64_t>(n) * 10), n, kOk);
    r.customerLeft(at(static_cast<std::int64_t>(n) * 10), n, kOk, false);
  }
  EXPECT_EQ(buildTrip(r, 1, smallMall()).latency().ns, 10);
  EXPECT_EQ(buildTrip(r, 2, smallMall()).latency().ns, 20);
  EXPECT_EQ(buildTrip(r, 2, smallMall()).calls.size(), 1U);
}

TEST(ObservationTrip, TextShowsPicksWithTheirReasonsAndTheSumOfThePath) {
  Log log;
  PickRecord reason;
  reason.policy = log.r.nameIndex("LEAST_REQUEST");
  reason.candidates = {{1, 2, 2}, {2, 0, 3}};
  reason.draws = {17, 4};
  log.enter();
  log.r.callStarted(at(35), 11, 1, 1, 1, log.sidecar, 0);
  log.r.routed(11, 0, 1, log.r.nameIndex("v1"), 0);
  log.r.tried(at(35), 50, 11, TryKind::first, 2, reason);
  log.r.sent(at(35), 50, Duration{10}, Duration{20});
  log.r.arrived(at(65), 50, Duration{0});
  log.r.refused(at(65), 50, Rejection::queue_full);
  log.r.answered(at(65), 50, kUnavailable, Duration{0}, Duration{20}, Duration{10});
  log.r.tryEnded(at(95), 50, kUnavailable);
  log.r.callEnded(at(95), 11, kUnavailable);
  log.leave(95, kUnavailable);
  const Trip trip = buildTrip(log.r, 1, smallMall());
  EXPECT_EQ(tripText(trip),
            "customer 1 of lunch: arrived at 0.000001 s, answered 503 after 0.000130 ms\n"
            "\n"
            "    start ms    length ms\n"
            "    0.000000     0.000130  call bakery/GET /bread by gateway-0: 503\n"
            "    0.000000     0.000130    try 1 at bakery-v1-0: 503\n"
            "    0.000000     0.000010      gateway-0, outbound\n"
            "    0.000010     0.000020      hop to bakery-v1-0\n"
            "    0.000030     0.000005      inbound proxy of bakery-v1-0\n"
            "    0.000035     0.000060      call oven/bake by bakery-v1-0 sidecar, rule 0, subset v1: 503\n"
            "    0.000035     0.000060        try 1 at oven-v1-1, picked by LEAST_REQUEST from oven-v1-0 (2 active), oven-v1-1 (0 active, in truth 3), drew 17 "
            "4: 503\n"
            "    0.000035     0.000010          bakery-v1-0 sidecar, outbound\n"
            "    0.000045     0.000020          hop to oven-v1-1\n"
            "    0.000065            -          turned away: queueFull\n"
            "    0.000065            -          answers 503\n"
            "    0.000065     0.000020          hop back\n"
            "    0.000085     0.000010          bakery-v1-0 sidecar, back\n"
            "    0.000095            -      answers 503\n"
            "    0.000095     0.000005      inbound proxy of bakery-v1-0, back\n"
            "    0.000100     0.000020      hop back\n"
            "    0.000120     0.000010      gateway-0, back\n"
            "\n"
            "critical path\n"
            "    start ms    length ms\n"
            "    0.000000     0.000010  proxy      gateway-0\n"
            "    0.000010     0.000020  hop        to bakery-v1-0\n"
            "    0.000030     0.000005  proxy      inbound of bakery-v1-0\n"
            "    0.000035     0.000010  proxy      bakery-v1-0 sidecar\n"
            "    0.000045     0.000020  hop        to oven-v1-1\n"
            "    0.000065     0.000020  hop        from oven-v1-1\n"
            "    0.000085     0.000010  proxy      bakery-v1-0 sidecar\n"
            "    0.000095     0.000005  proxy      inbound of bakery-v1-0\n"
            "    0.000100     0.000020  hop        from bakery-v1-0\n"
            "    0.000120     0.000010  proxy      gateway-0\n"
            "         sum     0.000130\n");
  const auto json = nlohmann::json::parse(tripJson(trip));
  EXPECT_EQ(json["latency"], 130);
  EXPECT_EQ(json["calls"][0]["tries"][0]["work"][0]["steps"][0]["tries"][0]["pick"]["candidates"][1]["activeTrue"], 3);
  EXPECT_EQ(json["calls"][0]["tries"][0]["work"][0]["steps"][0]["tries"][0]["refused"], "queueFull");
  std::int64_t sum = 0;
  for (const auto& part : json["criticalPath"]) sum += part["length"].get<std::int64_t>();
  EXPECT_EQ(sum, 130);
  EXPECT_EQ(nlohmann::json::parse(tripsJson({trip, trip}))["trips"].size(), 2U);
}

// Random, but possible stories: sequences, parallel branches, retries with and without back-off, timeouts at any instant, hedges, nesting.
class StoryTeller {
 public:
  explicit StoryTeller(std::uint32_t seed) : random_(seed) { log.r.traceCustomer(1); }
  Log log;

  std::int64_t customer() {
    log.r.customerArrived(at(0), 1, 0);
    const std::int64_t end = call(kNoId, 0, 0);
    log.r.customerLeft(at(end), 1, kOk, false);
    return end;
  }

 private:
  std::int64_t upTo(std::int64_t n) { return std::uniform_int_distribution<std::int64_t>(0, n)(random_); }
  Duration length(std::int64_t n) { return Duration{upTo(3) == 0 ? 0 : upTo(n)}; }

  std::int64_t call(std::uint64_t strand, std::int64_t t, int depth) {
    const std::uint64_t id = log.next++;
    log.r.callStarted(at(t), id, strand, 1, 1, log.sidecar, 0);
    if (upTo(5) == 0) {
      const Duration delay = length(100);
      log.r.faultDelay(at(t), id, delay);
      t += delay.ns;
    }
    const auto tries = upTo(3);
    for (std::int64_t i = 0; i <= tries; ++i) {
      const bool last = i == tries;
      const Outcome outcome = last ? kOk : kUnavailable;
      const std::int64_t start = t;
      t = tryOnce(id, i == 0 ? TryKind::first : TryKind::retry, t, depth, outcome);
      if (last && upTo(4) == 0 && t > start + 1) tryOnce(id, TryKind::hedge, start + upTo(t - start - 1), depth, kReset, t);
      if (!last) {
        const Duration backoff = length(50);
        log.r.retryScheduled(at(t), id, backoff);
        t += backoff.ns;
      }
    }
    log.r.callEnded(at(t), id, kOk);
    return t;
  }

  // Ends by an answer, or at `cut`, or by a timeout of its own.
  std::int64_t tryOnce(std::uint64_t call_id, TryKind kind, std::int64_t t, int depth, Outcome outcome, std::int64_t cut = -1) {
    const std::uint64_t id = log.next++;
    const std::int64_t start = t;
    log.r.tried(at(t), id, call_id, kind, 1, {});
    if (upTo(3) == 0) {
      const Duration wait = length(20), handshake = length(20);
      log.r.connecting(at(t), id, wait, handshake);
      t += wait.ns + handshake.ns;
    }
    const Duration outbound = length(10), hop = length(30), inbound = length(10);
    log.r.sent(at(t), id, outbound, hop);
    t += outbound.ns + hop.ns;
    log.r.arrived(at(t), id, inbound);
    t += inbound.ns;
    const std::uint64_t strand = log.next++;
    log.r.strandStarted(at(t), strand, id, kNoId, StrandKind::main);
    t = steps(id, strand, t, depth);
    log.r.strandEnded(at(t), strand, outcome.status);
    log.r.answered(at(t), id, outcome, inbound, hop, outbound);
    t += inbound.ns + hop.ns + outbound.ns;
    if (cut >= 0) t = cut;
    if (cut < 0 && upTo(4) == 0 && t > start) {
      t = start + upTo(t - start);
      log.r.tryTimedOut(at(t), id);
    }
    log.r.tryEnded(at(t), id, outcome);
    return t;
  }

  std::int64_t steps(std::uint64_t try_id, std::uint64_t strand, std::int64_t t, int depth) {
    const auto count = upTo(3);
    for (std::int64_t i = 0; i < count; ++i) {
      switch (upTo(depth < 3 ? 4 : 2)) {
        case 0: {
          log.r.queued(at(t), strand);
          t += length(40).ns;
          log.r.granted(at(t), strand);
          break;
        }
        case 1: {
          const Duration work = length(60);
          log.r.busy(at(t), strand, work);
          t += work.ns;
          log.r.workEnded(at(t), strand);
          break;
        }
        case 2:
          t += length(9).ns;
          break;  // unexplained
        case 3:
          t = call(strand, t, depth + 1);
          break;
        default: {
          std::int64_t latest = t;
          for (std::int64_t b = upTo(3); b >= 0; --b) {
            const std::uint64_t branch = log.next++;
            log.r.strandStarted(at(t), branch, try_id, strand, StrandKind::branch);
            const std::int64_t end = steps(try_id, branch, t, depth + 1);
            log.r.strandEnded(at(end), branch, 200);
            latest = std::max(latest, end);
          }
          t = latest;
        }
      }
    }
    return t;
  }

  std::mt19937 random_;
};

TEST(ObservationTrip, CriticalPathPartitionsTheTimeOfThousandsOfRandomStories) {
  const Collector mall = smallMall();
  std::size_t parts = 0;
  for (std::uint32_t seed = 0; seed < 3'000; ++seed) {
    StoryTeller teller(seed);
    const std::int64_t end = teller.customer();
    const Trip trip = buildTrip(teller.log.r, 1, mall);
    ASSERT_EQ(trip.latency().ns, end) << "seed " << seed;
    expectPartition(trip);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
    parts += trip.critical_path.size();
  }
  EXPECT_GT(parts, 30'000U);
}

TEST(ObservationTrip, CriticalPathPartitionsTheTimeWhateverTheLogSays) {
  const Collector mall = smallMall();
  std::mt19937 random(7);
  const auto upTo = [&](std::uint32_t n) { return std::uniform_int_distribution<std::uint32_t>(0, n)(random); };
  for (int run = 0; run < 2'000; ++run) {
    TripRecorder r;
    r.traceCustomer(1);
    r.customerArrived(at(0), 1, 0);
    const auto when = [&] { return at(upTo(300)); };
    const auto some = [&] { return Duration{upTo(50)}; };
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t fresh = 10 + static_cast<std::uint64_t>(i), old = 10 + upTo(static_cast<std::uint32_t>(i));
      const std::uint64_t older = 10 + upTo(static_cast<std::uint32_t>(i));
      switch (upTo(15)) {
        case 0:
          r.callStarted(when(), fresh, upTo(1) == 0 ? kNoId : old, 1, upTo(5), kNoIndex, 0);
          break;
        case 1:
        case 2:
          r.tried(when(), fresh, old, static_cast<TryKind>(upTo(3)), upTo(5), {});
          break;
        case 3:
        case 4:
          r.strandStarted(when(), fresh, old, upTo(1) == 0 ? kNoId : older, static_cast<StrandKind>(upTo(2)));
          break;
        case 5:
          r.sent(when(), old, some(), some());
          break;
        case 6:
          r.arrived(when(), old, some());
          break;
        case 7:
          r.answered(when(), old, kOk, some(), some(), some());
          break;
        case 8:
          r.tryEnded(when(), old, kOk);
          break;
        case 9:
          r.callEnded(when(), old, kOk);
          break;
        case 10:
          r.busy(when(), old, some());
          break;
        case 11:
          r.workEnded(when(), old);
          break;
        case 12:
          r.retryScheduled(when(), old, some());
          break;
        case 13:
          r.strandEnded(when(), old, 200);
          break;
        case 14:
          r.connecting(when(), old, some(), some());
          break;
        default:
          r.lost(when(), old, static_cast<Leg>(upTo(1)));
      }
    }
    r.customerLeft(at(280), 1, kOk, false);
    const Trip trip = buildTrip(r, 1, mall);
    expectPartition(trip);
    if (HasFatalFailure()) FAIL() << "run " << run;
    EXPECT_FALSE(tripText(trip).empty());
    EXPECT_TRUE(nlohmann::json::accept(tripJson(trip)));
  }
}

}  // namespace
}  // namespace meshmall::models
