#include "gui/charts/distribution_view.h"

#include <QAreaSeries>
#include <QChart>
#include <QLegend>
#include <QLineSeries>
#include <QLogValueAxis>
#include <QPainter>
#include <QValueAxis>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "gui/charts/axis_range.h"
#include "gui/charts/enough_samples.h"
#include "gui/charts/number_text.h"

namespace meshmall::gui {
namespace {

using Bucket = models::LatencyBucket;

QList<QPointF> cumulative(const std::vector<Bucket>& buckets) {
  QList<QPointF> points;
  const double all = static_cast<double>(samplesIn(buckets));
  double below = 0;
  for (const Bucket& bucket : buckets) {
    if (bucket.count == 0 || !(bucket.high_ms > 0)) continue;
    if (points.isEmpty() && bucket.low_ms > 0) points.append(QPointF(bucket.low_ms, 0));
    below += static_cast<double>(bucket.count);
    points.append(QPointF(bucket.high_ms, 100 * below / all));
  }
  return points;
}

// Percent of all samples in each tenth of a decade, as the outline of bars.
QList<QPointF> bars(const std::vector<Bucket>& buckets) {
  std::map<int, double> tenths;
  const double all = static_cast<double>(samplesIn(buckets));
  for (const Bucket& bucket : buckets) {
    if (bucket.count == 0 || !(bucket.high_ms > 0)) continue;
    const double middle = bucket.low_ms > 0 ? std::sqrt(bucket.low_ms * bucket.high_ms) : bucket.high_ms;
    tenths[static_cast<int>(std::floor(std::log10(middle) * 10))] += 100 * static_cast<double>(bucket.count) / all;
  }
  QList<QPointF> points;
  if (tenths.empty()) return points;
  for (int tenth = tenths.begin()->first; tenth <= tenths.rbegin()->first; ++tenth) {
    const auto found = tenths.find(tenth);
    const double height = found == tenths.end() ? 0 : found->second;
    points.append(QPointF(std::pow(10.0, tenth / 10.0), height));
    points.append(QPointF(std::pow(10.0, (tenth + 1) / 10.0), height));
  }
  return points;
}

void append(std::string& out, double value) {
  std::array<char, 40> text{};
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

}  // namespace

std::uint64_t samplesIn(const std::vector<Bucket>& buckets) {
  std::uint64_t all = 0;
  for (const Bucket& bucket : buckets) all += bucket.count;
  return all;
}

double quantileOf(const std::vector<Bucket>& buckets, double share) {
  const double wanted = share * static_cast<double>(samplesIn(buckets));
  double below = 0;
  for (const Bucket& bucket : buckets) {
    const double before = below;
    below += static_cast<double>(bucket.count);
    if (bucket.count == 0 || below < wanted) continue;
    // Within a bucket the samples are taken for evenly spread over its logarithm, as the curve shows them.
    const double part = std::clamp((wanted - before) / static_cast<double>(bucket.count), 0.0, 1.0);
    return bucket.low_ms > 0 ? bucket.low_ms * std::pow(bucket.high_ms / bucket.low_ms, part) : bucket.high_ms * part;
  }
  return 0;
}

DistributionView::DistributionView(QWidget* parent)
    : QChartView(new QChart, parent),
      tokens_{&tokensOf(ThemeKind::light)},
      latency_{new QLogValueAxis},
      share_{new QValueAxis},
      line_{new QLineSeries},
      ghost_line_{new QLineSeries},
      outline_{new QLineSeries},
      area_{new QAreaSeries(outline_)} {
  outline_->setParent(area_);
  setFrameShape(QFrame::NoFrame);
  setRenderHint(QPainter::Antialiasing);
  setMinimumSize(200, 110);
  setViewportUpdateMode(QGraphicsView::FullViewportUpdate);
  chart()->legend()->hide();
  chart()->setMargins(QMargins(2, 2, 10, 2));
  chart()->setBackgroundRoundness(0);
  latency_->setBase(10);
  latency_->setMinorTickCount(8);
  latency_->setLabelFormat(QStringLiteral("%g ms"));
  share_->setTickType(QValueAxis::TicksDynamic);
  share_->setLabelFormat(QStringLiteral("%g %%"));
  chart()->addAxis(latency_, Qt::AlignBottom);
  chart()->addAxis(share_, Qt::AlignLeft);
  for (QAbstractSeries* series : {static_cast<QAbstractSeries*>(area_), static_cast<QAbstractSeries*>(ghost_line_), static_cast<QAbstractSeries*>(line_)}) {
    chart()->addSeries(series);
    series->attachAxis(latency_);
    series->attachAxis(share_);
  }
  setTokens(*tokens_);
}

void DistributionView::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  setBackgroundBrush(tokens.panel);
  chart()->setBackgroundBrush(tokens.panel);
  QFont labels = font();
  labels.setPointSizeF(std::max(7.0, font().pointSizeF() - 1));
  for (QAbstractAxis* axis : chart()->axes()) {
    axis->setLabelsBrush(tokens.muted_text);
    axis->setLabelsFont(labels);
    axis->setGridLineColor(tokens.grid);
    axis->setMinorGridLineVisible(false);
    axis->setLinePenColor(tokens.border);
  }
  redraw();
}

void DistributionView::setShape(Shape shape) {
  shape_ = shape;
  share_range_.reset();
  redraw();
}

void DistributionView::setBuckets(Buckets buckets, Buckets ghost) {
  buckets_ = std::move(buckets);
  ghost_ = std::move(ghost);
  redraw();
}

void DistributionView::redraw() {
  const auto shapeOf = [this](const Buckets& buckets) {
    if (buckets == nullptr) return QList<QPointF>();
    return shape_ == Shape::cumulative ? cumulative(*buckets) : bars(*buckets);
  };
  const QList<QPointF> points = shapeOf(buckets_), behind = shapeOf(ghost_);
  const QColor colour = tokens_->of(SeriesRole::first);
  QColor fill = colour;
  fill.setAlpha(70);
  line_->setPen(QPen(colour, 2));
  ghost_line_->setPen(QPen(tokens_->of(SeriesRole::sixth), 1.2, Qt::DashDotDotLine));
  area_->setPen(Qt::NoPen);
  area_->setBrush(fill);
  line_->replace(points);
  ghost_line_->replace(behind);
  outline_->replace(shape_ == Shape::histogram ? points : QList<QPointF>());
  double low = 0, high = 0, top = 0;
  for (const QPointF& point : points + behind) {
    low = low == 0 ? point.x() : std::min(low, point.x());
    high = std::max(high, point.x());
    top = std::max(top, point.y());
  }
  if (low > 0) {
    const AxisRange latency = latency_range_.update(low, high);
    latency_->setRange(latency.low, latency.high);
  } else {
    latency_->setRange(1, 1000);
  }
  const AxisRange share = shape_ == Shape::cumulative ? AxisRange{0, 100} : share_range_.update(0, top);
  setRangeAndTicks(*share_, share.low, share.high, tickStep(share.high, 4));
  viewport()->update();
}

void DistributionView::drawForeground(QPainter* painter, const QRectF&) {
  const QRectF plot = chart()->plotArea();
  painter->save();
  QFont small = font();
  small.setPointSizeF(std::max(7.0, font().pointSizeF() - 1));
  painter->setFont(small);
  const std::uint64_t samples = buckets_ == nullptr ? 0 : samplesIn(*buckets_);
  if (samples == 0) {
    painter->setPen(tokens_->muted_text);
    painter->drawText(plot, Qt::AlignCenter, tr("no answers measured yet"));
  }
  struct Mark {
    double share;
    const char* name;
  };
  int row = 0;
  for (const Mark& mark : {Mark{0.5, "p50"}, Mark{0.9, "p90"}, Mark{0.99, "p99"}, Mark{0.999, "p99.9"}}) {
    if (samples == 0 || !enoughSamples(mark.share, samples)) continue;
    const double latency = quantileOf(*buckets_, mark.share);
    const double x = chart()->mapToPosition(QPointF(latency, 0), line_).x();
    painter->setPen(QPen(tokens_->muted_text, 1, Qt::DashLine));
    painter->drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    const QString text = QString::fromLatin1(mark.name) + QLatin1Char(' ') + millisecondsText(latency);
    const double width = painter->fontMetrics().horizontalAdvance(text) + 6, height = painter->fontMetrics().height();
    // Each on a row of its own, so that close percentiles do not cover each other; on the side where there is room.
    const double left = x + 3 + width <= plot.right() ? x + 3 : x - 3 - width;
    const QRectF box(left, plot.bottom() - 4 - (4 - row) * (height + 2), width, height);
    QColor back = tokens_->panel;
    back.setAlpha(225);
    painter->fillRect(box, back);
    painter->setPen(tokens_->text);
    painter->drawText(box, Qt::AlignCenter, text);
    ++row;
  }
  painter->restore();
}

std::string DistributionView::csv() const {
  std::string out = "low_ms,high_ms,count,share_at_most_high\n";
  if (buckets_ == nullptr) return out;
  const double all = static_cast<double>(samplesIn(*buckets_));
  double below = 0;
  for (const Bucket& bucket : *buckets_) {
    if (bucket.count == 0) continue;
    below += static_cast<double>(bucket.count);
    append(out, bucket.low_ms);
    out += ',';
    append(out, bucket.high_ms);
    out += ',' + std::to_string(bucket.count) + ',';
    append(out, below / all);
    out += '\n';
  }
  return out;
}

}  // namespace meshmall::gui
