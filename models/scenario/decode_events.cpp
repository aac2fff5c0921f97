// events: what happens to the mall by the clock.
#include "models/scenario/decode_distribution.h"
#include "models/scenario/decode_parts.h"

#include <algorithm>

namespace meshmall::models {

namespace {

// service, version, locality, operation, endpoints: whichever the action's table has.
EventTarget readTarget(ObjectReader& object, const Decoding& decoding, bool with_operation) {
  EventTarget out;
  const auto service = object.get("service");
  if (service) out.service = decoding.names.service(*service);
  const auto narrowed = [&](std::string_view key) {
    auto node = object.get(key);
    if (node && !service) node->keyError(inQuotes(key) + " needs \"service\" beside it");
    return out.service ? node : std::nullopt;
  };
  if (const auto version = narrowed("version")) out.version = decoding.names.version(*version, *out.service);
  if (with_operation) {
    if (const auto operation = narrowed("operation")) out.operation = decoding.names.operation(*operation, *out.service);
  }
  if (const auto locality = object.get("locality")) out.locality = decoding.names.locality(*locality);
  if (const auto endpoints = narrowed("endpoints")) {
    for (const Node& item : items(*endpoints)) {
      if (const auto index = readWhole(item, 0, kMaxEndpoints - 1)) out.endpoints.push_back(static_cast<std::uint32_t>(*index));
    }
    if (out.endpoints.empty() && endpoints->value().items() != nullptr) endpoints->error("needs at least one index");
    std::sort(out.endpoints.begin(), out.endpoints.end());
    out.endpoints.erase(std::unique(out.endpoints.begin(), out.endpoints.end()), out.endpoints.end());
  }
  return out;
}

double requiredFactor(ObjectReader& object, bool may_be_zero) {
  const auto node = object.require("factor");
  if (!node) return 1;
  return (may_be_zero ? readNumber(*node, 0, 1e12) : readPositive(*node)).value_or(1);
}

Crash readCrash(const Node& node, const Decoding& decoding) {
  Crash out;
  ObjectReader object(node, "crash");
  out.target = readTarget(object, decoding, false);
  if (object.get("count")) out.count = object.count("count", 1, 1, static_cast<std::uint32_t>(kMaxEndpoints));
  out.noticed = readDistribution(object, "noticed", decoding.folder);
  return out;
}

Slow readSlow(const Node& node, const Decoding& decoding) {
  ObjectReader object(node, "slow");
  Slow out{readTarget(object, decoding, true), 1};
  out.factor = requiredFactor(object, false);
  return out;
}

Fail readFail(const Node& node, const Decoding& decoding) {
  ObjectReader object(node, "fail");
  Fail out{readTarget(object, decoding, true), 1, 503};
  out.probability = object.probability("probability", 1);
  out.status = static_cast<std::uint16_t>(object.whole("status", 503, 400, 599));
  return out;
}

NetworkChange readNetworkChange(const Node& node, const Decoding& decoding) {
  NetworkChange out;
  ObjectReader object(node, "networkChange");
  if (const auto from = object.get("from")) out.from = decoding.names.locality(*from);
  if (const auto to = object.get("to")) out.to = decoding.names.locality(*to);
  out.delay = readDistribution(object, "delay", decoding.folder);
  out.loss = object.probability("loss", 0);
  return out;
}

Partition readPartition(const Node& node, const Decoding& decoding) {
  Partition out;
  ObjectReader object(node, "partition");
  const auto between = object.require("between");
  if (!between) return out;
  const auto ends = items(*between);
  if (ends.size() != 2) {
    if (between->value().items() != nullptr) between->error("must be two localities (got " + std::to_string(ends.size()) + ")");
    return out;
  }
  const auto a = decoding.names.locality(ends[0]);
  const auto b = decoding.names.locality(ends[1]);
  if (a && b && *a == *b) between->error("must be two different localities");
  return {a.value_or(0), b.value_or(0)};
}

Scale readScale(const Node& node, const Decoding& decoding) {
  Scale out;
  ObjectReader object(node, "scale");
  const auto service_node = object.require("service");
  const auto version_node = object.get("version");
  if (const auto replicas = object.require("replicas")) out.replicas = static_cast<std::uint32_t>(readWhole(*replicas, 0, kMaxEndpoints).value_or(1));
  const auto service = service_node ? decoding.names.service(*service_node) : std::nullopt;
  if (!service) return out;
  out.service = *service;
  if (version_node) {
    out.version = decoding.names.version(*version_node, *service).value_or(0);
  } else if (decoding.names.services()[*service].versions.size() > 1) {
    node.error("needs \"version\": the service has several");
  }
  return out;
}

TrafficChange readTrafficChange(const Node& node, const Decoding& decoding) {
  TrafficChange out;
  ObjectReader object(node, "trafficChange");
  if (const auto name = object.require("name")) out.traffic = decoding.names.trafficEntry(*name).value_or(0);
  out.factor = requiredFactor(object, true);
  return out;
}

StopRenewal readStopRenewal(const Node& node, const Decoding& decoding) {
  StopRenewal out;
  ObjectReader object(node, "stopRenewal");
  if (const auto service = object.get("service")) out.service = decoding.names.service(*service);
  return out;
}

const JsonValue* readPatch(const Node& node) {
  ObjectReader object(node, "patch");
  const auto mesh = object.require("mesh");
  if (!mesh) return nullptr;
  if (mesh->value().members() == nullptr && !mesh->value().isNull()) {
    mesh->wrong("an object");
    return nullptr;
  }
  return &mesh->value();
}

void readAction(const Node& action, const Decoding& decoding, std::size_t index, TimedEvent& out, std::vector<PatchEvent>& patches) {
  const std::string_view kind = action.key();
  if (kind == "crash") {
    out.what = readCrash(action, decoding);
  } else if (kind == "slow") {
    out.what = readSlow(action, decoding);
  } else if (kind == "fail") {
    out.what = readFail(action, decoding);
  } else if (kind == "network") {
    out.what = readNetworkChange(action, decoding);
  } else if (kind == "partition") {
    out.what = readPartition(action, decoding);
  } else if (kind == "scale") {
    out.what = readScale(action, decoding);
  } else if (kind == "traffic") {
    out.what = readTrafficChange(action, decoding);
  } else if (kind == "stopRenewal") {
    out.what = readStopRenewal(action, decoding);
  } else {
    out.what = Patch{};
    patches.push_back({index, readPatch(action)});
  }
}

TimedEvent readEvent(const Node& node, const Decoding& decoding, std::size_t index, std::vector<PatchEvent>& patches) {
  TimedEvent out;
  ObjectReader object(node, "event");
  if (const auto at = object.require("at")) out.at = SimTime{readDuration(*at).value_or(Duration{}).ns};
  out.note = object.text("note");
  const auto every = object.get("every");
  const auto lasts = object.get("for");
  if (every) {
    out.every = readDistribution(*every, decoding.folder);
    if (!(out.every->mean() > 0)) every->error("must have a mean above 0, else time would stand still");
  }
  if (lasts) out.lasts = readDistribution(*lasts, decoding.folder);
  const auto action = object.exactlyOne({"crash", "slow", "fail", "network", "partition", "scale", "traffic", "patch", "stopRenewal"});
  if (!action) return out;
  readAction(*action, decoding, index, out, patches);
  if (action->key() == "patch" && lasts) lasts->keyError("a patch stays until the next one: it does not take \"for\"");
  if (action->key() == "patch" && every) every->keyError("a patch does not take \"every\"");
  return out;
}

}  // namespace

std::vector<TimedEvent> readEvents(ObjectReader& root, const Decoding& decoding, std::vector<PatchEvent>& patches) {
  std::vector<TimedEvent> out;
  const auto node = root.get("events");
  if (!node) return out;
  for (const Node& item : items(*node)) out.push_back(readEvent(item, decoding, out.size(), patches));
  return out;
}

}  // namespace meshmall::models
