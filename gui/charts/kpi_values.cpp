#include "gui/charts/kpi_values.h"

#include <QCoreApplication>
#include <cmath>
#include <limits>
#include <optional>

#include "gui/charts/distribution_view.h"
#include "gui/charts/enough_samples.h"
#include "gui/charts/number_text.h"

namespace meshmall::gui {
namespace {

using models::Snapshot;

QString say(const char* text) { return QCoreApplication::translate("Kpi", text); }

bool warmingUp(const Snapshot& s) { return s.floor != nullptr && s.now < s.floor->window_begin; }

std::uint64_t answered(const Snapshot& s) { return s.tallies.ok + s.tallies.failed; }

double last(const std::vector<double>& values) { return values.empty() ? std::numeric_limits<double>::quiet_NaN() : values.back(); }

// Good answers a second since the warm-up.
std::optional<double> goodput(const Snapshot& s) {
  if (s.floor == nullptr || s.now <= s.floor->window_begin) return {};
  const auto end = s.now < s.floor->window_end ? s.now : s.floor->window_end;
  const double seconds = models::inSeconds(end.ns - s.floor->window_begin.ns);
  if (!(seconds > 0)) return {};
  return static_cast<double>(s.tallies.ok) / seconds;
}

std::optional<double> percentile(const Snapshot& s, double q) {
  if (!enoughSamples(q, s.tallies.ok)) return {};
  return q == 0.5 ? s.tallies.p50 : s.tallies.p99;
}

// Percentiles are worked out more seldom than counts: those of the answers so far, not of fewer. Two runs are told apart by such only.
bool percentilesOfNow(const Snapshot& s) { return s.latency == nullptr || samplesIn(*s.latency) == s.tallies.ok; }

std::optional<double> errors(const Snapshot& s) {
  if (answered(s) == 0) return {};
  return 1 - s.tallies.successRate();
}

std::optional<double> amplification(const Snapshot& s) {
  if (s.tallies.calls == 0) return {};
  return s.tallies.amplification();
}

QString relative(std::optional<double> value, std::optional<double> base) {
  if (!value || !base || !(*base > 0)) return {};
  const double change = *value / *base - 1;
  return (change >= 0 ? QStringLiteral("+") : QStringLiteral("−")) + numberText(std::fabs(change) * 100) + QStringLiteral(" %");
}

// The worst state of the whole mall's SLOs that speak of one of these metrics.
void judge(KpiValue& tile, const Snapshot& s, std::initializer_list<const char*> metrics) {
  for (const models::SloVerdict& slo : s.slos) {
    const QString text = QString::fromStdString(slo.expr);
    if (text.contains(QLatin1String(" for ")) || !slo.value) continue;
    bool speaks = false;
    for (const char* metric : metrics) speaks = speaks || text.contains(QLatin1String(metric));
    if (!speaks) continue;
    const KpiValue::State state = slo.holds ? KpiValue::State::holds : slo.fatal ? KpiValue::State::breached : KpiValue::State::warned;
    if (state >= tile.state) {
      tile.state = state;
      tile.rule = text;
    }
  }
}

QString missing(double q, std::uint64_t have) {
  return say("%1 of %2 needed").arg(numberText(static_cast<double>(have)), numberText(static_cast<double>(samplesNeeded(q))));
}

KpiValue latencyTile(const Snapshot& s, const Snapshot* baseline, double q, const char* title, const char* metric, const std::vector<double>& spark) {
  KpiValue tile;
  tile.title = say(title);
  tile.definition = q == 0.5 ? say("Half of those measured and served took at most so long, from their arrival to the answer.")
                             : say("One in a hundred of those measured and served took longer than this. Shown from 1,000 answers on.");
  const std::optional<double> value = percentile(s, q);
  tile.value = value ? millisecondsText(*value) : QStringLiteral("–");
  tile.note = value ? say("now %1").arg(millisecondsText(last(spark))) : missing(q, s.tallies.ok);
  if (baseline != nullptr && percentilesOfNow(s) && percentilesOfNow(*baseline)) tile.difference = relative(value, percentile(*baseline, q));
  tile.spark = spark;
  judge(tile, s, {metric});
  return tile;
}

KpiValue sloTile(const Snapshot& s) {
  KpiValue tile;
  tile.title = say("SLOs");
  tile.note = say("one run, no interval");
  std::size_t hold = 0, judged = 0;
  bool fatal = false;
  QString list;
  for (const models::SloVerdict& slo : s.slos) {
    if (!list.isEmpty()) list += QLatin1Char('\n');
    list += QString::fromStdString(slo.expr) + QStringLiteral(": ") + (!slo.value ? say("no sample yet") : slo.holds ? say("holds") : say("does not hold"));
    if (!slo.value) continue;
    ++judged;
    hold += slo.holds ? 1U : 0U;
    fatal = fatal || (!slo.holds && slo.fatal);
  }
  tile.value = judged == 0 ? QStringLiteral("–") : say("%1 of %2").arg(hold).arg(judged);
  if (judged > 0) tile.state = hold == judged ? KpiValue::State::holds : fatal ? KpiValue::State::breached : KpiValue::State::warned;
  tile.rule = list;
  tile.definition = s.slos.empty() ? say("The scenario names no SLO.") : say("How many of the scenario's SLOs hold for what was measured so far.");
  return tile;
}

}  // namespace

std::vector<KpiValue> kpiValues(const Snapshot& s, const Snapshot* baseline, Vocabulary vocabulary) {
  static const models::FloorSeries kNone;
  const models::FloorSeries& series = s.series == nullptr ? kNone : *s.series;
  KpiValue good;
  good.title = say("Goodput");
  good.definition = say("Good answers a second, of %1 measured since the warm-up.").arg(word(Term::requests, vocabulary));
  good.value = goodput(s) ? numberText(*goodput(s)) + say(" /s") : QStringLiteral("–");
  good.note = say("now %1 /s").arg(numberText(last(series.served)));
  good.spark = series.served;
  judge(good, s, {"goodput", "throughput"});

  KpiValue failing;
  failing.title = say("Errors");
  failing.definition = say("Share of the answers measured so far that were not good, whatever the reason.");
  failing.value = errors(s) ? percentText(*errors(s)) : QStringLiteral("–");
  failing.note = say("%1 of %2").arg(numberText(static_cast<double>(s.tallies.failed)), numberText(static_cast<double>(answered(s))));
  failing.spark = series.failed;
  judge(failing, s, {"success.rate", "failed", "error"});

  KpiValue tries;
  tries.title = say("Amplification");
  tries.definition = say("Attempts for each call: 1 without second tries. A retry storm shows here first.");
  tries.value = amplification(s) ? numberText(*amplification(s)) + QStringLiteral(" ×") : QStringLiteral("–");
  tries.note = say("now %1 retries/s").arg(numberText(last(series.retries)));
  tries.spark = series.retries;
  judge(tries, s, {"retries.amplification"});

  if (baseline != nullptr) {
    good.difference = relative(goodput(s), goodput(*baseline));
    tries.difference = relative(amplification(s), amplification(*baseline));
    if (errors(s) && errors(*baseline)) {
      const double points = (*errors(s) - *errors(*baseline)) * 100;
      failing.difference = (points >= 0 ? QStringLiteral("+") : QStringLiteral("−")) + numberText(std::fabs(points)) + say(" pp");
    }
  }
  std::vector<KpiValue> tiles = {good,
                                 latencyTile(s, baseline, 0.5, "p50", "latency.p50", series.latency_p50),
                                 latencyTile(s, baseline, 0.99, "p99", "latency.p99", series.latency_p99),
                                 failing,
                                 tries,
                                 sloTile(s)};
  for (KpiValue& tile : tiles) {
    tile.greyed = warmingUp(s);
    if (tile.greyed) tile.note = say("warm-up");
  }
  return tiles;
}

}  // namespace meshmall::gui
