#include "scenario_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace meshmall::theory {

namespace {

std::string decimal(double value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), end.ptr};
}

}  // namespace

std::string ScenarioText::duration(double units) const { return std::to_string(std::llround(units * static_cast<double>(unit_ns_))) + "ns"; }

std::string ScenarioText::rate(double per_unit) const { return decimal(per_unit * 1e9 / static_cast<double>(unit_ns_)) + "/s"; }

Json ScenarioText::distribution(const Json& model) const {
  const std::string dist = model.at("dist");
  const double mean = model.contains("mean") ? model["mean"].get<double>() : model.contains("rate") ? 1 / model["rate"].get<double>() : 1;
  if (dist == "exponential") return {{"exponential", {{"mean", duration(mean)}}}};
  if (dist == "deterministic") return duration(mean);
  if (dist == "lognormal") return {{"lognormal", {{"mean", duration(mean)}, {"cv", std::sqrt(model.at("cv2").get<double>())}}}};
  if (dist == "erlang") return {{"erlang", {{"mean", duration(mean)}, {"k", model.at("k")}}}};
  if (dist == "pareto") return {{"pareto", {{"scale", duration(model.at("min"))}, {"shape", model.at("alpha")}}}};
  if (dist == "weibull") return {{"weibull", {{"mean", duration(mean)}, {"shape", model.at("shape")}}}};
  if (dist == "hyperexponential2") {
    const Json first = {{"probability", model.at("p1")}, {"mean", duration(1 / model.at("rate1").get<double>())}};
    const Json second = {{"probability", 1 - model.at("p1").get<double>()}, {"mean", duration(1 / model.at("rate2").get<double>())}};
    return {{"hyperexponential", {{"branches", {first, second}}}}};
  }
  throw NotExpressible("the format has no distribution \"" + dist + "\"");
}

Json& ScenarioText::counter(const std::string& name, const Json& steps, std::uint64_t workers) {
  Json& service = json_["services"][name];
  service["operations"]["serve"]["steps"] = steps;
  version(service)["workers"] = workers;
  return service;
}

Json& ScenarioText::traffic(const std::string& to, const Json& arrivals) {
  Json& all = json_["traffic"];
  all.push_back({{"name", "t" + std::to_string(all.size())}, {"to", to}, {"arrivals", arrivals}, {"via", "direct"}});
  return all.back();
}

Json& ScenarioText::poisson(const std::string& to, double per_unit) { return traffic(to, {{"poisson", {{"rate", rate(per_unit)}}}}); }

}  // namespace meshmall::theory
