// Runs a scenario as it is shipped, with its own seed and changes as by `--set`; its problems fail the test.
#pragma once

#include <gtest/gtest.h>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::models {

inline Override setting(const std::string& pointer, const std::string& value) { return {pointer, value, false, pointer + "=" + value, 0}; }

inline Result runShipped(const std::string& name, const std::vector<Override>& overrides = {}) {
  const DecodeResult decoded = loadScenario("scenarios/" + name + ".json", overrides);
  for (const Problem& problem : decoded.problems)
    if (problem.code.empty()) ADD_FAILURE() << textOf(problem);  // advice is what a knob turned the wrong way may earn
  Result nothing;
  if (!decoded.scenario) return nothing;
  RunOptions options;
  options.seed = decoded.scenario->run.seed;
  Mall mall(makePlan(*decoded.scenario), options);
  mall.run();
  return mall.result();
}

// Not a number where there is none, so that every comparison with it fails.
inline double valueOf(const Result& result, std::string_view metric, ScopeKind kind = ScopeKind::mall, std::string_view name = {},
                      std::string_view second = {}) {
  return result.metric(metric, kind, name, second).value_or(NAN);
}

}  // namespace meshmall::models
