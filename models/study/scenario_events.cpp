#include "models/study/scenario_events.h"

#include <algorithm>
#include <charconv>

namespace meshmall::models {
namespace {

std::string factorText(double factor) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, factor);
  return std::string(buffer, end.ptr);
}

// "bakery v1", "zone-a", or "all".
std::string targetText(const EventTarget& target, const Scenario& scenario) {
  std::string text;
  if (target.service) {
    text = scenario.services[*target.service].name;
    if (target.version) text += " " + scenario.services[*target.service].versions[*target.version].name;
  }
  if (target.locality) text += (text.empty() ? "" : " in ") + scenario.localities[*target.locality].name;
  return text.empty() ? "all" : text;
}

struct Teller {
  const Scenario& scenario;
  std::string localityText(std::optional<std::uint32_t> locality) const { return locality ? scenario.localities[*locality].name : "anywhere"; }

  std::string operator()(const Crash& e) const { return "crash " + targetText(e.target, scenario) + (e.count ? " (" + std::to_string(*e.count) + ")" : ""); }
  std::string operator()(const Slow& e) const { return "slow " + targetText(e.target, scenario) + " x " + factorText(e.factor); }
  std::string operator()(const Fail& e) const { return "fail " + targetText(e.target, scenario) + " with " + std::to_string(e.status); }
  std::string operator()(const NetworkChange& e) const { return "network " + localityText(e.from) + " to " + localityText(e.to); }
  std::string operator()(const Partition& e) const { return "partition " + localityText(e.a) + " and " + localityText(e.b); }
  std::string operator()(const Scale& e) const {
    const Service& service = scenario.services[e.service];
    return "scale " + service.name + " " + service.versions[e.version].name + " to " + std::to_string(e.replicas);
  }
  std::string operator()(const TrafficChange& e) const { return "traffic " + scenario.traffic[e.traffic].name + " x " + factorText(e.factor); }
  std::string operator()(const Patch&) const { return "patch of the mesh"; }
  std::string operator()(const StopRenewal& e) const { return "no renewal of certificates, " + (e.service ? scenario.services[*e.service].name : "everywhere"); }
};

engine::ReportEvent told(const TimedEvent& event, const Scenario& scenario) {
  engine::ReportEvent made;
  made.at = static_cast<double>(event.at.ns) / 1e9;
  if (event.lasts && event.lasts->isConstant() && !event.every) made.until = made.at + event.lasts->mean();
  made.text = std::visit(Teller{scenario}, event.what);
  if (event.every) made.text += ", again and again";
  if (!event.note.empty()) made.text += ": " + event.note;
  return made;
}

}  // namespace

std::vector<engine::ReportEvent> eventsOf(const Scenario& baseline, const Scenario& candidate, std::size_t limit) {
  std::vector<engine::ReportEvent> events;
  for (const TimedEvent& event : baseline.events) {
    events.push_back(told(event, baseline));
    events.back().candidate = false;
  }
  for (const TimedEvent& event : candidate.events) {
    engine::ReportEvent made = told(event, candidate);
    made.baseline = false;
    const auto same = std::find_if(events.begin(), events.end(), [&](const engine::ReportEvent& e) {
      return e.baseline && !e.candidate && e.at == made.at && e.until == made.until && e.text == made.text;
    });
    if (same != events.end()) {
      same->candidate = true;
    } else {
      events.push_back(std::move(made));
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const engine::ReportEvent& a, const engine::ReportEvent& b) { return a.at < b.at; });
  if (events.size() > limit) events.resize(limit);
  return events;
}

}  // namespace meshmall::models
