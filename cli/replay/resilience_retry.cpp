#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/replay/resilience_cases.h"
#include "models/resilience/backoff.h"
#include "models/resilience/retry_admission.h"
#include "models/resilience/retry_policy.h"
#include "models/resilience/retry_state.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

// Runs the operations `next` and `reset` of a back-off; `next` is asked with the draw of its operation.
template <class Next, class Reset>
json backoffs(CaseFields& input, Next next, Reset reset) {
  json results = json::array();
  for (const json& entry : input.list("ops")) {
    CaseFields op(entry, "ops[]");
    const std::string kind = op.text("op");
    if (kind == "next") {
      const std::uint64_t number = op.draw("random", 0);
      const std::int64_t repeat = op.integer("repeat", 1);
      for (std::int64_t i = 0; i < repeat; ++i) {
        CaseDraws draws({number});
        results.push_back(next(draws));
      }
    } else if (kind == "reset") {
      reset(op.has("base_ms") ? std::optional<std::uint64_t>(op.draw("base_ms")) : std::nullopt);
    } else {
      throw UnsupportedCase{"ops[].op " + kind + " is not understood"};
    }
    op.finish();
  }
  json actual{{"backoff_ms", results}};
  if (!results.empty()) actual["last_backoff_ms"] = std::to_string(results.back().get<std::uint64_t>());
  return actual;
}

json backoffExponential(CaseFields& config, CaseFields& input) {
  ExponentialBackoff backoff(config.draw("base_ms"), config.draw("max_ms"));
  return backoffs(
      input, [&](CaseDraws& draws) { return backoff.next(draws); },
      [&](std::optional<std::uint64_t> base_ms) { base_ms ? backoff.reset(*base_ms) : backoff.reset(); });
}

json backoffLowerBound(CaseFields& config, CaseFields& input) {
  const std::uint64_t min_ms = config.draw("min_ms");
  return backoffs(
      input, [&](CaseDraws& draws) { return lowerBoundBackoff(min_ms, draws); }, [](std::optional<std::uint64_t>) {});
}

json backoffFixed(CaseFields& config, CaseFields& input) {
  FixedBackoff backoff{config.draw("interval_ms")};
  return backoffs(
      input, [&](CaseDraws&) { return backoff.next(); }, [&](std::optional<std::uint64_t> base_ms) { base_ms ? backoff.reset(*base_ms) : backoff.reset(); });
}

// --- retry_decision ---------------------------------------------------------------------------------------------------------------------------------

HeaderMatcher headerMatcher(const json& entry, const char* where) {
  CaseFields fields(entry, where);
  HeaderMatch match;
  match.name = fields.text("name");
  for (const auto& [key, kind] : std::array<std::pair<const char*, StringMatchKind>, 4>{{{"exact", StringMatchKind::kExact},
                                                                                         {"prefix", StringMatchKind::kPrefix},
                                                                                         {"suffix", StringMatchKind::kSuffix},
                                                                                         {"regex", StringMatchKind::kRegex}}}) {
    if (fields.has(key)) match.match = {kind, fields.text(key), false};
  }
  if (fields.has("range")) {
    const json& range = fields.list("range");
    match.range = HeaderMatch::Range{range.at(0).get<std::int64_t>(), range.at(1).get<std::int64_t>()};
  }
  match.invert = fields.boolean("invert", false);
  if (!fields.boolean("present", true)) match.invert = !match.invert;
  fields.finish();
  return HeaderMatcher(match);
}

ResetHeaderFormat resetHeaderFormat(const std::string& text) {
  if (text == "SECONDS") return ResetHeaderFormat::kSeconds;
  if (text == "UNIX_TIMESTAMP") return ResetHeaderFormat::kUnixTimestamp;
  throw UnsupportedCase{"format " + text + " is not understood"};
}

RetryPolicy retryPolicy(CaseFields fields, engine::SimTime& now) {
  RetryPolicy policy;
  policy.attempts = fields.count("num_retries", 1);
  policy.on = parseRetryOn(fields.text("retry_on", ""), RetryOnTable::kBoth).on;
  for (const json& code : fields.list("retriable_status_codes")) policy.status_codes.push_back(code.get<std::uint32_t>());
  for (const json& entry : fields.list("retriable_headers")) policy.retriable_headers.push_back(headerMatcher(entry, "retriable_headers[]"));
  for (const json& entry : fields.list("retriable_request_headers")) {
    policy.retriable_request_headers.push_back(headerMatcher(entry, "retriable_request_headers[]"));
  }
  policy.base_interval = fields.milliseconds("base_interval_ms", 25);
  if (fields.has("max_interval_ms")) policy.max_interval = fields.milliseconds("max_interval_ms");
  CaseFields limited = fields.object("rate_limited_retry_back_off");
  for (const json& entry : limited.list("reset_headers")) {
    CaseFields header(entry, "reset_headers[]");
    policy.rate_limited_backoff.reset_headers.push_back({header.text("name"), resetHeaderFormat(header.text("format", "SECONDS"))});
    header.finish();
  }
  policy.rate_limited_backoff.max_interval = limited.milliseconds("max_interval_ms", 300'000);
  limited.finish();
  now = engine::SimTime{engine::seconds(fields.integer("now_unix_s", 0)).ns};
  fields.finish();
  return policy;
}

struct Limits {
  CircuitBreakerConfig breaker = CircuitBreakerConfig::envoyDefaults();
  std::optional<RetryBudgetConfig> budget;
  ResourceManager manager;
};

void readBudget(CaseFields fields, std::optional<RetryBudgetConfig>& budget, const std::string& prefix) {
  const bool percent = fields.has(prefix + "budget_percent"), concurrency = fields.has(prefix + "min_retry_concurrency");
  if ((percent || concurrency) && !budget) budget = RetryBudgetConfig{};
  if (percent) budget->percent = fields.number(prefix + "budget_percent");
  if (concurrency) budget->min_concurrency = fields.count(prefix + "min_retry_concurrency");
  if (prefix.empty()) fields.finish();
}

Limits limitsOf(CaseFields& config, RetryPolicy& policy) {
  Limits limits;
  CaseFields breaker = config.object("circuit_breaker");
  limits.breaker.max_retries = breaker.count("max_retries", 3);
  if (breaker.has("retry_budget")) limits.budget = RetryBudgetConfig{};  // an empty one has the defaults (Envoy: has_retry_budget)
  readBudget(breaker.object("retry_budget"), limits.budget, "");
  for (std::uint32_t i = breaker.count("active_requests", 0); i > 0; --i) limits.manager.addRequest();
  for (std::uint32_t i = breaker.count("active_pending", 0); i > 0; --i) limits.manager.addPending();
  breaker.finish();
  CaseFields runtime = config.object("runtime");
  readBudget(runtime, limits.budget, "retry_budget.");
  for (const char* key : {"retry_budget.budget_percent", "retry_budget.min_retry_concurrency"}) runtime.understood(key);
  const std::int64_t use_retry = runtime.integer("upstream.use_retry", 100);
  if (use_retry != 0 && use_retry != 100) throw UnsupportedCase{"runtime upstream.use_retry between 0 and 100"};
  policy.switched_on = use_retry == 100;
  runtime.finish();
  return limits;
}

ResetReason resetReason(const std::string& text) {
  if (text == "connection_failure") return ResetReason::kRemoteConnectionFailure;
  for (int i = 1; i <= static_cast<int>(ResetReason::kProtocolError); ++i) {
    if (name(static_cast<ResetReason>(i)) == text) return static_cast<ResetReason>(i);
  }
  if (text == "remote_refused_stream") return ResetReason::kRemoteRefusedStream;
  throw UnsupportedCase{"reset reason " + text + " is not understood"};
}

// Owned headers of a request or an answer, with the pseudo header ":status" among them.
std::vector<std::pair<std::string, std::string>> headersOf(CaseFields fields) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const std::string& key : fields.keys()) headers.emplace_back(key, fields.text(key));
  return headers;
}

std::vector<HeaderField> view(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::vector<HeaderField> fields;
  for (const auto& [key, value] : headers) fields.push_back({key, value});
  return fields;
}

bool isWholeNumber(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int wholeNumber(std::string_view text, const char* what) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || number > 99'999) throw UnsupportedCase{std::string(what) + " is not a whole number"};
    number = number * 10 + (c - '0');
  }
  return number;
}

void addActive(CaseFields& event, ResourceManager& manager) {
  const std::string resource = event.text("resource");
  for (std::uint32_t i = event.count("n", 1); i > 0; --i) {
    if (resource == "requests") {
      manager.addRequest();
    } else if (resource == "pending" || resource == "pending_requests") {
      manager.addPending();
    } else if (resource == "retries") {
      manager.addRetry();
    } else if (resource == "connections") {
      manager.addConnection();
    } else {
      throw UnsupportedCase{"resource " + resource + " is not understood"};
    }
  }
}

RetryAnswer decide(CaseFields& event, const std::string& kind, const RetryPolicy& policy, RetryState& state, engine::SimTime now, RetryAdmission& admission) {
  CaseDraws draws({event.draw("random", 0)});
  if (kind == "hedge_per_try_timeout") return state.onHedgeTimeout(policy, admission, draws);
  if (kind == "reset") {
    const bool started = event.boolean("upstream_request_started", false);
    return state.onTryEnd(policy, TryOutcome::resetBy(resetReason(event.text("reason")), started), now, admission, draws);
  }
  if (kind != "response_headers") throw UnsupportedCase{"event " + kind + " is not understood"};
  const auto headers = headersOf(event.object("headers"));
  const std::vector<HeaderField> fields = view(headers);
  TryOutcome outcome;
  outcome.headers = fields;
  if (const auto status = firstHeaderValue(fields, ":status")) outcome.status = wholeNumber(*status, ":status");
  // A grpc-status that is no number is no known status (Envoy: Grpc::Common::getGrpcStatus, InvalidCode), so no condition has it.
  const auto grpc = firstHeaderValue(fields, "grpc-status");
  if (grpc && isWholeNumber(*grpc)) outcome.grpc_status = wholeNumber(*grpc, "grpc-status");
  outcome.rate_limited = firstHeaderValue(fields, "x-envoy-ratelimited").has_value();
  return state.onTryEnd(policy, outcome, now, admission, draws);
}

json retryDecision(CaseFields& config, CaseFields& input) {
  engine::SimTime now;
  const auto request_headers = headersOf(input.object("request_headers"));
  RetryPolicy policy = policyForRequest(retryPolicy(config.object("policy"), now), view(request_headers));
  Limits limits = limitsOf(config, policy);
  RetryState state(policy);
  json decisions = json::array(), backoff_ms = json::array();
  std::array<int, 4> count{};
  int succeeded = 0;
  for (const json& entry : input.list("events")) {
    CaseFields event(entry, "events[]");
    const std::string kind = event.text("event");
    if (kind == "add_active") {
      addActive(event, limits.manager);
    } else if (kind == "set_budget_percent") {
      if (!limits.budget) limits.budget = RetryBudgetConfig{};
      limits.budget->percent = event.number("value");
    } else {
      BreakerAdmission admission(limits.manager, limits.breaker, limits.budget);
      const RetryAnswer answer = decide(event, kind, policy, state, now, admission);
      decisions.push_back(std::string(name(answer.decision)));
      if (answer.yes()) backoff_ms.push_back(answer.backoff.ns / 1'000'000);
      ++count[static_cast<std::size_t>(answer.decision)];
      if (answer.retry_succeeded) ++succeeded;
    }
    event.finish();
  }
  const auto of = [&](RetryDecision decision) { return count[static_cast<std::size_t>(decision)]; };
  return {{"enabled", policy.on != 0},
          {"decisions", decisions},
          {"backoff_ms", backoff_ms},
          {"stats",
           {{"upstream_rq_retry", of(RetryDecision::kYes)},
            {"upstream_rq_retry_overflow", of(RetryDecision::kNoOverflow)},
            {"upstream_rq_retry_limit_exceeded", of(RetryDecision::kNoRetryLimitExceeded)},
            {"upstream_rq_retry_success", succeeded}}}};
}

// --- parsers and budgets ----------------------------------------------------------------------------------------------------------------------------

json parseRetryOnCase(CaseFields& config, CaseFields& input) {
  CaseFields bits = config.object("bits");
  bool any_http = false, any_grpc = false;
  std::vector<std::pair<RetryOn, std::uint64_t>> values;
  for (const std::string& key : bits.keys()) {
    const auto& names = retryOnNames();
    const auto known = std::find_if(names.begin(), names.end(), [&](const RetryOnName& each) { return each.text == key; });
    if (known == names.end()) throw UnsupportedCase{"condition " + key + " is not understood"};
    (known->grpc ? any_grpc : any_http) = true;
    values.emplace_back(known->bit, bits.draw(key));
  }
  bits.finish();
  const RetryOnTable table = any_grpc == any_http ? RetryOnTable::kBoth : any_grpc ? RetryOnTable::kGrpc : RetryOnTable::kHttp;
  const ParsedRetryOn parsed = parseRetryOn(input.text("text"), table);
  std::uint64_t mask = 0;
  for (const auto& [bit, value] : values) mask |= (parsed.on & bit) != 0 ? value : 0;
  return {{"mask", mask}, {"all_valid", parsed.all_valid}};
}

json resetHeaderParse(CaseFields& config, CaseFields& input) {
  const ResetHeader header{"reset", resetHeaderFormat(config.text("format"))};
  const std::int64_t now_s = config.integer("now_unix_s", 0);
  std::vector<HeaderField> headers;
  const std::string value = input.text("header", "");
  if (input.has("header")) headers.push_back({"reset", value});
  const auto interval = parseResetHeader(header, headers, now_s);
  return {{"interval_ms", interval ? json(*interval) : json(nullptr)}};
}

json retryBudget(CaseFields& config, CaseFields& input) {
  std::optional<RetryBudgetConfig> budget = RetryBudgetConfig{config.number("budget_percent", 20.0), config.count("min_retry_concurrency", 3)};
  ResourceManager manager;
  for (std::uint32_t i = input.count("active_requests", 0); i > 0; --i) manager.addRequest();
  for (std::uint32_t i = input.count("active_pending", 0); i > 0; --i) manager.addPending();
  for (std::uint32_t i = input.count("active_retries", 0); i > 0; --i) manager.addRetry();
  const CircuitBreakerConfig breaker;
  return {{"limit", manager.retryLimit(breaker, budget)}, {"allowed", manager.canCreateRetry(breaker, budget)}};
}

}  // namespace

std::vector<CaseAdapter> retryAdapters() {
  return {{"backoff_exponential", backoffExponential},
          {"backoff_lower_bound", backoffLowerBound},
          {"backoff_fixed", backoffFixed},
          {"retry_decision", retryDecision},
          {"parse_retry_on", parseRetryOnCase},
          {"reset_header_parse", resetHeaderParse},
          {"retry_budget", retryBudget}};
}

}  // namespace meshmall::cli
