#include "gui/panels/waterfall.h"

#include <QCoreApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollArea>
#include <QToolTip>
#include <algorithm>
#include <functional>
#include <set>

namespace meshmall::gui {

namespace {

QString statusText(const models::Outcome& outcome) { return outcome.status == 0 ? QCoreApplication::translate("Waterfall", "no answer") : QString::number(outcome.status); }

}  // namespace

QString partName(models::TripPartKind kind) {
  constexpr const char* kNames[] = {"proxy", "network", "wait for a connection", "handshake", "queue", "service", "wait", "injected fault", "back-off", "before the hedge", "no answer", "other"};
  return QCoreApplication::translate("Waterfall", kNames[static_cast<std::size_t>(kind)]);
}

std::vector<WaterfallRow> waterfallRows(const models::Trip& trip) {
  using models::TripPartKind;
  std::vector<WaterfallRow> rows;
  if (!trip.found) return rows;
  const auto ms = [&](engine::SimTime t) { return static_cast<double>((std::min(t, trip.end) - trip.arrived).ns) / 1e6; };
  WaterfallRow whole;
  whole.text = QCoreApplication::translate("Waterfall", "customer %1: %2").arg(trip.number).arg(trip.ended ? statusText(trip.outcome) : QCoreApplication::translate("Waterfall", "still there"));
  whole.to = ms(trip.end);
  whole.failed = trip.ended && !trip.outcome.ok();
  for (const models::TripPart& part : trip.critical_path) whole.parts.push_back({part.kind, ms(part.from), ms(part.to)});
  rows.push_back(whole);
  const std::function<void(std::uint32_t, int)> addCall = [&](std::uint32_t index, int depth) {
    const models::TripCall& call = trip.calls[index];
    WaterfallRow row;
    row.text = QString::fromStdString(call.to);
    row.depth = depth;
    row.from = ms(call.started);
    row.to = ms(call.ended);
    row.failed = call.ended != engine::kNever && !call.outcome.ok();
    if (call.fault_delay) row.parts.push_back({TripPartKind::fault, ms(call.fault_delay->at), ms(call.fault_delay->at + call.fault_delay->length)});
    for (const auto& backoff : call.backoffs) row.parts.push_back({TripPartKind::backoff, ms(backoff.at), ms(backoff.at + backoff.length)});
    rows.push_back(row);
    for (const std::uint32_t t : call.tries) {
      const models::TripTry& one = trip.tries[t];
      WaterfallRow tried;
      tried.try_index = static_cast<int>(t);
      tried.depth = depth + 1;
      tried.text = QStringLiteral("%1 %2: %3").arg(QString::fromStdString(std::string(models::name(one.kind))), QString::fromStdString(one.endpoint), statusText(one.outcome));
      tried.from = ms(one.started);
      tried.to = ms(one.ended);
      tried.failed = one.ended != engine::kNever && !one.outcome.ok();
      engine::SimTime at = one.started;
      const auto add = [&](TripPartKind kind, engine::Duration length) {
        if (length.ns > 0) tried.parts.push_back({kind, ms(at), ms(at + length)});
        at = at + length;
      };
      add(TripPartKind::pool, one.pool_wait);
      add(TripPartKind::handshake, one.handshake);
      if (one.sent) {
        at = *one.sent;
        add(TripPartKind::proxy, one.out_proxy);
        add(TripPartKind::hop, one.out_hop);
      }
      if (one.arrived) {
        at = *one.arrived;
        add(TripPartKind::proxy, one.out_inbound);
      }
      if (one.answered) {
        at = *one.answered;
        add(TripPartKind::proxy, one.back_inbound);
        add(TripPartKind::hop, one.back_hop);
        add(TripPartKind::proxy, one.back_proxy);
      }
      std::vector<std::uint32_t> calls;
      const std::function<void(std::uint32_t)> addStrand = [&](std::uint32_t s) {
        for (const models::TripStep& step : trip.strands[s].steps) {
          const auto part = [&](TripPartKind kind) { tried.parts.push_back({kind, ms(step.from), ms(step.to)}); };
          switch (step.kind) {
            case models::TripStep::Kind::queue: part(TripPartKind::queue); break;
            case models::TripStep::Kind::busy: part(TripPartKind::busy); break;
            case models::TripStep::Kind::wait: part(TripPartKind::wait); break;
            case models::TripStep::Kind::call: calls.push_back(step.index); break;
            case models::TripStep::Kind::strand: addStrand(step.index); break;
          }
        }
      };
      for (const std::uint32_t s : one.strands) addStrand(s);
      rows.push_back(tried);
      for (const std::uint32_t c : calls) addCall(c, depth + 2);
    }
  };
  for (const std::uint32_t root : trip.roots) addCall(root, 1);
  return rows;
}

namespace {

QColor colourOf(models::TripPartKind kind, const Tokens& tokens) {
  using K = models::TripPartKind;
  switch (kind) {
    case K::busy: return tokens.of(SeriesRole::first);
    case K::queue: return tokens.of(SeriesRole::second);
    case K::hop: return tokens.of(SeriesRole::third);
    case K::proxy: return tokens.of(SeriesRole::fourth);
    case K::backoff:
    case K::hedge: return tokens.of(SeriesRole::fifth);
    case K::wait: return tokens.of(SeriesRole::sixth);
    case K::fault:
    case K::no_answer: return tokens.bad;
    default: return tokens.unknown;
  }
}

}  // namespace

std::vector<models::TripPartKind> kindsIn(const std::vector<WaterfallRow>& rows) {
  std::set<models::TripPartKind> kinds;
  for (const WaterfallRow& row : rows)
    for (const WaterfallPart& part : row.parts) kinds.insert(part.kind);
  return {kinds.begin(), kinds.end()};
}

void paintKind(QPainter& painter, const QRectF& area, models::TripPartKind kind, const Tokens& tokens) {
  painter.fillRect(area, colourOf(kind, tokens));
  const bool hatched = kind == models::TripPartKind::queue || kind == models::TripPartKind::backoff;
  if (hatched) painter.fillRect(area, QBrush(tokens.panel, kind == models::TripPartKind::queue ? Qt::BDiagPattern : Qt::DiagCrossPattern));
}

Waterfall::Waterfall(QWidget* parent) : QWidget(parent), tokens_(&tokensOf(ThemeKind::light)) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("The trip as a waterfall"));
  setMinimumWidth(320);
}

void Waterfall::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  update();
}

void Waterfall::setTrip(const models::Trip& trip) {
  rows_ = waterfallRows(trip);
  length_ = rows_.empty() ? 1 : std::max(rows_.front().to, 1e-6);
  selected_ = -1;
  setAccessibleDescription(QString::fromStdString(trip.found ? models::tripText(trip) : std::string()));
  setMinimumHeight(sizeHint().height());
  update();
}

QSize Waterfall::sizeHint() const { return {520, rowHeight() * (static_cast<int>(rows_.size()) + (rows_.empty() ? 0 : 2)) + 8}; }
double Waterfall::labelWidth() const { return std::min(width() * 0.45, 280.0); }
double Waterfall::xOf(double ms) const { return labelWidth() + (width() - labelWidth() - 70) * ms / length_; }

void Waterfall::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.fillRect(rect(), tokens_->panel);
  const int h = rowHeight();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const WaterfallRow& row = rows_[i];
    const double y = 4 + h * static_cast<double>(i);
    if (static_cast<int>(i) == selected_) {
      p.fillRect(QRectF(0, y, labelWidth(), h), tokens_->accent);
      p.setPen(QPen(tokens_->accent, 2));
      p.drawRect(QRectF(1, y + 1, width() - 2, h - 2));
    }
    p.setPen(static_cast<int>(i) == selected_ ? tokens_->accent_text : row.failed ? tokens_->bad_text : tokens_->text);
    const QRectF label(4 + 10 * row.depth, y, labelWidth() - 10 - 10 * row.depth, h);
    p.drawText(label, Qt::AlignVCenter | Qt::AlignLeft, fontMetrics().elidedText(row.text, Qt::ElideRight, static_cast<int>(label.width())));
    const double left = xOf(row.from), right = std::max(xOf(row.to), left + 1);
    p.setPen(QPen(row.failed ? tokens_->bad : tokens_->border, row.failed ? 2 : 1));
    p.drawLine(QPointF(left, y + h / 2.0), QPointF(right, y + h / 2.0));
    for (const WaterfallPart& part : row.parts) {
      const QRectF bar(xOf(part.from), y + 4, std::max(1.0, xOf(part.to) - xOf(part.from)), h - 8);
      paintKind(p, bar, part.kind, *tokens_);
    }
    p.setPen(tokens_->muted_text);
    p.drawText(QRectF(width() - 68, y, 64, h), Qt::AlignVCenter | Qt::AlignRight, QStringLiteral("%1 ms").arg(row.to - row.from, 0, 'f', 2));
  }
  // The legend stands below: as many as the width takes a line, two lines at most.
  double x = 8, y = 4 + h * static_cast<double>(rows_.size()) + 4;
  for (const models::TripPartKind kind : kindsIn(rows_)) {
    const QString name = partName(kind);
    const double needed = 16 + fontMetrics().horizontalAdvance(name) + 14;
    if (x > 8 && x + needed > width()) x = 8, y += h - 2;
    paintKind(p, QRectF(x, y + h / 2.0 - 5, 11, 10), kind, *tokens_);
    p.setPen(tokens_->muted_text);
    p.drawText(QRectF(x + 16, y, needed, h), Qt::AlignVCenter | Qt::AlignLeft, name);
    x += needed;
  }
  if (hasFocus()) {
    p.setPen(QPen(tokens_->accent, 2));
    p.drawRect(rect().adjusted(1, 1, -1, -1));
  }
}

void Waterfall::select(int row) {
  if (row < 0 || row >= static_cast<int>(rows_.size())) return;
  selected_ = row;
  update();
  // The row above and below stay in sight too.
  if (QWidget* port = parentWidget(); port != nullptr && port->parentWidget() != nullptr)
    if (auto* area = qobject_cast<QScrollArea*>(port->parentWidget())) area->ensureVisible(0, 4 + rowHeight() * row + rowHeight() / 2, 0, rowHeight() * 3 / 2);
  Q_EMIT rowSelected(row);
}

void Waterfall::mousePressEvent(QMouseEvent* event) { select((static_cast<int>(event->position().y()) - 4) / rowHeight()); }

void Waterfall::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Down) select(selected_ + 1);
  else if (event->key() == Qt::Key_Up) select(std::max(0, selected_ - 1));
  else QWidget::keyPressEvent(event);
}

bool Waterfall::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const int row = (help->pos().y() - 4) / rowHeight();
  QString tip;
  if (row >= 0 && row < static_cast<int>(rows_.size())) {
    tip = rows_[static_cast<std::size_t>(row)].text;
    for (const WaterfallPart& part : rows_[static_cast<std::size_t>(row)].parts)
      if (help->pos().x() >= xOf(part.from) - 1 && help->pos().x() <= xOf(part.to) + 1)
        tip += QStringLiteral("\n%1: %2 ms").arg(partName(part.kind)).arg(part.to - part.from, 0, 'f', 3);
  }
  QToolTip::showText(help->globalPos(), tip, this);
  return true;
}

}  // namespace meshmall::gui
