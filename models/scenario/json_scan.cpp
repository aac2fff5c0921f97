#include "models/scenario/json_scan.h"

#include <cstring>

#include "models/scenario/utf8.h"

namespace meshmall::models {

namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isPunctuation(char c) { return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':'; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  JsonScan run() {
    while (!out_.error && at_ < text_.size()) {
      const char c = text_[at_];
      if (isBlank(c)) {
        skipBlanks();
      } else if (isPunctuation(c)) {
        punctuation(c);
      } else if (c == '"') {
        string();
      } else {
        word();
      }
    }
    return std::move(out_);
  }

 private:
  void fail(std::size_t at, std::string message) { out_.error = JsonScanError{static_cast<std::uint32_t>(at), std::move(message), false}; }

  void token(std::size_t begin, std::size_t end) {
    out_.tokens.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(out_.compact.size())});
    out_.compact.append(text_.data() + begin, end - begin);
  }

  bool countValue() {
    if (++values_ <= kMaxJsonValues) return true;
    fail(at_, "too many values (at most 2,000,000; long lists of numbers belong in a file beside the scenario)");
    out_.error->hopeless = true;
    return false;
  }

  void skipBlanks() {
    while (at_ < text_.size() && isBlank(text_[at_])) ++at_;
    out_.compact += ' ';
  }

  void punctuation(char c) {
    if (c == '{' || c == '[') {
      if (depth_ == kMaxJsonNesting) return fail(at_, "nested deeper than 64 levels");
      ++depth_;
      if (!countValue()) return;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
    token(at_, at_ + 1);
    ++at_;
  }

  // Leaves `end` behind the byte or code point, or fails.
  bool step(std::size_t& end) {
    const auto c = static_cast<unsigned char>(text_[end]);
    if (c == 0) {
      fail(end, "NUL byte");
      return false;
    }
    if (c < 0x80) {
      ++end;
      return true;
    }
    const Utf8 point = decodeUtf8(text_, end);
    if (point.length == 0) {
      fail(end, "not valid UTF-8");
      return false;
    }
    end += point.length;
    return true;
  }

  void string() {
    const std::size_t begin = at_;
    std::size_t end = at_ + 1;
    while (true) {
      if (end >= text_.size()) return fail(begin, "string is not closed");
      if (end - begin > kMaxJsonToken) return fail(begin, "string longer than 64 KiB");
      const char c = text_[end];
      if (c == '"') break;
      if (c == '\\' && end + 1 < text_.size() && (text_[end + 1] == '"' || text_[end + 1] == '\\')) {
        end += 2;
      } else if (c == '\n' || c == '\r') {
        return fail(end, "line end inside a string");
      } else if (!step(end)) {
        return;
      }
    }
    if (!countValue()) return;
    token(begin, end + 1);
    at_ = end + 1;
  }

  void word() {
    const std::size_t begin = at_;
    std::size_t end = at_;
    while (end < text_.size() && !isBlank(text_[end]) && !isPunctuation(text_[end]) && text_[end] != '"') {
      if (end - begin > kMaxJsonToken) return fail(begin, "number or word longer than 64 KiB");
      if (!step(end)) return;
    }
    if (!countValue()) return;
    token(begin, end);
    at_ = end;
  }

  std::string_view text_;
  std::size_t at_ = 0, depth_ = 0, values_ = 0;
  JsonScan out_;
};

}  // namespace

JsonScan scanJson(std::string_view text) { return Scanner(text).run(); }

}  // namespace meshmall::models
