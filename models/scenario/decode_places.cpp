// run, localities, network, sidecar, gateway; and what several blocks share: replicas by locality, labels.
#include "models/scenario/decode_distribution.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/quantities.h"

namespace meshmall::models {

namespace {

// Threads of a proxy: each has its own schedules and connections.
constexpr std::uint32_t kMaxProxyThreads = 1024;

}  // namespace

RunSettings readRun(ObjectReader& root) {
  RunSettings out;
  out.duration = engine::seconds(60);
  const auto node = root.get("run");
  if (!node) return out;
  ObjectReader object(*node, "run");
  if (const auto duration = object.get("duration")) out.duration = readPositiveDuration(*duration).value_or(out.duration);
  if (const auto warmup = object.get("warmup")) {
    if (warmup->value().string() != nullptr && *warmup->value().string() == "auto") {
      out.warmup = std::nullopt;
    } else {
      out.warmup = readDuration(*warmup).value_or(Duration{});
    }
  }
  if (out.warmup && out.warmup->ns + out.duration.ns > kLongestDuration.ns) node->error("warm-up and duration together are longer than 10 years");
  out.seed = static_cast<std::uint64_t>(object.whole("seed", 1, 0, INT64_MAX));
  out.drain = object.flag("drain", false);
  return out;
}

std::vector<Locality> readLocalities(ObjectReader& root, const Decoding&) {
  std::vector<Locality> out;
  const auto node = root.get("localities");
  if (node) {
    for (const JsonMember* member : sortedMembers(*node)) {
      const Node place(*node, *member);
      if (const auto problem = nameProblem(member->key)) place.keyError(*problem);
      ObjectReader object(place, "locality");
      Locality locality{member->key, "default", "default"};
      if (const auto region = object.get("region")) locality.region = readName(*region).value_or("default");
      locality.zone = member->key;
      if (const auto zone = object.get("zone")) locality.zone = readName(*zone).value_or(member->key);
      out.push_back(std::move(locality));
    }
    if (out.empty() && node->value().members() != nullptr) node->error("needs at least one locality");
  }
  if (out.empty()) out.push_back({"default", "default", "default"});
  return out;
}

Network readNetwork(ObjectReader& root, const Decoding& decoding) {
  Network out;
  const auto node = root.get("network");
  if (!node) return out;
  ObjectReader object(*node, "network");
  out.same_zone = readDistribution(object, "sameZone", decoding.folder);
  out.same_region = readDistribution(object, "sameRegion", decoding.folder);
  out.cross_region = readDistribution(object, "crossRegion", decoding.folder);
  out.loss = object.probability("loss", 0);
  return out;
}

SidecarSettings readSidecar(ObjectReader& root, const Decoding& decoding) {
  SidecarSettings out;
  const auto node = root.get("sidecar");
  if (!node) return out;
  if (const bool* on = node->value().boolean()) {
    out.enabled = *on;
    return out;
  }
  ObjectReader object(*node, "sidecar");
  if (const auto preset = object.get("preset")) applyCostPreset(*preset, out);
  if (object.has("inbound")) out.inbound = readDistribution(object, "inbound", decoding.folder);
  if (object.has("outbound")) out.outbound = readDistribution(object, "outbound", decoding.folder);
  out.handshake = readDistribution(object, "handshake", decoding.folder);
  out.concurrency = object.count("concurrency", 1, 1, kMaxProxyThreads);
  return out;
}

GatewaySettings readGateway(ObjectReader& root, const Decoding& decoding) {
  GatewaySettings out;
  out.replicas = spreadReplicas(1, decoding.names.localities().size());
  const auto node = root.get("gateway");
  if (!node) return out;
  ObjectReader object(*node, "gateway");
  if (auto replicas = readReplicas(object, decoding)) out.replicas = std::move(*replicas);
  out.concurrency = object.count("concurrency", 1, 1, kMaxProxyThreads);
  return out;
}

std::vector<std::uint32_t> spreadReplicas(std::uint32_t total, std::size_t localities) {
  std::vector<std::uint32_t> out(localities, total / static_cast<std::uint32_t>(localities));
  for (std::size_t i = 0; i < total % localities; ++i) ++out[i];
  return out;
}

std::optional<std::vector<std::uint32_t>> readReplicas(ObjectReader& object, const Decoding& decoding) {
  const auto node = object.get("replicas");
  if (!node) return std::nullopt;
  const std::size_t localities = decoding.names.localities().size();
  if (node->value().members() == nullptr) {
    if (!node->value().number()) {
      node->wrong("a whole number, or an object with a number for each locality");
      return std::nullopt;
    }
    const auto total = readWhole(*node, 1, kMaxEndpoints);
    if (!total) return std::nullopt;
    return spreadReplicas(static_cast<std::uint32_t>(*total), localities);
  }
  std::vector<std::uint32_t> out(localities, 0);
  std::int64_t sum = 0;
  bool good = true;
  for (const JsonMember& member : *node->value().members()) {
    const Node place(*node, member);
    const auto& known = decoding.names.localities();
    std::optional<std::size_t> index;
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (known[i] == member.key) index = i;
    }
    if (!index) place.keyError("there is no locality " + inQuotes(member.key));
    const auto count = readWhole(place, 0, kMaxEndpoints);
    good = good && index && count;
    if (!index || !count) continue;
    out[*index] = static_cast<std::uint32_t>(*count);
    sum += *count;
  }
  if (!good) return std::nullopt;
  if (sum == 0 || sum > kMaxEndpoints) {
    node->error(sum == 0 ? "must be at least 1 in all (got 0)" : "must be at most 1000000 in all (got " + std::to_string(sum) + ")");
    return std::nullopt;
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> readLabels(const Node& node) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const JsonMember* member : sortedMembers(node)) {
    const Node label(node, *member);
    if (const auto problem = nameProblem(member->key)) label.keyError(*problem);
    if (auto value = readText(label)) out.emplace_back(member->key, std::move(*value));
  }
  return out;
}

}  // namespace meshmall::models
