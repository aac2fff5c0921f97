// A family of adapters, case -> objects of models -> what they decide, found by the name of the algorithm.
// An adapter throws UnsupportedCase for a value that it does not understand; keys that it did not ask for make the case unsupported here.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/replay/case_fields.h"
#include "cli/replay/replay_answer.h"

namespace meshmall::cli {

struct CaseAdapter {
  std::string_view algorithm;
  nlohmann::json (*run)(CaseFields& config, CaseFields& input);
};

class AdapterTable {
 public:
  explicit AdapterTable(const std::vector<std::vector<CaseAdapter>>& families);

  bool has(std::string_view algorithm) const;
  std::vector<std::string> names() const;  // sorted
  // Computes `actual` (an object) for one case {"algorithm", "config", "input", ...}; `expect` is never read. Never throws.
  ReplayAnswer replay(const nlohmann::json& one_case, nlohmann::json& actual) const;

 private:
  nlohmann::json run(const nlohmann::json& one_case) const;

  std::vector<CaseAdapter> adapters_;  // sorted by name
};

}  // namespace meshmall::cli
