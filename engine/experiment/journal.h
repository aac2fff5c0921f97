// What is done so far, on the disk: a file of lines that is only ever appended to, each with a checksum, so that whatever kills the program (or the machine)
// loses at most the lines that were not flushed yet. A line that was cut off in the middle is taken away when the journal is opened again; a line whose
// checksum does not hold (a failing disk) is left out and counted.
//
// A line is the checksum (16 hexadecimal digits), a space, the record, a newline. Records hold no newline. One process writes: take a lock first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace meshmall::engine {

// 64 bits over a text: its XXH64-based fingerprint (kernel/fingerprint.h). Not for secrets.
std::uint64_t textChecksum(std::string_view text);
std::string hexDigits(std::uint64_t value);  // 16 of them

struct JournalContent {
  std::vector<std::string> records;  // in the order they were written
  std::size_t damaged = 0;           // whole lines with a wrong checksum
  std::size_t valid_bytes = 0;       // without what was cut off at the end
  std::size_t bytes = 0;             // with it
};

// What a file with this text holds.
JournalContent parseJournal(std::string_view text);

struct JournalTrouble {
  int error = 0;  // errno
  std::string what;
};

class Journal {
 public:
  // Opens or makes the file; `content` is what it holds. Nothing is changed yet: the first append takes away what was cut off at the end.
  static std::variant<Journal, JournalTrouble> open(const std::string& path, JournalContent& content);
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  Journal(const Journal&) = delete;
  ~Journal();

  // Appends records; they are in the file, not yet on the disk. On trouble (a full disk) the file is as before.
  std::optional<JournalTrouble> append(const std::vector<std::string>& records);
  // Everything appended is on the disk.
  std::optional<JournalTrouble> flush();
  // Starts afresh: an empty file.
  std::optional<JournalTrouble> clear();

 private:
  Journal(int file, std::size_t size) : file_(file), size_(size) {}
  int file_ = -1;
  std::size_t size_ = 0;
};

// The whole text of a journal that nobody is going to write.
std::variant<std::string, JournalTrouble> readJournalFile(const std::string& path);

}  // namespace meshmall::engine
