// Files of traces -> spans. The format is told by the content: Jaeger JSON ({"data": [{"spans", "processes"}]}), OTLP JSON ({"resourceSpans"}, one document or one a line),
// Zipkin JSON (a list of spans, or of such lists), or CSV with a heading (TraceID, SpanID, ParentID, PodName, OperationName, StartTimeUnixNano, EndTimeUnixNano; Duration in
// microseconds in place of the end; StatusCode).
// Files are read as they stream by: memory grows with the spans, not with the text. A file that breaks off is read up to there and said so; nonsense in it is an error.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "models/importers/traces/span.h"
#include "models/scenario/problems.h"

namespace meshmall::models::traces {

struct SpanReading {
  std::uint64_t unusable = 0;   // spans without an identifier, a service, or times
  std::uint64_t backwards = 0;  // spans that end before they start
  std::string format;           // "Jaeger JSON"; empty: none was recognised
  bool broken_off = false;      // the file ends in the middle
};

// One file. Problems with line and column; an error among them: what was read of the file is not to be used. `unreadable`: it could not be opened.
SpanReading readSpans(const std::string& path, SpanLog& log, std::vector<Problem>& problems, bool& unreadable);

// Its parts.
SpanReading readSpansCsv(std::istream& in, const std::string& path, SpanLog& log, std::vector<Problem>& problems);
SpanReading readSpansJson(std::istream& in, const std::string& path, SpanLog& log, std::vector<Problem>& problems);

// Adds a span whose times are known, unless they or its names say that it is of no use.
void addSpan(Span span, bool complete, SpanReading& reading, SpanLog& log);

}  // namespace meshmall::models::traces
