#include "models/importers/isotope.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "models/importers/fit_to_format.h"
#include "models/importers/import_context.h"
#include "models/importers/list_text.h"
#include "models/importers/yaml_text.h"

namespace meshmall::models {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostServices = 10'000;
constexpr std::int64_t kMostReplicas = 1'000'000;

// "0.5%", or a share from 0 to 1. Nothing: neither.
std::optional<double> shareOf(const YamlValue& value) {
  if (!value.isScalar() || value.text.empty()) return std::nullopt;
  const bool percent = value.text.back() == '%';
  double number = 0;
  const char* end = value.text.data() + value.text.size() - (percent ? 1 : 0);
  const auto [stop, problem] = std::from_chars(value.text.data(), end, number);
  if (percent) number /= 100;
  if (problem != std::errc() || stop != end || !(number >= 0) || number > 1) return std::nullopt;
  return number;
}

class Importer {
 public:
  Importer(const std::vector<InputFile>& files, std::string name) : context_(namesOf(files)), files_(files), name_(std::move(name)) {}

  ImportResult go() {
    ImportResult out;
    Json scenario;
    bool sound = read();
    if (sound) {
      scenario = build();
      sound = !hasErrors(context_.problems) && fitToFormat(scenario, context_);
    }
    if (sound) {
      scenario["description"] = "Made by `meshmall import isotope`. " + asParagraph(context_.notes);
      out.scenario = withoutTags(scenario).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    }
    out.notes = std::move(context_.notes);
    out.problems = std::move(context_.problems);
    sortProblems(out.problems);
    return out;
  }

 private:
  struct Service {
    std::string name;
    const YamlValue* body = nullptr;
    const YamlValue* defaults = nullptr;
    // A field of the service, else of the file's defaults.
    const YamlValue* find(std::string_view key) const {
      const YamlValue* own = body->find(key);
      return own != nullptr || defaults == nullptr ? own : defaults->find(key);
    }
  };

  static std::vector<std::string> namesOf(const std::vector<InputFile>& files) {
    std::vector<std::string> names;
    for (const InputFile& file : files) names.push_back(file.name);
    return names;
  }

  bool read() {
    for (std::size_t i = 0; i < files_.size(); ++i)
      for (YamlValue& document : parseYaml(files_[i].text, static_cast<std::uint32_t>(i), files_[i].name, context_.problems)) documents_.push_back(std::move(document));
    for (const YamlValue& document : documents_)
      if (!document.isNull()) readGraph(document);
    if (services_.empty() && !hasErrors(context_.problems)) context_.error({0, 0, 0}, "there is no service in " + (files_.empty() ? std::string("it") : files_[0].name));
    return !hasErrors(context_.problems);
  }

  void readGraph(const YamlValue& document) {
    const YamlValue* services = document.find("services");
    if (services == nullptr || !services->isList()) return context_.error(document.at, "is no service graph of Isotope: it has no list \"services\"");
    for (const YamlMember& member : document.members)
      if (member.key != "services" && member.key != "defaults" && member.key != "apiVersion" && member.key != "kind") unknown(member, "the graph");
    const YamlValue* defaults = document.find("defaults");
    if (defaults != nullptr) checkKeys(*defaults, "defaults");
    for (const YamlValue& each : services->items) {
      Service next{each.textOf("name"), &each, defaults};
      if (next.name.empty()) {
        context_.error(each.at, "a service needs a name");
      } else if (next.name.find('/') != std::string::npos || next.name.size() > 253 || printable(next.name, 400) != next.name) {
        context_.error(each.at, "a service cannot be called " + inQuotes(next.name));
      } else if (!index_.emplace(next.name, services_.size()).second) {
        context_.error(each.at, "there are two services " + inQuotes(next.name));
      } else {
        checkKeys(each, "service " + next.name);
        services_.push_back(std::move(next));
      }
      if (services_.size() > kMostServices) return context_.error(each.at, "more than 10,000 services");
    }
  }

  void checkKeys(const YamlValue& body, const std::string& of) {
    static const std::set<std::string> kRead = {"name", "type", "isEntrypoint", "numReplicas", "errorRate", "script"};
    static const std::set<std::string> kIdle = {"requestSize", "responseSize", "numRbacPolicies"};
    for (const YamlMember& member : body.members) {
      if (kRead.count(member.key) == 1) continue;
      if (kIdle.count(member.key) == 1) idle_.insert(member.key);
      else unknown(member, of);
    }
  }
  void unknown(const YamlMember& member, const std::string& of) {
    context_.warning(member.key_at, "unknown key " + inQuotes(member.key) + " of " + of + ": ignored");
    context_.notModelled(member.key_at, member.key + " of " + of + " (unknown key)");
  }

  bool isGrpc(const Service& service) const { return service.find("type") != nullptr && service.find("type")->text == "grpc"; }
  std::string target(const std::string& name) const { return name + "/" + (isGrpc(services_[index_.at(name)]) ? "call" : "GET /"); }

  Json build() {
    Json services = Json::object();
    std::set<std::string> called;
    std::size_t calls = 0;
    callees_.resize(services_.size());
    for (caller_ = 0; caller_ < services_.size(); ++caller_) services[services_[caller_].name] = serviceOf(services_[caller_], called, calls);
    context_.notes.read.push_back(std::to_string(services_.size()) + " services and " + std::to_string(calls) + " calls in their scripts");
    for (const std::string& key : idle_) context_.notModelled(key + (key == "numRbacPolicies" ? ": policies that match nothing cost nothing here" : ": bytes take no time here"));
    context_.guessed("each request keeps one of 4 workers of its endpoint busy for 0.2 ms (exponential) before its script; a failed call fails the caller");
    context_.guessed("a hop takes 0.25 ms; proxies cost what Istio publishes (sidecar.preset)");
    Json out = {{"meshmall", 1}, {"name", name_.empty() ? "isotope" : name_}, {"description", ""}};
    out["run"] = {{"duration", "60s"}, {"warmup", "5s"}, {"seed", 1}};
    out["network"] = {{"sameZone", "250us"}};
    out["sidecar"] = {{"preset", "sidecar"}};
    out["services"] = std::move(services);
    out["traffic"] = trafficOf(called);
    return out;
  }

  Json serviceOf(const Service& service, std::set<std::string>& called, std::size_t& calls) {
    const YamlValue* type = service.find("type");
    if (type != nullptr && type->text != "http" && type->text != "grpc") context_.error(type->at, "type must be http or grpc");
    Json version = Json::object();
    const YamlValue* replicas = service.find("numReplicas");
    version["replicas"] = replicas == nullptr ? 1 : std::max<std::int64_t>(countOf(*replicas, kMostReplicas, context_), 1);
    version["workers"] = 4;
    version["concurrency"] = "async";
    Json operation = Json::object();
    operation["steps"] = Json::array({Json{{"busy", {{"exponential", {{"mean", "200us"}}}}}}});
    if (const YamlValue* script = service.find("script")) {
      if (!script->isList()) context_.error(script->at, "script must be a list of steps");
      for (const YamlValue& each : script->items) addStep(each, operation["steps"], called, calls);
    }
    if (const YamlValue* rate = service.find("errorRate")) {
      const auto share = shareOf(*rate);
      if (!share) context_.error(rate->at, "errorRate must be a percentage such as \"0.1%\", or a share from 0 to 1");
      else if (*share > 0) operation["failure"] = {{"probability", *share}, {"status", 500}};
    }
    Json out = Json::object();
    out[kPastedTag] = context_.paste(*service.body)[kPastedTag];
    if (isGrpc(service)) out["protocol"] = "grpc";
    out["versions"] = {{"v1", version}};
    out["operations"] = {{isGrpc(service) ? "call" : "GET /", operation}};
    return out;
  }

  void addStep(const YamlValue& step, Json& out, std::set<std::string>& called, std::size_t& calls) {
    if (step.isList()) {
      Json branches = Json::array();
      for (const YamlValue& each : step.items) addStep(each, branches, called, calls);
      if (!branches.empty()) out.push_back(Json{{"parallel", branches}});
      return;
    }
    if (!step.isMap() || step.members.size() != 1) return context_.error(step.at, "a step must be \"sleep\", \"call\" or a list of such");
    const YamlMember& command = step.members[0];
    if (command.key == "sleep") {
      Json wait = Json::object();
      wait[kPastedTag] = context_.paste(step)[kPastedTag];
      wait["wait"] = command.value.text;
      out.push_back(std::move(wait));
    } else if (command.key == "call") {
      addCall(command, out, called, calls);
    } else {
      context_.error(command.key_at, "a step must be \"sleep\" or \"call\" (got " + inQuotes(command.key) + ")");
    }
  }

  void addCall(const YamlMember& command, Json& out, std::set<std::string>& called, std::size_t& calls) {
    const YamlValue& value = command.value;
    const std::string name = value.isMap() ? value.textOf("service") : value.text;
    if (index_.count(name) == 0) return context_.error(value.at, "there is no service " + inQuotes(name));
    Json step = Json::object();
    step["call"] = target(name);
    for (const YamlMember& member : value.members) {
      if (member.key == "size") idle_.insert("requestSize");
      else if (member.key != "service" && member.key != "probability") unknown(member, "a call");
    }
    if (const YamlValue* probability = value.isMap() ? value.find("probability") : nullptr) {
      const std::int64_t percent = countOf(*probability, 100, context_);
      if (percent < 100) step["probability"] = static_cast<double>(percent) / 100;
    }
    called.insert(name);
    ++calls;
    callees_[caller_].push_back(index_.at(name));
    out.push_back(std::move(step));
  }

  Json trafficOf(const std::set<std::string>& called) {
    std::vector<std::string> entries, uncalled;
    for (const Service& service : services_) {
      if (truthOf(service.body->find("isEntrypoint"), false)) entries.push_back(service.name);
      if (called.count(service.name) == 0) uncalled.push_back(service.name);
    }
    if (entries.empty()) {
      entries = uncalled.empty() ? std::vector<std::string>{services_[0].name} : uncalled;
      context_.guessed("no service is an entry point: customers come to " + listText(entries));
    }
    // Wide graphs get fewer customers: 20,000 calls a second in all, so that a minute of them takes seconds.
    double cost = 0;
    std::vector<double> known(services_.size(), -1);
    for (const std::string& name : entries) cost += visits(index_.at(name), known);
    const double rate = std::floor(std::clamp(std::min(200.0 / static_cast<double>(entries.size()), 20'000.0 / cost), 1.0, 50.0));
    Json list = Json::array();
    for (const std::string& name : entries)
      list.push_back(Json{{"name", "customers of " + name}, {"to", target(name)}, {"arrivals", {{"poisson", {{"rate", std::to_string(static_cast<int>(rate)) + "/s"}}}}}});
    context_.guessed("customers: " + std::to_string(static_cast<int>(rate)) + "/s Poisson at each entry point");
    return list;
  }

  // Calls that one to this service makes in all, its own included; of a circle, which is refused later, any number.
  double visits(std::size_t service, std::vector<double>& known) const {
    std::vector<std::pair<std::size_t, std::size_t>> way = {{service, 0}};
    while (!way.empty()) {
      auto& [at, next] = way.back();
      if (next == 0 && known[at] < 0) known[at] = 1;
      if (next == callees_[at].size()) {
        const double all = known[at];
        way.pop_back();
        if (!way.empty()) known[way.back().first] = std::min(known[way.back().first] + all, 1e12);
        continue;
      }
      const std::size_t callee = callees_[at][next++];
      if (known[callee] < 0) way.emplace_back(callee, 0);
      else known[at] = std::min(known[at] + known[callee], 1e12);
    }
    return std::max(known[service], 1.0);
  }

  ImportContext context_;
  const std::vector<InputFile>& files_;
  std::string name_;
  std::deque<YamlValue> documents_;
  std::vector<Service> services_;
  std::map<std::string, std::size_t> index_;
  std::set<std::string> idle_;
  std::vector<std::vector<std::size_t>> callees_;  // by service, each call once
  std::size_t caller_ = 0;
};

}  // namespace

ImportResult importIsotope(const std::vector<InputFile>& files, const std::string& name) { return Importer(files, name).go(); }

}  // namespace meshmall::models
