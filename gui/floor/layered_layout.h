// Places boxes in columns so that arrows go from left to right: callers left of those they call. Columns by longest path from the boxes without callers,
// order within a column by barycentre sweeps that keep the best number of crossings, heights by averages of neighbours that may not overlap.
// A column too tall for the whole becomes several. Bands are stacked from top to bottom (floors of a mall); a box stays in its band. Limiting cases: circles are cut at the arrow that closes them; no boxes, no places.
// Source: Sugiyama, Tagawa and Toda (1981); barycentre sweeps and dummy places for long arrows as there. Deterministic: ties keep the order of the input.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace meshmall::gui {

struct LayoutBox {
  double width = 200, height = 100;
  std::uint32_t band = 0;
  bool any_band = false;  // in the middle of all bands' height (an entrance)
};

struct LayoutPlace {
  double x = 0, y = 0;  // centre
  std::uint32_t column = 0;
};

struct LayoutBand {
  double top = 0, bottom = 0;
};

struct Layout {
  std::vector<LayoutPlace> places;  // as the boxes
  std::vector<LayoutBand> bands;
  double width = 0, height = 0;
};

struct LayoutGaps {
  double column = 110, row = 26, band = 44;
};

// Arrows name boxes by index; arrows from a box to itself and doubles do not matter. O(sweeps * (boxes + arrows) log).
Layout layeredLayout(const std::vector<LayoutBox>& boxes, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& arrows, std::uint32_t bands,
                     LayoutGaps gaps = {});

// Longest path from the boxes that nobody calls; arrows that close a circle are left out.
std::vector<std::uint32_t> columnsOf(std::size_t boxes, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& arrows);

}  // namespace meshmall::gui
