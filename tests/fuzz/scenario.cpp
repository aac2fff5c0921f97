// libFuzzer: any bytes as a scenario end in a scenario or in problems, never in both or neither; every problem has a place and can be printed.
// Built in the preset `fuzz`: build/fuzz/tests/fuzz_scenario tests/fuzz/scenario_corpus. The corpus is replayed by an ordinary test too.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "models/scenario/decode_scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshmall::models;
  const DecodeResult result = decodeScenario(std::string(reinterpret_cast<const char*>(data), size), "fuzz.json", "");
  if (result.scenario.has_value() == hasErrors(result.problems)) std::abort();
  for (const Problem& problem : result.problems) {
    if (problem.line == 0 || problem.column == 0 || textOf(problem).empty()) std::abort();
  }
  return 0;
}
