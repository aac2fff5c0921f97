#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/replay/resilience_cases.h"
#include "models/resilience/health_check.h"
#include "models/resilience/outlier_detector.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

constexpr std::int64_t kMs = 1'000'000;

// The numeric fields of outlier detection by their names in Envoy.
struct NamedField {
  const char* key;
  std::uint32_t OutlierDetectionConfig::*field;
};
constexpr NamedField kFields[] = {
    {"consecutive_5xx", &OutlierDetectionConfig::consecutive_5xx},
    {"consecutive_gateway_failure", &OutlierDetectionConfig::consecutive_gateway_failure},
    {"consecutive_local_origin_failure", &OutlierDetectionConfig::consecutive_local_origin_failure},
    {"max_ejection_percent", &OutlierDetectionConfig::max_ejection_percent},
    {"enforcing_consecutive_5xx", &OutlierDetectionConfig::enforcing_consecutive_5xx},
    {"enforcing_consecutive_gateway_failure", &OutlierDetectionConfig::enforcing_consecutive_gateway_failure},
    {"enforcing_consecutive_local_origin_failure", &OutlierDetectionConfig::enforcing_consecutive_local_origin_failure},
    {"enforcing_success_rate", &OutlierDetectionConfig::enforcing_success_rate},
    {"enforcing_local_origin_success_rate", &OutlierDetectionConfig::enforcing_local_origin_success_rate},
    {"enforcing_failure_percentage", &OutlierDetectionConfig::enforcing_failure_percentage},
    {"enforcing_failure_percentage_local_origin", &OutlierDetectionConfig::enforcing_failure_percentage_local_origin},
    {"success_rate_minimum_hosts", &OutlierDetectionConfig::success_rate_minimum_hosts},
    {"success_rate_request_volume", &OutlierDetectionConfig::success_rate_request_volume},
    {"success_rate_stdev_factor", &OutlierDetectionConfig::success_rate_stdev_factor},
    {"failure_percentage_threshold", &OutlierDetectionConfig::failure_percentage_threshold},
    {"failure_percentage_minimum_hosts", &OutlierDetectionConfig::failure_percentage_minimum_hosts},
    {"failure_percentage_request_volume", &OutlierDetectionConfig::failure_percentage_request_volume},
};
struct NamedSwitch {
  const char* key;
  bool OutlierDetectionConfig::*field;
};
constexpr NamedSwitch kSwitches[] = {
    {"always_eject_one_host", &OutlierDetectionConfig::always_eject_one_host},
    {"split_external_local_origin_errors", &OutlierDetectionConfig::split_external_local_origin_errors},
    {"successful_active_health_check_uneject_host", &OutlierDetectionConfig::successful_active_health_check_uneject_host},
};

OutlierDetectionConfig outlierConfigOf(CaseFields& fields) {
  OutlierDetectionConfig config;
  for (const NamedField& each : kFields) config.*each.field = fields.count(each.key, config.*each.field);
  for (const NamedSwitch& each : kSwitches) config.*each.field = fields.boolean(each.key, config.*each.field);
  config.interval = fields.milliseconds("interval_ms", config.interval.ns / kMs);
  config.base_ejection_time = fields.milliseconds("base_ejection_time_ms", config.base_ejection_time.ns / kMs);
  if (fields.has("max_ejection_time_ms")) config.max_ejection_time = fields.milliseconds("max_ejection_time_ms");
  config.max_ejection_time_jitter = fields.milliseconds("max_ejection_time_jitter_ms", 0);
  return config;
}

json outlierConfig(CaseFields& config, CaseFields&) {
  const OutlierDetectionConfig read = outlierConfigOf(config);
  if (!read.valid()) return {{"error", true}};
  json actual{{"interval_ms", read.interval.ns / kMs},
              {"base_ejection_time_ms", read.base_ejection_time.ns / kMs},
              {"max_ejection_time_ms", read.maxEjectionTime().ns / kMs},
              {"max_ejection_time_jitter_ms", read.max_ejection_time_jitter.ns / kMs},
              {"error", false}};
  for (const NamedField& each : kFields) actual[each.key] = read.*each.field;
  for (const NamedSwitch& each : kSwitches) actual[each.key] = read.*each.field;
  return actual;
}

OutlierResult outlierResult(const std::string& text) {
  static const std::map<std::string, OutlierResult> kResults = {{"EXT_ORIGIN_REQUEST_SUCCESS", OutlierResult::kExtOriginRequestSuccess},
                                                                {"EXT_ORIGIN_REQUEST_FAILED", OutlierResult::kExtOriginRequestFailed},
                                                                {"LOCAL_ORIGIN_CONNECT_SUCCESS", OutlierResult::kLocalOriginConnectSuccess},
                                                                {"LOCAL_ORIGIN_CONNECT_SUCCESS_FINAL", OutlierResult::kLocalOriginConnectSuccessFinal},
                                                                {"LOCAL_ORIGIN_TIMEOUT", OutlierResult::kLocalOriginTimeout},
                                                                {"LOCAL_ORIGIN_CONNECT_FAILED", OutlierResult::kLocalOriginConnectFailed}};
  const auto place = kResults.find(text);
  if (place == kResults.end()) throw UnsupportedCase{"result " + text + " is not understood"};
  return place->second;
}

json outlierResultMapping(CaseFields& config, CaseFields& input) {
  const bool split = config.boolean("split_external_local_origin_errors", false);
  json codes = json::object();
  for (const json& entry : input.list("results")) {
    const auto text = entry.get<std::string>();
    const auto code = httpCodeOf(outlierResult(text), split);
    codes[text] = code ? json(*code) : json(nullptr);
  }
  return {{"http_code", codes}};
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Envoy's counters put "local_origin" first for the two rate detectors.
std::string counterName(EjectionType type) {
  if (type == EjectionType::kSuccessRateLocalOrigin) return "local_origin_success_rate";
  if (type == EjectionType::kFailurePercentageLocalOrigin) return "local_origin_failure_percentage";
  return lower(name(type));
}

// Plays a script of reports and ticks on one detector and keeps the log of its decisions.
class OutlierScript {
 public:
  explicit OutlierScript(CaseFields& config) {
    for (const json& host : config.list("hosts")) names_.push_back(host.get<std::string>());
    present_.assign(names_.size(), true);
    config_ = outlierConfigOf(config);
    if (!config_.valid()) throw UnsupportedCase{"max_ejection_time is below base_ejection_time"};
  }

  void play(const json& events) {
    for (const json& entry : events) {
      CaseFields event(entry, "events[]");
      const std::string kind = event.text("event");
      const engine::SimTime now = event.instantMs("t_ms");
      CaseDraws draws({event.draw("random", 0)});
      const std::int64_t times = event.integer("n", 1);
      OutlierDetector::Decisions decisions;
      if (kind == "repeat") {
        const json& nested = event.list("events");
        for (std::int64_t i = 0; i < times; ++i) play(nested);
      } else if (kind == "http") {
        const std::uint32_t host = hostOf(event);
        const auto status = static_cast<int>(event.integer("status"));
        for (std::int64_t i = 0; i < times && present_[host]; ++i) detector_.onHttp(config_, host, status, now, total(), draws, decisions);
      } else if (kind == "result") {
        const std::uint32_t host = hostOf(event);
        const OutlierResult result = outlierResult(event.text("result"));
        std::optional<int> code;
        if (event.has("code")) code = static_cast<int>(event.integer("code"));
        for (std::int64_t i = 0; i < times && present_[host]; ++i) detector_.onResult(config_, host, result, code, now, total(), draws, decisions);
      } else if (kind == "interval_tick") {
        detector_.onInterval(config_, now, total(), draws, decisions);
      } else if (kind == "active_hc_success") {
        detector_.onActiveHealthCheckSuccess(config_, hostOf(event), now, decisions);
      } else if (kind == "remove_hosts") {
        for (const json& host : event.list("hosts")) remove(host.get<std::string>());
      } else {
        throw UnsupportedCase{"event " + kind + " is not understood"};
      }
      event.finish();
      note(decisions, now);
      if (kind == "interval_tick") after_tick_[std::to_string(now.ns / kMs)] = findings();
    }
  }

  json result() const {
    const OutlierStats& stats = detector_.stats();
    json counters{{"ejections_active", detector_.ejectedCount()}, {"ejections_enforced_total", stats.enforcedTotal()}, {"ejections_overflow", stats.overflow}};
    for (std::size_t i = 0; i < kEjectionTypeCount; ++i) {
      const std::string counter = counterName(static_cast<EjectionType>(i));
      counters["ejections_detected_" + counter] = stats.detected[i];
      counters["ejections_enforced_" + counter] = stats.enforced[i];
    }
    return {{"log", log_}, {"stats", counters}, {"ejected_at_end", ejected()}, {"after_tick", after_tick_}};
  }

 private:
  std::uint32_t indexOf(const std::string& host) const {
    const auto place = std::find(names_.begin(), names_.end(), host);
    if (place == names_.end()) throw UnsupportedCase{"host " + host + " is not among config.hosts"};
    return static_cast<std::uint32_t>(place - names_.begin());
  }
  std::uint32_t hostOf(CaseFields& event) const { return indexOf(event.text("host")); }
  std::uint32_t total() const { return static_cast<std::uint32_t>(std::count(present_.begin(), present_.end(), true)); }

  // Answers of a host that is gone are no longer counted (Envoy: notifyMainThreadConsecutiveError finds no monitor of it).
  void remove(const std::string& host) {
    const std::uint32_t index = indexOf(host);
    detector_.removeHost(index);
    present_[index] = false;
  }

  // Identical lines are counted in the first one's `times`, as the recorded logs do.
  void note(const OutlierDetector::Decisions& decisions, engine::SimTime now) {
    for (const OutlierDecision& decision : decisions) {
      json line{{"t_ms", now.ns / kMs}, {"action", decision.eject ? "eject" : "uneject"}, {"host", names_[decision.host]}};
      if (decision.eject) {
        line["type"] = std::string(name(decision.type));
        line["enforced"] = decision.enforced;
      }
      const std::string key = line.dump();
      const auto [place, first] = line_of_.emplace(key, log_.size());
      if (first) {
        log_.push_back(line);
      } else {
        json& earlier = log_[place->second];
        earlier["times"] = earlier.value("times", 1) + 1;
      }
    }
  }

  json ejected() const {
    json list = json::array();
    for (std::uint32_t i = 0; i < names_.size(); ++i) {
      if (detector_.ejected(i)) list.push_back(names_[i]);
    }
    return list;
  }

  json findings() const {
    json external = json::object(), local = json::object();
    for (std::uint32_t i = 0; i < names_.size(); ++i) {
      external[names_[i]] = detector_.successRate(i, false);
      local[names_[i]] = detector_.successRate(i, true);
    }
    return {{"host_success_rate", external},
            {"host_local_success_rate", local},
            {"mean", detector_.externalRates().mean},
            {"threshold", detector_.externalRates().threshold},
            {"local_mean", detector_.localRates().mean},
            {"local_threshold", detector_.localRates().threshold},
            {"ejected", ejected()}};
  }

  OutlierDetectionConfig config_;
  OutlierDetector detector_;
  std::vector<std::string> names_;
  std::vector<bool> present_;
  json log_ = json::array(), after_tick_ = json::object();
  std::map<std::string, std::size_t> line_of_;
};

json outlierDetection(CaseFields& config, CaseFields& input) {
  OutlierScript script(config);
  script.play(input.list("events"));
  return script.result();
}

// Ejects one host again and again, each time as soon as it is let in, and counts the ticks that each ejection lasts.
json outlierEjectionDurations(CaseFields& config, CaseFields& input) {
  OutlierDetectionConfig read = outlierConfigOf(config);
  read.max_ejection_percent = 100;
  if (!input.boolean("re_eject", true)) throw UnsupportedCase{"re_eject false"};
  const std::int64_t wanted = input.integer("consecutive_ejections");
  OutlierDetector detector;
  OutlierDetector::Decisions decisions;
  CaseDraws draws;
  engine::SimTime now;
  json ticks = json::array();
  for (std::int64_t i = 0; i < wanted; ++i) {
    for (std::uint32_t n = 0; n < read.consecutive_5xx; ++n) detector.onHttp(read, 0, 500, now, 1, draws, decisions);
    if (!detector.ejected(0)) throw UnsupportedCase{"the configuration does not eject"};
    int lasted = 0;
    for (; detector.ejected(0); ++lasted) {
      now = now + read.interval;
      detector.onInterval(read, now, 1, draws, decisions);
    }
    ticks.push_back(lasted);
  }
  return {{"duration_in_ticks", ticks}};
}

json outlierJitter(CaseFields& config, CaseFields& input) {
  OutlierDetectionConfig read = outlierConfigOf(config);
  read.max_ejection_percent = 100;
  OutlierDetector detector;
  OutlierDetector::Decisions decisions;
  CaseDraws draws({input.draw("random")});
  for (std::uint32_t n = 0; n < read.consecutive_5xx; ++n) detector.onHttp(read, 0, 500, engine::SimTime{0}, 1, draws, decisions);
  if (decisions.empty()) throw UnsupportedCase{"the configuration does not eject"};
  return {{"jitter_ms", (decisions.back().until.ns - read.base_ejection_time.ns) / kMs}};
}

json successRateThresholdCase(CaseFields& config, CaseFields& input) {
  const auto rates = input.list("success_rates").get<std::vector<double>>();
  const SuccessRateThreshold found = successRateThreshold(rates, config.number("stdev_factor", 1.9));
  return {{"mean", found.mean}, {"variance", found.variance}, {"stdev", found.deviation}, {"threshold", found.threshold}};
}

// --- health_check -----------------------------------------------------------------------------------------------------------------------------------

std::vector<StatusRange> statusRanges(const json& list) {
  std::vector<StatusRange> ranges;
  for (const json& entry : list) ranges.push_back({entry.at(0).get<int>(), entry.at(1).get<int>()});
  return ranges;
}

HealthCheckConfig healthCheckConfig(CaseFields& fields) {
  HealthCheckConfig config;
  config.timeout = fields.milliseconds("timeout_ms", 1000);
  config.interval = fields.milliseconds("interval_ms", 1000);
  const auto optional = [&](const char* key) { return fields.has(key) ? std::optional(fields.milliseconds(key)) : std::nullopt; };
  config.unhealthy_interval = optional("unhealthy_interval_ms");
  config.unhealthy_edge_interval = optional("unhealthy_edge_interval_ms");
  config.healthy_edge_interval = optional("healthy_edge_interval_ms");
  config.no_traffic_healthy_interval = optional("no_traffic_healthy_interval_ms");
  config.no_traffic_interval = fields.milliseconds("no_traffic_interval_ms", 60'000);
  config.interval_jitter = fields.milliseconds("interval_jitter_ms", 0);
  config.interval_jitter_percent = fields.count("interval_jitter_percent", 0);
  config.unhealthy_threshold = fields.count("unhealthy_threshold");
  config.healthy_threshold = fields.count("healthy_threshold");
  config.expected_statuses = statusRanges(fields.list("expected_statuses"));
  config.retriable_statuses = statusRanges(fields.list("retriable_statuses"));
  return config;
}

CheckResult checkResult(CaseFields& check) {
  CheckResult result;
  const std::string kind = check.text("check");
  if (kind == "timeout") {
    result.kind = CheckResult::Kind::kTimeout;
  } else if (kind == "network_failure") {
    result.kind = CheckResult::Kind::kNetworkFailure;
  } else if (kind == "response") {
    result.status = static_cast<int>(check.integer("status"));
    result.degraded = check.boolean("degraded", false);
    result.immediate_fail = check.boolean("immediate_fail", false);
  } else {
    throw UnsupportedCase{"check " + kind + " is not understood"};
  }
  return result;
}

json healthCheck(CaseFields& config, CaseFields& input) {
  const HealthCheckConfig given = healthCheckConfig(config);
  const std::string initial = config.text("initial_state", "unhealthy");
  if (initial != "healthy" && initial != "unhealthy") throw UnsupportedCase{"initial_state " + initial + " is not understood"};
  bool had_traffic = config.boolean("cluster_had_traffic", false);
  HealthChecker checker(initial == "unhealthy");
  json steps = json::array();
  for (const json& entry : input.list("checks")) {
    CaseFields check(entry, "checks[]");
    HealthCheckConfig now = given;
    CaseFields runtime = check.object("runtime");
    if (runtime.has("health_check.min_interval")) now.min_interval = runtime.milliseconds("health_check.min_interval");
    if (runtime.has("health_check.max_interval")) now.max_interval = runtime.milliseconds("health_check.max_interval");
    runtime.finish();
    had_traffic = check.boolean("traffic", had_traffic) || had_traffic;
    CaseDraws draws;
    for (const json& number : check.list("randoms")) draws.add(drawOf(number));
    const HealthChecker::Step step = checker.onResult(now, checkResult(check), had_traffic, draws);
    check.finish();
    steps.push_back({{"transition", std::string(name(step.transition))},
                     {"failed", checker.failed()},
                     {"state", checker.failed()     ? "unhealthy"
                               : checker.degraded() ? "degraded"
                                                    : "healthy"},
                     {"next_interval_ms", step.next_interval.ns / kMs},
                     {"timeout_flag", checker.timedOut()},
                     {"excluded_flag", checker.excluded()}});
  }
  return {{"steps", steps}};
}

}  // namespace

std::vector<CaseAdapter> healthAdapters() {
  return {{"outlier_config", outlierConfig}, {"outlier_detection", outlierDetection},          {"outlier_ejection_durations", outlierEjectionDurations},
          {"outlier_jitter", outlierJitter}, {"outlier_result_mapping", outlierResultMapping}, {"success_rate_threshold", successRateThresholdCase},
          {"health_check", healthCheck}};
}

}  // namespace meshmall::cli
