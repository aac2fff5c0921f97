#include "models/resilience/timeouts.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace meshmall::models {
namespace {

std::optional<std::uint64_t> wholeNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<engine::Duration> millisecondsHeader(HeaderView headers, std::string_view name) {
  const auto text = firstHeaderValue(headers, name);
  if (!text) return std::nullopt;
  const auto ms = wholeNumber(*text);
  if (!ms || *ms > 9'000'000'000'000) return std::nullopt;
  return engine::milliseconds(static_cast<std::int64_t>(*ms));
}

// grpc-timeout: up to eight digits and a unit (H M S m u n); rounded up to whole milliseconds. Nothing when it is malformed.
std::optional<engine::Duration> grpcTimeoutHeader(HeaderView headers) {
  const auto text = firstHeaderValue(headers, "grpc-timeout");
  if (!text || text->size() < 2 || text->size() > 9) return std::nullopt;
  const auto number = wholeNumber(text->substr(0, text->size() - 1));
  if (!number) return std::nullopt;
  const auto n = static_cast<std::int64_t>(*number);
  switch (text->back()) {
    case 'H':
      return engine::seconds(n * 3600);
    case 'M':
      return engine::seconds(n * 60);
    case 'S':
      return engine::seconds(n);
    case 'm':
      return engine::milliseconds(n);
    case 'u':
      return engine::milliseconds((n + 999) / 1000);
    case 'n':
      return engine::milliseconds((n + 999'999) / 1'000'000);
    default:
      return std::nullopt;
  }
}

}  // namespace

Timeouts effectiveTimeouts(engine::Duration route_timeout, engine::Duration per_try_timeout, bool grpc, const GrpcTimeouts& grpc_timeouts, HeaderView headers) {
  engine::Duration global = route_timeout;
  if (grpc && grpc_timeouts.max_grpc_timeout) {
    const engine::Duration longest = *grpc_timeouts.max_grpc_timeout;
    engine::Duration asked = grpcTimeoutHeader(headers).value_or(engine::Duration{0});
    if (grpc_timeouts.grpc_timeout_offset && *grpc_timeouts.grpc_timeout_offset < asked) asked = asked - *grpc_timeouts.grpc_timeout_offset;
    if (longest.ns != 0 && (asked.ns == 0 || asked > longest)) asked = longest;
    global = asked;
  }
  if (const auto given = millisecondsHeader(headers, "x-envoy-upstream-rq-timeout-ms")) global = *given;
  engine::Duration per_try = per_try_timeout;
  if (const auto given = millisecondsHeader(headers, "x-envoy-upstream-rq-per-try-timeout-ms")) per_try = *given;
  return effectiveTimeouts(global, per_try);
}

engine::Duration expectedTimeout(const Timeouts& timeouts, bool hedging, engine::Duration elapsed) {
  const engine::Duration told = hedging || timeouts.per_try.ns == 0 ? timeouts.global : timeouts.per_try;
  if (told.ns == 0 || timeouts.global.ns == 0) return told;
  if (elapsed >= timeouts.global) return engine::milliseconds(1);
  return std::min(told, timeouts.global - elapsed);
}

}  // namespace meshmall::models
