#include "models/scenario/decode_distribution.h"

#include <cmath>

#include "models/scenario/quantities.h"
#include "models/scenario/sample_file.h"

namespace meshmall::models {

using engine::Distribution;
using engine::Duration;

namespace {

double requiredSeconds(ObjectReader& object, std::string_view key) {
  const auto node = object.require(key);
  return node ? readDuration(*node).value_or(Duration{}).seconds() : 0;
}

double requiredNumber(ObjectReader& object, std::string_view key, double fallback, double min, double max) {
  const auto node = object.require(key);
  return node ? readNumber(*node, min, max).value_or(fallback) : fallback;
}

// Beyond these a family has no meaning in nanoseconds, or its moments leave a double.
constexpr double kMaxCv = 1000;
constexpr double kMinShape = 0.01, kMaxShape = 1000;

Distribution readUniform(const Node& node) {
  ObjectReader object(node, "uniform");
  const double min = requiredSeconds(object, "min");
  const double max = requiredSeconds(object, "max");
  if (min > max) {
    node.error("\"min\" must not be above \"max\"");
    return {};
  }
  return Distribution::uniform(min, max);
}

Distribution readPareto(const Node& node) {
  ObjectReader object(node, "pareto");
  const double scale = requiredSeconds(object, "scale");
  const auto shape_node = object.require("shape");
  if (!shape_node) return {};
  const double shape = readNumber(*shape_node, 0, kMaxShape).value_or(2);
  if (!(shape > 1)) {
    shape_node->wrong("above 1, else the mean is infinite");
    return {};
  }
  if (shape <= 2) shape_node->warning("the variance is infinite for a shape of at most 2: means converge slowly and their limits are not to be trusted");
  return Distribution::pareto(scale, shape);
}

Distribution readHyperexponential(const Node& node) {
  ObjectReader object(node, "hyperexponential");
  const auto list = object.require("branches");
  if (!list) return {};
  std::vector<Distribution::Branch> branches;
  double sum = 0;
  for (const Node& item : items(*list)) {
    ObjectReader branch(item, "branch");
    const double probability = requiredNumber(branch, "probability", 0, 0, 1);
    branches.push_back({probability, requiredSeconds(branch, "mean")});
    sum += probability;
  }
  if (std::abs(sum - 1) > 1e-9) {
    list->error("probabilities must add up to 1 (they add up to " + shown(sum) + ")");
    return {};
  }
  return Distribution::hyperexponential(branches);
}

std::vector<double> readWeights(const Node& node) {
  std::vector<double> weights;
  double sum = 0;
  for (const Node& item : items(node)) {
    weights.push_back(readNumber(item, 0, 1e12).value_or(1));
    sum += weights.back();
  }
  if (!weights.empty() && !(sum > 0)) node.error("weights must add up to more than 0");
  return sum > 0 ? weights : std::vector<double>();
}

// The numbers of a "file" with its "column" and "unit"; empty and noted when something is wrong.
std::vector<Duration> readFileOf(ObjectReader& object, const std::string& folder) {
  const auto file = object.get("file");
  const auto column_node = object.get("column");
  const auto unit_node = object.get("unit");
  const auto name = file ? readName(*file) : std::nullopt;
  std::optional<std::string> column;
  if (column_node) column = readName(*column_node);
  static const std::vector<std::string_view> kUnits = {"ns", "us", "ms", "s", "m", "h"};
  std::int64_t unit_ns = 0;
  if (unit_node) {
    const auto unit = readChoice(*unit_node, kUnits);
    if (!unit) return {};
    unit_ns = unitNanoseconds(kUnits[*unit]);
  }
  if (!name || (column_node && !column)) return {};
  SampleFile samples = readSampleFile(folder, *name, column, unit_ns);
  if (samples.error.empty()) return std::move(samples.values);
  file->error(samples.error);
  return {};
}

Distribution readEmpirical(const Node& node, const std::string& folder) {
  ObjectReader object(node, "empirical");
  const auto source = object.exactlyOne({"values", "file"});
  const auto weights_node = object.get("weights");
  const auto column = object.get("column");
  const auto unit = object.get("unit");
  if (!source) return {};
  std::vector<double> values;
  if (source->key() == "file") {
    if (weights_node) weights_node->keyError("\"weights\" only goes with \"values\"");
    for (const Duration value : readFileOf(object, folder)) values.push_back(value.seconds());
    return values.empty() ? Distribution() : Distribution::empirical(values, {});
  }
  if (column) column->keyError("\"column\" only goes with \"file\"");
  if (unit) unit->keyError("\"unit\" only goes with \"file\"");
  for (const Node& item : items(*source)) values.push_back(readDuration(item).value_or(Duration{}).seconds());
  if (values.empty()) {
    source->error("needs at least one value");
    return {};
  }
  const std::vector<double> weights = weights_node ? readWeights(*weights_node) : std::vector<double>();
  if (weights_node && !weights.empty() && weights.size() != values.size()) {
    weights_node->error("needs one weight for each of the " + std::to_string(values.size()) + " values (got " + std::to_string(weights.size()) + ")");
    return {};
  }
  return Distribution::empirical(values, weights);
}

Distribution readMixture(const Node& node, const std::string& folder) {
  std::vector<Distribution::Component> components;
  double sum = 0;
  for (const Node& item : items(node)) {
    ObjectReader object(item, "component");
    const double weight = requiredNumber(object, "weight", 1, 0, 1e12);
    const auto of = object.require("of");
    components.push_back({weight, of ? readDistribution(*of, folder) : Distribution()});
    sum += weight;
  }
  if (!(sum > 0)) {
    node.error("needs components whose weights add up to more than 0");
    return {};
  }
  return Distribution::mixture(std::move(components));
}

Distribution readFamily(const Node& node, const std::string& folder) {
  const std::string_view family = node.key();
  if (family == "uniform") return readUniform(node);
  if (family == "pareto") return readPareto(node);
  if (family == "hyperexponential") return readHyperexponential(node);
  if (family == "empirical") return readEmpirical(node, folder);
  if (family == "mixture") return readMixture(node, folder);
  ObjectReader object(node, family);
  if (family == "shifted") {
    const double by = requiredSeconds(object, "by");
    const auto of = object.require("of");
    return of ? readDistribution(*of, folder).shifted(by) : Distribution();
  }
  const double mean = requiredSeconds(object, "mean");
  if (family == "exponential") return Distribution::exponential(mean);
  if (family == "lognormal") return Distribution::lognormal(mean, requiredNumber(object, "cv", 0, 0, kMaxCv));
  if (family == "gamma") return Distribution::gamma(mean, requiredNumber(object, "cv", 0, 0, kMaxCv));
  if (family == "weibull") return Distribution::weibull(mean, requiredNumber(object, "shape", 1, kMinShape, kMaxShape));
  if (family == "normal") return Distribution::truncatedNormal(mean, requiredSeconds(object, "sd"));
  const auto k = object.require("k");  // erlang
  return Distribution::erlang(mean, k ? static_cast<unsigned>(readWhole(*k, 1, 1'000'000).value_or(1)) : 1u);
}

}  // namespace

Distribution readDistribution(const Node& node, const std::string& folder) {
  if (node.value().string() != nullptr) return Distribution::constant(readDuration(node).value_or(Duration{}));
  if (node.value().members() == nullptr) {
    node.wrong("a duration with a unit, such as \"2ms\", or a distribution such as {\"exponential\": {\"mean\": \"2ms\"}}");
    return {};
  }
  ObjectReader object(node, "distribution");
  std::vector<std::string_view> families;
  for (const KeyInfo& key : keysOf("distribution").keys) families.push_back(key.name);
  const auto family = object.exactlyOne(families);
  return family ? readFamily(*family, folder) : Distribution();
}

Distribution readDistribution(ObjectReader& object, std::string_view key, const std::string& folder) {
  const auto node = object.get(key);
  return node ? readDistribution(*node, folder) : Distribution();
}

// ---- arrivals -----------------------------------------------------------------------------------------------------------------

namespace {

double requiredRate(ObjectReader& object) {
  const auto node = object.require("rate");
  return node ? readRate(*node).value_or(0) : 0;
}

RenewalArrivals readRenewal(const Node& node, const std::string& folder) {
  ObjectReader object(node, "renewal");
  const auto interarrival = object.require("interarrival");
  if (!interarrival) return {};
  RenewalArrivals out{readDistribution(*interarrival, folder)};
  if (!(out.interarrival.mean() > 0)) interarrival->error("must have a mean above 0, else time would stand still");
  return out;
}

ProfileArrivals readProfile(const Node& node) {
  ObjectReader object(node, "profile");
  ProfileArrivals out;
  if (const auto points = object.require("points")) {
    for (const Node& item : items(*points)) {
      ObjectReader point(item, "point");
      const auto at = point.require("at");
      ProfileArrivals::Point next{engine::SimTime{at ? readDuration(*at).value_or(Duration{}).ns : 0}, requiredRate(point)};
      if (at && !out.points.empty() && next.at < out.points.back().at) at->error("must not be before the point above it");
      out.points.push_back(next);
    }
    if (out.points.empty() && points->value().items() != nullptr) points->error("needs at least one point");
  }
  if (const auto interpolate = object.get("interpolate")) {
    out.interpolate = readChoice(*interpolate, {"linear", "step"}).value_or(0) == 0 ? ProfileArrivals::Interpolate::kLinear : ProfileArrivals::Interpolate::kStep;
  }
  if (const auto repeat = object.get("repeat")) {
    out.repeat = readPositiveDuration(*repeat).value_or(Duration{});
    if (out.repeat.ns > 0 && !out.points.empty() && out.repeat.ns < out.points.back().at.ns) repeat->error("must not be shorter than the last point's \"at\"");
  }
  return out;
}

MmppArrivals readMmpp(const Node& node) {
  ObjectReader object(node, "mmpp");
  MmppArrivals out;
  const auto states = object.require("states");
  if (!states) return out;
  for (const Node& item : items(*states)) {
    ObjectReader state(item, "state");
    const double rate = requiredRate(state);
    const auto mean = state.require("mean");
    out.states.push_back({rate, mean ? readPositiveDuration(*mean).value_or(engine::seconds(1)) : engine::seconds(1)});
  }
  if (out.states.empty() && states->value().items() != nullptr) states->error("needs at least one state");
  return out;
}

TraceArrivals readTrace(const Node& node, const std::string& folder) {
  ObjectReader object(node, "trace");
  auto instants = std::make_shared<std::vector<engine::SimTime>>();
  const auto file = object.require("file");
  for (const Duration value : readFileOf(object, folder)) {
    if (!instants->empty() && value.ns < instants->back().ns) {
      file->error("the instants must ascend (value " + std::to_string(instants->size() + 1) + " is before the one above it)");
      break;
    }
    instants->push_back(engine::SimTime{value.ns});
  }
  return {std::move(instants)};
}

}  // namespace

ArrivalConfig readArrivals(const Node& node, const std::string& folder) {
  ObjectReader object(node, "arrivals");
  std::vector<std::string_view> kinds;
  for (const KeyInfo& key : keysOf("arrivals").keys) kinds.push_back(key.name);
  const auto chosen = object.exactlyOne(kinds);
  if (!chosen) return PoissonArrivals{};
  const std::string_view kind = chosen->key();
  if (kind == "renewal") return readRenewal(*chosen, folder);
  if (kind == "profile") return readProfile(*chosen);
  if (kind == "mmpp") return readMmpp(*chosen);
  if (kind == "trace") return readTrace(*chosen, folder);
  ObjectReader details(*chosen, kind);
  if (kind == "closed") {
    ClosedArrivals out;
    const auto users = details.require("users");
    out.users = users ? static_cast<std::uint32_t>(readWhole(*users, 1, 10'000'000).value_or(1)) : 1;
    out.think = readDistribution(details, "think", folder);
    return out;
  }
  const double rate = requiredRate(details);
  if (kind == "constant") return ConstantArrivals{rate};
  return PoissonArrivals{rate, details.count("batch", 1, 1, 1'000'000)};
}

}  // namespace meshmall::models
