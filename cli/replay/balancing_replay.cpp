#include "cli/replay/balancing_replay.h"

#include <exception>
#include <nlohmann/json.hpp>

#include "cli/replay/balancing_families.h"
#include "cli/replay/case_reader.h"

namespace meshmall::cli {

namespace {

const NamedReplay* findReplay(std::string_view algorithm) {
  for (const NamedReplay* table : {kHashingReplays, kPolicyReplays, kFailoverReplays, kReportReplays, kSubsetReplays}) {
    for (; table->algorithm != nullptr; ++table) {
      if (algorithm == table->algorithm) return table;
    }
  }
  return nullptr;
}

ReplayAnswer unsupported(std::string reason) { return {false, std::move(reason), {}}; }

}  // namespace

bool balancingHas(std::string_view algorithm) { return findReplay(algorithm) != nullptr; }

ReplayAnswer replayBalancing(const nlohmann::json& one_case, nlohmann::json& actual) {
  actual = nlohmann::json::object();
  if (!one_case.is_object() || !one_case.contains("algorithm") || !one_case["algorithm"].is_string()) return unsupported("the case names no algorithm");
  const NamedReplay* replay = findReplay(one_case["algorithm"].get_ref<const std::string&>());
  if (replay == nullptr) return unsupported("the algorithm is not one of balancing");
  ReplayAnswer answer;
  try {
    nlohmann::json without_expectation = one_case;
    without_expectation.erase("expect");
    if (!without_expectation.contains("config")) without_expectation["config"] = nlohmann::json::object();
    if (!without_expectation.contains("input")) without_expectation["input"] = nlohmann::json::object();
    replay->replay(without_expectation, actual, answer);
  } catch (const Unsupported& refusal) {
    return unsupported(refusal.reason);
  } catch (const nlohmann::json::exception& malformed) {
    return unsupported(std::string("the case cannot be read: ") + malformed.what());
  } catch (const std::exception& wrong) {
    return unsupported(std::string("a value that cannot be used: ") + wrong.what());
  }
  return answer;
}

}  // namespace meshmall::cli
