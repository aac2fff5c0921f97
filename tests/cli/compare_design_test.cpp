// How many replications `compare` makes, of what, and from where: --precision, --adaptive, --only, --slo-mode, --seed-epoch, variants of a revision's studies.
#include "cli/compare_design.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

class CompareDesignVerb : public testing::Test {
 protected:
  CompareDesignVerb() {
    a = folder.write("a.json", shop("150/s", "4s"));
    json fast = json::parse(shop("150/s", "4s"));
    fast["services"]["counter"]["versions"]["v1"]["speed"] = 0.8;
    b = folder.write("b.json", fast.dump());
  }
  json compared(std::vector<std::string> call, int code) const {
    call.insert(call.begin(), "compare");
    call.insert(call.end(), {"--format", "json", "--quiet"});
    const Outcome outcome = runProgram(call);
    EXPECT_EQ(outcome.code, code) << outcome.err << outcome.out;
    return outcome.out.empty() ? json() : json::parse(outcome.out);
  }
  static bool noted(const json& notes, const std::string& text) {
    for (const json& note : notes)
      if (note.get<std::string>().find(text) != std::string::npos) return true;
    return false;
  }
  const Folder folder;
  std::string a, b;
};

TEST(CompareDesign, StepsAndLooksAreThoseThatArePlanned) {
  const cli::CompareDesign precise = cli::precisionDesign(0.02, 200);
  EXPECT_EQ(precise.first, 10u);
  EXPECT_EQ(precise.next(10), 15u);
  EXPECT_EQ(precise.next(190), 200u);
  EXPECT_EQ(precise.next(200), 200u);
  EXPECT_EQ(precise.alphaOfALook(0.01), 0.01) << "stopping on the width needs no share of alpha";
  const cli::CompareDesign looks = cli::adaptiveDesign(80);
  EXPECT_EQ(looks.looks, (std::vector<std::uint64_t>{10, 20, 40, 80}));
  EXPECT_EQ(looks.alphaOfALook(0.01), 0.0025);
  EXPECT_EQ(looks.next(20), 40u);
  EXPECT_EQ(looks.next(80), 80u);
  EXPECT_EQ(cli::adaptiveDesign(30).looks, (std::vector<std::uint64_t>{10, 20, 30}));
  EXPECT_EQ(cli::adaptiveDesign(10).looks, (std::vector<std::uint64_t>{10}));
}

TEST_F(CompareDesignVerb, APrecisionGoesOnUntilItIsReachedOrTheMost) {
  const json coarse = compared({a, b, "--fail-on", "increase(latency.mean) <= 50%", "--precision", "20%"}, 0);
  EXPECT_EQ(coarse["scenarios"][0]["baseline"]["replications"].size(), 10u);
  const json fine = compared({a, b, "--fail-on", "increase(latency.mean) <= 50%", "--precision", "2%"}, 0);
  const std::size_t made = fine["scenarios"][0]["baseline"]["replications"].size();
  EXPECT_GT(made, 10u);
  EXPECT_TRUE(noted(fine["notes"], "±2 %")) << fine["notes"];
  // Exactly what so many replications give, and not one step earlier.
  const json fixed = compared({a, b, "--fail-on", "increase(latency.mean) <= 50%", "--replications", std::to_string(made)}, 0);
  EXPECT_EQ(fixed["scenarios"][0]["rules"], fine["scenarios"][0]["rules"]);
  EXPECT_EQ(fixed["scenarios"][0]["series"], fine["scenarios"][0]["series"]);
  const json limited = compared({a, b, "--fail-on", "increase(latency.mean) <= 50%", "--precision", "0.1%", "--max-replications", "12"}, 0);
  EXPECT_EQ(limited["scenarios"][0]["baseline"]["replications"].size(), 12u);
  EXPECT_TRUE(noted(limited["scenarios"][0]["notes"], "not known to ±0.1 % after 12 replications"));
}

TEST_F(CompareDesignVerb, LooksStopAsSoonAsTheOutcomeIsKnownAndGoOnWhereItIsNot) {
  const json plain = compared({a, b, "--fail-on", "increase(latency.mean) <= 5%", "--adaptive"}, 1);
  EXPECT_EQ(plain["scenarios"][0]["candidate"]["replications"].size(), 10u) << "25 % more work is seen at the first look";
  EXPECT_EQ(plain["alpha"], 0.01);
  EXPECT_TRUE(noted(plain["notes"], "decided at look 1, after 10"));
  const double change = plain["scenarios"][0]["rules"][0]["questions"][0]["change"]["value"];
  EXPECT_NEAR(plain["scenarios"][0]["rules"][0]["questions"][0]["change"]["interval"]["level"].get<double>(), 0.9975, 1e-12) << "each look has a quarter of alpha";
  // A margin where the truth is takes all looks.
  const json close = compared({a, b, "--fail-on", "increase(latency.mean) <= " + std::to_string(change * 100) + "%", "--adaptive", "--max-replications", "20"}, 0);
  EXPECT_EQ(close["scenarios"][0]["candidate"]["replications"].size(), 20u);
  EXPECT_TRUE(noted(close["notes"], "decided at look 2, after 20"));
}

TEST_F(CompareDesignVerb, AnotherSeedEpochIsAnotherWholeSetOfSeeds) {
  const json first = compared({a, b, "--replications", "3", "--seed-epoch", "0", "--informational"}, 0), second = compared({a, b, "--replications", "3", "--seed-epoch", "1", "--informational"}, 0),
             again = compared({a, b, "--replications", "3", "--seed-epoch", "1", "--informational"}, 0);
  EXPECT_EQ(first["scenarios"][0]["baseline"]["seed"], 1);
  const auto& seed = second["scenarios"][0]["baseline"]["seed"];
  EXPECT_NE(seed, 1);
  EXPECT_EQ(second["scenarios"][0]["candidate"]["seed"], seed) << "both sides the same customers";
  EXPECT_EQ(second["scenarios"], again["scenarios"]);
  EXPECT_NE(first["scenarios"][0]["baseline"]["fingerprints"], second["scenarios"][0]["baseline"]["fingerprints"]);
  const json run = json::parse(runProgram({"run", a, "--seed", seed.dump(), "--replication", "2", "--format", "json"}).out);
  EXPECT_EQ(run["fingerprint"], second["scenarios"][0]["baseline"]["fingerprints"][2]) << "a run of the epoch is repeated with the seed that the report names";
}

TEST_F(CompareDesignVerb, OnlySomeScenariosOrServices) {
  std::filesystem::create_directories(folder.path("old/sub"));
  std::filesystem::create_directories(folder.path("new/sub"));
  for (const char* name : {"/x.json", "/sub/y.json"})
    for (const char* side : {"old", "new"}) folder.write(std::string(side) + name, shop("150/s", "1s"));
  const std::string before = folder.path("old"), after = folder.path("new");
  EXPECT_EQ(compared({before, after, "--replications", "2"}, 0)["scenarios"].size(), 2u);
  const json one = compared({before, after, "--replications", "2", "--only", "sub/*"}, 0);
  ASSERT_EQ(one["scenarios"].size(), 1u);
  EXPECT_EQ(one["scenarios"][0]["name"], "sub/y.json");
  EXPECT_EQ(compared({before, after, "--replications", "2", "--only", "sub/*", "--only", "x.json"}, 0)["scenarios"].size(), 2u);
  const Outcome none = runProgram({"compare", before, after, "--only", "z*"});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("no scenario matches; there is sub/y.json, x.json"), std::string::npos) << none.err;
  const std::vector<std::string> rules{"--fail-on", "increase(cpu) <= 5% for service=*", "--fail-on", "increase(latency.mean) <= 5%"};
  std::vector<std::string> call{a, b, "--replications", "3", "--only", "service=coun*"};
  call.insert(call.end(), rules.begin(), rules.end());
  const json services = compared(call, 1);
  ASSERT_EQ(services["scenarios"][0]["rules"].size(), 1u);
  EXPECT_EQ(services["scenarios"][0]["rules"][0]["scope"], "service=counter");
  call[5] = "service=oven";
  call.insert(call.begin(), "compare");
  EXPECT_EQ(runProgram(call).code, 2);
}

TEST_F(CompareDesignVerb, APlainThresholdIsJudgedByTheEstimateAlone) {
  const json limits = compared({a, b, "--replications", "3", "--fail-on", "latency.mean < 1s"}, 0);
  const double mean = limits["scenarios"][0]["rules"][0]["questions"][0]["candidate"]["value"];
  const std::string above = "latency.mean < " + std::to_string(mean * 1.0001) + "ms", below = "latency.mean < " + std::to_string(mean * 0.9999) + "ms";
  EXPECT_EQ(compared({a, b, "--replications", "3", "--fail-on", above}, 0)["scenarios"][0]["rules"][0]["verdict"], "UNDECIDED");
  EXPECT_EQ(compared({a, b, "--replications", "3", "--fail-on", above, "--slo-mode", "point"}, 0)["scenarios"][0]["rules"][0]["verdict"], "MET");
  EXPECT_EQ(compared({a, b, "--replications", "3", "--fail-on", below, "--slo-mode", "point"}, 1)["scenarios"][0]["rules"][0]["verdict"], "BREACHED");
  const std::string gate = folder.write("gate.json", R"({"version": 1, "sloMode": "point", "rules": [")" + below + R"("]})");
  EXPECT_EQ(compared({a, b, "--replications", "3", "--gate", gate}, 1)["scenarios"][0]["rules"][0]["verdict"], "BREACHED");
}

TEST_F(CompareDesignVerb, VariantsOfAStudyOfARevision) {
  if (runShell("git --version", {"sh"}).code != 0) GTEST_SKIP() << "git is not installed";
  const char* script = R"sh(set -e; cd "$0"; export GIT_CONFIG_GLOBAL=/dev/null HOME="$0"; git init -q .; git config user.email a@b; git config user.name n
    mkdir -p studies shops; mv a.json shops/a.json
    printf '{"meshmallStudy": 1, "name": "s", "scenario": "../shops/a.json", "variants": {"baseline": {}, "slow": {"set": {"/services/counter/versions/v1/speed": 0.8}}}}' > studies/s.json
    git add .; git commit -qm one; sed -i 's/0.8/0.5/' studies/s.json; rm b.json)sh";
  ASSERT_EQ(runShell(script, {folder.path()}).code, 0);
  const auto inFolder = [&](const std::string& more) { return runShell("cd \"$0\"; \"$1\" compare " + more + " --replications 3 --format json --quiet", {folder.path(), MESHMALL_PROGRAM}); };
  const Outcome outcome = inFolder("git:HEAD:studies/s.json:slow studies/s.json:slow --informational");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json place = json::parse(outcome.out)["scenarios"][0]["differences"]["places"][0];
  EXPECT_EQ(place["pointer"], "/services/counter/versions/v1/speed");
  EXPECT_EQ(place["baseline"], "0.8");
  EXPECT_EQ(place["candidate"], "0.5");
  EXPECT_TRUE(place["baselineLine"].is_null() || place["baselineLine"] == 0) << "a text that was put together has no lines";
  EXPECT_EQ(inFolder("git:HEAD:studies/s.json:baseline git:HEAD:studies/s.json:baseline").code, 0);
  const Outcome none = inFolder("git:HEAD:studies/s.json:fast studies/s.json:slow");
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("git:HEAD:studies/s.json: no variant \"fast\"; there is baseline, slow"), std::string::npos) << none.err;
  const Outcome whole = inFolder("git:HEAD:studies/s.json studies/s.json:slow");
  EXPECT_EQ(whole.code, 2);
  EXPECT_NE(whole.err.find("is a study; name one of its variants"), std::string::npos) << whole.err;
}

TEST_F(CompareDesignVerb, OneWarmUpForBothTheLongestThatEitherNeeds) {
  const auto warmup = [&](const std::string& x, const std::string& y) {
    const json report = compared({x, y, "--replications", "2", "--informational", "--set", "/run/warmup=auto", "--duration", "20s"}, 0);
    EXPECT_EQ(report["scenarios"][0]["baseline"]["warmup"], report["scenarios"][0]["candidate"]["warmup"]);
    EXPECT_TRUE(report["scenarios"][0]["candidate"]["warmupFound"].get<bool>());
    return report["scenarios"][0]["baseline"]["warmup"].get<double>();
  };
  const double both = warmup(a, b);
  EXPECT_EQ(both, warmup(b, a));
  EXPECT_EQ(both, std::max(warmup(a, a), warmup(b, b)));
}

TEST_F(CompareDesignVerb, RefusesWhatDoesNotGoTogether) {
  const std::pair<std::vector<std::string>, const char*> calls[] = {
      {{"--precision", "2%", "--adaptive"}, "two rules"},      {{"--precision", "2"}, "--precision"},          {{"--precision", "0%"}, "--precision"},
      {{"--adaptive", "--replications", "5"}, "fixed number"}, {{"--max-replications", "50"}, "goes with"},    {{"--slo-mode", "guess"}, "limits or point"},
      {{"--only", ""}, "--only"},                              {{"--seed-epoch", "-1"}, "--seed-epoch"},       {{"--max-replications", "5", "--adaptive"}, "--max-replications"}};
  for (const auto& [more, says] : calls) {
    std::vector<std::string> call{"compare", a, b};
    call.insert(call.end(), more.begin(), more.end());
    const Outcome outcome = runProgram(call);
    EXPECT_EQ(outcome.code, 2) << more[0];
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace meshmall
