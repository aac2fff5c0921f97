#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/replay/resilience_cases.h"
#include "models/resilience/fault_filter.h"
#include "models/resilience/hedging.h"
#include "models/resilience/previous_hosts.h"
#include "models/resilience/previous_priorities.h"
#include "models/resilience/timeouts.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

using OwnedHeaders = std::vector<std::pair<std::string, std::string>>;

OwnedHeaders headersOf(CaseFields fields) {
  OwnedHeaders headers;
  for (const std::string& key : fields.keys()) headers.emplace_back(key, fields.text(key));
  return headers;
}

std::vector<HeaderField> view(const OwnedHeaders& headers) {
  std::vector<HeaderField> fields;
  for (const auto& [key, value] : headers) fields.push_back({key, value});
  return fields;
}

json finalTimeout(CaseFields& config, CaseFields& input) {
  const OwnedHeaders headers = headersOf(input.object("headers"));
  GrpcTimeouts grpc;
  if (config.has("max_grpc_timeout_ms")) grpc.max_grpc_timeout = config.milliseconds("max_grpc_timeout_ms");
  if (config.has("grpc_timeout_offset_ms")) grpc.grpc_timeout_offset = config.milliseconds("grpc_timeout_offset_ms");
  const Timeouts timeouts = effectiveTimeouts(config.milliseconds("route_timeout_ms", 15'000), config.milliseconds("per_try_timeout_ms", 0),
                                              config.boolean("grpc", false), grpc, view(headers));
  const engine::Duration told = expectedTimeout(timeouts, config.boolean("hedge_on_per_try_timeout", false), config.milliseconds("elapsed_ms", 0));
  constexpr std::int64_t kMs = 1'000'000;
  return {{"global_ms", timeouts.global.ns / kMs}, {"per_try_ms", timeouts.per_try.ns / kMs}, {"expected_rq_timeout_ms", told.ns / kMs}};
}

json previousHosts(CaseFields& config, CaseFields& input) {
  const std::vector<std::string> attempted = input.list("attempted").get<std::vector<std::string>>();
  const std::vector<std::string> picks = input.list("lb_picks").get<std::vector<std::string>>();
  std::size_t used = 0;
  const auto pick = [&]() -> std::optional<std::string> {
    if (used >= picks.size()) throw UnsupportedCase{"more picks are needed than lb_picks gives"};
    return picks[used++];
  };
  const auto rejects = [&](const std::string& host) { return std::find(attempted.begin(), attempted.end(), host) != attempted.end(); };
  const auto chosen = pickForTry(config.boolean("is_retry", true), config.count("host_selection_retry_max_attempts", 1), pick, rejects);
  return {{"chosen", chosen ? json(*chosen) : json(nullptr)}, {"picks_used", used}};
}

json previousPriorities(CaseFields& config, CaseFields& input) {
  const std::uint32_t overprovisioning = config.count("overprovisioning_percent", 140);
  const std::uint32_t frequency = config.count("update_frequency", 2);
  if (frequency == 0) throw UnsupportedCase{"update_frequency 0"};
  PriorityShares availability, original;
  for (const json& entry : config.list("priorities")) {
    CaseFields priority(entry, "priorities[]");
    const std::uint32_t hosts = priority.count("hosts");
    availability.healthy.push_back(availabilityPercent(priority.count("healthy", 0), hosts, overprovisioning));
    availability.degraded.push_back(availabilityPercent(priority.count("degraded", 0), hosts, overprovisioning));
    priority.finish();
  }
  original.healthy = config.list("original_healthy_load").get<std::vector<std::uint32_t>>();
  original.degraded = config.list("original_degraded_load").get<std::vector<std::uint32_t>>();
  PreviousPriorities state;
  json loads = json::array();
  for (const json& tried : input.list("attempted_priorities_between_queries")) {
    if (!tried.is_null()) state.onTried(tried.get<std::uint32_t>());
    const PriorityShares& shares = state.shares(frequency, availability, original);
    loads.push_back({{"healthy", shares.healthy}, {"degraded", shares.degraded}});
  }
  return {{"loads", loads}};
}

// --- router_hedging ---------------------------------------------------------------------------------------------------------------------------------

// Plays a script on the board of tries; the retry gate's decisions are given by the script, as the recorded test gave them.
class HedgingScript {
 public:
  explicit HedgingScript(CaseFields& config) : hedging_(config.boolean("hedge_on_per_try_timeout", false)) {
    timeout_code_ = static_cast<int>(config.integer("timeout_response_code", 504));
    if (config.has("per_try_timeout_ms")) config.milliseconds("per_try_timeout_ms");  // the script says when it passes
    board_.start();
  }

  void play(CaseFields& event) {
    const std::string kind = event.text("e");
    if (kind == "retry_fires") {
      board_.start();
    } else if (kind == "global_timeout") {
      onGlobalTimeout();
    } else if (kind == "per_try_timeout") {
      onPerTryTimeout(event, tryOf(event));
    } else if (kind == "headers") {
      onHeaders(event, tryOf(event));
    } else if (kind == "reset") {
      onReset(event, tryOf(event));
    } else {
      throw UnsupportedCase{"script event " + kind + " is not understood"};
    }
  }

  json result() const {
    return {{"outlier_results", outlier_results_},
            {"reset", reset_},
            {"downstream_status", downstream_status_ == 0 ? json(nullptr) : json(downstream_status_)},
            {"attempts", board_.started()}};
  }

 private:
  TryBoard::TryIndex tryOf(CaseFields& event) const {
    const std::uint32_t number = event.count("rq");
    if (number == 0 || number > board_.started()) throw UnsupportedCase{"rq " + std::to_string(number) + " was not started"};
    return number - 1;
  }

  // What the gate said; granted retries are noted on the board. True: the answer counts as bad.
  bool askGate(CaseFields& event, TryBoard::TryIndex index) {
    if (!board_.mayRetry(index)) return event.boolean("would_retry", false);
    const std::string decision = event.text("retry_decision", "No");
    if (decision == "Yes") board_.onRetryGranted(index);
    if (decision != "Yes" && decision != "No" && decision != "NoOverflow" && decision != "NoRetryLimitExceeded") {
      throw UnsupportedCase{"retry_decision " + decision + " is not understood"};
    }
    return decision != "No" || event.boolean("would_retry", false);
  }

  void forward(TryBoard::TryIndex index, int status) {
    downstream_status_ = status;
    for (const TryBoard::TryIndex other : board_.others(index)) reset_.push_back(other + 1);
    board_.finish();
  }

  void onPerTryTimeout(CaseFields& event, TryBoard::TryIndex index) {
    if (board_.onSoftTimeout(index)) outlier_results_.push_back({"LOCAL_ORIGIN_TIMEOUT", timeout_code_});
    if (hedging_) {
      askGate(event, index);
      return;
    }
    reset_.push_back(index + 1);
    askGate(event, index);
    if (board_.onFailure(index) == TryBoard::Verdict::kForward) forward(index, timeout_code_);
  }

  void onHeaders(CaseFields& event, TryBoard::TryIndex index) {
    const auto status = static_cast<int>(event.integer("status"));
    outlier_results_.push_back({"HTTP", status});
    const bool bad = askGate(event, index);
    const bool granted = board_.retryPending();
    if (board_.onAnswer(index, bad) == TryBoard::Verdict::kForward) {
      forward(index, status);
    } else if (!granted) {
      reset_.push_back(index + 1);  // dropped for another try in flight: its body is not waited for
    }
  }

  void onReset(CaseFields& event, TryBoard::TryIndex index) {
    outlier_results_.push_back({"LOCAL_ORIGIN_CONNECT_FAILED", nullptr});
    askGate(event, index);
    if (board_.onFailure(index) == TryBoard::Verdict::kForward) forward(index, 503);
  }

  void onGlobalTimeout() {
    for (const TryBoard::TryIndex index : board_.live()) {
      if (!board_.timeoutReported(index)) outlier_results_.push_back({"LOCAL_ORIGIN_TIMEOUT", timeout_code_});
      reset_.push_back(index + 1);
    }
    downstream_status_ = timeout_code_;
    board_.finish();
  }

  TryBoard board_;
  bool hedging_;
  int timeout_code_ = 504;
  int downstream_status_ = 0;
  json outlier_results_ = json::array(), reset_ = json::array();
};

json routerHedging(CaseFields& config, CaseFields& input) {
  HedgingScript script(config);
  for (const json& entry : input.list("script")) {
    CaseFields event(entry, "script[]");
    script.play(event);
    event.finish();
  }
  return script.result();
}

// --- fault_injection --------------------------------------------------------------------------------------------------------------------------------

// "fault.http.delay.fixed_duration_ms" for all callers, "fault.http.CLUSTER.delay.fixed_duration_ms" for one.
void readFaultRuntime(CaseFields runtime, FaultFilterConfig& filter) {
  const std::string prefix = "fault.http.";
  for (const std::string& key : runtime.keys()) {
    if (key.compare(0, prefix.size(), prefix) != 0) throw UnsupportedCase{"runtime key " + key + " is not understood"};
    std::string rest = key.substr(prefix.size());
    FaultRuntime *delay = &filter.delay_runtime, *abort = &filter.abort_runtime;
    if (rest.rfind("delay.", 0) != 0 && rest.rfind("abort.", 0) != 0) {
      const std::string cluster = rest.substr(0, rest.find('.'));
      rest = rest.substr(std::min(rest.size(), cluster.size() + 1));
      auto place = std::find_if(filter.for_clusters.begin(), filter.for_clusters.end(), [&](const auto& each) { return each.cluster == cluster; });
      if (place == filter.for_clusters.end()) place = filter.for_clusters.insert(place, {cluster, {}, {}});
      delay = &place->delay;
      abort = &place->abort;
    }
    if (rest == "delay.fixed_duration_ms") {
      delay->duration = runtime.milliseconds(key);
    } else if (rest == "delay.fixed_delay_percent") {
      delay->percent = runtime.count(key);
    } else if (rest == "abort.http_status") {
      abort->http_status = static_cast<int>(runtime.integer(key));
    } else if (rest == "abort.abort_percent") {
      abort->percent = runtime.count(key);
    } else {
      throw UnsupportedCase{"runtime key " + key + " is not understood"};
    }
  }
}

FaultFilterConfig faultFilter(CaseFields& config) {
  FaultFilterConfig filter;
  if (config.has("delay")) {
    CaseFields delay = config.object("delay");
    filter.header_delay = delay.boolean("header_delay", false);
    filter.faults.delay = FaultDelay{delay.milliseconds("fixed_ms", 0), {delay.count("percent", 0), 100}};
    delay.finish();
  }
  if (config.has("abort")) {
    CaseFields abort = config.object("abort");
    filter.header_abort = abort.boolean("header_abort", false);
    filter.faults.abort = FaultAbort{static_cast<int>(abort.integer("http_status", 0)), -1, {abort.count("percent", 0), 100}};
    abort.finish();
  }
  filter.faults.max_active_faults = config.count("max_active_faults", filter.faults.max_active_faults);
  for (const json& node : config.list("downstream_nodes")) filter.downstream_nodes.push_back(node.get<std::string>());
  for (const json& entry : config.list("match_headers")) {
    CaseFields fields(entry, "match_headers[]");
    HeaderMatch match;
    match.name = fields.text("name");
    if (fields.has("exact")) match.match = {StringMatchKind::kExact, fields.text("exact"), false};
    if (fields.has("prefix")) match.match = {StringMatchKind::kPrefix, fields.text("prefix"), false};
    match.invert = !fields.boolean("present", true);
    fields.finish();
    filter.match_headers.emplace_back(match);
  }
  readFaultRuntime(config.object("runtime"), filter);
  return filter;
}

json faultInjection(CaseFields& config, CaseFields& input) {
  const FaultFilterConfig filter = faultFilter(config);
  const OwnedHeaders headers = headersOf(input.object("headers"));
  CaseFields randoms = input.object("randoms");
  CaseDraws delay_draws({randoms.draw("delay", 0)}), abort_draws({randoms.draw("abort", 0)});
  randoms.finish();
  FaultSlots slots;
  for (std::uint32_t i = input.count("active_faults_before", 0); i > 0; --i) slots.tryTake(0xFFFFFFFF);
  json actual{{"delay_ms", nullptr}, {"abort_status", nullptr}};
  std::uint32_t during = slots.active();
  RequestFaults request;
  if (const auto faults = faultsFor(filter, view(headers))) {
    const engine::Duration delay = request.beginDelay(*faults, slots, delay_draws);
    if (delay.ns > 0) actual["delay_ms"] = delay.ns / 1'000'000;
    during = std::max(during, slots.active());
    const AbortDecision abort = request.tryAbort(*faults, slots, abort_draws);
    during = std::max(during, slots.active());
    if (abort) actual["abort_status"] = abort.http_status;
  }
  // Also for a request that the filter does not match: what its headers leave of the configured percentages.
  FaultFilterConfig anyone = filter;
  anyone.downstream_nodes.clear();
  anyone.match_headers.clear();
  if (const auto faults = faultsFor(anyone, view(headers))) {
    if (faults->abort) actual["effective_abort_percent"] = faults->abort->percentage.numerator;
    if (faults->delay) actual["effective_delay_percent"] = faults->delay->percentage.numerator;
  }
  request.end(slots);
  actual["active_faults_during"] = during;
  actual["active_faults_after"] = slots.active();
  actual["faults_overflow"] = slots.overflow();
  return actual;
}

}  // namespace

std::vector<CaseAdapter> routerAdapters() {
  return {{"final_timeout", finalTimeout},
          {"previous_hosts", previousHosts},
          {"previous_priorities", previousPriorities},
          {"router_hedging", routerHedging},
          {"fault_injection", faultInjection}};
}

}  // namespace meshmall::cli
