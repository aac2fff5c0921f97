#include "models/resilience/outlier_detector.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/kernel/promise.h"
#include "models/resilience/fraction.h"

namespace meshmall::models {
namespace {

std::uint32_t enforcingPercent(const OutlierDetectionConfig& config, EjectionType type) {
  switch (type) {
    case EjectionType::kConsecutive5xx:
      return config.enforcing_consecutive_5xx;
    case EjectionType::kConsecutiveGatewayFailure:
      return config.enforcing_consecutive_gateway_failure;
    case EjectionType::kSuccessRate:
      return config.enforcing_success_rate;
    case EjectionType::kConsecutiveLocalOriginFailure:
      return config.enforcing_consecutive_local_origin_failure;
    case EjectionType::kSuccessRateLocalOrigin:
      return config.enforcing_local_origin_success_rate;
    case EjectionType::kFailurePercentage:
      return config.enforcing_failure_percentage;
    case EjectionType::kFailurePercentageLocalOrigin:
      return config.enforcing_failure_percentage_local_origin;
  }
  return 0;
}

// How long an ejection with multiplier m lasts, before jitter.
engine::Duration ejectionTime(const OutlierDetectionConfig& config, std::uint32_t multiplier) {
  return std::min(config.base_ejection_time * std::int64_t{multiplier}, config.maxEjectionTime());
}

}  // namespace

std::string_view name(EjectionType type) {
  switch (type) {
    case EjectionType::kConsecutive5xx:
      return "CONSECUTIVE_5XX";
    case EjectionType::kConsecutiveGatewayFailure:
      return "CONSECUTIVE_GATEWAY_FAILURE";
    case EjectionType::kSuccessRate:
      return "SUCCESS_RATE";
    case EjectionType::kConsecutiveLocalOriginFailure:
      return "CONSECUTIVE_LOCAL_ORIGIN_FAILURE";
    case EjectionType::kSuccessRateLocalOrigin:
      return "SUCCESS_RATE_LOCAL_ORIGIN";
    case EjectionType::kFailurePercentage:
      return "FAILURE_PERCENTAGE";
    case EjectionType::kFailurePercentageLocalOrigin:
      return "FAILURE_PERCENTAGE_LOCAL_ORIGIN";
  }
  return "?";
}

std::optional<int> httpCodeOf(OutlierResult result, bool split_external_local_origin_errors) {
  switch (result) {
    case OutlierResult::kExtOriginRequestSuccess:
      return 200;
    case OutlierResult::kExtOriginRequestFailed:
      return split_external_local_origin_errors ? 503 : 500;
    case OutlierResult::kLocalOriginConnectSuccess:
      return std::nullopt;
    case OutlierResult::kLocalOriginConnectSuccessFinal:
      return split_external_local_origin_errors ? std::nullopt : std::optional<int>(200);
    case OutlierResult::kLocalOriginTimeout:
      return split_external_local_origin_errors ? std::nullopt : std::optional<int>(504);
    case OutlierResult::kLocalOriginConnectFailed:
      return split_external_local_origin_errors ? std::nullopt : std::optional<int>(503);
  }
  return std::nullopt;
}

std::uint32_t OutlierStats::enforcedTotal() const { return std::accumulate(enforced.begin(), enforced.end(), std::uint32_t{0}); }

OutlierDetector::Host& OutlierDetector::hostAt(std::uint32_t host) {
  if (host >= hosts_.size()) hosts_.resize(std::size_t{host} + 1);
  return hosts_[host];
}

void OutlierDetector::onHttp(const OutlierDetectionConfig& config, std::uint32_t host, int status, engine::SimTime now, std::uint32_t total_hosts,
                             engine::RandomSource& random, Decisions& out) {
  countHttp(config, host, status, now, total_hosts, random, out);
}

void OutlierDetector::onResult(const OutlierDetectionConfig& config, std::uint32_t host, OutlierResult result, std::optional<int> code, engine::SimTime now,
                               std::uint32_t total_hosts, engine::RandomSource& random, Decisions& out) {
  const bool split = config.split_external_local_origin_errors;
  const std::optional<int> http = !split && code ? code : httpCodeOf(result, split);
  if (split) {
    const bool local_failure = result == OutlierResult::kLocalOriginTimeout || result == OutlierResult::kLocalOriginConnectFailed;
    // A request that failed at the other end was not failed here; Envoy leaves the local counters alone for it.
    if (result != OutlierResult::kExtOriginRequestFailed) countLocal(config, host, !local_failure, now, total_hosts, random, out);
  }
  if (http) countHttp(config, host, *http, now, total_hosts, random, out);
}

void OutlierDetector::onTryEnd(const OutlierDetectionConfig& config, std::uint32_t host, const TryOutcome& outcome, bool timed_out, engine::SimTime now,
                               std::uint32_t total_hosts, engine::RandomSource& random, Decisions& out) {
  if (timed_out) {
    onResult(config, host, OutlierResult::kLocalOriginTimeout, 504, now, total_hosts, random, out);
  } else if (outcome.reset == ResetReason::kNone) {
    const int status = outcome.grpc_status == kNoGrpcStatus ? outcome.status : httpStatusOfGrpc(outcome.grpc_status);
    onHttp(config, host, status, now, total_hosts, random, out);
  } else if (outcome.reset != ResetReason::kOverflow) {
    onResult(config, host, OutlierResult::kLocalOriginConnectFailed, std::nullopt, now, total_hosts, random, out);
  }
}

void OutlierDetector::countHttp(const OutlierDetectionConfig& config, std::uint32_t index, int status, engine::SimTime now, std::uint32_t total_hosts,
                                engine::RandomSource& random, Decisions& out) {
  Host& host = hostAt(index);
  ++host.external.current.total;
  if (!isServerError(status)) {
    ++host.external.current.success;
    host.consecutive_5xx = 0;
    host.consecutive_gateway = 0;
    return;
  }
  if (isGatewayError(status)) {
    if (++host.consecutive_gateway == config.consecutive_gateway_failure) {
      trigger(config, index, EjectionType::kConsecutiveGatewayFailure, now, total_hosts, random, out);
    }
  } else {
    host.consecutive_gateway = 0;
  }
  if (++host.consecutive_5xx == config.consecutive_5xx) trigger(config, index, EjectionType::kConsecutive5xx, now, total_hosts, random, out);
}

void OutlierDetector::countLocalSuccess(std::uint32_t index) {
  Host& host = hostAt(index);
  ++host.local.current.total;
  ++host.local.current.success;
  host.consecutive_local = 0;
}

void OutlierDetector::countLocal(const OutlierDetectionConfig& config, std::uint32_t index, bool success, engine::SimTime now, std::uint32_t total_hosts,
                                 engine::RandomSource& random, Decisions& out) {
  if (success) {
    countLocalSuccess(index);
    return;
  }
  Host& host = hostAt(index);
  ++host.local.current.total;
  if (++host.consecutive_local == config.consecutive_local_origin_failure) {
    trigger(config, index, EjectionType::kConsecutiveLocalOriginFailure, now, total_hosts, random, out);
  }
}

void OutlierDetector::trigger(const OutlierDetectionConfig& config, std::uint32_t index, EjectionType type, engine::SimTime now, std::uint32_t total_hosts,
                              engine::RandomSource& random, Decisions& out) {
  if (hosts_[index].ejected) return;  // the counter goes on, and fires no more
  tryEject(config, index, type, now, total_hosts, random, out);
  Host& host = hosts_[index];
  if (type == EjectionType::kConsecutive5xx) host.consecutive_5xx = 0;
  if (type == EjectionType::kConsecutiveGatewayFailure) host.consecutive_gateway = 0;
  if (type == EjectionType::kConsecutiveLocalOriginFailure) host.consecutive_local = 0;
}

void OutlierDetector::tryEject(const OutlierDetectionConfig& config, std::uint32_t index, EjectionType type, engine::SimTime now, std::uint32_t total_hosts,
                               engine::RandomSource& random, Decisions& out) {
  ++stats_.detected[static_cast<std::size_t>(type)];
  const double percent = 100.0 * (ejected_now_ + 1.0) / static_cast<double>(std::max<std::uint32_t>(total_hosts, 1));
  const bool room = percent <= std::min<std::uint32_t>(100, config.max_ejection_percent) || (config.always_eject_one_host && ejected_now_ == 0);
  if (!room) {
    ++stats_.overflow;
    if (keeps_notes_ && !hosts_[index].told_no_room) notes_.push_back({index, OutlierNote::Kind::kNoRoom, type, hosts_[index].multiplier});
    hosts_[index].told_no_room = true;
    return;
  }
  Host& host = hosts_[index];
  if (!Fraction{enforcingPercent(config, type), 100}.roll(random)) {
    out.push_back({index, true, type, false, now, host.multiplier});
    return;
  }
  ++stats_.enforced[static_cast<std::size_t>(type)];
  ++ejected_now_;
  host.ejected = true;
  host.told_no_room = false;
  host.last_ejection = now;
  const auto jitter_limit_ms = static_cast<std::uint64_t>(config.max_ejection_time_jitter.ns / 1'000'000);
  host.jitter_ms = static_cast<std::int64_t>(random.next() % (jitter_limit_ms + 1));  // drawn even when the limit is 0
  if (config.base_ejection_time * std::int64_t{host.multiplier} < config.maxEjectionTime() + config.base_ejection_time) ++host.multiplier;
  out.push_back({index, true, type, true, now + ejectionTime(config, host.multiplier) + engine::milliseconds(host.jitter_ms), host.multiplier});
}

void OutlierDetector::uneject(std::uint32_t index, engine::SimTime now, Decisions& out) {
  Host& host = hosts_[index];
  engine::promise(host.ejected && ejected_now_ > 0, "an endpoint is let in that was not ejected");
  host.ejected = false;
  host.was_unejected = true;
  host.last_unejection = now;
  host.consecutive_5xx = host.consecutive_gateway = host.consecutive_local = 0;
  --ejected_now_;
  out.push_back({index, false, EjectionType::kConsecutive5xx, true, now, host.multiplier});
}

void OutlierDetector::onInterval(const OutlierDetectionConfig& config, engine::SimTime now, std::uint32_t total_hosts, engine::RandomSource& random,
                                 Decisions& out) {
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    Host& host = hosts_[i];
    if (host.ejected && ejectionTime(config, host.multiplier) + engine::milliseconds(host.jitter_ms) <= now - host.last_ejection) uneject(i, now, out);
    for (Window* window : {&host.external, &host.local}) {
      window->previous = window->current;
      window->current = {};
      window->judged = {};  // a rate is told for one interval only (Envoy: DetectorImpl::onIntervalTimer sets successRate to -1)
    }
  }
  judgeRates(config, false, now, total_hosts, random, out);
  judgeRates(config, true, now, total_hosts, random, out);
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    Host& host = hosts_[i];
    if (host.ejected || !host.was_unejected || now - host.last_unejection < config.interval || host.multiplier == 0) continue;
    --host.multiplier;
    if (keeps_notes_) notes_.push_back({i, OutlierNote::Kind::kDecay, EjectionType::kConsecutive5xx, host.multiplier});
  }
}

void OutlierDetector::judgeRates(const OutlierDetectionConfig& config, bool local, engine::SimTime now, std::uint32_t total_hosts, engine::RandomSource& random,
                                 Decisions& out) {
  RateFindings& findings = local ? local_rates_ : external_rates_;
  findings = {};
  if (total_hosts < config.success_rate_minimum_hosts && total_hosts < config.failure_percentage_minimum_hosts) return;
  std::vector<std::pair<std::uint32_t, double>> for_success_rate, for_failure_percentage;
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    Host& host = hosts_[i];
    Window& window = local ? host.local : host.external;
    const Bucket& bucket = window.previous;
    if (host.ejected || bucket.total == 0) continue;
    const double rate = bucket.success * 100.0 / bucket.total;
    if (bucket.total >= std::min(config.success_rate_request_volume, config.failure_percentage_request_volume)) window.judged = bucket;
    if (bucket.total >= config.success_rate_request_volume) for_success_rate.emplace_back(i, rate);
    if (bucket.total >= config.failure_percentage_request_volume) for_failure_percentage.emplace_back(i, rate);
  }
  if (!for_success_rate.empty() && for_success_rate.size() >= config.success_rate_minimum_hosts) {
    judgeSuccessRates(config, local, for_success_rate, now, total_hosts, random, out);
  }
  if (for_failure_percentage.empty() || for_failure_percentage.size() < config.failure_percentage_minimum_hosts) return;
  const EjectionType type = local ? EjectionType::kFailurePercentageLocalOrigin : EjectionType::kFailurePercentage;
  for (const auto& [host, rate] : for_failure_percentage) {
    // The proxy's list was made before the success-rate ejections; ejecting twice is a fault there (debug assertion), so it is left out here.
    if (hosts_[host].ejected) continue;
    if (100.0 - rate >= config.failure_percentage_threshold) tryEject(config, host, type, now, total_hosts, random, out);
  }
}

void OutlierDetector::judgeSuccessRates(const OutlierDetectionConfig& config, bool local, const std::vector<std::pair<std::uint32_t, double>>& hosts,
                                        engine::SimTime now, std::uint32_t total_hosts, engine::RandomSource& random, Decisions& out) {
  std::vector<double> rates;
  rates.reserve(hosts.size());
  for (const auto& entry : hosts) rates.push_back(entry.second);
  const SuccessRateThreshold found = successRateThreshold(rates, config.success_rate_stdev_factor / 1000.0);
  (local ? local_rates_ : external_rates_) = {found.mean, found.threshold};
  const EjectionType type = local ? EjectionType::kSuccessRateLocalOrigin : EjectionType::kSuccessRate;
  for (const auto& [host, rate] : hosts) {
    if (rate < found.threshold) tryEject(config, host, type, now, total_hosts, random, out);
  }
}

void OutlierDetector::onActiveHealthCheckSuccess(const OutlierDetectionConfig& config, std::uint32_t host, engine::SimTime now, Decisions& out) {
  if (config.successful_active_health_check_uneject_host && ejected(host)) uneject(host, now, out);
}

void OutlierDetector::removeHost(std::uint32_t host) {
  if (host >= hosts_.size()) return;
  if (hosts_[host].ejected) --ejected_now_;
  hosts_[host] = Host{};
}

bool OutlierDetector::quiet() const {
  return std::all_of(hosts_.begin(), hosts_.end(), [](const Host& host) {
    return !host.ejected && host.multiplier == 0 && host.external.current.total == 0 && host.local.current.total == 0;
  });
}

double OutlierDetector::successRate(std::uint32_t host, bool local) const {
  if (host >= hosts_.size()) return -1;
  const Bucket& bucket = local ? hosts_[host].local.judged : hosts_[host].external.judged;
  return bucket.total == 0 ? -1 : bucket.success * 100.0 / bucket.total;
}

SuccessRateThreshold successRateThreshold(const std::vector<double>& rates, double stdev_factor) {
  SuccessRateThreshold result;
  if (rates.empty()) return result;
  const double count = static_cast<double>(rates.size());
  result.mean = std::accumulate(rates.begin(), rates.end(), 0.0) / count;
  double squares = 0;
  for (const double rate : rates) squares += (rate - result.mean) * (rate - result.mean);
  result.variance = squares / count;
  result.deviation = std::sqrt(result.variance);
  result.threshold = result.mean - stdev_factor * result.deviation;
  return result;
}

}  // namespace meshmall::models
