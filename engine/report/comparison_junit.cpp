#include "engine/report/comparison_junit.h"

#include <set>
#include <utility>

#include "engine/report/comparison_phrases.h"
#include "engine/report/escaping.h"

namespace meshmall::engine {
namespace {

constexpr std::size_t kLongestName = 1000;

struct Counts {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  void add(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
  }
  std::string attributes() const {
    const auto one = [](const char* name, std::size_t n) { return std::string(" ") + name + "=\"" + std::to_string(n) + "\""; };
    return one("tests", tests) + one("failures", failures) + one("errors", errors) + one("skipped", skipped) + " time=\"0\"";
  }
};

// A name that this set does not have yet, written for XML.
class UniqueNames {
 public:
  std::string of(const std::string& before, const std::string& name) {
    std::string made = xmlText(name, kLongestName);
    for (int n = 2; !taken_.insert({before, made}).second; ++n) made = xmlText(name, kLongestName) + " (" + std::to_string(n) + ")";
    return made;
  }

 private:
  std::set<std::pair<std::string, std::string>> taken_;
};

const char* elementOf(const ReportRule& rule, bool informational) {
  switch (stateOf(rule)) {
    case RuleState::failing:
      return informational ? "skipped" : rule.verdict.no_data && !rule.verdict.broken ? "error" : "failure";
    case RuleState::fine:
      return nullptr;
    default:
      return "skipped";
  }
}

void addCase(std::string& out, const ReportRule& rule, bool informational, const std::string& classname, UniqueNames& names, Counts& counts) {
  ++counts.tests;
  const char* element = elementOf(rule, informational);
  out += "    <testcase classname=\"" + classname + "\" name=\"" + names.of(classname, rule.text) + "\" time=\"0\"";
  if (rule.questions.empty()) {
    out += "/>\n";
    return;
  }
  const ReportQuestion& q = decisive(rule);
  std::string details;
  for (const ReportQuestion& each : rule.questions) details += xmlText(questionText(rule, each), 2000) + "\n";
  if (element == nullptr) {
    out += ">\n      <system-out>" + details + "</system-out>\n    </testcase>\n";
    return;
  }
  std::string message = questionText(rule, q);
  if (informational && rule.fails) message = "informational: " + message;
  out += ">\n      <" + std::string(element) + " message=\"" + xmlText(message, 2000) + "\"";
  if (std::string_view(element) != "skipped") {
    out += " type=\"" + xmlText(name(q.verdict.verdict)) + "\">" + details + "</" + element + ">\n    </testcase>\n";
    (std::string_view(element) == "error" ? counts.errors : counts.failures) += 1;
  } else {
    out += "/>\n      <system-out>" + details + "</system-out>\n    </testcase>\n";
    ++counts.skipped;
  }
}

std::string properties(const ComparisonReport& report, const ReportScenario& scenario) {
  std::string out = "    <properties>\n";
  const auto add = [&out](const char* name, const std::string& value) { out += std::string("      <property name=\"") + name + "\" value=\"" + xmlText(value, 2000) + "\"/>\n"; };
  add("baseline", scenario.baseline.input);
  add("candidate", scenario.candidate.input);
  add("state", std::string(name(scenario.state)));
  add("mode", std::string(name(report.mode)));
  add("alpha", percentText(report.alpha));
  if (report.informational) add("informational", "true");
  if (scenario.state == PairState::compared) add("design", designText(scenario));
  add("version", report.version);
  return out + "    </properties>\n";
}

}  // namespace

std::string comparisonJunit(const ComparisonReport& report) {
  Counts all;
  std::string suites;
  UniqueNames suite_names;
  for (const ReportScenario& scenario : report.scenarios) {
    Counts counts;
    UniqueNames names;
    std::string cases;
    const std::string suite = suite_names.of("", scenario.name);
    if (scenario.state != PairState::compared) {
      cases = "    <testcase classname=\"" + suite + "\" name=\"compared\" time=\"0\">\n      <skipped message=\"" +
              (scenario.state == PairState::added ? "new: nothing to compare it with" : "deleted: only the baseline has it") + "\"/>\n    </testcase>\n";
      counts = {1, 0, 0, 1};
    }
    for (const ReportRule& rule : scenario.rules) addCase(cases, rule, report.informational, suite + "." + xmlText(scopeName(rule.scope), kLongestName), names, counts);
    suites += "  <testsuite name=\"" + suite + "\"" + counts.attributes() + ">\n" + properties(report, scenario) + cases + "  </testsuite>\n";
    all.add(counts);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meshmall compare\"" + all.attributes() + ">\n" + suites + "</testsuites>\n";
}

}  // namespace meshmall::engine
