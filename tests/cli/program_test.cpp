// The program as a whole: verbs, help, version, wrong calls; explain and schema.
#include <algorithm>
#include <filesystem>
#include <new>
#include <nlohmann/json.hpp>

#include "cli/guard.h"
#include "cli/number_text.h"
#include "cli/quantity_option.h"
#include "cli/text_table.h"
#include "engine/kernel/limit.h"
#include "engine/kernel/promise.h"
#include "models/version.h"
#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;
using nlohmann::json;

TEST(Program, HelpHasExamplesOnEveryVerb) {
  for (const char* verb : {"check", "run", "explain", "batch", "merge", "compare", "rank", "plan", "replay", "schema", "import", "export"}) {
    const Outcome help = runProgram({verb, "--help"});
    EXPECT_EQ(help.code, 0) << verb;
    EXPECT_NE(help.out.find("examples\n  meshmall " + std::string(verb)), std::string::npos) << help.out;
    for (std::size_t at = help.out.find(" scenarios/"); at != std::string::npos; at = help.out.find(" scenarios/", at + 1)) {
      const std::string file = help.out.substr(at + 1, help.out.find_first_of(" \n:*", at + 1) - at - 1);
      EXPECT_TRUE(std::filesystem::exists(file)) << verb << ": " << file << " can be copied from the help and is not there";
    }
  }
  EXPECT_EQ(runProgram({"--help"}).code, 0);
  EXPECT_EQ(runProgram({"--version"}).out, std::string("meshmall ") + models::version() + "\n");
}

TEST(Program, WrongCallsAreCodeTwoInOneLine) {
  const std::vector<std::vector<std::string>> calls = {{},
                                                       {"fly"},
                                                       {"run"},
                                                       {"run", "a.json", "b.json"},
                                                       {"run", "a.json", "--seeed", "1"},
                                                       {"explain", "a.json"},
                                                       {"run", "a.json", "--format", "xml"},
                                                       {"run", "a.json", "--replication", "-1"},
                                                       {"run", "a.json", "--trace"},
                                                       {"run", "a.json", "--trace=5x", "--out", "nowhere"},
                                                       {"run", "a.json", "--out", ""},
                                                       {"--fly"},
                                                       {"run", "a.json", "--max-memory", "lots"},
                                                       {"run", "a.json", "--max-events", "0"},
                                                       {"explain", "a.json", "--request", "0"},
                                                       {"explain", "a.json", "--request", "-3"},
                                                       {"check", "a.json", "--set"}};
  for (const auto& call : calls) {
    const Outcome outcome = runProgram(call);
    EXPECT_EQ(outcome.code, 2) << testing::PrintToString(call) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Program, AWrongCallIsToldInItsOwnWords) {
  const auto told = [](const std::vector<std::string>& call) { return runProgram(call).err; };
  EXPECT_EQ(told({"fly", "a.json"}), "meshmall: there is no verb or option fly (meshmall --help)\n");
  EXPECT_EQ(told({}), "meshmall: which verb? check, run, explain, compare, rank, plan, batch, merge, import, export, replay or schema (meshmall --help)\n");
  EXPECT_EQ(told({"check", "a.json", "--format", "xml"}), "meshmall check: --format: text or json (got xml) (meshmall check --help)\n");
}

TEST(Program, KindsThatAreNotThereAreRefusedByName) {
  for (const char* verb : {"import", "export"}) {
    const Outcome outcome = runProgram({verb, "tarot", "some.json"});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find("there is no kind \"tarot\"; there is: "), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Program, ExplainTellsATripWhosePartsAddUp) {
  const Folder folder;
  const std::string file = folder.write("shop.json", shop("250/s", "10s"));
  const Outcome text = runProgram({"explain", file, "--request", "40"});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("counter-v1-"), std::string::npos) << text.out;
  const Outcome told = runProgram({"explain", file, "--request", "40", "--format", "json"});
  ASSERT_EQ(told.code, 0) << told.err;
  const json trip = json::parse(told.out);
  std::int64_t sum = 0;
  for (const json& part : trip["criticalPath"]) sum += part["length"].get<std::int64_t>();
  EXPECT_EQ(sum, trip["latency"].get<std::int64_t>());
  EXPECT_GT(sum, 0);
  EXPECT_EQ(runProgram({"explain", file, "--request", "1000000"}).code, 2);
}

TEST(Program, SchemaIsJsonWithDescriptions) {
  const Outcome schema = runProgram({"schema"});
  if (schema.err.find("not part of this version yet") != std::string::npos) GTEST_SKIP() << "no schema in this version";
  ASSERT_EQ(schema.code, 0) << schema.err;
  EXPECT_TRUE(json::parse(schema.out).contains("$schema"));
}

TEST(Guard, MakesCodesOfWhatARunThrows) {
  const auto replay = [] { return std::string("meshmall run shop.json --seed 7 --replication 3"); };
  testing::internal::CaptureStderr();
  EXPECT_EQ(cli::guarded([] { return 5; }, replay), 5);
  EXPECT_EQ(cli::guarded([]() -> int { engine::limitReached("too many events"); }, replay), 7);
  EXPECT_EQ(cli::guarded([]() -> int { throw std::bad_alloc(); }, replay), 7);
  EXPECT_EQ(testing::internal::GetCapturedStderr().find("--seed 7"), std::string::npos);
  testing::internal::CaptureStderr();
  EXPECT_EQ(cli::guarded([]() -> int { engine::brokenPromise("time went back"); }, replay), 8);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("time went back"), std::string::npos);
  EXPECT_NE(said.find("meshmall run shop.json --seed 7 --replication 3"), std::string::npos);
}

TEST(NumberText, HasThreeSignificantDigitsAndUnitsThatFit) {
  using namespace cli;
  EXPECT_EQ(plain(1234.6), "1235");
  EXPECT_EQ(plain(0.012345), "0.0123");
  EXPECT_EQ(plain(9.996), "10.0");
  EXPECT_EQ(count(1234567), "1,234,567");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(milliseconds(0.0123), "12.3 us");
  EXPECT_EQ(milliseconds(48), "48.0 ms");
  EXPECT_EQ(milliseconds(1500), "1.50 s");
  EXPECT_EQ(seconds(14400), "4 h");
  EXPECT_EQ(seconds(5400), "1 h 30 min");
  EXPECT_EQ(seconds(20), "20 s");
  EXPECT_EQ(seconds(0.25), "250 ms");
  EXPECT_EQ(percent(1), "100 %");
  EXPECT_EQ(percent(0.99979), "99.979 %");
  EXPECT_EQ(percent(0.5), "50.0 %");
}

TEST(QuantityOption, ReadsSizesAndCounts) {
  using namespace cli;
  EXPECT_EQ(parseBytes("512MiB"), std::uint64_t{512} << 20);
  EXPECT_EQ(parseBytes("1.5GB"), 1'500'000'000u);
  EXPECT_FALSE(parseBytes("12"));
  EXPECT_FALSE(parseBytes("1XB"));
  EXPECT_FALSE(parseBytes("-1GiB"));
  EXPECT_EQ(parseCount("5e6"), 5'000'000u);
  EXPECT_FALSE(parseCount("1.5"));
  EXPECT_FALSE(parseCount("nan"));
}

TEST(TextTable, AlignsByCodePoints) {
  cli::TextTable table({"name", "n"});
  table.add({"Bäckerei", "7"});
  table.add({"x", "10"});
  EXPECT_EQ(table.text(1, "", ""), " name       n\n Bäckerei   7\n x         10\n");
}

}  // namespace
}  // namespace meshmall

namespace meshmall::cli {
namespace {

TEST(Replay, AnswersTheSharedCasesAndTellsADifference) {
  const Outcome same = runProgram({"replay", "tests/conformance/vectors/envoy-resilience.json", "--check"});
  EXPECT_EQ(same.code, 0);
  EXPECT_NE(same.out.find("208 ok, 0 different, 0 unsupported"), std::string::npos) << same.out.substr(same.out.size() > 200 ? same.out.size() - 200 : 0);
  const Folder folder;
  const std::string file = folder.write("cases.json", R"([{"id":"one","algorithm":"choose_priority","input":{"healthy_load":[50,50],"degraded_load":[0,0],"hash":[49,50]},
    "expect":{"priority":[0,0]}},{"id":"two","algorithm":"no_such_thing","input":{}}])");
  const Outcome differs = runProgram({"replay", file, "--check"});
  EXPECT_EQ(differs.code, 1);
  EXPECT_NE(differs.out.find("DIFF        one"), std::string::npos) << differs.out;
  EXPECT_NE(differs.out.find("0 ok, 1 different, 1 unsupported"), std::string::npos) << differs.out;
  EXPECT_EQ(runProgram({"replay", folder.write("bad.json", "{}")}).code, 2);
  EXPECT_EQ(runProgram({"replay", "nowhere.json"}).code, 6);
}

}  // namespace
}  // namespace meshmall::cli
