// `import` and `export` at the shell: what goes where, which code they end with, and that nothing is overwritten by a wrong call.
#include "tests/cli/spawned_program.h"

namespace meshmall {
namespace {

using namespace cli_test;

const char* const kWeb =
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3, template: {metadata: {labels: {app: web}}}}\n";

TEST(Import, WritesAScenarioThatRunsAndTellsWhatItGuessed) {
  const Folder folder;
  folder.write("web.yaml", kWeb);
  const Outcome imported = runProgram({"import", "istio", folder.path(), "-o", folder.path("web.json")});
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(imported.err, "");
  EXPECT_NE(imported.out.find("read\n  1 Deployment, 1 Service from 1 file\n"), std::string::npos) << imported.out;
  EXPECT_NE(imported.out.find("guessed\n"), std::string::npos);
  EXPECT_NE(imported.out.find("next: meshmall check "), std::string::npos);
  EXPECT_EQ(runProgram({"run", folder.path("web.json"), "--duration", "2s"}).code, 0);
}

TEST(Import, WithoutAFileTheScenarioIsAllOfStdout) {
  const Folder folder;
  const Outcome imported = runProgram({"import", "istio", folder.write("web.yaml", kWeb)});
  ASSERT_EQ(imported.code, 0);
  EXPECT_EQ(imported.out.substr(0, 2), "{\n");
  EXPECT_NE(imported.err.find("guessed"), std::string::npos);
  EXPECT_EQ(runProgram({"import", "istio", folder.path("web.yaml"), "-q"}).err, "");
}

TEST(Import, AWrongInputIsCodeTwoAndLeavesTheOldFile) {
  const Folder folder;
  folder.write("old.json", "old");
  const std::string bad = folder.write("bad.yaml", "a: [1,\n");
  const Outcome outcome = runProgram({"import", "istio", bad, "-o", folder.path("old.json")});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("bad.yaml:2:1: is not YAML"), std::string::npos) << outcome.err;
  EXPECT_EQ(folder.read("old.json"), "old");
  EXPECT_EQ(outcome.out, "");
}

TEST(Import, WhatIsReadIsNeverWrittenOver) {
  const Folder folder;
  const std::string web = folder.write("web.yaml", kWeb), copy = folder.path("./web.yaml");
  const Outcome outcome = runProgram({"import", "istio", web, "-o", copy});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("is read here and would be written over"), std::string::npos) << outcome.err;
  EXPECT_EQ(folder.read("web.yaml"), kWeb);
  ASSERT_EQ(runProgram({"import", "istio", web, "-o", folder.path("web.json"), "-q"}).code, 0);
  const std::string scenario = folder.read("web.json");
  EXPECT_EQ(runProgram({"export", "istio", folder.path("web.json"), "-o", folder.path("web.json")}).code, 2);
  EXPECT_EQ(runProgram({"run", folder.path("web.json"), "--duration", "1s", "--export", "jaeger=" + folder.path("web.json")}).code, 2);
  EXPECT_EQ(runProgram({"run", folder.path("web.json"), "--duration", "1s", "--export", "jaeger=" + folder.path("x"), "--export", "otlp=" + folder.path("x")}).code, 2);
  EXPECT_EQ(folder.read("web.json"), scenario);
}

TEST(Import, WhatIsNotThereOrCannotBeWrittenIsCodeSix) {
  const Folder folder;
  EXPECT_EQ(runProgram({"import", "istio", folder.path("none.yaml")}).code, 6);
  EXPECT_EQ(runProgram({"import", "istio", folder.write("web.yaml", kWeb), "-o", folder.path("no/such/folder.json")}).code, 6);
  EXPECT_EQ(runProgram({"import", "istio", folder.path("web.yaml"), "--load", folder.path("none.json")}).code, 6);
}

TEST(Import, OptionsThatAKindDoesNotTakeAreRefused) {
  const Folder folder;
  const std::string graph = folder.write("graph.yaml", "services:\n- name: a\n");
  EXPECT_EQ(runProgram({"import", "isotope", graph, "-o", folder.path("a.json")}).code, 0);
  EXPECT_EQ(runProgram({"import", "isotope", graph, "--calls", "a -> b"}).code, 2);
  EXPECT_EQ(runProgram({"import", "isotope", graph, "--load", graph}).code, 2);
}

TEST(Export, GivesManifestsAndRemarksWhatTheyCannotSay) {
  const Folder folder;
  folder.write("web.yaml", kWeb);
  ASSERT_EQ(runProgram({"import", "istio", folder.path("web.yaml"), "-o", folder.path("web.json"), "-q"}).code, 0);
  const Outcome none = runProgram({"export", "istio", folder.path("web.json")});
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.out.find("---"), std::string::npos) << "no policies, no documents";
  const Outcome limits = runProgram({"export", "istio", "scenarios/policies/rate-limits.json", "-o", folder.path("limits.yaml")});
  EXPECT_EQ(limits.code, 0);
  EXPECT_NE(limits.err.find("/mesh/rateLimits: needs an EnvoyFilter: left out"), std::string::npos) << limits.err;
  EXPECT_NE(folder.read("limits.yaml").find("# /mesh/rateLimits: needs an EnvoyFilter"), std::string::npos);
  EXPECT_EQ(runProgram({"export", "istio", folder.path("none.json")}).code, 6);
}

}  // namespace
}  // namespace meshmall
