// What a comparison is judged by: the rules of the gate file and the command line, else the study's own, else the defaults; with their margins, waivers and --only service=GLOB.
// What is wrong with them is said on stderr, all of it, before anything runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/compare_input.h"
#include "cli/compare_pairs.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "models/study/comparison_study.h"
#include "models/study/gate_rules.h"

namespace meshmall::cli {

class CompareRules {
 public:
  explicit CompareRules(const CompareOptions& options) : options_(options) {}

  // The gate file, where there is one; then the choices are known.
  ExitCode readGate();
  // The rules for these pairs. `all`: the names that they may use.
  ExitCode take(const CompareInput& candidate, const std::vector<ComparePair>& pairs, const models::ScopeNames& all);

  // alpha, mode and what undecided rules mean: the command line's, else the gate file's, else the defaults.
  models::ComparisonChoices choices() const;
  std::optional<std::uint64_t> replications() const { return gate_.replications; }  // of the gate file
  const std::vector<models::GateRule>& rules() const { return rules_; }
  // With the candidate's own limits.
  std::vector<models::GateRule> rulesFor(const models::Scenario& candidate) const;

 private:
  ExitCode refuse(const std::string& message) const;
  ExitCode takeMargins(std::vector<models::Problem>& problems);
  ExitCode restrict(const std::vector<ComparePair>& pairs, const models::ScopeNames& all);
  bool judged(const models::GateRule& rule) const;

  const CompareOptions& options_;
  models::GateFile gate_;
  std::vector<models::GateRule> rules_;
};

// The service glob of --only service=GLOB; nothing for a glob of scenarios.
std::optional<std::string> serviceGlob(const std::string& only);

}  // namespace meshmall::cli
