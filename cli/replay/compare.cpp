#include "cli/replay/compare.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

namespace meshmall::cli {

namespace {

using nlohmann::json;

constexpr std::size_t kMostDifferences = 20;
constexpr double kApproximately = 0.01;

bool isNote(const std::string& key) {
  return key == "note" || key == "notes" || key == "stated_by_source" || key == "rel_tol" || key == "abs_tol" || key.rfind("doc_", 0) == 0;
}

// Three words or more.
bool isSentence(const json& value) {
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  return std::count(text.begin(), text.end(), ' ') >= 2;
}

bool isWhole(const std::string& text) {
  const std::size_t start = text.size() > 1 && text[0] == '-' ? 1 : 0;
  return !text.empty() && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(start), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Comparison {
  double relative = 1e-9;
  double absolute = 0.0;
  bool tolerant = false;  // the case asks for a tolerance
  std::set<std::string> unordered;
  std::set<std::string> open;
  std::vector<std::string> differences;

  void differ(const std::string& path, const std::string& what) {
    if (differences.size() < kMostDifferences) differences.push_back(path + ": " + what);
  }
  void differ(const std::string& path, const json& expected, const json& actual) {
    differ(path, "expected " + expected.dump() + ", computed " + actual.dump());
  }

  bool numbersAgree(const json& expected, const json& actual) const {
    if (!tolerant && expected.is_number_integer() && actual.is_number_integer()) return expected == actual;
    const double e = expected.get<double>();
    const double a = actual.get<double>();
    return e == a || std::abs(e - a) <= std::max(absolute, relative * std::abs(e));
  }

  bool scalarsAgree(const json& expected, const json& actual) const {
    if (expected.is_number() && actual.is_number()) return numbersAgree(expected, actual);
    const bool mixed = (expected.is_string() && actual.is_number_integer()) || (expected.is_number_integer() && actual.is_string());
    if (!mixed) return expected == actual;
    const std::string left = expected.is_string() ? expected.get<std::string>() : expected.dump();
    const std::string right = actual.is_string() ? actual.get<std::string>() : actual.dump();
    return isWhole(left) && left == right;
  }

  // Whether they agree, without noting differences.
  bool agree(const json& expected, const json& actual) const {
    Comparison alone(*this);
    alone.differences.clear();
    alone.compare("", "", expected, actual);
    return alone.differences.empty();
  }

  void compareUnordered(const std::string& path, const json& expected, const json& actual) {
    std::vector<bool> used(actual.size(), false);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      std::size_t j = 0;
      while (j < actual.size() && (used[j] || !agree(expected[i], actual[j]))) ++j;
      if (j == actual.size()) return differ(path, "expected " + expected[i].dump() + " somewhere in " + actual.dump());
      used[j] = true;
    }
  }

  void compareLists(const std::string& path, const std::string& key, const json& expected, const json& actual) {
    const bool may_be_longer = open.contains(key);
    if (may_be_longer ? actual.size() < expected.size() : actual.size() != expected.size()) {
      return differ(path, "expected " + std::to_string(expected.size()) + " entries, computed " + std::to_string(actual.size()));
    }
    if (unordered.contains(key)) return compareUnordered(path, expected, actual);
    for (std::size_t i = 0; i < expected.size(); ++i) compare(path + "[" + std::to_string(i) + "]", key, expected[i], actual[i]);
  }

  void compare(const std::string& path, const std::string& key, const json& expected, const json& actual) {
    if (isSentence(expected)) return;
    if (expected.is_object() && actual.is_object()) {
      for (const auto& [name, value] : expected.items()) {
        if (isNote(name)) continue;
        const std::string below = path.empty() ? name : path + "." + name;
        if (actual.contains(name)) {
          compare(below, name, value, actual[name]);
        } else if (!isSentence(value)) {
          differ(below, "expected " + value.dump() + ", not computed");
        }
      }
    } else if (expected.is_array() && actual.is_array()) {
      compareLists(path, key, expected, actual);
    } else if (!scalarsAgree(expected, actual)) {
      differ(path, expected, actual);
    }
  }
};

void readTolerance(const json& from, Comparison& comparison) {
  if (!from.is_object()) return;
  if (from.contains("rel_tol") && from["rel_tol"].is_number()) {
    comparison.relative = from["rel_tol"].get<double>();
    comparison.tolerant = true;
  }
  if (from.contains("abs_tol") && from["abs_tol"].is_number()) {
    comparison.absolute = from["abs_tol"].get<double>();
    comparison.tolerant = true;
  }
}

bool saysApproximately(const json& one_case) {
  for (const char* key : {"note", "notes"}) {
    if (one_case.contains(key) && one_case[key].is_string() && one_case[key].get_ref<const std::string&>().find("approx") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> compareCase(const json& one_case, const json& actual, const ReplayAnswer& answer) {
  Comparison comparison;
  if (saysApproximately(one_case)) {
    comparison.relative = kApproximately;
    comparison.tolerant = true;
  }
  readTolerance(one_case, comparison);
  readTolerance(one_case["expect"], comparison);
  if (one_case.contains("unordered")) {
    for (const json& name : one_case["unordered"]) comparison.unordered.insert(name.get<std::string>());
  }
  comparison.open.insert(answer.open_lists.begin(), answer.open_lists.end());
  comparison.compare("", "", one_case["expect"], actual);
  return comparison.differences;
}

bool comparable(const json& one_case, const json& actual, const ReplayAnswer& answer) {
  if (!answer.draws_chosen || !one_case.contains("expect")) return true;
  const json expected = one_case["expect"].value("picks", json::array());
  const json computed = actual.value("picks", json::array());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!expected[i].contains("random")) continue;
    if (i >= computed.size() || computed[i].value("random", json()) != expected[i]["random"]) return false;
  }
  return true;
}

}  // namespace meshmall::cli
