#include <nlohmann/json.hpp>  // before delegates.h

#include "models/importers/delegates.h"

#include <algorithm>

namespace meshmall::models {

namespace {

bool isDelegate(const Manifest& m) {
  const YamlValue* hosts = m.spec() == nullptr ? nullptr : m.spec()->find("hosts");
  return m.is("networking.istio.io", "VirtualService") && m.spec() != nullptr && (hosts == nullptr || hosts->isNull() || hosts->items.empty());
}

const ImportJson* memberOf(const ImportJson& object, const std::string& key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

bool startsWith(const std::string& text, const std::string& start) { return text.compare(0, start.size(), start) == 0; }

// May a text meet both, and every one that meets the delegate's the root's? Regular expressions go with nothing.
bool textsConflict(const ImportJson* root, const ImportJson* leaf) {
  if (root == nullptr || leaf == nullptr) return false;
  const auto says = [](const ImportJson& match, const char* how) { return textIn(match, how); };
  const bool root_any = !says(*root, "regex").empty() || !says(*root, "prefix").empty() || !says(*root, "exact").empty();
  const bool leaf_any = !says(*leaf, "regex").empty() || !says(*leaf, "prefix").empty() || !says(*leaf, "exact").empty();
  if ((!says(*root, "regex").empty() && leaf_any) || (!says(*leaf, "regex").empty() && root_any)) return true;
  if (!says(*root, "exact").empty()) return says(*leaf, "exact") != says(*root, "exact");
  const std::string prefix = says(*root, "prefix");
  if (prefix.empty()) return true;
  const std::string inner = says(*leaf, "prefix").empty() ? says(*leaf, "exact") : says(*leaf, "prefix");
  return inner.empty() || !startsWith(inner, prefix);
}

bool sameValue(const ImportJson* a, const ImportJson* b, const ImportJson& missing) { return (a == nullptr ? missing : *a) == (b == nullptr ? missing : *b); }

bool conflicts(const ImportJson& root, const ImportJson& leaf) {
  for (const char* key : {"uri", "scheme", "method", "authority"})
    if (textsConflict(memberOf(root, key), memberOf(leaf, key))) return true;
  for (const char* key : {"headers", "withoutHeaders", "queryParams"}) {
    const ImportJson *ours = memberOf(root, key), *theirs = memberOf(leaf, key);
    if (ours == nullptr || theirs == nullptr || !theirs->is_object()) continue;
    for (const auto& [name, match] : theirs->items())
      if (name != kPastedTag && textsConflict(memberOf(*ours, name), &match)) return true;
  }
  if (!sameValue(memberOf(root, "ignoreUriCase"), memberOf(leaf, "ignoreUriCase"), false)) return true;
  const ImportJson *port = memberOf(root, "port"), *inner_port = memberOf(leaf, "port");
  if (port != nullptr && inner_port != nullptr && *port != *inner_port) return true;
  if (const ImportJson* from = memberOf(root, "sourceNamespace"); from != nullptr && !sameValue(from, memberOf(leaf, "sourceNamespace"), "")) return true;
  const ImportJson *labels = memberOf(root, "sourceLabels"), *inner_labels = memberOf(leaf, "sourceLabels");
  if (labels != nullptr && inner_labels != nullptr && inner_labels->is_object())
    for (const auto& [name, value] : inner_labels->items())
      if (const ImportJson* known = memberOf(*labels, name); name != kPastedTag && known != nullptr && *known != value) return true;
  const ImportJson *gateways = memberOf(root, "gateways"), *inner = memberOf(leaf, "gateways");
  if (gateways == nullptr || inner == nullptr || !gateways->is_array() || !inner->is_array() || gateways->empty()) return false;
  return std::any_of(inner->begin(), inner->end(), [&](const ImportJson& each) { return std::find(gateways->begin(), gateways->end(), each) == gateways->end(); });
}

// Both conditions at once.
ImportJson mergedMatch(const ImportJson& root, const ImportJson& leaf) {
  ImportJson out = leaf;
  for (const auto& [key, value] : root.items()) {
    if (key == kPastedTag) continue;
    const bool map = key == "headers" || key == "withoutHeaders" || key == "queryParams" || key == "sourceLabels";
    if (!out.contains(key)) {
      out[key] = value;
    } else if (map && value.is_object() && out[key].is_object()) {
      for (const auto& [name, match] : value.items())
        if (!out[key].contains(name)) out[key][name] = match;
    }
  }
  return out;
}

}  // namespace

Delegates::Delegates(const std::vector<Manifest>& manifests) {
  for (const Manifest& m : manifests)
    if (isDelegate(m)) by_name_.emplace(std::pair{m.name_space, m.name}, &m);
  for (const Manifest& m : manifests) {
    const YamlValue* http = m.is("networking.istio.io", "VirtualService") && m.spec() != nullptr ? m.spec()->find("http") : nullptr;
    if (http == nullptr) continue;
    for (const YamlValue& rule : http->items)
      if (const YamlValue* delegate = rule.find("delegate"))
        if (const Manifest* found = find(m, *delegate)) named_.insert(found->root);
  }
}

const Manifest* Delegates::find(const Manifest& m, const YamlValue& delegate) const {
  const std::string name_space = delegate.textOf("namespace");
  const auto found = by_name_.find({name_space.empty() ? m.name_space : name_space, delegate.textOf("name")});
  return found == by_name_.end() ? nullptr : found->second;
}

bool Delegates::spend(std::size_t rules) {
  const bool enough = rules <= left_;
  left_ -= enough ? rules : left_;
  return enough;
}

std::optional<ImportJson> mergedRule(const ImportJson& root, const ImportJson& delegate) {
  if (!root.is_object() || !delegate.is_object()) return std::nullopt;
  const auto matchesOf = [](const ImportJson& rule) { return rule.contains("match") && rule["match"].is_array() ? rule["match"] : ImportJson::array(); };
  const ImportJson outer = matchesOf(root), inner = matchesOf(delegate);
  ImportJson match = outer.empty() ? inner : inner.empty() ? outer : ImportJson::array();
  if (!outer.empty() && !inner.empty())
    for (const ImportJson& leaf : inner) {
      const std::size_t before = match.size();
      for (const ImportJson& each : outer)
        if (each.is_object() && leaf.is_object() && !conflicts(each, leaf)) match.push_back(mergedMatch(each, leaf));
      if (match.size() == before) return std::nullopt;
    }
  ImportJson out = ImportJson::object();
  const std::string name = textIn(root, "name"), inner_name = textIn(delegate, "name");
  if (!name.empty() || !inner_name.empty()) out["name"] = name + (name.empty() || inner_name.empty() ? "" : "-") + inner_name;
  if (!match.empty()) out["match"] = std::move(match);
  for (const auto& [key, value] : delegate.items())
    if (key != "name" && key != "match") out[key] = value;
  for (const char* key : {"rewrite", "directResponse", "timeout", "retries", "fault", "mirror", "mirrorPercent", "mirrorPercentage", "corsPolicy", "mirrors", "headers"})
    if (!out.contains(key) && root.contains(key)) out[key] = root[key];
  return out;
}

}  // namespace meshmall::models
