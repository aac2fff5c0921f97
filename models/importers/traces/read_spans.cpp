#include "models/importers/traces/read_spans.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace meshmall::models::traces {

namespace {

// By the first two bytes; "": none. Reads one of them where it may be one.
std::string compression(int first, std::istream& in) {
  if (first != 0x1F && first != 0x28) return "";
  in.get();
  const int second = in.peek();
  if (first == 0x1F && second == 0x8B) return "gzip";
  if (first == 0x28 && second == 0xB5) return "Zstandard";
  in.unget();
  return "";
}

}  // namespace

SpanReading readSpans(const std::string& path, SpanLog& log, std::vector<Problem>& problems, bool& unreadable) {
  const auto refuse = [&](const std::string& why) {
    unreadable = true;
    problems.push_back({path, 0, 0, "", why, "", Problem::Severity::error, 0, {}});
    return SpanReading();
  };
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return refuse(std::strerror(errno));
  if (!S_ISREG(there.st_mode)) return refuse("is not a regular file");
  std::vector<char> buffer(std::size_t{1} << 20);
  std::ifstream in;
  in.rdbuf()->pubsetbuf(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  in.open(path, std::ios::binary);
  if (!in) return refuse(std::strerror(errno));
  in >> std::ws;
  const int first = in.peek();
  if (first == std::char_traits<char>::eof()) {
    problems.push_back({path, 0, 0, "", "is empty", "", Problem::Severity::error, 0, {}});
    return {};
  }
  if (const std::string packed = compression(first, in); !packed.empty()) {
    problems.push_back({path, 0, 0, "", "is compressed (" + packed + ")", "unpack it first", Problem::Severity::error, 0, {}});
    return {};
  }
  if (first == 0xEF) in.ignore(3);  // a byte order mark
  const int start = in.peek();
  return start == '{' || start == '[' ? readSpansJson(in, path, log, problems) : readSpansCsv(in, path, log, problems);
}

void addSpan(Span span, bool complete, SpanReading& reading, SpanLog& log) {
  constexpr std::int64_t kLatest = std::int64_t{1} << 62;  // the year 2116: beyond it times are garbage
  if (!complete || span.start < 0 || span.start > kLatest || span.end > kLatest) {
    ++reading.unusable;
    return;
  }
  if (span.end < span.start) {
    ++reading.backwards;
    return;
  }
  span.failed = span.failed || span.status >= 500;
  log.add(span);
}

}  // namespace meshmall::models::traces
