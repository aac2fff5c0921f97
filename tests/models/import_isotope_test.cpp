// Isotope's service graphs: scripts to steps, every published sample, and a graph of a thousand services.
#include "tests/models/import_fixture.h"

namespace meshmall::models {
namespace {

TEST(ImportIsotope, ScriptsBecomeSteps) {
  const ImportResult result = importIsotope({{"graph.yaml",
                                              "defaults: {numReplicas: 3, type: grpc}\nservices:\n- name: a\n  isEntrypoint: true\n  errorRate: 0.5%\n  script:\n  - sleep: 10ms\n  - call: {service: b, size: 1K, probability: 40}\n"
                                              "  - - call: b\n    - call: c\n- name: b\n- name: c\n  type: http\n  numReplicas: 1\n"}},
                                            "graph");
  const ImportedJson scenario = importedJson(result);
  const ImportedJson& a = scenario["services"]["a"];
  EXPECT_EQ(a["protocol"], "grpc");
  EXPECT_EQ(a["versions"]["v1"]["replicas"], 3);
  EXPECT_EQ(a["operations"]["call"]["failure"]["probability"], 0.005);
  EXPECT_EQ(a["operations"]["call"]["steps"][1], ImportedJson::parse(R"({"wait": "10ms"})"));
  EXPECT_EQ(a["operations"]["call"]["steps"][2], ImportedJson::parse(R"({"call": "b/call", "probability": 0.4})"));
  EXPECT_EQ(a["operations"]["call"]["steps"][3], ImportedJson::parse(R"({"parallel": [{"call": "b/call"}, {"call": "c/GET /"}]})"));
  EXPECT_EQ(scenario["services"]["c"]["versions"]["v1"]["replicas"], 1);
  EXPECT_TRUE(tells(result.notes.not_modelled, {"requestSize"}));
}

TEST(ImportIsotope, WhatIsWrongIsToldAtItsPlace) {
  const auto told = [](const std::string& text) { return problemsOf(importIsotope({{"g.yaml", text}}, "g")); };
  EXPECT_NE(told("services:\n- name: a\n  script:\n  - call: b\n").find("g.yaml:4:11: there is no service \"b\""), std::string::npos);
  EXPECT_NE(told("services:\n- name: a\n- name: a\n").find("there are two services"), std::string::npos);
  EXPECT_NE(told("services:\n- name: a\n  script:\n  - fly: b\n").find("must be \"sleep\" or \"call\""), std::string::npos);
  EXPECT_NE(told("services:\n- name: a\n  script:\n  - sleep: ages\n").find("g.yaml:4"), std::string::npos);
  EXPECT_NE(told("services:\n- name: a\n  script: [{call: b}]\n- name: b\n  script: [{call: a}]\n").find("g.yaml:"), std::string::npos) << "a circle never ends";
  EXPECT_NE(told("kind: Service\n").find("is no service graph"), std::string::npos);
  EXPECT_NE(told("").find("there is no service in"), std::string::npos);
}

TEST(ImportIsotope, EveryPublishedGraphRunsAndCallsEachServiceAsOftenAsItsScriptsSay) {
  if (!hasShared("isotope")) GTEST_SKIP() << "../shared/data/isotope is not here";
  const std::vector<std::pair<std::string, double>> graphs = {{"10-svc_100-end", 19}, {"canonical", 6}, {"chain-3-services", 3}, {"tree-111-services", 111}, {"tree-13-services", 13}};
  for (const auto& [name, calls] : graphs) {
    const ImportResult imported = importIsotope({{name + ".yaml", sharedFile("isotope/" + name + ".yaml")}}, name);
    ASSERT_FALSE(imported.scenario.empty()) << problemsOf(imported);
    const Result result = runImported(imported.scenario, {setting("/run/duration", "10s"), setting("/run/drain", "true")});
    EXPECT_EQ(valueOf(result, "requests.failed"), 0) << name;
    EXPECT_EQ(valueOf(result, "calls.total") / valueOf(result, "requests.total"), calls) << name;
  }
}

TEST(ImportIsotope, AThousandServicesAreImportedAndRun) {
  std::string graph = "defaults: {numReplicas: 2}\nservices:\n";
  const auto add = [&graph](const std::string& name, int children) {
    graph += "- name: " + name + (name == "svc-0" ? "\n  isEntrypoint: true" : "") + "\n";
    if (children > 0) graph += "  script:\n  - ";
    for (int i = 0; i < children; ++i) graph += (i == 0 ? "- call: " : "    - call: ") + name + "-" + std::to_string(i) + "\n";
  };
  add("svc-0", 9);
  for (int i = 0; i < 9; ++i) {
    const std::string one = "svc-0-" + std::to_string(i);
    add(one, 10);
    for (int j = 0; j < 10; ++j) {
      add(one + "-" + std::to_string(j), 10);
      for (int k = 0; k < 10; ++k) add(one + "-" + std::to_string(j) + "-" + std::to_string(k), 0);
    }
  }
  const ImportResult imported = importIsotope({{"big.yaml", graph}}, "big");
  const Result result = runImported(imported.scenario, {setting("/run/duration", "1s"), setting("/run/warmup", "0s"), setting("/run/drain", "true")});
  EXPECT_EQ(result.services.size(), 1000u);
  EXPECT_EQ(valueOf(result, "calls.total") / valueOf(result, "requests.total"), 1000);
  EXPECT_EQ(valueOf(result, "requests.failed"), 0);
}

}  // namespace
}  // namespace meshmall::models
