#include "models/scenario/decode_scenario.h"

#include <filesystem>

#include "engine/kernel/promise.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/overrides.h"
#include "models/scenario/sample_file.h"

namespace meshmall::models {

namespace {

constexpr std::size_t kMaxLocalities = 256;
constexpr std::size_t kMaxVersions = 100'000;

void readVersionNumber(ObjectReader& root) {
  const auto node = root.require("meshmall");
  if (!node) return;
  if (node->value().integer() == nullptr || *node->value().integer() != 1) node->wrong("1, the version of the format");
}

std::vector<Slo> readSlos(ObjectReader& root) {
  std::vector<Slo> out;
  const auto node = root.get("slos");
  if (!node) return out;
  for (const Node& item : items(*node)) {
    auto text = readText(item);
    if (text && text->size() > 1024) item.error("longer than 1,024 bytes");
    if (text && text->empty()) item.error("must not be empty");
    if (text) out.push_back({std::move(*text)});
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
  if (localities > kMaxLocalities) return refuse("localities", "must be at most 256 localities (got " + std::to_string(localities) + ")");
  return true;
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
  out.mesh_versions.emplace_back();
  root.get("mesh");
  root.get("events");
  out.slos = readSlos(root);
  return out;
}

}  // namespace

DecodeResult decodeScenario(std::string text, const std::string& name, const std::string& folder, const std::vector<Override>& overrides) {
  DecodeResult out;
  JsonDocument document;
  auto root = document.parse(std::move(text), name);
  if (root) {
    for (const Override& override : overrides) applyOverride(document, *root, override);
    Scenario scenario = decodeRoot(Node(document, *root, ""), folder);
    if (!document.ignored().empty()) engine::brokenPromise(("a scenario's key was not read: " + document.ignored()).c_str());
    if (!document.failed()) out.scenario = std::move(scenario);
  }
  out.problems = document.problems();
  return out;
}

DecodeResult loadScenario(const std::string& path, const std::vector<Override>& overrides) {
  FileText file = readRegularFile(path, kMaxJsonBytes);
  if (!file.error.empty()) {
    DecodeResult out;
    out.unreadable = file.unreadable;
    out.problems.push_back({path, 0, 0, "", file.error, "", Severity::error, 0});
    return out;
  }
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return decodeScenario(std::move(file.text), path, folder.empty() ? "." : folder.string(), overrides);
}

}  // namespace meshmall::models
