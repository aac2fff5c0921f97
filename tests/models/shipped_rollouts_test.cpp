// The scenarios of rollouts: at which tick each is let in or taken back, who met it, and what changes when the knob of the description is turned.
#include <cmath>

#include "models/observation/json_writer.h"
#include "tests/models/shipped_scenario.h"

namespace meshmall::models {
namespace {

std::string detailOf(const DecisionResult& decision, const std::string& key) {
  for (const auto& [name, value] : decision.detail) {
    if (name != key) continue;
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    std::string out;
    appendNumber(out, std::get<double>(value));
    return out;
  }
  return "";
}

std::vector<DecisionResult> rolloutOf(const Result& result) {
  std::vector<DecisionResult> out;
  for (const DecisionResult& decision : result.decisions)
    if (decision.kind == "rollout") out.push_back(decision);
  return out;
}

void expectSlosHold(const Result& result) {
  EXPECT_FALSE(result.slos.empty());
  for (const SloVerdict& slo : result.slos) EXPECT_TRUE(slo.holds) << slo.expr;
}

std::vector<std::string> all(const std::vector<DecisionResult>& ticks, const std::string& key) {
  std::vector<std::string> out;
  for (const DecisionResult& tick : ticks) out.push_back(detailOf(tick, key));
  return out;
}

TEST(ShippedRollouts, TheFailingRecipeIsTakenBackAtTheSixthTick) {
  const Result result = runShipped("canary-rollback");
  expectSlosHold(result);
  const auto ticks = rolloutOf(result);
  EXPECT_EQ(all(ticks, "verdict"), (std::vector<std::string>{"new revision", "passed", "failed", "failed", "failed", "rollback"}));
  EXPECT_EQ(all(ticks, "weight"), (std::vector<std::string>{"0", "10", "10", "10", "10", "0"}));
  EXPECT_EQ(ticks.back().t, 210);
  for (std::size_t i = 2; i < 5; ++i) EXPECT_LT(std::stod(detailOf(ticks[i], "request-success-rate")), 99);
  // Two minutes, one in ten, one in twelve: 4 standard errors.
  const double expected = 120.0 * 120 * 0.1 * 0.083;
  EXPECT_NEAR(valueOf(result, "requests.failed"), expected, 4 * std::sqrt(expected));
}

TEST(ShippedRollouts, ALowerThresholdTakesItBackAMinuteEarlierAndAGoodRecipeStays) {
  const auto strict = rolloutOf(runShipped("canary-rollback", {setting("/rollouts/bakery/flagger/analysis/threshold", "1")}));
  EXPECT_EQ(detailOf(strict.back(), "verdict"), "rollback");
  EXPECT_EQ(strict.back().t, 150);
  const auto good = rolloutOf(runShipped("canary-rollback", {setting("/services/bakery/versions/v2/operations/GET ~1bread/failure/probability", "0")}));
  for (const std::string& verdict : all(good, "verdict")) EXPECT_NE(verdict, "failed");
}

TEST(ShippedRollouts, TheQuickRecipeIsPromotedAndNobodyNotices) {
  const Result result = runShipped("policies/canary-promoted");
  expectSlosHold(result);
  const auto ticks = rolloutOf(result);
  EXPECT_EQ(all(ticks, "weight"), (std::vector<std::string>{"0", "20", "40", "60", "60", "0", "0"}));
  EXPECT_EQ(all(ticks, "phase"), (std::vector<std::string>{"Progressing", "Progressing", "Progressing", "Progressing", "Promoting", "Finalising", "Succeeded"}));
  EXPECT_EQ(ticks.back().t, 240);
  EXPECT_EQ(valueOf(result, "requests.failed"), 0);
}

TEST(ShippedRollouts, WhatNobodyTastesIsTakenBackToo) {
  const Result result = runShipped("policies/canary-too-little-traffic");
  expectSlosHold(result);
  const auto ticks = rolloutOf(result);
  EXPECT_EQ(detailOf(ticks.back(), "verdict"), "rollback");
  EXPECT_EQ(ticks.back().t, 210);
  EXPECT_EQ(detailOf(ticks[2], "request-success-rate"), "no value");
  const auto busy = rolloutOf(runShipped("policies/canary-too-little-traffic", {setting("/traffic/0/arrivals/poisson/rate", "60/s")}));
  for (const std::string& verdict : all(busy, "verdict")) EXPECT_NE(verdict, "failed");
}

TEST(ShippedRollouts, ArgosAnalysisSeesTheSlowerRecipe) {
  const Result result = runShipped("policies/argo-canary");
  expectSlosHold(result);
  const auto slow = all(rolloutOf(result), "event");
  EXPECT_NE(std::find(slow.begin(), slow.end(), "aborts: all traffic to the stable revision"), slow.end());
  const auto quick = all(rolloutOf(runShipped("policies/argo-canary", {setting("/services/bakery/versions/v2/operations/GET ~1bread/steps/0/busy/exponential/mean", "8ms")})), "event");
  EXPECT_NE(std::find(quick.begin(), quick.end(), "the new revision is the stable one"), quick.end());
}

}  // namespace
}  // namespace meshmall::models
