#include "property_case.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "random_scenario.h"

namespace meshmall::tests {

namespace {

std::optional<std::uint64_t> numberOf(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == 0) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

}  // namespace

std::vector<std::uint64_t> seedsOf(std::uint64_t first, std::uint64_t count) {
  if (const auto seed = numberOf("MESHMALL_PROPERTY_SEED")) return {*seed};
  const std::uint64_t scale = numberOf("MESHMALL_PROPERTY_SCENARIOS").value_or(1'000);
  std::vector<std::uint64_t> seeds(std::max<std::uint64_t>(1, count * scale / 1'000));
  for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = first + i;
  return seeds;
}

const std::string& scenarioFolder() {
  static const std::string folder = [] {
    const auto path = std::filesystem::temp_directory_path() / "meshmall-property";
    std::filesystem::create_directories(path);
    // Tests may run side by side: what is there is replaced as a whole.
    const auto fresh = path / ("fresh-" + std::to_string(static_cast<unsigned long>(::getpid())));
    std::filesystem::create_directories(fresh);
    writeScenarioFiles(fresh.string());
    for (const char* name : {"arrivals.csv", "sizes.csv"}) std::filesystem::rename(fresh / name, path / name);
    std::filesystem::remove(fresh);
    return path.string();
  }();
  return folder;
}

std::shared_ptr<const models::Plan> planOf(const nlohmann::json& scenario) {
  models::DecodeResult decoded = models::decodeScenario(scenario.dump(1), "random.json", scenarioFolder());
  for (const models::Problem& problem : decoded.problems)
    if (problem.severity == models::Problem::Severity::error) ADD_FAILURE() << problem.pointer << ": " << problem.message;
  if (!decoded.scenario) return nullptr;
  return models::makePlan(std::move(*decoded.scenario));
}

std::string repeatLine(std::uint64_t seed, const nlohmann::json& scenario) {
  const std::string path = scenarioFolder() + "/seed-" + std::to_string(seed) + ".json";
  std::ofstream(path) << scenario.dump(2) << '\n';
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return "seed " + std::to_string(seed) + "; to repeat: MESHMALL_PROPERTY_SEED=" + std::to_string(seed) + " build/release/tests/property_tests --gtest_filter=" +
         test->test_suite_name() + "." + test->name() + "; scenario: " + path;
}

}  // namespace meshmall::tests
