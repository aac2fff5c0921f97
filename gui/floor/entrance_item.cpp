#include "gui/floor/entrance_item.h"

#include <QApplication>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/charts/number_text.h"
#include "gui/floor/staff_paint.h"
#include "gui/theme/fitted_text.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {

QFont sized(int pixels, bool bold) {
  QFont font = QApplication::font();
  font.setPixelSize(pixels);
  font.setBold(bold);
  return font;
}

}  // namespace

void EntranceItem::setState(double rate, double failed_share, Health health, std::vector<StaffNote> staff) {
  rate_ = rate;
  failed_share_ = failed_share;
  health_ = health;
  notes_ = std::move(staff);
  update();
}

void EntranceItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
  const double scale = std::hypot(painter->worldTransform().m11(), painter->worldTransform().m12()) * painter->device()->devicePixelRatioF();
  const QRectF f = frame();
  paintSelection(*painter);
  painter->setPen(QPen(tokens_->muted_text, 1.4));
  painter->setBrush(tokens_->raised);
  painter->drawRoundedRect(f, 14, 14);
  if (scale < 0.5 * painter->device()->devicePixelRatioF()) {
    // From far away only the name is left, as large as it goes.
    const int wide = QFontMetrics(sized(26, true)).horizontalAdvance(name_);
    painter->setFont(sized(std::clamp(static_cast<int>(26 * (f.width() - 16) / std::max(1, wide)), 9, 26), true));
    painter->setPen(tokens_->text);
    painter->drawText(f.adjusted(6, 4, -6, -4), Qt::AlignCenter, painter->fontMetrics().elidedText(name_, Qt::ElideMiddle, static_cast<int>(f.width() - 12)));
    return;
  }
  painter->drawPixmap(QRectF(f.left() + 9, f.top() + 7, 20, 20), iconPixmap(QStringLiteral("door"), tokens_->text, 20, std::clamp(std::ceil(scale), 1.0, 4.0)), QRectF());
  const double detail = scale / painter->device()->devicePixelRatioF();
  const auto legible = [detail](int pixels, int most) { return std::clamp(static_cast<int>(std::ceil(9 / std::max(detail, 0.05))), pixels, most); };
  painter->setFont(sized(legible(13, 17), true));
  painter->setPen(tokens_->text);
  drawFitted(*painter, QRectF(f.left() + 34, f.top() + 7, f.width() - 42, 20), Qt::AlignLeft | Qt::AlignVCenter, name_, 0.7);
  // What becomes of them stands in words: nobody needs the legend to see that nothing is served.
  painter->setFont(sized(legible(11, 14), false));
  const QRectF line(f.left() + 9, f.top() + 27, f.width() - 18, 16);
  const QString come = tr("%1/s come").arg(numberText(rate_)) + (rate_ > 0 ? QStringLiteral(", ") : QString());
  const QString served = rate_ > 0 ? tr("%1 served").arg(numberText(rate_ * (1 - failed_share_))) : QString();
  const double wide = painter->fontMetrics().horizontalAdvance(come + served);
  if (wide > line.width()) painter->setFont(sized(std::max(9, static_cast<int>(painter->font().pixelSize() * line.width() / wide)), false));
  painter->setPen(tokens_->muted_text);
  painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter, come);
  if (rate_ > 0) {
    const bool well = health_ == Health::good || health_ == Health::quiet;
    const double before = painter->fontMetrics().horizontalAdvance(come);
    QFont font = painter->font();
    font.setBold(!well);
    painter->setFont(font);
    painter->setPen(health_ == Health::bad ? tokens_->bad_text : health_ == Health::warning ? tokens_->warning_text : tokens_->good_text);
    painter->drawText(line.adjusted(before, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, served);
  }
  painter->setFont(sized(11, false));
  paintStaff(*painter, notes_, staff(), *tokens_, scale);
}

QString EntranceItem::tipAt(const QPointF& place) const {
  for (const StaffChip& chip : staffChips(notes_, staff(), sized(11, false))) {
    if (chip.place.contains(place)) return QString::fromStdString(notes_[chip.note].tip);
  }
  return bothHeading(Term::gateway, vocabulary_) + QStringLiteral(": ") + name_ + QLatin1Char('\n') +
         tr("%1 %2 a second, %3 failed").arg(numberText(rate_), word(Term::requests, vocabulary_), percentText(failed_share_));
}

}  // namespace meshmall::gui
