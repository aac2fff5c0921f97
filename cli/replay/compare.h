// Compares what a case's algorithm computed with what the case expects.
//
// Every key of `expect` must be in `actual`; numbers agree within 1e-9 relative, or by the tolerances that the case or its expectation
// carries (rel_tol, abs_tol; 1 % where its notes say "approx"); integers agree exactly unless there is a tolerance, and may be strings;
// lists that the case names in `unordered` agree in any order. Notes, doc_* and sentences are not compared.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/replay/replay_answer.h"

namespace meshmall::cli {

// One line for each difference, "picks[2]: expected …, computed …"; empty when all agrees. At most 20.
std::vector<std::string> compareCase(const nlohmann::json& one_case, const nlohmann::json& actual, const ReplayAnswer& answer);

// False: the case expects picks of other draws than those that the replay chose for want of any (ReplayAnswer::draws_chosen).
bool comparable(const nlohmann::json& one_case, const nlohmann::json& actual, const ReplayAnswer& answer);

}  // namespace meshmall::cli
