#include "models/resilience/fault_filter.h"

#include <algorithm>
#include <charconv>

namespace meshmall::models {
namespace {

std::optional<std::uint32_t> numberHeader(HeaderView headers, std::string_view name) {
  const auto text = firstHeaderValue(headers, name);
  std::uint32_t number = 0;
  if (!text || text->empty()) return std::nullopt;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text->data() + text->size()) return std::nullopt;
  return number;
}

// The header's percentage counts only when it lowers the configured one.
Fraction lowered(Fraction configured, HeaderView headers, std::string_view name) {
  if (const auto asked = numberHeader(headers, name)) configured.numerator = std::min(configured.numerator, *asked);
  return configured;
}

Fraction overridden(Fraction configured, const FaultRuntime& general, const FaultRuntime* specific) {
  std::optional<std::uint32_t> percent = general.percent;
  if (specific != nullptr && specific->percent) percent = specific->percent;
  return percent ? Fraction{std::min<std::uint32_t>(*percent, 100), 100} : configured;
}

std::optional<FaultDelay> delayFor(const FaultFilterConfig& config, const FaultRuntime* specific, HeaderView headers) {
  if (!config.faults.delay) return std::nullopt;
  FaultDelay delay = *config.faults.delay;
  delay.percentage = overridden(delay.percentage, config.delay_runtime, specific);
  if (config.header_delay) {
    const auto asked = numberHeader(headers, "x-envoy-fault-delay-request");
    if (!asked) return std::nullopt;
    delay.fixed_delay = engine::milliseconds(*asked);
    delay.percentage = lowered(delay.percentage, headers, "x-envoy-fault-delay-request-percentage");
  }
  if (config.delay_runtime.duration) delay.fixed_delay = *config.delay_runtime.duration;
  if (specific != nullptr && specific->duration) delay.fixed_delay = *specific->duration;
  return delay;
}

std::optional<FaultAbort> abortFor(const FaultFilterConfig& config, const FaultRuntime* specific, HeaderView headers) {
  if (!config.faults.abort) return std::nullopt;
  FaultAbort abort = *config.faults.abort;
  abort.percentage = overridden(abort.percentage, config.abort_runtime, specific);
  if (config.header_abort) {
    const auto http = numberHeader(headers, "x-envoy-fault-abort-request");
    const auto grpc = numberHeader(headers, "x-envoy-fault-abort-grpc-request");
    if (http && *http >= 200 && *http <= 599) {
      abort.http_status = static_cast<int>(*http);
    } else if (grpc) {
      abort.grpc_status = static_cast<int>(*grpc);
    } else {
      return std::nullopt;
    }
    abort.percentage = lowered(abort.percentage, headers, "x-envoy-fault-abort-request-percentage");
  }
  if (config.abort_runtime.http_status) abort.http_status = *config.abort_runtime.http_status;
  if (specific != nullptr && specific->http_status) abort.http_status = *specific->http_status;
  return abort;
}

}  // namespace

std::optional<FaultConfig> faultsFor(const FaultFilterConfig& config, HeaderView headers) {
  if (!config.downstream_nodes.empty()) {
    const auto node = firstHeaderValue(headers, "x-envoy-downstream-service-node");
    if (!node || std::find(config.downstream_nodes.begin(), config.downstream_nodes.end(), *node) == config.downstream_nodes.end()) return std::nullopt;
  }
  const auto hits = [&](const HeaderMatcher& matcher) { return matcher.matches(headers); };
  if (!std::all_of(config.match_headers.begin(), config.match_headers.end(), hits)) return std::nullopt;
  const auto cluster = firstHeaderValue(headers, "x-envoy-downstream-service-cluster");
  const auto specific = std::find_if(config.for_clusters.begin(), config.for_clusters.end(),
                                     [&](const FaultFilterConfig::ForCluster& each) { return cluster && each.cluster == *cluster; });
  const bool found = specific != config.for_clusters.end();
  FaultConfig faults;
  faults.max_active_faults = config.faults.max_active_faults;
  faults.delay = delayFor(config, found ? &specific->delay : nullptr, headers);
  faults.abort = abortFor(config, found ? &specific->abort : nullptr, headers);
  return faults;
}

}  // namespace meshmall::models
