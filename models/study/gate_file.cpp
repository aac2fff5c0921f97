// The gate file: {"version": 1, "alpha": 0.01, "mode": "alarm", "replications": 20, "margins": {"latency.p99": "3%"}, "rules": [...], "waivers": [...]}.
#include <algorithm>
#include <set>

#include "models/scenario/json_document.h"
#include "models/study/gate_rules.h"

namespace meshmall::models {
namespace {

class GateReader {
 public:
  GateReader(JsonDocument& document, const std::string& today) : document_(document), today_(today) {}

  GateFile read(const JsonValue& root) {
    if (root.members() == nullptr) {
      note(root, "", "must be an object (got " + root.description() + ")");
      return file_;
    }
    keys(root, "", {"version", "alpha", "mode", "replications", "rules", "margins", "waivers", "onInconclusive", "onNoData", "sloMode"});
    const JsonMember* version = root.find("version");
    if (version == nullptr) {
      note(root, "", "needs \"version\": 1");
    } else if (version->value.integer() == nullptr || *version->value.integer() != 1) {
      note(version->value, "/version", "must be 1, the version of the format (got " + version->value.description() + ")");
    }
    readNumbers(root);
    if (const auto mode = choice(root, "mode", {"alarm", "prove"})) file_.mode = *mode == "prove" ? engine::GateMode::prove : engine::GateMode::alarm;
    file_.on_inconclusive = choice(root, "onInconclusive", {"pass", "warn", "fail"});
    if (const auto mode = choice(root, "sloMode", {"limits", "point"})) file_.slo_point = *mode == "point";
    file_.on_no_data = choice(root, "onNoData", {"warn", "fail"});
    readRules(root);
    readMargins(root);
    readWaivers(root);
    return file_;
  }

 private:
  void note(const JsonValue& at, const std::string& pointer, const std::string& message, const std::string& hint = {}) { document_.note(at.at, pointer, message, hint); }

  void keys(const JsonValue& object, const std::string& pointer, const std::set<std::string>& known) {
    for (const JsonMember& member : *object.members())
      if (known.count(member.key) == 0) document_.note(member.key_at, pointer + "/" + pointerToken(member.key), "unknown key " + inQuotes(member.key), listed(known));
  }
  static std::string listed(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& each : names) text += (text.empty() ? "known: " : ", ") + each;
    return text;
  }

  void readNumbers(const JsonValue& root) {
    if (const JsonMember* alpha = root.find("alpha")) {
      const auto value = alpha->value.number();
      if (value && *value > 0 && *value <= 0.5) {
        file_.alpha = *value;
      } else {
        note(alpha->value, "/alpha", "must be a number above 0 and at most 0.5 (got " + alpha->value.description() + ")");
      }
    }
    if (const JsonMember* replications = root.find("replications")) {
      const std::int64_t* value = replications->value.integer();
      if (value != nullptr && *value >= 2 && *value <= 100'000) {
        file_.replications = static_cast<std::uint64_t>(*value);
      } else {
        note(replications->value, "/replications", "must be a whole number from 2 to 100000 (got " + replications->value.description() + ")");
      }
    }
  }

  std::optional<std::string> choice(const JsonValue& root, const std::string& key, const std::vector<std::string>& allowed) {
    const JsonMember* member = root.find(key);
    if (member == nullptr) return std::nullopt;
    const std::string* text = member->value.string();
    if (text != nullptr && std::find(allowed.begin(), allowed.end(), *text) != allowed.end()) return *text;
    std::string names;
    for (const std::string& each : allowed) names += (names.empty() ? "" : " or ") + each;
    note(member->value, "/" + key, "must be " + names + " (got " + member->value.description() + ")");
    return std::nullopt;
  }

  void readRules(const JsonValue& root) {
    const JsonMember* rules = root.find("rules");
    if (rules == nullptr) return;
    if (rules->value.items() == nullptr) return note(rules->value, "/rules", "must be a list of texts (got " + rules->value.description() + ")");
    for (std::size_t i = 0; i < rules->value.items()->size(); ++i) {
      const JsonValue& item = (*rules->value.items())[i];
      const std::string pointer = "/rules/" + std::to_string(i);
      if (item.string() == nullptr) {
        note(item, pointer, "must be a text (got " + item.description() + ")");
        continue;
      }
      const auto parsed = parseExpression(*item.string());
      if (const auto* wrong = std::get_if<ExpressionProblem>(&parsed)) {
        JsonPlace at = item.at;
        if (document_.writtenPlainly(item.at, *item.string())) at.offset += wrong->column;  // past the quote
        document_.note(at, pointer, wrong->message, wrong->hint);
        continue;
      }
      file_.rules.push_back(*item.string());
    }
  }

  void readMargins(const JsonValue& root) {
    const JsonMember* margins = root.find("margins");
    if (margins == nullptr) return;
    if (margins->value.members() == nullptr) return note(margins->value, "/margins", "must be an object (got " + margins->value.description() + ")");
    for (const JsonMember& member : *margins->value.members()) {
      if (member.value.string() == nullptr) {
        note(member.value, "/margins/" + pointerToken(member.key), "must be a text such as \"3%\" (got " + member.value.description() + ")");
      } else {
        file_.margins.push_back({member.key, *member.value.string()});
      }
    }
  }

  static bool isDate(const std::string& text) {
    if (text.size() != 10) return false;
    for (std::size_t i = 0; i < 10; ++i)
      if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
    const int month = (text[5] - '0') * 10 + text[6] - '0', day = (text[8] - '0') * 10 + text[9] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
  }

  void readWaivers(const JsonValue& root) {
    const JsonMember* waivers = root.find("waivers");
    if (waivers == nullptr) return;
    if (waivers->value.items() == nullptr) return note(waivers->value, "/waivers", "must be a list (got " + waivers->value.description() + ")");
    for (std::size_t i = 0; i < waivers->value.items()->size(); ++i) {
      const JsonValue& item = (*waivers->value.items())[i];
      const std::string pointer = "/waivers/" + std::to_string(i);
      if (item.members() == nullptr) {
        note(item, pointer, "must be an object (got " + item.description() + ")");
        continue;
      }
      keys(item, pointer, {"rule", "until", "reason"});
      GateWaiver waiver;
      bool whole = true;
      for (const auto& [key, text] : {std::pair{"rule", &waiver.rule}, {"until", &waiver.until}, {"reason", &waiver.reason}}) {
        const JsonMember* member = item.find(key);
        if (member == nullptr || member->value.string() == nullptr || member->value.string()->empty()) {
          note(member == nullptr ? item : member->value, pointer, std::string("needs ") + key + ", a text");
          whole = false;
        } else {
          *text = *member->value.string();
        }
      }
      if (!whole) continue;
      const JsonValue& until = item.find("until")->value;
      if (!isDate(waiver.until)) {
        note(until, pointer + "/until", "must be a day such as 2027-01-31 (got " + inQuotes(waiver.until) + ")");
      } else if (waiver.until < today_) {
        note(until, pointer + "/until", "the waiver ended on " + waiver.until + " (today is " + today_ + ")", "mend what it covered, or decide anew and extend it");
      } else if (std::find(file_.rules.begin(), file_.rules.end(), waiver.rule) == file_.rules.end()) {
        note(item.find("rule")->value, pointer + "/rule", "no rule of this file reads " + inQuotes(waiver.rule));
      } else {
        file_.waivers.push_back(std::move(waiver));
      }
    }
  }

  JsonDocument& document_;
  const std::string& today_;
  GateFile file_;
};

}  // namespace

std::optional<GateFile> readGateFile(std::string text, const std::string& name, const std::string& today, std::vector<Problem>& problems) {
  JsonDocument document;
  std::optional<GateFile> file;
  if (const auto root = document.parse(std::move(text), name)) file = GateReader(document, today).read(*root);
  const std::vector<Problem> found = document.problems();
  problems.insert(problems.end(), found.begin(), found.end());
  if (document.failed()) return std::nullopt;
  return file;
}

}  // namespace meshmall::models
