#include "gui/panels/difference_tile.h"

#include <QPainter>
#include <cmath>

#include "gui/charts/number_text.h"
#include "gui/theme/fitted_text.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {

namespace {

using Verdict = models::PairedDifference::Verdict;

bool more(const models::PairedDifference& d) { return d.metric == "goodput" || d.metric == "success.rate"; }

QString valueText(const models::PairedDifference& d, double value) {
  if (d.unit == "ms") return millisecondsText(value);
  if (d.unit == "ratio") return percentText(value);
  if (d.unit == "factor") return numberText(value) + QStringLiteral(" ×");
  return numberText(value) + QStringLiteral(" /s");
}

// In the unit of the values, with its sign; a share in percentage points.
QString signedText(const models::PairedDifference& d, double value) {
  const double shown = d.unit == "ratio" ? value * 100 : value;
  return (shown < 0 ? QStringLiteral("−") : QStringLiteral("+")) + numberText(std::fabs(shown));
}

QString unitText(const models::PairedDifference& d) {
  if (d.unit == "ratio") return QStringLiteral(" pp");
  if (d.unit == "factor") return QStringLiteral(" ×");
  return QLatin1Char(' ') + QString::fromStdString(d.unit);
}

}  // namespace

DifferenceTile::DifferenceTile(QWidget* parent) : QWidget(parent), tokens_(&tokensOf(ThemeKind::light)) {
  setFocusPolicy(Qt::TabFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void DifferenceTile::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  update();
}

void DifferenceTile::setDifference(const models::PairedDifference& d) {
  const QString names[] = {tr("Goodput"), tr("Success"), tr("Mean latency"), tr("p50"), tr("p99"), tr("Amplification")};
  const char* metrics[] = {"goodput", "success.rate", "latency.mean", "latency.p50", "latency.p99", "retries.amplification"};
  for (std::size_t i = 0; i < std::size(metrics); ++i)
    if (d.metric == metrics[i]) title_ = names[i];
  const auto known = [&d](const std::optional<double>& value) { return value ? valueText(d, *value) : QStringLiteral("–"); };
  values_ = QStringLiteral("A %1   B %2").arg(known(d.a), known(d.b));
  change_.clear();
  look_ = Look::plain;
  switch (d.verdict) {
    case Verdict::too_few: verdict_ = tr("too few periods yet"); break;
    case Verdict::identical: verdict_ = tr("identical"); break;
    case Verdict::not_clear: verdict_ = tr("no clear difference"); break;
    case Verdict::lower:
    case Verdict::higher:
      look_ = (d.verdict == Verdict::higher) == more(d) ? Look::good : Look::bad;
      verdict_ = look_ == Look::good ? tr("B is better") : tr("B is worse");
      break;
  }
  const bool told = d.verdict == Verdict::not_clear || d.verdict == Verdict::lower || d.verdict == Verdict::higher;
  if (told) change_ = QStringLiteral("%1%2 (%3 … %4)").arg(signedText(d, d.difference), unitText(d), signedText(d, d.low), signedText(d, d.high));
  if (told && d.correlated) verdict_ += QStringLiteral(" *");
  if (d.verdict == Verdict::identical) change_ = tr("in each of %1 periods").arg(d.periods);
  const QString method = tr("A and B are of the whole measured window so far, as a result has them. The interval (%1 %) comes from how far the differences of %2 periods with the same customers lie from that of the whole (sectioning); a difference is clear where it leaves out 0.%3")
                             .arg(d.level * 100, 0, 'g', 4)
                             .arg(d.periods)
                             .arg(d.correlated ? tr(" Neighbouring periods are still alike: the interval is too narrow.") : QString());
  setAccessibleName(title_ + QStringLiteral(": ") + verdict_);
  setAccessibleDescription(values_ + QStringLiteral("; ") + change_);
  setToolTip(values_ + QLatin1Char('\n') + change_ + QLatin1Char('\n') + method);
  setWhatsThis(method);
  update();
}

QSize DifferenceTile::sizeHint() const { return {196, 4 * fontMetrics().height() + 20}; }

void DifferenceTile::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const QColor edge = look_ == Look::good ? tokens_->good : look_ == Look::bad ? tokens_->bad : tokens_->border;
  p.setPen(QPen(hasFocus() ? tokens_->accent : edge, look_ == Look::plain && !hasFocus() ? 1 : 1.8));
  p.setBrush(tokens_->raised);
  p.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
  const int line = fontMetrics().height(), left = 9, inner = width() - 2 * left;
  const auto write = [&](int row, const QString& text, const QColor& colour, bool bold, int indent = 0) {
    QFont font = this->font();
    font.setBold(bold);
    p.setFont(font);
    p.setPen(colour);
    drawFitted(p, QRectF(left + indent, 6 + row * (line + 2), inner - indent, line), Qt::AlignLeft | Qt::AlignVCenter, text, 0.7);
  };
  write(0, title_, tokens_->muted_text, false);
  write(1, values_, tokens_->text, false);
  write(2, change_, tokens_->text, false);
  int indent = 0;
  if (look_ != Look::plain) {
    p.drawPixmap(QPointF(left, 6 + 3 * (line + 2)), iconPixmap(look_ == Look::good ? QStringLiteral("good") : QStringLiteral("error"), edge, 16, devicePixelRatioF()));
    indent = 20;
  }
  write(3, verdict_, tokens_->text, true, indent);
}

}  // namespace meshmall::gui
