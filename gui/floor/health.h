// How well a shop or a corridor is, by thresholds that the scenario gives: its SLOs on errors (success.rate, failed.rate) and latency of a service.
// Where it names none: more than 1 % of calls failing is a warning, more than 5 % is bad. A line longer than there are clerks is a warning; nobody at work is bad.
// Limiting case: no call in the last interval and nobody waiting is `quiet`, neither good nor bad. Draws nothing: a word for what the snapshot says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/observation/snapshot.h"

namespace meshmall::gui {

enum class Health : std::uint8_t { quiet, good, warning, bad };

struct HealthRules {
  double warning_errors = 0.01, bad_errors = 0.05;  // share of calls
  bool errors_from_slo = false;
  std::vector<std::optional<double>> worst_p99;     // ms, by service: from an SLO "latency.p99 < X for service=NAME"
};

// From the SLOs of the scenario that speak of the whole mall or of a service. Of an SLO "success.rate >= 99.5%": bad beyond 0.5 %, a warning from half of it on.
HealthRules healthRulesOf(const models::FloorPlan& floor);

Health healthOf(const models::ServiceState& service, std::uint32_t index, const HealthRules& rules);
Health healthOf(const models::EdgeState& edge, const HealthRules& rules);

// Why, in words: "12.5 % of calls fail", "the line is longer than there are clerks"; empty for good and quiet.
std::string whyOf(const models::ServiceState& service, std::uint32_t index, const HealthRules& rules);

}  // namespace meshmall::gui
