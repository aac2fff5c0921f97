#include "models/scenario/sample_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "models/scenario/problems.h"
#include "models/scenario/quantities.h"

namespace meshmall::models {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxSampleBytes = std::size_t{256} * 1024 * 1024;
constexpr std::size_t kMaxRows = 10'000'000;

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

FileText failure(int error) { return {"", std::string("cannot be read: ") + std::strerror(error), true}; }

// The real path of `file` when it lies in `folder`, else empty and a reason.
fs::path resolveInside(const std::string& folder, const std::string& file, std::string& error) {
  std::error_code ec;
  if (file.find('\0') != std::string::npos) return error = "must not have a NUL byte", fs::path();
  const fs::path root = fs::canonical(folder, ec);
  if (ec) return error = "the scenario's folder cannot be read: " + ec.message(), fs::path();
  if (fs::path(file).is_absolute()) return error = "must be relative to the scenario's folder (got " + inQuotes(file) + ")", fs::path();
  const fs::path real = fs::weakly_canonical(root / file, ec);
  if (ec) return error = "cannot be read: " + ec.message(), fs::path();
  const auto end = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (end.first != root.end()) return error = "must not leave the scenario's folder (got " + inQuotes(file) + ")", fs::path();
  return real;
}

std::string_view takeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}


// Calls take(index, text) for each field; quotes as in RFC 4180, without line ends inside.
template <class Take>
void splitCsv(std::string_view line, Take take) {
  std::string field;
  bool in_quotes = false;
  std::size_t index = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i == line.size() || (line[i] == ',' && !in_quotes)) {
      take(index++, trimmed(field));
      field.clear();
    } else if (line[i] == '"' && in_quotes && i + 1 < line.size() && line[i + 1] == '"') {
      field += line[i++];
    } else if (line[i] == '"') {
      in_quotes = !in_quotes;
    } else {
      field += line[i];
    }
  }
}

std::optional<std::size_t> columnIndex(std::string_view header, const std::string& column, std::string& list) {
  std::optional<std::size_t> found;
  splitCsv(header, [&](std::size_t index, std::string_view name) {
    if (name == column && !found) found = index;
    list += (list.empty() ? "" : ", ") + inQuotes(name);
  });
  return found;
}

}  // namespace

FileText readRegularFile(const std::string& path, std::size_t limit) {
  Descriptor file;
  file.fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file.fd < 0) return failure(errno);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) return failure(errno);
  if (S_ISDIR(status.st_mode)) return failure(EISDIR);
  if (!S_ISREG(status.st_mode)) return {"", "is not a regular file", false};
  if (static_cast<std::size_t>(status.st_size) > limit) return {"", "is larger than " + std::to_string(limit / (1024 * 1024)) + " MiB", false};
  FileText out;
  out.text.resize(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < out.text.size()) {
    const ssize_t got = ::read(file.fd, out.text.data() + have, out.text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(errno);
    if (got == 0) break;  // it was cut meanwhile
    have += static_cast<std::size_t>(got);
  }
  out.text.resize(have);
  return out;
}

SampleFile readSampleFile(const std::string& folder, const std::string& file, const std::optional<std::string>& column, std::int64_t unit_ns) {
  SampleFile out;
  if (folder.empty()) return {{}, "files cannot be used here"};
  const fs::path path = resolveInside(folder, file, out.error);
  if (!out.error.empty()) return out;
  FileText content = readRegularFile(path.string(), kMaxSampleBytes);
  if (!content.error.empty()) return {{}, inQuotes(file) + " " + content.error};
  std::string_view rest = content.text;
  if (rest.substr(0, 3) == "\xef\xbb\xbf") rest.remove_prefix(3);
  std::size_t line_number = 0, wanted = 0;
  const auto fail = [&](std::string_view what) { return SampleFile{{}, inQuotes(file) + " line " + std::to_string(line_number) + ": " + std::string(what)}; };
  if (column) {
    ++line_number;
    std::string list;
    const auto index = columnIndex(takeLine(rest), *column, list);
    if (!index) return fail("no column " + inQuotes(*column) + " (there are " + printable(list, 400) + ")");
    wanted = *index;
  }
  while (!rest.empty()) {
    ++line_number;
    const std::string_view line = takeLine(rest);
    if (trimmed(line).empty()) continue;
    std::string cell;
    bool found = false;
    std::size_t fields = 0;
    splitCsv(line, [&](std::size_t index, std::string_view text) {
      if (index == wanted) cell = text, found = true;
      fields = index + 1;
    });
    if (!found) return fail("has no such column");
    if (!column && fields != 1) return fail("has several columns: name one with \"column\"");
    const auto value = unit_ns == 0 ? parseDuration(cell) : parseInUnit(cell, unit_ns);
    if (const auto* error = std::get_if<QuantityError>(&value)) return fail(error->message);
    if (out.values.size() == kMaxRows) return fail("more than 10,000,000 rows");
    out.values.push_back(std::get<engine::Duration>(value));
  }
  if (out.values.empty()) return {{}, inQuotes(file) + " has no values"};
  return out;
}

}  // namespace meshmall::models
