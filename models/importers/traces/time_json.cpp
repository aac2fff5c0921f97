#include "models/importers/traces/time_json.h"

#include <charconv>
#include <cmath>
#include <utility>
#include <nlohmann/json.hpp>

namespace meshmall::models::traces {

using Json = nlohmann::ordered_json;

double rounded(double value, int digits) {
  if (value == 0 || !std::isfinite(value)) return 0;
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, digits - 1).ptr;
  double out = value;
  std::from_chars(text, end, out);
  return out;
}

std::string fixed(double value, int decimals) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, decimals).ptr;
  std::string out(text, end);
  if (out.find('.') != std::string::npos) {
    while (out.back() == '0') out.pop_back();
    if (out.back() == '.') out.pop_back();
  }
  return out;
}

Json timeJson(const FittedTime& f) {
  const std::string mean = durationText(f.mean);
  switch (f.family) {
    case Family::constant:
      return mean;
    case Family::exponential:
      return {{"exponential", {{"mean", mean}}}};
    case Family::lognormal:
      return {{"lognormal", {{"mean", mean}, {"cv", rounded(f.shape)}}}};
    case Family::gamma:
      return {{"gamma", {{"mean", mean}, {"cv", rounded(f.shape)}}}};
    case Family::weibull:
      return {{"weibull", {{"mean", mean}, {"shape", rounded(f.shape)}}}};
    case Family::normal:
      return {{"normal", {{"mean", mean}, {"sd", durationText(f.shape)}}}};
    case Family::two_lognormals: {
      Json parts = Json::array();
      for (const FittedTime::Part& part : f.parts)
        parts.push_back({{"weight", rounded(part.weight)}, {"of", {{"lognormal", {{"mean", durationText(part.mean)}, {"cv", rounded(part.cv)}}}}}});
      return {{"mixture", parts}};
    }
    case Family::empirical:
      break;
  }
  Json values = Json::array(), weights = Json::array();
  for (const auto& [value, weight] : f.points) {
    values.push_back(durationText(value));
    weights.push_back(weight);
  }
  return {{"empirical", {{"values", values}, {"weights", weights}}}};
}

std::string rateText(double per_ms) {
  const double per_second = per_ms * 1000;
  if (per_second >= 1) return fixed(rounded(per_second), 4) + "/s";
  return per_second * 3600 < 10 ? fixed(rounded(per_second * 3600), 6) + "/h" : fixed(rounded(per_second * 60), 6) + "/m";
}

std::string durationText(double ms) {
  const double ns = std::round(ms * 1e6);
  for (const auto& [unit, name] : {std::pair{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}})  // whole ones need no smaller unit
    if (ns >= unit && std::fmod(ns, unit) == 0 && ns < 1000 * unit) return fixed(ns / unit, 0) + name;
  if (ns >= 1e9 && std::fmod(ns, 1e7) == 0) return fixed(ns / 1e9, 2) + "s";
  if (ns < 10'000) return fixed(ns, 0) + "ns";
  if (ns < 1e6) return fixed(ns / 1e3, 1) + "us";
  if (ns < 1e7) return fixed(ns / 1e3, 0) + "us";
  if (ns < 1e10) return fixed(ns / 1e6, 2) + "ms";
  return fixed(ns / 1e9, 3) + "s";
}

}  // namespace meshmall::models::traces
