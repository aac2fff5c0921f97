#include "models/routing/route_table.h"

#include <algorithm>
#include <utility>

namespace meshmall::models {
namespace {

const std::string* labelValue(const Labels& labels, const std::string& key) {
  for (const auto& [name, value] : labels) {
    if (name == key) return &value;
  }
  return nullptr;
}

bool contains(const std::vector<std::string>& list, std::string_view text) { return std::find(list.begin(), list.end(), text) != list.end(); }

// Gateways listed in the block decide alone; without them the workload's labels and namespace do.
bool sourceApplies(const HttpMatch& match, const RouteSource& source) {
  const std::string_view gateway = source.gateway.empty() ? std::string_view(kMeshGateway) : std::string_view(source.gateway);
  if (match.port != 0 && source.port != 0 && match.port != source.port) return false;
  if (!match.gateways.empty()) return contains(match.gateways, gateway);
  for (const auto& [key, value] : match.source_labels) {
    const std::string* have = labelValue(source.labels, key);
    if (have == nullptr || *have != value) return false;
  }
  return match.source_namespace.empty() || match.source_namespace == source.ns;
}

bool serviceApplies(const VirtualService& service, const RouteSource& source) {
  const std::string_view gateway = source.gateway.empty() ? std::string_view(kMeshGateway) : std::string_view(source.gateway);
  if (contains(service.gateways, gateway)) return true;
  if (service.gateways.empty()) return gateway == kMeshGateway;
  return std::any_of(service.http.begin(), service.http.end(), [&](const HttpRoute& rule) {
    return std::any_of(rule.match.begin(), rule.match.end(), [&](const HttpMatch& match) { return contains(match.gateways, gateway); });
  });
}

std::pair<std::string_view, std::string_view> splitQuery(std::string_view path) {
  path = path.substr(0, path.find('#'));
  const std::size_t mark = path.find('?');
  if (mark == std::string_view::npos) return {path, {}};
  return {path.substr(0, mark), path.substr(mark + 1)};
}

// The first value of a parameter: "x=1&y" has x = "1" and y = "".
std::optional<std::string_view> queryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (!pair.empty() && pair.substr(0, equals) == name) return equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return std::nullopt;
}

// "/a" covers "/a" and "/a/b", not "/ab"; a prefix that ends in a slash is plain text.
bool endsAtSegment(std::string_view path, const StringMatch& prefix) {
  const std::size_t length = prefix.value.size();
  return path.size() == length || prefix.value.empty() || prefix.value.back() == '/' || path[length] == '/';
}

HeaderMatcher headerMatcher(const NamedMatch& named, bool without) {
  HeaderMatch match;
  match.name = named.name;
  match.match = named.match;
  match.invert = without;
  match.missing_as_empty = without && named.match.kind != StringMatchKind::kPresent;
  return HeaderMatcher(match);
}

}  // namespace

RouteTable::RouteTable(const VirtualService& service, const RouteSource& source) {
  if (!serviceApplies(service, source)) return;
  for (std::uint32_t rule = 0; rule < service.http.size(); ++rule) {
    const HttpRoute& route = service.http[rule];
    if (route.match.empty()) {
      Block everything;
      everything.rule = rule;
      blocks_.push_back(std::move(everything));
    }
    for (const HttpMatch& match : route.match) {
      if (!sourceApplies(match, source)) continue;
      Block block;
      block.rule = rule;
      if (match.uri) {
        StringMatch uri = *match.uri;
        uri.ignore_case = match.ignore_uri_case;
        block.uri = StringMatcher(uri);
        block.uri_prefix_by_segment = uri.kind == StringMatchKind::kPrefix && !source.gateway.empty();
      }
      if (match.scheme) block.scheme = StringMatcher(*match.scheme);
      if (match.method) block.method = StringMatcher(*match.method);
      if (match.authority) block.authority = StringMatcher(*match.authority);
      for (const NamedMatch& query : match.query_params) block.query.emplace_back(query.name, StringMatcher(query.match));
      for (const NamedMatch& header : match.headers) block.headers.push_back(headerMatcher(header, false));
      for (const NamedMatch& header : match.without_headers) block.headers.push_back(headerMatcher(header, true));
      blocks_.push_back(std::move(block));
    }
  }
}

bool RouteTable::linesMatch(const Block& block, const RequestLine& line) const {
  const auto [path, query] = splitQuery(line.path);
  if (block.uri && !block.uri->matches(path)) return false;
  if (block.uri_prefix_by_segment && !endsAtSegment(path, block.uri->config())) return false;
  if (block.scheme && !block.scheme->matches(line.scheme)) return false;
  if (block.method && !block.method->matches(line.method)) return false;
  if (block.authority && !block.authority->matches(line.authority)) return false;
  for (const auto& [name, matcher] : block.query) {
    const std::optional<std::string_view> value = queryValue(query, name);
    if (!value || !matcher.matches(*value)) return false;
  }
  return true;
}

RouteTable::Candidates RouteTable::narrow(const RequestLine& line) const {
  Candidates left;
  for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
    if (!linesMatch(blocks_[i], line)) continue;
    left.push_back({blocks_[i].rule, i});
    if (blocks_[i].headers.empty()) break;  // takes every request of this operation
  }
  return left;
}

std::optional<std::uint32_t> RouteTable::match(const Candidates& candidates, HeaderView headers) const {
  for (const Candidate& candidate : candidates) {
    const std::vector<HeaderMatcher>& conditions = blocks_[candidate.block].headers;
    if (std::all_of(conditions.begin(), conditions.end(), [&](const HeaderMatcher& condition) { return condition.matches(headers); })) {
      return candidate.rule;
    }
  }
  return std::nullopt;
}

bool RouteTable::settled(const Candidates& candidates) const { return candidates.empty() || blocks_[candidates.front().block].headers.empty(); }

std::vector<RouteProblem> routeProblems(const VirtualService& service) {
  std::vector<RouteProblem> problems;
  for (std::uint32_t rule = 0; rule < service.http.size(); ++rule) {
    const std::vector<HttpMatch>& blocks = service.http[rule].match;
    for (std::uint32_t i = 0; i < blocks.size(); ++i) {
      const auto check = [&](const StringMatch& match, const std::string& field) {
        if (match.kind != StringMatchKind::kRegex) return;
        if (auto problem = regexProblem(match.value)) problems.push_back({rule, i, field, *problem});
      };
      const HttpMatch& block = blocks[i];
      if (block.uri) check(*block.uri, "uri");
      if (block.scheme) check(*block.scheme, "scheme");
      if (block.method) check(*block.method, "method");
      if (block.authority) check(*block.authority, "authority");
      for (const NamedMatch& named : block.headers) check(named.match, "headers." + named.name);
      for (const NamedMatch& named : block.without_headers) check(named.match, "withoutHeaders." + named.name);
      for (const NamedMatch& named : block.query_params) check(named.match, "queryParams." + named.name);
    }
  }
  return problems;
}

bool needsDraw(const std::vector<RouteDestination>& route) {
  return route.size() > 1 && std::count_if(route.begin(), route.end(), [](const RouteDestination& d) { return d.weight > 0; }) > 1;
}

std::optional<std::uint32_t> chooseDestination(const std::vector<RouteDestination>& route, std::uint64_t draw) {
  if (route.empty()) return std::nullopt;
  if (route.size() == 1) return 0;
  std::uint64_t sum = 0;
  for (const RouteDestination& destination : route) sum += destination.weight;
  if (sum == 0) return std::nullopt;
  std::uint64_t point = draw % sum;
  for (std::uint32_t i = 0; i < route.size(); ++i) {
    if (point < route[i].weight) return i;
    point -= route[i].weight;
  }
  return std::nullopt;  // not reached: point < sum
}

std::string shadowHost(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return std::string(host) + "-shadow";
  return std::string(host.substr(0, colon)) + "-shadow" + std::string(host.substr(colon));
}

}  // namespace meshmall::models
