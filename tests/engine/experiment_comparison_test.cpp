// Findings and verdicts. Numbers by hand where shown; the tests themselves are held against reference values in statistics_tests_test.cpp.
#include "engine/experiment/comparison.h"

#include <cmath>

#include "engine/experiment/verdicts.h"
#include "engine/random/distribution.h"
#include "engine/random/keyed_stream.h"

namespace meshmall::engine {
namespace {

std::vector<double> exponentials(const std::vector<double>& logarithms) {
  std::vector<double> x;
  for (const double v : logarithms) x.push_back(std::exp(v));
  return x;
}

const std::vector<double> kGain = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 2.6, 1.4};

Sample sampleOf(std::vector<double> values) { return {std::move(values), {}, std::nullopt}; }

TEST(Comparison, TestsAShareOnTheLogScale) {
  std::vector<double> baseline(10, 0.0);
  for (std::size_t i = 0; i < 10; ++i) baseline[i] = 0.3 * static_cast<double>(i);
  std::vector<double> candidate = baseline;
  for (std::size_t i = 0; i < 10; ++i) candidate[i] += kGain[i] / 10;
  const Statement statement{true, false, false, std::expm1(0.1)};  // ln(1 + margin) = 0.1
  const Finding f = compareChange(sampleOf(exponentials(baseline)), sampleOf(exponentials(candidate)), statement, {0.01, true});
  EXPECT_EQ(f.scale, Scale::logarithm);
  EXPECT_EQ(f.test, "paired t");
  const MeanDifference gain = *pairedDifference(kGain);  // in tenths
  EXPECT_NEAR(f.p_broken, gain.pAbove(1), 1e-9);
  EXPECT_NEAR(f.p_held, gain.pBelow(1), 1e-9);
  EXPECT_NEAR(f.p_improved, gain.pBelow(0), 1e-9);
  EXPECT_NEAR(f.change.value, std::expm1(0.138), 1e-9);
  EXPECT_NEAR(f.distance, 0.038, 1e-9);
  EXPECT_NEAR(f.deviation, gain.standard_error * std::sqrt(10.0) / 10, 1e-9);
  EXPECT_NEAR(f.change.interval->high, std::expm1(gain.upperLimit(0.995) / 10), 1e-9);
}

// The same by decrease(): what fell is the candidate.
TEST(Comparison, MirrorsADecrease) {
  const std::vector<double> up = {10, 11, 12, 13, 14, 15}, down = {9.5, 10.2, 11.9, 12.0, 13.3, 14.1};
  const Finding fell = compareChange(sampleOf(up), sampleOf(down), {true, true, false, 0.02}, {0.01, true});
  const Finding rose = compareChange(sampleOf(down), sampleOf(up), {true, false, false, 1 / 0.98 - 1}, {0.01, true});
  EXPECT_NEAR(fell.p_broken, rose.p_broken, 1e-12);
  EXPECT_NEAR(fell.p_held, rose.p_held, 1e-12);
  EXPECT_LT(fell.change.value, 0);
  EXPECT_GT(rose.change.value, 0);
  const Finding points = compareChange(sampleOf({0.99, 0.98, 0.97}), sampleOf({0.98, 0.975, 0.955}), {false, true, false, 0.001}, {0.01, true});
  EXPECT_EQ(points.scale, Scale::difference);
  EXPECT_NEAR(points.change.value, -0.01, 1e-12);
  EXPECT_NEAR(points.distance, 0.009, 1e-12);
}

// D = C - 1.05 B: -1.05, 1, 0.95, 2, 0.9: mean 0.76.
TEST(Comparison, TestsAShareWithoutLogarithmsWhereAValueIsZero) {
  const Finding f = compareChange(sampleOf({1, 0, 1, 0, 2}), sampleOf({0, 1, 2, 2, 3}), {true, false, false, 0.05}, {0.01, true});
  EXPECT_EQ(f.scale, Scale::share);
  EXPECT_NEAR(f.distance, 0.76, 1e-12);
  EXPECT_NEAR(f.change.value, 1.0, 1e-12);  // 8 / 4 - 1
  ASSERT_TRUE(f.change.interval);
  EXPECT_LT(f.change.interval->low, 1);
  const Finding from_zero = compareChange(sampleOf({0, 0, 0}), sampleOf({1, 2, 3}), {true, false, false, 0.05}, {0.01, true});
  EXPECT_TRUE(std::isinf(from_zero.change.value));
  EXPECT_LT(from_zero.p_broken, 0.05);
}

TEST(Comparison, SaysIdenticalOfEqualPairsAndDecidesASureDifferenceByItsSign) {
  const Finding same = compareChange(sampleOf({1, 2, 3}), sampleOf({1, 2, 3}), {true, false, false, 0.05}, {0.01, true});
  EXPECT_TRUE(same.identical);
  EXPECT_TRUE(same.holds_unchanged);
  EXPECT_FALSE(compareChange(sampleOf({1, 2}), sampleOf({1, 2}), {true, false, false, -0.05}, {0.01, true}).holds_unchanged);
  EXPECT_FALSE(compareChange(sampleOf({1, 2, 3}), sampleOf({1, 2, 3}), {true, false, false, 0.05}, {0.01, false}).identical);
  const Finding sure = compareChange(sampleOf({1, 2, 4}), sampleOf({3, 4, 6}), {false, false, false, 1}, {0.01, true});
  EXPECT_EQ(sure.test, "exact");
  EXPECT_EQ(sure.p_broken, 0);
  EXPECT_EQ(sure.p_held, 1);
  EXPECT_FALSE(sure.variance_reduction);
}

// 0.999 - 1 + 0.001, 105 / 100 / 1.05 and their like are 0 or 1 but for rounding, which must not decide: what lies on the bound holds, unless it has to lie below.
TEST(Comparison, WhatLiesOnTheBoundWithoutVaryingHoldsUnlessTheStatementIsStrict) {
  const std::vector<double> hundred(20, 100.0), more(20, 105.0), less(20, 98.0), all(20, 1.0), few(20, 0.999);
  std::vector<double> varied, by_share, by_size;
  for (int i = 0; i < 20; ++i) {
    varied.push_back(100 + 0.37 * i * i);
    by_share.push_back(varied.back() * 1.05);
    by_size.push_back(varied.back() + 5.1);
  }
  struct Case {
    std::vector<double> baseline, candidate;
    Statement statement;
  };
  const Case cases[] = {{hundred, more, {true, false, false, 0.05}}, {hundred, more, {false, false, false, 5}},       {hundred, less, {true, true, false, 0.02}},
                        {all, few, {false, true, false, 0.001}},     {varied, by_share, {true, false, false, 0.05}}, {varied, by_size, {false, false, false, 5.1}},
                        {hundred, more, {true, false, true, 0.05}}};
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    for (const bool paired : {true, false}) {
      if (!paired && cases[i].baseline == varied) continue;  // independent ones do vary
      Statement statement = cases[i].statement;
      const Finding on = compareChange(sampleOf(cases[i].baseline), sampleOf(cases[i].candidate), statement, {0.01, paired});
      EXPECT_EQ(on.test, "exact") << i;
      EXPECT_EQ(on.p_broken, 1) << i;
      EXPECT_EQ(on.p_held, 0) << i;
      statement.strict = true;
      const Finding strict = compareChange(sampleOf(cases[i].baseline), sampleOf(cases[i].candidate), statement, {0.01, paired});
      EXPECT_EQ(strict.p_broken, 0) << i;
      EXPECT_EQ(strict.p_held, 1) << i;
    }
  }
  Statement next{false, false, false, 5.0 - 1e-9};
  EXPECT_EQ(compareChange(sampleOf(hundred), sampleOf(more), next, {0.01, true}).p_broken, 0) << "a difference that is none of rounding";
}

TEST(Comparison, AValueOnItsLimitHoldsUnlessTheStatementIsStrict) {
  const Sample five{std::vector<double>(12, 5.0), {}, 5.0};
  const Sample most{std::vector<double>(12, 0.999), std::vector<CountRatio>(12, CountRatio{999, 1000}), std::nullopt};
  for (const auto& [sample, limit] : {std::pair{five, 5.0}, {most, 0.999}, {most, 99.9 / 100}}) {
    for (const bool at_least : {false, true}) {
      const Finding on = compareValue(sample, {false, false, at_least, limit}, {0.01, true});
      EXPECT_EQ(on.p_broken, 1);
      EXPECT_EQ(on.p_held, 0);
      const Finding strict = compareValue(sample, {false, false, at_least, limit, true}, {0.01, true});
      EXPECT_EQ(strict.p_broken, 0);
      EXPECT_EQ(strict.p_held, 1);
    }
  }
  EXPECT_FALSE(holdsUnchanged({true, false, false, 0, true})) << "less than no increase";
  EXPECT_TRUE(holdsUnchanged({true, false, false, 0}));
  EXPECT_TRUE(holdsUnchanged({true, false, false, 0.05, true}));
}

// One pair far away: t finds nothing, the signs of 12 equal differences do: p = 2^-13 of all patterns (13 differences above the margin).
TEST(Comparison, DecidesByTheSignsWhereDifferencesDoNotLookNormal) {
  std::vector<double> baseline, candidate;
  for (int i = 0; i < 13; ++i) {
    baseline.push_back(100 + i);
    candidate.push_back((100 + i) * (i == 0 ? 3.0 : 1.1 + 0.001 * i));
  }
  const Finding f = compareChange(sampleOf(baseline), sampleOf(candidate), {true, false, false, 0.05}, {0.01, true});
  EXPECT_FALSE(f.shape.normal);
  EXPECT_EQ(f.test, "sign flips, exact");
  EXPECT_NEAR(f.p_broken, 1.0 / 8192, 1e-12);
  EXPECT_NEAR(*f.p_sign_flip, f.p_broken, 1e-15);
  EXPECT_GT(*f.p_t, 0.05);
}

TEST(Comparison, ReportsHowMuchThePairingHelped) {
  Substream random({3, 0}, {1, 1, 1});
  std::vector<double> baseline, candidate;
  for (int i = 0; i < 200; ++i) {
    const double common = boost::random::normal_distribution<double>(0, 1)(random);
    baseline.push_back(std::exp(common));
    candidate.push_back(std::exp(common + boost::random::normal_distribution<double>(0.02, 0.1)(random)));
  }
  const Finding paired = compareChange(sampleOf(baseline), sampleOf(candidate), {true, false, false, 0.05}, {0.01, true});
  const Finding apart = compareChange(sampleOf(baseline), sampleOf(candidate), {true, false, false, 0.05}, {0.01, false});
  EXPECT_NEAR(*paired.variance_reduction, 200, 60);  // (1 + 1.01) / 0.01; standard error of a variance of 200: 10 %, three of them
  EXPECT_EQ(apart.test, "Welch's t");
  EXPECT_LT(paired.p_held, 1e-4);
  EXPECT_GT(apart.p_held, 0.01);
  EXPECT_NEAR(apart.degrees_of_freedom, 398, 3);
}

// 0 of 3,000 failed: P(none | 99.9 %) = 0.999^3000 = 0.0497; P(none | 99.8 %) = 0.0025.
TEST(Comparison, JudgesAProportionThatNeverVariedByItsExactLimits) {
  Sample sample{{1, 1, 1}, {{1000, 1000}, {1000, 1000}, {1000, 1000}}, std::nullopt};
  const Finding strict = compareValue(sample, {false, false, true, 0.999}, {0.01, true});
  EXPECT_EQ(strict.test, "Clopper-Pearson");
  EXPECT_NEAR(strict.p_held, std::pow(0.999, 3000), 1e-12);
  EXPECT_EQ(strict.p_broken, 1);
  EXPECT_LT(compareValue(sample, {false, false, true, 0.998}, {0.01, true}).p_held, 0.01);
  EXPECT_EQ(estimate(sample, 0.98).value, 1);
  EXPECT_NEAR(estimate(sample, 0.98).interval->low, std::pow(0.01, 1.0 / 3000), 1e-12);
  Sample none{{0, 0}, {{0, 50}, {0, 50}}, std::nullopt};
  EXPECT_NEAR(compareValue(none, {false, false, true, 0.1}, {0.01, true}).p_broken, std::pow(0.9, 100), 1e-15);
}

// Parts 8, 9, 10 of 10, 10, 20: 27 / 40; residuals 8 - 6.75, 9 - 6.75, 10 - 13.5 over a mean whole of 40 / 3.
TEST(Comparison, EstimatesARatioOfSums) {
  const Sample sample{{0.8, 0.9, 0.5}, {{8, 10}, {9, 10}, {10, 20}}, std::nullopt};
  const Estimate e = estimate(sample, 0.95);
  EXPECT_DOUBLE_EQ(e.value, 0.675);
  const double s = std::sqrt((1.25 * 1.25 + 2.25 * 2.25 + 3.5 * 3.5) / 2) / (40.0 / 3);
  EXPECT_NEAR(e.interval->high, std::min(1.0, 0.675 + 4.302652729749462 * s / std::sqrt(3.0)), 1e-9);
}

// Sections e^-1, e, e around 1 (statistics_confidence_test.cpp): ln limit 1.5 against t_2 with S / sqrt(3) = sqrt(0.5).
TEST(Comparison, JudgesAQuantileBySectionsAroundTheMergedOne) {
  const Sample sample{{std::exp(-1.0), std::exp(1.0), std::exp(1.0)}, {}, 1.0};
  const Finding f = compareValue(sample, {false, false, false, std::exp(1.5)}, {0.01, true});
  EXPECT_NEAR(f.p_broken, studentUpperTail(-1.5 / std::sqrt(0.5), 2), 1e-12);
  EXPECT_NEAR(f.p_held, studentUpperTail(1.5 / std::sqrt(0.5), 2), 1e-12);
  EXPECT_DOUBLE_EQ(f.candidate.value, 1);
}

// ---- verdicts

Question asked(double p_broken, double p_held = 1, double p_improved = 1, double p_mirrored = 1) {
  Question q;
  q.finding.p_broken = p_broken;
  q.finding.p_held = p_held;
  q.finding.p_improved = p_improved;
  q.finding.p_mirrored = p_mirrored;
  q.finding.test = "paired t";
  return q;
}

JointRule alone(std::uint32_t question) { return {{{RuleNode::Kind::question, 0, 0, question}}, 0, true}; }

TEST(Verdicts, AdjustsOverAllGatingRulesByHolm) {
  const FamilyVerdicts v = judge({asked(0.004), asked(0.006), asked(0.5)}, {alone(0), alone(1), alone(2)}, 0.012);
  EXPECT_EQ(v.hypotheses, 3u);
  EXPECT_NEAR(v.questions[0].p_adjusted, 0.012, 1e-15);
  EXPECT_NEAR(v.questions[1].p_adjusted, 0.012, 1e-15);
  EXPECT_EQ(v.questions[0].verdict, Verdict::regressed);
  EXPECT_EQ(v.questions[1].verdict, Verdict::regressed);
  EXPECT_EQ(v.questions[2].verdict, Verdict::inconclusive);
  EXPECT_EQ(judge({asked(0.0041), asked(0.006), asked(0.5)}, {alone(0), alone(1), alone(2)}, 0.012).questions[0].verdict, Verdict::inconclusive);
}

TEST(Verdicts, NamesWhatIsShown) {
  const FamilyVerdicts v =
      judge({asked(0.9, 0.001), asked(0.9, 0.001, 0.5, 0.001), asked(1, 1e-9, 1e-9), asked(0.5, 0.5)}, {alone(0), alone(1), alone(2), alone(3)}, 0.01);
  EXPECT_EQ(v.questions[0].verdict, Verdict::not_worse);
  EXPECT_EQ(v.questions[1].verdict, Verdict::equivalent);
  EXPECT_EQ(v.questions[2].verdict, Verdict::improved);
  EXPECT_TRUE(v.questions[2].held);
  EXPECT_EQ(v.questions[3].verdict, Verdict::inconclusive);
  Question limit = asked(0.5, 0.5);
  limit.absolute = true;
  Question met = asked(0.9, 0.001);
  met.absolute = true;
  Question broken = asked(1e-9);
  broken.absolute = true;
  Question nothing = asked(1e-9);
  nothing.no_data = "too few";
  Question same;
  same.finding.identical = true;
  Question counted;
  counted.certain = false;
  const FamilyVerdicts w = judge({limit, met, broken, nothing, same, counted}, {alone(0), alone(1), alone(2), alone(3), alone(4), alone(5)}, 0.01);
  const Verdict expected[] = {Verdict::undecided, Verdict::met, Verdict::breached, Verdict::no_data, Verdict::identical, Verdict::breached};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(w.questions[i].verdict, expected[i]) << i;
  EXPECT_EQ(w.hypotheses, 3u);  // nothing to test in the others
  EXPECT_TRUE(w.rules[3].no_data);
  EXPECT_TRUE(w.rules[4].held);
}

TEST(Verdicts, AnOrFailsOnlyWhereAllItsPartsDo) {
  const JointRule either{{{RuleNode::Kind::question, 0, 0, 0}, {RuleNode::Kind::question, 0, 0, 1}, {RuleNode::Kind::disjunction, 0, 1, 0}}, 2, true};
  EXPECT_FALSE(judge({asked(1e-9), asked(0.5)}, {either}, 0.01).rules[0].broken);
  EXPECT_TRUE(judge({asked(1e-9), asked(0.5, 0.001)}, {either}, 0.01).rules[0].held);
  EXPECT_TRUE(judge({asked(1e-9), asked(0.009)}, {either}, 0.01).rules[0].broken);
  EXPECT_EQ(judge({asked(1e-9), asked(0.009)}, {either}, 0.01).hypotheses, 1u);
}

TEST(Verdicts, AnAndFailsWhereOneOfItsPartsDoesAndCountsEachInTheFamily) {
  const JointRule both{{{RuleNode::Kind::question, 0, 0, 0}, {RuleNode::Kind::question, 0, 0, 1}, {RuleNode::Kind::conjunction, 0, 1, 0}}, 2, true};
  const FamilyVerdicts v = judge({asked(0.006), asked(0.5)}, {both}, 0.01);
  EXPECT_EQ(v.hypotheses, 2u);
  EXPECT_FALSE(v.rules[0].broken);
  const FamilyVerdicts w = judge({asked(0.5, 0.001), asked(0.004)}, {both}, 0.01);
  EXPECT_TRUE(w.rules[0].broken);
  EXPECT_EQ(w.rules[0].decisive, 1u);
  EXPECT_EQ(w.rules[0].verdict, Verdict::regressed);
}

TEST(Verdicts, RulesThatDoNotGateTakeNoShareOfTheFamily) {
  JointRule warning = alone(1);
  warning.gating = false;
  const FamilyVerdicts v = judge({asked(0.009), asked(1e-9)}, {alone(0), warning}, 0.01);
  EXPECT_EQ(v.hypotheses, 1u);
  EXPECT_EQ(v.questions[0].verdict, Verdict::regressed);
  EXPECT_NEAR(v.questions[1].p_adjusted, 2e-9, 1e-15);
}

// n for deviation 5 %, distance 2 %, power 90 %, alpha 1 %: 85 (statistics_tests_test.cpp).
TEST(Verdicts, SaysHowManyReplicationsWouldTell) {
  Question q = asked(0.1, 0.9);
  q.finding.deviation = 0.05;
  q.finding.distance = 0.02;
  q.finding.degrees_of_freedom = 19;
  q.finding.paired = true;
  const FamilyVerdicts v = judge({q}, {alone(0)}, 0.01);
  EXPECT_EQ(v.questions[0].replications_needed, 85u);
  EXPECT_NEAR(*v.questions[0].detectable, detectableDistance(0.05, 20, 0.01, 0.9), 1e-12);
}

// True change at the margin, 4 dependent rules, 1,000 commands of 20 pairs at alpha 5 %: at most 5 % false alarms plus four standard errors of 0.0069.
TEST(Verdicts, KeepTheFalseAlarmsOfAFamilyBelowAlpha) {
  Substream random({5, 0}, {1, 1, 1});
  const auto normal = [&](double mean, double deviation) { return boost::random::normal_distribution<double>(mean, deviation)(random); };
  int alarms = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<Question> questions;
    std::vector<std::vector<double>> b(4), c(4);
    for (int r = 0; r < 20; ++r) {
      const double shared = normal(0, 0.05);
      for (std::size_t m = 0; m < 4; ++m) {
        b[m].push_back(1);
        c[m].push_back(std::exp(std::log(1.05) + shared + normal(0, 0.02)));
      }
    }
    std::vector<JointRule> rules;
    for (std::uint32_t m = 0; m < 4; ++m) {
      questions.push_back({compareChange(sampleOf(b[m]), sampleOf(c[m]), {true, false, false, 0.05}, {0.05, true}), false, "", std::nullopt});
      rules.push_back(alone(m));
    }
    const FamilyVerdicts v = judge(questions, rules, 0.05);
    bool any = false;
    for (const RuleVerdict& rule : v.rules) any = any || rule.broken;
    alarms += any ? 1 : 0;
  }
  EXPECT_LE(alarms / 1000.0, 0.05 + 0.0276);
  EXPECT_GE(alarms / 1000.0, 0.01);
}

}  // namespace
}  // namespace meshmall::engine
