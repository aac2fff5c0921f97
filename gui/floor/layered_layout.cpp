#include "gui/floor/layered_layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace meshmall::gui {
namespace {

using Arrow = std::pair<std::uint32_t, std::uint32_t>;
using Neighbours = std::vector<std::vector<std::uint32_t>>;

constexpr int kSweeps = 12;

// Arrows without those that close a circle, by depth-first search in the order of the input (on a stack of its own: call graphs may be deep).
std::vector<Arrow> withoutCircles(std::size_t boxes, const std::vector<Arrow>& arrows) {
  Neighbours next(boxes);
  for (const auto& [from, to] : arrows) {
    if (from != to && from < boxes && to < boxes) next[from].push_back(to);
  }
  for (auto& of : next) {
    std::sort(of.begin(), of.end());
    of.erase(std::unique(of.begin(), of.end()), of.end());
  }
  std::vector<char> state(boxes, 0);  // 0 new, 1 on the path, 2 done
  std::vector<Arrow> kept;
  for (std::uint32_t root = 0; root < boxes; ++root) {
    if (state[root] != 0) continue;
    std::vector<std::pair<std::uint32_t, std::size_t>> path = {{root, 0}};
    state[root] = 1;
    while (!path.empty()) {
      const std::uint32_t at = path.back().first;
      if (path.back().second == next[at].size()) {
        state[at] = 2;
        path.pop_back();
        continue;
      }
      const std::uint32_t to = next[at][path.back().second++];
      if (state[to] == 1) continue;
      kept.emplace_back(at, to);
      if (state[to] != 0) continue;
      state[to] = 1;
      path.emplace_back(to, 0);
    }
  }
  return kept;
}

std::vector<std::uint32_t> longestPaths(std::size_t boxes, const std::vector<Arrow>& arrows) {
  std::vector<std::uint32_t> column(boxes, 0), callers(boxes, 0), ready;
  Neighbours next(boxes);
  for (const auto& [from, to] : arrows) {
    next[from].push_back(to);
    ++callers[to];
  }
  for (std::uint32_t i = 0; i < boxes; ++i) {
    if (callers[i] == 0) ready.push_back(i);
  }
  while (!ready.empty()) {
    const std::uint32_t at = ready.back();
    ready.pop_back();
    for (const std::uint32_t to : next[at]) {
      column[to] = std::max(column[to], column[at] + 1);
      if (--callers[to] == 0) ready.push_back(to);
    }
  }
  return column;
}

// Boxes and the dummy places where long arrows pass, column by column.
struct Grid {
  std::vector<LayoutBox> nodes;  // the boxes first
  std::vector<std::uint32_t> column;
  Neighbours before, after;
  std::vector<std::vector<std::uint32_t>> columns;
};

std::uint32_t addDummy(Grid& grid, std::uint32_t column, std::uint32_t band) {
  LayoutBox dummy;
  dummy.width = 0;
  dummy.height = 14;
  dummy.band = band;
  grid.nodes.push_back(dummy);
  grid.column.push_back(column);
  grid.before.emplace_back();
  grid.after.emplace_back();
  return static_cast<std::uint32_t>(grid.nodes.size() - 1);
}

Grid gridOf(const std::vector<LayoutBox>& boxes, const std::vector<Arrow>& arrows, const std::vector<std::uint32_t>& column) {
  Grid grid{boxes, column, Neighbours(boxes.size()), Neighbours(boxes.size()), {}};
  const auto join = [&grid](std::uint32_t a, std::uint32_t b) {
    grid.after[a].push_back(b);
    grid.before[b].push_back(a);
  };
  for (const auto& [from, to] : arrows) {
    std::uint32_t at = from;
    for (std::uint32_t passed = column[from] + 1; passed < column[to]; ++passed) {
      const std::uint32_t dummy = addDummy(grid, passed, boxes[to].band);
      join(at, dummy);
      at = dummy;
    }
    join(at, to);
  }
  const std::uint32_t count = grid.column.empty() ? 0 : *std::max_element(grid.column.begin(), grid.column.end()) + 1;
  grid.columns.resize(count);
  for (std::uint32_t i = 0; i < grid.nodes.size(); ++i) grid.columns[grid.column[i]].push_back(i);
  for (auto& nodes : grid.columns) {
    std::stable_sort(nodes.begin(), nodes.end(), [&grid](std::uint32_t a, std::uint32_t b) { return grid.nodes[a].band < grid.nodes[b].band; });
  }
  return grid;
}

std::vector<double> ranks(const Grid& grid) {
  std::vector<double> rank(grid.nodes.size(), 0);
  for (const auto& nodes : grid.columns) {
    for (std::size_t i = 0; i < nodes.size(); ++i) rank[nodes[i]] = static_cast<double>(i) - static_cast<double>(nodes.size() - 1) / 2;
  }
  return rank;
}

std::size_t crossings(const Grid& grid) {
  const std::vector<double> rank = ranks(grid);
  std::size_t crossed = 0;
  for (const auto& nodes : grid.columns) {
    std::vector<std::pair<double, double>> arrows;
    for (const std::uint32_t node : nodes) {
      for (const std::uint32_t to : grid.after[node]) arrows.emplace_back(rank[node], rank[to]);
    }
    for (std::size_t i = 0; i < arrows.size(); ++i) {
      for (std::size_t j = i + 1; j < arrows.size(); ++j) crossed += (arrows[i].first - arrows[j].first) * (arrows[i].second - arrows[j].second) < 0 ? 1U : 0U;
    }
  }
  return crossed;
}

void sortByNeighbours(Grid& grid, std::size_t column, const Neighbours& neighbours) {
  const std::vector<double> rank = ranks(grid);
  auto& nodes = grid.columns[column];
  std::vector<double> wanted(grid.nodes.size(), 0);
  for (const std::uint32_t node : nodes) {
    wanted[node] = rank[node];
    if (neighbours[node].empty()) continue;
    double sum = 0;
    for (const std::uint32_t other : neighbours[node]) sum += rank[other];
    wanted[node] = sum / static_cast<double>(neighbours[node].size());
  }
  std::stable_sort(nodes.begin(), nodes.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(grid.nodes[a].band, wanted[a]) < std::pair(grid.nodes[b].band, wanted[b]);
  });
}

void order(Grid& grid) {
  auto best = grid.columns;
  std::size_t fewest = crossings(grid);
  for (int sweep = 0; sweep < kSweeps && fewest > 0; ++sweep) {
    const std::size_t count = grid.columns.size();
    for (std::size_t i = 1; i < count; ++i) sortByNeighbours(grid, i, grid.before);
    for (std::size_t i = count; i-- > 0;) sortByNeighbours(grid, i, grid.after);
    const std::size_t now = crossings(grid);
    if (now >= fewest) continue;
    fewest = now;
    best = grid.columns;
  }
  grid.columns = best;
}

// A column that would be far taller than the whole is wide becomes several beside each other, filled row by row, so that each box stays about where it was.
void splitTallColumns(Grid& grid, std::size_t boxes) {
  const auto rows = std::max<std::size_t>(8, static_cast<std::size_t>(1.3 * std::sqrt(static_cast<double>(boxes))));
  std::vector<std::vector<std::uint32_t>> split;
  for (const auto& nodes : grid.columns) {
    const auto real = static_cast<std::size_t>(std::count_if(nodes.begin(), nodes.end(), [boxes](std::uint32_t node) { return node < boxes; }));
    const std::size_t parts = std::max<std::size_t>(1, (real + rows - 1) / rows), first = split.size();
    split.resize(first + parts);
    std::size_t next = 0;
    for (const std::uint32_t node : nodes) {
      const std::size_t part = node < boxes ? next++ % parts : 0;
      split[first + part].push_back(node);
      grid.column[node] = static_cast<std::uint32_t>(first + part);
    }
  }
  grid.columns = std::move(split);
}

// The nodes of one column and band, in order.
using Stack = std::vector<std::uint32_t>;

// Moves a stack's nodes to where they want to be, as far as order and distances allow: what overlaps becomes a block whose middle is at the mean of its wishes.
void settle(const Grid& grid, const Stack& stack, const std::vector<double>& wanted, double gap, std::vector<double>& y) {
  struct Block {
    double sum = 0, count = 0, offset = 0;  // offset: height of the block so far, between centres
    std::size_t first = 0;
    double at() const { return sum / count; }
  };
  std::vector<Block> blocks;
  std::vector<double> offset(stack.size(), 0);
  for (std::size_t i = 0; i < stack.size(); ++i) {
    blocks.push_back({wanted[stack[i]], 1, 0, i});
    while (blocks.size() > 1) {
      Block &last = blocks.back(), &above = blocks[blocks.size() - 2];
      const double apart = (grid.nodes[stack[last.first - 1]].height + grid.nodes[stack[last.first]].height) / 2 + gap;
      if (above.at() + above.offset + apart <= last.at()) break;
      const double shift = above.offset + apart;
      const std::size_t end = i + 1;
      for (std::size_t k = last.first; k < end; ++k) offset[k] += shift;
      above.sum += last.sum - last.count * shift;
      above.count += last.count;
      above.offset = shift + last.offset;
      blocks.pop_back();
    }
  }
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const std::size_t end = b + 1 < blocks.size() ? blocks[b + 1].first : stack.size();
    for (std::size_t k = blocks[b].first; k < end; ++k) y[stack[k]] = blocks[b].at() + offset[k];
  }
}

std::vector<double> heights(const Grid& grid, const std::vector<std::vector<Stack>>& stacks, double gap) {
  std::vector<double> y(grid.nodes.size(), 0);
  std::vector<double> wanted(grid.nodes.size(), 0);
  for (int round = 0; round <= kSweeps; ++round) {
    const bool down = round % 2 == 0;
    const std::size_t count = stacks.size();
    for (std::size_t step = 0; step < count; ++step) {
      const std::size_t column = down ? step : count - 1 - step;
      for (const Stack& stack : stacks[column]) {
        for (const std::uint32_t node : stack) {
          double sum = 0, number = 0;
          for (const Neighbours* side : {&grid.before, &grid.after}) {
            for (const std::uint32_t other : (*side)[node]) {
              if (grid.nodes[other].band != grid.nodes[node].band) continue;
              sum += y[other];
              ++number;
            }
          }
          wanted[node] = number > 0 && round > 0 ? sum / number : y[node];
        }
        settle(grid, stack, wanted, gap, y);
      }
    }
  }
  return y;
}

}  // namespace

std::vector<std::uint32_t> columnsOf(std::size_t boxes, const std::vector<Arrow>& arrows) { return longestPaths(boxes, withoutCircles(boxes, arrows)); }

Layout layeredLayout(const std::vector<LayoutBox>& boxes, const std::vector<Arrow>& arrows, std::uint32_t bands, LayoutGaps gaps) {
  Layout layout;
  bands = std::max<std::uint32_t>(1, bands);
  layout.places.resize(boxes.size());
  layout.bands.resize(bands);
  if (boxes.empty()) return layout;
  const std::vector<Arrow> acyclic = withoutCircles(boxes.size(), arrows);
  Grid grid = gridOf(boxes, acyclic, longestPaths(boxes.size(), acyclic));
  order(grid);
  splitTallColumns(grid, boxes.size());
  std::vector<std::vector<Stack>> stacks(grid.columns.size(), std::vector<Stack>(bands));
  for (std::size_t column = 0; column < grid.columns.size(); ++column) {
    for (const std::uint32_t node : grid.columns[column]) stacks[column][std::min(grid.nodes[node].band, bands - 1)].push_back(node);
  }
  const std::vector<double> y = heights(grid, stacks, gaps.row);
  // Bands below each other, each as high as what stands in it.
  std::vector<double> low(bands, 0), high(bands, 0);
  std::vector<char> any(bands, 0);
  for (std::uint32_t i = 0; i < boxes.size(); ++i) {
    if (boxes[i].any_band) continue;
    const std::uint32_t band = std::min(boxes[i].band, bands - 1);
    const double top = y[i] - boxes[i].height / 2, bottom = y[i] + boxes[i].height / 2;
    low[band] = any[band] ? std::min(low[band], top) : top;
    high[band] = any[band] ? std::max(high[band], bottom) : bottom;
    any[band] = 1;
  }
  double at = 0;
  std::vector<double> shift(bands, 0);
  for (std::uint32_t band = 0; band < bands; ++band) {
    shift[band] = at + gaps.band / 2 - low[band];
    layout.bands[band] = {at, at + (high[band] - low[band]) + gaps.band};
    at = layout.bands[band].bottom;
  }
  layout.height = at;
  // Columns beside each other, each as wide as its widest box.
  double x = 0;
  std::vector<double> centre(grid.columns.size(), 0);
  for (std::size_t column = 0; column < grid.columns.size(); ++column) {
    double widest = 0;
    for (const std::uint32_t node : grid.columns[column]) widest = std::max(widest, grid.nodes[node].width);
    centre[column] = x + widest / 2;
    x += widest + gaps.column;
  }
  layout.width = x - gaps.column;
  for (std::uint32_t i = 0; i < boxes.size(); ++i) {
    const double height = boxes[i].any_band && bands > 1 ? layout.height / 2 + y[i] : y[i] + shift[std::min(boxes[i].band, bands - 1)];
    layout.places[i] = {centre[grid.column[i]], height, grid.column[i]};
  }
  return layout;
}

}  // namespace meshmall::gui
