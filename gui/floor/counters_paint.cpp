#include "gui/floor/counters_paint.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/floor/floor_map.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {

using State = models::EndpointState::State;

constexpr double kCounterWidth = 84, kPerson = 7.5, kPersonStep = 9;
constexpr std::size_t kCellsInRow = 12, kMostRows = 6;

bool opening(const CounterView& c) { return c.state == State::starting; }
bool closing(const CounterView& c) { return c.state == State::draining || c.state == State::terminating; }
bool down(const CounterView& c) { return c.state == State::down || c.state == State::gone; }
bool misled(const CounterView& c) { return c.on_old_maps > 0 || c.not_on_maps > 0 || c.wrong_signs; }
bool avoided(const CounterView& c) { return c.ejected_by > 0; }

QPen outline(const CounterView& c, const Tokens& t) {
  if (c.followed) return QPen(t.accent, 2.5);
  if (down(c)) return QPen(t.bad, 1.5);
  if (avoided(c)) return QPen(t.warning, 1.5);
  return QPen(t.unknown, 1.2, opening(c) ? Qt::DashLine : !c.listed ? Qt::DotLine : Qt::SolidLine);
}

void cross(QPainter& painter, const QRectF& box, const QColor& colour) {
  painter.setPen(QPen(colour, 1.5));
  painter.drawLine(box.topLeft(), box.bottomRight());
  painter.drawLine(box.bottomLeft(), box.topRight());
}

void paintClerks(QPainter& painter, const CounterView& c, const QRectF& box, const Tokens& t) {
  const std::uint32_t held = std::min(c.held, c.workers);
  if (c.workers <= 8) {
    const double step = std::min(9.0, (box.width() - 6) / c.workers);
    for (std::uint32_t i = 0; i < c.workers; ++i) {
      const QRectF clerk(box.left() + 4 + i * step, box.center().y() - 3.5, step - 2, 7);
      painter.setPen(QPen(t.person, 1));
      painter.setBrush(i < held ? QBrush(t.person) : Qt::NoBrush);
      painter.drawRect(clerk);
    }
    return;
  }
  const QRectF bar = box.adjusted(4, 4, -4, -4);
  painter.setPen(QPen(t.person, 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(bar);
  painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * held / c.workers, bar.height()), t.person);
}

void paintLine(QPainter& painter, const CounterView& c, const QRectF& lane, double counter_left, const Tokens& t) {
  const double room = counter_left - lane.left() - 4;
  auto fit = static_cast<std::uint32_t>(room / kPersonStep);
  QString more;
  if (c.waiting > fit) {
    fit = static_cast<std::uint32_t>(std::max(1.0, (room - 40) / kPersonStep));
    more = QStringLiteral("+") + QString::number(c.waiting - fit);
  }
  painter.setPen(Qt::NoPen);
  painter.setBrush(t.person);
  for (std::uint32_t i = 0; i < std::min(c.waiting, fit); ++i) {
    painter.drawEllipse(QRectF(counter_left - 4 - kPerson - i * kPersonStep, lane.center().y() - kPerson / 2, kPerson, kPerson));
  }
  if (more.isEmpty()) return;
  painter.setPen(t.text);
  painter.drawText(QRectF(lane.left() - 2, lane.top(), 42, lane.height()), Qt::AlignRight | Qt::AlignVCenter, more);
}

void paintLane(QPainter& painter, const CounterView& c, const QRectF& lane, const Tokens& t, double scale) {
  const QRectF box(lane.right() - kCounterWidth, lane.top() + 1, kCounterWidth, lane.height() - 3);
  paintLine(painter, c, lane, box.left() - (misled(c) ? 34 : 0), t);
  painter.setPen(outline(c, t));
  painter.setBrush(c.newer ? QBrush(t.series[3], Qt::Dense6Pattern) : QBrush(t.panel));
  painter.drawRoundedRect(box, 2, 2);
  const double sharp = std::clamp(std::ceil(scale), 1.0, 4.0);
  const auto glyph = [&](const char* name, const QColor& colour, double right) {
    painter.drawPixmap(QRectF(right - 12, box.center().y() - 6, 12, 12), iconPixmap(QString::fromLatin1(name), colour, 12, sharp), QRectF());
  };
  // An old map hangs at the counter: somebody's map is wrong about it. The number is how many.
  if (misled(c)) {
    const std::uint32_t maps = std::max(c.on_old_maps, c.not_on_maps);
    const QString count = maps > 0 ? QString::number(maps) : QString();
    const double words = count.isEmpty() ? 0 : painter.fontMetrics().horizontalAdvance(count) + 2;
    const QRectF sign(box.left() - 20 - words, box.top() - 1, 18 + words, box.height() + 2);
    painter.setPen(QPen(t.warning, 1.2));
    painter.setBrush(t.panel);
    painter.drawRoundedRect(sign, 3, 3);
    painter.drawPixmap(QRectF(sign.left() + 2, sign.center().y() - 7, 14, 14), iconPixmap(QStringLiteral("map-old"), t.warning, 14, sharp), QRectF());
    painter.setPen(t.text);
    painter.drawText(sign.adjusted(15, 0, -1, 0), Qt::AlignCenter, count);
  }
  if (down(c)) return cross(painter, box, t.bad);
  if (opening(c)) {
    painter.setPen(QPen(t.muted_text, 1.5));
    painter.drawLine(box.center() - QPointF(5, 0), box.center() + QPointF(5, 0));
    painter.drawLine(box.center() - QPointF(0, 5), box.center() + QPointF(0, 5));
    return;
  }
  paintClerks(painter, c, box, t);
  if (closing(c)) {
    painter.setPen(QPen(t.muted_text, 2));
    painter.drawLine(box.bottomLeft() + QPointF(2, 1), box.bottomRight() + QPointF(-2, 1));
  }
  double right = box.right() - 2;
  if (avoided(c)) {
    glyph("eject", t.warning, right);
    right -= 13;
  }
  if (c.hurt) glyph("crash", t.bad, right);
}

struct Cells {
  double size = 0;
  std::size_t in_row = kCellsInRow, shown = 0;
};

Cells cellsOf(const ShopView& shop, const QRectF& area) {
  Cells cells;
  const std::size_t rows_needed = (shop.counters.size() + kCellsInRow - 1) / kCellsInRow;
  if (rows_needed > kMostRows) cells.in_row = (shop.counters.size() + kMostRows - 1) / kMostRows;
  cells.size = area.width() / static_cast<double>(cells.in_row);
  cells.shown = shop.counters.size();
  return cells;
}

QRectF cellAt(const Cells& cells, const QRectF& area, std::size_t index) {
  const double x = area.left() + static_cast<double>(index % cells.in_row) * cells.size;
  const double y = area.top() + static_cast<double>(index / cells.in_row) * kLaneHeight;
  return {x + 1, y + 1, cells.size - 2, kLaneHeight - 3};
}

// A cell fills from below with its busy clerks; a mark on top says that someone waits there.
void paintCell(QPainter& painter, const CounterView& c, const QRectF& cell, const Tokens& t) {
  painter.setPen(outline(c, t));
  painter.setBrush(c.newer ? QBrush(t.series[3], Qt::Dense6Pattern) : QBrush(t.panel));
  painter.drawRect(cell);
  if (misled(c)) painter.fillRect(QRectF(cell.left(), cell.top(), cell.width(), 3), t.warning);
  if (down(c)) return cross(painter, cell, t.bad);
  const double busy = c.workers > 0 ? std::min(1.0, static_cast<double>(c.held) / c.workers) : 0;
  painter.fillRect(QRectF(cell.left() + 1, cell.bottom() - busy * (cell.height() - 1), cell.width() - 2, busy * (cell.height() - 1)), t.person);
  if (c.waiting == 0) return;
  painter.setPen(Qt::NoPen);
  painter.setBrush(t.person_error);
  painter.drawEllipse(QRectF(cell.center().x() - 2.5, cell.top() + 1, 5, 5));
}

}  // namespace

void paintCounters(QPainter& painter, const ShopView& shop, const QRectF& area, const Tokens& t, double scale) {
  if (shop.counters.empty()) {
    painter.setPen(t.muted_text);
    painter.drawText(area, Qt::AlignCenter, QStringLiteral("–"));
    return;
  }
  if (shop.counters.size() <= shop.lanes) {
    for (std::size_t i = 0; i < shop.counters.size(); ++i) {
      paintLane(painter, shop.counters[i], QRectF(area.left(), area.top() + static_cast<double>(i) * kLaneHeight, area.width(), kLaneHeight), t, scale);
    }
    return;
  }
  const Cells cells = cellsOf(shop, area);
  for (std::size_t i = 0; i < cells.shown; ++i) paintCell(painter, shop.counters[i], cellAt(cells, area, i), t);
  const double below = area.top() + static_cast<double>((cells.shown + cells.in_row - 1) / cells.in_row) * kLaneHeight;
  painter.setPen(t.text);
  painter.drawText(QRectF(area.left(), below, area.width(), kLaneHeight), Qt::AlignLeft | Qt::AlignVCenter,
                   QStringLiteral("%1/%2").arg(shop.held).arg(shop.workers) + (shop.waiting > 0 ? QStringLiteral("  +%1").arg(shop.waiting) : QString()));
}

std::optional<std::size_t> counterAt(const ShopView& shop, const QRectF& area, const QPointF& place) {
  if (!area.contains(place)) return {};
  if (shop.counters.size() <= shop.lanes) {
    const auto lane = static_cast<std::size_t>((place.y() - area.top()) / kLaneHeight);
    return lane < shop.counters.size() ? std::optional(lane) : std::nullopt;
  }
  const Cells cells = cellsOf(shop, area);
  for (std::size_t i = 0; i < cells.shown; ++i) {
    if (cellAt(cells, area, i).adjusted(-1, -1, 1, 2).contains(place)) return i;
  }
  return {};
}

}  // namespace meshmall::gui
