// One span of a JSON format, or what belongs to many of them (Jaeger's processes, OTLP's resource), as the small document it is in the file -> Span.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/importers/traces/read_spans.h"

namespace meshmall::models::traces {

struct SpanSource {  // who recorded a span
  std::string service, pod;
};

struct ReadSpan {
  Span span;
  bool complete = false;  // has identifiers and times
  SpanSource source;      // empty: it stands elsewhere in the file
  std::string process;    // Jaeger: its name there
};

ReadSpan readJaegerSpan(const nlohmann::json& json, SpanLog& log);
ReadSpan readOtlpSpan(const nlohmann::json& json, SpanLog& log);
ReadSpan readZipkinSpan(const nlohmann::json& json, SpanLog& log);

std::map<std::string, SpanSource> readJaegerProcesses(const nlohmann::json& json);
SpanSource readOtlpResource(const nlohmann::json& json);

}  // namespace meshmall::models::traces
