#include "gui/floor/shop_item.h"

#include <QApplication>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <algorithm>
#include <cmath>

#include "gui/charts/number_text.h"
#include "gui/floor/counters_paint.h"
#include "gui/floor/health_style.h"
#include "gui/floor/staff_paint.h"
#include "gui/theme/fitted_text.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {

constexpr double kFar = 0.5;        // device pixels for one of the scene: rows would be smaller than 8 pixels
constexpr double kSmallest = 9;     // pixels of text on the screen; as far as the row takes it
constexpr std::uint32_t kFewWaiting = 5;  // so few are counted at a glance

QFont sized(double pixels, bool bold) {
  QFont font = QApplication::font();
  font.setPixelSize(static_cast<int>(std::max(1.0, pixels)));
  font.setBold(bold);
  return font;
}

// So large in the scene that it is kSmallest on the screen, but not larger than its row takes.
QFont legible(double pixels, bool bold, double detail, double most) { return sized(std::clamp(kSmallest / std::max(detail, 0.05), pixels, std::max(pixels, most)), bold); }

QString stateWord(models::EndpointState::State state) {
  using State = models::EndpointState::State;
  switch (state) {
    case State::up: return ShopItem::tr("open");
    case State::draining: return ShopItem::tr("closing, still takes customers");
    case State::terminating: return ShopItem::tr("closing");
    case State::down: return ShopItem::tr("down");
    case State::starting: return ShopItem::tr("opening");
    case State::gone: return ShopItem::tr("gone");
  }
  return {};
}

}  // namespace

void ShopItem::setView(ShopView view) {
  setHeight(shopHeight(view.counters.size(), view.shares.size(), view.lanes));
  view_ = std::move(view);
  update();
}

QRectF ShopItem::counters() const { return frame().adjusted(8, kShopHead + (view_.shares.empty() ? 0 : kSharesHeight) + 3, -8, -kShopFoot - 1); }
QRectF ShopItem::staff() const {
  const QRectF f = frame();
  const QString line = lineText();
  const double taken = line.isEmpty() ? 0 : QFontMetricsF(legible(11, true, detail_, 15)).horizontalAdvance(line) + 6;
  return {f.left() + 28, f.bottom() - kShopFoot + 3, f.width() - 34 - taken, 20};
}

// How many wait, in words: a line that is longer than the shop shows no end of dots.
QString ShopItem::lineText() const { return view_.waiting < kFewWaiting ? QString() : tr("%1 waiting").arg(numberText(view_.waiting)); }

void ShopItem::paintFrame(QPainter& painter, double detail) const {
  const HealthStyle health = healthStyle(view_.health, *tokens_);
  painter.setPen(health.pen(detail < kFar ? 1.6 : 1));
  painter.setBrush(tokens_->raised);
  painter.drawRoundedRect(frame(), 6, 6);
}

void ShopItem::paintFar(QPainter& painter, double detail) const {
  const QRectF f = frame();
  // The name grows as far as it may, so that it can be read from further away; all shops' names are of one size, cut at the end where they must be.
  painter.setFont(sized(std::min(10 / std::max(detail, 0.05), f.height() * 0.42), true));
  painter.setPen(tokens_->text);
  painter.drawText(QRectF(f.left() + 6, f.top() + 4, f.width() - 12, f.height() * 0.5), Qt::AlignCenter,
                   painter.fontMetrics().elidedText(QString::fromStdString(view_.short_name), Qt::ElideRight, static_cast<int>(f.width() - 12)));
  const double size = f.height() * 0.34;
  const HealthStyle health = healthStyle(view_.health, *tokens_);
  painter.drawPixmap(QRectF(f.left() + 8, f.bottom() - size - 8, size, size), iconPixmap(QString::fromLatin1(health.icon), health.colour, 32, 2), QRectF());
  const QRectF bar(f.left() + size + 16, f.bottom() - size * 0.75 - 8, f.width() - size - 26, size * 0.5);
  const double busy = view_.workers > 0 ? std::min(1.0, static_cast<double>(view_.held) / view_.workers) : 0;
  painter.setPen(QPen(tokens_->person, 1.5));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(bar);
  painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * busy, bar.height()), tokens_->person);
  // The line is drawn beyond the bar, in the colour and with the edge of a warning.
  if (view_.waiting == 0) return;
  const double line = std::min(1.0, std::log10(1.0 + view_.waiting) / 3) * bar.width();
  painter.fillRect(QRectF(bar.left(), bar.bottom() + 2, line, size * 0.25), tokens_->person_error);
}

// Where customers are led: the bar's parts are the versions' shares, named with their share below it.
void ShopItem::paintShares(QPainter& painter) const {
  const QRectF f = frame();
  double x = f.left() + 8;
  const double width = f.width() - 16, top = f.top() + kShopHead - 4;
  QString names;
  for (std::size_t i = 0; i < view_.shares.size(); ++i) {
    const auto& [name, share] = view_.shares[i];
    const QRectF part(x, top, width * share, 5);
    painter.fillRect(part, i == 0 ? QBrush(tokens_->series[0]) : QBrush(tokens_->series[3], i == 1 ? Qt::SolidPattern : Qt::Dense4Pattern));
    x += part.width();
    names += (i > 0 ? QStringLiteral("  ·  ") : QString()) + QString::fromStdString(name) + QLatin1Char(' ') + percentText(share);
  }
  painter.setFont(legible(10, false, detail_, 13));
  painter.setPen(tokens_->text);
  const QRectF line(f.left() + 8, top + 5, width, kSharesHeight - 2);
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, painter.fontMetrics().elidedText(names, Qt::ElideRight, static_cast<int>(width)));
}

void ShopItem::paintSigns(QPainter& painter) const {
  QString text;
  if (!view_.rollout.empty()) text = heading(Term::rollout, vocabulary_) + QStringLiteral(": ") + QString::fromStdString(view_.rollout);
  if (!view_.scaling.empty()) text += (text.isEmpty() ? QString() : QStringLiteral(" · ")) + word(Term::endpoints, vocabulary_) + QLatin1Char(' ') + QString::fromStdString(view_.scaling);
  if (text.isEmpty()) return;
  const QRectF f = frame();
  painter.setFont(legible(11, false, detail_, 15));
  if (painter.fontMetrics().horizontalAdvance(text) + 14 > f.width()) painter.setFont(legible(10, false, detail_, 13));
  const double width = std::min(f.width(), painter.fontMetrics().horizontalAdvance(text) + 14.0);
  const QRectF sign(f.left() + 6, f.top() - 20, width, 18);
  painter.setPen(QPen(tokens_->series[3], 1.2));
  painter.setBrush(tokens_->panel);
  painter.drawRoundedRect(sign, 4, 4);
  painter.setPen(tokens_->text);
  painter.drawText(sign, Qt::AlignCenter, painter.fontMetrics().elidedText(text, Qt::ElideRight, static_cast<int>(width - 8)));
}

void ShopItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
  const double scale = std::hypot(painter->worldTransform().m11(), painter->worldTransform().m12()) * painter->device()->devicePixelRatioF();
  const double detail = scale / painter->device()->devicePixelRatioF();
  detail_ = detail;
  paintSelection(*painter);
  paintFrame(*painter, detail);
  if (detail < kFar) return paintFar(*painter, detail);
  const QRectF f = frame();
  const HealthStyle health = healthStyle(view_.health, *tokens_);
  const double sharp = std::clamp(std::ceil(scale), 1.0, 4.0);
  painter->drawPixmap(QRectF(f.left() + 7, f.top() + 4, 16, 16), iconPixmap(QString::fromLatin1(health.icon), health.colour, 16, sharp), QRectF());
  painter->setFont(legible(11, false, detail, 15));
  // Rates are known for the service as a whole: on one of several floors the sign of a sum says so.
  const QString rate = view_.rate > 0 ? (view_.one_of_several ? QStringLiteral("Σ ") : QString()) + numberText(view_.rate) + tr("/s") : QString();
  const double rate_width = painter->fontMetrics().horizontalAdvance(rate) + 8;
  painter->setPen(tokens_->muted_text);
  painter->drawText(QRectF(f.right() - rate_width - 2, f.top() + 3, rate_width, 18), Qt::AlignCenter, rate);
  painter->setFont(legible(13, true, detail, 17));
  painter->setPen(tokens_->text);
  const double room = f.width() - 30 - rate_width;
  drawFitted(*painter, QRectF(f.left() + 28, f.top() + 3, room, 18), Qt::AlignLeft | Qt::AlignVCenter, QString::fromStdString(view_.name), 0.7, Qt::ElideMiddle);
  if (!view_.shares.empty()) paintShares(*painter);
  painter->setFont(legible(11, false, detail, 14));
  paintCounters(*painter, view_, counters(), *tokens_, scale);
  painter->setPen(QPen(tokens_->grid, 1));
  painter->drawLine(QPointF(f.left() + 6, f.bottom() - kShopFoot), QPointF(f.right() - 6, f.bottom() - kShopFoot));
  painter->drawPixmap(QRectF(f.left() + 8, staff().top() + 2, 16, 16),
                      iconPixmap(view_.sidecar ? QStringLiteral("customer") : QStringLiteral("door"), view_.sidecar ? tokens_->accent : tokens_->unknown, 16, sharp), QRectF());
  const QRectF door = staff();
  painter->setFont(legible(11, false, detail, 15));
  paintStaff(*painter, view_.staff, door, *tokens_, scale);
  if (const QString line = lineText(); !line.isEmpty()) {
    painter->setFont(legible(11, true, detail, 15));
    painter->setPen(tokens_->text);
    painter->drawText(QRectF(door.right(), door.top(), f.right() - 7 - door.right(), door.height()), Qt::AlignRight | Qt::AlignVCenter, line);
  }
  paintSigns(*painter);
}

QString ShopItem::told() const {
  QString text = bothHeading(Term::service, vocabulary_) + QLatin1Char(' ') + QString::fromStdString(view_.name);
  text += QLatin1Char('\n') + tr("%1 of %2 busy, %3 waiting").arg(view_.held).arg(view_.workers).arg(view_.waiting);
  text += QLatin1Char('\n') + (view_.one_of_several ? tr("%1 answers a second on all floors, %2 failed") : tr("%1 answers a second, %2 failed"))
                                  .arg(numberText(view_.rate), percentText(view_.failed_share));
  if (!view_.why.empty()) text += QLatin1Char('\n') + QString::fromStdString(view_.why);
  for (const auto& [name, share] : view_.shares) text += QLatin1Char('\n') + QString::fromStdString(name) + QStringLiteral(": ") + percentText(share);
  return text;
}

QString ShopItem::tipAt(const QPointF& place) const {
  if (QRectF door = staff(); place.y() >= door.top() && place.y() <= door.bottom()) {
    for (const StaffChip& chip : staffChips(view_.staff, door, legible(11, false, detail_, 15))) {
      if (chip.place.contains(place)) return QString::fromStdString(view_.staff[chip.note].tip);
    }
    if (place.x() < door.left()) return view_.sidecar ? bothHeading(Term::sidecar, vocabulary_) : tr("Nobody at the door: no sidecar");
  }
  if (const std::optional<std::size_t> index = counterAt(view_, counters(), place)) {
    const CounterView& c = view_.counters[*index];
    QString text = bothHeading(Term::endpoint, vocabulary_) + QLatin1Char(' ') + QString::fromStdString(c.name) + QStringLiteral(": ") + stateWord(c.state);
    text += QLatin1Char('\n') + tr("%1 of %2 %3s busy, %4 waiting").arg(c.held).arg(c.workers).arg(word(Term::worker, vocabulary_)).arg(c.waiting);
    if (c.ejected_by > 0) text += QLatin1Char('\n') + tr("%1 of %2 proxies that know it keep away from it").arg(c.ejected_by).arg(c.known_to);
    if (!c.listed) text += QLatin1Char('\n') + tr("not on the signs: discovery does not list it");
    if (c.wrong_signs) text += QLatin1Char('\n') + tr("the signs still point to it: discovery has not noticed yet");
    if (c.on_old_maps > 0) text += QLatin1Char('\n') + tr("still on the maps of %1 proxies, which send customers there").arg(c.on_old_maps);
    if (c.not_on_maps > 0) text += QLatin1Char('\n') + tr("not yet on the maps of %1 proxies").arg(c.not_on_maps);
    if (c.hurt) text += QLatin1Char('\n') + tr("an event slows it down or makes it fail");
    return text;
  }
  return told();
}

}  // namespace meshmall::gui
