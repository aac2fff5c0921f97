#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "gui/floor/layered_layout.h"

namespace meshmall::gui {
namespace {

using Arrows = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

bool overlap(const LayoutBox& a, const LayoutPlace& pa, const LayoutBox& b, const LayoutPlace& pb) {
  return std::abs(pa.x - pb.x) < (a.width + b.width) / 2 - 1e-6 && std::abs(pa.y - pb.y) < (a.height + b.height) / 2 - 1e-6;
}

void expectApart(const std::vector<LayoutBox>& boxes, const Layout& layout) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (std::size_t j = i + 1; j < boxes.size(); ++j) EXPECT_FALSE(overlap(boxes[i], layout.places[i], boxes[j], layout.places[j])) << i << " and " << j;
  }
}

TEST(LayeredLayout, CallersStandLeftOfThoseTheyCall) {
  const Arrows arrows = {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}};
  EXPECT_EQ(columnsOf(4, arrows), (std::vector<std::uint32_t>{0, 1, 1, 2}));
  const std::vector<LayoutBox> boxes(4);
  const Layout layout = layeredLayout(boxes, arrows, 1);
  for (const auto& [from, to] : arrows) EXPECT_LT(layout.places[from].x, layout.places[to].x);
  expectApart(boxes, layout);
}

TEST(LayeredLayout, ACircleIsCutWhereItCloses) {
  const Arrows arrows = {{0, 1}, {1, 2}, {2, 0}, {1, 1}, {9, 0}};
  EXPECT_EQ(columnsOf(3, arrows), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(LayeredLayout, UncrossesArrowsThatNeedNotCross) {
  // 0 calls 3 and 1 calls 2: in the order of the input the arrows would cross.
  const std::vector<LayoutBox> boxes(4);
  const Layout layout = layeredLayout(boxes, {{0, 3}, {1, 2}}, 1);
  EXPECT_GT((layout.places[0].y - layout.places[1].y) * (layout.places[3].y - layout.places[2].y), 0);
}

TEST(LayeredLayout, ABoxStaysOnItsFloor) {
  std::vector<LayoutBox> boxes(9);
  for (std::size_t i = 0; i < boxes.size(); ++i) boxes[i].band = static_cast<std::uint32_t>(i % 3);
  boxes[4].height = 300;
  const Layout layout = layeredLayout(boxes, {{0, 3}, {3, 6}, {1, 4}, {4, 7}, {2, 5}, {5, 8}, {0, 4}}, 3);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    EXPECT_GE(layout.places[i].y - boxes[i].height / 2, layout.bands[boxes[i].band].top);
    EXPECT_LE(layout.places[i].y + boxes[i].height / 2, layout.bands[boxes[i].band].bottom);
  }
  EXPECT_LE(layout.bands[0].bottom, layout.bands[1].top);
  expectApart(boxes, layout);
}

TEST(LayeredLayout, AnEntranceToAllFloorsStandsInTheMiddle) {
  std::vector<LayoutBox> boxes(3);
  boxes[0].any_band = true;
  boxes[2].band = 1;
  const Layout layout = layeredLayout(boxes, {{0, 1}, {0, 2}}, 2);
  EXPECT_GT(layout.places[0].y, layout.places[1].y);
  EXPECT_LT(layout.places[0].y, layout.places[2].y);
}

TEST(LayeredLayout, IsTheSameEachTimeAndKeepsTwoHundredBoxesApart) {
  std::vector<LayoutBox> boxes(200);
  Arrows arrows;
  for (std::uint32_t i = 1; i < 200; ++i) {
    arrows.emplace_back((i - 1) / 3, i);
    if (i > 20) arrows.emplace_back(i / 5, i);
    boxes[i].height = 60 + 10 * (i % 7);
  }
  const Layout one = layeredLayout(boxes, arrows, 1), two = layeredLayout(boxes, arrows, 1);
  expectApart(boxes, one);
  for (std::size_t i = 0; i < boxes.size(); ++i) EXPECT_EQ(one.places[i].y, two.places[i].y);
}

TEST(LayeredLayout, NothingHasNoPlaces) {
  EXPECT_TRUE(layeredLayout({}, {}, 1).places.empty());
  EXPECT_EQ(layeredLayout({LayoutBox{}}, {}, 1).places.size(), 1u);
}

}  // namespace
}  // namespace meshmall::gui
