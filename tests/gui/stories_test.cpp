// The floor tells who is misled by old maps, who is led where, and which guard turns whom away.
#include <QTest>

#include "gui/floor/floor_widget.h"
#include "gui/floor/shop_item.h"
#include "tests/gui/floor_fixture.h"

namespace meshmall::gui {
namespace {

using models::EndpointState;
using models::Rejection;

std::vector<std::string> countsOf(const std::vector<StaffNote>& notes) {
  std::vector<std::string> counts;
  for (const StaffNote& note : notes) counts.push_back(note.count);
  return counts;
}

ShopView viewOf(const FloorFixture& mall, std::uint32_t service) {
  const auto snapshot = mall.snapshot();
  const FloorMap map = floorMapOf(*snapshot);
  return shopViews(*snapshot, map, healthRulesOf(*snapshot->floor), Vocabulary::mall, 0)[map.shop(service, 0)];
}

TEST(Stories, ThreeGuardsAreToldApartByTheirAnswers) {
  FloorFixture mall;
  auto& rejected = mall.now.services[1].rejected;
  rejected[static_cast<std::size_t>(Rejection::handshake)] = 3;
  rejected[static_cast<std::size_t>(Rejection::authentication)] = 40;
  rejected[static_cast<std::size_t>(Rejection::authorization)] = 5;
  rejected[static_cast<std::size_t>(Rejection::missing_token)] = 2;
  const std::vector<StaffNote> notes = staffNotes(*mall.snapshot(), 1, 0, Vocabulary::mall);
  EXPECT_EQ(countsOf(notes), (std::vector<std::string>{"TLS 3", "401 40", "403 7"}));
  for (const StaffNote& note : notes) EXPECT_EQ(note.level, Health::bad) << note.tip;
}

TEST(Stories, ACounterThatIsGoneIsDrawnAsLongAsAMapStillShowsIt) {
  FloorFixture mall;
  const std::size_t before = viewOf(mall, 1).counters.size();
  EndpointState& closed = mall.addEndpoint(1, 0);
  closed.state = EndpointState::State::gone;
  closed.listed = false;
  EXPECT_EQ(viewOf(mall, 1).counters.size(), before);
  closed.on_old_maps = 2;
  const ShopView view = viewOf(mall, 1);
  ASSERT_EQ(view.counters.size(), before + 1);
  EXPECT_EQ(view.counters.back().on_old_maps, 2U);
}

TEST(Stories, SignsThatPointToACounterThatIsDownAreWrong) {
  FloorFixture mall;
  EndpointState& counter = mall.addEndpoint(1, 0);
  counter.state = EndpointState::State::down;
  counter.listed = true;
  EXPECT_TRUE(viewOf(mall, 1).counters.back().wrong_signs);
  counter.listed = false;
  EXPECT_FALSE(viewOf(mall, 1).counters.back().wrong_signs);
}

TEST(Stories, TheSharesOfTwoVersionsHaveALineOfTheirOwn) {
  FloorFixture mall;
  const double plain = shopHeight(3, 1);
  EXPECT_DOUBLE_EQ(shopHeight(3, 2), plain + kSharesHeight);
  const auto version = static_cast<std::uint32_t>(mall.floor->versions.size());
  for (const char* name : {"v1", "v2"}) {
    mall.floor->services[1].versions.push_back(static_cast<std::uint32_t>(mall.floor->versions.size()));
    mall.floor->versions.push_back({1, name, {}});
  }
  mall.now.versions.resize(mall.floor->versions.size());
  mall.now.versions[version].share = 0.9;
  mall.now.versions[version + 1].share = 0.1;
  models::RolloutView rollout;
  rollout.phase = "Progressing";
  rollout.service = 1;
  rollout.primary = version;
  rollout.canary = version + 1;
  rollout.canary_share = 10;
  rollout.failed_checks = 2;
  rollout.begun = true;
  mall.now.rollouts.push_back(rollout);
  const ShopView view = viewOf(mall, 1);
  ASSERT_GE(view.shares.size(), 2U);
  EXPECT_EQ(view.rollout, "Progressing, 10 %, 2 failed");
}

}  // namespace
}  // namespace meshmall::gui
