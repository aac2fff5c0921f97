// The grammar of SLOs and gates: what is accepted, what is refused and where, and how it is judged.
#include "models/observation/expression.h"

#include "models/observation/slo_verdict.h"

#include <limits>

namespace meshmall::models {
namespace {

const std::vector<std::string> kServices = {"bakery", "reviews.prod"};
const std::vector<std::string> kTraffics = {"lunch", "late night"};

std::string refusal(std::string_view text) {  // "column: message"
  const auto problem = checkSlo(text, kServices, kTraffics);
  return problem ? std::to_string(problem->column) + ": " + problem->message : "";
}

TEST(ObservationExpression, AcceptsEveryFormOfTheGrammar) {
  for (const std::string text : {
           "latency.p99 < 250ms",
           "latency.p99<250ms",
           "  latency.p99  <=  0.25 s ",
           "success.rate >= 99.9%",
           "success.rate >= 0.999",
           "success.rate > 99.9 %",
           "throughput >= 400/s",
           "throughput >= 24000/m",
           "throughput > 100",
           "timeouts.total == 0",
           "rejected.queueFull != 3",
           "retries.amplification < 1.05",
           "fail: latency.mean < 1m",
           "warn: latency.p50 < 10us",
           "info : latency.max < 1h",
           "250ms > latency.p99",
           "latency.p999 < 900000ns",
           "latency.p99 < 250ms and success.rate > 99%",
           "latency.p99 < 250ms or (success.rate > 99% and timeouts.total < 5)",
           "((latency.p99 < 250ms))",
           "latency.p99 < 250ms for service=bakery",
           "latency.p99 < 250ms for service = reviews.prod",
           "latency.p99 < 250ms for traffic=late night ",
           "utilization < 80% for service=bakery",
           "queue.max <= 7 for service=bakery",
           "abandoned.total < 1 for traffic=lunch",
       }) {
    EXPECT_EQ(refusal(text), "") << text;
  }
}

TEST(ObservationExpression, APercentageIsTheNumberNextToIt) {
  for (const auto& [text, limit] : {std::pair{"success.rate >= 99.9%", 0.999}, {"success.rate >= 99.99 %", 0.9999}, {"decrease(success.rate) <= 0.1pp", 0.001}, {"increase(latency.p99) <= 7%", 0.07}}) {
    const auto parsed = parseExpression(text);
    ASSERT_TRUE(std::holds_alternative<Expression>(parsed)) << text;
    EXPECT_EQ(std::get<Expression>(parsed).nodes[0].limit, limit) << text << ": 99.9 / 100 is a little more than 0.999";
  }
}

TEST(ObservationExpression, RefusesWithTheColumnOfTheMistake) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "1: expected a metric but found the end"},
      {"latency.p9 < 250ms", "1: unknown metric 'latency.p9'"},
      {"latency.p99 < 250", "15: latency.p99 can't be compared with a number without unit"},
      {"latency.p99 < 5%", "15: latency.p99 can't be compared with the unit '%'"},
      {"success.rate > 5ms", "16: success.rate can't be compared with the unit 'ms'"},
      {"success.rate > 0.1pp", "16: percentage points (pp) are for the increase or decrease of a ratio"},
      {"throughput > 5s", "14: throughput can't be compared with the unit 's'"},
      {"timeouts.total < 5%", "18: timeouts.total can't be compared with the unit '%'"},
      {"latency.p99 < 250foo", "15: unknown unit 'foo'"},
      {"latency.p99 = 250ms", "13: expected one of < <= > >= == != but found '='"},
      {"latency.p99", "12: expected one of < <= > >= == != but found the end"},
      {"latency.p99 <", "14: expected a metric but found the end"},
      {"latency.p99 == 250ms", "13: == and != compare counts only, and latency.p99 is none"},
      {"latency.p99 < latency.p50", "13: compares a metric with a number; found two of a kind"},
      {"1 < 2", "3: compares a metric with a number; found two of a kind"},
      {"(latency.p99 < 250ms", "21: expected ')' but found the end"},
      {"latency.p99 < 250ms)", "20: expected 'and', 'or', 'for' or the end but found ')'"},
      {"latency.p99 < 250ms success.rate > 1%", "21: expected 'and', 'or', 'for' or the end but found 'success.rate'"},
      {"latency.p99 < 250ms and", "24: expected a metric but found the end"},
      {"must: latency.p99 < 250ms", "1: unknown severity 'must'"},
      {"latency.p99 < 250ms for", "24: expected a scope after 'for'"},
      {"latency.p99 < 250ms for shop=bakery", "25: unknown scope 'shop'"},
      {"latency.p99 < 250ms for service bakery", "33: expected '=' but found 'bakery'"},
      {"latency.p99 < 250ms for service=", "33: expected the name of a service"},
      {"latency.p99 < 250ms for service=bakry", "33: unknown service 'bakry'"},
      {"latency.p99 < 250ms for traffic=bakery", "33: unknown traffic 'bakery'"},
      {"utilization < 80%", "1: utilization is not measured for the whole mall"},
      {"retries.total < 8 for traffic=lunch", "1: retries.total is not measured for a traffic entry"},
      {"increase(latency.p99) <= 5%", "10: increase() and decrease() compare with a baseline, and an SLO has none"},
      {"increase(latency.p99 <= 5%", "22: expected ')' but found '<'"},
      {"latency.p99 < -", "15: not a number"},
      {"latency.p99 < 1e400ms", "15: unknown unit 'e400ms'"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(refusal(text), expected) << text;
}

TEST(ObservationExpression, SuggestsTheNearestMetric) {
  const auto problem = checkSlo("latncy.p99 < 250ms", kServices, kTraffics);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->hint, "did you mean 'latency.p99'?");
}

TEST(ObservationExpression, LimitsNestingInsteadOfOverflowing) {
  const auto nested = [](std::size_t depth) {
    std::string text(depth, '(');
    text += "timeouts.total < 1";
    text.append(depth, ')');
    return refusal(text);
  };
  EXPECT_EQ(nested(64), "");
  EXPECT_EQ(nested(65), "65: parentheses are nested deeper than 64");
  EXPECT_NE(refusal(std::string(1'000'000, '(')), "");
}

TEST(ObservationExpression, ParsesChangesForGates) {
  const auto gate = [](std::string_view text) { return std::get<Expression>(parseExpression(text)).nodes.at(0); };
  EXPECT_EQ(gate("increase(latency.p99) <= 5%").limit_kind, LimitKind::relative);
  EXPECT_DOUBLE_EQ(gate("increase(latency.p99) <= 5%").limit, 0.05);
  EXPECT_EQ(gate("decrease(success.rate) <= 0.1pp").limit_kind, LimitKind::points);
  EXPECT_DOUBLE_EQ(gate("decrease(success.rate) <= 0.1pp").limit, 0.001);
  EXPECT_EQ(gate("decrease(success.rate) <= 0.1pp").term, TermKind::decrease);
  EXPECT_EQ(gate("increase(latency.mean) <= 2s").limit_kind, LimitKind::absolute);
  EXPECT_DOUBLE_EQ(gate("increase(latency.mean) <= 2s").limit, 2000);
  EXPECT_TRUE(std::holds_alternative<ExpressionProblem>(parseExpression("increase(latency.mean) <= 2pp")));
  EXPECT_TRUE(std::holds_alternative<ExpressionProblem>(parseExpression("increase(latency.mean) <= 2")));
}

Result someResult() {
  Result r;
  r.metrics.set(Metric::latency_p99, 240.0);
  r.metrics.set(Metric::success_rate, 0.99);
  r.metrics.set(Metric::timeouts_total, 4.0);
  ServiceResult bakery;
  bakery.name = "bakery";
  bakery.metrics = Metrics(ScopeKind::service);
  bakery.metrics.set(Metric::latency_p99, 90.0);
  r.services.push_back(bakery);
  return r;
}

TEST(ObservationExpression, JudgesByThePointValue) {
  const Result r = someResult();
  const auto verdict = [&](std::string_view text) { return judgeSlo(text, r); };
  EXPECT_TRUE(verdict("latency.p99 < 250ms").holds);
  EXPECT_EQ(verdict("latency.p99 < 250ms").value, 240.0);
  EXPECT_FALSE(verdict("latency.p99 < 0.24s").holds);
  EXPECT_TRUE(verdict("latency.p99 <= 0.24s").holds);
  EXPECT_TRUE(verdict("success.rate >= 99%").holds);
  EXPECT_TRUE(verdict("timeouts.total == 4").holds);
  EXPECT_FALSE(verdict("timeouts.total != 4").holds);
  EXPECT_TRUE(verdict("5 > timeouts.total").holds);
  EXPECT_TRUE(verdict("latency.p99 < 100ms for service=bakery").holds);
  // `and` binds tighter than `or`: true or (true and false).
  EXPECT_TRUE(verdict("timeouts.total < 5 or timeouts.total < 5 and timeouts.total < 1").holds);
  EXPECT_FALSE(verdict("(timeouts.total < 5 or timeouts.total < 5) and timeouts.total < 1").holds);
  EXPECT_EQ(verdict("latency.p99 < 250ms and success.rate > 99.9%").value, 0.99);
  EXPECT_TRUE(verdict("warn: latency.p99 > 250ms or latency.p99 < 1s").holds);
  EXPECT_FALSE(verdict("warn: latency.p99 > 250ms").fatal);
  EXPECT_TRUE(verdict("fail: latency.p99 > 250ms").fatal);
}

TEST(ObservationExpression, WithoutASampleNothingIsShownToHold) {
  const SloVerdict v = judgeSlo("latency.p50 < 1h", someResult());
  EXPECT_FALSE(v.holds);
  EXPECT_FALSE(v.value.has_value());
}

}  // namespace
}  // namespace meshmall::models
