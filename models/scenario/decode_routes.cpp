// The http rules of a virtual service: matches, destinations, faults, mirrors, headers.
#include "models/routing/istio_mapping.h"
#include "models/scenario/decode_parts.h"
#include "models/scenario/nearest_name.h"

#include <algorithm>

namespace meshmall::models {

namespace {

// By their codes from 0. Source: RFC 9113 section 7.
const std::vector<std::string_view> kHttp2Errors = {"NO_ERROR",       "PROTOCOL_ERROR", "INTERNAL_ERROR",     "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",       "FRAME_SIZE_ERROR",
                                                    "REFUSED_STREAM", "CANCEL",         "COMPRESSION_ERROR",  "CONNECT_ERROR",      "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"};

constexpr std::size_t kMaxPattern = 1024;  // bytes of a regular expression

struct RouteContext {
  const Decoding& decoding;
  const std::vector<DestinationRule>& rules;
  const std::string& name_space;  // of the virtual service
};

// {} is "present" where that is a condition (headers, query parameters).
StringMatch readStringMatch(const Node& node, bool may_be_empty) {
  StringMatch out;
  ObjectReader object(node, "stringMatch");
  const std::vector<std::string_view> kinds = {"exact", "prefix", "regex"};
  if (may_be_empty && object.isObject() && node.value().members()->empty()) return out;
  const auto kind = object.exactlyOne(kinds);
  if (!kind) return out;
  out.kind = kind->key() == "exact" ? StringMatchKind::kExact : kind->key() == "prefix" ? StringMatchKind::kPrefix : StringMatchKind::kRegex;
  out.value = readText(*kind).value_or("");
  if (out.kind == StringMatchKind::kRegex) {
    if (out.value.size() > kMaxPattern) {
      kind->error("longer than 1,024 bytes");
    } else if (const auto problem = regexProblem(out.value)) {
      kind->error("is not a regular expression (RE2 syntax): " + *problem);
    }
  }
  return out;
}

std::optional<StringMatch> maybeStringMatch(ObjectReader& object, std::string_view key) {
  const auto node = object.get(key);
  if (!node) return std::nullopt;
  return readStringMatch(*node, false);
}

std::vector<NamedMatch> readNamedMatches(ObjectReader& object, std::string_view key) {
  std::vector<NamedMatch> out;
  const auto node = object.get(key);
  if (!node) return out;
  for (const JsonMember* member : sortedMembers(*node)) out.push_back({member->key, readStringMatch(Node(*node, *member), true)});
  return out;
}

std::vector<std::string> readNames(const Node& node) {
  std::vector<std::string> out;
  for (const Node& item : items(node)) {
    if (auto name = readName(item)) out.push_back(std::move(*name));
  }
  return out;
}

}  // namespace

StringMatch readStringCondition(const Node& node) { return readStringMatch(node, false); }

HttpMatch readHttpMatch(const Node& node) {
  HttpMatch out;
  ObjectReader object(node, "match");
  out.name = object.text("name");
  out.uri = maybeStringMatch(object, "uri");
  out.scheme = maybeStringMatch(object, "scheme");
  out.method = maybeStringMatch(object, "method");
  out.authority = maybeStringMatch(object, "authority");
  out.ignore_uri_case = object.flag("ignoreUriCase", false);
  out.headers = readNamedMatches(object, "headers");
  out.without_headers = readNamedMatches(object, "withoutHeaders");
  out.query_params = readNamedMatches(object, "queryParams");
  if (const auto labels = object.get("sourceLabels")) out.source_labels = readLabels(*labels);
  if (const auto name_space = object.get("sourceNamespace")) out.source_namespace = readName(*name_space).value_or("");
  if (const auto gateways = object.get("gateways")) out.gateways = gatewaysOf(readNames(*gateways));
  return out;
}

namespace {

Destination readDestination(const Node& node, const RouteContext& context) {
  Destination out;
  ObjectReader object(node, "destination");
  const auto host = object.require("host");
  const auto subset = object.get("subset");
  std::optional<std::uint32_t> service;
  if (host) service = context.decoding.names.host(*host, context.name_space);
  const auto name = subset ? readName(*subset) : std::nullopt;
  if (!service) return out;
  out.host = context.decoding.names.services()[*service].key;
  if (!name) return out;
  out.subset = *name;
  std::vector<std::string_view> known;
  const auto rule = std::lower_bound(context.rules.begin(), context.rules.end(), *service, [](const DestinationRule& r, std::uint32_t s) { return r.service < s; });
  if (rule != context.rules.end() && rule->service == *service) {
    for (const Subset& each : rule->subsets) known.push_back(each.name);
  }
  if (std::find(known.begin(), known.end(), *name) == known.end()) {
    subset->error("there is no subset " + inQuotes(*name) + " in the destination rule of " + inQuotes(out.host), suggestion(*name, known));
  }
  return out;
}

HeaderOperations readOperations(const Node& node) {
  HeaderOperations out;
  ObjectReader object(node, "headerOperations");
  if (const auto set = object.get("set")) out.set = readLabels(*set);
  if (const auto add = object.get("add")) out.add = readLabels(*add);
  if (const auto remove = object.get("remove")) out.remove = readNames(*remove);
  return out;
}

Headers readHeaders(ObjectReader& owner) {
  Headers out;
  const auto node = owner.get("headers");
  if (!node) return out;
  ObjectReader object(*node, "routeHeaders");
  if (const auto request = object.get("request")) out.request = readOperations(*request);
  if (const auto response = object.get("response")) out.response = readOperations(*response);
  return out;
}

std::vector<RouteDestination> readRoute(const Node& node, const RouteContext& context) {
  std::vector<RouteDestination> out;
  std::uint64_t sum = 0;
  bool weighted = false;
  for (const Node& item : items(node)) {
    RouteDestination next;
    ObjectReader object(item, "routeDestination");
    if (const auto destination = object.require("destination")) next.destination = readDestination(*destination, context);
    weighted = weighted || object.has("weight");
    next.weight = object.count("weight", 0, 0, INT32_MAX);
    next.headers = readHeaders(object);
    sum += next.weight;
    out.push_back(std::move(next));
  }
  if (out.empty() && node.value().items() != nullptr) node.error("needs at least one destination");
  if (sum == 0 && (out.size() > 1 || (out.size() == 1 && weighted))) node.error("the weights must add up to more than 0");
  return out;
}

// {"value": 0..100}, or a deprecated whole number beside it; `absent` when neither is given.
Fraction readPercentage(ObjectReader& object, std::string_view key, Fraction absent) {
  const auto node = object.get(key);
  if (!node) return absent;
  ObjectReader percentage(*node, "percentage");
  return Fraction::ofPercent(percentage.number("value", 0, 0, 100));
}

FaultConfig readFault(const Node& node) {
  FaultConfig out;
  ObjectReader object(node, "fault");
  if (const auto delay_node = object.get("delay")) {
    ObjectReader delay(*delay_node, "faultDelay");
    FaultDelay next;
    if (const auto kind = delay.exactlyOne({"fixedDelay", "exponentialDelay"})) {
      next.exponential = kind->key() == "exponentialDelay";
      next.fixed_delay = (next.exponential ? readPositiveDuration(*kind) : readDuration(*kind)).value_or(Duration{});
    }
    next.percentage = readPercentage(delay, "percentage", Fraction{delay.count("percent", 0, 0, 100), 100});
    delay.atMostOne({"percentage", "percent"});
    out.delay = next;
  }
  if (const auto abort_node = object.get("abort")) {
    ObjectReader abort(*abort_node, "faultAbort");
    FaultAbort next;
    if (const auto kind = abort.exactlyOne({"httpStatus", "grpcStatus", "http2Error"})) {
      if (kind->key() == "httpStatus") {
        next.http_status = static_cast<int>(readWhole(*kind, 200, 599).value_or(503));
      } else if (kind->key() == "http2Error") {
        next.http2_error = static_cast<int>(readChoice(*kind, kHttp2Errors).value_or(2));
      } else {
        static const std::vector<std::string_view> kCodes = {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
                                                             "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
                                                             "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"};
        next.http_status = 200;
        next.grpc_status = static_cast<int>(readChoice(*kind, kCodes).value_or(14));
      }
    }
    next.percentage = readPercentage(abort, "percentage", Fraction{});
    out.abort = next;
  }
  return out;
}

// A percentage of 0 stays as a mirror that never acts.
std::vector<Mirror> readMirrors(ObjectReader& object, const RouteContext& context) {
  std::vector<Mirror> out;
  object.atMostOne({"mirror", "mirrors"});
  const auto mirror = object.get("mirror");
  std::optional<double> percentage;
  std::optional<std::uint32_t> deprecated;
  if (const auto node = object.get("mirrorPercentage")) {
    ObjectReader value(*node, "percentage");
    percentage = value.number("value", 0, 0, 100);
  }
  object.atMostOne({"mirror_percent", "mirrorPercent"});
  for (const std::string_view key : {"mirror_percent", "mirrorPercent"}) {
    if (object.has(key)) deprecated = object.count(key, 100, 0, 100);
  }
  for (const std::string_view key : {"mirrorPercentage", "mirror_percent", "mirrorPercent"}) {
    if (object.has(key) && !mirror) object.get(key)->keyError(inQuotes(key) + " only goes with \"mirror\"");
  }
  if (mirror) out.push_back({readDestination(*mirror, context), mirrorFraction(percentage, deprecated).value_or(Fraction{0, 100})});
  const auto mirrors = object.get("mirrors");
  if (!mirrors) return out;
  for (const Node& item : items(*mirrors)) {
    ObjectReader policy(item, "mirrorPolicy");
    Mirror next;
    if (const auto destination = policy.require("destination")) next.destination = readDestination(*destination, context);
    next.percentage = readPercentage(policy, "percentage", Fraction{100, 100});
    out.push_back(std::move(next));
  }
  return out;
}

// Answered by the proxy; where it leads to is the client's business.
DirectResponse readRedirect(const Node& node) {
  ObjectReader object(node, "redirect");
  return {static_cast<int>(object.whole("redirectCode", 301, 301, 308))};
}

Rewrite readRewrite(const Node& node) {
  Rewrite out;
  ObjectReader object(node, "rewrite");
  object.atMostOne({"uri", "uriRegexRewrite"});
  if (const auto uri = object.get("uri")) out.uri = readText(*uri).value_or("/");
  const auto regex = object.get("uriRegexRewrite");
  if (!regex) return out;
  ObjectReader fields(*regex, "uriRegexRewrite");
  if (const auto match = fields.require("match")) {
    out.regex = readText(*match).value_or("");
    if (out.regex->size() > kMaxPattern) match->error("longer than 1,024 bytes");
    else if (const auto problem = regexProblem(*out.regex)) match->error("is not a regular expression (RE2 syntax): " + *problem);
  }
  if (const auto text = fields.require("rewrite")) out.replacement = readText(*text).value_or("");
  return out;
}

HttpRoute readHttpRoute(const Node& node, const RouteContext& context) {
  HttpRoute out;
  ObjectReader object(node, "httpRoute");
  out.name = object.text("name");
  if (const auto match = object.get("match")) {
    for (const Node& item : items(*match)) out.match.push_back(readHttpMatch(item));
  }
  object.atMostOne({"route", "directResponse", "redirect"});
  const auto route = object.get("route");
  if (route) out.route = readRoute(*route, context);
  if (const auto response = object.get("directResponse")) {
    ObjectReader direct(*response, "directResponse");
    const auto status = direct.require("status");
    out.direct_response = DirectResponse{static_cast<int>(status ? readWhole(*status, 200, 599).value_or(200) : 200)};
  } else if (const auto redirect = object.get("redirect")) {
    out.direct_response = readRedirect(*redirect);
  } else if (!route && object.isObject() && !object.has("delegate")) {
    node.error("needs \"route\", \"redirect\" or \"directResponse\"");
  }
  if (const auto rewrite = object.get("rewrite")) {
    out.rewrite = readRewrite(*rewrite);
    if (!route) rewrite->warning("has no effect without \"route\"");
  }
  out.timeout = object.duration("timeout", Duration{});
  if (const auto retries = object.get("retries")) {
    out.retries = readRetries(*retries);
    if (out.timeout.ns > 0 && out.retries->per_try_timeout >= out.timeout) {
      retries->warning("\"perTryTimeout\" is not shorter than the route's \"timeout\", so it never acts");
    }
  }
  if (const auto fault = object.get("fault")) out.fault = readFault(*fault);
  out.mirrors = readMirrors(object, context);
  out.headers = readHeaders(object);
  return out;
}

}  // namespace

std::vector<std::string> gatewaysOf(std::vector<std::string> given) {
  for (std::string& name : given) {
    if (name != kMeshGateway) name = kEntranceGateway;
  }
  std::sort(given.begin(), given.end());
  given.erase(std::unique(given.begin(), given.end()), given.end());
  return given;
}

std::vector<HttpRoute> readHttpRoutes(const Node& node, const Decoding& decoding, const std::vector<DestinationRule>& rules, std::uint32_t owner) {
  const RouteContext context{decoding, rules, decoding.names.services()[owner].name_space};
  std::vector<HttpRoute> out;
  bool all_taken = false;
  for (const Node& item : items(node)) {
    if (all_taken) item.warning("is never reached: a rule above it takes every request");
    out.push_back(readHttpRoute(item, context));
    all_taken = all_taken || out.back().match.empty();
  }
  if (out.empty() && node.value().items() != nullptr) node.error("needs at least one rule");
  return out;
}

}  // namespace meshmall::models
