#include "gui/charts/running_estimate.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/charts/number_text.h"
#include "gui/charts/steady_range.h"

namespace meshmall::gui {

RunningEstimate::RunningEstimate(QWidget* parent) : QWidget(parent), tokens_{&tokensOf(ThemeKind::light)}, words_{numberText} {
  setAccessibleName(tr("Running estimate"));
  setToolTip(tr("The mean of the runs so far (line) with its 95 % interval (band), and each run's own value (dots). Dashes: the precision that is asked for."));
}

void RunningEstimate::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  update();
}

void RunningEstimate::setCourse(const MetricCourse& course, std::uint64_t runs, std::function<QString(double)> words, double asked) {
  course_ = course;
  runs_ = std::max<std::uint64_t>(runs, 2);
  words_ = std::move(words);
  asked_ = asked;
  fit();
  QString told;
  if (!course_.estimates.empty() && course_.estimates.back().mean) {
    const Estimate& last = course_.estimates.back();
    told = tr("After %1 runs the mean is %2").arg(course_.estimates.size()).arg(words_(*last.mean));
    if (last.interval) told += tr(", 95 % interval from %1 to %2").arg(words_(last.interval->low), words_(last.interval->high));
  }
  setAccessibleDescription(told);
  update();
}

void RunningEstimate::fit() {
  bool any = false;
  double low = 0, high = 1;
  const auto take = [&](double value) {
    low = any ? std::min(low, value) : value;
    high = any ? std::max(high, value) : value;
    any = true;
  };
  for (const std::optional<double>& value : course_.values)
    if (value) take(*value);
  for (std::size_t n = 0; n < course_.estimates.size(); ++n) {
    const Estimate& one = course_.estimates[n];
    if (!one.interval || (one.runs < 3 && n + 1 < course_.estimates.size())) continue;
    take(one.interval->low);
    take(one.interval->high);
  }
  if (high - low < 1e-9 * std::max(1.0, std::fabs(high))) {  // all alike
    const double room = high != 0 ? std::fabs(high) * 0.1 : 1;
    low -= room;
    high += room;
  }
  step_ = tickStep((high - low) * 1.1, 5);
  low_ = std::floor((low - 0.03 * (high - low)) / step_) * step_;
  high_ = std::ceil((high + 0.03 * (high - low)) / step_) * step_;
  if (!any) low_ = 0, high_ = 1, step_ = 0.5;
}

QRectF RunningEstimate::plotArea() const {
  int label = 0;
  for (double value = low_; value <= high_ + step_ / 2; value += step_) label = std::max(label, fontMetrics().horizontalAdvance(words_(value)));
  const int line = fontMetrics().height();
  return QRectF(rect()).adjusted(label + 12, line / 2.0 + 2, -14, -(2 * line + 6));
}

void RunningEstimate::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect(), tokens_->panel);
  const QRectF plot = plotArea();
  const int line = fontMetrics().height();
  const double last = static_cast<double>(runs_);
  const auto x = [&](double run) { return plot.left() + (run - 1) / (last - 1) * plot.width(); };
  const auto y = [&](double value) { return plot.bottom() - (value - low_) / (high_ - low_) * plot.height(); };
  const bool some = !course_.estimates.empty();
  for (double value = low_; value <= high_ + step_ / 2; value += step_) {
    painter.setPen(tokens_->grid);
    painter.drawLine(QPointF(plot.left(), y(value)), QPointF(plot.right(), y(value)));
    if (!some) continue;
    painter.setPen(tokens_->muted_text);
    painter.drawText(QRectF(0, y(value) - line, plot.left() - 6, 2 * line), Qt::AlignRight | Qt::AlignVCenter, words_(std::fabs(value) < step_ * 1e-9 ? 0 : value));
  }
  painter.setPen(tokens_->border);
  painter.drawLine(plot.bottomLeft(), plot.bottomRight());
  painter.setPen(tokens_->muted_text);
  const std::uint64_t every = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(tickStep(last, std::clamp(static_cast<int>(plot.width()) / 60, 2, 10)))));
  for (std::uint64_t run = 1; run <= runs_; run += run == 1 && every > 1 ? every - 1 : every)
    painter.drawText(QRectF(x(static_cast<double>(run)) - 40, plot.bottom() + 2, 80, line), Qt::AlignCenter, numberText(static_cast<double>(run)));
  painter.drawText(QRectF(plot.left(), plot.bottom() + 2 + line, plot.width(), line), Qt::AlignCenter, tr("runs"));
  if (!some) return;
  painter.setClipRect(plot.adjusted(-6, -1, 6, 1));
  QPolygonF above, below, means;
  for (std::size_t n = 0; n < course_.estimates.size(); ++n) {
    const Estimate& one = course_.estimates[n];
    const double at = x(static_cast<double>(n + 1));
    if (one.interval) {
      above << QPointF(at, y(one.interval->high));
      below << QPointF(at, y(one.interval->low));
    }
    if (one.mean) means << QPointF(at, y(*one.mean));
  }
  QColor colour = tokens_->of(SeriesRole::first);
  QPolygonF outline = above;
  for (auto point = below.crbegin(); point != below.crend(); ++point) outline << *point;
  colour.setAlphaF(0.22F);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawPolygon(outline);
  colour.setAlphaF(0.7F);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(colour, 1));
  painter.drawPolyline(above);
  painter.drawPolyline(below);
  const Estimate& newest = course_.estimates.back();
  if (asked_ > 0 && newest.mean) {
    painter.setPen(QPen(tokens_->muted_text, 1, Qt::DashLine));
    for (const double sign : {-1.0, 1.0}) {
      const double at = y(*newest.mean * (1 + sign * asked_ / (1 + asked_)));
      painter.drawLine(QPointF(plot.left(), at), QPointF(plot.right(), at));
    }
  }
  painter.setPen(QPen(tokens_->of(SeriesRole::first), 2));
  painter.drawPolyline(means);
  if (means.size() == 1) painter.drawPoint(means.front());
  painter.setPen(QPen(tokens_->of(SeriesRole::sixth), 1.2));
  painter.setBrush(tokens_->panel);
  for (std::size_t n = 0; n < course_.values.size(); ++n)
    if (course_.values[n]) painter.drawEllipse(QPointF(x(static_cast<double>(n + 1)), y(*course_.values[n])), 2.5, 2.5);
}

}  // namespace meshmall::gui
