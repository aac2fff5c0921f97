// A JSON text as a tree in which every value and every key knows where it stands, so that whatever is found wrong later can be shown there.
// Strict RFC 8259 (nlohmann/json's SAX parser behind a bounded scan): no comments, no NaN, UTF-8 only, a byte order mark is accepted, nesting at most 64,
// at most 32 MiB and 500,000 values (json_scan.h). Duplicate keys are problems; the first one is kept. Line ends: \n, \r\n or \r.
//
// Texts other than the file (values given on the command line) are further sources of the same document.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/scenario/problems.h"

namespace meshmall::models {

inline constexpr std::size_t kMaxProblems = 1000;
inline constexpr std::size_t kMaxJsonBytes = std::size_t{32} * 1024 * 1024;

struct JsonPlace {
  std::uint32_t source = 0;
  std::uint32_t offset = 0;  // bytes
};

struct JsonMember;
class JsonValue {
 public:
  using Items = std::vector<JsonValue>;
  using Members = std::vector<JsonMember>;
  struct Null {};

  JsonValue();
  JsonValue(JsonPlace at, std::variant<Null, bool, std::int64_t, double, std::string, Items, Members> what);
  JsonValue(const JsonValue&);
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(const JsonValue&);
  JsonValue& operator=(JsonValue&&) noexcept;
  ~JsonValue();

  JsonPlace at;
  // A number is an int64 when it is written as a whole number that fits, else a double.
  std::variant<Null, bool, std::int64_t, double, std::string, Items, Members> what;

  bool isNull() const { return std::holds_alternative<Null>(what); }
  const bool* boolean() const { return std::get_if<bool>(&what); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&what); }
  std::optional<double> number() const;
  const std::string* string() const { return std::get_if<std::string>(&what); }
  const Items* items() const { return std::get_if<Items>(&what); }
  const Members* members() const { return std::get_if<Members>(&what); }
  Items* items() { return std::get_if<Items>(&what); }
  Members* members() { return std::get_if<Members>(&what); }
  const JsonMember* find(std::string_view key) const;  // nullptr: not an object or no such key
  JsonMember* find(std::string_view key);

  // "an object", "the number 3", "the text \"x\"": for messages.
  std::string description() const;
};

struct JsonMember {
  std::string key;
  JsonPlace key_at;
  JsonValue value;
};

class JsonDocument {
 public:
  // Parses `text` as a further source called `name`. Nothing when it is not JSON: then one problem says where, and why.
  // `column` is added to columns of its first line (where the text is part of a longer one).
  std::optional<JsonValue> parse(std::string text, std::string name, std::uint32_t column = 0);

  // A further source that is no JSON: its text is the value.
  JsonValue addText(std::string text, std::string name, std::uint32_t column);

  // Notes a problem at a place of this document. The first 1,000 are kept.
  void note(JsonPlace place, std::string pointer, std::string message, std::string hint = {}, Problem::Severity severity = Problem::Severity::error,
            std::string code = {});
  // The text stands at this place in quotes, byte for byte.
  bool writtenPlainly(JsonPlace place, std::string_view text) const;
  // An error has been noted.
  bool failed() const { return failed_; }
  // No further problem will be kept: not worth working out its words.
  bool full() const { return notes_.size() >= kMaxProblems; }
  // An error that is only counted, when full.
  void omit() {
    failed_ = true;
    ++omitted_;
  }
  // True when this very place and message were noted before.
  bool noted(JsonPlace place, std::string_view message) const;

  // From now on problems that were noted before, at the same place with the same words, are left out.
  void skipRepetitions() { skip_repetitions_ = true; }

  // A key that the decoder should have read and did not: "version.workers". Any is a broken promise of the decoder.
  void noteIgnored(std::string key) { ignored_ = std::move(key); }
  const std::string& ignored() const { return ignored_; }

  // All noted problems, by source and place; line and column are worked out in one pass over the texts.
  std::vector<Problem> problems() const;

 private:
  struct Source {
    std::string name, text;
    std::uint32_t column = 0;  // added to the first line's
  };
  struct Note {
    JsonPlace place;
    Problem problem;
  };
  std::deque<Source> sources_;
  std::vector<Note> notes_;
  std::size_t omitted_ = 0;
  bool failed_ = false, skip_repetitions_ = false;
  std::string ignored_;
};

// True when the whole text is one JSON value. Meant for short texts without nesting.
bool isJson(std::string_view text);

// One reference token of a JSON pointer: "~" and "/" escaped (RFC 6901).
std::string pointerToken(std::string_view name);

}  // namespace meshmall::models
