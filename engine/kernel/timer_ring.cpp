#include "engine/kernel/timer_ring.h"

namespace meshmall::engine {

void TimerRing::grow() {
  std::vector<EventKey> wider(keys_.size() * 2);
  for (std::size_t i = 0; i < size_; ++i) wider[i] = keys_[(head_ + i) & (keys_.size() - 1)];
  keys_.swap(wider);
  head_ = 0;
}

}  // namespace meshmall::engine
