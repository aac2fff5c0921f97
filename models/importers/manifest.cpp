#include "models/importers/manifest.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace meshmall::models {

namespace {

// kustomize takes kind and apiVersion of a file of this name for granted.
bool isKustomization(const std::string& file) {
  const std::string name = file.substr(file.rfind('/') + 1);  // npos + 1 is 0
  return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization";
}

void collect(const YamlValue& document, bool found, std::vector<Manifest>& out, ImportContext& context) {
  if (document.isNull()) return;  // between two "---"
  const auto refuse = [&](const std::string& what) {
    if (!found) return context.error(document.at, what);
    context.warning(document.at, what + ": passed over");
    context.notModelled(document.at, what);
  };
  const std::string api = document.textOf("apiVersion");
  Manifest next;
  next.kind = document.textOf("kind");
  next.at = document.at;
  next.root = &document;
  if (next.kind.empty() && isKustomization(context.shown({document.at.file, 0, 0}))) {
    next.kind = "Kustomization";
    next.group = "kustomize.config.k8s.io";
    next.name = context.shown(document.at);
    out.push_back(std::move(next));
    return;
  }
  if (next.kind.empty() || api.empty()) {
    return refuse("is no Kubernetes object: it has no " + std::string(next.kind.empty() ? "kind" : "apiVersion"));
  }
  const YamlValue* items = document.find("items");
  const bool list = next.kind.size() > 4 && next.kind.compare(next.kind.size() - 4, 4, "List") == 0;
  if (next.kind == "List" || (list && items != nullptr)) {
    if (items != nullptr && !items->isList()) return context.error(items->at, "items must be a list");
    if (items != nullptr)
      for (const YamlValue& item : items->items) collect(item, found, out, context);
    return;
  }
  const std::size_t slash = api.find('/');
  next.group = slash == std::string::npos ? "" : api.substr(0, slash);
  next.version = slash == std::string::npos ? api : api.substr(slash + 1);
  const YamlValue* metadata = document.find("metadata");
  if (metadata != nullptr) {
    next.name = metadata->textOf("name");
    next.name_space = metadata->textOf("namespace");
  }
  if (next.name_space.empty()) next.name_space = "default";
  if (next.name.empty() && next.group == "kustomize.config.k8s.io") next.name = context.shown(document.at);  // kustomize wants none
  if (next.name.empty()) return refuse(next.kind + " has no metadata.name");
  if (next.name.size() > 253 || printable(next.name, 400) != next.name || next.name_space.size() > 253 || printable(next.name_space, 400) != next.name_space)
    return context.error(metadata == nullptr ? document.at : metadata->at, next.kind + " has a name or namespace that Kubernetes does not allow");
  const YamlValue* spec = document.find("spec");
  if (spec != nullptr && !spec->isMap()) return context.error(spec->at, next.kind + " " + inQuotes(next.name) + ": spec must be a map");
  out.push_back(std::move(next));
}

}  // namespace

std::vector<Manifest> manifestsOf(const std::deque<YamlValue>& documents, const std::vector<bool>& found, ImportContext& context) {
  std::vector<Manifest> all, out;
  for (const YamlValue& document : documents) collect(document, document.at.file < found.size() && found[document.at.file], all, context);
  std::vector<std::pair<YamlPlace, std::string>> names;
  for (const Manifest& m : all) names.emplace_back(m.at, m.kind + " " + m.name);
  context.nameObjects(std::move(names));
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::size_t> last;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto [known, fresh] = last.emplace(std::make_tuple(all[i].group, all[i].kind, all[i].name_space, all[i].name), i);
    if (fresh) continue;
    // A Rollout may come as policies only (`meshmall export istio`): the pods' template stays that of the fuller one.
    const YamlValue* spec = all[i].spec();
    const bool bare = all[i].kind == "Rollout" && spec != nullptr && spec->find("template") == nullptr && spec->find("workloadRef") == nullptr;
    if (!bare) {
      context.warning(all[i].at, all[i].kind + " " + inQuotes(all[i].name) + " replaces the one at " + context.shown(all[known->second].at));
      all[known->second].root = nullptr;
    }
    if (!bare) known->second = i;
  }
  for (Manifest& each : all)
    if (each.root != nullptr) out.push_back(each);
  return out;
}

}  // namespace meshmall::models
