// A callee that answers one caller slower than another: one operation for both would say of each caller what only their mixture did.
// Where pooling would move the mean time of a calling operation (or of customers) by more than 5 %, that caller's calls become an operation of their own, named
// "GET /prices?from=search": routes match the path before the question mark, so policies apply to both alike.
// Limiting cases: fewer than five visits on either side are not told apart; at most 100 operations are added. Asked for by the means, not by significance: what a mesh is judged by are shares of time.
#pragma once

#include <cstdint>
#include <vector>

#include "models/importers/traces/visits.h"

namespace meshmall::models::traces {

// Of the requests in `roots`; what an earlier call kept apart is together again before. Deterministic; a few passes over the visits.
void keepApart(Visits& traced, const std::vector<std::uint32_t>& roots);

}  // namespace meshmall::models::traces
