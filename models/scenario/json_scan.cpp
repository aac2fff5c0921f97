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

  bool countValue(std::size_t bytes) {
    content_ += bytes;
    if (++values_ > kMaxJsonValues) {
      fail(at_, "too many values (at most 500,000; long lists of numbers belong in a file beside the scenario)");
    } else if (content_ > kMaxJsonContent) {
      fail(at_, "too much text (strings and numbers of more than 16 MiB together)");
    } else {
      return true;
    }
    out_.error->hopeless = true;
    return false;
  }

  // Brackets that close more than was opened, anything after the whole, a comma or colon without a value before it. Everything else that is wrong with the order
  // of tokens leaves their number bounded by that of the values, and is left to the parser.
  bool outOfPlace(char c) const {
    if (depth_ == 0) return c != '{' && c != '[';
    return (c == ',' || c == ':') && before_ != 'v' && before_ != '}' && before_ != ']';
  }

  void skipBlanks() {
    while (at_ < text_.size() && isBlank(text_[at_])) ++at_;
    out_.compact += ' ';
  }

  void punctuation(char c) {
    if (c == '{' || c == '[') {
      if (depth_ == kMaxJsonNesting) return fail(at_, "nested deeper than 64 levels");
      if (!countValue(0)) return;
    }
    const bool wrong = outOfPlace(c);
    depth_ += c == '{' || c == '[' ? 1U : 0U;
    depth_ -= depth_ > 0 && (c == '}' || c == ']') ? 1U : 0U;
    token(at_, at_ + 1);
    if (wrong) return fail(at_, "not valid JSON: a '" + std::string(1, c) + "' out of place");
    before_ = c;
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
    if (!countValue(end - begin)) return;
    token(begin, end + 1);
    before_ = 'v';
    at_ = end + 1;
  }

  void word() {
    const std::size_t begin = at_;
    std::size_t end = at_;
    while (end < text_.size() && !isBlank(text_[end]) && !isPunctuation(text_[end]) && text_[end] != '"') {
      if (end - begin > kMaxJsonToken) return fail(begin, "number or word longer than 64 KiB");
      if (!step(end)) return;
    }
    if (!countValue(end - begin)) return;
    token(begin, end);
    before_ = 'v';
    at_ = end;
  }

  std::string_view text_;
  std::size_t at_ = 0, depth_ = 0, values_ = 0, content_ = 0;
  char before_ = '\0';  // the last token: itself, or 'v' for a string, number or word
  JsonScan out_;
};

}  // namespace

JsonScan scanJson(std::string_view text) { return Scanner(text).run(); }

}  // namespace meshmall::models
