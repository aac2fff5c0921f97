#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/replay/resilience_cases.h"
#include "models/resilience/adaptive_concurrency.h"
#include "models/resilience/admission_control.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;
using namespace models;

// --- admission control ------------------------------------------------------------------------------------------------------------------------------

AdmissionControlConfig admissionConfig(CaseFields& fields) {
  AdmissionControlConfig config;
  config.sr_threshold_percent = fields.number("sr_threshold_percent", config.sr_threshold_percent);
  config.aggression = fields.number("aggression", config.aggression);
  config.max_rejection_probability_percent = fields.number("max_rejection_probability_percent", config.max_rejection_probability_percent);
  config.rps_threshold = fields.count("rps_threshold", 0);
  config.sampling_window = engine::seconds(fields.integer("sampling_window_s", 30));
  return config;
}

json admissionProbability(CaseFields& config, CaseFields& input) {
  const AdmissionControlConfig admission = admissionConfig(config);
  const AdmissionCounts counts{input.draw("total"), input.draw("success")};
  if (input.text("randoms", "each_of_0_to_9999") != "each_of_0_to_9999") throw UnsupportedCase{"randoms is not each_of_0_to_9999"};
  int rejected = 0;
  for (std::uint64_t number = 0; number < 10'000; ++number) {
    CaseDraws draws({number});
    if (!decideAdmission(admission, counts, admission.rps_threshold, false, draws).admitted) ++rejected;
  }
  return {{"reject_fraction", rejected / 10'000.0}};
}

json admissionDecision(CaseFields& config, CaseFields& input) {
  const AdmissionControlConfig admission = admissionConfig(config);
  json admitted = json::array(), recorded = json::array();
  for (const json& entry : input.list("requests")) {
    CaseFields request(entry, "requests[]");
    CaseDraws draws({request.draw("random", 0)});
    const AdmissionCounts counts{request.draw("total"), request.draw("success")};
    const AdmissionDecision decision = decideAdmission(admission, counts, request.draw("average_rps", 0), request.boolean("health_check", false), draws);
    admitted.push_back(decision.admitted);
    recorded.push_back(decision.record);
    request.finish();
  }
  return {{"admitted", admitted}, {"recorded", recorded}};
}

json admissionWindow(CaseFields& config, CaseFields& input) {
  const AdmissionControlConfig admission = admissionConfig(config);
  AdmissionController controller;
  json counts = json::array();
  for (const json& entry : input.list("ops")) {
    CaseFields op(entry, "ops[]");
    const std::string kind = op.text("op");
    const engine::SimTime now = op.instantMs("t_ms");
    if (kind == "record") {
      controller.record(admission, op.boolean("success"), now);
    } else if (kind == "query") {
      const AdmissionCounts found = controller.counts(admission, now);
      counts.push_back({found.total, found.success});
    } else if (kind == "rps") {
      counts.push_back(controller.averageRps(admission, now));
    } else {
      throw UnsupportedCase{"op " + kind + " is not understood"};
    }
    op.finish();
  }
  return {{"counts", counts}};
}

json admissionSuccessCriteria(CaseFields&, CaseFields& input) {
  json http = json::array(), grpc = json::array();
  for (const json& status : input.list("http")) http.push_back(isAdmissionSuccess(status.get<int>()));
  const auto codes = input.list("grpc").get<std::vector<int>>();
  for (const int success : kAdmissionGrpcSuccess) {  // in the order of the default list
    if (std::find(codes.begin(), codes.end(), success) != codes.end()) grpc.push_back(success);
  }
  return {{"http", http}, {"grpc_success", grpc}};
}

// --- adaptive concurrency ---------------------------------------------------------------------------------------------------------------------------

AdaptiveConcurrencyConfig gradientConfigOf(CaseFields& fields) {
  AdaptiveConcurrencyConfig config;
  config.max_concurrency_limit = fields.count("max_concurrency_limit", config.max_concurrency_limit);
  config.request_count = fields.count("request_count", config.request_count);
  config.sample_aggregate_percentile = fields.number("sample_aggregate_percentile", config.sample_aggregate_percentile);
  config.min_concurrency = fields.count("min_concurrency", config.min_concurrency);
  config.jitter = fields.number("jitter", config.jitter);
  config.buffer = fields.number("buffer", config.buffer);
  config.concurrency_update_interval = fields.milliseconds("concurrency_update_interval_ms", config.concurrency_update_interval.ns / 1'000'000);
  config.min_rtt_interval = fields.milliseconds("min_rtt_interval_ms", config.min_rtt_interval.ns / 1'000'000);
  return config;
}

json gradientConfig(CaseFields& config, CaseFields&) {
  const AdaptiveConcurrencyConfig read = gradientConfigOf(config);
  return {{"max_concurrency_limit", read.max_concurrency_limit},
          {"request_count", read.request_count},
          {"sample_aggregate_percentile", read.sample_aggregate_percentile},
          {"jitter", read.jitter},
          {"min_concurrency", read.min_concurrency},
          {"buffer", read.buffer},
          {"concurrency_update_interval_ms", read.concurrency_update_interval.ns / 1'000'000},
          {"min_rtt_interval_ms", read.min_rtt_interval.ns / 1'000'000}};
}

json gradientLimit(CaseFields& config, CaseFields& input) {
  const AdaptiveConcurrencyConfig read = gradientConfigOf(config);
  const double gradient = concurrencyGradient(input.draw("min_rtt_us"), input.draw("sample_rtt_us"), read.buffer);
  const std::uint32_t next = nextConcurrencyLimit(read, input.count("limit"), gradient);
  return {{"gradient", std::round(gradient * 1e6) / 1e6}, {"new_limit", next}};  // the cases state six decimals
}

// Forwards and answers by script; `sample` answers the oldest admitted requests after the latency.
class GradientScript {
 public:
  explicit GradientScript(const AdaptiveConcurrencyConfig& config) : config_(config), controller_(config, now_), limit_at_start_(controller_.limit()) {}

  void play(CaseFields& op) {
    const std::string kind = op.text("op");
    const std::int64_t times = op.integer("n", 1);
    const engine::Duration latency = op.milliseconds("latency_ms", 0);
    if (kind == "forward") {
      for (std::int64_t i = 0; i < times; ++i) forward();
    } else if (kind == "sample") {
      const engine::SimTime sent = now_;
      now_ = now_ + latency;
      for (std::int64_t i = 0; i < times; ++i) answer(sent);
    } else if (kind == "forward_and_sample") {
      for (std::int64_t i = 0; i < times; ++i) {
        const bool admitted = controller_.tryForward();
        const engine::SimTime sent = now_;
        now_ = now_ + latency;
        if (admitted) answer(sent);
      }
    } else if (kind == "cancel") {
      for (std::int64_t i = 0; i < times; ++i) {
        if (controller_.outstanding() == 0) throw UnsupportedCase{"cancel without an admitted request"};
        controller_.onCancel();
      }
    } else {
      throw UnsupportedCase{"op " + kind + " is not understood"};
    }
  }

  json result() const {
    return {{"forwarded", forwarded_},
            {"limit_during_measurement", limit_at_start_},
            {"measurement_active_at_end", controller_.measuring()},
            {"min_rtt_ms", controller_.minRttMicroseconds() / 1000},
            {"limit", controller_.limit()}};
  }

 private:
  void forward() { forwarded_.push_back(controller_.tryForward()); }
  void answer(engine::SimTime sent) {
    if (controller_.outstanding() == 0) throw UnsupportedCase{"sample without an admitted request"};
    CaseDraws draws;
    controller_.onAnswer(config_, sent, now_, draws);
  }

  AdaptiveConcurrencyConfig config_;
  engine::SimTime now_;
  GradientController controller_;
  std::uint32_t limit_at_start_;
  json forwarded_ = json::array();
};

json gradientController(CaseFields& config, CaseFields& input) {
  GradientScript script(gradientConfigOf(config));
  for (const json& entry : input.list("script")) {
    CaseFields op(entry, "script[]");
    script.play(op);
    op.finish();
  }
  return script.result();
}

json gradientJitter(CaseFields& config, CaseFields& input) {
  AdaptiveConcurrencyConfig read;
  read.min_rtt_interval = config.milliseconds("interval_ms");
  read.jitter = config.number("jitter");
  CaseDraws draws({input.draw("random", 0)});
  return {{"next_min_rtt_ms", nextMeasurement(read, draws).ns / 1'000'000}, {"draws", draws.drawn()}};
}

json gradientConsecutiveMin(CaseFields& config, CaseFields& input) {
  AdaptiveConcurrencyConfig read = gradientConfigOf(config);
  read.request_count = 1;
  GradientController controller(read, engine::SimTime{0});
  CaseDraws draws;
  controller.tryForward();
  controller.onAnswer(read, engine::SimTime{0}, engine::SimTime{1'000'000}, draws);  // ends the first measurement
  const json& limits = input.list("limits_set_outside_measurement");
  json triggered = nullptr;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    if (!controller.setLimit(read, limits[i].get<std::uint32_t>(), engine::SimTime{2'000'000})) continue;
    triggered = i;
    break;
  }
  return {{"remeasure_triggered_at_index", triggered}};
}

}  // namespace

std::vector<CaseAdapter> admissionAdapters() {
  return {{"admission_control_probability", admissionProbability},
          {"admission_control_decision", admissionDecision},
          {"admission_control_window", admissionWindow},
          {"admission_control_success_criteria", admissionSuccessCriteria},
          {"gradient_config", gradientConfig},
          {"gradient_limit", gradientLimit},
          {"gradient_controller", gradientController},
          {"gradient_jitter", gradientJitter},
          {"gradient_consecutive_min", gradientConsecutiveMin}};
}

}  // namespace meshmall::cli
