// A metric, a scope or a unit that is not there ends with 2 before anything runs, wherever a rule can be written: no gate may pass because of a slip of the pen.
#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;

struct Slip {
  const char* rule;
  const char* says;
  bool change;  // increase() or decrease(): not for a scenario's own limits
};
constexpr Slip kSlips[] = {
    {"latency.p9 < 250ms", "latency.p9", false},
    {"latency.p99 < 250", "unit", false},
    {"latency.p99 < 250/s", "", false},
    {"success.rate >= 99ms", "", false},
    {"throughput >= 5ms", "", false},
    {"latency.p99 < 250ms for service=oven", "oven", false},
    {"latency.p99 < 250ms for traffic=dinner", "dinner", false},
    {"latency.p99 < 250ms for shop=counter", "", false},
    {"utilization < 80%", "", false},  // not measured for the whole mall
    {"increase(latency.p9) <= 5%", "latency.p9", true},
    {"increase(latency.p99) <= 5pp", "", true},
    {"increase(latency.p99) <= 5/s", "", true},
    {"increase(latency.p99) <= 5% for service=oven", "oven", true},
};

std::string withSlo(const std::string& rule) {
  std::string text = shop("150/s", "1s");
  return text.insert(text.rfind('}'), R"(, "slos": [")" + rule + "\"]");
}

class Slips : public testing::Test {
 protected:
  Slips() : good(folder.write("shop.json", shop("150/s", "1s"))) {}
  void refused(const std::vector<std::string>& call, const Slip& slip) const {
    const Outcome outcome = runProgram(call);
    std::string shown;
    for (const std::string& word : call) shown += word + " ";
    EXPECT_EQ(outcome.code, 2) << shown << slip.rule << "\n" << outcome.err << outcome.out;
    EXPECT_NE(outcome.err.find(slip.says), std::string::npos) << shown << "\n" << outcome.err;
    EXPECT_EQ(outcome.err.find("runs in"), std::string::npos) << shown << "ran";
    EXPECT_FALSE(folder.has("out")) << shown << slip.rule;
  }
  std::string study(const std::string& rule) const {
    return folder.write("study.json", R"({"meshmallStudy": 1, "name": "s", "scenario": "shop.json", "variants": {"baseline": {}, "b": {"set": {"/services/counter/versions/v1/speed": 2}}}, "gates": [")" + rule + "\"]}");
  }
  std::string out() const { return folder.path("out"); }
  const Folder folder;
  const std::string good;
};

TEST_F(Slips, InAScenariosLimits) {
  for (const Slip& slip : kSlips) {
    const std::string bad = folder.write("bad.json", withSlo(slip.rule));  // a change has no baseline there
    if (slip.change) {
      EXPECT_EQ(runProgram({"check", bad}).code, 2) << slip.rule;
      continue;
    }
    refused({"check", bad}, slip);
    refused({"run", bad, "-o", out()}, slip);
    refused({"compare", good, bad, "-o", out()}, slip);
  }
}

TEST_F(Slips, InAStudysGatesForEveryVerbThatReadsThem) {
  for (const Slip& slip : kSlips) {
    const std::string bad = study(slip.rule);
    refused({"batch", bad, "-o", out()}, slip);
    refused({"plan", bad, "-o", out()}, slip);
    refused({"rank", bad, "-o", out()}, slip);
    refused({"compare", bad + ":baseline", bad + ":b", "-o", out()}, slip);
  }
}

TEST_F(Slips, InRulesOfTheCallAndOfGateFiles) {
  for (const Slip& slip : kSlips) {
    refused({"compare", good, good, "-o", out(), "--fail-on", slip.rule}, slip);
    const std::string gate = folder.write("gate.json", std::string(R"({"version": 1, "rules": [")") + slip.rule + "\"]}");
    refused({"compare", good, good, "-o", out(), "--gate", gate}, slip);
  }
  for (const char* margins : {R"({"latency.p9": "3%"})", R"({"latency.p99": "3/s"})", R"({"latency.p90": "3%"})", R"({"latency.p99": 3})"}) {
    const std::string gate = folder.write("gate.json", std::string(R"({"version": 1, "rules": ["increase(latency.p99) <= 5%"], "margins": )") + margins + "}");
    refused({"compare", good, good, "-o", out(), "--gate", gate}, {margins, "", true});
  }
}

TEST_F(Slips, InAStudysMetricsAndPrecision) {
  for (const char* more : {R"("metrics": ["latency.p9"])", R"("replications": {"min": 5, "max": 9, "metric": "latency.p9", "relativeHalfWidth": 0.1})"}) {
    folder.write("study.json", std::string(R"({"meshmallStudy": 1, "name": "s", "scenario": "shop.json", )") + more + "}");
    for (const char* verb : {"batch", "plan", "rank"}) refused({verb, folder.path("study.json"), "-o", out()}, {more, "latency.p9", false});
  }
}

}  // namespace
}  // namespace meshmall
