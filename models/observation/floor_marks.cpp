#include "models/observation/floor_marks.h"

#include "models/observation/json_writer.h"

namespace meshmall::models {

namespace {

std::string brief(double value) {
  std::string text;
  appendNumber(text, value);
  return text;
}

std::string whom(const Scenario& scenario, const EventTarget& target) {
  if (!target.service) return "all shops";
  const Service& service = scenario.services[*target.service];
  std::string text = service.name;
  if (target.version) text += " " + service.versions[*target.version].name;
  if (target.operation) text += ", " + service.operations[*target.operation].name;
  if (target.locality) text += " in " + scenario.localities[*target.locality].name;
  if (!target.endpoints.empty()) {
    text += ", counter";
    for (const std::uint32_t e : target.endpoints) text += " " + std::to_string(e);
  }
  return text;
}

std::string locality(const Scenario& scenario, const std::optional<std::uint32_t>& index) {
  return index ? scenario.localities[*index].name : std::string("everywhere");
}

struct Words {
  const Scenario& scenario;

  std::string operator()(const Crash& c) const {
    const std::string count = c.count ? std::to_string(*c.count) + (*c.count == 1 ? " counter crashes" : " counters crash") : std::string("all counters crash");
    return whom(scenario, c.target) + ": " + count;
  }
  std::string operator()(const Slow& s) const { return whom(scenario, s.target) + ": work takes " + brief(s.factor) + " times as long"; }
  std::string operator()(const Fail& f) const {
    return whom(scenario, f.target) + ": " + brief(f.probability * 100) + " % of requests fail with " + std::to_string(f.status);
  }
  std::string operator()(const NetworkChange& n) const {
    std::string text = "network from " + locality(scenario, n.from) + " to " + locality(scenario, n.to) + ":";
    if (!n.delay.isZero()) text += " " + brief(n.delay.mean() * 1e3) + " ms more";
    if (n.loss > 0) text += (n.delay.isZero() ? " " : ", ") + brief(n.loss * 100) + " % lost";
    return text;
  }
  std::string operator()(const Partition& p) const { return "no way between " + scenario.localities[p.a].name + " and " + scenario.localities[p.b].name; }
  std::string operator()(const Scale& s) const {
    const Service& service = scenario.services[s.service];
    return service.name + " " + service.versions[s.version].name + ": " + std::to_string(s.replicas) + (s.replicas == 1 ? " counter" : " counters");
  }
  std::string operator()(const TrafficChange& t) const { return scenario.traffic[t.traffic].name + ": " + brief(t.factor) + " times the customers"; }
  std::string operator()(const Patch&) const { return "new policies"; }
  std::string operator()(const StopRenewal& s) const {
    return (s.service ? scenario.services[*s.service].name : std::string("all shops")) + ": certificates are not renewed";
  }
};

const DetailValue* find(const Detail& detail, std::string_view key) {
  for (const auto& [name, value] : detail)
    if (name == key) return &value;
  return nullptr;
}

std::string textIn(const Detail& detail, std::string_view key) {
  const DetailValue* value = find(detail, key);
  if (value == nullptr) return {};
  if (const auto* number = std::get_if<double>(value)) return brief(*number);
  return std::get<std::string>(*value);
}

std::string subjectText(const Subject& subject, const Layout& layout, const std::vector<EndpointInfo>& endpoints) {
  switch (subject.kind) {
    case Subject::Kind::endpoint: return subject.index < endpoints.size() ? endpoints[subject.index].name : std::string();
    case Subject::Kind::version: return layout.services[layout.versions[subject.index].service] + " " + layout.versions[subject.index].name;
    case Subject::Kind::service: return layout.services[subject.index];
    case Subject::Kind::traffic: return layout.traffic[subject.index];
    case Subject::Kind::named: return subject.text;
  }
  return {};
}

}  // namespace

std::string_view kindOf(const TimedEvent& event) {
  constexpr std::string_view kNames[] = {"crash", "slow", "fail", "network", "partition", "scale", "traffic", "patch", "stopRenewal"};
  return kNames[event.what.index()];
}

std::string eventText(const Scenario& scenario, const TimedEvent& event) { return std::visit(Words{scenario}, event.what); }

std::optional<std::uint32_t> serviceOf(const TimedEvent& event) {
  if (const auto* c = std::get_if<Crash>(&event.what)) return c->target.service;
  if (const auto* s = std::get_if<Slow>(&event.what)) return s->target.service;
  if (const auto* f = std::get_if<Fail>(&event.what)) return f->target.service;
  if (const auto* s = std::get_if<Scale>(&event.what)) return s->service;
  if (const auto* s = std::get_if<StopRenewal>(&event.what)) return s->service;
  return std::nullopt;
}

std::optional<Mark> markOf(const Decision& decision, const Layout& layout, const std::vector<EndpointInfo>& endpoints) {
  Mark mark;
  mark.at = decision.at;
  const std::string subject = subjectText(decision.subject, layout, endpoints);
  const std::string service = textIn(decision.detail, "service");
  mark.note = textIn(decision.detail, "note");
  const auto named = [&](std::string_view what) { return service.empty() ? std::string(what) : service + ": " + std::string(what); };
  switch (decision.kind) {
    case DecisionKind::event:
      mark.kind = Mark::Kind::fault;
      mark.text = named(subject);
      if (subject == "patch") return std::nullopt;  // its own decision says it
      if (const std::string factor = textIn(decision.detail, "factor"); !factor.empty())
        mark.text = (service.empty() ? textIn(decision.detail, "traffic") : service) + ": " + subject + " x " + factor;
      if (subject == "scale") mark.kind = Mark::Kind::scaling;
      return mark;
    case DecisionKind::event_over:
      mark.kind = Mark::Kind::fault_over;
      mark.text = named(subject) + " is over";
      return mark;
    case DecisionKind::patch:
      mark.kind = Mark::Kind::policy;
      mark.text = "new policies";
      return mark;
    case DecisionKind::scale:
      mark.kind = Mark::Kind::scaling;
      mark.text = subject + ": " + textIn(decision.detail, "to") + " counters";
      if (textIn(decision.detail, "to").empty() || textIn(decision.detail, "from") == textIn(decision.detail, "to")) return std::nullopt;
      return mark;
    case DecisionKind::rollout:
      mark.kind = Mark::Kind::rollout;
      mark.text = subject + ": " + textIn(decision.detail, "event");
      return mark;
    case DecisionKind::ejection:
      mark.kind = Mark::Kind::ejection;
      mark.text = decision.by + " ejects " + subject;
      return mark;
    default: return std::nullopt;
  }
}

}  // namespace meshmall::models
