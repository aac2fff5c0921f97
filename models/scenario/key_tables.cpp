#include "models/scenario/key_tables.h"

#include <string>

#include "engine/kernel/promise.h"

namespace meshmall::models {

namespace {

constexpr KeySupport kNotYet = KeySupport::not_yet;
constexpr KeySupport kNoEffect = KeySupport::no_effect;

std::vector<ObjectKeys> makeMallTables() {
  return {
      {"scenario",
       {{"meshmall"},
        {"name"},
        {"description"},
        {"run"},
        {"localities"},
        {"network"},
        {"sidecar"},
        {"gateway"},
        {"services"},
        {"traffic"},
        {"mesh"},
        {"rollouts", kNotYet},
        {"autoscalers", kNotYet},
        {"events"},
        {"slos"}}},
      {"run", {{"duration"}, {"warmup"}, {"seed"}, {"drain"}}},
      {"locality", {{"region"}, {"zone"}}},
      {"network", {{"sameZone"}, {"sameRegion"}, {"crossRegion"}, {"loss"}}},
      {"sidecar", {{"inbound"}, {"outbound"}, {"preset", kNotYet}, {"handshake"}, {"concurrency"}}},
      {"gateway", {{"replicas"}, {"concurrency"}}},
      {"service", {{"namespace"}, {"serviceAccount"}, {"sidecar"}, {"protocol"}, {"versions"}, {"operations"}}},
      {"version",
       {{"replicas"},
        {"labels"},
        {"workers"},
        {"concurrency"},
        {"discipline"},
        {"queueLimit"},
        {"queueTimeout"},
        {"onCancel"},
        {"speed"},
        {"weight"},
        {"startup"},
        {"readinessProbe", kNotYet},
        {"termination", kNotYet},
        {"operations"}}},
      {"operation", {{"steps"}, {"failure"}}},
      {"failure", {{"probability"}, {"status"}, {"when"}}},
      {"step",
       {{"busy"}, {"wait"}, {"call"}, {"choose"}, {"parallel"}, {"probability"}, {"times"}, {"timeout"}, {"orElse"}, {"optional"}}},
      {"times", {{"weighted"}}},
      {"course", {{"weight"}, {"steps"}}},
      {"traffic",
       {{"name"},
        {"to"},
        {"arrivals"},
        {"via"},
        {"source"},
        {"headers"},
        {"token", kNotYet},
        {"timeout"},
        {"return"},
        {"locality"},
        {"priority"}}},
      {"source", {{"namespace"}, {"principal"}}},
      {"return", {{"times"}, {"after"}}},
      {"keys", {{"uniform"}, {"zipf"}, {"weighted"}}},
      {"uniformKeys", {{"n"}}},
      {"zipfKeys", {{"n"}, {"s"}}},
  };
}

std::vector<ObjectKeys> makeDrawTables() {
  return {
      {"distribution",
       {{"exponential"},
        {"lognormal"},
        {"erlang"},
        {"gamma"},
        {"weibull"},
        {"pareto"},
        {"uniform"},
        {"normal"},
        {"hyperexponential"},
        {"empirical"},
        {"mixture"},
        {"shifted"}}},
      {"exponential", {{"mean"}}},
      {"lognormal", {{"mean"}, {"cv"}}},
      {"erlang", {{"mean"}, {"k"}}},
      {"gamma", {{"mean"}, {"cv"}}},
      {"weibull", {{"mean"}, {"shape"}}},
      {"pareto", {{"scale"}, {"shape"}}},
      {"uniform", {{"min"}, {"max"}}},
      {"normal", {{"mean"}, {"sd"}}},
      {"hyperexponential", {{"branches"}}},
      {"branch", {{"probability"}, {"mean"}}},
      {"empirical", {{"values"}, {"weights"}, {"file"}, {"column"}, {"unit"}}},
      {"component", {{"weight"}, {"of"}}},
      {"shifted", {{"by"}, {"of"}}},
      {"arrivals", {{"poisson"}, {"constant"}, {"renewal"}, {"profile"}, {"mmpp"}, {"closed"}, {"trace"}}},
      {"poisson", {{"rate"}, {"batch"}}},
      {"constant", {{"rate"}}},
      {"renewal", {{"interarrival"}}},
      {"profile", {{"points"}, {"interpolate"}, {"repeat"}}},
      {"point", {{"at"}, {"rate"}}},
      {"mmpp", {{"states"}}},
      {"state", {{"rate"}, {"mean"}}},
      {"closed", {{"users"}, {"think"}}},
      {"trace", {{"file"}, {"column"}, {"unit"}}},
  };
}

std::vector<ObjectKeys> makeMeshTables() {
  return {
      {"mesh",
       {{"defaults"},
        {"destinationRules"},
        {"virtualServices"},
        {"peerAuthentications", kNotYet},
        {"authorizationPolicies", kNotYet},
        {"requestAuthentications", kNotYet},
        {"certificates", kNotYet},
        {"rateLimits", kNotYet},
        {"discovery", kNotYet}}},
      {"meshDefaults", {{"trafficPolicy"}, {"retries"}}},
      {"trafficPolicy",
       {{"loadBalancer"},
        {"connectionPool"},
        {"outlierDetection"},
        {"tls", kNotYet},
        {"portLevelSettings", kNotYet},
        {"healthChecks", kNotYet},
        {"admissionControl", kNotYet},
        {"adaptiveConcurrency", kNotYet},
        {"consecutiveFailures", kNotYet}}},
      {"loadBalancer",
       {{"simple"},
        {"consistentHash", kNotYet},
        {"policy"},
        {"localityLbSetting", kNotYet},
        {"warmup", kNotYet},
        {"overprovisioningFactor"},
        {"zoneAware", kNotYet},
        {"panicThreshold"}}},
      {"lbPolicy",
       {{"leastRequest"},
        {"peakEwma", kNotYet},
        {"prequal", kNotYet},
        {"clientSideWeightedRoundRobin", kNotYet},
        {"grpcWeightedRoundRobin", kNotYet},
        {"pickFirst", kNotYet}}},
      {"leastRequest", {{"choiceCount"}, {"activeRequestBias"}, {"selection"}, {"replacement"}}},
      {"connectionPool", {{"tcp"}, {"http"}}},
      {"tcpPool", {{"maxConnections"}, {"connectTimeout"}, {"maxConnectionDuration"}, {"idleTimeout", kNotYet}, {"tcpKeepalive", kNoEffect}}},
      {"httpPool",
       {{"http1MaxPendingRequests"},
        {"http2MaxRequests"},
        {"maxRequestsPerConnection"},
        {"maxRetries"},
        {"idleTimeout"},
        {"maxConcurrentStreams"},
        {"h2UpgradePolicy", kNotYet},
        {"useClientProtocol", kNotYet}}},
      {"outlierDetection",
       {{"consecutive5xxErrors"},
        {"consecutiveGatewayErrors"},
        {"interval"},
        {"baseEjectionTime"},
        {"maxEjectionTime"},
        {"maxEjectionTimeJitter"},
        {"maxEjectionPercent"},
        {"minHealthPercent"},
        {"alwaysEjectOneHost"},
        {"enforcingConsecutive5xx"},
        {"enforcingConsecutiveGatewayFailure"},
        {"consecutiveErrors", kNotYet},
        {"splitExternalLocalOriginErrors", kNotYet},
        {"consecutiveLocalOriginFailures", kNotYet},
        {"enforcingConsecutiveLocalOriginFailure", kNotYet},
        {"enforcingSuccessRate", kNotYet},
        {"enforcingLocalOriginSuccessRate", kNotYet},
        {"successRateMinimumHosts", kNotYet},
        {"successRateRequestVolume", kNotYet},
        {"successRateStdevFactor", kNotYet},
        {"failurePercentageThreshold", kNotYet},
        {"enforcingFailurePercentage", kNotYet},
        {"enforcingFailurePercentageLocalOrigin", kNotYet},
        {"failurePercentageMinimumHosts", kNotYet},
        {"failurePercentageRequestVolume", kNotYet},
        {"successfulActiveHealthCheckUnejectHost", kNotYet}}},
      {"destinationRule", {{"host"}, {"trafficPolicy"}, {"subsets"}, {"exportTo", kNoEffect}, {"workloadSelector", kNotYet}}},
      {"subset", {{"name"}, {"labels"}, {"trafficPolicy"}}},
  };
}

std::vector<ObjectKeys> makeRouteTables() {
  return {
      {"virtualService", {{"hosts"}, {"gateways"}, {"http"}, {"exportTo", kNoEffect}, {"tcp", kNotYet}, {"tls", kNotYet}}},
      {"httpRoute",
       {{"name"},
        {"match"},
        {"route"},
        {"timeout"},
        {"retries"},
        {"fault"},
        {"mirror"},
        {"mirrorPercentage"},
        {"mirrors"},
        {"headers"},
        {"directResponse"},
        {"redirect", kNotYet},
        {"rewrite", kNotYet},
        {"delegate", kNotYet},
        {"corsPolicy", kNotYet},
        {"mirror_percent", kNotYet}}},
      {"match",
       {{"name"},
        {"uri"},
        {"scheme"},
        {"method"},
        {"authority"},
        {"headers"},
        {"withoutHeaders"},
        {"queryParams"},
        {"ignoreUriCase"},
        {"sourceLabels"},
        {"sourceNamespace"},
        {"gateways"},
        {"port", kNoEffect},
        {"statPrefix", kNoEffect}}},
      {"stringMatch", {{"exact"}, {"prefix"}, {"regex"}}},
      {"routeDestination", {{"destination"}, {"weight"}, {"headers"}}},
      {"destination", {{"host"}, {"subset"}, {"port", kNoEffect}}},
      {"routeHeaders", {{"request"}, {"response"}}},
      {"headerOperations", {{"set"}, {"add"}, {"remove"}}},
      {"fault", {{"delay"}, {"abort"}}},
      {"faultDelay", {{"fixedDelay"}, {"percentage"}, {"percent"}, {"exponentialDelay", kNotYet}}},
      {"faultAbort", {{"httpStatus"}, {"grpcStatus"}, {"percentage"}, {"http2Error", kNotYet}}},
      {"percentage", {{"value"}}},
      {"mirrorPolicy", {{"destination"}, {"percentage"}}},
      {"directResponse", {{"status"}, {"body", kNoEffect}}},
      {"retries",
       {{"attempts"},
        {"perTryTimeout"},
        {"retryOn"},
        {"backoff"},
        {"retryRemoteLocalities", kNotYet},
        {"retryIgnorePreviousHosts"},
        {"rateLimitedBackoff", kNotYet},
        {"budget", kNotYet},
        {"tokenBudget", kNotYet},
        {"retryPriority", kNotYet},
        {"retryHost", kNotYet},
        {"hedge", kNotYet}}},
      {"backoff", {{"baseInterval"}, {"maxInterval"}}},
  };
}

std::vector<ObjectKeys> makeEventTables() {
  return {
      {"event",
       {{"at"},
        {"every"},
        {"for"},
        {"note"},
        {"crash"},
        {"slow"},
        {"fail"},
        {"network"},
        {"partition"},
        {"scale"},
        {"traffic"},
        {"patch"},
        {"stopRenewal", kNotYet}}},
      {"crash", {{"service"}, {"version"}, {"locality"}, {"endpoints"}, {"count"}, {"noticed"}}},
      {"slow", {{"service"}, {"version"}, {"locality"}, {"endpoints"}, {"operation"}, {"factor"}}},
      {"fail", {{"service"}, {"version"}, {"locality"}, {"endpoints"}, {"operation"}, {"probability"}, {"status"}}},
      {"networkChange", {{"from"}, {"to"}, {"delay"}, {"loss"}}},
      {"partition", {{"between"}}},
      {"scale", {{"service"}, {"version"}, {"replicas"}}},
      {"trafficChange", {{"name"}, {"factor"}}},
      {"patch", {{"mesh"}}},
  };
}

std::vector<ObjectKeys> makeTables() {
  std::vector<ObjectKeys> all;
  for (auto make : {makeMallTables, makeDrawTables, makeMeshTables, makeRouteTables, makeEventTables}) {
    for (ObjectKeys& table : make()) all.push_back(std::move(table));
  }
  return all;
}

}  // namespace

const KeyInfo* ObjectKeys::find(std::string_view name) const {
  for (const KeyInfo& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const std::vector<ObjectKeys>& allObjectKeys() {
  static const std::vector<ObjectKeys> tables = makeTables();
  return tables;
}

const ObjectKeys& keysOf(std::string_view object) {
  for (const ObjectKeys& table : allObjectKeys()) {
    if (table.object == object) return table;
  }
  engine::brokenPromise(("no table of keys for " + std::string(object)).c_str());
}

}  // namespace meshmall::models
