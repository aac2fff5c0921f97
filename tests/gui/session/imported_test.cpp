#include "gui/session/imported.h"

#include <filesystem>
#include <fstream>

namespace meshmall::gui {
namespace {

TEST(PlaceIn, FindsTheFileAndLineThatASentenceNames) {
  const std::string name = (std::filesystem::path(::testing::TempDir()) / "my shop.yaml").string();
  std::ofstream(name) << "kind: Service\n";
  const auto first = placeIn(name + ":12:3: VirtualService web: left out");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->file, name);
  EXPECT_EQ(first->line, 12U);
  const auto last = placeIn("customers ask for GET /a: nobody comes by 10:30 (" + name + ":7)");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->file, name);
  EXPECT_EQ(last->line, 7U);
  EXPECT_FALSE(placeIn("calls come at 12:30, and there is no file nowhere.yaml:4"));
  EXPECT_FALSE(placeIn(""));
  std::filesystem::remove(name);
}

TEST(ImportCommand, IsWhatAShellTakes) {
  models::ImportRequest request;
  request.files = {"my shop/a.yaml", "b"};
  request.calls = {"web -> db"};
  request.load = "load.json";
  EXPECT_EQ(importCommand(request, "out.json"), "meshmall import istio 'my shop/a.yaml' b --calls 'web -> db' --load load.json -o out.json");
  request.kind = models::ImportKind::traces;
  EXPECT_EQ(importCommand(request, "out.json"), "meshmall import traces 'my shop/a.yaml' b -o out.json");
}

TEST(ImportForALook, TellsWhatWouldComeOfItAndWritesNothing) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "import-look";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "graph.yaml") << "defaults: {type: http, numReplicas: 2}\nservices:\n- {name: a, isEntrypoint: true, script: [{call: b}]}\n- name: b\n";
  models::ImportRequest request;
  request.kind = models::ImportKind::isotope;
  request.files = {(folder / "graph.yaml").string()};
  const Imported imported = importForALook(request);
  ASSERT_TRUE(imported.scenario.sound());
  EXPECT_EQ(contentsOf(imported.scenario).rfind("2 services with 4 endpoints, customers of 1 kind, ", 0), 0U) << contentsOf(imported.scenario);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()), 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace meshmall::gui
