#include "models/study/replication_need.h"

#include <algorithm>
#include <cmath>

#include "engine/statistics/confidence.h"

namespace meshmall::models {
namespace {

std::string_view unitName(MetricUnit unit) {
  constexpr std::string_view kNames[] = {"count", "ratio", "ms", "/s", "factor"};
  return kNames[static_cast<std::size_t>(unit)];
}

// The greater of what two rules need; whether some need nothing can meet.
void join(PlanReport& plan, const engine::Needed& needed) {
  plan.all_possible = plan.all_possible && needed.replications && needed.safe;
  if (!plan.all) plan.all = engine::Needed{0, 0};
  if (needed.replications) plan.all->replications = std::max(*plan.all->replications, *needed.replications);
  if (needed.safe) plan.all->safe = std::max(*plan.all->safe, *needed.safe);
}

}  // namespace

double PlanReport::secondsFor(std::uint64_t replications_each) const {
  const std::uint64_t runs = replications_each * groups;
  return seconds_a_run * static_cast<double>(runs) / static_cast<double>(std::min<std::uint64_t>(jobs, std::max<std::uint64_t>(1, runs)));
}

PlanReport planOf(engine::ComparisonReport report, const engine::SizingSettings& settings, std::uint64_t pilot, const ChangesToCatch& caught) {
  PlanReport plan;
  plan.pilot = pilot;
  plan.replications = settings.replications;
  plan.alpha = settings.alpha;
  plan.power = settings.power;
  // What could not be tested in the pilot (identical, no data) counts as well: in the real run it may be.
  std::uint32_t rules = 0;
  for (const engine::ReportScenario& pair : report.scenarios)
    for (const engine::ReportRule& rule : pair.rules)
      if (rule.severity == engine::RuleSeverity::fail) rules += static_cast<std::uint32_t>(rule.questions.size());
  plan.hypotheses = std::max(1U, rules);
  engine::SizingSettings own = settings;
  own.hypotheses = plan.hypotheses;
  for (engine::ReportScenario& pair : report.scenarios) {
    SizedPair& sized = plan.pairs.emplace_back();
    sized.name = pair.name;
    for (engine::ReportRule& rule : pair.rules) {
      SizedRule made{rule.text, rule.scope, rule.severity, {}};
      for (engine::ReportQuestion& question : rule.questions) {
        SizedQuestion asked{std::move(question), {}};
        const engine::ReportQuestion& q = asked.question;
        const bool tested = !q.finding.identical && !q.finding.test.empty() && q.finding.deviation > 0;
        const auto wanted = caught.find(q.metric);
        own.caught = wanted != caught.end() && wanted->second.relative == q.relative ? std::optional(wanted->second.size) : std::nullopt;
        if (tested) asked.sizing = engine::sizeOf(q.finding, {q.relative, q.decrease, q.at_least, q.bound, q.strict}, pilot, own);
        if (tested && rule.severity == engine::RuleSeverity::fail && (!q.absolute || q.finding.distance != 0)) join(plan, q.absolute ? asked.sizing.to_tell : asked.sizing.to_catch);
        made.questions.push_back(std::move(asked));
      }
      sized.rules.push_back(std::move(made));
    }
  }
  return plan;
}

std::vector<SizedMetric> precisionOf(const StudyResults& pilot) {
  std::vector<SizedMetric> made;
  for (const engine::SampleGroup& group : pilot.table.groups) {
    for (const std::string& name : pilot.facts.metrics) {
      const auto column = pilot.table.column("mall", name);
      const auto metric = findMetric(name);
      if (!column || !metric || group.absent[*column]) continue;
      std::vector<double> values;
      for (const engine::SampleRow& row : group.rows)
        if (row.values[*column]) values.push_back(*row.values[*column]);
      if (values.size() < 2 || values.size() < group.rows.size()) continue;
      const std::string point = group.pointName();
      SizedMetric sized{group.variant + (point.empty() ? "" : " " + point), name, std::string(unitName(info(*metric).unit)), engine::sampleMean(values), std::nullopt, {}};
      const auto interval = engine::meanInterval(values, 0.95);
      if (interval && sized.mean != 0) sized.half_width = (interval->high - interval->low) / 2 / std::abs(sized.mean);
      for (const double precision : kPrecisions) sized.needed.push_back(engine::replicationsForPrecision(sized.mean, std::sqrt(engine::sampleVariance(values)), precision));
      made.push_back(std::move(sized));
    }
  }
  return made;
}

}  // namespace meshmall::models
