// A running mall: all of one simulation's state as a value. A copy taken between two events goes on to the same end as the original, so forks,
// stepping back and racing two policies from one instant come for nothing. One simulation is one thread; the plan is shared and never changes.
//
//   Mall mall(makePlan(scenario), {.seed = 1});
//   while (mall.step()) {}
//   Result result = mall.result();
//
// The parts follow a request's life: customers.cpp, outbound.cpp, connections.cpp, inbound.cpp, counter.cpp, course.cpp, answers.cpp;
// faults.cpp and membership.cpp change the mall by the clock; audit.cpp checks the promises. See docs/explanation/life-of-a-request.md.
// Throws engine::LimitReached (events, memory) and engine::BrokenPromise.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "engine/kernel/fingerprint.h"
#include "models/failover/istio_locality.h"
#include "models/failover/zone_aware.h"
#include "models/mall/control_plane.h"
#include "models/mall/badges.h"
#include "models/mall/entities.h"
#include "models/mall/feedback.h"
#include "models/mall/guards.h"
#include "models/mall/lifecycle.h"
#include "models/mall/plan.h"
#include "models/mall/rollouts.h"
#include "models/mall/scaler.h"
#include "models/observation/collector.h"
#include "models/observation/result.h"
#include "models/observation/trip_recorder.h"
#include "models/resilience/global_rate_limit.h"
#include "models/resilience/hedging.h"
#include "models/workload/arrivals.h"

namespace meshmall::models {

struct RunOptions {
  std::uint64_t seed = 1;
  std::uint64_t replication = 0;
  std::uint64_t trace_request = 0;   // the customer whose trip is recorded, from 1; 0: none
  std::uint64_t trace_first = 0;     // the trips of the first so many
  std::uint64_t max_events = 0;      // 0: no limit
  std::uint64_t max_events_at_once = 10'000'000;  // at one instant: time that stands still ends the run
  bool count_arrivals = false;       // what the callees' proxies see, by caller: Collector::arrivals()
};

class SnapshotTaker;

class Mall {
 public:
  explicit Mall(std::shared_ptr<const Plan> plan, RunOptions options = {});

  // One event. False, and nothing happens, when the run is over.
  [[gnu::hot]] bool step();
  // Everything that happens up to and at `until`, or to the end of the run.
  void runUntil(SimTime until);
  void run() { runUntil(engine::kNever); }

  SimTime now() const { return now_; }
  bool finished() const { return finished_; }
  SimTime end() const { return end_; }      // when no more customers are measured
  std::uint64_t events() const { return events_; }
  const engine::Fingerprint& fingerprint() const { return fingerprint_; }
  const Collector& collector() const { return collector_; }
  const TripRecorder& trips() const { return trips_; }
  // From now on records the trips of every `every`-th of customers `first` to `last` (numbers in the order of arrival). Changes nothing of what happens.
  void traceRange(std::uint64_t first, std::uint64_t last, std::uint64_t every) { trips_.traceRange(first, last, every); }
  const Plan& plan() const { return *plan_; }
  const RunOptions& options() const { return options_; }
  Result result() const;

  // ---- changes of the timeline in mid-run (amendments.cpp). From then on the mall is the one that was started with `plan`, event by event and byte for byte.
  // `plan` is of the same scenario but for what is said. False, and nothing changes: that cannot be had in mid-run; start a mall with `plan`.
  // Further events at the end of the scenario's list, after now().
  bool addEvents(const std::shared_ptr<const Plan>& plan);
  // The event ends when `plan` says ("for"), after now(). It is in force, and does not repeat.
  bool moveEnd(const std::shared_ptr<const Plan>& plan, std::uint32_t event);
  // The last event of the list is gone: one that addEvents() brought, and that has not happened.
  bool withdrawEvent(const std::shared_ptr<const Plan>& plan);

  // Every promise that does not hold now: counters against a count of what is alive. Empty when all is well. O(everything).
  std::vector<std::string> audit() const;
  // What is left after a run with `drain` although no answer is lost for good. Empty when all is well.
  std::vector<std::string> auditDrained() const;

  // What stands and moves, for whoever watches.
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  const std::vector<Proxy>& proxies() const { return proxies_; }
  const std::vector<Upstream>& upstreams() const { return upstreams_; }
  const std::vector<Scaler>& autoscalers() const { return scalers_; }  // in the scenario's order
  std::uint32_t customersInside() const { return inside_; }

 private:
  friend class SnapshotTaker;  // reads all there is, and changes nothing (observation/snapshot.h)

  enum EventKind : std::uint32_t {
    kCustomerArrives, kCustomerLeaves, kCustomerReturns, kUserReturns,
    kFaultDelayOver, kBackoffOver, kRouteTimeout, kCallerTimeout, kLocalReply, kPerTryTimeout,
    kConnected, kConnectTimeout, kTryOverflowed, kRequestArrives, kInboundDone, kAnswerArrives, kCancelArrives,
    kWorkDone, kWaitDone, kShareDone,
    kOutlierTick, kEffectStarts, kEffectEnds, kEndpointReady, kCrashNoticed,
    kProbeArrives, kProbeAnswered, kReportsDue, kReportArrives,
    kLimitCounted, kLimitAnswered, kEntranceCounted, kEntranceAnswered, kDoorTimer,
    kPenaltyOver, kCheckDue, kCheckArrives, kCheckAnswered, kCheckTimeout,
    kPushDue, kPushArrives, kTermComes, kKillComes, kProbeDue, kScalersSync,
    kWarmUpOver,
    kRolloutDue, kRolloutWoken, kScrapeDue,
    kRenewalDue,
  };

  // ---- the run (mall.cpp)
  [[gnu::hot]] void dispatch(const engine::Event& event);
  void build();
  void buildEntrances();
  std::uint32_t addProxy(Proxy proxy, std::uint32_t threads);
  bool nothingMoves() const;
  TimerId after(Duration d, EventKind kind, std::uint32_t subject, std::uint64_t detail = 0) {
    return queue_.schedule(now_ + d, {kind, subject, detail});
  }
  TimerId timer(std::uint32_t ring, EventKind kind, std::uint32_t subject, std::uint64_t detail = 0) {
    return queue_.scheduleTimeout(now_, {ring}, {kind, subject, detail});
  }
  std::uint64_t newTrace() { return ++last_trace_; }
  void drop(TimerId& id) {
    if (id.slot != engine::kNoSlot) queue_.cancel(id);
    id = {};
  }
  Duration draw(const Distribution& distribution, std::uint64_t who, std::uint64_t path, std::uint64_t purpose) const;
  bool coin(double probability, std::uint64_t who, std::uint64_t path, std::uint64_t purpose) const;

  // ---- customers (customers.cpp)
  void scheduleArrival(std::uint32_t traffic);
  void customerArrives(std::uint32_t traffic);
  void enter(std::uint32_t traffic, std::uint64_t who, std::uint64_t path, std::uint32_t user, std::uint32_t returns_left, std::uint32_t headers);
  std::uint32_t drawHeaders(std::uint32_t traffic, std::uint64_t who);
  void customerAnswered(std::uint32_t customer, Outcome outcome);
  void customerLeaves(std::uint32_t customer);
  void leave(std::uint32_t customer, Outcome outcome, bool abandoned);
  void userThinks(std::uint32_t traffic, std::uint32_t user);
  void userReturns(std::uint32_t traffic, std::uint32_t user);
  void customerReturns(std::uint32_t waiting);
  static std::string keyValue(const KeyDistribution& keys, const std::optional<engine::WeightedChoice>& choice, double u);
  [[gnu::hot]] void letGo(std::uint32_t customer);  // one holder less
  void holdHeaders(std::uint32_t headers);
  void dropHeaders(std::uint32_t headers);

  // ---- the caller's proxy (outbound.cpp)
  [[gnu::hot]] std::uint32_t startCall(std::uint32_t customer, std::uint32_t strand, std::uint32_t flow, std::uint32_t proxy, std::uint64_t path, std::uint32_t headers,
                          bool measured);
  [[gnu::hot]] const RoutePlan* matchRoute(std::uint32_t call);
  [[gnu::hot]] void route(std::uint32_t call);
  [[gnu::hot]] void takeRoute(std::uint32_t call);
  void faultDelayOver(std::uint32_t call);
  [[gnu::hot]] void toCluster(std::uint32_t call);
  void mirror(std::uint32_t call, const RoutePlan& plan);
  void sendCopy(std::uint32_t call, std::uint32_t cluster, std::uint64_t copy);
  const RoutePlan& routeOf(const PendingCall& call) const;
  [[gnu::noinline]] std::uint32_t rewrittenOperation(const PendingCall& call, std::uint32_t service) const;
  [[gnu::hot]] void startTry(std::uint32_t call, TryKind kind);
  [[gnu::hot]] Pick choose(std::uint32_t call, Upstream& upstream, TryKind kind, PickTrace* trace);
  [[gnu::cold, gnu::noinline]] Pick pickTraced(Upstream& upstream, std::uint32_t thread, const PickContext& context, engine::StreamSource& random, PickTrace& trace);
  [[gnu::hot]] void attach(std::uint32_t index);
  [[gnu::hot]] void send(std::uint32_t index);
  void loseRequest(std::uint32_t index);
  void traceTry(std::uint32_t index, const Pick& pick, const PickTrace& trace);
  [[gnu::noinline]] void traceNoHost(std::uint32_t call, const Pick& pick);
  [[gnu::noinline]] PickRecord recordOf(const Upstream& upstream, const PendingCall& call, const Pick& pick);
  std::string believed(const Upstream& upstream, HostIndex host) const;
  std::string crowdAt(std::uint32_t endpoint) const;
  std::string weighed(const Upstream& upstream, const Pick& pick, const PickTrace& trace) const;
  std::string truthOf(const Endpoint& endpoint, std::uint32_t operation) const;
  [[gnu::hot]] Duration hop(std::uint32_t from, std::uint32_t to, const Try& t, unsigned lane, bool& lost);
  void replyLocally(std::uint32_t call, Outcome outcome);
  [[gnu::hot]] std::uint32_t upstreamOf(std::uint32_t proxy, std::uint32_t cluster);
  static const ClusterPolicy& policyOf(const Upstream& upstream) { return *upstream.policy; }
  [[gnu::hot]] LoadBalancer& balancerOf(Upstream& upstream, std::uint32_t thread);
  void setHeaders(std::uint32_t& headers, const HeaderOperations& operations);
  [[gnu::hot]] Duration hopOf(std::uint64_t who, std::uint64_t path, const std::array<std::uint64_t, 4>& lanes, std::uint32_t from, std::uint32_t to, unsigned lane, bool& lost);

  // ---- what of a request is hashed (request_hash.cpp)
  std::optional<std::uint64_t> hashOf(const PendingCall& call, const HashPolicy& policy) const;

  // ---- what balancers hear (feedback.cpp)
  void adoptBalancing(std::uint32_t upstream);
  void openWarmUpstreams(std::uint32_t proxy);
  void noticeHosts(Upstream& upstream);
  [[gnu::noinline]] void noteWarmUps(std::uint32_t upstream);
  void warmUpOver(std::uint32_t upstream);
  [[gnu::cold, gnu::noinline]] void noteTables(Upstream& upstream, std::uint32_t thread);
  void noteSent(std::uint32_t index);
  void noteArrived(std::uint32_t index);
  void noteAnswer(std::uint32_t index);
  void hear(std::uint32_t index);
  LoadReport reportOf(std::uint32_t endpoint);
  void sendProbes(std::uint32_t call, std::uint32_t upstream);
  void probeArrives(std::uint32_t message);
  void probeAnswered(std::uint32_t message);
  void reportsDue(std::uint32_t upstream);
  void reportArrives(std::uint32_t message);

  // ---- connections (connections.cpp)
  [[gnu::hot]] HostIndex hostOf(const Upstream& upstream, const Try& t) const;
  [[gnu::hot]] HostPool& poolOf(const Try& t);
  bool multiplexed(const Upstream& upstream) const;
  std::uint32_t streamsPerConnection(const Upstream& upstream) const;
  [[gnu::hot]] bool reuseConnection(std::uint32_t index);
  [[gnu::hot]] void connect(std::uint32_t index);
  void openConnection(std::uint32_t index);
  void connected(std::uint32_t upstream, std::uint32_t thread, std::uint32_t endpoint, std::uint16_t generation);
  void serveLine(std::uint32_t upstream, std::uint32_t thread, HostPool& pool);
  [[gnu::hot]] void attachOrOverflow(std::uint32_t index);
  void overflow(std::uint32_t index);
  void tryOverflowed(std::uint32_t index);
  void leaveLine(std::uint32_t index);
  [[gnu::hot]] void releaseConnection(std::uint32_t index, bool reusable);
  bool overdue(const ConnectionPoolConfig& config, const HostPool& pool) const;
  void noteIdle(HostPool& pool) const;
  HostIndex pinnedHost(Upstream& upstream, std::uint32_t thread);
  [[gnu::noinline]] Pick pickPinned(std::uint32_t call, Upstream& upstream, PickTrace* trace);
  void closeConnections(Upstream& upstream, HostPool& pool);
  void reopenConnections(std::uint32_t upstream);
  void endpointConnectionsLost(std::uint32_t endpoint);

  // ---- the callee's proxy (inbound.cpp)
  [[gnu::hot]] void requestArrives(std::uint32_t index);
  [[gnu::hot]] void inboundDone(std::uint32_t index);
  void cancelArrives(std::uint32_t index);
  void refuseConnection(std::uint32_t index);
  Duration proxyTime(const Try& t, unsigned lane, const Distribution& time, bool has_proxy) {
    return !has_proxy || time.isZero() ? Duration{0} : drawProxyTime(t, lane, time);
  }
  Duration drawProxyTime(const Try& t, unsigned lane, const Distribution& time);

  // ---- the counter (counter.cpp)
  [[gnu::hot]] void reach(std::uint32_t index);
  [[gnu::hot]] void startRequest(std::uint32_t strand);
  [[gnu::hot]] bool failsNow(const Try& t, std::uint16_t& status) const;
  void refuse(std::uint32_t index, Rejection reason);
  void queueUp(std::uint32_t strand);
  void unqueue(std::uint32_t strand);
  std::size_t lineOf(const Try& t) const;
  void grant(std::uint32_t endpoint);
  void expire(std::uint32_t strand);
  void takeWorker(std::uint32_t endpoint) {
    ++endpoints_[endpoint].held;
    collector_.heldWorkers(endpoint, now_, 1);
    if (!meters_.empty()) [[unlikely]] meterHeld(endpoint);
  }
  void giveWorker(std::uint32_t endpoint) {
    engine::promise(endpoints_[endpoint].held > 0, "a worker was given back twice");
    --endpoints_[endpoint].held;
    collector_.heldWorkers(endpoint, now_, -1);
    if (!meters_.empty()) [[unlikely]] meterHeld(endpoint);
  }
  [[gnu::cold]] void meterHeld(std::uint32_t endpoint);
  [[gnu::hot]] void askForWorker(std::uint32_t strand);
  [[gnu::hot]] void workWithClerk(std::uint32_t strand);
  [[gnu::hot]] void startBusy(std::uint32_t strand);
  static constexpr double kLongestWork = 1e18;  // ns, 31 years: still far from the end of time
  static Duration stretched(Duration work, double factor);
  [[gnu::hot]] void workDone(std::uint32_t strand);
  void waitForOwnWorker(std::uint32_t strand);
  std::uint32_t nextOfOwnLine(Try& t);
  [[gnu::hot]] void requestDone(std::uint32_t index, std::uint16_t status, ResponseFlag flag);
  double shareRate(const Endpoint& endpoint) const;
  void advanceShares(Endpoint& endpoint);
  void startShare(std::uint32_t strand);
  void sharesChanged(std::uint32_t endpoint);
  void resortShares(std::uint32_t endpoint);
  void shareDone(std::uint32_t endpoint);
  void leaveShare(std::uint32_t strand);

  // ---- the course of the work (course.cpp)
  [[gnu::hot]] std::uint32_t newStrand(std::uint32_t index, std::uint32_t parent, std::uint32_t pc, Strand::Kind kind);
  [[gnu::hot]] void endStrand(std::uint32_t strand);
  [[gnu::hot]] void move(std::uint32_t strand);
  double stepUniform(const Try& t, const Instruction& instruction, unsigned lane) const;
  bool asks(const Instruction& instruction, const Try& t) const;
  [[gnu::hot]] Duration stepTime(const Try& t, const Instruction& instruction) const;
  [[gnu::hot]] void beginWork(std::uint32_t strand, const Instruction& instruction);
  void waitDone(std::uint32_t strand);
  void split(std::uint32_t strand, const Instruction& instruction);
  void branchEnded(std::uint32_t parent, std::uint16_t status);
  [[gnu::hot]] void makeCall(std::uint32_t strand);
  [[gnu::hot]] void callReturned(std::uint32_t strand, std::uint16_t status);
  [[gnu::hot]] void goOn(std::uint32_t strand);
  void callFailed(std::uint32_t strand, std::uint16_t status);
  [[gnu::hot]] void strandEnded(std::uint32_t strand, std::uint16_t status);
  void stopWork(std::uint32_t index);
  void stopStrand(std::uint32_t strand);

  // ---- answers (answers.cpp)
  [[gnu::hot]] void answer(std::uint32_t index, std::uint16_t status, ResponseFlag flag, ResetReason reset);
  [[gnu::hot]] void answerArrives(std::uint32_t index);
  [[gnu::noinline]] void rateLimitedAnswerArrives(std::uint32_t index);
  void perTryTimeout(std::uint32_t index);
  void connectTimeout(std::uint32_t index);
  [[gnu::hot]] void tryOver(std::uint32_t index, const TryOutcome& outcome, ResponseFlag flag, bool timed_out, bool reusable);
  [[gnu::hot]] void decide(std::uint32_t call, std::uint16_t ordinal, const TryOutcome& outcome, std::uint16_t status, ResponseFlag flag);
  void giveUpTry(std::uint32_t index, ResponseFlag flag, bool report_timeout);
  void giveUpTries(std::uint32_t call, ResponseFlag flag, bool report_timeout);
  void backoffOver(std::uint32_t call);
  void localReply(std::uint32_t call);
  void routeTimeout(std::uint32_t call);
  void callerTimeout(std::uint32_t call);
  [[gnu::hot]] void finishCall(std::uint32_t call, Outcome outcome);
  void abandonCall(std::uint32_t call, Outcome outcome);
  [[gnu::hot]] void closeCall(std::uint32_t call, Outcome outcome);
  [[gnu::hot]] void releaseTry(std::uint32_t index);
  [[gnu::hot]] void detach(std::uint32_t index);

  // ---- what limits retries beside their number, and hedges (retries.cpp)
  [[gnu::noinline]] RetryAnswer askGate(std::uint32_t call, const TryOutcome* outcome);
  TryOutcome asRetrySees(const PendingCall& call, TryOutcome outcome) const;
  RetryAllowance& allowanceOf(Upstream& upstream);
  GrpcRetryThrottle& throttleOf(Upstream& upstream, const GrpcThrottleConfig& config);
  static const std::optional<RetryBudgetConfig>& budgetOf(const Upstream& upstream, const RetryPolicy& policy);
  [[gnu::noinline]] void payAhead(std::uint32_t call);
  [[gnu::noinline]] void releaseRetry(PendingCall& call);
  void noteRefusal(Upstream& upstream, const RetryPolicy& policy);
  void scheduleRetry(std::uint32_t call, const RetryAnswer& answer);
  std::string allowanceText(Upstream& upstream, const RetryPolicy& policy);
  [[gnu::noinline]] void startOnBoard(std::uint32_t call);
  [[gnu::noinline]] void softTimeout(std::uint32_t index);
  bool toldSlow(const Try& t) const;
  [[gnu::noinline]] void decideHedged(std::uint32_t call, std::uint16_t ordinal, const TryOutcome& outcome, std::uint16_t status, ResponseFlag flag);
  void addHostsTried(const PendingCall& call, const Upstream& upstream, std::vector<HostIndex>& tried) const;
  [[gnu::noinline]] const std::vector<PriorityShare>& sharesForRetry(std::uint32_t call, const Upstream& upstream, std::uint32_t frequency);

  // ---- limits at the door, and admission control (limits.cpp)
  [[gnu::noinline]] bool passEntrance(std::uint32_t call);
  void entranceCounted(std::uint32_t call);
  void entranceAnswered(std::uint32_t call);
  void refuseAtEntrance(std::uint32_t call, Rejection reason, Outcome outcome);
  [[gnu::noinline]] void atDoor(std::uint32_t index);
  Door& doorOf(std::uint32_t endpoint, const DoorPolicy& policy);
  const DoorPolicy& doorPolicyOf(const Endpoint& endpoint) const;
  void checkService(std::uint32_t index, const DoorPolicy& policy);
  void limitCounted(std::uint32_t index);
  void limitAnswered(std::uint32_t index);
  void letIn(std::uint32_t index, const DoorPolicy& policy);
  void refuseAtDoor(std::uint32_t index, Rejection reason, Outcome outcome, std::uint32_t reset_seconds);
  [[gnu::noinline]] void leaveDoor(std::uint32_t index);
  void doorTimer(std::uint32_t endpoint);
  void setDoorTimer(std::uint32_t endpoint);
  void dropDoorTimer(Door& door);
  void noteLimit(std::uint32_t endpoint);
  void noteDenial(NoteGate& gate, Subject subject, const std::string& by, Rejection reason);
  bool asksService(const GlobalRateLimit& limit, std::uint32_t headers) const;
  bool countsOver(const RateLimits& limits, std::uint32_t headers);
  [[gnu::noinline]] bool admit(std::uint32_t call);
  [[gnu::noinline]] void recordAdmission(const PendingCall& call, Outcome outcome);

  // ---- who may come in (guards_at_the_door.cpp), certificates (certificates.cpp)
  struct GuardVerdict {
    std::optional<Rejection> refused;
    Outcome outcome;
    TokenVerdict token = TokenVerdict::kNoToken;
    AuthorizationDecision decision;
    const CallerBadge* badge = nullptr;  // nothing: the caller shows none
  };
  ClientTransport transportTo(const Upstream& upstream, const Endpoint& endpoint) const;
  bool speaksOtherwise(const Upstream& upstream, std::uint32_t mesh_before, std::uint32_t mesh_now) const;
  Badge& badgeOf(std::uint32_t index);
  [[gnu::noinline]] void shakeHands(std::uint32_t index, bool fresh);
  [[gnu::noinline]] bool connectionAccepted(std::uint32_t index);
  void refuseHandshake(std::uint32_t index, HandshakeResult result);
  [[gnu::noinline]] void dropRefusedConnection(std::uint32_t index);
  GuardVerdict judge(const WorkloadGuard& guard, AuthorizationRequest request, const AuthorizationDecision* known, std::uint32_t traffic, std::uint32_t headers) const;
  [[gnu::noinline]] bool passGuard(std::uint32_t index);
  [[gnu::noinline]] bool passEntranceGuard(std::uint32_t call);
  std::string verdictText(const GuardVerdict& verdict, std::uint32_t mesh_version) const;
  void noteRefused(std::uint32_t proxy, Rejection reason, Subject subject, Detail detail);
  Detail detailOf(const GuardVerdict& verdict, std::uint32_t mesh_version) const;
  void certify(std::uint32_t proxy);
  void renewalDue(std::uint32_t proxy);
  void setRenewal(std::uint32_t proxy);
  void noteCertificate(std::uint32_t proxy, const char* what);
  bool stopsRenewal(const StopRenewal& stop, const Proxy& proxy) const;
  void stopRenewal(const StopRenewal& stop);
  void resumeRenewal(const StopRenewal& stop);
  const Certificate* certificateOf(std::uint32_t proxy) const;

  // ---- ejection (ejection.cpp)
  [[gnu::noinline]] void startDetector(Upstream& upstream, const ClusterPolicy& policy);
  [[gnu::hot]] void reportToDetector(std::uint32_t upstream, const Try& t, const TryOutcome& outcome, bool timed_out);
  void applyEjections(std::uint32_t upstream);
  [[gnu::noinline]] void noteEjections(std::uint32_t upstream);
  void outlierTick(std::uint32_t upstream);
  [[gnu::noinline]] void tellShares(std::uint32_t upstream);

  // ---- breakers (breakers.cpp)
  HostBreaker& breakerOf(const Upstream& upstream, std::uint32_t endpoint);
  [[gnu::noinline]] void breakerSends(std::uint32_t index);
  [[gnu::noinline]] void breakerHears(std::uint32_t index, AnswerClass answer);
  [[gnu::noinline]] void probeAbandoned(std::uint32_t index);
  void setShut(std::uint32_t upstream, std::uint32_t endpoint, bool shut);
  void penaltyOver(std::uint32_t upstream, std::uint32_t slot);

  // ---- active health checks (checks.cpp)
  [[gnu::noinline]] void startWatch(std::uint32_t upstream, bool warm);
  void endWatch(std::uint32_t upstream);
  void followWatch(std::uint32_t upstream, bool warm);
  void stopCheck(HostCheck& check);
  void checkDue(std::uint32_t upstream, std::uint32_t slot);
  void checkArrives(std::uint32_t upstream, std::uint32_t slot);
  void checkEnded(std::uint32_t upstream, std::uint32_t slot, bool timeout);
  void cutChecks(std::uint32_t a, std::uint32_t b);
  CheckResult answerToCheck(const Upstream& upstream, const Endpoint& endpoint, std::uint64_t who, std::uint64_t path) const;
  Duration checkProxyTime(const Endpoint& endpoint, std::uint64_t who, std::uint64_t path, unsigned lane);
  std::uint64_t checkPath(const Endpoint& endpoint, std::uint32_t number) const;

  // ---- by the clock (faults.cpp)
  TimerId keepHouse(SimTime at, EventKind kind, std::uint32_t subject, std::uint64_t detail = 0);
  void dropHouse(TimerId& id);
  struct Effect {  // one event in force
    std::uint32_t event = 0;
    std::uint32_t repetition = 0;
    std::vector<std::uint32_t> endpoints;  // crash: those it took down
    std::uint32_t replicas_before = 0;
    double factor_before = 1;
    TimerId ends;
    std::uint64_t end_place = 0;            // set aside in the queue, for an end that is told later
  };
  void scheduleEffect(std::uint32_t event, std::uint32_t repetition, SimTime at);
  void effectStarts(std::uint32_t event, std::uint32_t repetition);
  void effectEnds(std::uint32_t event, std::uint32_t repetition);
  bool matches(const EventTarget& target, const Endpoint& endpoint) const;
  double slowFactor(const Endpoint& endpoint, std::uint32_t operation) const;
  void slowDown(const Slow& slow, double factor);
  void cutMessages(std::uint32_t a, std::uint32_t b);
  void setTrafficFactor(std::uint32_t traffic);
  void note(DecisionKind kind, const TimedEvent& event);
  void crash(const Crash& crash, Effect& effect);

  // ---- who is there (membership.cpp)
  std::uint32_t addEndpoint(std::uint32_t version, std::uint32_t locality, std::uint32_t ordinal, Endpoint::State state);
  [[gnu::noinline]] const ClusterView& viewOf(const Upstream& upstream);
  std::uint64_t viewFor(const Proxy& proxy, const ClusterPolicy& policy) const;
  FailoverConfig failoverOf(const Upstream& upstream, const ClusterView& view) const;
  Place placeOf(std::uint32_t locality, std::uint32_t version) const;
  std::shared_ptr<const LocalCluster> localClusterOf(std::uint32_t proxy) const;
  void localClusterChanged(std::uint32_t service);
  void tellLocalCluster(Upstream& upstream);
  void membershipChanged(std::uint32_t service);
  void updateUpstream(std::uint32_t upstream);
  ClusterView arrange(const ClusterPolicy& policy, std::vector<HostConfig> hosts, std::uint64_t view) const;
  void start(std::uint32_t endpoint);
  std::uint32_t localityForNew(std::uint32_t version) const;
  void crashNoticed(std::uint32_t endpoint, std::uint64_t start);
  void crashEndpoint(std::uint32_t endpoint);
  void restartEndpoint(std::uint32_t endpoint);
  void endpointReady(std::uint32_t endpoint, std::uint64_t start);
  void scaleTo(std::uint32_t version, std::uint32_t replicas, const std::string& by, Detail detail = {});
  void retire(std::uint32_t endpoint);
  void startOne(std::uint32_t version);
  bool awaited(std::uint32_t endpoint) const;
  void forgetEjections(std::uint32_t upstream);
  std::uint32_t replicasOf(std::uint32_t version) const;

  // ---- coming and going (lifecycle.cpp)
  void setListed(std::uint32_t endpoint, bool listed);
  void startLife(std::uint32_t endpoint, bool ready);
  void probeDue(std::uint32_t endpoint);
  const TerminationConfig* terminationOf(const Endpoint& endpoint) const;
  void deleteByTheClock(std::uint32_t endpoint, const TerminationConfig& config);
  void termComes(std::uint32_t endpoint);
  void killComes(std::uint32_t endpoint);
  void gone(std::uint32_t endpoint);
  void leaveDrained(std::uint32_t endpoint);
  void resetRequestsAt(std::uint32_t endpoint);

  // ---- autoscalers (autoscaling.cpp)
  static constexpr Duration kScrapeInterval = engine::seconds(15);  // of metrics, and of the controllers
  void startAutoscalers();
  [[gnu::cold]] void meterBusy(std::uint32_t endpoint);
  void scrape();
  void scalersSync();
  void scalerSyncs(std::uint32_t autoscaler);
  ScaledPod podOf(std::uint32_t endpoint, const ScalerSource& source) const;
  std::optional<std::int64_t> serviceReading(const ScalerSource& source) const;
  Detail scalingDetail(const AutoscalerSettings& settings, const Scaler& scaler) const;

  // ---- what the control plane knows and tells (control_plane.cpp)
  void publish(Change change);
  bool listEndpoints(std::uint32_t service);
  std::shared_ptr<const Knowledge> presentKnowledge();
  const Knowledge& knowledgeOf(std::uint32_t proxy) const {
    return control_.feeds.empty() ? control_.present : *control_.feeds[proxy].known;
  }
  void meetControlPlane();
  void push();
  void pushDue();
  void pushArrives(std::uint32_t proxy, std::uint64_t number);
  void connectToControlPlane(std::uint32_t proxy);
  void adopt(std::uint32_t proxy, const std::shared_ptr<const Knowledge>& knowledge);
  void adoptMesh(const std::vector<std::uint32_t>& proxies, const std::vector<std::uint32_t>& upstreams, std::uint32_t from, std::uint32_t to);
  bool hears(const Proxy& proxy) const;
  void forgetViews(std::uint32_t service, std::uint64_t before);
  std::string staleness(std::uint32_t proxy, std::uint32_t service) const;

  // ---- rollouts (rollouts.cpp)
  class FlaggerEyes;
  class ArgoHands;
  static constexpr std::uint32_t kAnalysisRun = 1;           // there is one new revision: one analysis
  static constexpr std::uint64_t kCopyForCanary = 1U << 20;  // number of the copy; beyond those of a rule's mirrors
  void beginRollouts();
  void rolloutDue(std::uint32_t rollout);
  void rolloutWoken(std::uint32_t rollout);
  void scrapeDue(std::uint32_t rollout);
  void flaggerTick(std::uint32_t rollout);
  void argoReconcile(std::uint32_t rollout);
  void addManagedRoutes(const RolloutPlan& plan, std::size_t steps, Split& split) const;
  void setSplit(std::uint32_t rollout, Split split);
  [[gnu::cold]] void noteForRollout(const Try& t, Duration latency, Outcome outcome);
  [[gnu::cold]] void replicasChanged(std::uint32_t service);
  ReplicaSetView replicasAt(std::uint32_t version, std::int64_t spec) const;
  RollingCounts rollingCounts(std::uint32_t version) const;
  DeploymentView deploymentAt(std::uint32_t version, const DeploymentWatch& watch) const;
  void scaleRollout(std::uint32_t version, DeploymentWatch& watch, std::int64_t replicas, const std::string& by);
  void startUpdate(std::uint32_t rollout);
  void advanceUpdate(std::uint32_t rollout);
  void retireOld(std::uint32_t version);
  bool steady(std::uint32_t rollout) const;
  bool meets(const PendingCall& call, const RolloutPlan& plan, std::uint32_t condition) const;
  [[gnu::noinline]] std::uint32_t splitCluster(std::uint32_t call, std::uint32_t cluster);
  [[gnu::noinline]] void mirrorToCanary(std::uint32_t call, std::uint32_t cluster);
  [[gnu::cold]] void cookiesArrive(const Customer& customer, bool answered_at_all);

  // ---- changes in mid-run (amendments.cpp)
  bool follows(const Plan& plan) const;
  void adoptPlan(const std::shared_ptr<const Plan>& plan);
  static constexpr std::uint64_t kLaterEvents = 1U << 20;  // places set aside for them
  static constexpr std::size_t kPlansKept = 100;

  const Scenario& scenario() const { return plan_->scenario; }
  const TimedEvent& timed(std::uint32_t event) const { return (*timeline_)[event]; }
  const Version& versionOf(const Endpoint& e) const { return *plan_->versions[e.runs].settings; }
  static std::uint32_t operationOf(const Try& t) { return t.operation; }

  std::shared_ptr<const Plan> plan_;
  RunOptions options_;
  engine::StreamKey key_;
  engine::EventQueue queue_;
  engine::Fingerprint fingerprint_;
  Collector collector_;
  TripRecorder trips_;

  SimTime now_, end_;
  std::uint64_t events_ = 0;
  std::uint64_t at_this_instant_ = 0;  // events so far
  std::uint64_t last_trace_ = 0;     // ids of the trip recorder
  std::uint64_t customers_ = 0;      // arrived so far
  std::uint32_t inside_ = 0;         // customers in the mall
  std::uint32_t outside_ = 0;        // customers who will come back
  std::uint32_t housekeeping_ = 0;   // pending events that move nobody
  std::vector<std::vector<std::uint32_t>> parked_users_;          // closed traffic: by entry, users while nobody may come
  bool finished_ = false;
  bool scaling_ = false;               // inside scaleTo

  Pool<Customer> customers_pool_;
  Pool<PendingCall> calls_;
  Pool<Try> tries_;
  Pool<Strand> strands_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::vector<std::uint32_t>> endpoints_of_version_;  // by ordinal
  std::vector<std::vector<std::uint32_t>> endpoints_of_service_;  // by slot
  std::vector<Proxy> proxies_;
  std::vector<engine::StreamSource> threads_;                     // random streams of the proxies' threads
  std::vector<Upstream> upstreams_;
  std::vector<std::vector<std::uint32_t>> upstreams_of_cluster_;
  std::vector<std::vector<ClusterView>> views_;                   // by cluster: lists that somebody goes by
  std::vector<Watch> watches_;
  std::vector<ArrivalProcess> arrivals_;                          // by traffic entry; unused for closed ones
  std::vector<std::uint64_t> arrived_;                            // by traffic entry: ordinals given out
  std::vector<std::uint64_t> user_cycles_;                        // closed traffic: by entry and user
  std::vector<std::uint32_t> first_user_;
  std::vector<double> traffic_factor_;
  std::vector<TimerId> next_arrival_;
  std::vector<std::vector<std::uint32_t>> entrances_;             // by traffic entry: proxies to come in by
  struct HeaderSet {
    std::vector<std::pair<std::string, std::string>> headers;     // lower-case names, byte order
    std::uint32_t holders = 0;
    bool live = false;
  };
  Pool<HeaderSet> header_sets_;
  std::vector<Effect> effects_;                                   // in force, in order of starting
  std::vector<std::uint32_t> slows_, fails_, networks_, partitions_;  // events in force, by kind
  OutlierDetector::Decisions ejections_;                          // scratch
  std::vector<std::uint64_t> draws_;                              // scratch: of the last traced pick
  std::vector<TryNote> try_notes_;                                // by try; only those whose balancer listens
  std::vector<EndpointMeter> meters_;                             // by endpoint; empty unless some balancer asks endpoints for their load
  std::vector<BusyMeter> busy_meters_;                            // by endpoint; empty without autoscalers
  std::vector<Listener> listeners_;
  Pool<LoadMessage> messages_;
  std::vector<RetryAllowance> allowances_;                        // see Upstream::allowance
  std::vector<WarmUps> warm_ups_;                                 // see Upstream::warm
  std::vector<AdmissionThread> admissions_;                       // see UpstreamThread::admission
  std::vector<TryBoard> boards_;                                  // by call; of routes that hedge
  std::vector<PriorityMemory> priority_memories_;                 // by call; of routes whose retries leave priorities
  std::vector<PriorityShare> retry_shares_;                       // scratch
  std::vector<Door> doors_;                                       // by endpoint
  std::vector<Door> entrance_doors_;                              // by proxy
  std::vector<DoorVisit> visits_;                                 // by try
  std::vector<RolloutState> rollouts_;                            // by rollout of the plan
  std::vector<std::uint32_t> settings_;                           // by version: whose settings its new endpoints get; only with rollouts
  std::vector<GlobalRateLimiter> rate_services_;                  // by service, the gateway's last
  // Asked seldom, so apart from what every request touches.
  ControlPlane control_;
  std::vector<Life> lives_;                                       // by endpoint
  std::vector<Scaler> scalers_;
  std::vector<Scrapes> scrapes_;                                  // by endpoint; empty without autoscalers
  Badges badges_;
  std::shared_ptr<const std::vector<TimedEvent>> timeline_;       // the scenario's events, those added in mid-run included
  std::uint64_t later_place_ = 0, later_end_ = 0;                 // of the queue, for events that are added
  std::vector<TimerId> added_;                                    // the events added last, by the order of the list
  std::vector<std::shared_ptr<const Plan>> earlier_plans_;        // still pointed into
};

}  // namespace meshmall::models
