// Building blocks of the generated scenarios: durations, rates, distributions, a counter, traffic.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace meshmall::theory {

using Json = nlohmann::json;

struct NotExpressible : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ScenarioText {
 public:
  explicit ScenarioText(std::int64_t unit_ns = 10'000'000) : unit_ns_(unit_ns) {
    json_ = {{"meshmall", 1}, {"name", "theory"}, {"run", {{"duration", "87600h"}}}, {"sidecar", false}, {"services", Json::object()}, {"traffic", Json::array()}};
  }
  std::string duration(double units) const;
  std::string rate(double per_unit) const;
  Json distribution(const Json& model) const;  // {"dist": "exponential", "mean": 1} ... in units; throws NotExpressible

  // A service with one operation "serve".
  Json& counter(const std::string& name, const Json& steps, std::uint64_t workers = 1);
  static Json& version(Json& service) { return service["versions"]["v1"]; }
  Json& poisson(const std::string& to, double per_unit);
  Json& traffic(const std::string& to, const Json& arrivals);
  Json& root() { return json_; }
  std::string text() const { return json_.dump(); }
  std::int64_t unit() const { return unit_ns_; }

 private:
  std::int64_t unit_ns_;
  Json json_;
};

}  // namespace meshmall::theory
