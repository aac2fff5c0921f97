// services, their versions and operations.
#include "models/scenario/decode_distribution.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

#include <algorithm>

namespace meshmall::models {

namespace {

constexpr std::uint32_t kMaxWorkers = 1'000'000;
constexpr std::uint32_t kMaxWeight = 1'000'000;

// Every version has its own copy of each operation.
constexpr std::int64_t kMaxSteps = 5'000'000;

std::int64_t stepsOf(const Steps& steps) {
  std::int64_t sum = 0;
  for (const Step& step : steps) {
    ++sum;
    if (const auto* call = std::get_if<Call>(&step.what)) sum += stepsOf(call->or_else) + static_cast<std::int64_t>(call->times.size());
    if (const auto* choose = std::get_if<Choose>(&step.what)) {
      for (const auto& course : choose->courses) sum += 1 + stepsOf(course.second);
    }
    if (const auto* parallel = std::get_if<Parallel>(&step.what)) {
      for (const Steps& branch : parallel->branches) sum += 1 + stepsOf(branch);
    }
  }
  return sum;
}

std::int64_t stepsOf(const std::vector<Operation>& operations) {
  std::int64_t sum = 0;
  for (const Operation& operation : operations) sum += 1 + stepsOf(operation.steps);
  return sum;
}

// "METHOD /path" gives both; any other name is POST "/name".
void setMethodAndPath(Operation& operation) {
  const std::string& name = operation.name;
  std::size_t letters = 0;
  while (letters < name.size() && name[letters] >= 'A' && name[letters] <= 'Z') ++letters;
  if (letters > 0 && letters + 1 < name.size() && name[letters] == ' ' && name[letters + 1] == '/') {
    operation.method = name.substr(0, letters);
    operation.path = name.substr(letters + 1);
  } else {
    operation.method = "POST";
    operation.path = name.substr(0, 1) == "/" ? name : '/' + name;
  }
}

Operation readOperation(const Node& node, const Decoding& decoding) {
  Operation out;
  out.name = std::string(node.key());
  if (const auto problem = nameProblem(out.name)) node.keyError(*problem);
  setMethodAndPath(out);
  ObjectReader object(node, "operation");
  if (const auto steps = object.get("steps")) out.steps = readSteps(*steps, decoding);
  if (const auto failure = object.get("failure")) out.failure = readFailure(*failure);
  return out;
}

// In byte order of their names.
std::vector<Operation> readOperations(ObjectReader& object, const Decoding& decoding) {
  std::vector<Operation> out;
  const auto node = object.get("operations");
  if (!node) return out;
  for (const JsonMember* member : sortedMembers(*node)) {
    const Node operation(*node, *member);
    out.push_back(readOperation(operation, decoding));
  }
  return out;
}

const Operation* findOperation(const std::vector<Operation>& sorted, const std::string& name) {
  const auto found = std::lower_bound(sorted.begin(), sorted.end(), name, [](const Operation& o, const std::string& n) { return o.name < n; });
  return found == sorted.end() || found->name != name ? nullptr : &*found;
}

// The service's operations with the version's own in place of those of the same name, for each name in the service's list.
void completeOperations(Version& version, const std::vector<Operation>& own, const std::vector<Operation>& general, const ServiceNames& names, const Node& node) {
  for (const std::string& name : names.operations) {
    const Operation* operation = findOperation(own, name);
    if (operation == nullptr) operation = findOperation(general, name);
    if (operation != nullptr) {
      version.operations.push_back(*operation);
      continue;
    }
    node.error("version " + inQuotes(version.name) + " has no operation " + inQuotes(name) + ", which another version has",
               "give it in the service's \"operations\"");
    Operation missing;
    missing.name = name;
    setMethodAndPath(missing);
    version.operations.push_back(std::move(missing));
  }
}

// Kubernetes' limits: whole seconds, at least 1 but for the delay.
ReadinessProbeConfig readReadinessProbe(const Node& node) {
  ReadinessProbeConfig out;
  ObjectReader object(node, "readinessProbe");
  out.initial_delay = engine::seconds(object.whole("initialDelaySeconds", 0, 0, 86'400));
  out.period = engine::seconds(object.whole("periodSeconds", 10, 1, 86'400));
  out.success_threshold = object.count("successThreshold", out.success_threshold, 1, 1'000);
  out.failure_threshold = object.count("failureThreshold", out.failure_threshold, 1, 1'000);
  return out;
}

TerminationConfig readTermination(const Node& node) {
  TerminationConfig out;
  ObjectReader object(node, "termination");
  out.pre_stop = object.duration("preStop", out.pre_stop);
  out.grace_period = object.duration("gracePeriod", out.grace_period);
  out.drain_duration = object.duration("drainDuration", out.drain_duration);
  if (out.grace_period.ns > 0 && out.pre_stop >= out.grace_period) {
    node.advise("preStop-grace", "preStop takes the whole gracePeriod: what runs then has 2 s left, and is reset", "make gracePeriod longer than preStop by what a request may take");
  }
  return out;
}

void setDefaultVersion(Version& out, const std::string& name, const ServiceNames& names, const Decoding& decoding) {
  out.name = name;
  out.replicas = spreadReplicas(1, decoding.names.localities().size());
  out.labels = {{"app", names.host}, {"version", name}};
}

Version readVersion(const Node& node, const std::vector<Operation>& general, const ServiceNames& names, const Decoding& decoding) {
  Version out;
  setDefaultVersion(out, std::string(node.key()), names, decoding);
  if (const auto problem = nameProblem(out.name)) node.keyError(*problem);
  ObjectReader object(node, "version");
  if (auto replicas = readReplicas(object, decoding)) out.replicas = std::move(*replicas);
  if (const auto labels = object.get("labels")) out.labels = readLabels(*labels);
  out.workers = object.count("workers", 1, 1, kMaxWorkers);
  if (const auto concurrency = object.get("concurrency")) out.concurrency = static_cast<Concurrency>(readChoice(*concurrency, {"thread", "async"}).value_or(0));
  if (const auto discipline = object.get("discipline")) {
    out.discipline = static_cast<Discipline>(readChoice(*discipline, {"fifo", "lifo", "ps", "priority"}).value_or(0));
  }
  if (const auto limit = object.get("queueLimit")) {
    if (const auto value = readWhole(*limit, 0, INT32_MAX)) out.queue_limit = static_cast<std::uint32_t>(*value);
  }
  if (const auto timeout = object.get("queueTimeout")) out.queue_timeout = readPositiveDuration(*timeout);
  if (const auto cancel = object.get("onCancel")) out.on_cancel = static_cast<OnCancel>(readChoice(*cancel, {"finish", "dropQueued", "stop"}).value_or(0));
  out.speed = object.positive("speed", 1);
  out.weight = object.count("weight", 1, 1, kMaxWeight);
  out.startup = readDistribution(object, "startup", decoding.folder);
  if (const auto probe = object.get("readinessProbe")) out.readiness_probe = readReadinessProbe(*probe);
  if (const auto termination = object.get("termination")) out.termination = readTermination(*termination);
  completeOperations(out, readOperations(object, decoding), general, names, node);
  return out;
}

Service readService(const Node& node, const Decoding& decoding, const ServiceNames& names, bool sidecars) {
  Service out;
  out.name = names.key;
  out.host = names.host;
  out.name_space = names.name_space;
  if (const auto problem = nameProblem(out.name)) node.keyError(*problem);
  if (out.name.find('/') != std::string::npos) node.keyError("a service's name must not have a \"/\" (got " + inQuotes(out.name) + ")");
  ObjectReader object(node, "service");
  if (const auto name_space = object.get("namespace")) {
    const auto value = readName(*name_space);
    const std::size_t dot = out.name.find('.');
    if (value && dot != std::string::npos && *value != out.name.substr(dot + 1)) name_space->error("must agree with the service's name " + inQuotes(out.name));
  }
  out.service_account = names.host;
  if (const auto account = object.get("serviceAccount")) out.service_account = readName(*account).value_or(names.host);
  out.sidecar = object.flag("sidecar", true) && sidecars;
  if (const auto protocol = object.get("protocol")) out.protocol = static_cast<Protocol>(readChoice(*protocol, {"http1", "http2", "grpc", "tcp"}).value_or(0));
  out.port = static_cast<std::uint16_t>(object.whole("port", out.port, 1, 65535));
  out.operations = readOperations(object, decoding);
  const std::vector<Operation> general = out.operations;
  const auto versions = object.get("versions");
  if (static_cast<std::int64_t>(names.versions.size()) * stepsOf(general) > kMaxSteps) {
    node.error("versions x operations x steps are more than " + std::to_string(kMaxSteps));
    return out;
  }
  if (versions && versions->value().members() != nullptr && !versions->value().members()->empty()) {
    for (const JsonMember* member : sortedMembers(*versions)) out.versions.push_back(readVersion(Node(*versions, *member), general, names, decoding));
  } else {
    if (versions && versions->value().members() == nullptr) versions->wrong("an object");
    if (versions && versions->value().members() != nullptr) versions->error("needs at least one version");
    Version version;
    setDefaultVersion(version, "v1", names, decoding);
    version.operations = general;
    out.versions.push_back(std::move(version));
  }
  out.operations = out.versions.front().operations;  // every version has each of them, in the same order
  for (Operation& operation : out.operations) {
    if (const Operation* common = findOperation(general, operation.name)) operation = *common;
  }
  return out;
}

}  // namespace

std::vector<Service> readServices(ObjectReader& root, const Decoding& decoding, bool sidecars) {
  std::vector<Service> out;
  const auto node = root.require("services");
  if (!node) return out;
  const auto members = sortedMembers(*node);
  if (members.empty() && node->value().members() != nullptr) node->error("needs at least one service");
  if (static_cast<std::int64_t>(members.size()) > kMaxServices) {
    node->error("more than 10,000 services (got " + std::to_string(members.size()) + ")");
    return out;
  }
  std::int64_t endpoints = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    out.push_back(readService(Node(*node, *members[i]), decoding, decoding.names.services()[i], sidecars));
    for (const Version& version : out.back().versions) {
      for (const std::uint32_t replicas : version.replicas) endpoints += replicas;
    }
  }
  if (endpoints > kMaxEndpoints) node->error("more than 1,000,000 endpoints (got " + std::to_string(endpoints) + ")");
  return out;
}

}  // namespace meshmall::models
