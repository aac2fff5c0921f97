// Each shipped scenario asks a question and answers it: these tests hold the answers, and what changes when the knob of the description is turned.
#include <cmath>
#include <filesystem>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"
#include "models/topology/prediction.h"

namespace meshmall::models {
namespace {

Result runScenario(const std::string& path, const std::vector<std::string>& settings = {}) {
  std::vector<Problem> problems;
  std::vector<Override> overrides;
  for (const std::string& setting : settings)
    if (auto o = parseSetOption(setting, problems)) overrides.push_back(*o);
  DecodeResult decoded = loadScenario(path, overrides);
  problems.insert(problems.end(), decoded.problems.begin(), decoded.problems.end());
  for (const Problem& problem : problems) ADD_FAILURE() << path << " " << problem.pointer << ": " << problem.message;
  Mall mall(makePlan(std::move(*decoded.scenario)));
  mall.run();
  EXPECT_TRUE(mall.audit().empty());
  return mall.result();
}

double metric(const Result& result, std::string_view name, ScopeKind kind = ScopeKind::mall, std::string_view scope = {}, std::string_view second = {}) {
  const auto value = result.metric(name, kind, scope, second);
  EXPECT_TRUE(value) << name;
  return value.value_or(-1);
}

void expectSlosHold(const Result& result) {
  EXPECT_FALSE(result.slos.empty());
  for (const SloVerdict& slo : result.slos) EXPECT_TRUE(slo.holds) << slo.expr;
}

TEST(ShippedScenarios, InTheBakeryHardlyAnybodyNoticesThatTheCroissantsAreOut) {
  const Result result = runScenario("scenarios/bakery.json");
  expectSlosHold(result);
  const double tries = metric(result, "attempts.total", ScopeKind::service, "bakery");
  // 40 s of Poisson arrivals at about 316/s (the profile between 600 s and 640 s), four in ten asked again: 4 standard deviations.
  const double asked_again = 0.4 * 40 * (150 + 200 * 620.0 / 700);
  EXPECT_NEAR(metric(result, "retries.total", ScopeKind::service, "bakery"), asked_again, 4 * std::sqrt(asked_again) + 0.01 * asked_again);
  // One in ten: 4 standard errors of a binomial share of that many tries.
  EXPECT_NEAR(metric(result, "requests.total", ScopeKind::version, "bakery", "v2") / tries, 0.1, 4 * std::sqrt(0.09 / tries));
}

TEST(ShippedScenarios, OldSignsSendAQuarterOfTheVisitorsToAClosedCounterUnlessTheyAskAgain) {
  const Result helped = runScenario("scenarios/article/1-signs.json");
  expectSlosHold(helped);
  EXPECT_EQ(metric(helped, "requests.failed"), 0);
  const Result alone = runScenario("scenarios/article/1-signs.json", {"/mesh/defaults/retries/attempts=0"});
  const double expected = 400.0 * 5 / 4;  // Poisson: 4 standard deviations
  EXPECT_NEAR(metric(alone, "requests.failed"), expected, 4 * std::sqrt(expected));
  const Result at_once = runScenario("scenarios/article/1-signs.json", {"/mesh/defaults/retries/attempts=0", "/events/0/crash/noticed=0s"});
  EXPECT_LE(metric(at_once, "requests.failed"), 12);  // only those on their way to the counter, or being served there, when it closed
}

TEST(ShippedScenarios, JoiningTheShorterLineMoreThanHalvesTheWaitOfTheSlowestHundredth) {
  const Result shorter = runScenario("scenarios/article/2-lines.json");
  expectSlosHold(shorter);
  const Result random = runScenario("scenarios/article/2-lines.json", {"/mesh/defaults/trafficPolicy/loadBalancer/simple=RANDOM"});
  EXPECT_LT(metric(shorter, "latency.p99"), 0.5 * metric(random, "latency.p99"));
}

TEST(ShippedScenarios, EjectionTakesTheExtraTriesAway) {
  const Result ejecting = runScenario("scenarios/article/3-second-try.json");
  expectSlosHold(ejecting);
  EXPECT_GE(metric(ejecting, "ejections.total"), 1);
  // Without ejection a fifth of 500/s for 30 s is tried twice.
  const Result tries_only = runScenario("scenarios/article/3-second-try.json", {"/mesh/defaults/trafficPolicy={\"loadBalancer\":{\"simple\":\"ROUND_ROBIN\"}}"});
  EXPECT_NEAR(metric(tries_only, "retries.total"), 500.0 * 30 / 5, 4 * std::sqrt(3000.0));
  EXPECT_LT(metric(ejecting, "retries.total"), 0.05 * metric(tries_only, "retries.total"));
}

TEST(ShippedScenarios, TheNewDisplayHarmsOnlyItsShare) {
  const Result canary = runScenario("scenarios/article/4-new-display.json");
  expectSlosHold(canary);
  const double staff = metric(canary, "requests.total", ScopeKind::traffic, "staff");
  const double guests = metric(canary, "requests.total", ScopeKind::traffic, "guests");
  const double shown = metric(canary, "requests.total", ScopeKind::version, "pastry", "v2");
  EXPECT_NEAR(shown - staff, 0.1 * guests, 4 * std::sqrt(0.09 * guests));
  EXPECT_NEAR(metric(canary, "requests.failed"), 0.05 * shown, 4 * std::sqrt(0.0475 * shown));
  const Result at_once = runScenario("scenarios/article/4-new-display.json", {"/mesh/virtualServices/pastry/http/1/route/0/weight=0", "/mesh/virtualServices/pastry/http/1/route/1/weight=100"});
  const double all = metric(at_once, "requests.total");
  EXPECT_NEAR(metric(at_once, "requests.failed"), 0.05 * all, 4 * std::sqrt(0.0475 * all));
}

// Good answers a second between two instants, and how many customers came.
std::pair<double, double> servedAndOffered(const Result& result, double from, double to) {
  const auto mean = [&](std::string_view name) {
    for (const auto& [series, values] : result.timeline.series) {
      if (series != name) continue;
      double sum = 0;
      int points = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double begin = result.timeline.interval * static_cast<double>(i);
        if (begin < from - 1e-9 || begin + result.timeline.interval > to + 1e-9) continue;
        sum += values[i];
        ++points;
      }
      return points > 0 ? sum / points : -1.0;
    }
    return -1.0;
  };
  return {mean("throughput"), mean("offered")};
}

TEST(ShippedScenarios, ARetryStormOutlastsItsCauseUntilABudgetEndsIt) {
  const Result storm = runScenario("scenarios/retry-storm.json");
  expectSlosHold(storm);
  const auto [calm_served, calm_offered] = servedAndOffered(storm, 10, 30);
  EXPECT_NEAR(calm_served, calm_offered, 0.02 * calm_offered);
  // Half a minute after the cause is over, with less than half of the kitchen's 800 dishes a second asked for by new guests: nobody is served.
  const auto [stormy_served, stormy_offered] = servedAndOffered(storm, 42, 75);
  EXPECT_LT(stormy_served, 0.01 * stormy_offered);
  EXPECT_GT(stormy_offered, 1.8 * 340);  // who leaves hungry comes back
  const auto [cured_served, cured_offered] = servedAndOffered(storm, 82, 120);
  EXPECT_NEAR(cured_served, cured_offered, 0.02 * cured_offered);
  const std::string cure = "/mesh/virtualServices/kitchen/http/0/retries/budget={\"percent\": 20}", calm_doormen = "/mesh/virtualServices/cafe/http/0/retries/attempts=0";
  const auto [early_served, early_offered] = servedAndOffered(runScenario("scenarios/retry-storm.json", {cure, calm_doormen}), 50, 75);
  EXPECT_NEAR(early_served, early_offered, 0.02 * early_offered);
  const auto [half_served, half_offered] = servedAndOffered(runScenario("scenarios/retry-storm.json", {cure}), 50, 75);
  EXPECT_LT(half_served, 0.01 * half_offered);
}

// ---- what holds for every one of them ---------------------------------------------------------------------------------------------

std::vector<std::string> shipped() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("scenarios"))
    if (entry.path().extension() == ".json" && entry.path().string().find("schema") == std::string::npos && entry.path().string().find("studies") == std::string::npos) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

class EveryShippedScenario : public testing::TestWithParam<std::string> {};

TEST_P(EveryShippedScenario, HoldsItsPromisesAndIsUtilisedAsPredicted) {
  DecodeResult decoded = loadScenario(GetParam());
  ASSERT_TRUE(decoded.scenario);
  EXPECT_TRUE(decoded.problems.empty());
  EXPECT_GT(decoded.scenario->description.size(), 80u);
  const Prediction prediction = predict(*decoded.scenario, callGraph(*decoded.scenario));
  const bool of_a_policy = GetParam().find("policies/") != std::string::npos;  // some are about overload, or turn work away
  if (!of_a_policy) {
    EXPECT_TRUE(prediction.stable);
  }
  Mall mall(makePlan(*decoded.scenario), {.seed = decoded.scenario->run.seed});
  mall.run();
  EXPECT_EQ(mall.audit(), std::vector<std::string>());
  const Result result = mall.result();
  expectSlosHold(result);
  // Work that is done again is not predicted.
  const double amplification = metric(result, "retries.amplification");
  const double refused = metric(result, "rejected.handshake") + metric(result, "rejected.authentication") + metric(result, "rejected.authorization");
  // What a rollout will do is not predicted; who is turned away keeps no worker busy.
  if (prediction.load >= 0.8 || of_a_policy || refused > 0 || amplification > 1.5 || !decoded.scenario->rollouts.empty()) return;
  for (const ServicePrediction& service : prediction.services) {
    EXPECT_NEAR(metric(result, "utilization", ScopeKind::service, service.name), service.utilization, 0.02 * service.utilization) << service.name;
    EXPECT_NEAR(metric(result, "cpu", ScopeKind::service, service.name), service.cpu, 0.02 * service.cpu) << service.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Shipped, EveryShippedScenario, testing::ValuesIn(shipped()), [](const auto& path) {
  std::string name = path.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace meshmall::models
