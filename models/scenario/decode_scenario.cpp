#include "models/scenario/decode_scenario.h"

#include <algorithm>
#include <filesystem>

#include "engine/kernel/promise.h"
#include "models/observation/expression.h"
#include "models/scenario/decode_document.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/merge_patch.h"
#include "models/scenario/overrides.h"
#include "models/scenario/sample_file.h"

namespace meshmall::models {

namespace {

constexpr std::size_t kMaxLocalities = 256;
constexpr std::size_t kMaxVersions = 100'000;
constexpr std::size_t kMaxVersionsOfOne = 1'000;
constexpr std::size_t kMaxSlos = 1'000;
constexpr std::size_t kMaxPatchedValues = 20'000'000;  // of all patched meshes together

void readVersionNumber(ObjectReader& root) {
  const auto node = root.require("meshmall");
  if (!node) return;
  if (node->value().integer() == nullptr || *node->value().integer() != 1) node->wrong("1, the version of the format");
}

std::vector<Slo> readSlos(ObjectReader& root, const Scenario& scenario) {
  std::vector<Slo> out;
  const auto node = root.get("slos");
  if (!node) return out;
  const auto texts = items(*node);
  if (texts.size() > kMaxSlos) {
    node->error("must be at most 1,000 (got " + std::to_string(texts.size()) + ")");
    return out;
  }
  std::vector<std::string> services, traffics;
  for (const Service& service : scenario.services) services.push_back(service.name);
  for (const Traffic& traffic : scenario.traffic) traffics.push_back(traffic.name);
  for (const Node& item : texts) {
    auto text = readText(item);
    if (!text) continue;
    if (text->size() > 1024) {
      item.error("longer than 1,024 bytes");
    } else if (const auto problem = checkSlo(*text, services, traffics)) {
      item.errorInside(problem->column - 1, problem->message, problem->hint);
    }
    out.push_back({std::move(*text)});
  }
  return out;
}

// False: so large that nothing more is decoded.
bool sizesAllowed(const Node& node, const NameIndex& names) {
  std::size_t versions = 0;
  for (const ServiceNames& service : names.services()) versions += service.versions.size();
  const std::size_t services = names.services().size(), localities = names.localities().size();
  const auto refuse = [&](const char* key, const std::string& message) {
    Node(node, *node.value().find(key)).error(message);
    return false;
  };
  if (services > static_cast<std::size_t>(kMaxServices)) return refuse("services", "must be at most 10,000 services (got " + std::to_string(services) + ")");
  if (versions > kMaxVersions) return refuse("services", "must have at most 100,000 versions in all (got " + std::to_string(versions) + ")");
  for (const ServiceNames& service : names.services()) {
    if (service.versions.size() > kMaxVersionsOfOne) return refuse("services", "must have at most 1,000 versions each (got " + std::to_string(service.versions.size()) + ")");
  }
  if (localities > kMaxLocalities) return refuse("localities", "must be at most 256 localities (got " + std::to_string(localities) + ")");
  return true;
}

// The mesh as each patch leaves it, by time (equal times: order of the file).
void readPatchedMeshes(ObjectReader& root, const Decoding& decoding, std::vector<PatchEvent>& patches, Scenario& out) {
  if (patches.empty()) return;
  JsonDocument& document = root.node().document();
  const JsonMember* base = root.node().value().find("mesh");
  JsonValue mesh = base != nullptr ? base->value : JsonValue(root.node().value().at, JsonValue::Members{});
  std::size_t values = countValues(mesh);
  for (const PatchEvent& patch : patches) values += patch.mesh == nullptr ? 0 : countValues(*patch.mesh);
  const auto event_node = root.get("events");
  if (values > kMaxPatchedValues / patches.size()) return event_node->error("the patched meshes together are too large (" + std::to_string(patches.size()) + " patches)");
  std::stable_sort(patches.begin(), patches.end(), [&](const PatchEvent& a, const PatchEvent& b) { return out.events[a.event].at < out.events[b.event].at; });
  document.skipRepetitions();
  for (const PatchEvent& patch : patches) {
    if (patch.mesh == nullptr) continue;
    if (patch.mesh->isNull()) {
      mesh = JsonValue(patch.mesh->at, JsonValue::Members{});
    } else {
      mergePatch(mesh, *patch.mesh);
    }
    std::get<Patch>(out.events[patch.event].what).mesh_version = static_cast<std::uint32_t>(out.mesh_versions.size());
    if (const JsonMember* discovery = patch.mesh->find("discovery")) {
      const Node given(document, discovery->value, "/events/" + std::to_string(patch.event) + "/patch/mesh/discovery");
      given.error("the control plane's own times stay as they are while the mall runs");
    }
    const Node patched(document, mesh, "/events/" + std::to_string(patch.event) + "/patch/mesh");
    out.mesh_versions.push_back(readMesh(patched, decoding, out.services));
    if (document.failed()) continue;
    adviseOnHealth(patched, out, out.mesh_versions.back());  // what was said of an earlier version is not said again
    adviseOnBalancing(patched, out, out.mesh_versions.back(), decoding.names);
  }
}

void warnOfLateEvents(ObjectReader& root, const Scenario& scenario) {
  const auto node = root.get("events");
  if (!node || !scenario.run.warmup || node->value().items() == nullptr) return;
  const std::int64_t end = scenario.run.warmup->ns + scenario.run.duration.ns;
  for (std::size_t i = 0; i < scenario.events.size(); ++i) {
    if (scenario.events[i].at.ns >= end) Node(*node, i, (*node->value().items())[i]).warning("happens after the end of the run");
  }
}

void addCalls(const Steps& steps, std::vector<std::uint32_t>& called) {
  for (const Step& step : steps) {
    if (const auto* call = std::get_if<Call>(&step.what)) {
      called.push_back(call->to.service);
      addCalls(call->or_else, called);
    } else if (const auto* choose = std::get_if<Choose>(&step.what)) {
      for (const auto& course : choose->courses) addCalls(course.second, called);
    } else if (const auto* parallel = std::get_if<Parallel>(&step.what)) {
      for (const Steps& branch : parallel->branches) addCalls(branch, called);
    }
  }
}

void addDestinations(const Mesh& mesh, const NameIndex& names, std::uint32_t service, std::vector<std::uint32_t>& called) {
  const auto add = [&](const Destination& destination) {
    if (const auto found = names.findService(destination.host)) called.push_back(*found);
  };
  const auto& all = mesh.virtual_services;
  const auto rules = std::lower_bound(all.begin(), all.end(), service, [](const ServiceRules& r, std::uint32_t s) { return r.service < s; });
  if (rules == all.end() || rules->service != service) return;
  for (const HttpRoute& route : rules->rules.http) {
    for (const RouteDestination& each : route.route) add(each.destination);
    for (const Mirror& mirror : route.mirrors) add(mirror.destination);
  }
}

// Customers who come to the gateway's replicas of a locality that has none.
void checkEntrances(ObjectReader& root, const Scenario& scenario) {
  const auto node = root.get("traffic");
  if (!node || node->value().items() == nullptr) return;
  for (std::size_t i = 0; i < scenario.traffic.size(); ++i) {
    const Traffic& traffic = scenario.traffic[i];
    if (traffic.via != Via::gateway || !traffic.locality || scenario.gateway.replicas[*traffic.locality] > 0) continue;
    Node(*node, i, (*node->value().items())[i])
        .error("comes by the gateway of locality " + inQuotes(scenario.localities[*traffic.locality].name) + ", which has no replica there",
               "give it one in \"gateway\": {\"replicas\": ...}");
  }
}

// Services that no customer's request can come to.
void warnOfUnreachable(ObjectReader& root, const Scenario& scenario, const NameIndex& names) {
  if (root.node().document().failed()) return;
  std::vector<bool> reached(scenario.services.size(), false);
  std::vector<std::uint32_t> open;
  for (const Traffic& traffic : scenario.traffic) open.push_back(traffic.to.service);
  while (!open.empty()) {
    const std::uint32_t service = open.back();
    open.pop_back();
    if (reached[service]) continue;
    reached[service] = true;
    for (const Version& version : scenario.services[service].versions) {
      for (const Operation& operation : version.operations) addCalls(operation.steps, open);
    }
    for (const Mesh& mesh : scenario.mesh_versions) addDestinations(mesh, names, service, open);
  }
  const auto node = root.get("services");
  const auto members = sortedMembers(*node);
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (!reached[i]) Node(*node, *members[i]).warning("no request comes here");
  }
}

Scenario decodeRoot(const Node& node, const std::string& folder) {
  Scenario out;
  const NameIndex names(node.value());
  const Decoding decoding{names, folder};
  if (!sizesAllowed(node, names)) return out;
  ObjectReader root(node, "scenario");
  readVersionNumber(root);
  out.name = root.text("name");
  out.description = root.text("description");
  out.run = readRun(root);
  out.localities = readLocalities(root, decoding);
  out.network = readNetwork(root, decoding);
  out.sidecar = readSidecar(root, decoding);
  out.gateway = readGateway(root, decoding);
  out.services = readServices(root, decoding, out.sidecar.enabled);
  out.traffic = readTraffic(root, decoding);
  out.autoscalers = readAutoscalers(root, decoding, out.services);
  out.slos = readSlos(root, out);
  out.traced = readTraced(root);
  checkEntrances(root, out);
  const auto mesh = root.get("mesh");
  out.mesh_versions.push_back(mesh ? readMesh(*mesh, decoding, out.services) : Mesh());
  if (mesh && !node.document().failed()) {
    adviseOnHealth(*mesh, out, out.mesh_versions.front());
    adviseOnBalancing(*mesh, out, out.mesh_versions.front(), names);
  }
  std::vector<PatchEvent> patches;
  out.events = readEvents(root, decoding, patches);
  warnOfLateEvents(root, out);
  readPatchedMeshes(root, decoding, patches, out);
  if (!node.document().failed()) adviseOnScaling(root, out);
  agePeerAuthentications(out.mesh_versions);
  out.rollouts = readRollouts(root, decoding, out);
  warnOfUnreachable(root, out, names);
  return out;
}

}  // namespace

std::optional<Scenario> decodeScenarioValue(JsonDocument& document, const JsonValue& root, const std::string& folder) {
  Scenario scenario = decodeRoot(Node(document, root, ""), folder);
  if (!document.ignored().empty()) engine::brokenPromise(("a scenario's key was not read: " + document.ignored()).c_str());
  if (document.failed()) return std::nullopt;
  return scenario;
}

DecodeResult decodeScenario(std::string text, const std::string& name, const std::string& folder, const std::vector<Override>& overrides) {
  DecodeResult out;
  JsonDocument document;
  auto root = document.parse(std::move(text), name);
  if (root) {
    for (const Override& override : overrides) applyOverride(document, *root, override);
    out.scenario = decodeScenarioValue(document, *root, folder);
  }
  out.problems = document.problems();
  return out;
}

DecodeResult loadScenario(const std::string& path, const std::vector<Override>& overrides) {
  FileText file = readRegularFile(path, kMaxJsonBytes);
  if (!file.error.empty()) {
    DecodeResult out;
    out.unreadable = file.unreadable;
    out.problems.push_back({path, 0, 0, "", file.error, "", Problem::Severity::error, 0});
    return out;
  }
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return decodeScenario(std::move(file.text), path, folder.empty() ? "." : folder.string(), overrides);
}

}  // namespace meshmall::models
