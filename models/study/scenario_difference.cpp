#include "models/study/scenario_difference.h"

#include <algorithm>

#include "models/study/canonical_json.h"

namespace meshmall::models {
namespace {

constexpr std::size_t kLongestValue = 200;

bool equal(const JsonValue& a, const JsonValue& b) {
  if (a.number() && b.number()) return *a.number() == *b.number();
  if (const auto* items = a.items()) {
    const auto* others = b.items();
    return others != nullptr && std::equal(items->begin(), items->end(), others->begin(), others->end(), equal);
  }
  if (const auto* members = a.members()) {
    if (b.members() == nullptr || b.members()->size() != members->size()) return false;
    return std::all_of(members->begin(), members->end(), [&](const JsonMember& m) {
      const JsonMember* other = b.find(m.key);
      return other != nullptr && equal(m.value, other->value);
    });
  }
  return canonicalJson(a) == canonicalJson(b);
}

class Lines {  // of a text: from a byte's offset to its line, from 1
 public:
  explicit Lines(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') ends_.push_back(static_cast<std::uint32_t>(i));
  }
  std::uint32_t at(JsonPlace place) const {
    return static_cast<std::uint32_t>(std::lower_bound(ends_.begin(), ends_.end(), place.offset) - ends_.begin()) + 1;
  }

 private:
  std::vector<std::uint32_t> ends_;
};

class Finder {
 public:
  Finder(const std::string& baseline, const std::string& candidate, std::size_t limit) : old_lines_(baseline), new_lines_(candidate), limit_(limit) {}

  void compare(const std::string& pointer, const JsonValue& a, const JsonValue& b) {
    if (equal(a, b)) return;
    if (a.members() != nullptr && b.members() != nullptr) {
      for (const JsonMember& member : *a.members()) {
        const std::string below = pointer + "/" + pointerToken(member.key);
        if (const JsonMember* other = b.find(member.key)) {
          compare(below, member.value, other->value);
        } else {
          add(below, &member.value, nullptr, member.key_at, b.at);
        }
      }
      for (const JsonMember& member : *b.members())
        if (a.find(member.key) == nullptr) add(pointer + "/" + pointerToken(member.key), nullptr, &member.value, a.at, member.key_at);
    } else if (a.items() != nullptr && b.items() != nullptr) {
      compareLists(pointer, a, b);
    } else {
      add(pointer, &a, &b, a.at, b.at);
    }
  }

  ScenarioDifference found;

 private:
  void compareLists(const std::string& pointer, const JsonValue& a, const JsonValue& b) {
    const JsonValue::Items &x = *a.items(), &y = *b.items();
    std::size_t front = 0, back = 0;
    const std::size_t shorter = std::min(x.size(), y.size());
    if (x.size() != y.size()) {
      while (front < shorter && equal(x[front], y[front])) ++front;
      while (back < shorter - front && equal(x[x.size() - 1 - back], y[y.size() - 1 - back])) ++back;
    }
    const std::size_t x_end = x.size() - back, y_end = y.size() - back, both = std::min(x_end, y_end);
    for (std::size_t i = front; i < both; ++i) compare(pointer + "/" + std::to_string(i), x[i], y[i]);
    for (std::size_t i = std::max(front, both); i < x_end; ++i) add(pointer + "/" + std::to_string(i), &x[i], nullptr, x[i].at, b.at);
    for (std::size_t i = std::max(front, both); i < y_end; ++i) add(pointer + "/" + std::to_string(i), nullptr, &y[i], a.at, y[i].at);
  }

  static std::optional<std::string> shown(const JsonValue* value) {
    if (value == nullptr) return std::nullopt;
    std::string text = canonicalJson(*value);
    if (text.size() > kLongestValue) {
      std::size_t end = kLongestValue;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not in the middle of a character
      text = text.substr(0, end) + "...";
    }
    return text;
  }

  void add(const std::string& pointer, const JsonValue* a, const JsonValue* b, JsonPlace a_at, JsonPlace b_at) {
    if (found.places.size() >= limit_) {
      ++found.omitted;
      return;
    }
    found.places.push_back({pointer, shown(a), shown(b), old_lines_.at(a_at), new_lines_.at(b_at)});
  }

  Lines old_lines_, new_lines_;
  std::size_t limit_;
};

}  // namespace

ScenarioDifference differenceOf(const std::string& baseline, const std::string& candidate, std::size_t limit) {
  JsonDocument before, after;
  const auto a = before.parse(baseline, "baseline"), b = after.parse(candidate, "candidate");
  if (!a || !b) return {};
  Finder finder(baseline, candidate, limit);
  finder.compare("", *a, *b);
  return std::move(finder.found);
}

}  // namespace meshmall::models
