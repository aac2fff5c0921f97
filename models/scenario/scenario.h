// A scenario as checked, immutable plain values: what the JSON of the format says, with every default filled in and every name resolved to an index.
// Made by decode_scenario.h (from JSON, with all problems reported); read by topology/ (prediction) and mall/ (the running mall). Nothing here knows of JSON.
// Where order matters names are in byte order; indices are positions in the vectors below. Times are integer nanoseconds, rates per second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/distribution.h"
#include "models/discovery/readiness_probe.h"
#include "models/discovery/termination.h"
#include "models/scaling/autoscaler.h"
#include "models/scenario/mesh.h"
#include "models/scenario/rollouts.h"
#include "models/scenario/traced.h"
#include "models/workload/arrival_config.h"

namespace meshmall::models {

using engine::Distribution;
using engine::Duration;
using engine::SimTime;

// ---- where things stand ------------------------------------------------------------------------------------------------

struct Locality {
  std::string name, region, zone;  // the one default locality is named "default", region and zone "default"
};

struct Network {
  Distribution same_zone, same_region, cross_region;  // one-way delay of a hop
  double loss = 0;                                    // probability that a hop loses the message
};

// ---- proxies ------------------------------------------------------------------------------------------------------------

struct SidecarSettings {
  bool enabled = true;             // false: no service has a proxy; the gateway stays one
  Distribution inbound, outbound;  // proxy time per traversal, each way
  Distribution handshake;          // time of a new mTLS connection
  std::uint32_t concurrency = 1;   // worker threads of each proxy
};

struct GatewaySettings {
  std::vector<std::uint32_t> replicas;  // by locality
  std::uint32_t concurrency = 1;
};

// ---- services -------------------------------------------------------------------------------------------------------------

struct Step;
using Steps = std::vector<Step>;

struct OperationRef {
  std::uint32_t service = 0;
  std::uint32_t operation = 0;  // index in Service::operations
};

struct Busy { Distribution time; };
struct Wait { Distribution time; };
struct Call {
  OperationRef to;
  std::vector<std::pair<std::uint32_t, double>> times = {{1, 1.0}};  // how often (one after another), with its weight
  std::optional<Duration> timeout;                                   // the application's own
  std::vector<Step> or_else;                                         // runs when the call has failed for good
  bool optional = false;                                             // its failure is ignored
};
struct Choose {
  std::vector<std::pair<double, std::vector<Step>>> courses;  // weight, steps
};
struct Parallel {
  std::vector<std::vector<Step>> branches;  // all at once; waits for all
};
struct Step {
  double probability = 1;  // else the step is skipped
  std::variant<Busy, Wait, Call, Choose, Parallel> what;
};

struct Failure {
  enum class When : std::uint8_t { start, after_first_step, end };
  double probability = 0;
  std::uint16_t status = 503;
  When when = When::start;
};

struct Operation {
  std::string name;          // "GET /bread"
  std::string method, path;  // "GET", "/bread"; a name that is not "METHOD /path" is POST "/name"
  Steps steps;
  Failure failure;
};

enum class Concurrency : std::uint8_t { thread, async };
enum class Discipline : std::uint8_t { fifo, lifo, ps, priority };
enum class OnCancel : std::uint8_t { finish, drop_queued, stop };
enum class Protocol : std::uint8_t { http1, http2, grpc, tcp };

struct Version {
  std::string name;
  std::vector<std::uint32_t> replicas;                        // by locality
  std::vector<std::pair<std::string, std::string>> labels;    // byte order of keys
  std::uint32_t workers = 1;
  Concurrency concurrency = Concurrency::thread;
  Discipline discipline = Discipline::fifo;
  std::optional<std::uint32_t> queue_limit;  // absent: unlimited
  std::optional<Duration> queue_timeout;
  OnCancel on_cancel = OnCancel::finish;
  double speed = 1;           // service times are divided by it
  std::uint32_t weight = 1;   // load-balancing weight
  Distribution startup;       // from creation to ready
  std::optional<ReadinessProbeConfig> readiness_probe;  // absent: ready as soon as it runs
  std::optional<TerminationConfig> termination;         // absent: Kubernetes' where there is discovery, else it leaves when its work is done
  std::vector<Operation> operations;  // as this version does them: one for each of the service's, same order
};

struct Service {
  std::string name;       // the key, e.g. "bakery" or "reviews.prod"
  std::string host;       // short name without namespace
  std::string name_space = "default", service_account;
  bool sidecar = true;    // already false when the scenario's sidecar is off
  Protocol protocol = Protocol::http1;
  std::uint16_t port = 80;  // that policies may name
  std::vector<Version> versions;      // byte order
  std::vector<Operation> operations;  // byte order of names; the union over its versions
};

// ---- customers ------------------------------------------------------------------------------------------------------------

struct KeyDistribution {  // of a header's values: key k of n is named by its index, "0".."n-1", or its own name
  enum class Kind : std::uint8_t { constant, uniform, zipf, weighted };
  Kind kind = Kind::constant;
  std::string constant;
  std::uint64_t n = 0;                                   // uniform, zipf: number of keys
  double s = 1;                                          // zipf: exponent
  std::vector<std::pair<std::string, double>> weighted;  // name, weight; byte order
};

enum class Via : std::uint8_t { gateway, sidecar, direct };
enum class Priority : std::uint8_t { high, normal, low };

struct Traffic {
  std::string name;
  OperationRef to;
  ArrivalConfig arrivals;
  Via via = Via::gateway;
  std::string source_namespace = "outside";
  std::optional<std::string> source_principal;
  std::vector<std::pair<std::string, KeyDistribution>> headers;  // lower-case names, byte order
  std::vector<std::pair<std::string, KeyDistribution>> cookies;  // byte order of names; they come in one header `cookie`
  std::optional<Token> token;
  std::optional<Duration> timeout;
  std::uint32_t return_times = 0;
  Distribution return_after;
  std::optional<std::uint32_t> locality;  // index; absent: all
  Priority priority = Priority::normal;
};

// ---- what happens by the clock ----------------------------------------------------------------------------------------------

struct EventTarget {  // which endpoints; absent means all
  std::optional<std::uint32_t> service, version, locality, operation;
  std::vector<std::uint32_t> endpoints;  // indexes within the version (or the service when no version is named)
};
struct Crash { EventTarget target; std::optional<std::uint32_t> count; Distribution noticed; };
struct Slow { EventTarget target; double factor = 1; };
struct Fail { EventTarget target; double probability = 1; std::uint16_t status = 503; };
struct NetworkChange { std::optional<std::uint32_t> from, to; Distribution delay; double loss = 0; };  // messages from `from` to `to`; absent: any locality
struct Partition { std::uint32_t a = 0, b = 0; };
struct Scale { std::uint32_t service = 0, version = 0; std::uint32_t replicas = 0; };
struct TrafficChange { std::uint32_t traffic = 0; double factor = 1; };
struct StopRenewal { std::optional<std::uint32_t> service; };  // absent: nobody's certificates are renewed, nor the gateway's
struct Patch { std::uint32_t mesh_version = 0; };  // index in Scenario::mesh_versions

struct TimedEvent {
  SimTime at;
  std::optional<Distribution> every;  // repeated: first at `at`, then after each draw
  std::optional<Distribution> lasts;  // "for"; absent: until the end
  std::string note;
  std::variant<Crash, Slow, Fail, NetworkChange, Partition, Scale, TrafficChange, Patch, StopRenewal> what;
};

// ---- the whole ---------------------------------------------------------------------------------------------------------------

struct RunSettings {
  Duration duration;                     // measured, after the warm-up; > 0
  std::optional<Duration> warmup = Duration{0};  // absent: "auto" (MSER-5)
  std::uint64_t seed = 1;
  bool drain = false;
};

// ---- autoscalers -------------------------------------------------------------------------------------------------------------

enum class ScalerMetric : std::uint8_t { cpu, utilization, requests_rate, in_flight, queue };

struct ScalerSource {  // where a metric's readings come from
  std::string name = "cpu";    // as in Results
  ScalerMetric metric = ScalerMetric::cpu;
  bool resource = true;        // of metrics-server: over the last 15 s. Else of a Prometheus: over the last minute
  bool of_pods = true;         // of each endpoint of the target; else of `service` as a whole
  std::uint32_t service = 0;
};

struct AutoscalerSettings {
  std::uint32_t service = 0, version = 0;
  AutoscalerConfig config;
  std::vector<ScalerSource> sources = std::vector<ScalerSource>(1);  // of config.metrics
};

struct Slo {
  std::string text;  // as written; parsed and checked by observation/expression.h
};

struct Scenario {
  std::string name, description;
  RunSettings run;
  std::vector<Locality> localities;   // byte order
  Network network;
  SidecarSettings sidecar;
  GatewaySettings gateway;
  std::vector<Service> services;      // byte order
  std::vector<Traffic> traffic;       // order of the file
  std::vector<Mesh> mesh_versions;    // [0] from the start; the others by patch events, each complete
  std::vector<TimedEvent> events;     // order of the file
  std::vector<Rollout> rollouts;      // by service, at most one each
  std::vector<AutoscalerSettings> autoscalers;  // by service, then version
  std::vector<Slo> slos;
  std::optional<TracedFigures> traced;  // of the traces it was made from
};

}  // namespace meshmall::models
