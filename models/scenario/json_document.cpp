#include "models/scenario/json_document.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_set>

#include "models/scenario/json_scan.h"
#include "models/scenario/utf8.h"

namespace meshmall::models {

JsonValue::JsonValue() = default;
JsonValue::JsonValue(JsonPlace place, std::variant<Null, bool, std::int64_t, double, std::string, Items, Members> value)
    : at(place), what(std::move(value)) {}
JsonValue::JsonValue(const JsonValue&) = default;
JsonValue::JsonValue(JsonValue&&) noexcept = default;
JsonValue& JsonValue::operator=(const JsonValue&) = default;
JsonValue& JsonValue::operator=(JsonValue&&) noexcept = default;
JsonValue::~JsonValue() = default;

std::optional<double> JsonValue::number() const {
  if (const auto* whole = integer()) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&what)) return *real;
  return std::nullopt;
}

const JsonMember* JsonValue::find(std::string_view key) const {
  const Members* all = members();
  if (all == nullptr) return nullptr;
  for (const JsonMember& member : *all) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

JsonMember* JsonValue::find(std::string_view key) { return const_cast<JsonMember*>(static_cast<const JsonValue&>(*this).find(key)); }

std::string JsonValue::description() const {
  if (isNull()) return "null";
  if (const bool* truth = boolean()) return *truth ? "true" : "false";
  if (items() != nullptr) return "a list";
  if (members() != nullptr) return "an object";
  if (const std::string* text = string()) return inQuotes(*text);
  char digits[40];
  const auto end = integer() != nullptr ? std::to_chars(digits, digits + sizeof digits, *integer()).ptr : std::to_chars(digits, digits + sizeof digits, *number()).ptr;
  return std::string(digits, end);
}

bool isJson(std::string_view text) { return nlohmann::json::accept(text.begin(), text.end()); }

std::string pointerToken(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

namespace {

using Json = nlohmann::json;

// Builds the tree from nlohmann's events; the k-th event that stands for a token is the k-th token of the scan that is not a comma or a colon.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(const JsonScan& scan, std::uint32_t source) : scan_(scan), source_(source) {}

  bool null() override { return add(JsonValue(next(), JsonValue::Null{})); }
  bool boolean(bool value) override { return add(JsonValue(next(), value)); }
  bool number_integer(number_integer_t value) override { return add(JsonValue(next(), std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) return add(JsonValue(next(), static_cast<std::int64_t>(value)));
    return add(JsonValue(next(), static_cast<double>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(JsonValue(next(), double{value})); }
  bool string(string_t& value) override { return add(JsonValue(next(), std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(JsonValue(next(), JsonValue::Members{})); }
  bool start_array(std::size_t) override { return open(JsonValue(next(), JsonValue::Items{})); }
  bool end_object() override {
    findDuplicates(*stack_.back().value.members());
    return close();
  }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    stack_.back().key_at = next();
    stack_.back().key = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    error_position_ = position;
    error_ = error.what();
    return false;
  }

  JsonValue takeRoot() { return std::move(root_); }
  std::size_t errorPosition() const { return error_position_; }  // characters read when it failed
  const std::string& error() const { return error_; }

  std::string pointer() const {
    std::string out;
    for (const Frame& frame : stack_) {
      if (const auto* items = frame.value.items()) {
        out += '/' + std::to_string(items->size());
      } else if (!frame.key.empty()) {
        out += '/' + pointerToken(frame.key);
      }
    }
    return out;
  }

  struct Duplicate {
    JsonPlace at;
    std::string pointer, key;
  };
  std::vector<Duplicate> duplicates;  // as many as can be shown
  std::size_t further_duplicates = 0;

 private:
  struct Frame {
    JsonValue value;
    std::string key;
    JsonPlace key_at;
  };

  JsonPlace next() {
    const auto separator = [&](std::uint32_t at) { return scan_.compact[at] == ',' || scan_.compact[at] == ':'; };
    while (separator(scan_.tokens[token_].compact)) ++token_;
    return {source_, scan_.tokens[token_++].offset};
  }

  bool add(JsonValue value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (auto* items = stack_.back().value.items()) {
      items->push_back(std::move(value));
    } else {
      Frame& frame = stack_.back();
      frame.value.members()->push_back({std::move(frame.key), frame.key_at, std::move(value)});
      frame.key.clear();
    }
    return true;
  }

  bool open(JsonValue value) {
    stack_.push_back({std::move(value), {}, {}});
    return true;
  }

  bool close() {
    next();
    JsonValue value = std::move(stack_.back().value);
    stack_.pop_back();
    return add(std::move(value));
  }

  // Keeps the first of equal keys.
  void findDuplicates(JsonValue::Members& members) {
    if (members.size() < 2) return;
    std::unordered_set<std::string_view> seen(members.size());
    std::vector<std::size_t> repeated;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!seen.insert(members[i].key).second) repeated.push_back(i);
    }
    if (repeated.empty()) return;
    stack_.back().key.clear();
    const std::string parent = pointer();
    for (const std::size_t i : repeated) {
      if (duplicates.size() < kMaxProblems) {
        duplicates.push_back({members[i].key_at, parent + '/' + pointerToken(members[i].key), members[i].key});
      } else {
        ++further_duplicates;
      }
    }
    JsonValue::Members kept;
    auto drop = repeated.begin();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (drop != repeated.end() && *drop == i) {
        ++drop;
      } else {
        kept.push_back(std::move(members[i]));
      }
    }
    members = std::move(kept);
  }

  const JsonScan& scan_;
  std::uint32_t source_;
  std::size_t token_ = 0;
  std::vector<Frame> stack_;
  JsonValue root_;
  std::size_t error_position_ = 0;
  std::string error_;
};

struct SyntaxError {
  std::uint32_t offset = 0;
  std::string message;
};

// The parser's words without its prefix and its own (compact) position.
std::string parserWords(const std::string& what) {
  std::size_t from = what.find("syntax error ");
  if (from == std::string::npos) {
    from = what.find("] ");
    return from == std::string::npos ? what : what.substr(from + 2);
  }
  return what.substr(from);
}

SyntaxError syntaxError(const JsonScan& scan, const TreeBuilder& tree, std::string_view text) {
  const std::string& what = tree.error();
  const std::size_t at = tree.errorPosition() == 0 ? 0 : tree.errorPosition() - 1;  // of the offending character in the compact text
  const bool at_end = at >= scan.compact.size() || what.find("unexpected end of input") != std::string::npos;
  if (at_end && scan.error) return {scan.error->offset, scan.error->message};
  if (at_end) return {static_cast<std::uint32_t>(text.size()), text.find_first_not_of(" \t\r\n") == std::string_view::npos ? "the document is empty" : "the document ends too early"};
  auto after = std::upper_bound(scan.tokens.begin(), scan.tokens.end(), at, [](std::size_t p, const JsonToken& t) { return p < t.compact; });
  if (after == scan.tokens.begin()) return {0, parserWords(what)};
  // A wrong number or word is noticed at what follows it.
  const bool behind = what.find("invalid literal") != std::string::npos || what.find("invalid number") != std::string::npos;
  if (behind && after - scan.tokens.begin() > 1 && std::string_view("{}[],:").find(scan.compact[(after - 1)->compact]) != std::string_view::npos) --after;
  const JsonToken& token = *(after - 1);
  if (what.find("out_of_range") != std::string::npos) {
    const auto end = scan.compact.find_first_of(" ,:]}", token.compact);
    return {token.offset, "number out of range (" + printable(scan.compact.substr(token.compact, end - token.compact), 40) + ")"};
  }
  const bool inside = what.find("invalid string") != std::string::npos;  // exactly where; else the start of the token
  return {inside ? static_cast<std::uint32_t>(token.offset + (at - token.compact)) : token.offset, "not valid JSON: " + parserWords(what)};
}

std::optional<std::string> notUtf8(std::string_view text) {
  const auto starts = [&](std::string_view mark) { return text.substr(0, mark.size()) == mark; };
  if (starts("\xff\xfe") || starts("\xfe\xff") || starts(std::string_view("\0\0\xfe\xff", 4))) return "not UTF-8 (it looks like UTF-16 or UTF-32; save it as UTF-8)";
  if (text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0')) return "not UTF-8 (it looks like UTF-16 or UTF-32; save it as UTF-8)";
  return std::nullopt;
}

}  // namespace

std::optional<JsonValue> JsonDocument::parse(std::string text, std::string name, std::uint32_t column) {
  const auto source = static_cast<std::uint32_t>(sources_.size());
  sources_.push_back({std::move(name), std::move(text), column});
  Source& mine = sources_.back();
  const auto refuse = [&](std::uint32_t offset, std::string pointer, std::string message) -> std::optional<JsonValue> {
    note({source, offset}, std::move(pointer), std::move(message));
    return std::nullopt;
  };
  if (mine.text.size() > kMaxJsonBytes) {
    mine.text.clear();
    return refuse(0, "", "larger than 32 MiB");
  }
  if (mine.text.compare(0, 3, "\xef\xbb\xbf") == 0) mine.text.erase(0, 3);
  if (const auto reason = notUtf8(mine.text)) return refuse(0, "", *reason);
  const JsonScan scan = scanJson(mine.text);
  if (scan.error && scan.error->hopeless) return refuse(scan.error->offset, "", scan.error->message);
  TreeBuilder tree(scan, source);
  const bool parsed = Json::sax_parse(scan.compact.data(), scan.compact.data() + scan.compact.size(), &tree);
  if (!parsed || scan.error) {
    const SyntaxError error = parsed ? SyntaxError{scan.error->offset, scan.error->message} : syntaxError(scan, tree, mine.text);
    return refuse(error.offset, tree.pointer(), error.message);
  }
  for (auto& duplicate : tree.duplicates) note(duplicate.at, duplicate.pointer, "duplicate key " + inQuotes(duplicate.key));
  for (std::size_t i = 0; i < tree.further_duplicates; ++i) omit();
  return tree.takeRoot();
}

JsonValue JsonDocument::addText(std::string text, std::string name, std::uint32_t column) {
  const auto source = static_cast<std::uint32_t>(sources_.size());
  sources_.push_back({std::move(name), text, column});
  return JsonValue({source, 0}, std::move(text));
}

void JsonDocument::note(JsonPlace place, std::string pointer, std::string message, std::string hint, Problem::Severity severity, std::string code) {
  failed_ = failed_ || severity == Problem::Severity::error;
  if (skip_repetitions_ && noted(place, message)) return;
  if (notes_.size() >= kMaxProblems) {
    ++omitted_;
    return;
  }
  notes_.push_back({place, {sources_[place.source].name, 0, 0, std::move(pointer), std::move(message), std::move(hint), severity, place.source, std::move(code)}});
}

bool JsonDocument::writtenPlainly(JsonPlace place, std::string_view text) const {
  const std::string_view source = sources_[place.source].text;
  return place.offset < source.size() && source[place.offset] == '"' && source.substr(place.offset + 1, text.size()) == text;
}

bool JsonDocument::noted(JsonPlace place, std::string_view message) const {
  return std::any_of(notes_.begin(), notes_.end(), [&](const Note& n) {
    return n.place.source == place.source && n.place.offset == place.offset && n.problem.message == message;
  });
}

std::vector<Problem> JsonDocument::problems() const {
  std::vector<Note> sorted = notes_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Note& a, const Note& b) {
    return std::tie(a.place.source, a.place.offset) < std::tie(b.place.source, b.place.offset);
  });
  std::vector<Problem> out;
  std::uint32_t source = 0, line = 1, column = 1;
  std::size_t at = 0;
  bool started = false;
  for (Note& each : sorted) {
    if (!started || each.place.source != source) {
      source = each.place.source;
      line = 1;
      column = 1 + sources_[source].column;
      at = 0;
      started = true;
    }
    const std::string_view text = sources_[source].text;
    while (at < each.place.offset && at < text.size()) {
      if (text[at] == '\n' || (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n'))) {
        ++line;
        column = 1;
        ++at;
      } else {
        ++column;
        at += std::max<std::size_t>(1, decodeUtf8(text, at).length);
      }
    }
    each.problem.line = line;
    each.problem.column = column;
    out.push_back(std::move(each.problem));
  }
  sortProblems(out);
  if (omitted_ > 0) out.push_back({sources_[0].name, 0, 0, "", std::to_string(omitted_) + " further problems are not listed", "", Problem::Severity::error, 0});
  return out;
}

}  // namespace meshmall::models
