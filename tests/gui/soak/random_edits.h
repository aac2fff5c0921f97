// Edits as an impatient person makes them, of any scenario: what they name is taken from its first service and first traffic entry.
#pragma once

#include <cstdint>
#include <fstream>
#include <random>
#include <string>

#include "models/mall/plan.h"

namespace meshmall::gui {

inline std::string randomEdit(const models::Scenario& scenario, std::mt19937_64& random) {
  const auto upTo = [&](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
  const models::Service& service = scenario.services[upTo(scenario.services.size())];
  const std::string name = "\"" + service.name + "\"";
  const std::string lasts = R"(, "for": ")" + std::to_string(1 + upTo(20)) + "s\"}";
  const auto rule = [&](const std::string& policy) { return R"({"patch": {"mesh": {"destinationRules": {)" + name + R"(: {"trafficPolicy": )" + policy + "}}}}}"; };
  switch (upTo(9)) {
    case 0: return R"({"slow": {"service": )" + name + R"(, "factor": )" + std::to_string(2 + upTo(8)) + "}" + lasts;
    case 1: return R"({"fail": {"service": )" + name + R"(, "probability": 0.3})" + lasts;
    case 2: return R"({"crash": {"service": )" + name + R"(, "count": 1})" + lasts;
    case 3: return R"({"network": {"delay": "20ms"})" + lasts;
    case 4: return R"({"traffic": {"name": ")" + scenario.traffic.front().name + R"(", "factor": 2})" + lasts;
    case 5: return rule(R"({"loadBalancer": {"simple": "ROUND_ROBIN"}})");
    case 6: return rule(R"({"loadBalancer": {"simple": "RANDOM"}})");
    case 7: return rule(R"({"outlierDetection": {"consecutive5xxErrors": 3, "interval": "1s", "baseEjectionTime": "2s"}})");
    default: return rule(R"({"connectionPool": {"http": {"http1MaxPendingRequests": 16}}})");
  }
}

// Of this process, in MB; 0 where the system does not say.
inline double memoryInUse() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return static_cast<double>(std::stoull(line.substr(6))) / 1024;
  return 0;
}

}  // namespace meshmall::gui
