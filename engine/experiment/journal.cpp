#include "engine/experiment/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/kernel/fingerprint.h"

namespace meshmall::engine {

namespace {

constexpr std::size_t kDigits = 16;

std::uint64_t wordAt(std::string_view text, std::size_t at) {  // little-endian, whatever the machine; beyond the end zeros
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8 && at + i < text.size(); ++i) word |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
  return word;
}

JournalTrouble trouble(const char* what, int error = errno) { return {error, std::string(what) + std::strerror(error)}; }

std::variant<std::string, JournalTrouble> readAll(int file) {
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::pread(file, buffer, sizeof buffer, static_cast<off_t>(text.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return trouble("");
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

int writeAt(int file, std::string_view text, std::size_t at) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::pwrite(file, text.data() + done, text.size() - done, static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    done += static_cast<std::size_t>(n);
  }
  return 0;
}

}  // namespace

std::uint64_t textChecksum(std::string_view text) {
  Fingerprint sum;
  for (std::size_t at = 0; at < text.size(); at += 16) sum.mix(SimTime{static_cast<std::int64_t>(wordAt(text, at))}, 0, wordAt(text, at + 8));
  sum.mix(SimTime{static_cast<std::int64_t>(text.size())}, 1, 0);
  return sum.value();
}

std::string hexDigits(std::uint64_t value) {
  std::string digits(kDigits, '0');
  for (std::size_t i = kDigits; i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  return digits;
}

JournalContent parseJournal(std::string_view text) {
  JournalContent content;
  content.bytes = text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;  // cut off
    const std::string_view line = text.substr(at, end - at);
    const bool whole = line.size() > kDigits && line[kDigits] == ' ';
    if (whole && line.substr(0, kDigits) == hexDigits(textChecksum(line.substr(kDigits + 1)))) {
      content.records.emplace_back(line.substr(kDigits + 1));
    } else {
      ++content.damaged;
    }
    at = end + 1;
    content.valid_bytes = at;
  }
  return content;
}

std::variant<Journal, JournalTrouble> Journal::open(const std::string& path, JournalContent& content) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0) return trouble("");
  Journal journal(file, 0);
  auto text = readAll(file);
  if (auto* failed = std::get_if<JournalTrouble>(&text)) return *failed;
  content = parseJournal(std::get<std::string>(text));
  journal.size_ = content.valid_bytes;
  return journal;
}

Journal::Journal(Journal&& other) noexcept : file_(std::exchange(other.file_, -1)), size_(other.size_) {}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
}

std::optional<JournalTrouble> Journal::append(const std::vector<std::string>& records) {
  std::string text;
  for (const std::string& record : records) text += hexDigits(textChecksum(record)) + ' ' + record + '\n';
  if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) return trouble("");
  if (const int error = writeAt(file_, text, size_)) {
    if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) return trouble("", error);  // the next one to open it takes the rest away
    return trouble("", error);
  }
  size_ += text.size();
  return std::nullopt;
}

std::optional<JournalTrouble> Journal::flush() {
  if (::fdatasync(file_) != 0) return trouble("");
  return std::nullopt;
}

std::optional<JournalTrouble> Journal::clear() {
  if (::ftruncate(file_, 0) != 0) return trouble("");
  size_ = 0;
  return flush();
}

std::variant<std::string, JournalTrouble> readJournalFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would have it wait for ever
  if (file < 0) return trouble("");
  struct stat about {};
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(file);
    return JournalTrouble{EINVAL, "is not a regular file"};
  }
  auto text = readAll(file);
  ::close(file);
  return text;
}

}  // namespace meshmall::engine
