#include "models/scenario/name_index.h"

#include <algorithm>

#include "models/scenario/nearest_name.h"

namespace meshmall::models {

namespace {

void addKeys(const JsonValue* object, std::vector<std::string>& out) {
  const auto* members = object == nullptr ? nullptr : object->members();
  if (members == nullptr) return;
  for (const JsonMember& member : *members) out.push_back(member.key);
}

void sortUnique(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

const JsonValue* child(const JsonValue& value, std::string_view key) {
  const JsonMember* member = value.find(key);
  return member == nullptr ? nullptr : &member->value;
}

ServiceNames namesOf(const JsonMember& member) {
  ServiceNames out;
  out.key = member.key;
  const std::size_t dot = member.key.find('.');
  out.host = member.key.substr(0, dot);
  const JsonValue* name_space = child(member.value, "namespace");
  if (name_space != nullptr && name_space->string() != nullptr) {
    out.name_space = *name_space->string();
  } else {
    out.name_space = dot == std::string::npos ? "default" : member.key.substr(dot + 1);
  }
  std::vector<std::string> general;
  addKeys(child(member.value, "operations"), general);
  out.operations = general;
  const JsonValue* versions = child(member.value, "versions");
  addKeys(versions, out.versions);
  if (versions != nullptr && versions->members() != nullptr) {
    for (const JsonMember& version : *versions->members()) addKeys(child(version.value, "operations"), out.operations);
  }
  if (out.versions.empty()) out.versions.push_back("v1");
  sortUnique(out.versions);
  sortUnique(out.operations);
  std::sort(general.begin(), general.end());
  for (const std::string& operation : out.operations) out.general.push_back(std::binary_search(general.begin(), general.end(), operation));
  return out;
}

std::optional<std::uint32_t> indexIn(const std::vector<std::string>& sorted, std::string_view name) {
  const auto found = std::lower_bound(sorted.begin(), sorted.end(), name);
  if (found == sorted.end() || *found != name) return std::nullopt;
  return static_cast<std::uint32_t>(found - sorted.begin());
}

std::vector<std::string_view> views(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

// Suggestions are only looked for among this many names, so that many wrong names of a large scenario stay cheap.
constexpr std::size_t kSuggestAmong = 2000;

}  // namespace

std::string defaultTrafficName(std::size_t index) { return "traffic-" + std::to_string(index + 1); }

NameIndex::NameIndex(const JsonValue& root) {
  if (const JsonValue* services = child(root, "services"); services != nullptr && services->members() != nullptr) {
    for (const JsonMember& member : *services->members()) services_.push_back(namesOf(member));
  }
  std::sort(services_.begin(), services_.end(), [](const ServiceNames& a, const ServiceNames& b) { return a.key < b.key; });
  for (std::uint32_t i = 0; i < services_.size(); ++i) by_host_.emplace(std::make_pair(services_[i].host, services_[i].name_space), i);
  addKeys(child(root, "localities"), localities_);
  sortUnique(localities_);
  if (localities_.empty()) localities_.push_back("default");
  if (const JsonValue* traffic = child(root, "traffic"); traffic != nullptr && traffic->items() != nullptr) {
    for (std::size_t i = 0; i < traffic->items()->size(); ++i) {
      const JsonValue* name = child((*traffic->items())[i], "name");
      traffic_.push_back(name != nullptr && name->string() != nullptr ? *name->string() : defaultTrafficName(i));
    }
  }
}

std::optional<std::uint32_t> NameIndex::findService(std::string_view key) const {
  const auto found = std::lower_bound(services_.begin(), services_.end(), key, [](const ServiceNames& s, std::string_view k) { return s.key < k; });
  if (found == services_.end() || found->key != key) return std::nullopt;
  return static_cast<std::uint32_t>(found - services_.begin());
}

std::optional<std::uint32_t> NameIndex::findHost(std::string_view host, std::string_view name_space) const {
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos) {
    const auto found = by_host_.find({std::string(host), std::string(name_space)});
    if (found != by_host_.end()) return found->second;
    return findService(host);
  }
  if (const auto found = findService(host)) return found;
  std::string_view rest = host.substr(dot + 1);
  for (const std::string_view end : {std::string_view(".svc.cluster.local"), std::string_view(".svc")}) {
    if (rest.size() > end.size() && rest.substr(rest.size() - end.size()) == end) {
      rest.remove_suffix(end.size());
      break;
    }
  }
  const auto found = by_host_.find({std::string(host.substr(0, dot)), std::string(rest)});
  if (found == by_host_.end()) return std::nullopt;
  return found->second;
}

namespace {

// `what`: "there is no service", `service "bakery" has no operation`.
std::optional<std::uint32_t> notFound(const Node& node, const std::string& what, std::string_view name, std::vector<std::string_view> known) {
  if (known.size() > kSuggestAmong) known.resize(kSuggestAmong);
  if (node.document().full()) known.clear();
  node.error(what + " " + inQuotes(name), suggestion(name, known));
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> NameIndex::keysFor(const Node& node) const {
  std::vector<std::string_view> known;
  if (node.document().full()) return known;
  for (std::size_t i = 0; i < services_.size() && i < kSuggestAmong; ++i) known.push_back(services_[i].key);
  return known;
}

std::optional<std::uint32_t> NameIndex::service(const Node& node) const {
  const auto name = readText(node);
  if (!name) return std::nullopt;
  if (const auto found = findService(*name)) return found;
  return notFound(node, "there is no service", *name, keysFor(node));
}

std::optional<std::uint32_t> NameIndex::host(const Node& node, std::string_view name_space) const {
  const auto name = readText(node);
  if (!name) return std::nullopt;
  if (const auto found = findHost(*name, name_space)) return found;
  return notFound(node, "there is no service", *name, keysFor(node));
}

std::optional<std::uint32_t> NameIndex::version(const Node& node, std::uint32_t service) const {
  const auto name = readText(node);
  if (!name) return std::nullopt;
  if (const auto found = indexIn(services_[service].versions, *name)) return found;
  return notFound(node, "service " + inQuotes(services_[service].key) + " has no version", *name, views(services_[service].versions));
}

std::optional<std::uint32_t> NameIndex::operation(const Node& node, std::uint32_t service) const {
  const auto name = readText(node);
  if (!name) return std::nullopt;
  if (const auto found = indexIn(services_[service].operations, *name)) return found;
  return notFound(node, "service " + inQuotes(services_[service].key) + " has no operation", *name, views(services_[service].operations));
}

std::optional<std::uint32_t> NameIndex::locality(const Node& node) const {
  const auto name = readText(node);
  if (!name) return std::nullopt;
  if (const auto found = indexIn(localities_, *name)) return found;
  return notFound(node, "there is no locality", *name, views(localities_));
}

std::optional<std::uint32_t> NameIndex::trafficEntry(const Node& node) const {
  const auto name = readText(node);
  if (!name) return std::nullopt;
  const auto found = std::find(traffic_.begin(), traffic_.end(), *name);
  if (found != traffic_.end()) return static_cast<std::uint32_t>(found - traffic_.begin());
  return notFound(node, "there is no traffic entry", *name, views(traffic_));
}

std::optional<NameIndex::Target> NameIndex::target(const Node& node) const {
  const auto text = readText(node);
  if (!text) return std::nullopt;
  const std::size_t slash = text->find('/');
  if (slash == std::string::npos) {
    node.wrong("\"service/operation\"");
    return std::nullopt;
  }
  const std::string_view service_key = std::string_view(*text).substr(0, slash);
  const std::string_view operation_name = std::string_view(*text).substr(slash + 1);
  const auto service = findService(service_key);
  if (!service) {
    notFound(node, "there is no service", service_key, keysFor(node));
    return std::nullopt;
  }
  const auto operation = indexIn(services_[*service].operations, operation_name);
  if (!operation) {
    notFound(node, "service " + inQuotes(service_key) + " has no operation", operation_name, views(services_[*service].operations));
    return std::nullopt;
  }
  return Target{*service, *operation};
}

}  // namespace meshmall::models
