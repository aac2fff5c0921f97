#include "models/importers/import_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace meshmall::models {
namespace {

namespace fs = std::filesystem;

class ImportFiles : public ::testing::Test {
 protected:
  ImportFiles() : folder(fs::path(::testing::TempDir()) / ("import-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~ImportFiles() override { fs::remove_all(folder); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  }

  fs::path folder;
};

constexpr const char* kService = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, name: http}], selector: {app: web}}\n";

TEST_F(ImportFiles, AreKnownByEndingAndContent) {
  EXPECT_EQ(importKindOf(folder.string()), ImportKind::manifests);
  EXPECT_EQ(importKindOf(file("a.yaml", kService)), ImportKind::manifests);
  EXPECT_EQ(importKindOf(file("b.yml", "defaults: {}\nservices:\n- name: a\n")), ImportKind::isotope);
  EXPECT_EQ(importKindOf(file("c.csv", "TraceID,SpanID\n")), ImportKind::traces);
  EXPECT_EQ(importKindOf(file("d.json", "{\"resourceSpans\": []}")), ImportKind::traces);
  EXPECT_EQ(importKindOf(file("e.json", "{\"data\": [{\"traceID\": \"1\"}]}")), ImportKind::traces);
  EXPECT_EQ(importKindOf(file("f.json", "{\"apiVersion\": \"v1\", \"kind\": \"List\"}")), ImportKind::manifests);
}

TEST_F(ImportFiles, AScenarioAResultAndWhatIsNotThereAreNoneOfThem) {
  EXPECT_EQ(importKindOf("scenarios/bakery.json"), std::nullopt);
  EXPECT_EQ(importKindOf(file("r.json", "{\"meshmallResult\": 1}")), std::nullopt);
  EXPECT_EQ(importKindOf(file("odd.json", "{}")), std::nullopt);
  EXPECT_EQ(importKindOf((folder / "nowhere.yaml").string()), std::nullopt);
}

TEST_F(ImportFiles, GiveAScenarioNamedAfterTheFirst) {
  const ImportResult made = importFiles({ImportKind::manifests, {file("my-shop.yaml", kService)}, {}, {}, {}, {}, {}, {}, {}});
  EXPECT_TRUE(made.problems.empty());
  EXPECT_NE(made.scenario.find("\"name\": \"my-shop\""), std::string::npos) << made.scenario;
  EXPECT_EQ(scenarioNameOf("/a/b/"), "b");
  EXPECT_EQ(scenarioNameOf("-"), "imported");
}

TEST_F(ImportFiles, NamedPipesAreRefusedInsteadOfWaitedFor) {
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const ImportResult none = importFiles({ImportKind::manifests, {pipe}, {}, {}, {}, {}, {}, {}, {}});
  EXPECT_TRUE(none.unreadable);
  ASSERT_EQ(none.problems.size(), 1U);
  EXPECT_EQ(none.problems[0].message.substr(0, 21), "is not a regular file");
}

TEST_F(ImportFiles, TracesThatHoldMoreThanAScenarioTakesAreSaidByTheirOwnName) {
  std::string rows = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n1,r,root,front-0,x,1000000000,9000000000,0\n";
  for (int i = 0; i < 100'002; ++i) rows += "1,s" + std::to_string(i) + ",r,back-0,y," + std::to_string(1'000'000'000LL + i * 70'000LL) + "," + std::to_string(1'000'000'000LL + i * 70'000LL + 9) + ",0\n";
  const std::string path = file("wide.csv", rows);
  const ImportResult none = importFiles({ImportKind::traces, {path}, {}, {}, {}, {}, {}, {}, {}});
  EXPECT_TRUE(none.scenario.empty());
  ASSERT_FALSE(none.problems.empty());
  EXPECT_EQ(none.problems[0].file, path);
  EXPECT_NE(none.problems[0].message.find("holds more than a scenario takes"), std::string::npos) << none.problems[0].message;
  EXPECT_EQ(none.problems[0].hint, "import fewer traces at once");
}

TEST_F(ImportFiles, ThatAreNotThereAreSaidOneByOne) {
  const ImportResult none = importFiles({ImportKind::manifests, {(folder / "x.yaml").string(), (folder / "y.yaml").string()}, {}, {}, {}, {}, {}, {}, {}});
  EXPECT_TRUE(none.unreadable);
  EXPECT_TRUE(none.scenario.empty());
  EXPECT_EQ(none.problems.size(), 2U);
}

}  // namespace
}  // namespace meshmall::models
