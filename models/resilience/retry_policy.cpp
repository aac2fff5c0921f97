#include "models/resilience/retry_policy.h"

#include <algorithm>
#include <charconv>

namespace meshmall::models {
namespace {

constexpr std::array<RetryOnName, 16> kNames = {{
    {"5xx", kRetryOn5xx, false},
    {"gateway-error", kRetryOnGatewayError, false},
    {"connect-failure", kRetryOnConnectFailure, false},
    {"retriable-4xx", kRetryOnRetriable4xx, false},
    {"refused-stream", kRetryOnRefusedStream, false},
    {"retriable-status-codes", kRetryOnRetriableStatusCodes, false},
    {"retriable-headers", kRetryOnRetriableHeaders, false},
    {"reset", kRetryOnReset, false},
    {"reset-before-request", kRetryOnResetBeforeRequest, false},
    {"envoy-ratelimited", kRetryOnEnvoyRateLimited, false},
    {"http3-post-connect-failure", kRetryOnHttp3PostConnectFailure, false},
    {"cancelled", kRetryOnGrpcCancelled, true},
    {"deadline-exceeded", kRetryOnGrpcDeadlineExceeded, true},
    {"resource-exhausted", kRetryOnGrpcResourceExhausted, true},
    {"unavailable", kRetryOnGrpcUnavailable, true},
    {"internal", kRetryOnGrpcInternal, true},
}};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `use` with each token between commas, trimmed, empty ones left out.
template <class Use>
void forEachToken(std::string_view text, Use use) {
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view token = trimmed(text.substr(0, comma));
    if (!token.empty()) use(token);
    if (comma == std::string_view::npos) return;
    text = text.substr(comma + 1);
  }
}

template <class Number>
std::optional<Number> wholeNumber(std::string_view text) {
  Number number{};
  text = trimmed(text);  // absl::SimpleAtoi, with which Envoy reads these headers, passes over spaces around a number
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// The status codes that HTTP's registry names, which are the ones that Istio takes for codes.
bool hasName(std::uint32_t code) {
  return (code >= 100 && code <= 103) || (code >= 200 && code <= 208) || code == 226 || (code >= 300 && code <= 308 && code != 306) ||
         (code >= 400 && code <= 418) || (code >= 421 && code <= 426) || code == 428 || code == 429 || code == 431 || code == 451 ||
         (code >= 500 && code <= 508) || code == 510 || code == 511;
}

}  // namespace

const std::array<RetryOnName, 16>& retryOnNames() { return kNames; }

ParsedRetryOn parseRetryOn(std::string_view text, RetryOnTable table) {
  ParsedRetryOn parsed;
  forEachToken(text, [&](std::string_view token) {
    const auto known = std::find_if(kNames.begin(), kNames.end(), [&](const RetryOnName& name) {
      return name.text == token && (table == RetryOnTable::kBoth || name.grpc == (table == RetryOnTable::kGrpc));
    });
    if (known == kNames.end()) {
      parsed.all_valid = false;
    } else {
      parsed.on |= known->bit;
    }
  });
  return parsed;
}

std::optional<std::uint64_t> parseResetHeader(const ResetHeader& header, HeaderView headers, std::int64_t unix_now_s) {
  const std::optional<std::string_view> text = firstHeaderValue(headers, header.name);
  if (!text) return std::nullopt;
  const std::optional<std::uint64_t> value = wholeNumber<std::uint64_t>(*text);
  if (!value || *value > 9'000'000'000'000'000) return std::nullopt;
  if (header.format == ResetHeaderFormat::kSeconds) return *value * 1000;
  const std::int64_t left = static_cast<std::int64_t>(*value) - unix_now_s;
  if (left < 0) return std::nullopt;
  return static_cast<std::uint64_t>(left) * 1000;
}

RetryPolicy istioDefaultRetryPolicy(bool consistent_hash) {
  RetryPolicy policy;
  policy.on = kRetryOnConnectFailure | kRetryOnRefusedStream | kRetryOnGrpcUnavailable | kRetryOnGrpcCancelled | kRetryOnRetriableStatusCodes;
  policy.avoid_previous_hosts = !consistent_hash;
  return policy;
}

RetryPolicy istioInboundRetryPolicy(bool grpc) {
  RetryPolicy policy;
  policy.on = grpc ? 0 : kRetryOnResetBeforeRequest;
  policy.attempts = grpc ? 0 : 2;
  return policy;
}

IstioRetryOn parseIstioRetryOn(std::string_view text) {
  IstioRetryOn parsed;
  forEachToken(text, [&](std::string_view token) {
    if (const auto code = wholeNumber<std::uint32_t>(token); code && hasName(*code)) {
      parsed.status_codes.push_back(*code);
      parsed.on |= kRetryOnRetriableStatusCodes;
      return;
    }
    const ParsedRetryOn one = parseRetryOn(token, RetryOnTable::kBoth);
    parsed.on |= one.on;
    if (!one.all_valid) parsed.unknown.emplace_back(token);
  });
  return parsed;
}

RetryPolicy policyForRequest(const RetryPolicy& route, HeaderView request_headers) {
  RetryPolicy policy = route;
  if (const auto text = firstHeaderValue(request_headers, "x-envoy-retry-on")) policy.on |= parseRetryOn(*text, RetryOnTable::kHttp).on;
  if (const auto text = firstHeaderValue(request_headers, "x-envoy-retry-grpc-on")) policy.on |= parseRetryOn(*text, RetryOnTable::kGrpc).on;
  if (!policy.retriable_request_headers.empty()) {
    const auto hit = [&](const HeaderMatcher& matcher) { return matcher.matches(request_headers); };
    if (std::none_of(policy.retriable_request_headers.begin(), policy.retriable_request_headers.end(), hit)) policy.on = 0;
  }
  if (const auto text = firstHeaderValue(request_headers, "x-envoy-max-retries"); text && policy.on != 0) {
    if (const auto attempts = wholeNumber<std::uint32_t>(*text)) policy.attempts = *attempts;
  }
  if (const auto text = firstHeaderValue(request_headers, "x-envoy-retriable-status-codes")) {
    forEachToken(*text, [&](std::string_view token) {
      if (const auto code = wholeNumber<std::uint32_t>(token)) policy.status_codes.push_back(*code);
    });
  }
  if (const auto text = firstHeaderValue(request_headers, "x-envoy-retriable-header-names")) {
    forEachToken(*text, [&](std::string_view token) {
      HeaderMatch present;
      present.name = std::string(token);
      policy.retriable_headers.emplace_back(std::move(present));
    });
  }
  if (const auto text = firstHeaderValue(request_headers, "x-envoy-hedge-on-per-try-timeout")) {
    if (*text == "true") policy.hedge_on_per_try_timeout = true;
    if (*text == "false") policy.hedge_on_per_try_timeout = false;
  }
  return policy;
}

}  // namespace meshmall::models
