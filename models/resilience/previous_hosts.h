// Where a retry goes: the balancer is asked again while its pick was tried before, a limited number of times, and the last pick is used all the same.
// Limiting cases: a first try is never filtered; with 0 further attempts a retry takes whatever comes.
// Source: Envoy previous_hosts.h, the chooseHost loop; spec envoy-resilience.md section 2.
#pragma once

#include <cstdint>

namespace meshmall::models {

// `pick()` gives an optional-like choice, empty when there is nobody; `rejects(choice)` says whether it was tried before.
// Calls pick once for a first try and at most host_selection_attempts + 1 times for a retry.
template <class Pick, class Rejects>
auto pickForTry(bool is_retry, std::uint32_t host_selection_attempts, Pick&& pick, Rejects&& rejects) {
  auto choice = pick();
  for (std::uint32_t i = 0; is_retry && i < host_selection_attempts; ++i) {
    if (!choice || !rejects(*choice)) break;
    choice = pick();
  }
  return choice;
}

}  // namespace meshmall::models
