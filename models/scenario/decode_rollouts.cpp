// rollouts: which version is let in beside which, when, and by whom; and what is worth a warning about them.
#include <algorithm>
#include <numeric>

#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

namespace meshmall::models {

namespace {

std::uint32_t replicasOf(const Version& version) { return std::accumulate(version.replicas.begin(), version.replicas.end(), std::uint32_t{0}); }

Rollout readRollout(const Node& node, const Decoding& decoding, const Scenario& scenario, std::uint32_t service) {
  Rollout out;
  ObjectReader object(node, "rollout");
  out.service = service;
  const auto primary = object.require("primary");
  const auto canary = object.require("canary");
  if (primary) out.primary = decoding.names.version(*primary, service).value_or(0);
  if (canary) out.canary = decoding.names.version(*canary, service).value_or(0);
  if (primary && canary && readText(*primary) == readText(*canary)) canary->error("must be another version than \"primary\"");
  out.at = SimTime{} + object.duration("at", Duration{});
  if (const auto interval = object.get("scrapeInterval")) {
    out.scrape_interval = readPositiveDuration(*interval).value_or(out.scrape_interval);
    if (out.scrape_interval < engine::milliseconds(100)) interval->error("must be at least 100ms");
  }
  const auto& versions = service < scenario.services.size() ? scenario.services[service].versions : std::vector<Version>{};
  const std::uint32_t replicas = out.primary < versions.size() ? replicasOf(versions[out.primary]) : 1;
  const auto how = object.exactlyOne({"flagger", "argo"});
  if (!how) return out;
  if (how->key() == "flagger") out.how = readFlagger(*how);
  else out.how = readArgo(*how, replicas);
  return out;
}

// ---- advice ------------------------------------------------------------------------------------------------------------------------

// Ticks from the one that sees the new revision until the promotion begins, if every check passes.
int ticksToPromotion(const FlaggerConfig& config) {
  if (config.skip_analysis) return 1;
  const int rounds = flaggerIterations(config);
  if (flaggerStrategy(config) == FlaggerStrategy::kAbTesting) return rounds + 1;
  if (flaggerStrategy(config) == FlaggerStrategy::kBlueGreen) return rounds + 2;
  int ticks = config.mirror ? 2 : 1;
  for (int weight = 0; weight < flaggerMaxWeight(config) && ticks < 1'000'000; ++ticks) {
    const int step = flaggerNextStep(config, weight);
    if (step <= 0) return 1'000'000;
    weight = std::min(kFlaggerTotalWeight, weight + step);
  }
  return ticks;
}

void adviseOnFlagger(const Node& node, const Scenario& scenario, const Rollout& rollout) {
  const FlaggerRollout& flagger = *rollout.flagger();
  const FlaggerConfig& config = flagger.config;
  if (config.suspend) node.advise("rollout-suspended", "a suspended rollout does nothing", "remove \"suspend\"");
  if (scenario.run.warmup) {
    const double end = static_cast<double>(scenario.run.warmup->ns + scenario.run.duration.ns);
    const double promoted = static_cast<double>(rollout.at.ns) + static_cast<double>(config.interval.ns) * ticksToPromotion(config);
    if (promoted >= end && !config.suspend) node.advise("rollout-unfinished", "the run ends before the promotion could begin", "a longer run, a shorter \"interval\", or bigger steps");
  }
  const bool live = config.provider == FlaggerProvider::kMesh && (flaggerStrategy(config) != FlaggerStrategy::kBlueGreen || config.mirror);
  if (!live && !config.metrics.empty() && !config.skip_analysis)
    node.advise("rollout-no-traffic", "before the switch the canary gets no requests, so metrics have no values and every check fails", "\"mirror\": true, or hooks instead of metrics");
  if (config.metrics.empty() && config.webhooks.empty() && !config.skip_analysis)
    node.advise("rollout-unchecked", "nothing is checked: the canary is promoted whatever it does", "give \"metrics\"");
  if (!scenario.services[rollout.service].sidecar && !config.metrics.empty())
    node.advise("rollout-no-proxy", "the service has no proxy to report metrics, so every check fails", "give it a sidecar");
  const bool users = std::any_of(scenario.traffic.begin(), scenario.traffic.end(), [&](const Traffic& t) {
    return t.to.service == rollout.service && std::holds_alternative<ClosedArrivals>(t.arrivals);
  });
  if (flagger.affinity && !users)
    node.advise("affinity-nobody", "no customer comes back to the service, so nobody presents a cookie", "closed arrivals to this service");
}

// Destinations that name a subset are not the rollout's.
void adviseOnSubsets(const Node& node, const Scenario& scenario, const Rollout& rollout) {
  if (!rollout.routes() || scenario.mesh_versions.empty()) return;
  const Service& service = scenario.services[rollout.service];
  for (const ServiceRules& rules : scenario.mesh_versions.front().virtual_services)
    for (const HttpRoute& rule : rules.rules.http)
      for (const RouteDestination& to : rule.route)
        if (to.destination.host == service.name && !to.destination.subset.empty())
          return node.advise("rollout-bypassed", "a rule sends to subset " + inQuotes(to.destination.subset) + " of the service, which the rollout's weights do not touch",
                             "name the service without a subset");
}

}  // namespace

std::vector<Rollout> readRollouts(ObjectReader& root, const Decoding& decoding, const Scenario& scenario) {
  std::vector<Rollout> out;
  const auto node = root.get("rollouts");
  if (!node) return out;
  std::vector<std::pair<std::uint32_t, const JsonMember*>> places;
  for (const JsonMember* member : sortedMembers(*node)) {
    const Node entry(*node, *member);
    const auto service = decoding.names.findHost(entry.key(), "default");
    if (!service) {
      std::vector<std::string_view> known;
      for (std::size_t i = 0; i < decoding.names.services().size() && i < 2000; ++i) known.push_back(decoding.names.services()[i].key);
      entry.keyError("there is no service " + inQuotes(entry.key()), suggestion(entry.key(), known));
      continue;
    }
    if (std::any_of(out.begin(), out.end(), [&](const Rollout& r) { return r.service == *service; })) {
      entry.keyError("service " + inQuotes(decoding.names.services()[*service].key) + " is named by two keys");
      continue;
    }
    out.push_back(readRollout(entry, decoding, scenario, *service));
    places.emplace_back(*service, member);
  }
  if (!node->document().failed()) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Node entry(*node, *places[i].second);
      if (out[i].flagger() != nullptr) adviseOnFlagger(entry, scenario, out[i]);
      adviseOnSubsets(entry, scenario, out[i]);
      if (scenario.run.warmup && out[i].at >= SimTime{} + *scenario.run.warmup + scenario.run.duration) entry.warning("starts after the end of the run");
    }
  }
  std::sort(out.begin(), out.end(), [](const Rollout& a, const Rollout& b) { return a.service < b.service; });
  return out;
}

}  // namespace meshmall::models
