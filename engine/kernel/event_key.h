// What the event queue orders: time (64 bits), then sequence number (40 bits), then where the event is kept (24 bits),
// in one 128-bit integer, so that time order and first-come order among equal times are one branch-free comparison.
// Times are not negative. A place is a slot of the queue's pool, or, from kFirstRingPlace on, a ring of timers.
#pragma once

#include <cstdint>

#include "engine/kernel/time.h"

namespace meshmall::engine {

__extension__ typedef unsigned __int128 EventKey;

inline constexpr unsigned kPlaceBits = 24;
inline constexpr std::uint32_t kPlaceMask = (1U << kPlaceBits) - 1;
inline constexpr std::uint64_t kMaxSequences = std::uint64_t{1} << (64 - kPlaceBits);
inline constexpr std::uint32_t kMaxRings = (1U << 16) - 1;
inline constexpr std::uint32_t kFirstRingPlace = kPlaceMask - kMaxRings;  // the last place of all is nobody's
inline constexpr std::uint32_t kMaxSlots = kFirstRingPlace;

constexpr std::uint64_t ticketOf(std::uint64_t sequence, std::uint32_t place) { return sequence << kPlaceBits | place; }
constexpr EventKey keyOf(SimTime at, std::uint64_t ticket) { return EventKey{static_cast<std::uint64_t>(at.ns)} << 64 | ticket; }

constexpr SimTime timeOf(EventKey key) { return {static_cast<std::int64_t>(static_cast<std::uint64_t>(key >> 64))}; }
constexpr std::uint64_t ticketOf(EventKey key) { return static_cast<std::uint64_t>(key); }  // sequence and place: never given twice
constexpr std::uint32_t placeOf(EventKey key) { return static_cast<std::uint32_t>(key) & kPlaceMask; }

}  // namespace meshmall::engine
