// What stands beside what in a comparison: scenarios of the same path or sweep point, or groups of results; and the names that rules about them may use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/compare_input.h"
#include "cli/options.h"
#include "engine/experiment/sample_table.h"
#include "models/study/gate_rules.h"

namespace meshmall::cli {

struct ComparePair {  // points into the inputs it was made of
  const ComparedScenario* baseline = nullptr;  // nothing: the candidate is new
  const ComparedScenario* candidate = nullptr;
  std::optional<std::uint32_t> baseline_group, candidate_group;  // of results instead
  std::string key;
  bool isNew() const { return baseline == nullptr && !baseline_group; }
  bool isDeleted() const { return candidate == nullptr && !candidate_group; }
};

struct ComparePairs {
  std::vector<ComparePair> pairs;  // by key, byte order
  std::string trouble;             // why there are none; empty: there are
  ExitCode code = ExitCode::done;  // of the trouble
};

// Refuses sides of different kinds, options of runs beside results, and results without a variant and sweep point in common.
ComparePairs pairUp(const CompareInput& baseline, const CompareInput& candidate, const CompareOptions& options);

// Leaves the pairs whose key, or name where there is none, matches one of the globs. A text: none does.
std::optional<std::string> keepOnly(std::vector<ComparePair>& pairs, const std::vector<std::string>& globs, const CompareInput& candidate);

// As reports call it.
std::string nameOf(const ComparePair& pair, const CompareInput& candidate);

// Services and traffic of both sides; each list in byte order, each name once.
models::ScopeNames namesOf(const models::Scenario& baseline, const models::Scenario& candidate);
models::ScopeNames namesOf(const engine::SampleTable& baseline, std::uint32_t baseline_group, const engine::SampleTable& candidate, std::uint32_t candidate_group);
models::ScopeNames namesOf(const std::vector<ComparePair>& pairs, const CompareInput& baseline, const CompareInput& candidate);

}  // namespace meshmall::cli
