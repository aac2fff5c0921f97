#include "gui/floor/floor_legend.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include "gui/charts/number_text.h"
#include "gui/floor/health_style.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {
constexpr int kMark = 20, kBetween = 14, kMargin = 8;
}

FloorLegend::FloorLegend(QWidget* parent) : QWidget(parent), tokens_{&tokensOf(ThemeKind::light)} {
  setAccessibleName(tr("Legend of the floor"));
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  refill();
}

void FloorLegend::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  update();
}

void FloorLegend::setVocabulary(Vocabulary vocabulary) {
  vocabulary_ = vocabulary;
  refill();
}

void FloorLegend::setRules(const HealthRules& rules) {
  rules_ = rules;
  refill();
}

void FloorLegend::setNote(const QString& note) {
  if (note == note_) return;
  note_ = note;
  if (width() > 0) setFixedHeight(heightForWidth(width()));
  updateGeometry();
  update();
}

void FloorLegend::refill() {
  const Vocabulary v = vocabulary_;
  const QString from = rules_.errors_from_slo ? tr("its SLO") : tr("the usual");
  using Mark = Entry::Mark;
  entries_ = {{Mark::person, PersonShape::first, Health::quiet, word(Term::request, v), bothWords(Term::request, v) + tr(": a first try")},
              {Mark::person, PersonShape::retry, Health::quiet, word(Term::retry, v), bothWords(Term::retry, v)},
              {Mark::person, PersonShape::hedge, Health::quiet, word(Term::hedge, v), bothWords(Term::hedge, v)},
              {Mark::person, PersonShape::error, Health::quiet, tr("failed"), tr("an answer that failed, on its way back")},
              {Mark::clerk, PersonShape::first, Health::quiet, tr("%1: busy, free").arg(word(Term::worker, v)), bothWords(Term::worker, v)},
              {Mark::old_map, PersonShape::first, Health::quiet, word(Term::stale_view, v), bothWords(Term::stale_view, v)},
              {Mark::health, PersonShape::first, Health::good, tr("well"), {}},
              {Mark::health, PersonShape::first, Health::warning, tr("over %1 fail, or a long line").arg(percentText(rules_.warning_errors)), {}},
              {Mark::health, PersonShape::first, Health::bad, tr("over %1 fail (%2), or closed").arg(percentText(rules_.bad_errors), from), {}},
              {Mark::health, PersonShape::first, Health::quiet, tr("nothing happens"), {}}};
  QString told;
  for (const Entry& entry : entries_) told += entry.text + QStringLiteral("; ");
  setAccessibleDescription(told);
  updateGeometry();
  update();
}

template <typename Draw>
int FloorLegend::lay(int width, Draw draw) const {
  const int line = std::max(kMark, fontMetrics().height()) + 2;
  int x = kMargin, y = 3;
  const auto place = [&](int needed) {
    if (x > kMargin && x + needed > width - kMargin) {
      x = kMargin;
      y += line;
    }
    const QRect area(x, y, needed, line);
    x += needed + kBetween;
    return area;
  };
  for (const Entry& entry : entries_) draw(&entry, place(kMark + fontMetrics().horizontalAdvance(entry.text) + 2));
  if (!note_.isEmpty()) draw(static_cast<const Entry*>(nullptr), place(fontMetrics().horizontalAdvance(note_) + 2));
  return y + line + 3;
}

int FloorLegend::heightForWidth(int width) const {
  return lay(width, [](const Entry*, const QRect&) {});
}

void FloorLegend::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  setFixedHeight(heightForWidth(width()));
}

bool FloorLegend::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QString tip;
  lay(width(), [&](const Entry* entry, const QRect& area) {
    if (entry != nullptr && area.contains(help->pos())) tip = entry->tip;
  });
  QToolTip::showText(help->globalPos(), tip, this);
  return true;
}

void FloorLegend::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect(), tokens_->panel);
  painter.setPen(tokens_->border);
  painter.drawLine(0, 0, width(), 0);
  lay(width(), [&](const Entry* entry, const QRect& area) {
    if (entry == nullptr) {
      painter.setPen(tokens_->muted_text);
      painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, note_);
      return;
    }
    const QPointF mark(area.left() + 8, area.center().y() + 0.5);
    if (entry->mark == Entry::Mark::person) {
      paintPerson(painter, mark, entry->shape, false, 5, *tokens_);
    } else if (entry->mark == Entry::Mark::clerk) {
      painter.setPen(QPen(tokens_->person, 1));
      painter.setBrush(tokens_->person);
      painter.drawRect(QRectF(mark.x() - 9, mark.y() - 4, 8, 8));
      painter.setBrush(Qt::NoBrush);
      painter.drawRect(QRectF(mark.x() + 1, mark.y() - 4, 8, 8));
    } else if (entry->mark == Entry::Mark::old_map) {
      painter.drawPixmap(QPointF(mark.x() - 8, mark.y() - 8), iconPixmap(QStringLiteral("map-old"), tokens_->warning, 16, devicePixelRatioF()));
    } else {
      const HealthStyle style = healthStyle(entry->health, *tokens_);
      painter.drawPixmap(QPointF(mark.x() - 8, mark.y() - 8), iconPixmap(QString::fromLatin1(style.icon), style.colour, 16, devicePixelRatioF()));
    }
    painter.setPen(tokens_->text);
    painter.drawText(area.adjusted(kMark, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, entry->text);
  });
}

}  // namespace meshmall::gui
