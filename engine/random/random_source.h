// A source of successive 64-bit draws, as the proxies' algorithms take them ("random" in Envoy's code).
// In a run it is a stream of the proxy's own (keyed_stream.h); in a replay it hands out the case's given numbers.
#pragma once

#include <cstdint>

namespace meshmall::engine {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual std::uint64_t next() = 0;  // uniform over all 64-bit values

 protected:
  RandomSource() = default;
  RandomSource(const RandomSource&) = default;
  RandomSource& operator=(const RandomSource&) = default;
};

}  // namespace meshmall::engine
