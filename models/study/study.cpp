#include "models/study/study.h"

namespace meshmall::models {

std::vector<std::vector<std::uint32_t>> Study::blocks() const {
  std::vector<std::vector<std::uint32_t>> blocks(points.size());
  for (std::uint32_t g = 0; g < groups.size(); ++g) blocks[groups[g].point].push_back(g);
  return blocks;
}

}  // namespace meshmall::models
