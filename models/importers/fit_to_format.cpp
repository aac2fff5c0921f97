#include "models/importers/fit_to_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "models/scenario/decode_scenario.h"
#include "models/scenario/overrides.h"
#include "models/topology/call_graph.h"

namespace meshmall::models {

namespace {

using Json = nlohmann::ordered_json;
using Tokens = std::vector<std::string>;

std::optional<std::size_t> indexOf(const std::string& token) {
  if (token.empty() || token.size() > 9 || token.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoul(token);
}

Json* step(Json& at, const std::string& token) {
  if (at.is_object() && at.contains(token)) return &at[token];
  const auto index = indexOf(token);
  if (at.is_array() && index && *index < at.size()) return &at[*index];
  return nullptr;
}

const YamlValue* step(const YamlValue& at, const std::string& token) {
  if (at.isMap())
    for (const YamlMember& member : at.members)
      if (member.key == token) return &member.value;
  const auto index = indexOf(token);
  if (at.isList() && index && *index < at.items.size()) return &at.items[*index];
  return nullptr;
}

// Where what stands at the pointer comes from: the nearest pasted object on the way, then as far into the YAML as the names go.
std::optional<YamlPlace> sourceOf(Json& root, const Tokens& tokens, const ImportContext& context) {
  Json* at = &root;
  const YamlValue* source = nullptr;
  for (std::size_t i = 0;; ++i) {
    const YamlValue* here = at != nullptr && at->is_object() && at->contains(kPastedTag) ? context.pasted((*at)[kPastedTag].get<std::size_t>()) : nullptr;
    if (here != nullptr) source = here;
    if (i == tokens.size()) break;
    if (at != nullptr) at = step(*at, tokens[i]);
    if (source != nullptr) {
      const YamlValue* next = step(*source, tokens[i]);
      if (next != nullptr) source = next;
    }
  }
  return source == nullptr ? std::nullopt : std::optional(source->at);
}

// What has to go when what the pointer names cannot stay: the thing itself, or what it is a condition of.
Tokens takenOut(Tokens tokens, Json& root) {
  const auto cut = [&tokens](std::size_t length) { tokens.resize(std::min(tokens.size(), length)); };
  if (tokens.size() > 2 && tokens[0] == "autoscalers" && tokens[2] == "version") cut(2);
  if (tokens.size() < 4 || tokens[0] != "mesh") return tokens;
  if (tokens[1] == "authorizationPolicies") cut(3);
  if (tokens[1] == "requestAuthentications" && tokens[3] != "jwtRules") cut(3);
  if (tokens[1] == "peerAuthentications") cut(3);
  if (tokens[1] == "destinationRules" && tokens[3] == "workloadSelector") cut(3);
  if (tokens[1] != "virtualServices" || tokens.size() < 6 || tokens[3] != "http") return tokens;
  if (tokens[5] == "delegate") cut(5);
  if (tokens[5] != "match") return tokens;
  Json* rule = step(root["mesh"]["virtualServices"], tokens[2]);
  rule = rule == nullptr ? nullptr : step(*rule, "http");
  rule = rule == nullptr ? nullptr : step(*rule, tokens[4]);
  cut(rule != nullptr && rule->contains("match") && (*rule)["match"].size() > 1 ? 7 : 5);
  return tokens;
}

// Removes it; a container that becomes empty and means something else then goes too.
void remove(Json& root, Tokens tokens) {
  while (!tokens.empty()) {
    Json* parent = &root;
    for (std::size_t i = 0; i + 1 < tokens.size() && parent != nullptr; ++i) parent = step(*parent, tokens[i]);
    if (parent == nullptr) return;
    const std::string& last = tokens.back();
    if (parent->is_object()) parent->erase(last);
    else if (const auto index = indexOf(last); index && parent->is_array() && *index < parent->size()) parent->erase(*index);
    const std::size_t left = parent->size() - (parent->is_object() && parent->contains(kPastedTag) ? 1 : 0);
    tokens.pop_back();
    const bool list_of_rules = !tokens.empty() && (tokens.back() == "http" || tokens.back() == "metrics" || tokens.back() == "analysis" || tokens.back() == "templates");
    if (left > 0 || tokens.size() < 3 || (parent->is_array() && !list_of_rules)) return;
    if (parent->is_array()) tokens.pop_back();  // a virtual service without rules, an analysis without metrics
    if (tokens.size() < 3) return;
  }
}

// The name of a place for people: without the indices of the JSON.
std::string spelled(const Tokens& tokens) {
  std::string text;
  for (std::size_t i = tokens.size() > 3 ? 3 : 0; i < tokens.size(); ++i) text += (text.empty() ? "" : ".") + tokens[i];
  return text;
}

bool startsWith(const std::string& text, std::string_view start) { return std::string_view(text).substr(0, start.size()) == start; }

bool isUnknown(const Problem& problem) {
  return problem.message.find("unknown key") != std::string::npos || problem.message.find("not supported yet") != std::string::npos;
}

bool isDangling(const Problem& problem) {
  return startsWith(problem.message, "there is no ") || problem.message.find(" has no ") != std::string::npos || startsWith(problem.message, "is no condition that can be known") ||
         startsWith(problem.message, "must be \"cpu\"");
}

// What it means that a whole policy is gone.
std::string withoutPolicy(Json& scenario, const Tokens& goes) {
  if (goes.size() != 3 || goes[0] != "mesh" || goes[1] != "authorizationPolicies") return ": left out with all that depends on it";
  const Json* policy = step(scenario["mesh"][goes[1]], goes[2]);
  const std::string action = policy != nullptr && policy->is_object() && policy->contains("action") && (*policy)["action"].is_string() ? (*policy)["action"].get<std::string>() : "ALLOW";
  const std::string text = ": the policy is left out whole";
  if (action == "ALLOW") return text + "; what it alone lets in is refused where another ALLOW policy acts, and where none does everybody is let in";
  if (action == "DENY") return text + "; what it denies is let in";
  return text;
}

// One round. True: something was taken out.
bool takeOut(Json& scenario, const std::vector<Problem>& problems, ImportContext& context) {
  std::vector<Tokens> out;
  for (const Problem& problem : problems) {
    if (problem.severity != Problem::Severity::error || !(isUnknown(problem) || isDangling(problem))) continue;
    const auto tokens = pointerTokens(problem.pointer);
    if (!tokens || tokens->empty()) continue;
    const auto source = sourceOf(scenario, *tokens, context);
    if (!source) continue;
    const Tokens goes = takenOut(*tokens, scenario);
    const bool more = goes.size() < tokens->size();
    const std::string object = context.objectAt(*source);
    context.notModelled(*source, (object.empty() ? "" : object + ": ") + spelled(*tokens) + " (" + problem.message + (problem.hint.empty() ? "" : "; " + problem.hint) + ")" +
                                     (more ? withoutPolicy(scenario, goes) : ""));
    out.push_back(goes);
  }
  // From the end, so that positions in lists stay what they are: positions by their number, then names.
  std::sort(out.begin(), out.end(), [](const Tokens& a, const Tokens& b) {
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (a[i] == b[i]) continue;
      const auto x = indexOf(a[i]), y = indexOf(b[i]);
      if (x.has_value() != y.has_value()) return x.has_value();
      return x && *x != *y ? *x > *y : a[i] > b[i];
    }
    return a.size() > b.size();
  });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  for (const Tokens& tokens : out) remove(scenario, tokens);
  return !out.empty();
}

}  // namespace

bool fitToFormat(Json& scenario, ImportContext& context) {
  constexpr int kRounds = 50;  // each takes something out; real manifests need two or three
  for (int round = 0;; ++round) {
    const std::string text = withoutTags(scenario).dump(-1, ' ', false, Json::error_handler_t::replace);
    DecodeResult decoded = decodeScenario(text, "scenario", "");
    if (decoded.scenario) {
      std::vector<Problem> found = graphProblems(*decoded.scenario, callGraph(*decoded.scenario), "scenario");
      decoded.problems = std::move(found);
    }
    if (!hasErrors(decoded.problems)) return true;
    if (round < kRounds && takeOut(scenario, decoded.problems, context)) continue;
    for (const Problem& problem : decoded.problems) {
      if (problem.severity != Problem::Severity::error) continue;
      const auto tokens = pointerTokens(problem.pointer);
      const auto source = tokens ? sourceOf(scenario, *tokens, context) : std::nullopt;
      if (source) context.error(*source, spelled(*tokens) + ": " + problem.message, problem.hint);
      else context.error({0, 0, 0}, "the scenario made of it is not sound: " + problem.pointer + ": " + problem.message, problem.hint);
    }
    return false;
  }
}

}  // namespace meshmall::models
