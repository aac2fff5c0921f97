#include "gui/charts/plot_view.h"

#include <QChart>
#include <QHelpEvent>
#include <QLegend>
#include <QLineSeries>
#include <QLogValueAxis>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QValueAxis>
#include <algorithm>
#include <cmath>

#include "gui/charts/axis_range.h"
#include "gui/charts/mark_style.h"
#include "gui/charts/number_text.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {

constexpr int kMarkIcon = 14;
constexpr std::size_t kFewMarks = 12, kMostWholeMarks = 40, kMostPieces = 8;
constexpr double kLongGap = 3;  // intervals

QAbstractAxis* newAxis(SteadyRange::Scale scale) {
  if (scale == SteadyRange::Scale::linear) {
    auto* axis = new QValueAxis;
    axis->setTickType(QValueAxis::TicksDynamic);
    axis->setLabelFormat(QStringLiteral("%g"));
    return axis;
  }
  auto* axis = new QLogValueAxis;
  axis->setBase(10);
  axis->setMinorTickCount(8);
  axis->setLabelFormat(QStringLiteral("%g"));
  return axis;
}

}  // namespace

PlotView::PlotView(const ChartStyle& style, TimeAxis* time, QWidget* parent)
    : QChartView(new QChart, parent),
      time_{time},
      tokens_{&tokensOf(ThemeKind::light)},
      right_is_share_{style.right_unit == QLatin1String("%")},
      left_range_{style.scale},
      right_range_{SteadyRange::Scale::linear},
      time_values_{new QValueAxis},
      left_axis_{newAxis(style.scale)} {
  setFrameShape(QFrame::NoFrame);
  setRenderHint(QPainter::Antialiasing);
  setMouseTracking(true);
  setMinimumSize(200, 110);
  setViewportUpdateMode(QGraphicsView::FullViewportUpdate);
  chart()->legend()->hide();
  chart()->setMargins(QMargins(2, 2, 6, 2));
  chart()->setBackgroundVisible(false);  // the view's is the same, and bands lie on it
  time_values_->setTickType(QValueAxis::TicksDynamic);
  time_values_->setLabelFormat(QStringLiteral("%g s"));
  chart()->addAxis(time_values_, Qt::AlignBottom);
  chart()->addAxis(left_axis_, Qt::AlignLeft);
  if (!style.right_unit.isEmpty()) {
    right_axis_ = new QValueAxis;
    right_axis_->setTickType(QValueAxis::TicksDynamic);
    right_axis_->setLabelFormat(right_is_share_ ? QStringLiteral("%g %%") : QStringLiteral("%g"));
    right_axis_->setGridLineVisible(false);
    chart()->addAxis(right_axis_, Qt::AlignRight);
  }
  connect(time_, &TimeAxis::rangeChanged, this, &PlotView::showTimeRange);
  connect(time_, &TimeAxis::cursorChanged, viewport(), qOverload<>(&QWidget::update));
  setTokens(*tokens_);
  showTimeRange();
  showRange(left_axis_, left_range_, {});
  if (right_axis_ != nullptr) showRange(right_axis_, right_range_, {});
}

void PlotView::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  setBackgroundBrush(tokens.panel);
  QFont labels = font();
  labels.setPointSizeF(std::max(7.0, font().pointSizeF() - 1));
  for (QAbstractAxis* axis : chart()->axes()) {
    axis->setLabelsBrush(tokens.muted_text);
    axis->setLabelsFont(labels);
    axis->setGridLineColor(tokens.grid);
    axis->setMinorGridLineColor(tokens.grid);
    axis->setMinorGridLineVisible(false);
    axis->setLinePenColor(tokens.border);
  }
  viewport()->update();
}

void PlotView::showTimeRange() {
  const double from = time_->from(), to = std::max(time_->to(), from + 1e-9);
  setRangeAndTicks(*time_values_, from, to, tickStep(to - from, std::clamp(width() / (8 * fontMetrics().averageCharWidth() + 40), 2, 8)));
}

void PlotView::fitAtOnce() {
  left_range_.reset();
  right_range_.reset();
}

QLineSeries* PlotView::lineAt(std::size_t index, bool right) {
  if (index == lines_.size()) {
    auto* line = new QLineSeries;
    chart()->addSeries(line);
    line->attachAxis(time_values_);
    lines_.push_back(line);
  }
  QLineSeries* line = lines_[index];
  QAbstractAxis* wanted = right && right_axis_ != nullptr ? right_axis_ : left_axis_;
  const QList<QAbstractAxis*> attached = line->attachedAxes();
  if (!attached.contains(wanted)) {
    for (QAbstractAxis* axis : attached) {
      if (axis != time_values_) line->detachAxis(axis);
    }
    line->attachAxis(wanted);
  }
  line->setVisible(true);
  return line;
}

void PlotView::place(const std::vector<Curve>& curves, double interval, bool ghost, std::size_t& used, Extent& left, Extent& right) {
  const bool logarithmic = left_axis_->type() == QAbstractAxis::AxisTypeLogValue;
  const std::size_t most = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(100, width())) * 2, 200, kMostPoints);
  for (const Curve& curve : curves) {
    const PlotPoints found = decimate(curve.values, interval, time_->from(), time_->to(), most);
    Extent& extent = curve.style.right && right_axis_ != nullptr ? right : left;
    // Nothing is drawn across a long gap: a line there would tell values that nobody had.
    std::vector<QList<QPointF>> pieces(1);
    auto gap = found.gaps.begin();
    for (const PlotPoint& point : found.points) {
      if (logarithmic && &extent == &left && !(point.y > 0)) continue;
      for (; gap != found.gaps.end() && gap->second < point.t + interval / 2; ++gap) {
        const bool within = !pieces.back().isEmpty() && gap->first > pieces.back().last().x() - interval / 2;
        if (within && gap->second - gap->first > (kLongGap - 0.5) * interval && pieces.size() < kMostPieces) pieces.push_back({QPointF(gap->second, point.y)});
      }
      pieces.back().append(QPointF(point.t, point.y));
      if (point.t < time_->from() || point.t > time_->to()) continue;
      extent.low = extent.any ? std::min(extent.low, point.y) : point.y;
      extent.high = extent.any ? std::max(extent.high, point.y) : point.y;
      extent.any = true;
    }
    // A value is that of its whole interval: the first one begins at the beginning, so that a single interval is a line too.
    QList<QPointF>& first = pieces.front();
    if (!first.isEmpty() && first.first().x() <= interval * (1 + 1e-9)) first.prepend(QPointF(0, first.first().y()));
    if (!ghost && gaps_.empty()) gaps_ = found.gaps;
    QColor colour = tokens_->of(curve.style.role);
    if (ghost) colour.setAlphaF(0.55F);
    for (const QList<QPointF>& piece : pieces) {
      QLineSeries* line = lineAt(used++, curve.style.right);
      line->setPen(QPen(colour, ghost ? 1.2 : 2.0, ghost ? Qt::DashDotDotLine : curve.style.dash, Qt::FlatCap, Qt::RoundJoin));
      line->replace(piece);
    }
  }
}

void PlotView::setCurves(const std::vector<Curve>& curves, const std::vector<Curve>& ghosts, double interval, std::vector<CurveBand> bands) {
  bands_ = std::move(bands);
  interval_ = interval;
  std::size_t used = 0;
  Extent left, right;
  gaps_.clear();
  place(ghosts, interval, true, used, left, right);
  place(curves, interval, false, used, left, right);
  makeRoom(left);
  for (std::size_t i = used; i < lines_.size(); ++i) {
    lines_[i]->clear();
    lines_[i]->setVisible(false);
  }
  showRange(left_axis_, left_range_, left);
  if (right_axis_ != nullptr) showRange(right_axis_, right_range_, right);
  viewport()->update();
}

// Bands are shown whole, but for those of very few runs: they are so wide that little could be seen of the curves.
void PlotView::makeRoom(Extent& extent) const {
  const bool logarithmic = left_axis_->type() == QAbstractAxis::AxisTypeLogValue;
  double middle = extent.any ? extent.high : 0, low = 0, high = 0;
  bool any = false;
  for (const CurveBand& band : bands_)
    for (std::size_t i = 0; i < band.low.size(); ++i) {
      const double t = static_cast<double>(i + 1) * interval_;
      if (t < time_->from() || t > time_->to() || std::isnan(band.low[i])) continue;
      middle = std::max(middle, (band.low[i] + band.high[i]) / 2);
      if (logarithmic && !(band.low[i] > 0)) continue;
      const double bottom = std::max(0.0, band.low[i]);
      low = any ? std::min(low, bottom) : bottom;
      high = any ? std::max(high, band.high[i]) : band.high[i];
      any = true;
    }
  if (!any) return;
  high = std::min(high, middle * (logarithmic ? 2 : 1.25));
  if (logarithmic && extent.any) low = std::max(low, extent.low / 2);
  extent.low = extent.any ? std::min(extent.low, low) : low;
  extent.high = extent.any ? std::max(extent.high, high) : high;
  extent.any = true;
}

void PlotView::showRange(QAbstractAxis* axis, SteadyRange& range, const Extent& extent) {
  AxisRange shown = extent.any ? range.update(extent.low, extent.high) : range.range();
  if (auto* logarithmic = qobject_cast<QLogValueAxis*>(axis)) {
    logarithmic->setRange(shown.low, shown.high);
    return;
  }
  auto* linear = qobject_cast<QValueAxis*>(axis);
  // A share of a whole always shows the whole: half busy looks half full.
  if (linear == right_axis_ && right_is_share_) shown = {0, 100};
  setRangeAndTicks(*linear, shown.low, shown.high, tickStep(shown.high - shown.low, std::clamp(height() / (4 * fontMetrics().height()), 1, 4)));
}

void PlotView::setMarks(Marks marks, double warmup_end) {
  marks_ = std::move(marks);
  warmup_end_ = warmup_end;
}

double PlotView::placeOf(double time) const {
  const QRectF plot = chart()->plotArea();
  return plot.left() + (time - time_->from()) / std::max(1e-12, time_->to() - time_->from()) * plot.width();
}

double PlotView::timeAt(const QPoint& place) const {
  const QRectF plot = chart()->plotArea();
  const double share = std::clamp((place.x() - plot.left()) / std::max(1.0, plot.width()), 0.0, 1.0);
  return time_->from() + share * (time_->to() - time_->from());
}

const models::Mark* PlotView::markAt(const QPoint& place) const {
  if (marks_ == nullptr) return nullptr;
  const models::Mark* nearest = nullptr;
  double best = 5.5;
  for (const models::Mark& mark : *marks_) {
    const double distance = std::fabs(placeOf(models::inSeconds(mark.at.ns)) - place.x());
    if (distance < best) {
      best = distance;
      nearest = &mark;
    }
  }
  return nearest;
}

void PlotView::drawWarmup(QPainter& painter, const QRectF& plot) const {
  if (warmup_end_ <= time_->from()) return;
  const double end = std::min(placeOf(warmup_end_), plot.right());
  painter.fillRect(QRectF(plot.left(), plot.top(), end - plot.left(), plot.height()), tokens_->warmup);
  painter.setPen(QPen(tokens_->muted_text, 1, Qt::DashLine));
  if (end < plot.right()) painter.drawLine(QPointF(end, plot.top()), QPointF(end, plot.bottom()));
  const QString text = tr("warm-up");
  if (painter.fontMetrics().horizontalAdvance(text) + 8 < end - plot.left()) {
    painter.setPen(tokens_->muted_text);
    painter.drawText(QRectF(plot.left() + 4, plot.bottom() - 18, end - plot.left(), 16), Qt::AlignLeft | Qt::AlignVCenter, text);
  }
}

// Where nothing was answered the curve is joined over the gap; the hatched foot says so.
void PlotView::drawGaps(QPainter& painter, const QRectF& plot) const {
  for (const auto& [from, to] : gaps_) {
    const double left = std::max(placeOf(from), plot.left()), right = std::min(placeOf(to), plot.right());
    if (right > left) painter.fillRect(QRectF(left, plot.bottom() - 5, right - left, 5), QBrush(tokens_->unknown, Qt::BDiagPattern));
  }
}

void PlotView::drawMarks(QPainter& painter, const QRectF& plot) const {
  if (marks_ == nullptr) return;
  double free_from = plot.left() - kMarkIcon;
  // Many marks may not hide the curves: their lines get pale, those of a crowd short.
  const auto seen = std::count_if(marks_->begin(), marks_->end(), [this](const models::Mark& mark) {
    const double at = models::inSeconds(mark.at.ns);
    return at >= time_->from() && at <= time_->to();
  });
  const double foot = static_cast<std::size_t>(seen) > kMostWholeMarks ? std::min(plot.bottom(), plot.top() + kMarkIcon + 6) : plot.bottom();
  for (const models::Mark& mark : *marks_) {
    const double at = models::inSeconds(mark.at.ns);
    if (at < time_->from() || at > time_->to()) continue;
    const MarkStyle style = markStyle(mark.kind, *tokens_);
    const double x = placeOf(at);
    QColor line = style.colour;
    if (static_cast<std::size_t>(seen) > kFewMarks) line.setAlpha(90);
    painter.setPen(QPen(line, 1, style.dash));
    painter.drawLine(QPointF(x, plot.top() + kMarkIcon), QPointF(x, foot));
    // Icons never overlap: of a crowd the first keeps its icon, the others their line.
    if (x - kMarkIcon / 2.0 < free_from) continue;
    const double icon_x = std::clamp(x - kMarkIcon / 2.0, plot.left(), plot.right() - kMarkIcon);
    painter.drawPixmap(QPointF(icon_x, plot.top()), iconPixmap(QString::fromLatin1(style.icon), style.colour, kMarkIcon, devicePixelRatioF()));
    free_from = icon_x + kMarkIcon + 1;
  }
}

// On the left axis, in the scene's coordinates; nothing: below everything that a logarithmic axis can show.
std::optional<double> PlotView::heightOf(double value) const {
  const QRectF plot = chart()->plotArea();
  double share = 0;
  if (const auto* logarithmic = qobject_cast<const QLogValueAxis*>(left_axis_)) {
    if (!(value > 0)) return std::nullopt;
    share = std::log(value / logarithmic->min()) / std::log(logarithmic->max() / logarithmic->min());
  } else if (const auto* linear = qobject_cast<const QValueAxis*>(left_axis_)) {
    share = (value - linear->min()) / std::max(1e-12, linear->max() - linear->min());
  }
  return plot.bottom() - std::clamp(share, -0.5, 1.5) * plot.height();
}

void PlotView::drawBackground(QPainter* painter, const QRectF& rect) {
  QChartView::drawBackground(painter, rect);
  if (bands_.empty()) return;
  const QRectF plot = chart()->plotArea();
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setClipRect(plot);
  for (const CurveBand& band : bands_) {
    QPolygonF above, below;
    const auto paint = [&] {
      QColor colour = tokens_->of(band.style.role);
      colour.setAlphaF(0.28F);
      painter->setPen(Qt::NoPen);
      painter->setBrush(colour);
      QPolygonF outline = above;
      for (auto point = below.crbegin(); point != below.crend(); ++point) outline << *point;
      painter->drawPolygon(outline);
      colour.setAlphaF(0.4F);
      painter->setPen(QPen(colour, 1));
      painter->drawPolyline(above);
      painter->drawPolyline(below);
      above.clear();
      below.clear();
    };
    for (std::size_t i = 0; i < band.low.size() && i < band.high.size(); ++i) {
      const std::optional<double> top = heightOf(band.high[i]);
      if (std::isnan(band.low[i]) || !top) {
        paint();
        continue;
      }
      const double bottom = heightOf(band.low[i]).value_or(plot.bottom() + plot.height() / 2), x = placeOf(static_cast<double>(i + 1) * interval_);
      if (above.isEmpty()) {  // a value is that of its whole interval
        const double from = placeOf(static_cast<double>(i) * interval_);
        above << QPointF(from, *top);
        below << QPointF(from, bottom);
      }
      above << QPointF(x, *top);
      below << QPointF(x, bottom);
    }
    paint();
  }
  painter->restore();
}

void PlotView::drawForeground(QPainter* painter, const QRectF&) {
  const QRectF plot = chart()->plotArea();
  painter->save();
  QFont small = font();
  small.setPointSizeF(std::max(7.0, font().pointSizeF() - 1));
  painter->setFont(small);
  drawWarmup(*painter, plot);
  drawGaps(*painter, plot);
  drawMarks(*painter, plot);
  if (const std::optional<double> cursor = time_->cursor(); cursor && *cursor >= time_->from() && *cursor <= time_->to()) {
    painter->setPen(QPen(tokens_->text, 1));
    painter->drawLine(QPointF(placeOf(*cursor), plot.top()), QPointF(placeOf(*cursor), plot.bottom()));
    // Its instant, beside the line on the side that has room; the legend's values are those of it.
    const QString at = tr("at %1").arg(secondsText(*cursor));
    const double wide = painter->fontMetrics().horizontalAdvance(at) + 8, high = painter->fontMetrics().height() + 2;
    const double x = placeOf(*cursor) + wide + 2 < plot.right() ? placeOf(*cursor) + 2 : placeOf(*cursor) - wide - 2;
    const QRectF label(x, plot.top() + 1, wide, high);
    painter->fillRect(label, tokens_->raised);
    painter->drawText(label, Qt::AlignCenter, at);
  }
  if (drag_from_) {
    QColor veil = tokens_->accent;
    veil.setAlpha(50);
    const double a = std::clamp<double>(drag_from_->x(), plot.left(), plot.right()), b = std::clamp<double>(drag_to_.x(), plot.left(), plot.right());
    painter->fillRect(QRectF(std::min(a, b), plot.top(), std::fabs(b - a), plot.height()), veil);
  }
  painter->restore();
}

void PlotView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return QChartView::mousePressEvent(event);
  drag_from_ = drag_to_ = event->pos();
}

void PlotView::mouseMoveEvent(QMouseEvent* event) {
  if (drag_from_) drag_to_ = event->pos();
  const QRectF plot = chart()->plotArea();
  if (event->pos().x() >= plot.left() - 1 && event->pos().x() <= plot.right() + 1) {
    time_->setCursor(timeAt(event->pos()));
  } else {
    time_->setCursor(std::nullopt);
  }
  viewport()->update();
}

void PlotView::mouseReleaseEvent(QMouseEvent* event) {
  if (!drag_from_) return QChartView::mouseReleaseEvent(event);
  const QPoint from = *drag_from_;
  drag_from_.reset();
  if (std::abs(event->pos().x() - from.x()) >= 4) time_->zoomTo(timeAt(from), timeAt(event->pos()));
  viewport()->update();
}

void PlotView::mouseDoubleClickEvent(QMouseEvent*) {
  drag_from_.reset();
  time_->resetZoom();
}

void PlotView::leaveEvent(QEvent* event) {
  time_->setCursor(std::nullopt);
  QChartView::leaveEvent(event);
}

bool PlotView::viewportEvent(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QChartView::viewportEvent(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const models::Mark* mark = markAt(help->pos());
  if (mark == nullptr) {
    QToolTip::hideText();
    return true;
  }
  QString text = secondsText(models::inSeconds(mark->at.ns)) + QStringLiteral(": ") + QString::fromStdString(mark->text);
  if (!mark->note.empty()) text += QLatin1Char('\n') + QString::fromStdString(mark->note);
  QToolTip::showText(help->globalPos(), text, viewport());
  return true;
}

}  // namespace meshmall::gui
