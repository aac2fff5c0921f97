// traffic: who comes, how often, and with what.
#include "models/scenario/decode_distribution.h"
#include "models/scenario/decode_parts.h"

#include <algorithm>

namespace meshmall::models {

namespace {

constexpr std::int64_t kMaxTrafficEntries = 100'000;
constexpr std::int64_t kMaxKeys = 1'000'000'000;
constexpr std::int64_t kMaxZipfKeys = 1'000'000;  // drawn from a table of them

KeyDistribution readKeys(const Node& node) {
  KeyDistribution out;
  if (const std::string* constant = node.value().string()) {
    out.constant = *constant;
    return out;
  }
  if (node.value().members() == nullptr) {
    node.wrong("a text, or a distribution over keys such as {\"zipf\": {\"n\": 1000, \"s\": 1.1}}");
    return out;
  }
  ObjectReader object(node, "keys");
  const auto kind = object.exactlyOne({"uniform", "zipf", "weighted"});
  if (!kind) return out;
  if (kind->key() == "weighted") {
    out.kind = KeyDistribution::Kind::weighted;
    double sum = 0;
    for (const JsonMember* member : sortedMembers(*kind)) {
      const Node entry(*kind, *member);
      const double weight = readNumber(entry, 0, 1e12).value_or(1);
      out.weighted.emplace_back(member->key, weight);
      sum += weight;
    }
    if (!(sum > 0) && kind->value().members() != nullptr) kind->error("weights must add up to more than 0");
    return out;
  }
  const bool zipf = kind->key() == "zipf";
  out.kind = zipf ? KeyDistribution::Kind::zipf : KeyDistribution::Kind::uniform;
  ObjectReader details(*kind, zipf ? "zipfKeys" : "uniformKeys");
  const auto n = details.require("n");
  out.n = static_cast<std::uint64_t>(n ? readWhole(*n, 1, zipf ? kMaxZipfKeys : kMaxKeys).value_or(1) : 1);
  if (zipf) out.s = details.number("s", 1, 0, 100);
  return out;
}

std::vector<std::pair<std::string, KeyDistribution>> readHeaders(const Node& node) {
  std::vector<std::pair<std::string, KeyDistribution>> out;
  for (const JsonMember* member : sortedMembers(node)) {
    const Node header(node, *member);
    if (const auto problem = nameProblem(member->key)) header.keyError(*problem);
    std::string name = member->key;
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    out.emplace_back(std::move(name), readKeys(header));
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (out[i].first == out[i - 1].first) node.error("header " + inQuotes(out[i].first) + " is given twice (letter case does not count)");
  }
  return out;
}

std::vector<std::pair<std::string, KeyDistribution>> readCookies(const Node& node) {
  std::vector<std::pair<std::string, KeyDistribution>> out;
  for (const JsonMember* member : sortedMembers(node)) {
    const Node cookie(node, *member);
    if (const auto problem = nameProblem(member->key)) cookie.keyError(*problem);
    if (member->key.find_first_of("=; ") != std::string::npos) cookie.keyError("a cookie's name has no \"=\", \";\" or space");
    out.emplace_back(member->key, readKeys(cookie));
  }
  return out;
}

void readSource(const Node& node, Traffic& out) {
  ObjectReader object(node, "source");
  if (const auto name_space = object.get("namespace")) out.source_namespace = readName(*name_space).value_or("outside");
  if (const auto principal = object.get("principal"); principal && !principal->value().isNull()) out.source_principal = readName(*principal);
}

void readReturn(const Node& node, Traffic& out, const Decoding& decoding) {
  ObjectReader object(node, "return");
  out.return_times = object.count("times", 1, 0, 1'000'000);
  out.return_after = readDistribution(object, "after", decoding.folder);
}

Traffic readEntry(const Node& node, const std::string& name, const Decoding& decoding) {
  Traffic out;
  out.name = name;
  ObjectReader object(node, "traffic");
  if (const auto given = object.get("name")) readName(*given);
  if (const auto to = object.require("to")) {
    if (const auto target = decoding.names.target(*to)) out.to = {target->service, target->operation};
  }
  out.arrivals = PoissonArrivals{1, 1};
  if (const auto arrivals = object.get("arrivals")) out.arrivals = readArrivals(*arrivals, decoding.folder);
  if (const auto via = object.get("via")) out.via = static_cast<Via>(readChoice(*via, {"gateway", "sidecar", "direct"}).value_or(0));
  if (const auto source = object.get("source")) readSource(*source, out);
  if (const auto headers = object.get("headers")) out.headers = readHeaders(*headers);
  if (const auto cookies = object.get("cookies")) {
    out.cookies = readCookies(*cookies);
    const auto cookie = std::find_if(out.headers.begin(), out.headers.end(), [](const auto& h) { return h.first == "cookie"; });
    if (cookie != out.headers.end()) cookies->error("there is a header \"cookie\" too: give one of them");
  }
  if (const auto token = object.get("token")) out.token = readToken(*token);
  if (const auto timeout = object.get("timeout")) out.timeout = readPositiveDuration(*timeout);
  if (const auto back = object.get("return")) readReturn(*back, out, decoding);
  if (const auto locality = object.get("locality")) out.locality = decoding.names.locality(*locality);
  if (const auto priority = object.get("priority")) {
    static constexpr Priority kPriorities[] = {Priority::high, Priority::normal, Priority::low};
    out.priority = kPriorities[readChoice(*priority, {"high", "default", "low"}).value_or(1)];
  }
  return out;
}

}  // namespace

std::vector<Traffic> readTraffic(ObjectReader& root, const Decoding& decoding) {
  std::vector<Traffic> out;
  const auto node = root.require("traffic");
  if (!node) return out;
  const auto entries = items(*node);
  if (entries.empty() && node->value().items() != nullptr) node->error("needs at least one entry");
  if (static_cast<std::int64_t>(entries.size()) > kMaxTrafficEntries) {
    node->error("more than 100,000 entries (got " + std::to_string(entries.size()) + ")");
    return out;
  }
  for (std::size_t i = 0; i < entries.size(); ++i) out.push_back(readEntry(entries[i], decoding.names.traffic()[i], decoding));
  std::vector<std::pair<std::string, std::size_t>> sorted;
  for (std::size_t i = 0; i < out.size(); ++i) sorted.emplace_back(out[i].name, i);
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].first == sorted[i - 1].first) entries[sorted[i].second].error("the name " + inQuotes(sorted[i].first) + " is taken by another entry");
  }
  return out;
}

}  // namespace meshmall::models
