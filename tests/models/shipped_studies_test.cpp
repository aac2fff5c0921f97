// The shipped studies' questions and the answers that their descriptions give, from fewer replications than the studies make; all runs have fixed seeds.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "models/mall/mall.h"
#include "models/study/decode_study.h"

namespace meshmall::models {
namespace {

// Means over so many replications: by variant and swept rate ("" without a sweep), of each metric that is asked for.
class StudyMeans {
 public:
  StudyMeans(const std::string& name, std::uint64_t replications, const std::vector<std::string>& points = {}) {
    StudyDecodeResult decoded = loadStudy("scenarios/studies/" + name + ".json");
    for (const Problem& problem : decoded.problems) ADD_FAILURE() << textOf(problem);
    const Study& study = *decoded.study;
    EXPECT_GT(study.description.size(), 150u) << "a question and its answer";
    for (const StudyGroup& group : study.groups) {
      const std::string point = study.points[group.point].empty() ? "" : study.points[group.point].front().second;
      if (!points.empty() && std::find(points.begin(), points.end(), point) == points.end()) continue;
      const auto plan = makePlan(group.scenario);
      for (std::uint64_t r = 0; r < replications; ++r) {
        Mall mall(plan, {.seed = study.seed, .replication = r});
        mall.run();
        const Result result = mall.result();
        for (const Metric metric : study.metrics)
          sums_[{study.variants[group.variant], point, metric}] += result.metrics.get(metric).value_or(NAN) / static_cast<double>(replications);
      }
    }
  }
  double of(const std::string& variant, const std::string& point, Metric metric) const { return sums_.at({variant, point, metric}); }

 private:
  std::map<std::tuple<std::string, std::string, Metric>, double> sums_;
};

TEST(ShippedStudies, TenRegistersTakeAbout945CustomersASecond) {
  const StudyMeans study("how-busy", 4, {"600/s", "900/s", "940/s", "960/s"});
  const auto slowest = [&](const char* rate) { return study.of("baseline", rate, Metric::latency_p99); };
  // Standard deviations of a run, from the study: 1 %, 3 %, 13 % and 30 %; four runs, 4 standard errors.
  EXPECT_NEAR(slowest("600/s"), 71.2, 71.2 * 0.02);
  EXPECT_NEAR(slowest("900/s"), 135, 135 * 0.06);
  EXPECT_NEAR(slowest("940/s"), 215, 215 * 0.26);
  EXPECT_LT(slowest("940/s"), 250);
  EXPECT_GT(slowest("960/s"), 250);
}

TEST(ShippedStudies, WhichLineToJoinDependsOnTheLoad) {
  const StudyMeans study("which-line", 4);
  const auto ratio = [&](const char* variant, const char* rate) { return study.of(variant, rate, Metric::latency_p99) / study.of("baseline", rate, Metric::latency_p99); };
  // Standard deviations of a pair's ratio are 1 % to 8 %, the more the busier.
  EXPECT_NEAR(ratio("round-robin", "200/s"), 0.967, 0.02);
  EXPECT_NEAR(ratio("random", "200/s"), 1.20, 0.03);
  EXPECT_NEAR(ratio("round-robin", "400/s"), 1.045, 0.02);
  EXPECT_GT(ratio("random", "400/s"), 1.4);
  EXPECT_NEAR(ratio("round-robin", "600/s"), 1.87, 0.2);
  EXPECT_GT(ratio("random", "600/s"), 3);
}

TEST(ShippedStudies, SecondTriesAndEjectionHelpEachOther) {
  const StudyMeans study("second-try", 3);
  // Of 500/s a fifth for 30 s, over the run: a binomial share of some 45,000, 4 standard errors of three runs.
  EXPECT_NEAR(study.of("neither", "", Metric::success_rate), 0.933, 0.003);
  EXPECT_EQ(study.of("retries", "", Metric::success_rate), 1);
  EXPECT_NEAR(study.of("retries", "", Metric::retries_amplification), 1.07, 0.003);
  EXPECT_NEAR(study.of("retries", "", Metric::latency_p99) - study.of("neither", "", Metric::latency_p99), 3, 1);
  EXPECT_NEAR(1 - study.of("ejection", "", Metric::success_rate), 2.3e-4, 0.5e-4);
  EXPECT_EQ(study.of("both", "", Metric::success_rate), 1);
  EXPECT_LT(study.of("both", "", Metric::retries_amplification), 1.001);
}

}  // namespace
}  // namespace meshmall::models
