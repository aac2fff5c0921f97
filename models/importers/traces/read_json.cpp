// Spans as JSON, read as the text streams by: only one span at a time (and what belongs to many: processes, a resource) is held as a document.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "models/importers/traces/json_span.h"

namespace meshmall::models::traces {

using Json = nlohmann::json;

namespace {

constexpr std::size_t kDeepest = 64;
constexpr const char* kZipkinV1 = "Zipkin JSON, version 1";

enum class Taken : std::uint8_t { nothing, jaeger_span, otlp_span, zipkin_span, processes, resource };

// nlohmann's SAX interface. Outside of what is taken only the way there is remembered: for each open object or array its key in the one around it.
class SpanHandler {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  SpanHandler(SpanLog& log, SpanReading& reading) : log_(log), reading_(reading) {}

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(number_integer_t value) { return put(value); }
  bool number_unsigned(number_unsigned_t value) { return put(value); }
  bool number_float(number_float_t value, const string_t&) { return put(value); }
  bool string(string_t& value) { return put(std::move(value)); }
  bool binary(binary_t&) { return true; }
  bool key(string_t& name) {
    key_ = std::move(name);
    return true;
  }

  bool start_object(std::size_t) {
    if (!deepen()) return false;
    if (taken_ == Taken::nothing) {
      taken_ = whatStartsHere();
      if (taken_ == Taken::nothing) {
        way_.push_back({std::move(key_), false});
        key_.clear();
        return true;
      }
      document_ = Json::object();
      open_.assign(1, &document_);
      return true;
    }
    return nest(Json::object());
  }
  bool end_object() {
    --depth_;
    if (taken_ == Taken::nothing) {
      leave();
      return true;
    }
    open_.pop_back();
    if (open_.empty()) finishTaken();
    return true;
  }
  bool start_array(std::size_t) {
    if (!deepen()) return false;
    if (taken_ != Taken::nothing) return nest(Json::array());
    way_.push_back({std::move(key_), true});
    key_.clear();
    return true;
  }
  bool end_array() {
    --depth_;
    if (taken_ == Taken::nothing) {
      way_.pop_back();
    } else {
      open_.pop_back();
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception& error) {
    error_ = error.what();
    return false;
  }

  const std::string& error() const { return error_; }
  bool tooDeep() const { return too_deep_; }
  void flush() {
    flushJaeger();
    flushOtlp();
  }

 private:
  struct Place {
    std::string key;
    bool array = false;
  };

  bool deepen() {
    too_deep_ = ++depth_ > kDeepest;
    return !too_deep_;
  }
  const Place* around(std::size_t levels) const { return way_.size() > levels ? &way_[way_.size() - 1 - levels] : nullptr; }

  Taken whatStartsHere() const {
    const Place* near = around(0);
    if (near == nullptr) return Taken::nothing;
    if (!near->array) {
      if (key_ == "processes") return Taken::processes;
      const Place* list = around(1);
      return key_ == "resource" && list != nullptr && isOtlp(list->key) ? Taken::resource : Taken::nothing;
    }
    if (near->key == "spans") return inResource() ? Taken::otlp_span : Taken::jaeger_span;
    // A list at the top, or one inside such a list: Zipkin's.
    return way_.size() <= 2 && near->key.empty() && way_.front().array ? Taken::zipkin_span : Taken::nothing;
  }
  // "batches": as Tempo's /api/traces gives them.
  static bool isOtlp(const std::string& key) { return key == "resourceSpans" || key == "batches"; }
  bool inResource() const {
    return std::any_of(way_.begin(), way_.end(), [](const Place& place) { return isOtlp(place.key); });
  }

  template <typename Value>
  bool put(Value&& value) {
    if (taken_ == Taken::nothing) {
      key_.clear();
      return true;
    }
    Json& into = *open_.back();
    if (into.is_array()) {
      into.push_back(std::forward<Value>(value));
    } else {
      into[key_] = std::forward<Value>(value);
    }
    return true;
  }
  bool nest(Json empty) {
    Json& into = *open_.back();
    if (into.is_array()) {
      into.push_back(std::move(empty));
      open_.push_back(&into.back());
    } else {
      Json& child = into[key_];
      child = std::move(empty);
      open_.push_back(&child);
    }
    return true;
  }

  void finishTaken() {
    const Taken what = taken_;
    taken_ = Taken::nothing;
    key_.clear();
    switch (what) {
      case Taken::jaeger_span:
        reading_.format = "Jaeger JSON";
        pending_.push_back(readJaegerSpan(document_, log_));
        break;
      case Taken::otlp_span:
        reading_.format = "OTLP JSON";
        pending_otlp_.push_back(readOtlpSpan(document_, log_));
        break;
      case Taken::zipkin_span:
        takeOfList();
        break;
      case Taken::processes:
        processes_ = readJaegerProcesses(document_);
        break;
      default:
        resource_ = readOtlpResource(document_);
    }
    document_ = Json();
  }

  // An element of a list at the top: a span of Zipkin's, or one of Jaeger's traces without the "data" around them.
  void takeOfList() {
    const auto spans = document_.find("spans");
    if (spans == document_.end() || !spans->is_array()) {
      reading_.format = isZipkinV1(document_) ? kZipkinV1 : "Zipkin JSON";
      take(readZipkinSpan(document_, log_), {});
      return;
    }
    reading_.format = "Jaeger JSON";
    if (const auto processes = document_.find("processes"); processes != document_.end()) processes_ = readJaegerProcesses(*processes);
    for (const Json& span : *spans) pending_.push_back(readJaegerSpan(span, log_));
    flushJaeger();
  }

  // Version 1 says what a span is by annotations: client sent, server received …
  static bool isZipkinV1(const Json& span) {
    const auto notes = span.find("annotations");
    if (notes == span.end() || !notes->is_array() || span.contains("localEndpoint")) return false;
    return std::any_of(notes->begin(), notes->end(), [](const Json& note) {
      const auto value = note.is_object() ? note.find("value") : note.end();
      return note.is_object() && value != note.end() && (*value == "cs" || *value == "cr" || *value == "sr" || *value == "ss");
    });
  }

  // The end of an object that may hold spans: a trace of Jaeger, the spans of one resource.
  void leave() {
    way_.pop_back();
    const bool element = !way_.empty() && way_.back().array;
    if (way_.empty() || (element && way_.back().key == "data")) flushJaeger();
    if (element && isOtlp(way_.back().key)) flushOtlp();
  }
  void flushJaeger() {
    for (const ReadSpan& read : pending_) {
      const auto process = processes_.find(read.process);
      take(read, process == processes_.end() ? SpanSource() : process->second);
    }
    pending_.clear();
    processes_.clear();
  }
  void flushOtlp() {
    for (const ReadSpan& read : pending_otlp_) take(read, resource_);
    pending_otlp_.clear();
    resource_ = {};
  }

  void take(const ReadSpan& read, const SpanSource& elsewhere) {
    std::string service = read.source.service.empty() ? elsewhere.service : read.source.service;
    const std::string& pod = read.source.pod.empty() ? elsewhere.pod : read.source.pod;
    constexpr std::string_view kDefaultNamespace = ".default";  // what proxies of Istio add to the service they stand beside
    if (service.size() > kDefaultNamespace.size() && service.compare(service.size() - kDefaultNamespace.size(), std::string::npos, kDefaultNamespace) == 0)
      service.resize(service.size() - kDefaultNamespace.size());
    service = serviceName(service);
    Span span = read.span;
    const bool complete = read.complete && !service.empty();
    if (complete) {
      span.service = log_.name(service);
      span.pod = log_.name(pod.empty() ? service : pod);
    }
    addSpan(span, complete, reading_, log_);
  }

  SpanLog& log_;
  SpanReading& reading_;
  std::vector<Place> way_;
  std::string key_;
  std::size_t depth_ = 0;
  bool too_deep_ = false;
  Taken taken_ = Taken::nothing;
  Json document_;
  std::vector<Json*> open_;  // inside document_
  std::vector<ReadSpan> pending_, pending_otlp_;
  std::map<std::string, SpanSource> processes_;
  SpanSource resource_;
  std::string error_;
};

// "parse error at line 3, column 7: ..." -> where and what.
Problem problemOf(const std::string& path, const std::string& error, std::uint32_t first_line) {
  Problem problem{path, 0, 0, "", "is not JSON", "", Problem::Severity::error, 0, {}};
  const std::size_t line = error.find("line "), column = error.find("column ");
  if (line != std::string::npos) problem.line = first_line + static_cast<std::uint32_t>(std::strtoul(error.c_str() + line + 5, nullptr, 10)) - 1;
  if (column != std::string::npos) problem.column = static_cast<std::uint32_t>(std::strtoul(error.c_str() + column + 7, nullptr, 10));
  const std::size_t what = error.find(": ", column == std::string::npos ? 0 : column);
  if (what != std::string::npos) problem.message += ": " + printable(error.substr(what + 2), 300);
  return problem;
}

}  // namespace

SpanReading readSpansJson(std::istream& in, const std::string& path, SpanLog& log, std::vector<Problem>& problems) {
  SpanReading reading;
  std::uint32_t line = 1;
  for (std::size_t documents = 0;; ++documents) {
    int next = in.peek();
    for (; next == ' ' || next == '\t' || next == '\r' || next == '\n' || next == ','; next = in.peek()) {
      line += next == '\n' ? 1U : 0U;
      in.get();
    }
    if (next == std::char_traits<char>::eof()) break;
    SpanHandler handler(log, reading);
    const bool whole = Json::sax_parse(in, &handler, nlohmann::detail::input_format_t::json, false);
    handler.flush();
    if (whole) continue;
    if (handler.tooDeep()) {
      problems.push_back({path, line, 1, "", "is nested more than 64 deep", "", Problem::Severity::error, 0, {}});
    } else if (in.eof() || handler.error().find("unexpected end of input") != std::string::npos) {
      reading.broken_off = true;
    } else {
      problems.push_back(problemOf(path, handler.error(), line));
    }
    break;
  }
  if (reading.format == kZipkinV1 && !hasErrors(problems))
    problems.push_back({path, 0, 0, "", "is Zipkin JSON of version 1 (annotations cs, cr, sr, ss), which is not read", "version 2 is: /api/v2/traces of the same server gives it", Problem::Severity::error, 0, {}});
  if (reading.format.empty() && !hasErrors(problems))
    problems.push_back({path, 0, 0, "", "has no spans", "Jaeger JSON (\"data\"), OTLP JSON (\"resourceSpans\", Tempo's \"batches\") and Zipkin JSON (a list) are read", Problem::Severity::error, 0, {}});
  return reading;
}

}  // namespace meshmall::models::traces
