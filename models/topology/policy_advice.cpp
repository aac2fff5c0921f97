#include "models/topology/policy_advice.h"

#include <algorithm>
#include <variant>

namespace meshmall::models {

Problem advice(const AdviceInput& in, std::string pointer, std::string code, std::string reason, std::string cure) {
  Problem out;
  out.file = in.file;
  out.pointer = in.patch + pointer;
  out.message = std::move(reason);
  out.hint = std::move(cure);
  out.severity = Problem::Severity::warning;
  out.code = std::move(code);
  return out;
}

std::vector<Problem> policyAdvice(const AdviceInput& in) {
  std::vector<Problem> out;
  std::vector<std::string> patches(in.scenario.mesh_versions.size());
  for (std::size_t e = 0; e < in.scenario.events.size(); ++e)
    if (const auto* patch = std::get_if<Patch>(&in.scenario.events[e].what)) patches[patch->mesh_version] = "/events/" + std::to_string(e) + "/patch";
  for (std::size_t version = 0; version < patches.size(); ++version) {
    const AdviceInput each{in.scenario, in.graph, in.prediction, in.file, version, patches[version]};
    std::vector<Problem> found;
    adviseOnRetries(each, found);
    adviseOnLimits(each, found);
    adviseOnSecurity(each, found);
    const std::size_t before = out.size();
    for (Problem& problem : found) {
      const bool said = std::any_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(before), [&](const Problem& p) { return p.code == problem.code && p.message == problem.message; });
      if (!said) out.push_back(std::move(problem));
    }
  }
  return out;
}

}  // namespace meshmall::models
