#include "models/importers/import_files.h"

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

TEST_F(ImportFiles, ThatAreNotThereAreSaidOneByOne) {
  const ImportResult none = importFiles({ImportKind::manifests, {(folder / "x.yaml").string(), (folder / "y.yaml").string()}, {}, {}, {}, {}, {}, {}, {}});
  EXPECT_TRUE(none.unreadable);
  EXPECT_TRUE(none.scenario.empty());
  EXPECT_EQ(none.problems.size(), 2U);
}

}  // namespace
}  // namespace meshmall::models
