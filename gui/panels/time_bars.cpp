#include "gui/panels/time_bars.h"

#include <QCoreApplication>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <charconv>

#include "gui/charts/number_text.h"

namespace meshmall::gui {

namespace {

using models::SpentOn;

std::string plain(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr};
}

}  // namespace

QString spentName(SpentOn kind) {
  constexpr const char* kNames[] = {QT_TRANSLATE_NOOP("TimeBars", "waiting in line"), QT_TRANSLATE_NOOP("TimeBars", "being served"), QT_TRANSLATE_NOOP("TimeBars", "network"),
                                    QT_TRANSLATE_NOOP("TimeBars", "proxy"),           QT_TRANSLATE_NOOP("TimeBars", "tries in vain"), QT_TRANSLATE_NOOP("TimeBars", "back-off"),
                                    QT_TRANSLATE_NOOP("TimeBars", "other")};
  return QCoreApplication::translate("TimeBars", kNames[static_cast<std::size_t>(kind)]);
}

TimeBars::TimeBars(QWidget* parent) : QWidget(parent), tokens_(&tokensOf(ThemeKind::light)) { setAccessibleName(tr("Where the time went, by shop")); }

void TimeBars::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  update();
}

void TimeBars::setTime(models::TimeSpent time) {
  time_ = std::move(time);
  rows_.clear();
  if (time_.customers > 0) {
    const double scale = 1e-6 / static_cast<double>(time_.customers);
    Row all{tr("all shops"), {}, 0};
    for (const models::TimeSpent::Shop& shop : time_.shops) {
      Row row{shop.name.empty() ? tr("outside") : QString::fromStdString(shop.name), {}, 0};
      for (std::size_t k = 0; k < models::kSpentKinds; ++k) {
        row.ms[k] = static_cast<double>(shop.ns[k]) * scale;
        row.total += row.ms[k];
        all.ms[k] += row.ms[k];
      }
      all.total += row.total;
      rows_.push_back(std::move(row));
    }
    rows_.insert(rows_.begin(), std::move(all));
  }
  QString told;
  for (const Row& row : rows_) told += QStringLiteral("%1: %2. ").arg(row.name, millisecondsText(row.total));
  setAccessibleDescription(told);
  setMinimumHeight(sizeHint().height());
  updateGeometry();
  update();
}

QSize TimeBars::sizeHint() const { return {480, legendHeight(false, nullptr) + rowHeight() * static_cast<int>(std::max<std::size_t>(1, rows_.size())) + 8}; }

QBrush TimeBars::brushOf(SpentOn kind) const {
  switch (kind) {
    case SpentOn::queueing: return tokens_->of(SeriesRole::second);
    case SpentOn::service: return tokens_->of(SeriesRole::first);
    case SpentOn::network: return tokens_->of(SeriesRole::third);
    case SpentOn::proxy: return tokens_->of(SeriesRole::fourth);
    case SpentOn::retries: return tokens_->bad;
    case SpentOn::backoff: return tokens_->of(SeriesRole::fifth);
    case SpentOn::other: break;
  }
  return tokens_->unknown;
}

void TimeBars::paintKind(QPainter& painter, const QRectF& place, SpentOn kind) const {
  painter.fillRect(place, brushOf(kind));
  if (kind == SpentOn::queueing) painter.fillRect(place, QBrush(tokens_->panel, Qt::BDiagPattern));
  if (kind == SpentOn::backoff) painter.fillRect(place, QBrush(tokens_->panel, Qt::DiagCrossPattern));
  if (kind == SpentOn::retries) painter.fillRect(place, QBrush(tokens_->panel, Qt::Dense6Pattern));
}

int TimeBars::legendHeight(bool paint, QPainter* painter) const {
  const int line = fontMetrics().height() + 4;
  int x = 6, y = 4;
  for (std::size_t k = 0; k < models::kSpentKinds; ++k) {
    const auto kind = static_cast<SpentOn>(k);
    const QString text = spentName(kind);
    const int needed = 20 + fontMetrics().horizontalAdvance(text) + 14;
    if (x > 6 && x + needed > std::max(320, width())) {
      x = 6;
      y += line;
    }
    if (paint) {
      paintKind(*painter, QRectF(x, y + line / 2.0 - 6, 14, 12), kind);
      painter->setPen(tokens_->text);
      painter->drawText(QRectF(x + 19, y, needed - 19, line), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
    x += needed;
  }
  return y + line + 4;
}

QRectF TimeBars::barOf(std::size_t row) const {
  const double label = std::min(width() * 0.3, 160.0), number = 128;
  const double y = legendHeight(false, nullptr) + rowHeight() * static_cast<double>(row) + 4;
  return {label + 8, y, std::max(20.0, width() - label - number - 16), rowHeight() - 8.0};
}

void TimeBars::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.fillRect(rect(), tokens_->panel);
  legendHeight(true, &p);
  if (rows_.empty()) return;
  const double most = std::max(1e-9, rows_.front().total);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const QRectF bar = barOf(i);
    QFont bold = font();
    bold.setBold(i == 0);
    p.setFont(bold);
    p.setPen(tokens_->text);
    p.drawText(QRectF(6, bar.top(), bar.left() - 10, bar.height()), Qt::AlignLeft | Qt::AlignVCenter,
               QFontMetrics(bold).elidedText(row.name, Qt::ElideMiddle, static_cast<int>(bar.left() - 12)));
    double x = bar.left();
    for (std::size_t k = 0; k < models::kSpentKinds; ++k) {
      const double wide = bar.width() * row.ms[k] / most;
      if (wide > 0) paintKind(p, QRectF(x, bar.top(), std::max(0.75, wide), bar.height()), static_cast<SpentOn>(k));
      x += wide;
    }
    p.setPen(tokens_->text);
    const QString share = i == 0 ? QString() : QStringLiteral("  %1").arg(percentText(row.total / most));
    p.drawText(QRectF(bar.right() + 6, bar.top(), width() - bar.right() - 10, bar.height()), Qt::AlignRight | Qt::AlignVCenter, millisecondsText(row.total) + share);
  }
}

bool TimeBars::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QString tip;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const QRectF bar = barOf(i);
    if (help->pos().y() < bar.top() - 4 || help->pos().y() > bar.bottom() + 4) continue;
    tip = tr("%1: %2 a customer").arg(rows_[i].name, millisecondsText(rows_[i].total));
    for (std::size_t k = 0; k < models::kSpentKinds; ++k)
      if (rows_[i].ms[k] > 0) tip += QStringLiteral("\n%1: %2").arg(spentName(static_cast<SpentOn>(k)), millisecondsText(rows_[i].ms[k]));
  }
  QToolTip::showText(help->globalPos(), tip, this);
  return true;
}

std::string TimeBars::csv() const {
  std::string text = "shop";
  for (std::size_t k = 0; k < models::kSpentKinds; ++k) text += "," + std::string(models::name(static_cast<SpentOn>(k))) + "_ms";
  text += ",total_ms\n";
  for (std::size_t i = 1; i < rows_.size(); ++i) {
    text += rows_[i].name.toStdString();
    for (const double ms : rows_[i].ms) text += "," + plain(ms);
    text += "," + plain(rows_[i].total) + "\n";
  }
  return text;
}

}  // namespace meshmall::gui
