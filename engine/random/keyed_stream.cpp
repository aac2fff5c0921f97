#include "engine/random/keyed_stream.h"

namespace meshmall::engine {

std::array<std::uint64_t, 4> blockAt(StreamKey key, const Address& address, std::uint64_t block) {
  return philox({block, address.who, address.path, address.purpose}, {key.seed, key.replication});
}

// Draw n >= 1 of a lane is number (n - 1) mod 4 of block 2^63 + lane * 2^60 + (n - 1) / 4. The block is computed again for each draw:
// more than one further draw is too rare to keep 32 bytes of it.
Lane::result_type Lane::drawFurther() {
  const std::uint64_t further = drawn_++ - 1;
  const std::uint64_t block = (std::uint64_t{1} << 63) + (std::uint64_t{lane_} << 60) + (further >> 2);
  return blockAt(key_, address_, block)[further & 3];
}

}  // namespace meshmall::engine
