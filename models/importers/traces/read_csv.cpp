// Spans as CSV: a heading, then one span a line; quoted fields may hold commas, doubled quotes and line ends.
#include <array>
#include <charconv>
#include <optional>

#include "models/importers/traces/read_spans.h"

namespace meshmall::models::traces {

namespace {

constexpr std::size_t kLongestLine = std::size_t{1} << 20;

// One record, over as many lines as its quotes span. False: the end. `open`: the file ended inside quotes.
bool nextRecord(std::istream& in, std::vector<std::string>& fields, std::uint32_t& line, bool& open, bool& complete) {
  fields.clear();
  std::string text;
  std::size_t length = 0;
  bool quoted = false, any = false;
  for (int c = in.get(); c != std::char_traits<char>::eof(); c = in.get()) {
    any = true;
    if (c == '\n') ++line;
    if (++length > kLongestLine) break;
    if (quoted) {
      if (c != '"') {
        text += static_cast<char>(c);
      } else if (in.peek() == '"') {
        text += static_cast<char>(in.get());
      } else {
        quoted = false;
      }
    } else if (c == '"' && text.empty()) {
      quoted = true;
    } else if (c == ',') {
      fields.push_back(std::move(text));
      text.clear();
    } else if (c == '\n') {
      complete = true;
      fields.push_back(std::move(text));
      return true;
    } else if (c != '\r') {
      text += static_cast<char>(c);
    }
  }
  complete = false;
  open = quoted;
  if (any) fields.push_back(std::move(text));
  return any;
}

enum Column : std::size_t { kTrace, kSpan, kParent, kPod, kOperation, kStart, kEnd, kDuration, kStatus, kColumns };
constexpr std::array<std::string_view, kColumns> kHeadings = {"TraceID", "SpanID", "ParentID", "PodName", "OperationName", "StartTimeUnixNano", "EndTimeUnixNano", "Duration", "StatusCode"};

std::optional<std::int64_t> whole(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Rows {
 public:
  Rows(SpanLog& log, SpanReading& reading) : log_(log), reading_(reading) {}

  // What is missing of the heading; empty: all is there.
  std::string readHeading(const std::vector<std::string>& fields) {
    at_.fill(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i)
      for (std::size_t c = 0; c < kColumns; ++c)
        if (fields[i] == kHeadings[c]) at_[c] = i;
    width_ = fields.size();
    std::string missing;
    for (const Column c : {kTrace, kSpan, kParent, kPod, kOperation, kStart})
      if (at_[c] == width_) missing += (missing.empty() ? "" : ", ") + std::string(kHeadings[c]);
    if (at_[kEnd] == width_ && at_[kDuration] == width_) missing += (missing.empty() ? "" : ", ") + std::string("EndTimeUnixNano (or Duration)");
    return missing;
  }

  // False: the row has other fields than the heading.
  bool add(const std::vector<std::string>& fields) {
    if (fields.size() != width_) return false;
    Span span;
    const std::string& id = fields[at_[kSpan]];
    const std::string& parent = fields[at_[kParent]];
    const std::string& pod = fields[at_[kPod]];
    const auto start = whole(fields[at_[kStart]]);
    constexpr std::int64_t kUnknown = -1;
    std::int64_t end = at_[kEnd] < width_ ? whole(fields[at_[kEnd]]).value_or(kUnknown) : kUnknown;
    if (end == kUnknown && at_[kDuration] < width_ && start) {
      const std::int64_t length = whole(fields[at_[kDuration]]).value_or(kUnknown);
      constexpr std::int64_t kLongest = INT64_MAX / 4000;
      if (length >= 0 && length < kLongest && *start >= 0 && *start < INT64_MAX / 2) end = *start + length * 1000;
    }
    const bool complete = !id.empty() && !fields[at_[kTrace]].empty() && !pod.empty() && start && end != kUnknown;
    if (!complete) {
      addSpan(span, false, reading_, log_);
      return true;
    }
    span.trace = log_.trace(fields[at_[kTrace]]);
    span.id = identifierHash(id);
    span.parent = parent.empty() || parent == "root" || parent == "0" ? 0 : identifierHash(parent);
    span.pod = log_.name(pod);
    span.service = log_.name(serviceName(serviceOfPod(pod)));
    span.name = log_.name(fields[at_[kOperation]]);
    span.raw_name = true;
    span.start = *start;
    span.end = end;
    if (at_[kStatus] < width_) {
      const auto status = whole(fields[at_[kStatus]]);
      if (status && *status >= 100 && *status <= 599) span.status = static_cast<std::uint16_t>(*status);
    }
    addSpan(span, true, reading_, log_);
    return true;
  }

 private:
  SpanLog& log_;
  SpanReading& reading_;
  std::array<std::size_t, kColumns> at_{};
  std::size_t width_ = 0;
};

}  // namespace

SpanReading readSpansCsv(std::istream& in, const std::string& path, SpanLog& log, std::vector<Problem>& problems) {
  SpanReading reading;
  Rows rows(log, reading);
  std::vector<std::string> fields;
  std::uint32_t line = 1;
  bool open = false, complete = false;
  const auto refuse = [&](std::uint32_t at, const std::string& what, const std::string& hint) {
    problems.push_back({path, at, 1, "", what, hint, Problem::Severity::error, 0, {}});
    return reading;
  };
  if (!nextRecord(in, fields, line, open, complete)) return refuse(1, "is empty", "");
  if (const std::string missing = rows.readHeading(fields); !missing.empty())
    return refuse(1, "is neither JSON nor CSV of spans: the heading lacks " + missing, "Jaeger, OTLP and Zipkin JSON are read, and CSV with that heading");
  reading.format = "CSV";
  for (std::uint32_t at = line; nextRecord(in, fields, line, open, complete); at = line) {
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (rows.add(fields)) continue;
    if (!complete && in.eof()) {  // the last line, half of it
      reading.broken_off = true;
      break;
    }
    return refuse(at, "has " + std::to_string(fields.size()) + " fields where the heading has others", "");
  }
  return reading;
}

}  // namespace meshmall::models::traces
