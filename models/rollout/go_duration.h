// Durations as Go writes them ("1m30s", "500ms", "-1.5h"), the form of every interval in Flagger's and Argo's objects.
//
// Units ns, us, µs, ms, s, m, h; a number without unit only if it is 0. Nothing for text that is no duration or leaves 64 bits of nanoseconds.
// Source: Go's time.ParseDuration.
#pragma once

#include <optional>
#include <string_view>

#include "engine/kernel/time.h"

namespace meshmall::models {

std::optional<engine::Duration> goDuration(std::string_view text);

}  // namespace meshmall::models
