#include "random_scenario.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <random>
#include <utility>

#include <nlohmann/json.hpp>

namespace meshmall::tests {

using nlohmann::json;

namespace {

constexpr double kCallsOfACustomer = 30;   // expected, tries and retries not counted
constexpr double kCallsOfARun = 6'000;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  int between(int low, int high) { return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low + 1))); }
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  bool chance(double p) { return uniform() < p; }
  template <class T>
  T oneOf(std::initializer_list<T> of) { return *(of.begin() + static_cast<std::ptrdiff_t>(below(of.size()))); }
  template <class T>
  const T& oneOf(const std::vector<T>& of) { return of[below(of.size())]; }
  template <class T>
  void shuffle(std::vector<T>& v) {
    for (std::size_t i = v.size(); i > 1; --i) std::swap(v[i - 1], v[below(i)]);
  }

 private:
  std::mt19937_64 random_;
};

std::string micros(double us) { return std::to_string(static_cast<std::int64_t>(std::llround(us))) + "us"; }
std::string rate(double per_second) { return std::to_string(std::llround(per_second * 60)) + "/m"; }

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : dice_(seed) {}
  json make();

 private:
  struct OperationInfo {
    std::string name;
    double cost = 1;  // calls below and including its own
  };
  struct ServiceInfo {
    std::string name;
    std::vector<std::string> versions;
    std::vector<OperationInfo> operations;
    std::vector<std::string> subsets;
  };

  json time(double mean_us);
  std::string duration(double low_us, double high_us) { return micros(low_us + (high_us - low_us) * dice_.uniform()); }
  json places();
  json network();
  json steps(std::size_t service, int depth, double& cost, int most);
  json step(std::size_t service, int depth, double& cost);
  json call(std::size_t service, int depth, double& cost);
  json operation(std::size_t service, OperationInfo& info);
  json version(std::size_t service, ServiceInfo& info, const json& operations, std::size_t number);
  json replicas(int most);
  json service(std::size_t index);
  json trafficPolicy();
  json loadBalancer();
  json connectionPool();
  json outlierDetection();
  json consecutiveFailures();
  json healthChecks();
  json retries();
  json rateLimits();
  json percentage(double low, double high) { return {{"value", std::round(low + (high - low) * dice_.uniform())}}; }
  json match();
  json destination(std::size_t service);
  json httpRoute(std::size_t service, bool last);
  json virtualService(std::size_t service);
  json destinationRule(std::size_t service);
  json mesh();
  json meshPatch();
  json arrivals(double customers);
  json headers();
  json traffic(std::size_t entry, double customers, bool same_target);
  json target(bool with_operation);
  json event();
  json rollout(const ServiceInfo& info);

  Dice dice_;
  std::vector<std::string> places_;
  std::vector<ServiceInfo> services_;  // each calls only those after it
  std::vector<std::string> traffic_;
  double seconds_ = 1;  // measured and warm-up
  bool by_zone_ = dice_.chance(0.4);  // zones matter in this one, else labels
};

// Any distribution with about this mean.
json Maker::time(double mean_us) {
  const std::string mean = micros(mean_us);
  switch (dice_.below(16)) {
    case 0: return {{"exponential", {{"mean", mean}}}};
    case 1: return {{"lognormal", {{"mean", mean}, {"cv", 1.5}}}};
    case 2: return {{"erlang", {{"mean", mean}, {"k", 3}}}};
    case 3: return {{"gamma", {{"mean", mean}, {"cv", 0.7}}}};
    case 4: return {{"weibull", {{"mean", mean}, {"shape", 1.5}}}};
    case 5: return {{"pareto", {{"scale", micros(mean_us * 0.6)}, {"shape", 2.5}}}};
    case 6: return {{"uniform", {{"min", micros(mean_us * 0.5)}, {"max", micros(mean_us * 1.5)}}}};
    case 7: return {{"normal", {{"mean", mean}, {"sd", micros(mean_us * 0.4)}}}};
    case 8: return {{"hyperexponential", {{"branches", {{{"probability", 0.5}, {"mean", micros(mean_us * 0.5)}}, {{"probability", 0.5}, {"mean", micros(mean_us * 1.5)}}}}}}};
    case 9: return {{"empirical", {{"values", {micros(mean_us * 0.5), mean, micros(mean_us * 2)}}, {"weights", {2, 2, 1}}}}};
    case 10: return {{"empirical", {{"file", "sizes.csv"}, {"column", "us"}, {"unit", "us"}}}};
    case 11: return {{"mixture", {{{"weight", 0.9}, {"of", micros(mean_us * 0.7)}}, {{"weight", 0.1}, {"of", {{"exponential", {{"mean", micros(mean_us * 3)}}}}}}}}};
    case 12: return {{"shifted", {{"by", micros(mean_us * 0.5)}, {"of", {{"exponential", {{"mean", micros(mean_us * 0.5)}}}}}}}};
    case 13: return "0s";
    default: return mean;
  }
}

json Maker::places() {
  std::vector<std::string> names = {"ground", "upstairs", "cellar"};
  names.resize(static_cast<std::size_t>(dice_.between(1, 3)));
  json out = json::object();
  for (const std::string& name : names) {
    out[name] = {{"region", dice_.oneOf({"eu", "us"})}};
    if (dice_.chance(0.7)) out[name]["zone"] = dice_.oneOf({"a", "b"});
    places_.push_back(name);
  }
  return out;
}

json Maker::network() {
  json out = json::object();
  if (dice_.chance(0.8)) out["sameZone"] = time(200);
  if (dice_.chance(0.7)) out["sameRegion"] = time(500);
  if (dice_.chance(0.7)) out["crossRegion"] = time(3000);
  if (dice_.chance(0.15)) out["loss"] = dice_.oneOf({0.001, 0.01, 0.05});
  return out;
}

json Maker::call(std::size_t service, int depth, double& cost) {
  const std::size_t to = service + 1 + dice_.below(services_.size() - service - 1);
  const ServiceInfo& callee = services_[to];
  const OperationInfo& operation = dice_.oneOf(callee.operations);
  json out = {{"call", callee.name + "/" + operation.name}};
  double times = 1;
  if (dice_.chance(0.15) && cost + 3 * operation.cost < kCallsOfACustomer) {
    if (dice_.chance(0.5)) {
      out["times"] = dice_.between(0, 3);
      times = out["times"].get<double>();
    } else {
      out["times"] = {{"weighted", {{"0", 0.2}, {"1", 0.5}, {"3", 0.3}}}};
      times = 1.4;
    }
  }
  cost += times * operation.cost;
  if (dice_.chance(0.2)) out["timeout"] = duration(500, 30'000);
  if (dice_.chance(0.2)) out["optional"] = true;
  if (dice_.chance(0.2) && depth < 3) out["orElse"] = steps(service, depth + 1, cost, 2);
  return out;
}

json Maker::step(std::size_t service, int depth, double& cost) {
  const bool may_call = service + 1 < services_.size() && cost + 8 < kCallsOfACustomer;
  json out;
  const auto kind = dice_.below(depth < 3 ? 12 : 8);
  if (kind < 3 || (kind < 6 && !may_call)) {
    out = {{"busy", time(dice_.oneOf({100, 400, 1500, 5000}))}};
  } else if (kind < 6) {
    out = call(service, depth, cost);
  } else if (kind < 8) {
    out = {{"wait", time(dice_.oneOf({100, 800, 3000}))}};
  } else if (kind < 10) {
    json courses = json::array();
    for (int i = dice_.between(1, 3); i > 0; --i) courses.push_back({{"weight", dice_.between(1, 5)}, {"steps", steps(service, depth + 1, cost, 2)}});
    out = {{"choose", courses}};
  } else {
    json branches = json::array();
    for (int i = dice_.between(1, 3); i > 0; --i)
      branches.push_back(dice_.chance(0.5) ? step(service, depth + 1, cost) : steps(service, depth + 1, cost, 3));
    out = {{"parallel", branches}};
  }
  if (dice_.chance(0.15)) out["probability"] = dice_.oneOf({0.0, 0.3, 0.8});
  return out;
}

json Maker::steps(std::size_t service, int depth, double& cost, int most) {
  json out = json::array();
  for (int i = dice_.between(depth == 0 ? 0 : 1, most); i > 0; --i) out.push_back(step(service, depth, cost));
  return out;
}

json Maker::operation(std::size_t service, OperationInfo& info) {
  json out = json::object();
  double cost = 1;
  out["steps"] = steps(service, 0, cost, 4);
  info.cost = std::max(info.cost, cost);
  if (dice_.chance(0.3))
    out["failure"] = {{"probability", dice_.oneOf({0.02, 0.3, 1.0})}, {"status", dice_.oneOf({500, 503, 404})}, {"when", dice_.oneOf({"start", "afterFirstStep", "end"})}};
  return out;
}

json Maker::replicas(int most) {
  if (places_.empty() || dice_.chance(0.6)) return dice_.between(1, most);
  json out = json::object();
  for (const std::string& place : places_)
    if (dice_.chance(0.7)) out[place] = dice_.between(0, 2);
  out[dice_.oneOf(places_)] = 1;
  return out;
}

json Maker::version(std::size_t service, ServiceInfo& info, const json& operations, std::size_t number) {
  json out = json::object();
  out["replicas"] = replicas(4);
  if (dice_.chance(0.3)) out["labels"] = {{"version", info.versions[number]}, {"colour", dice_.oneOf({"red", "blue"})}};
  if (dice_.chance(0.7)) out["workers"] = dice_.between(1, 4);
  if (dice_.chance(0.4)) out["concurrency"] = dice_.oneOf({"thread", "async"});
  if (dice_.chance(0.7)) out["discipline"] = dice_.oneOf({"fifo", "lifo", "ps", "priority"});
  if (dice_.chance(0.4)) out["queueLimit"] = dice_.oneOf({0, 1, 5, 50});
  if (dice_.chance(0.3)) out["queueTimeout"] = duration(200, 20'000);
  if (dice_.chance(0.7)) out["onCancel"] = dice_.oneOf({"finish", "dropQueued", "stop"});
  if (dice_.chance(0.3)) out["speed"] = dice_.oneOf({0.5, 1.7, 3.0});
  if (dice_.chance(0.3)) out["weight"] = dice_.between(1, 5);
  if (dice_.chance(0.3)) out["startup"] = time(30'000);
  if (dice_.chance(0.3)) {  // does one of the operations in its own way
    OperationInfo& other = info.operations[dice_.below(info.operations.size())];
    if (operations.contains(other.name)) out["operations"] = {{other.name, operation(service, other)}};
  }
  return out;
}

json Maker::service(std::size_t index) {
  ServiceInfo& info = services_[index];
  json operations = json::object();
  for (int i = dice_.between(1, 3); i > 0; --i) {
    info.operations.push_back({dice_.oneOf({"GET /", "POST /x", "fetch "}) + std::to_string(i)});
    operations[info.operations.back().name] = operation(index, info.operations.back());
  }
  json out = {{"operations", operations}};
  if (dice_.chance(0.2)) out["sidecar"] = false;
  if (dice_.chance(0.6)) out["protocol"] = dice_.oneOf({"http1", "http2", "grpc", "tcp"});
  if (dice_.chance(0.7)) {
    for (int i = dice_.between(1, 3); i > 0; --i) info.versions.push_back("v" + std::to_string(i));
    for (std::size_t v = 0; v < info.versions.size(); ++v) out["versions"][info.versions[v]] = version(index, info, operations, v);
  } else {
    info.versions = {"v1"};
  }
  return out;
}

// ---- the mesh -------------------------------------------------------------------------------------------------------------------

json Maker::loadBalancer() {
  json out = json::object();
  if (dice_.chance(0.6)) {
    out["simple"] = dice_.oneOf({"ROUND_ROBIN", "LEAST_REQUEST", "RANDOM", "PASSTHROUGH"});
  } else if (dice_.chance(0.3)) {
    out["consistentHash"] = {{"useSourceIp", true}, {"ringHash", {{"minimumRingSize", dice_.oneOf({8, 5000})}}}};
    if (dice_.chance(0.3)) out["consistentHash"]["hashBalanceFactor"] = 125;
  } else {
    json config = json::object();
    if (dice_.chance(0.5)) config["choiceCount"] = dice_.between(1, 4);
    if (dice_.chance(0.5)) config["activeRequestBias"] = dice_.oneOf({0.0, 0.5, 2.0});
    if (dice_.chance(0.6)) config["selection"] = dice_.oneOf({"n_choices", "full_scan"});
    if (dice_.chance(0.3)) config["replacement"] = dice_.chance(0.5);
    out["policy"] = {{"leastRequest", config}};
  }
  if (dice_.chance(0.2)) out["warmup"] = {{"duration", duration(10'000, 500'000)}, {"minimumPercent", dice_.oneOf({0, 10, 100})}, {"aggression", dice_.oneOf({0.5, 1.0, 2.0})}};
  if (dice_.chance(0.2)) out["overprovisioningFactor"] = dice_.oneOf({1.0, 1.4, 2.0});
  if (dice_.chance(0.2)) out["panicThreshold"] = dice_.oneOf({0, 30, 100});
  if (dice_.chance(0.3)) {  // of a scenario all one way: patches merge with what is there, and the two exclude each other
    if (by_zone_) out["zoneAware"] = {{"minClusterSize", dice_.between(1, 4)}, {"routingEnabled", dice_.oneOf({0, 50, 100})}, {"failTrafficOnPanic", dice_.chance(0.3)}};
    else out["localityLbSetting"] = {{"enabled", dice_.chance(0.7)}, {"failoverPriority", json::array({"version", "topology.kubernetes.io/zone"})}};
  }
  return out;
}

json Maker::connectionPool() {
  json tcp = json::object(), http = json::object();
  if (dice_.chance(0.4)) tcp["maxConnections"] = dice_.oneOf({1, 2, 10});
  if (dice_.chance(0.3)) tcp["connectTimeout"] = duration(2'000, 50'000);
  if (dice_.chance(0.3)) tcp["maxConnectionDuration"] = duration(5'000, 200'000);
  if (dice_.chance(0.4)) http["http1MaxPendingRequests"] = dice_.oneOf({1, 3, 20});
  if (dice_.chance(0.4)) http["http2MaxRequests"] = dice_.oneOf({1, 3, 20});
  if (dice_.chance(0.4)) http["maxRequestsPerConnection"] = dice_.oneOf({1, 2, 10});
  if (dice_.chance(0.3)) http["maxRetries"] = dice_.oneOf({1, 3});
  if (dice_.chance(0.3)) http["idleTimeout"] = duration(1'000, 50'000);
  if (dice_.chance(0.3)) http["maxConcurrentStreams"] = dice_.oneOf({1, 2, 5});
  if (dice_.chance(0.3)) http["h2UpgradePolicy"] = dice_.oneOf({"UPGRADE", "DEFAULT"});
  return {{"tcp", tcp}, {"http", http}};
}

json Maker::outlierDetection() {
  json out = {{"interval", duration(10'000, 200'000)}, {"baseEjectionTime", duration(20'000, 300'000)}};
  if (dice_.chance(0.6)) out["consecutive5xxErrors"] = dice_.between(1, 4);
  if (dice_.chance(0.3)) out["consecutiveGatewayErrors"] = dice_.between(1, 3);
  if (dice_.chance(0.7)) out["maxEjectionPercent"] = dice_.oneOf({10, 50, 100});
  if (dice_.chance(0.3)) out["enforcingConsecutive5xx"] = dice_.oneOf({0, 50, 100});
  if (dice_.chance(0.2)) out["alwaysEjectOneHost"] = true;
  if (dice_.chance(0.2)) out["maxEjectionTimeJitter"] = duration(0, 20'000);
  if (dice_.chance(0.2)) out["splitExternalLocalOriginErrors"] = true;
  if (dice_.chance(0.2)) out["consecutiveLocalOriginFailures"] = dice_.between(1, 3);
  if (dice_.chance(0.3)) {
    out["enforcingSuccessRate"] = dice_.oneOf({50, 100});
    out["successRateMinimumHosts"] = dice_.between(1, 3);
    out["successRateRequestVolume"] = dice_.between(1, 20);
    out["successRateStdevFactor"] = dice_.oneOf({500, 1900});
  }
  if (dice_.chance(0.3)) {
    out["enforcingFailurePercentage"] = 100;
    out["failurePercentageThreshold"] = dice_.oneOf({20, 85});
    out["failurePercentageMinimumHosts"] = dice_.between(1, 3);
    out["failurePercentageRequestVolume"] = dice_.between(1, 20);
  }
  return out;
}

json Maker::consecutiveFailures() {
  json out = {{"maxFailures", dice_.between(1, 4)}, {"minPenalty", duration(5'000, 20'000)}, {"maxPenalty", duration(50'000, 200'000)}};
  if (dice_.chance(0.5)) out["jitterRatio"] = dice_.oneOf({0.0, 0.5, 1.0});
  if (dice_.chance(0.3)) out["successRate"] = {{"threshold", 0.8}, {"window", duration(20'000, 200'000)}, {"minRequests", dice_.between(1, 6)}};
  return out;
}

json Maker::healthChecks() {
  json out = {{"interval", duration(20'000, 100'000)}, {"timeout", duration(500, 40'000)}, {"noTrafficInterval", duration(20'000, 100'000)},
              {"unhealthyThreshold", dice_.between(1, 3)}, {"healthyThreshold", dice_.between(1, 3)}};
  if (dice_.chance(0.3)) out["intervalJitterPercent"] = dice_.between(1, 50);
  if (dice_.chance(0.3)) out["initialJitter"] = duration(0, 20'000);
  if (dice_.chance(0.4)) out["degradedWaiting"] = dice_.between(1, 5);
  if (dice_.chance(0.3)) out["retriableStatuses"] = json::array({{{"start", 500}, {"end", 600}}});
  return out;
}

json Maker::trafficPolicy() {
  json out = json::object();
  if (dice_.chance(0.6)) out["loadBalancer"] = loadBalancer();
  if (dice_.chance(0.5)) out["connectionPool"] = connectionPool();
  if (dice_.chance(0.5)) out["outlierDetection"] = outlierDetection();
  if (dice_.chance(0.2)) out["admissionControl"] = {{"samplingWindow", "1s"}, {"aggression", dice_.oneOf({1, 2})}, {"enabled", dice_.chance(0.8)}};
  if (dice_.chance(0.25)) {
    out["adaptiveConcurrency"] = {{"minRttInterval", duration(20'000, 300'000)}, {"concurrencyUpdateInterval", duration(2'000, 50'000)}, {"requestCount", dice_.between(1, 20)},
                                  {"minConcurrency", dice_.between(1, 4)}, {"maxConcurrencyLimit", dice_.oneOf({4, 50})}, {"enabled", dice_.chance(0.8)}, {"concurrencyLimitExceededStatus", dice_.oneOf({429, 503})}};
  }
  if (dice_.chance(0.25)) out["consecutiveFailures"] = consecutiveFailures();
  if (dice_.chance(0.25)) out["healthChecks"] = healthChecks();
  return out;
}

json Maker::retries() {
  json out = {{"attempts", dice_.between(0, 3)}};
  if (dice_.chance(0.5)) out["perTryTimeout"] = duration(500, 30'000);
  if (dice_.chance(0.7)) out["retryOn"] = dice_.oneOf({"5xx", "gateway-error,connect-failure", "reset,503", "connect-failure,refused-stream,retriable-status-codes,500", "retriable-4xx,unavailable"});
  if (dice_.chance(0.4)) out["backoff"] = dice_.chance(0.5) ? json("3ms") : json{{"baseInterval", "2ms"}, {"maxInterval", "9ms"}};
  if (dice_.chance(0.3)) out["retryIgnorePreviousHosts"] = dice_.chance(0.5);
  else if (dice_.chance(0.2)) out["retryHost"] = {{"previousHosts", dice_.chance(0.5)}, {"hostSelectionRetryMaxAttempts", dice_.between(0, 3)}};
  if (dice_.chance(0.2)) out["retryRemoteLocalities"] = true;
  else if (dice_.chance(0.1)) out["retryPriority"] = {{"previousPriorities", {{"updateFrequency", dice_.between(1, 2)}}}};
  if (dice_.chance(0.3)) out["budget"] = {{"percent", dice_.oneOf({0, 20, 100})}, {"minConcurrency", dice_.between(0, 3)}};
  else if (dice_.chance(0.3)) out["tokenBudget"] = {{"ratio", dice_.oneOf({0.0, 0.2, 3.0})}, {"minPerSecond", dice_.between(0, 5)}, {"ttl", "1s"}, {"deposit", dice_.oneOf({"nonRetryable", "everyCall"})}};
  else if (dice_.chance(0.3)) out["retryThrottling"] = {{"maxTokens", dice_.between(1, 20)}, {"tokenRatio", dice_.oneOf({0.001, 0.1, 2.0})}};
  if (dice_.chance(0.2)) {
    out["retryOn"] = "5xx,envoy-ratelimited";
    if (dice_.chance(0.5)) out["rateLimitedBackoff"] = {{"resetHeaders", {{{"name", "retry-after"}}}}, {"maxInterval", "2s"}};
  }
  if (out.contains("perTryTimeout") && dice_.chance(0.5)) out["hedge"] = {{"onPerTryTimeout", true}};
  return out;
}

json Maker::match() {
  json out = json::object();
  switch (dice_.below(6)) {
    case 0: out["uri"] = {{"prefix", "/x"}}; break;
    case 1: out["method"] = {{"exact", "GET"}}; break;
    case 2: out["headers"] = {{"x-user", {{"exact", "1"}}}}; break;
    case 3: out["headers"] = {{"x-kind", {{"regex", "g.*"}}}}; break;
    case 4: out["withoutHeaders"] = {{"x-user", {{"exact", "0"}}}}; break;
    default: out["gateways"] = {dice_.oneOf({"mesh", "entrance"})}; break;
  }
  return out;
}

// Also another service's, further down, so that no circle arises.
json Maker::destination(std::size_t service) {
  if (service + 1 < services_.size() && dice_.chance(0.1)) service += 1 + dice_.below(services_.size() - service - 1);
  json out = {{"host", services_[service].name}};
  if (!services_[service].subsets.empty() && dice_.chance(0.7)) out["subset"] = dice_.oneOf(services_[service].subsets);
  return out;
}

json Maker::httpRoute(std::size_t service, bool last) {
  json out = json::object();
  if (!last) out["match"] = {match()};
  if (dice_.chance(0.05)) {
    out["directResponse"] = {{"status", dice_.oneOf({200, 503})}};
    return out;
  }
  const int destinations = dice_.chance(0.4) ? dice_.between(2, 3) : 1;
  for (int d = 0; d < destinations; ++d) {
    json route = {{"destination", destination(service)}};
    if (destinations > 1) route["weight"] = d == 0 ? 60 : d == 1 ? 40 : 0;
    if (dice_.chance(0.1)) route["headers"] = {{"request", {{"set", {{"x-kind", "green"}}}}}};
    out["route"].push_back(route);
  }
  if (dice_.chance(0.4)) out["timeout"] = duration(1'000, 60'000);
  if (dice_.chance(0.5)) out["retries"] = retries();
  if (dice_.chance(0.25)) {
    json fault = json::object();
    if (dice_.chance(0.6)) fault["delay"] = {{dice_.chance(0.7) ? "fixedDelay" : "exponentialDelay", duration(500, 10'000)}, {"percentage", percentage(1, 60)}};
    if (dice_.chance(0.4)) fault["abort"] = {{"httpStatus", dice_.oneOf({500, 503, 429})}, {"percentage", percentage(1, 40)}};
    else if (dice_.chance(0.3)) fault["abort"] = {{"http2Error", dice_.oneOf({"CANCEL", "REFUSED_STREAM"})}, {"percentage", percentage(1, 40)}};
    out["fault"] = fault;
  }
  if (dice_.chance(0.25)) {
    out["mirror"] = destination(service);
    if (dice_.chance(0.6)) out["mirrorPercentage"] = percentage(10, 100);
  }
  if (dice_.chance(0.1)) out["headers"] = {{"request", {{"add", {{"x-user", "1"}}}, {"remove", {"x-kind"}}}}};
  return out;
}

json Maker::virtualService(std::size_t service) {
  json rules = json::array();
  const bool catches_all = dice_.chance(0.85);
  for (int i = dice_.between(0, 2); i > 0; --i) rules.push_back(httpRoute(service, false));
  if (catches_all || rules.empty()) rules.push_back(httpRoute(service, true));
  return {{"http", rules}};
}

json Maker::destinationRule(std::size_t service) {
  ServiceInfo& info = services_[service];
  json out = {{"trafficPolicy", trafficPolicy()}, {"subsets", json::array()}};
  for (const std::string& name : info.subsets) {
    json subset = {{"name", name}};
    if (name != "all") subset["labels"] = {{"version", name}};
    if (dice_.chance(0.4)) subset["trafficPolicy"] = trafficPolicy();
    out["subsets"].push_back(subset);
  }
  return out;
}

json Maker::rateLimits() {
  json out = json::object();
  for (std::size_t i = 0; i <= services_.size(); ++i) {
    if (!dice_.chance(0.4)) continue;
    json limit = json::object();
    const bool global = dice_.chance(0.5);
    if (!global || dice_.chance(0.5)) {
      limit["local"] = {{"maxTokens", dice_.oneOf({0, 3, 50})}, {"tokensPerFill", dice_.oneOf({1, 20})}, {"fillInterval", duration(50'000, 200'000)}, {"refill", dice_.oneOf({"continuous", "interval"})}};
    }
    if (global) {
      limit["global"] = {{"requestsPerUnit", dice_.oneOf({0, 5, 100})}, {"unit", "second"}, {"failOpen", dice_.chance(0.5)}};
      if (dice_.chance(0.5)) limit["global"]["latency"] = {{"exponential", {{"mean", duration(100, 15'000)}}}};
      if (dice_.chance(0.4)) limit["global"]["key"] = "x-user";
    }
    out[i < services_.size() ? services_[i].name : "gateway"] = limit;
  }
  return out;
}

json Maker::mesh() {
  json out = json::object();
  if (dice_.chance(0.4)) out["defaults"]["trafficPolicy"] = trafficPolicy();
  if (dice_.chance(0.4)) out["defaults"]["retries"] = retries();
  if (dice_.chance(0.3)) out["rateLimits"] = rateLimits();
  for (std::size_t s = 0; s < services_.size(); ++s) {
    if (dice_.chance(0.5)) {
      for (const std::string& version : services_[s].versions)
        if (dice_.chance(0.8)) services_[s].subsets.push_back(version);
      if (dice_.chance(0.2)) services_[s].subsets.push_back("all");
      out["destinationRules"][services_[s].name] = destinationRule(s);
    }
    if (dice_.chance(0.4)) out["virtualServices"][services_[s].name] = virtualService(s);
  }
  return out;
}

// Of fields that exclude each other the one that is not given must be taken away.
void replaceChoices(json& retries) {
  for (const auto& [one, other] : {std::pair("budget", "tokenBudget"), std::pair("budget", "retryThrottling"), std::pair("retryHost", "retryIgnorePreviousHosts"), std::pair("retryPriority", "retryRemoteLocalities")}) {
    if (!retries.is_object()) return;
    if (!retries.contains(one)) retries[one] = nullptr;
    if (!retries.contains(other)) retries[other] = nullptr;
  }
}

// A merge patch keeps what it does not name: the other way of saying how to balance must be taken away.
void replaceBalancers(json& node) {
  if (!node.is_object()) return;
  for (auto& [key, value] : node.items()) {
    if (key == "loadBalancer") {
      for (const char* kind : {"simple", "policy", "consistentHash"})
        if (!value.contains(kind)) value[kind] = nullptr;
    } else if (key == "retries") replaceChoices(value);
    else replaceBalancers(value);
  }
}

json Maker::meshPatch() {
  json out = json::object();
  const std::size_t s = dice_.below(services_.size());
  switch (dice_.below(6)) {
    case 4: out["rateLimits"] = dice_.chance(0.4) ? json(nullptr) : rateLimits(); break;
    case 0: out["defaults"]["trafficPolicy"] = trafficPolicy(); break;
    case 1: out["defaults"]["retries"] = retries(); break;
    case 2: out["virtualServices"][services_[s].name] = dice_.chance(0.3) ? json(nullptr) : virtualService(s); break;
    case 3: out["destinationRules"][services_[s].name] = destinationRule(s); break;
    default: out["defaults"] = nullptr; break;
  }
  replaceBalancers(out);
  return out;
}

// ---- customers --------------------------------------------------------------------------------------------------------------------

json Maker::arrivals(double customers) {
  const double per_second = customers / seconds_;
  const std::string mean = micros(1e6 / per_second);
  switch (dice_.below(9)) {
    case 0: return {{"constant", {{"rate", rate(per_second)}}}};
    case 1: return {{"renewal", {{"interarrival", {{"gamma", {{"mean", mean}, {"cv", 2}}}}}}}};
    case 2: {
      json points = {{{"at", "0s"}, {"rate", rate(per_second * 0.5)}}, {{"at", micros(seconds_ * 3e5)}, {"rate", rate(per_second * 2)}}, {{"at", micros(seconds_ * 5e5)}, {"rate", "0/s"}}};
      json profile = {{"points", points}, {"interpolate", dice_.oneOf({"linear", "step"})}};
      if (dice_.chance(0.6)) profile["repeat"] = micros(seconds_ * 5e5);
      return {{"profile", profile}};
    }
    case 3: return {{"mmpp", {{"states", {{{"rate", rate(per_second * 2)}, {"mean", micros(seconds_ * 2e5)}}, {{"rate", "0/s"}, {"mean", micros(seconds_ * 1e5)}}}}}}};
    case 4: {
      const int users = dice_.between(1, 20);
      return {{"closed", {{"users", users}, {"think", {{"exponential", {{"mean", micros(1e6 * users / per_second)}}}}}}}};
    }
    case 5: return {{"trace", {{"file", "arrivals.csv"}, {"column", "t"}, {"unit", "s"}}}};
    case 6: return {{"poisson", {{"rate", rate(per_second / 3)}, {"batch", 3}}}};
    default: return {{"poisson", {{"rate", rate(per_second)}}}};
  }
}

json Maker::headers() {
  json out = json::object();
  switch (dice_.below(3)) {
    case 0: out["X-User"] = {{"zipf", {{"n", 10}, {"s", 1.1}}}}; break;
    case 1: out["x-user"] = {{"uniform", {{"n", 4}}}}; break;
    default: out["x-user"] = "1"; break;
  }
  if (dice_.chance(0.6)) out["x-kind"] = {{"weighted", {{"gold", 1}, {"tin", 3}}}};
  return out;
}

json Maker::traffic(std::size_t entry, double customers, bool same_target) {
  const std::size_t to = same_target ? 0 : dice_.below(services_.size());
  const OperationInfo& operation = dice_.oneOf(services_[to].operations);
  json out = {{"to", services_[to].name + "/" + operation.name}, {"name", traffic_[entry]}};
  out["arrivals"] = arrivals(std::clamp(customers / operation.cost, 20.0, 800.0));
  if (dice_.chance(0.5)) out["via"] = dice_.oneOf({"gateway", "sidecar", "direct"});
  if (dice_.chance(0.4)) out["headers"] = headers();
  if (dice_.chance(0.4)) out["timeout"] = duration(3'000, 100'000);
  if (dice_.chance(0.3)) out["return"] = {{"times", dice_.between(1, 2)}, {"after", time(20'000)}};
  if (!places_.empty() && out.value("via", "gateway") != "gateway" && dice_.chance(0.4)) out["locality"] = dice_.oneOf(places_);
  if (dice_.chance(0.5)) out["priority"] = dice_.oneOf({"high", "default", "low"});
  if (dice_.chance(0.2)) out["source"] = {{"namespace", "shop"}};
  return out;
}

// ---- what happens by the clock ------------------------------------------------------------------------------------------------------

json Maker::target(bool with_operation) {
  json out = json::object();
  if (!places_.empty() && dice_.chance(0.2)) out["locality"] = dice_.oneOf(places_);
  if (dice_.chance(0.15)) return out;
  const ServiceInfo& service = dice_.oneOf(services_);
  out["service"] = service.name;
  if (dice_.chance(0.4)) out["version"] = dice_.oneOf(service.versions);
  if (dice_.chance(0.2)) out["endpoints"] = {0, 2};
  if (with_operation && dice_.chance(0.4)) out["operation"] = dice_.oneOf(service.operations).name;
  return out;
}

json Maker::event() {
  const double end_us = seconds_ * 1e6;
  json out = {{"at", micros(end_us * dice_.uniform())}};
  const json lasts = dice_.chance(0.5) ? json(duration(end_us * 0.02, end_us * 0.4)) : json{{"exponential", {{"mean", micros(end_us * 0.1)}}}};
  if (dice_.chance(0.7)) out["for"] = lasts;
  if (dice_.chance(0.25)) out["every"] = dice_.chance(0.5) ? json(micros(end_us * 0.25)) : json{{"gamma", {{"mean", micros(end_us * 0.25)}, {"cv", 0.5}}}};
  switch (dice_.below(places_.size() > 1 ? 9 : 8)) {
    case 0:
    case 1:
      out["crash"] = target(false);
      if (dice_.chance(0.6)) out["crash"]["count"] = dice_.between(1, 2);
      if (dice_.chance(0.5)) out["crash"]["noticed"] = time(end_us * 0.05);
      break;
    case 2:
      out["slow"] = target(true);
      out["slow"]["factor"] = dice_.oneOf({0.3, 2.0, 7.0});
      break;
    case 3:
      out["fail"] = target(true);
      out["fail"]["probability"] = dice_.oneOf({0.1, 0.6, 1.0});
      out["fail"]["status"] = dice_.oneOf({500, 503});
      break;
    case 4: {
      json change = {{"delay", time(2'000)}};
      if (!places_.empty() && dice_.chance(0.5)) change["from"] = dice_.oneOf(places_);
      if (!places_.empty() && dice_.chance(0.5)) change["to"] = dice_.oneOf(places_);
      if (dice_.chance(0.5)) change["loss"] = dice_.oneOf({0.05, 0.5});
      out["network"] = change;
      break;
    }
    case 5: {
      const ServiceInfo& service = dice_.oneOf(services_);
      out["scale"] = {{"service", service.name}, {"version", dice_.oneOf(service.versions)}, {"replicas", dice_.between(0, 6)}};
      break;
    }
    case 6: out["traffic"] = {{"name", dice_.oneOf(traffic_)}, {"factor", dice_.oneOf({0.0, 0.3, 2.0})}}; break;
    case 7:
      out["patch"] = {{"mesh", meshPatch()}};
      out.erase("for");
      out.erase("every");
      break;
    default: out["partition"] = {{"between", {places_[0], places_[1]}}}; break;
  }
  return out;
}

json Maker::make() {
  json out = {{"meshmall", 1}, {"name", "random"}};
  const double measured = dice_.oneOf({0.5, 2.0, 10.0});
  out["run"] = {{"duration", micros(measured * 1e6)}, {"seed", dice_.below(1'000'000)}};
  seconds_ = measured;
  if (dice_.chance(0.5)) {
    out["run"]["warmup"] = micros(measured * 2e5);
    seconds_ *= 1.2;
  } else if (dice_.chance(0.1)) {
    out["run"]["warmup"] = "auto";
  }
  if (dice_.chance(0.6)) out["run"]["drain"] = true;
  if (dice_.chance(0.6)) out["localities"] = places();
  if (dice_.chance(0.8)) out["network"] = network();
  if (dice_.chance(0.1)) {
    out["sidecar"] = false;
  } else if (dice_.chance(0.7)) {
    out["sidecar"] = {{"inbound", time(50)}, {"outbound", time(80)}, {"handshake", time(700)}, {"concurrency", dice_.between(1, 2)}};
  }
  if (dice_.chance(0.4)) out["gateway"] = {{"replicas", replicas(3)}, {"concurrency", dice_.between(1, 2)}};
  std::vector<std::string> names = {"bakery", "oven", "ads", "stock", "zoo", "queue.prod", "apple", "middle"};
  dice_.shuffle(names);
  services_.resize(static_cast<std::size_t>(dice_.between(1, 8)));
  for (std::size_t i = 0; i < services_.size(); ++i) services_[i].name = names[i];
  for (std::size_t i = services_.size(); i-- > 0;) out["services"][services_[i].name] = service(i);
  out["mesh"] = mesh();
  traffic_ = {"lunch", "evening", "a rush"};
  traffic_.resize(static_cast<std::size_t>(dice_.between(1, 3)));
  const double calls = kCallsOfARun * dice_.uniform() / static_cast<double>(traffic_.size());
  out["traffic"] = json::array();
  for (std::size_t t = 0; t < traffic_.size(); ++t) out["traffic"].push_back(traffic(t, calls, t == 0));
  for (int i = dice_.chance(0.7) ? dice_.between(1, 4) : 0; i > 0; --i) out["events"].push_back(event());
  if (dice_.chance(0.5))
    out["mesh"]["discovery"] = {{"propagation", time(dice_.oneOf({5'000, 300'000}))}, {"debounceAfter", duration(0, 100'000)}, {"debounceMax", duration(100'000, 400'000)}};
  for (auto& service : out["services"]) {
    if (!service.contains("versions")) continue;
    for (auto& version : service["versions"]) {
      if (dice_.chance(0.2)) version["readinessProbe"] = {{"periodSeconds", 1}, {"failureThreshold", dice_.between(1, 2)}};
      if (dice_.chance(0.4))
        version["termination"] = {{"preStop", duration(0, 200'000)}, {"gracePeriod", duration(0, 400'000)}, {"drainDuration", duration(0, 100'000)}};
    }
  }
  if (dice_.chance(0.2)) {
    const ServiceInfo& scaled = dice_.oneOf(services_);
    out["autoscalers"][scaled.name] = {{"version", scaled.versions[0]}, {"maxReplicas", 4}};
  }
  for (const ServiceInfo& info : services_)
    if (info.versions.size() > 1 && dice_.chance(0.4)) out["rollouts"][info.name] = rollout(info);
  return out;
}

// Short pauses and looks, so that it gets somewhere in a run of a second.
json Maker::rollout(const ServiceInfo& info) {
  json out = {{"primary", info.versions[0]}, {"canary", info.versions[1]}, {"at", micros(seconds_ * 4e5 * dice_.uniform())}, {"scrapeInterval", "100ms"}};
  const json analysis = {{"templates", {{{"templateName", "well"}}}}};
  const json pause = {{"pause", {{"duration", micros(seconds_ * 2e5 * dice_.uniform())}}}};
  const auto argo = [&](const char* kind, const json& strategy) {
    const json metric = {{"name", "well"}, {"metric", dice_.oneOf({"success.rate", "latency.p99", "queue.mean"})}, {"window", "300ms"}, {"interval", "100ms"}, {"count", 2},
                         {"successCondition", dice_.oneOf({"result >= 0", "result < 0.5", "default(result, 0) >= 0"})}, {"consecutiveErrorLimit", 1}};
    out["argo"] = {{"strategy", {{kind, strategy}}}, {"analysisTemplates", {{{"name", "well"}, {"metrics", {metric}}}}}};
    if (dice_.chance(0.3)) out["argo"]["replicas"] = dice_.between(1, 6);
  };
  switch (dice_.below(4)) {
    case 0: {
      json well = {{"interval", "10s"}, {"webhooks", {{{"name", "go"}, {"passes", true}}}}};
      if (dice_.chance(0.5)) well["iterations"] = 1;
      else well["stepWeight"] = 100;
      if (dice_.chance(0.3)) well["mirror"] = true;
      out["flagger"] = {{"analysis", well}};
      if (dice_.chance(0.5)) out["flagger"]["skipAnalysis"] = true;
      return out;
    }
    case 1: {
      json strategy = {{"autoPromotionSeconds", 0}, {"scaleDownDelaySeconds", dice_.between(0, 1)}};
      if (dice_.chance(0.5)) strategy["previewReplicaCount"] = 1;
      if (dice_.chance(0.5)) strategy[dice_.oneOf({"prePromotionAnalysis", "postPromotionAnalysis"})] = analysis;
      argo("blueGreen", strategy);
      return out;
    }
    default: {
      json steps = {{{"setWeight", dice_.between(1, 60)}}, pause};
      json strategy = {{"scaleDownDelaySeconds", 0}, {"abortScaleDownDelaySeconds", dice_.between(0, 1)}};
      if (dice_.chance(0.5)) steps.push_back({{"analysis", analysis}});
      if (dice_.chance(0.5)) strategy["analysis"] = analysis;
      if (dice_.chance(0.6)) {
        strategy["trafficRouting"] = {{"istio", json::object()}, {"managedRoutes", {{{"name", "copy"}}}}};
        if (dice_.chance(0.5)) strategy["dynamicStableScale"] = true;
        if (dice_.chance(0.4)) steps.insert(steps.begin(), json::object({{"setMirrorRoute", {{"name", "copy"}, {"percentage", 50}, {"match", json::array({{{"path", {{"prefix", "/"}}}}})}}}}));
      }
      strategy["steps"] = steps;
      argo("canary", strategy);
      return out;
    }
  }
}

// Guards at some doors, from draws of their own: the rest of a seed's scenario does not hang on them.
void addSecurity(json& scenario, std::uint64_t seed) {
  Dice dice(seed ^ 0x5ec0817ULL);
  if (!dice.chance(0.3)) return;
  json& mesh = scenario["mesh"];
  if (dice.chance(0.6)) mesh["peerAuthentications"]["all"] = {{"namespace", "istio-system"}, {"mtls", {{"mode", dice.oneOf({"STRICT", "PERMISSIVE", "DISABLE"})}}}};
  if (dice.chance(0.3)) mesh["defaults"]["trafficPolicy"]["tls"] = {{"mode", dice.oneOf({"DISABLE", "ISTIO_MUTUAL", "SIMPLE"})}};
  if (dice.chance(0.5)) {
    json source;
    source[dice.oneOf({"principals", "notPrincipals"})] = json::array({"*/sa/default", "*ingressgateway-service-account"});
    if (dice.chance(0.5)) source["requestPrincipals"] = json::array({"*"});
    mesh["authorizationPolicies"]["door"] = {{"namespace", dice.oneOf({"default", "istio-system"})}, {"action", dice.oneOf({"ALLOW", "DENY"})}, {"rules", json::array({json{{"from", json::array({json{{"source", source}}})}}})}};
  }
  if (dice.chance(0.5)) mesh["requestAuthentications"]["club"] = {{"jwtRules", json::array({json{{"issuer", "club"}}})}};
  for (json& entry : scenario["traffic"])
    if (dice.chance(0.5)) entry["token"] = {{"issuer", "club"}, {"subject", "x"}, {"state", dice.oneOf({"valid", "expired"})}};
  if (!dice.chance(0.6)) return;
  mesh["certificates"] = {{"lifetime", "300ms"}, {"graceRatio", 0.5}, {"jitter", 0.1}};
  scenario["events"].push_back({{"at", "200ms"}, {"stopRenewal", json::object()}, {"for", "400ms"}});
}

}  // namespace

json randomScenario(std::uint64_t seed) {
  json scenario = Maker(seed).make();
  addSecurity(scenario, seed);
  return scenario;
}

void writeScenarioFiles(const std::string& folder) {
  std::ofstream arrivals(folder + "/arrivals.csv");
  arrivals << "n,t\n";
  Dice dice(1);
  double t = 0;
  for (int i = 0; i < 300; ++i) {
    t += dice.chance(0.2) ? 0 : 0.02 * dice.uniform();
    arrivals << i << ',' << std::to_string(t) << '\n';
  }
  std::ofstream sizes(folder + "/sizes.csv");
  sizes << "us\n";
  for (int i = 0; i < 50; ++i) sizes << dice.between(10, 3'000) << '\n';
}

}  // namespace meshmall::tests
