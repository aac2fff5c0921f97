#include "models/importers/traces/json_span.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace meshmall::models::traces {

using Json = nlohmann::json;

namespace {

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string textAt(const Json& object, const char* key) {
  const Json* value = member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

// A number, or a number written as a text (protobuf's 64-bit integers).
std::optional<std::int64_t> wholeOf(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= INT64_MAX ? std::optional(value.get<std::int64_t>()) : std::nullopt;
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const double d = value.get<double>();
    return d > -9e18 && d < 9e18 ? std::optional(static_cast<std::int64_t>(d)) : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}
std::optional<std::int64_t> wholeAt(const Json& object, const char* key) {
  const Json* value = member(object, key);
  return value == nullptr ? std::nullopt : wholeOf(*value);
}

std::optional<std::int64_t> fromMicroseconds(std::optional<std::int64_t> us) {
  if (!us || *us < 0 || *us > INT64_MAX / 1000) return std::nullopt;
  return *us * 1000;
}

std::string textOfValue(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_boolean() ? (value.get<bool>() ? "true" : "false") : value.is_number() ? value.dump() : std::string();
}

SpanKind kindOf(const std::string& word) {
  if (word == "server" || word == "SERVER" || word == "SPAN_KIND_SERVER") return SpanKind::server;
  if (word == "client" || word == "CLIENT" || word == "SPAN_KIND_CLIENT") return SpanKind::client;
  if (word == "producer" || word == "PRODUCER" || word == "SPAN_KIND_PRODUCER") return SpanKind::producer;
  if (word == "consumer" || word == "CONSUMER" || word == "SPAN_KIND_CONSUMER") return SpanKind::consumer;
  if (word == "internal" || word == "INTERNAL" || word == "SPAN_KIND_INTERNAL") return SpanKind::internal;
  return SpanKind::unknown;
}

std::uint64_t parentHash(const std::string& id) { return id.empty() || id.find_first_not_of('0') == std::string::npos ? 0 : identifierHash(id); }

// Of an Envoy of Istio's: "sidecar~10.0.0.7~reviews-v2-545db77b95-wkjd2.default~default.svc.cluster.local" -> the pod's name.
std::string podOfNode(const std::string& node) {
  const std::size_t address = node.find('~'), name = address == std::string::npos ? address : node.find('~', address + 1);
  return name == std::string::npos ? std::string() : node.substr(name + 1, node.find_first_of(".~", name + 1) - name - 1);
}

// What the attributes of a span say, whichever convention they follow (OpenTelemetry's of today and before, OpenTracing's).
struct Attributes {
  std::string method, route, path;

  void read(const std::string& key, const std::string& value, Span& span, SpanSource& source) {
    if (key == "span.kind") span.kind = kindOf(value);
    else if (key == "http.status_code" || key == "http.response.status_code") takeStatus(value, span);
    else if (key == "error") span.failed = span.failed || value == "true";
    else if (key == "otel.status_code") span.failed = span.failed || value == "ERROR";
    else if (key == "rpc.grpc.status_code" || key == "grpc.status_code") span.failed = span.failed || (!value.empty() && value != "0" && value != "OK");
    else if (key == "http.method" || key == "http.request.method") method = value;
    else if (key == "http.route") route = value;
    else if (key == "http.target" || key == "url.path" || key == "http.path") path = value;
    else if (key == "http.url" || key == "url.full") takeUrl(value);
    else if (key == "db.system" || key == "db.type" || key == "db.system.name") span.storage = true;
    else if (key == "k8s.pod.name" || (source.pod.empty() && (key == "hostname" || key == "host.name" || key == "service.instance.id"))) source.pod = value;
    else if (key == "service.name") source.service = value;
    else if (key == "node_id" && source.pod.empty()) source.pod = podOfNode(value);
  }

  void name(const std::string& given, Span& span, SpanLog& log) const {
    // A route has its identifiers named already; a path gets them named.
    const std::string_view verb = method.empty() ? methodOf(given) : std::string_view(method);
    const bool by_route = !route.empty() && !verb.empty() && route.front() == '/' && route.size() < 150;
    span.name = log.name(by_route ? std::string(verb) + " " + printable(route, 200) : operationName(given, method, route.empty() ? path : route));
  }

 private:
  static void takeStatus(const std::string& value, Span& span) {
    int status = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), status);
    if (error == std::errc() && end == value.data() + value.size() && status >= 100 && status <= 599) span.status = static_cast<std::uint16_t>(status);
  }
  void takeUrl(const std::string& url) {
    if (!path.empty()) return;
    const std::size_t scheme = url.find("://");
    const std::size_t slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    if (slash != std::string::npos) path = url.substr(slash);
  }
};

// OTLP: [{"key": "a", "value": {"stringValue": "b"}}]
template <typename Take>
void eachOtlpAttribute(const Json& object, Take take) {
  const Json* list = member(object, "attributes");
  if (list == nullptr || !list->is_array()) return;
  for (const Json& item : *list) {
    const Json* value = member(item, "value");
    if (value == nullptr || !value->is_object() || value->empty()) continue;
    take(textAt(item, "key"), textOfValue(value->begin().value()));
  }
}

// Jaeger: [{"key": "a", "type": "string", "value": "b"}]
template <typename Take>
void eachJaegerTag(const Json& object, Take take) {
  const Json* list = member(object, "tags");
  if (list == nullptr || !list->is_array()) return;
  for (const Json& item : *list) {
    const Json* value = member(item, "value");
    if (value != nullptr) take(textAt(item, "key"), textOfValue(*value));
  }
}

SpanSource jaegerProcess(const Json& json) {
  SpanSource source;
  Span unused;
  Attributes attributes;
  eachJaegerTag(json, [&](const std::string& key, const std::string& value) { attributes.read(key, value, unused, source); });
  source.service = textAt(json, "serviceName");
  return source;
}

}  // namespace

ReadSpan readJaegerSpan(const Json& json, SpanLog& log) {
  ReadSpan out;
  const std::string trace = textAt(json, "traceID"), id = textAt(json, "spanID");
  const auto start = fromMicroseconds(wholeAt(json, "startTime")), length = fromMicroseconds(wholeAt(json, "duration"));
  out.complete = !trace.empty() && !id.empty() && start && length && *start < INT64_MAX / 2 && *length < INT64_MAX / 2;
  if (!out.complete) return out;
  out.span.trace = log.trace(trace);
  out.span.id = identifierHash(id);
  out.span.parent = parentHash(textAt(json, "parentSpanID"));
  Attributes attributes;
  eachJaegerTag(json, [&](const std::string& key, const std::string& value) { attributes.read(key, value, out.span, out.source); });
  if (const Json* references = member(json, "references"); references != nullptr && references->is_array()) {
    for (const Json& reference : *references) {
      const std::string type = textAt(reference, "refType");
      if (out.span.parent != 0 && type != "CHILD_OF") continue;
      out.span.parent = parentHash(textAt(reference, "spanID"));
      if (type == "FOLLOWS_FROM") out.span.kind = SpanKind::consumer;
    }
  }
  out.span.start = *start;
  out.span.end = *start + *length;
  attributes.name(textAt(json, "operationName"), out.span, log);
  out.process = textAt(json, "processID");
  if (const Json* process = member(json, "process")) out.source = jaegerProcess(*process);
  return out;
}

std::map<std::string, SpanSource> readJaegerProcesses(const Json& json) {
  std::map<std::string, SpanSource> out;
  for (const auto& item : json.items()) out[item.key()] = jaegerProcess(item.value());
  return out;
}

ReadSpan readOtlpSpan(const Json& json, SpanLog& log) {
  ReadSpan out;
  const std::string trace = textAt(json, "traceId"), id = textAt(json, "spanId");
  const auto start = wholeAt(json, "startTimeUnixNano"), end = wholeAt(json, "endTimeUnixNano");
  out.complete = !trace.empty() && !id.empty() && start && end;
  if (!out.complete) return out;
  out.span.trace = log.trace(trace);
  out.span.id = identifierHash(id);
  out.span.parent = parentHash(textAt(json, "parentSpanId"));
  out.span.start = *start;
  out.span.end = *end;
  if (const Json* kind = member(json, "kind")) {
    constexpr SpanKind kKinds[] = {SpanKind::unknown, SpanKind::internal, SpanKind::server, SpanKind::client, SpanKind::producer, SpanKind::consumer};
    const auto number = wholeOf(*kind);
    out.span.kind = number && *number >= 0 && *number <= 5 ? kKinds[*number] : kindOf(textOfValue(*kind));
  }
  Attributes attributes;
  eachOtlpAttribute(json, [&](const std::string& key, const std::string& value) { attributes.read(key, value, out.span, out.source); });
  if (const Json* status = member(json, "status")) {
    const Json* code = member(*status, "code");
    const std::string word = code == nullptr ? std::string() : textOfValue(*code);
    out.span.failed = out.span.failed || word == "2" || word == "STATUS_CODE_ERROR";
  }
  attributes.name(textAt(json, "name"), out.span, log);
  return out;
}

SpanSource readOtlpResource(const Json& json) {
  SpanSource source;
  Span unused;
  Attributes attributes;
  eachOtlpAttribute(json, [&](const std::string& key, const std::string& value) { attributes.read(key, value, unused, source); });
  return source;
}

ReadSpan readZipkinSpan(const Json& json, SpanLog& log) {
  ReadSpan out;
  const std::string trace = textAt(json, "traceId"), id = textAt(json, "id");
  const auto start = fromMicroseconds(wholeAt(json, "timestamp")), length = fromMicroseconds(wholeAt(json, "duration"));
  out.complete = !trace.empty() && !id.empty() && start && length && *start < INT64_MAX / 2 && *length < INT64_MAX / 2;
  if (!out.complete) return out;
  out.span.trace = log.trace(trace);
  out.span.id = identifierHash(id);
  out.span.parent = parentHash(textAt(json, "parentId"));
  out.span.start = *start;
  out.span.end = *start + *length;
  out.span.kind = kindOf(textAt(json, "kind"));
  const Json* shared = member(json, "shared");
  out.span.shared = shared != nullptr && shared->is_boolean() && shared->get<bool>();
  Attributes attributes;
  if (const Json* tags = member(json, "tags"); tags != nullptr && tags->is_object()) {
    for (const auto& tag : tags->items()) {
      if (tag.key() == "error") {
        out.span.failed = tag.value() != "false";  // Zipkin: any value, its text is the reason
      } else {
        attributes.read(tag.key(), textOfValue(tag.value()), out.span, out.source);
      }
    }
  }
  if (const Json* endpoint = member(json, "localEndpoint")) {
    out.source.service = textAt(*endpoint, "serviceName");
    if (out.source.pod.empty()) out.source.pod = textAt(*endpoint, "ipv4");
  }
  attributes.name(textAt(json, "name"), out.span, log);
  return out;
}

}  // namespace meshmall::models::traces
