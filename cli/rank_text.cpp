#include "cli/rank_text.h"

#include <algorithm>
#include <cmath>

#include "cli/number_text.h"
#include "cli/text_table.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

using models::MetricUnit;
using models::RankedPoint;
using models::RankedVariant;
using models::RankOutcome;
using models::RankReport;
using models::RankSettings;

constexpr std::size_t kMostPoints = 100, kMostRows = 50;

std::string shown(const std::string& text, std::size_t limit = 60) { return models::printable(text, limit); }

std::string valueText(double value, MetricUnit unit) {
  switch (unit) {
    case MetricUnit::milliseconds:
      return milliseconds(value, 4);
    case MetricUnit::ratio:
      return percent(value);
    case MetricUnit::per_second:
      return plain(value, 4) + "/s";
    case MetricUnit::count:
      return amount(value);
    case MetricUnit::factor:
      return plain(value, 4);
  }
  return {};
}

std::string meanText(const RankedVariant& variant, MetricUnit unit) {
  if (!variant.mean) return "-";
  std::string text = valueText(*variant.mean, unit);
  if (!variant.interval || *variant.mean == 0) return text;
  const double half = (variant.interval->high - variant.interval->low) / 2;
  return text + (unit == MetricUnit::ratio ? " ±" + plain(half * 100, 2) + " pp" : " ±" + plain(half / std::abs(*variant.mean) * 100, 2) + " %");
}

// A difference as the report measures it: a share, points, or in the unit.
std::string differenceText(double value, const RankSettings& settings, bool with_unit = true) {
  const MetricUnit unit = models::info(settings.objective.metric).unit;
  const std::string sign = value >= 0 ? "+" : "";
  if (settings.indifference.relative) return sign + plain(value * 100) + (with_unit ? " %" : "");
  if (unit == MetricUnit::ratio) return sign + plain(value * 100) + (with_unit ? " pp" : "");
  return sign + plain(value) + (!with_unit ? "" : unit == MetricUnit::milliseconds ? " ms" : unit == MetricUnit::per_second ? "/s" : "");
}

std::string toBestText(const RankedVariant& variant, const RankSettings& settings) {
  if (!variant.to_best) return "";
  std::string text = differenceText(*variant.to_best, settings);
  if (variant.to_best_interval)
    text += " (" + differenceText(variant.to_best_interval->low, settings, false) + " .. " + differenceText(variant.to_best_interval->high, settings, false) + ")";
  return text;
}

std::string fateText(const RankedPoint& point, const RankedVariant& variant) {
  if (!variant.without_value.empty()) return "left out: " + variant.without_value;
  if (variant.left) return point.outcome == RankOutcome::selected ? "BEST" : point.outcome == RankOutcome::tied ? "TIED" : "still in";
  if (variant.beaten_by) return "dropped for " + shown(point.variants[*variant.beaten_by].variant, 40);
  return "";
}

// Best first; those that can't be ranked last.
std::vector<const RankedVariant*> inOrder(const RankedPoint& point, bool higher) {
  std::vector<const RankedVariant*> order;
  for (const RankedVariant& variant : point.variants) order.push_back(&variant);
  std::stable_sort(order.begin(), order.end(), [&](const RankedVariant* a, const RankedVariant* b) {
    const auto key = [&](const RankedVariant* v) { return v->to_best ? (higher ? -*v->to_best : *v->to_best) : HUGE_VAL; };
    if (a->left != b->left && a->without_value.empty() && b->without_value.empty()) return a->left;
    return key(a) < key(b);
  });
  return order;
}

std::string namesOf(const RankedPoint& point) {
  std::string names;
  for (std::size_t i = 0; i < point.best.size(); ++i) {
    if (i > 0) names += i + 1 == point.best.size() ? " and " : ", ";
    names += shown(point.variants[point.best[i]].variant);
  }
  return names;
}

std::string zoneText(const RankSettings& settings) { return models::printable(settings.indifference.text, 40); }

std::string verdictText(const RankedPoint& point, const RankSettings& settings) {
  const std::string after = " after " + count(static_cast<double>(point.replications)) + " replications";
  switch (point.outcome) {
    case RankOutcome::selected:
      if (point.chance)
        return namesOf(point) + " has the best mean of " + count(static_cast<double>(point.replications)) + " runs; as estimated, it is the best with a probability " +
               (*point.chance >= 0.9999 ? std::string("above 99.99 %") : "of at least " + percent(*point.chance));
      return namesOf(point) + " is the best" + after + ": right with a probability of at least " + trimmed((1 - settings.alpha) * 100) + " % if it is better than every other by " +
             zoneText(settings) + " or more";
    case RankOutcome::tied:
      return namesOf(point) + " are tied" + after + ": the same to the last bit in every one";
    case RankOutcome::undecided:
      return "undecided" + after + " between " + namesOf(point) + ": they may well lie within " + zoneText(settings) + " of each other; take any, or a larger --max-replications or --delta";
    case RankOutcome::no_data:
      if (std::any_of(point.variants.begin(), point.variants.end(), [](const RankedVariant& v) { return v.without_share; }))
        return "not ranked: there are values of 0, of which no share can be told; give --delta in the metric's unit instead of a share";
      return point.best.empty() ? "no variant has a value in every run: nothing can be ranked" : "only " + namesOf(point) + " has a value in every run: there is nothing to hold it against";
  }
  return {};
}

void addPoint(std::string& out, const RankReport& report, const RankedPoint& point, const Palette& look) {
  const RankSettings& settings = report.settings;
  const MetricUnit unit = models::info(settings.objective.metric).unit;
  std::string where;
  for (const auto& [pointer, value] : point.point) where += (where.empty() ? "" : " ") + pointer + "=" + value;
  out += "\n";
  if (!where.empty()) out += look.bold + shown(where, 400) + look.plain + "\n";
  std::vector<std::string> headings{"", "runs", std::string(models::info(settings.objective.metric).name), "to the best of the others (95 %)", "alike"};
  if (settings.against) headings.emplace_back(models::info(*settings.against).name);
  headings.emplace_back("");
  TextTable table(headings);
  table.alignLeft(headings.size() - 1);
  const auto order = inOrder(point, settings.higher);
  for (std::size_t i = 0; i < order.size() && i < kMostRows; ++i) {
    const RankedVariant& v = *order[i];
    std::vector<std::string> cells{shown(v.variant), std::to_string(v.replications), meanText(v, unit) + (v.few_data > 0 ? "?" : ""), toBestText(v, settings), v.letters};
    if (settings.against) cells.push_back((v.against ? valueText(*v.against, models::info(*settings.against).unit) : "-") + (v.front ? " *" : ""));
    cells.push_back(fateText(point, v));
    table.add(std::move(cells));
  }
  out += table.text(2, look.dim, look.plain);
  if (order.size() > kMostRows) out += "  ... " + std::to_string(order.size() - kMostRows) + " more in ranking.json\n";
  const std::string& colour = point.outcome == RankOutcome::selected || point.outcome == RankOutcome::tied ? look.good : look.warn;
  out += "  " + colour + verdictText(point, settings) + look.plain + "\n";
}

}  // namespace

std::string rankText(const RankReport& report, const Palette& look) {
  const RankSettings& settings = report.settings;
  const bool budget = settings.procedure == models::RankProcedure::ocba;
  std::string out = look.bold + shown(report.study) + look.plain + "   the " + (settings.higher ? "highest " : "lowest ") + std::string(models::info(settings.objective.metric).name);
  if (settings.objective.kind != models::ScopeKind::mall) out += " of " + shown(settings.objective.scope(), 80);
  out += ", differences below " + zoneText(settings) + " do not matter\n";
  out += look.dim + "by " + std::string(models::name(settings.procedure)) +
         (budget ? ", " + count(static_cast<double>(settings.budget)) + " runs" + (report.points.size() > 1 ? " at each point" : "") + ", each variant with customers of its own"
                 : ", all variants with the same customers, wrong with at most " + trimmed(settings.alpha * 100) + " %" + (report.points.size() > 1 ? " at each point" : "")) +
         ", seed " + std::to_string(report.seed) + look.plain + "\n";
  for (std::size_t p = 0; p < report.points.size() && p < kMostPoints; ++p) addPoint(out, report, report.points[p], look);
  if (report.points.size() > kMostPoints) out += "\n... " + std::to_string(report.points.size() - kMostPoints) + " more points in ranking.json\n";
  bool few = false, letters = false;
  for (const RankedPoint& point : report.points) {
    for (const RankedVariant& variant : point.variants) {
      few = few || variant.few_data > 0;
      letters = letters || !variant.letters.empty();
    }
  }
  out += "\n" + look.dim + "means with 95 % intervals";
  if (letters) out += "; alike: variants that share a letter can't be told apart";
  if (settings.against) out += "; *: no other variant is better in one of the two and no worse in the other";
  if (few) out += "; ?: fewer than 100 samples in the tail of a run";
  return out + look.plain + "\n";
}

}  // namespace meshmall::cli
