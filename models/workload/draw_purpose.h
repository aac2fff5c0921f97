// What arrival processes draw for: the purpose word of their addresses (engine/random/keyed_stream.h). who = the traffic entry's number,
// path = the number of the draw. Values 1..15 belong to this folder, are never reused and never renumbered: they are part of every result.
#pragma once

#include <cstdint>

namespace meshmall::models {

enum class ArrivalDraw : std::uint64_t {
  kInterarrival = 1,  // n-th arrival: the exponential or renewal time before it
  kSojourn = 2,       // n-th state of an MMPP: how long it lasts
  kTraceCopies = 3,   // n-th line of a trace: whether the fraction of the factor makes a copy
};

}  // namespace meshmall::models
