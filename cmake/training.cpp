// What the compiler is shown before it compiles the mall: the beginning of each scenario given, played once. See cmake/models.cmake.
// usage: training [--events N] SCENARIO...: the first N events (1000000) of each, until the next --events.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"

int main(int argc, char** argv) {
  using namespace meshmall::models;
  long most_events = 1'000'000;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--events" && i + 1 < argc) {
      most_events = std::strtol(argv[++i], nullptr, 10);
      continue;
    }
    DecodeResult decoded = loadScenario(argv[i], {});
    if (!decoded.scenario) {
      std::fprintf(stderr, "%s: not a scenario\n", argv[i]);
      return 1;
    }
    Mall mall(makePlan(std::move(*decoded.scenario)));
    for (long n = 0; n < most_events && mall.step(); ++n) {}
    (void)mall.result();
  }
  return 0;
}
