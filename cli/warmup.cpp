#include "cli/warmup.h"

#include <string>

#include "cli/simulation.h"
#include "models/mall/mall.h"
#include "models/study/settling.h"

namespace meshmall::cli {

Warmup findWarmup(const models::Scenario& scenario, std::uint64_t replication, const Limits& limits, bool progress) {
  int signal = 0;
  const models::Settling found = models::findSettling(scenario, replication, limits.events, [&](models::Mall& pilot, int number, int pilots) {
    signal = drive(pilot, {limits, progress, "warm-up, pilot " + std::to_string(number) + " of " + std::to_string(pilots) + ": "});
    return signal == 0;
  });
  return {found.length, found.settled, signal};
}

}  // namespace meshmall::cli
