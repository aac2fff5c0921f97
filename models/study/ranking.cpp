#include "models/study/ranking.h"

#include <algorithm>
#include <cmath>

#include "models/observation/expression.h"

namespace meshmall::models {
namespace {

constexpr double kLevel = 0.95;

Problem problemAt(const std::string& where, std::string message, std::string hint = {}) {
  return {where, 0, 0, "", std::move(message), std::move(hint), Problem::Severity::error, 0};
}

std::variant<engine::Selection, engine::BudgetAllocation> courseOf(const RankSettings& settings, std::uint32_t variants) {
  const Indifference& zone = settings.indifference;
  const double size = zone.relative ? std::log1p(zone.size) : zone.size;
  if (settings.procedure == RankProcedure::ocba) return engine::BudgetAllocation(variants, {settings.budget, settings.first, size});
  return engine::Selection(variants, {size, settings.alpha, settings.first, settings.most, settings.procedure == RankProcedure::knpp});
}

bool better(double a, double b, Better which) { return which == Better::higher ? a > b : a < b; }

}  // namespace

std::string RankObjective::scope() const { return kind == ScopeKind::mall ? "mall" : std::string(models::name(kind)) + "=" + name; }

std::optional<RankObjective> parseObjective(const std::string& text, const std::string& where, std::vector<Problem>& problems) {
  const std::size_t blank = text.find(' ');
  const std::string metric = text.substr(0, blank), rest = blank == std::string::npos ? "" : text.substr(blank);
  // Read by the grammar of rules, so that names and scopes mean the same.
  const auto parsed = parseExpression("increase(" + metric + ") <= 1%" + rest);
  if (const auto* wrong = std::get_if<ExpressionProblem>(&parsed)) {
    problems.push_back(problemAt(where + ": " + inQuotes(text), wrong->message, wrong->hint));
    return std::nullopt;
  }
  const auto& expression = std::get<Expression>(parsed);
  if (expression.nodes.size() != 1) {
    problems.push_back(problemAt(where + ": " + inQuotes(text), "must be one metric, such as latency.p99, or latency.p99 for service=NAME"));
    return std::nullopt;
  }
  if (expression.scope_name == "*") {
    problems.push_back(problemAt(where + ": " + inQuotes(text), "one " + std::string(name(expression.scope)) + " must be named, not all"));
    return std::nullopt;
  }
  return RankObjective{expression.nodes[0].metric, expression.scope, expression.scope_name};
}

std::optional<Indifference> parseIndifference(const std::string& text, const RankObjective& objective, const std::string& where, std::vector<Problem>& problems) {
  const std::string scope = objective.kind == ScopeKind::mall ? "" : " for " + objective.scope();
  const auto parsed = parseExpression("increase(" + std::string(info(objective.metric).name) + ") <= " + text + scope);
  if (const auto* wrong = std::get_if<ExpressionProblem>(&parsed)) {
    problems.push_back(problemAt(where + ": " + inQuotes(text), wrong->message, wrong->hint));
    return std::nullopt;
  }
  const auto& expression = std::get<Expression>(parsed);
  if (expression.nodes.size() != 1 || !(expression.nodes[0].limit > 0)) {
    problems.push_back(problemAt(where + ": " + inQuotes(text), "must be above 0: the difference that does not matter to you"));
    return std::nullopt;
  }
  return Indifference{expression.nodes[0].limit, expression.nodes[0].limit_kind == LimitKind::relative, text};
}

std::optional<Indifference> defaultIndifference(Metric metric) {
  switch (info(metric).unit) {
    case MetricUnit::milliseconds:
    case MetricUnit::per_second:
    case MetricUnit::factor:
      return Indifference{0.02, true, "2%"};
    case MetricUnit::ratio:
      return Indifference{0.001, false, "0.1pp"};
    case MetricUnit::count:
      break;
  }
  return std::nullopt;
}

std::string_view name(RankProcedure procedure) {
  constexpr std::string_view kNames[] = {"KN", "KN++", "OCBA"};
  return kNames[static_cast<std::size_t>(procedure)];
}

std::string_view name(RankOutcome outcome) {
  constexpr std::string_view kNames[] = {"selected", "tied", "undecided", "noData"};
  return kNames[static_cast<std::size_t>(outcome)];
}

PointRanking::PointRanking(const RankSettings& settings, std::uint32_t variants) : settings_(settings), course_(courseOf(settings, variants)), seen_(variants) {}

bool PointRanking::wants(std::uint32_t variant, std::uint64_t replication) const {
  return std::visit([&](const auto& course) { return course.wants(variant, replication); }, course_);
}

void PointRanking::observe(std::uint32_t variant, std::uint64_t replication, const Observation& observation) {
  std::vector<std::optional<Observation>>& own = seen_[variant];
  if (own.size() <= replication) own.resize(replication + 1);
  own[replication] = observation;
  const std::optional<double> value = observation.value ? scaled(*observation.value) : std::nullopt;
  std::visit([&](auto& course) { course.observe(variant, replication, value); }, course_);
}

bool PointRanking::finished() const {
  return std::visit([](const auto& course) { return course.finished(); }, course_);
}

std::uint64_t PointRanking::mayMake(std::uint32_t variant, std::uint64_t ahead) const {
  if (const auto* budget = std::get_if<engine::BudgetAllocation>(&course_)) return budget->target(variant);
  const auto& selection = std::get<engine::Selection>(course_);
  if (selection.finished() || !selection.fate(variant).in) return 0;
  return std::min(selection.farthest(), std::max(settings_.first, selection.stage() + ahead));
}

// Smaller is better, a share becomes a distance. Nothing: it has no logarithm.
std::optional<double> PointRanking::scaled(double value) const {
  if (settings_.indifference.relative && !(value > 0)) return std::nullopt;
  const double scale = settings_.indifference.relative ? std::log(value) : value;
  return settings_.higher ? -scale : scale;
}

// What was seen of it, as far as it counts. `made.replications` is known.
void PointRanking::describe(std::uint32_t variant, RankedVariant& made) const {
  const std::vector<std::optional<Observation>>& seen = seen_[variant];
  const bool without = std::visit([&](const auto& course) { return course.withoutValue(variant); }, course_);
  if (without) {
    std::uint64_t r = 0;
    while (r < seen.size() && seen[r] && seen[r]->value && scaled(*seen[r]->value)) ++r;
    made.replications = std::min(made.replications, r);
    made.without_share = seen[r] && seen[r]->value;
    made.without_value = "replication " + std::to_string(r) + (made.without_share ? " has a value of 0 or below, of which there is no share" : " has no value");
  }
  std::vector<double> against;
  for (std::uint64_t r = 0; r < made.replications; ++r) {
    made.values.push_back(*seen[r]->value);
    made.few_data += seen[r]->few_data ? 1U : 0U;
    if (seen[r]->against) against.push_back(*seen[r]->against);
  }
  if (!made.values.empty()) made.mean = engine::sampleMean(made.values);
  made.interval = engine::meanInterval(made.values, kLevel);
  if (!against.empty() && against.size() == made.values.size()) made.against = engine::sampleMean(against);
}

RankedPoint PointRanking::result(const std::vector<std::string>& variants) const {
  RankedPoint point;
  const auto* selection = std::get_if<engine::Selection>(&course_);
  std::vector<std::pair<std::uint32_t, std::vector<double>>> series;
  for (std::uint32_t v = 0; v < variants.size(); ++v) {
    RankedVariant& made = point.variants.emplace_back();
    made.variant = variants[v];
    std::vector<double> scale = std::visit([&](const auto& course) { return course.values(v); }, course_);
    made.replications = scale.size();
    if (selection != nullptr) made.beaten_by = selection->fate(v).beaten_by;
    describe(v, made);
    if (made.without_value.empty() && !scale.empty()) series.emplace_back(v, std::move(scale));
  }
  // Best first, so that letters begin with it.
  std::stable_sort(series.begin(), series.end(), [](const auto& a, const auto& b) { return engine::sampleMean(a.second) < engine::sampleMean(b.second); });
  std::vector<std::uint32_t> ranked;
  std::vector<std::vector<double>> scales;
  for (auto& [variant, scale] : series) {
    ranked.push_back(variant);
    scales.push_back(std::move(scale));
  }
  decide(point, ranked, scales);
  compare(point, ranked, scales);
  if (settings_.against) findFront(point);
  return point;
}

// `ranked`: best mean first.
void PointRanking::decide(RankedPoint& point, const std::vector<std::uint32_t>& ranked, const std::vector<std::vector<double>>& scales) const {
  if (const auto* selection = std::get_if<engine::Selection>(&course_)) {
    point.best = selection->left();
    point.replications = selection->stage();
    point.outcome = selection->tied() ? RankOutcome::tied : point.best.size() == 1 ? RankOutcome::selected : RankOutcome::undecided;
  } else {
    for (const RankedVariant& variant : point.variants) point.replications += variant.replications;
    if (!ranked.empty()) point.best = {ranked.front()};
    std::vector<engine::SampleMoments> moments;
    for (const std::vector<double>& scale : scales) moments.push_back({engine::sampleMean(scale), engine::sampleVariance(scale), scale.size()});
    if (ranked.size() >= 2) point.chance = engine::chanceOfBest(moments);
    point.outcome = RankOutcome::selected;
  }
  // One of 0 may well be the best of all: without it there is no ranking.
  const bool unranked = std::any_of(point.variants.begin(), point.variants.end(), [](const RankedVariant& v) { return v.without_share; });
  if (ranked.size() < 2 || unranked) {
    point.outcome = RankOutcome::no_data;
    point.chance.reset();
    if (unranked) point.best.clear();
  }
  for (const std::uint32_t v : point.best) point.variants[v].left = true;
}

void PointRanking::compare(RankedPoint& point, const std::vector<std::uint32_t>& ranked, const std::vector<std::vector<double>>& scales) const {
  if (ranked.size() < 2) return;
  const engine::BestComparison compared = engine::compareWithBest(scales, settings_.procedure != RankProcedure::ocba, kLevel);
  // Back to the metric's own direction and unit.
  const auto shown = [&](double scale) {
    const double own = settings_.higher ? -scale : scale;
    return settings_.indifference.relative ? std::expm1(own) : own;
  };
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    RankedVariant& made = point.variants[ranked[i]];
    const auto& found = compared.candidates[i];
    made.to_best = shown(found.to_best_of_others);
    made.letters = found.letters;
    if (!found.interval) continue;
    const double a = shown(found.interval->low), b = shown(found.interval->high);
    made.to_best_interval = engine::Interval{std::min(a, b), std::max(a, b)};
  }
}

void PointRanking::findFront(RankedPoint& point) const {
  const Better first = settings_.higher ? Better::higher : Better::lower, second = info(*settings_.against).better;
  for (RankedVariant& variant : point.variants) {
    if (!variant.mean || !variant.against || !variant.without_value.empty()) continue;
    variant.front = std::none_of(point.variants.begin(), point.variants.end(), [&](const RankedVariant& other) {
      if (!other.mean || !other.against || !other.without_value.empty()) return false;
      const bool no_worse = !better(*variant.mean, *other.mean, first) && !better(*variant.against, *other.against, second);
      return no_worse && (better(*other.mean, *variant.mean, first) || better(*other.against, *variant.against, second));
    });
  }
}

}  // namespace meshmall::models
