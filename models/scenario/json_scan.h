// A quick look at a JSON text before it is parsed: finds where each token starts, and refuses what would cost too much or is not text at all:
// bytes that are not UTF-8, NUL, nesting deeper than 64, strings or numbers longer than 64 KiB or of more than 16 MiB together, more than 500,000 values
// (16 times what a mesh of 1,000 services takes). One pass, no recursion, and never more work than the text is long. Runs of white space are shortened to one
// blank, and nothing is read after a bracket, comma or colon that cannot stand where it does: so the parser after it is bounded too, to well below a second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshmall::models {

inline constexpr std::size_t kMaxJsonNesting = 64;
inline constexpr std::size_t kMaxJsonToken = 64 * 1024;
inline constexpr std::size_t kMaxJsonValues = 500'000;  // values and keys
inline constexpr std::size_t kMaxJsonContent = std::size_t{16} * 1024 * 1024;  // bytes of all strings, numbers and words

struct JsonToken {
  std::uint32_t offset = 0;   // of its first byte in the text
  std::uint32_t compact = 0;  // the same in JsonScan::compact
};

struct JsonScanError {
  std::uint32_t offset = 0;
  std::string message;
  bool hopeless = false;  // too much to look at: whatever is wrong before it is not worth finding
};

struct JsonScan {
  std::string compact;            // the text up to the error, if any (with it, when it is a bracket, comma or colon out of place)
  std::vector<JsonToken> tokens;  // brackets, commas, colons, strings, numbers and words; ascending
  std::optional<JsonScanError> error;
};

// `text` is at most 32 MiB and has no byte order mark.
JsonScan scanJson(std::string_view text);

}  // namespace meshmall::models
