// Hostile and broken files: each ends in problems with the right place, quickly and without a crash (run under the sanitizers too).
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "models/scenario/decode_scenario.h"

namespace meshmall::models {
namespace {

namespace fs = std::filesystem;

DecodeResult decode(const std::string& text) { return decodeScenario(text, "f", ""); }

std::string firstProblem(const std::string& text) {
  const DecodeResult result = decode(text);
  EXPECT_FALSE(result.scenario);
  return result.problems.empty() ? "" : textOf(result.problems[0]);
}

// A scenario with these further members (", ..."), and one whose only operation has these steps.
std::string with(const std::string& members) { return R"({"meshmall":1,"services":{"a":{"operations":{"x":{}}}},"traffic":[{"to":"a/x"}])" + members + "}"; }
std::string steps(const std::string& text) { return R"({"meshmall":1,"traffic":[{"to":"a/x"}],"services":{"a":{"operations":{"x":{"steps":[)" + text + "]}}}}}"; }
std::string busy(const std::string& dist) { return steps(R"({"busy":)" + dist + "}"); }
std::string arrivals(const std::string& text) { return R"({"meshmall":1,"services":{"a":{"operations":{"x":{}}}},"traffic":[{"to":"a/x","arrivals":)" + text + "}]}"; }
std::string version(const std::string& text) { return R"({"meshmall":1,"traffic":[{"to":"a/x"}],"services":{"a":{"operations":{"x":{}},"versions":{"v1":)" + text + "}}}}"; }

TEST(ScenarioBadInput, SyntaxErrorsHaveTheirLineAndColumn) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "f:1:1: the document is empty"},
      {" \n\t", "f:2:2: the document is empty"},
      {"\xef\xbb\xbf", "f:1:1: the document is empty"},
      {std::string("\xff\xfe{\0}\0", 6), "f:1:1: not UTF-8 (it looks like UTF-16 or UTF-32; save it as UTF-8)"},
      {std::string("{\0}\0", 4), "f:1:1: not UTF-8 (it looks like UTF-16 or UTF-32; save it as UTF-8)"},
      {"{\"a\": \"\x80\"}", "f:1:8: /a: not valid UTF-8"},
      {"{\"a\": \"\xc0\x80\"}", "f:1:8: /a: not valid UTF-8"},
      {"{\"a\": \"\xf5\x80\x80\x80\"}", "f:1:8: /a: not valid UTF-8"},
      {"{\"a\": \"\xed\xa0\x80\"}", "f:1:8: /a: not valid UTF-8"},
      {"{\"a\": \"\xe2\x82", "f:1:8: /a: not valid UTF-8"},
      {std::string("{\"a\0b\": 1}", 10), "f:1:4: NUL byte"},
      {std::string("{\"a\": 1}\0", 9), "f:1:9: NUL byte"},
      {"{\n  \"a\": [1, 2\n", "f:3:1: /a/2: the document ends too early"},
      {"{\"a\": \"x", "f:1:7: /a: string is not closed"},
      {"{\"a\": \"x\ny\"}", "f:1:9: /a: line end inside a string"},
      {std::string(65, '['), "f:1:65: " + [] { std::string p; for (int i = 0; i < 64; ++i) p += "/0"; return p; }() + ": nested deeper than 64 levels"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(firstProblem(text), expected);
  const std::vector<std::pair<std::string, std::string>> starts = {
      {"{\"a\": 1} {}", "f:1:10: "},  {"{\"a\": 1]", "f:1:8: "},          {"{\"a\": tru}", "f:1:7: "},        {"{\"a\": \"\\x\"}", "f:1:9: "}, {"{\"a\": \"\\u12\"}", "f:1:12: "},
      {"{\"a\": 01}", "f:1:"},        {"{\"a\": +1}", "f:1:7: "},        {"{\"a\": 0x10}", "f:1:"},         {"{\"a\": 1.}", "f:1:"},        {"{\"a\": .5}", "f:1:7: "},
      {"{\"a\": 1_000}", "f:1:"},     {"{\"a\": NaN}", "f:1:7: "},       {"{\"a\": Infinity}", "f:1:7: "},   {"{\"a\": -}", "f:1:"},         {"{\"a\": '1'}", "f:1:7: "},
      {"{\"a\": 1,}", "f:1:9: "},     {"{a: 1}", "f:1:2: "},             {"// x\n{}", "f:1:1: "},            {"{\"a\" 1}", "f:1:6: "},       {"[1 2]", "f:1:4: "},
      {"{\"\xc3\xa9\": }", "f:1:7: "}, {"\xef\xbb\xbf{\"a\": }", "f:1:7: "}, {"{\"a\": \"\\ud800\"}", "f:1:"}, {"{\"a\": 1,5}", "f:1:9: "}, {"{\r\"a\":\r}", "f:3:1: "},
  };
  for (const auto& [text, expected] : starts) EXPECT_EQ(firstProblem(text).substr(0, expected.size()), expected) << text;
  EXPECT_EQ(firstProblem("{\"a\": {\"b\": [0, 1e999]}}"), "f:1:17: /a/b/1: number out of range (1e999)");
}

TEST(ScenarioBadInput, ValuesThatCannotBeMeantAreRefused) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[]", "must be an object (got a list)"},
      {"null", "must be an object (got null)"},
      {"{}", "needs \"meshmall\""},
      {R"({"meshmall":2,"services":{"a":{"operations":{"x":{}}}},"traffic":[{"to":"a/x"}]})", "must be 1, the version of the format (got 2)"},
      {with(R"(,"name":"a","name":"b")"), "duplicate key \"name\""},
      {with(R"(,"Name":"a")"), "unknown key \"Name\"; did you mean \"name\"?"},
      {with(R"(,"run":{"seed":9223372036854775808})"), "must be at most 9223372036854775807 (got 9223372036854775808)"},
      {with(R"(,"run":{"seed":-1})"), "must be at least 0 (got -1)"},
      {with(R"(,"run":{"seed":"1"})"), "must be a whole number (got \"1\")"},
      {with(R"(,"run":{"seed":1.5})"), "must be a whole number (got 1.5)"},
      {with(R"(,"run":{"duration":10})"), "must be a duration with a unit"},
      {with(R"(,"run":{"duration":"0s"})"), "must be longer than 0 (got \"0s\")"},
      {with(R"(,"run":{"duration":"11y"})"), "must be a duration with a unit"},
      {with(R"(,"run":{"duration":"87601h"})"), "longer than 10 years"},
      {with(R"(,"run":{"duration":"50000h","warmup":"50000h"})"), "warm-up and duration together are longer than 10 years"},
      {with(R"(,"network":{"loss":1.0000001})"), "must be at most 1 (got 1.0000001)"},
      {with(R"(,"network":{"loss":-0.1})"), "must be at least 0 (got -0.1)"},
      {with(R"(,"localities":{})"), "needs at least one locality"},
      {with(R"(,"sidecar":{"preset":"waypoint"})"), "(got \"waypoint\")"},
      {with(R"(,"sidecar":3)"), "must be an object (got 3)"},
      {with(R"(,"gateway":{"replicas":0})"), "must be at least 1 (got 0)"},
      {with(R"(,"gateway":{"replicas":{"moon":1}})"), "there is no locality \"moon\""},
      {with(R"(,"rollouts":{"nobody":{}})"), "there is no service \"nobody\""},
      {with(R"(,"rollouts":{"a":{"primary":"v1","canary":"v1"}})"), "must be another version than \"primary\""},
      {with(R"(,"slos":["latency.p99 <"])"), ""},
      {with(R"(,"events":[{"at":"1s"}])"), "needs \"crash\""},
      {with(R"(,"events":[{"at":"1s","crash":{},"slow":{"factor":2}}])"), "\"slow\" does not go together with \"crash\""},
      {with(R"(,"events":[{"at":"1s","every":"0s","crash":{}}])"), "must have a mean above 0"},
      {with(R"(,"events":[{"at":"1s","slow":{"factor":0}}])"), "must be above 0 (got 0)"},
      {with(R"(,"events":[{"at":"1s","partition":{"between":["default","default"]}}])"), "must be two different localities"},
      {with(R"(,"events":[{"at":"1s","crash":{"version":"v1"}}])"), "\"version\" needs \"service\" beside it"},
      {with(R"(,"events":[{"at":"1s","stopRenewal":{"service":"z"}}])"), "there is no service \"z\""},
      {R"({"meshmall":1,"services":{},"traffic":[]})", "needs at least one service"},
      {R"({"meshmall":1,"services":{"":{"operations":{"x":{}}}},"traffic":[{"to":"/x"}]})", "a name must not be empty"},
      {R"({"meshmall":1,"services":{"a\u0007":{"operations":{"x":{}}}},"traffic":[{"to":"a/x"}]})", "a name must not have control or text-direction characters (got \"a\\u0007\")"},
      {R"({"meshmall":1,"services":{"a/b":{"operations":{"x":{}}}},"traffic":[{"to":"a/x"}]})", "a service's name must not have a \"/\""},
      {R"({"meshmall":1,"services":{")" + std::string(254, 'n') + R"(":{}},"traffic":[{"to":"a/x"}]})", "a name must not be longer than 253 bytes"},
      {R"({"meshmall":1,"services":{"a":{"operations":{"x":{}}}},"traffic":[{"to":"ax"}]})", "must be \"service/operation\" (got \"ax\")"},
      {R"({"meshmall":1,"services":{"a":{"operations":{"x":{}}}},"traffic":[{"name":"t","to":"a/x"},{"name":"t","to":"a/x"}]})", "the name \"t\" is taken by another entry"},
      {version(R"({"replicas":1000001})"), "must be at most 1000000 (got 1000001)"},
      {version(R"({"replicas":2147483648})"), "must be at most 1000000 (got 2147483648)"},
      {version(R"({"replicas":"3"})"), "must be a whole number, or an object with a number for each locality (got \"3\")"},
      {version(R"({"replicas":{"default":0}})"), "must be at least 1 in all (got 0)"},
      {version(R"({"workers":0})"), "must be at least 1 (got 0)"},
      {version(R"({"speed":0})"), "must be above 0 (got 0)"},
      {version(R"({"weight":-1})"), "must be at least 1 (got -1)"},
      {version(R"({"discipline":"FIFO"})"), "must be \"fifo\", \"lifo\", \"ps\" or \"priority\" (got \"FIFO\"); did you mean \"fifo\"?"},
      {version(R"({"readinessProbe":{"periodSeconds":0}})"), "must be at least 1 (got 0)"},
      {version(R"({"termination":{"preStop":"5"}})"), "must be a duration with a unit"},
      {version(R"({"queueLimit":null})"), "must be a whole number (got null)"},
      {version(R"({"labels":{"a":1}})"), "must be a text (got 1)"},
      {steps(R"({})"), "needs \"busy\", \"wait\", \"call\", \"choose\" or \"parallel\""},
      {steps(R"({"busy":"1ms","wait":"1ms"})"), "\"wait\" does not go together with \"busy\""},
      {steps(R"({"busy":"1ms","times":2})"), "\"times\" only goes with \"call\""},
      {steps(R"({"call":"a/x","times":{"weighted":{"01":1}}})"), "must be a whole number between 0 and 100000 (got \"01\")"},
      {steps(R"({"call":"a/x","times":100001})"), "must be at most 100000 (got 100001)"},
      {steps(R"({"choose":[{"weight":0,"steps":[]}]})"), "needs courses whose weights add up to more than 0"},
      {steps(R"({"wait":"1ms","probability":2})"), "must be at most 1 (got 2)"},
      {busy(R"("5")"), "must be a duration with a unit"},
      {busy(R"("")"), "must be a duration with a unit"},
      {busy(R"("-1s")"), "must be a duration with a unit"},
      {busy(R"("5 ms")"), "must be a duration with a unit"},
      {busy(R"("1s1m")"), "must be a duration with a unit"},
      {busy(R"("1,5s")"), "must be a duration with a unit"},
      {busy(R"("0.1ns")"), "finer than a nanosecond"},
      {busy(R"("99999999999999999999h")"), "longer than 10 years"},
      {busy(R"({"lognomal":{"mean":"1ms","cv":1}})"), "unknown key \"lognomal\"; did you mean \"lognormal\"?"},
      {busy(R"({"lognormal":{"mean":"1ms"}})"), "needs \"cv\""},
      {busy(R"({"lognormal":{"mean":"1ms","cv":-1}})"), "must be at least 0 (got -1)"},
      {busy(R"({"erlang":{"mean":"1ms","k":0}})"), "must be at least 1 (got 0)"},
      {busy(R"({"pareto":{"scale":"1ms","shape":1}})"), "must be above 1, else the mean is infinite (got 1)"},
      {busy(R"({"uniform":{"min":"2ms","max":"1ms"}})"), "\"min\" must not be above \"max\""},
      {busy(R"({"hyperexponential":{"branches":[{"probability":0.5,"mean":"1ms"}]}})"), "probabilities must add up to 1 (they add up to 0.5)"},
      {busy(R"({"empirical":{"values":[]}})"), "needs at least one value"},
      {busy(R"({"empirical":{"values":["1ms"],"weights":[0]}})"), "weights must add up to more than 0"},
      {busy(R"({"empirical":{"values":["1ms"],"weights":[1,2]}})"), "needs one weight for each of the 1 values (got 2)"},
      {busy(R"({"mixture":[]})"), "needs components whose weights add up to more than 0"},
      {busy(R"({"empirical":{"file":"x.csv"}})"), "files cannot be used here"},
      {arrivals(R"({"poisson":{"rate":"-1/s"}})"), "must be a rate"},
      {arrivals(R"({"poisson":{"rate":"1/d"}})"), "must be a rate"},
      {arrivals(R"({"poisson":{"rate":"1e9/s"}})"), "must be a rate"},
      {arrivals(R"({"poisson":{"rate":"9999999999/s"}})"), "must be at most 1e9 per second"},
      {arrivals(R"({"poisson":{"rate":"1/s","batch":0}})"), "must be at least 1 (got 0)"},
      {arrivals(R"({"renewal":{"interarrival":"0s"}})"), "must have a mean above 0"},
      {arrivals(R"({"profile":{"points":[]}})"), "needs at least one point"},
      {arrivals(R"({"profile":{"points":[{"at":"2s","rate":"1/s"},{"at":"1s","rate":"1/s"}]}})"), "must not be before the point above it"},
      {arrivals(R"({"mmpp":{"states":[{"rate":"1/s","mean":"0s"}]}})"), "must be longer than 0"},
      {arrivals(R"({"closed":{"users":0}})"), "must be at least 1 (got 0)"},
      {arrivals(R"({"poisson":{"rate":"1/s"},"constant":{"rate":"1/s"}})"), "\"constant\" does not go together with \"poisson\""},
  };
  EXPECT_GE(cases.size(), 80u);
  for (const auto& [text, expected] : cases) {
    const DecodeResult result = decode(text);
    EXPECT_FALSE(result.scenario) << text;
    bool found = false;
    for (const Problem& problem : result.problems) found = found || textOf(problem).find(expected) != std::string::npos;
    EXPECT_TRUE(found) << text << "\nexpected: " << expected << "\ngot: " << (result.problems.empty() ? "nothing" : textOf(result.problems[0]));
  }
}

TEST(ScenarioBadInput, SizesAreRefusedBeforeTheyCost) {
  EXPECT_NE(firstProblem(std::string(1'000'000, '[')).find("nested deeper than 64 levels"), std::string::npos);
  EXPECT_NE(firstProblem("\"" + std::string(32 * 1024 * 1024 - 2, 'x') + "\"").find("f:1:1: string longer than 64 KiB"), std::string::npos);
  EXPECT_EQ(firstProblem(std::string(32 * 1024 * 1024 + 1, ' ')), "f:1:1: larger than 32 MiB");
  std::string keys = "{";
  for (int i = 0; i < 250'000; ++i) keys += "\"a\":1,";
  EXPECT_NE(firstProblem(keys + "\"b\":1}").find("too many values (at most 500,000"), std::string::npos);
  std::string lists = "[";
  for (int i = 0; i < 300; ++i) lists += '"' + std::string(60'000, 'x') + "\",";
  EXPECT_NE(firstProblem(lists + "1]").find("f:1:16740839: too much text (strings and numbers of more than 16 MiB together)"), std::string::npos) << firstProblem(lists + "1]");
  EXPECT_NE(firstProblem("[" + std::string(60 * 1024, '1') + std::string(10'000, '1') + "]").find("number or word longer than 64 KiB"), std::string::npos);
  std::string services = R"({"meshmall":1,"traffic":[],"services":{)";
  for (int i = 0; i <= 10'000; ++i) services += (i == 0 ? "\"s" : ",\"s") + std::to_string(i) + "\":{}";
  EXPECT_NE(firstProblem(services + "}}").find("must be at most 10,000 services (got 10001)"), std::string::npos);
  EXPECT_NE(firstProblem(R"({"meshmall":1,"traffic":[{"to":"a/x"}],"services":{"a":{"operations":{"x":{}},"versions":{"v":{"replicas":600000},"w":{"replicas":600000}}}}})")
                .find("more than 1,000,000 endpoints (got 1200000)"),
            std::string::npos);
  std::string many = R"({"meshmall":1)";
  for (int i = 0; i < 5000; ++i) many += ",\"unknown" + std::to_string(i) + "\":1";
  const DecodeResult result = decode(many + "}");
  EXPECT_EQ(result.problems.size(), 1001u);
  EXPECT_NE(textOf(result.problems.back()).find("further problems are not listed"), std::string::npos);
}

TEST(ScenarioBadInput, NothingIsReadBehindATokenThatCannotStandWhereItDoes) {
  const std::string much(1'000'000, ' ');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[" + std::string(1'000'000, ','), "f:1:2: /0: not valid JSON: syntax error while parsing value - unexpected ','"},
      {"{" + std::string(1'000'000, ':'), "f:1:2: not valid JSON: syntax error while parsing object key - unexpected ':'"},
      {"[1," + much + std::string(1'000'000, ','), "f:1:1000004: /1: not valid JSON: syntax error while parsing value - unexpected ','"},
      {"[" + std::string(1'000'000, ']'), "f:1:3: not valid JSON: syntax error while parsing value - unexpected ']'"},
      {std::string(1'000'000, '}'), "f:1:1: not valid JSON: syntax error while parsing value - unexpected '}'"},
      {"{\"a\"::1}", "f:1:6: /a: not valid JSON: syntax error while parsing value - unexpected ':'"},
      {"{\"a\":1},{}", "f:1:8: not valid JSON: syntax error while parsing value - unexpected ','"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(firstProblem(text).substr(0, expected.size()), expected);
}

TEST(ScenarioBadInput, OfAHundredThousandDuplicateKeysAThousandAreShown) {
  std::string keys = R"({"meshmall":1)";
  for (int i = 0; i < 100'000; ++i) keys += ",\"a\":1";
  const DecodeResult result = decode(keys + "}");
  ASSERT_EQ(result.problems.size(), 1001u);
  EXPECT_EQ(textOf(result.problems[0]), "f:1:21: /a: duplicate key \"a\"");
  EXPECT_EQ(textOf(result.problems[1000]), "f: 99002 further problems are not listed");  // the unknown key itself, "services" and "traffic" among them
}

TEST(ScenarioBadInput, EveryPrefixOfAScenarioIsRefusedWithAPlace) {
  std::ifstream file("tests/models/scenario_full.json");
  std::stringstream text;
  text << file.rdbuf();
  std::string whole = text.str();
  while (!whole.empty() && whole.back() == '\n') whole.pop_back();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const DecodeResult result = decodeScenario(whole.substr(0, length), "f", "");
    ASSERT_FALSE(result.scenario) << length;
    ASSERT_EQ(result.problems.size(), 1u) << length;
    ASSERT_GT(result.problems[0].line, 0u);
  }
}

TEST(ScenarioBadInput, TheCorpusOfTheFuzzerIsReplayed) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator("tests/fuzz/scenario_corpus")) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    const DecodeResult result = decode(text.str());
    EXPECT_EQ(result.scenario.has_value(), !hasErrors(result.problems)) << entry.path();
    for (const Problem& problem : result.problems) EXPECT_EQ(printable(textOf(problem), 10'000), textOf(problem)) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 15u);
}

TEST(ScenarioBadInput, FilesBesideTheScenarioCannotLeaveItsFolder) {
  const fs::path root = fs::temp_directory_path() / ("scenario_files_" + std::to_string(::getpid()));
  fs::create_directories(root / "mall" / "sub");
  std::ofstream(root / "secret.txt") << "1ms\n";
  std::ofstream(root / "mall" / "good.txt") << "1ms\r\n\r\n2ms\r\n";
  std::ofstream(root / "mall" / "words.txt") << "1ms\nhello\n";
  std::ofstream(root / "mall" / "back.csv") << "t,u\n2,1\n1,1\n";
  std::ofstream(root / "mall" / "empty.txt") << "";
  fs::create_symlink(root / "secret.txt", root / "mall" / "out.txt");
  fs::create_symlink("good.txt", root / "mall" / "in.txt");
  fs::create_symlink("..", root / "mall" / "up");
  ASSERT_EQ(::mkfifo((root / "mall" / "fifo").c_str(), 0600), 0);
  const auto problem = [&](const std::string& text) {
    std::ofstream(root / "mall" / "s.json") << text;
    const DecodeResult result = loadScenario((root / "mall" / "s.json").string());
    return result.problems.empty() ? "" : result.problems[0].message;
  };
  const auto file = [&](const std::string& name) { return problem(busy(R"({"empirical":{"file":")" + name + R"("}})")); };
  EXPECT_EQ(file("good.txt"), "");
  EXPECT_EQ(file("sub/../good.txt"), "");
  EXPECT_EQ(file("in.txt"), "");
  EXPECT_EQ(file("../secret.txt"), "must not leave the scenario's folder (got \"../secret.txt\")");
  EXPECT_EQ(file("out.txt"), "must not leave the scenario's folder (got \"out.txt\")");
  EXPECT_EQ(file("up/secret.txt"), "must not leave the scenario's folder (got \"up/secret.txt\")");
  EXPECT_EQ(file("/etc/passwd"), "must be relative to the scenario's folder (got \"/etc/passwd\")");
  EXPECT_EQ(file("fifo"), "\"fifo\" is not a regular file");
  EXPECT_EQ(file("sub"), "\"sub\" cannot be read: Is a directory");
  EXPECT_EQ(file("none.txt"), "\"none.txt\" cannot be read: No such file or directory");
  EXPECT_EQ(file("empty.txt"), "\"empty.txt\" has no values");
  EXPECT_EQ(file("words.txt").substr(0, 20), "\"words.txt\" line 2: ");
  EXPECT_EQ(problem(arrivals(R"({"trace":{"file":"back.csv","column":"t","unit":"s"}})")), "the instants must ascend (value 2 is before the one above it)");
  EXPECT_EQ(problem(arrivals(R"({"trace":{"file":"back.csv","column":"x","unit":"s"}})")), "\"back.csv\" line 1: no column \"x\" (there are \"t\", \"u\")");
  EXPECT_EQ(problem(arrivals(R"({"trace":{"file":"back.csv","unit":"s"}})")), "\"back.csv\" line 1: has several columns: name one with \"column\"");
  EXPECT_TRUE(loadScenario((root / "none.json").string()).unreadable);
  EXPECT_TRUE(loadScenario((root / "mall").string()).unreadable);
  EXPECT_FALSE(loadScenario((root / "mall" / "fifo").string()).unreadable);
  EXPECT_EQ(textOf(loadScenario((root / "none.json").string()).problems.at(0)), (root / "none.json").string() + ": cannot be read: No such file or directory");
  fs::remove_all(root);
}

TEST(ScenarioBadInput, ZipfOverMoreThanAMillionKeysIsRefused) {
  const auto keys = [](const std::string& n) {
    return decode(R"({"meshmall":1,"services":{"a":{"operations":{"x":{}}}},"traffic":[{"to":"a/x","headers":{"h":{"zipf":{"n":)" + n + "}}}}]}");
  };
  EXPECT_TRUE(keys("1000000").scenario);
  const DecodeResult refused = keys("1000001");
  ASSERT_EQ(refused.problems.size(), 1u);
  EXPECT_EQ(textOf(refused.problems[0]), "f:1:107: /traffic/0/headers/h/zipf/n: must be at most 1000000 (got 1000001)");
}

TEST(ScenarioBadInput, WarningsLeaveTheScenarioStanding) {
  const DecodeResult result = decode(R"({"meshmall":1,"services":{"a":{"operations":{"x":{}}},"lonely":{}},"traffic":[{"to":"a/x"}],
"run":{"duration":"10s"},"events":[{"at":"20s","crash":{}}]})");
  ASSERT_TRUE(result.scenario);
  ASSERT_EQ(result.problems.size(), 2u);
  EXPECT_EQ(textOf(result.problems[0]), "f:1:64: warning: /services/lonely: no request comes here");
  EXPECT_EQ(textOf(result.problems[1]), "f:2:36: warning: /events/0: happens after the end of the run");
}

}  // namespace
}  // namespace meshmall::models
