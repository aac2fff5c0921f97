#include "models/importers/yaml_text.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

#include "models/scenario/utf8.h"

namespace meshmall::models {

const YamlValue* YamlValue::find(std::string_view key) const {
  for (const YamlMember& member : members)
    if (member.key == key) return member.value.isNull() ? nullptr : &member.value;
  return nullptr;
}

const YamlValue* YamlValue::find(std::initializer_list<std::string_view> keys) const {
  const YamlValue* here = this;
  for (const std::string_view key : keys) {
    here = here->find(key);
    if (here == nullptr) return nullptr;
  }
  return here;
}

std::string YamlValue::textOf(std::string_view key) const {
  const YamlValue* value = find(key);
  return value != nullptr && value->isScalar() ? value->text : std::string();
}

namespace {

// Ends the parser; the place is where it happened.
struct Refused : std::runtime_error {
  Refused(const YamlPlace& place, const std::string& why) : std::runtime_error(why), at(place) {}
  YamlPlace at;
};

bool isNullText(const std::string& text) { return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL"; }

// Builds the values of one document from the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::uint32_t file, std::size_t& values) : file_(file), values_(values) {}

  bool complete() const { return complete_; }
  YamlValue take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlValue value;
    value.at = place(mark);
    add(std::move(value), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw Refused(place(mark), "this alias stands inside what it names");
    count(known->second.values, place(mark));
    YamlValue copy = known->second.value;
    add(std::move(copy), YAML::NullAnchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    YamlValue value;
    value.at = place(mark);
    value.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!value.quoted && isNullText(text)) return add(std::move(value), anchor);
    value.kind = YamlValue::Kind::scalar;
    value.text = text;
    if (text.size() > 1024 * 1024) throw Refused(value.at, "a text of more than 1 MiB");
    add(std::move(value), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { open(mark, YamlValue::Kind::list, anchor); }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { open(mark, YamlValue::Kind::map, anchor); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlValue value;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::size_t values_before = 0;
    bool has_key = false;
    std::string key;
    YamlPlace key_at;
    std::set<std::string> keys;  // of a map with many
    std::vector<std::pair<YamlPlace, YamlValue>> merges;  // of "<<"
  };
  struct Anchored {
    YamlValue value;
    std::size_t values = 0;
  };

  YamlPlace place(const YAML::Mark& mark) const { return {file_, static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)}; }

  void count(std::size_t more, const YamlPlace& at) {
    values_ += more;
    if (values_ > kMaxYamlValues) throw Refused(at, "more than 600,000 values, aliases written out");
  }

  void open(const YAML::Mark& mark, YamlValue::Kind kind, YAML::anchor_t anchor) {
    if (stack_.size() >= kMaxYamlNesting) throw Refused(place(mark), "nested more than 64 deep");
    Open next;
    next.value.kind = kind;
    next.value.at = place(mark);
    next.anchor = anchor;
    next.values_before = values_;
    stack_.push_back(std::move(next));
  }

  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    for (auto& [at, merged] : done.merges) merge(done.value, at, std::move(merged));
    const std::size_t inside = values_ - done.values_before;
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = {done.value, inside + 1};
    add(std::move(done.value), YAML::NullAnchor);
  }

  // A key of the map itself wins over a merged one, an earlier merged map over a later one.
  void merge(YamlValue& into, const YamlPlace& at, YamlValue from) {
    if (from.isList()) {
      for (YamlValue& each : from.items) merge(into, at, std::move(each));
      return;
    }
    if (!from.isMap()) throw Refused(at, "\"<<\" takes a map, or a list of maps");
    for (YamlMember& member : from.members) {
      const bool known = std::any_of(into.members.begin(), into.members.end(), [&](const YamlMember& m) { return m.key == member.key; });
      if (!known) into.members.push_back(std::move(member));
    }
  }

  void add(YamlValue value, YAML::anchor_t anchor) {
    count(1, value.at);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {value, 1};
    if (stack_.empty()) {
      root_ = std::move(value);
      complete_ = true;
      return;
    }
    Open& top = stack_.back();
    if (top.value.isList()) {
      top.value.items.push_back(std::move(value));
    } else if (!top.has_key) {
      if (!value.isScalar() && !value.isNull()) throw Refused(value.at, "a key must be a text");
      top.has_key = true;
      top.key = value.text;
      top.key_at = value.at;
    } else {
      top.has_key = false;
      if (top.key == "<<") return top.merges.emplace_back(top.key_at, std::move(value)), void();
      if (top.value.members.size() == 32)
        for (const YamlMember& member : top.value.members) top.keys.insert(member.key);
      const bool twice = top.value.members.size() < 32
                             ? std::any_of(top.value.members.begin(), top.value.members.end(), [&](const YamlMember& m) { return m.key == top.key; })
                             : !top.keys.insert(top.key).second;
      if (twice) throw Refused(top.key_at, "there are two keys \"" + printable(top.key) + "\"");
      top.value.members.push_back({top.key, top.key_at, std::move(value)});
    }
  }

  std::uint32_t file_;
  std::size_t& values_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  YamlValue root_;
  bool complete_ = false;
};

Problem problemAt(const std::string& name, const YamlPlace& at, std::string message, std::string hint = {}) {
  Problem problem;
  problem.file = name;
  problem.line = at.line;
  problem.column = at.column;
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  problem.source = at.file;
  return problem;
}

// Files in UTF-16 are told by their first bytes and left to the parser.
bool isWide(const std::string& text) { return text.size() >= 2 && ((text[0] == '\xFF' && text[1] == '\xFE') || (text[0] == '\xFE' && text[1] == '\xFF')); }

// The place of the first byte that is neither UTF-8 nor allowed in a text file; line 0: there is none.
YamlPlace badByte(const std::string& text, std::uint32_t file) {
  YamlPlace at{file, 1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) return at;
      ++i;
      ++at.column;
      if (c == '\n') at = {file, at.line + 1, 1};
      continue;
    }
    const Utf8 next = decodeUtf8(text, i);
    if (next.length == 0) return at;
    i += next.length;
    ++at.column;
  }
  return {file, 0, 0};
}

// yaml-cpp reads ahead through brackets that open: with millions of them that takes seconds and gigabytes. No manifest has ten thousand more that open than close,
// whatever stands in its texts. Line 0: fine.
YamlPlace endlessBrackets(const std::string& text, std::uint32_t file) {
  constexpr int kMost = 10'000;
  int open = 0;
  std::uint32_t line = 1;
  for (const char c : text) {
    line += c == '\n' ? 1 : 0;
    if (c == '[' || c == '{') ++open;
    else if ((c == ']' || c == '}') && open > 0) --open;
    if (open > kMost) return {file, line, 1};
  }
  return {file, 0, 0};
}

std::string hintFor(const std::string& text) {
  return text.find("{{") != std::string::npos ? "this looks like a template: render it first (helm template, kustomize build)" : "";
}

}  // namespace

std::vector<YamlValue> parseYaml(const std::string& text, std::uint32_t file, const std::string& name, std::vector<Problem>& problems) {
  std::vector<YamlValue> documents;
  if (text.size() > kMaxYamlBytes) {
    problems.push_back(problemAt(name, {file, 0, 0}, "larger than 12 MiB", "give the kinds that matter: kubectl get deploy,sts,svc,vs,dr -o yaml"));
    return documents;
  }
  if (!isWide(text)) {
    if (const YamlPlace bad = badByte(text, file); bad.line != 0) {
      problems.push_back(problemAt(name, bad, "neither UTF-8 nor plain text"));
      return documents;
    }
  }
  if (const YamlPlace bad = endlessBrackets(text, file); bad.line != 0) {
    problems.push_back(problemAt(name, bad, "nested more than 64 deep"));
    return documents;
  }
  std::size_t values = 0;
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    YamlPlace last;
    for (;;) {
      Builder builder(file, values);
      if (!parser.HandleNextDocument(builder)) break;
      if (!builder.complete()) continue;
      documents.push_back(builder.take());
      // On some malformed texts ("a, b") the parser gives empty documents without end, all at one place.
      const YamlPlace here = documents.back().at;
      if (here.line == last.line && here.column == last.column) throw Refused(here, "is not YAML: unexpected text");
      last = here;
    }
  } catch (const Refused& refused) {
    problems.push_back(problemAt(name, refused.at, refused.what(), hintFor(text)));
  } catch (const YAML::Exception& error) {
    const bool placed = !error.mark.is_null();
    const YamlPlace at = placed ? YamlPlace{file, static_cast<std::uint32_t>(error.mark.line + 1), static_cast<std::uint32_t>(error.mark.column + 1)} : YamlPlace{file, 1, 1};
    problems.push_back(problemAt(name, at, "is not YAML: " + printable(error.msg), hintFor(text)));
  } catch (const std::exception& error) {
    problems.push_back(problemAt(name, {file, 1, 1}, std::string("is not YAML: ") + printable(error.what())));
  }
  return documents;
}

}  // namespace meshmall::models
