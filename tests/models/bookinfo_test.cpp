// The answer that scenarios/bookinfo.json gives in its description: what a 80/20 split of reviews between v1 (no stars) and v2 (asks ratings) does.
#include <cmath>

#include "tests/models/shipped_scenario.h"

namespace meshmall::models {
namespace {

Result visitBookinfo(int percent_with_stars) {
  const std::string route = "/mesh/virtualServices/reviews/http/0/route/";
  return runShipped("bookinfo",
                    {setting(route + "0/weight", std::to_string(100 - percent_with_stars)), setting(route + "1/weight", std::to_string(percent_with_stars))});
}

TEST(Bookinfo, AFifthOfTheVisitorsGetsStarsAndAsksRatings) {
  const Result result = visitBookinfo(20);
  const double visitors = valueOf(result, "requests.total");
  // Each visitor is one draw of probability 0.2: five standard errors.
  EXPECT_NEAR(valueOf(result, "requests.total", ScopeKind::service, "ratings") / visitors, 0.2, 5 * std::sqrt(0.2 * 0.8 / visitors));
  EXPECT_EQ(valueOf(result, "requests.total", ScopeKind::version, "reviews", "v3"), 0);
  for (const SloVerdict& slo : result.slos) EXPECT_TRUE(slo.holds) << slo.expr;
}

TEST(Bookinfo, TheSlowestVisitorsNoticeTheStarsAndTheMedianOneHardly) {
  const Result without = visitBookinfo(0), fifth = visitBookinfo(20);
  const auto increase = [&](std::string_view metric) { return valueOf(fifth, metric) / valueOf(without, metric) - 1; };
  EXPECT_LT(increase("latency.p50"), 0.10);
  EXPECT_GT(increase("latency.p95"), 0.10);
  const double longer =
      valueOf(fifth, "latency.mean", ScopeKind::version, "reviews", "v2") - valueOf(fifth, "latency.mean", ScopeKind::version, "reviews", "v1");
  EXPECT_GT(longer, valueOf(fifth, "latency.mean", ScopeKind::service, "ratings"));  // the call, and half a millisecond more for the page with stars
  EXPECT_EQ(valueOf(without, "requests.total", ScopeKind::service, "ratings"), 0);
}

}  // namespace
}  // namespace meshmall::models
