// The distribution of latency on a logarithmic axis: the share that was at least so fast (ECDF), or how many fell into each tenth of a decade (histogram).
// A second distribution (a ghost) lies behind, thin. Percentiles are marked only where there are samples enough (enough_samples.h).
#pragma once

#include <QChartView>
#include <memory>
#include <vector>

#include "gui/charts/steady_range.h"
#include "gui/theme/tokens.h"
#include "models/observation/snapshot.h"

class QAreaSeries;
class QLineSeries;
class QLogValueAxis;
class QValueAxis;

namespace meshmall::gui {

class DistributionView final : public QChartView {
  Q_OBJECT

 public:
  enum class Shape { cumulative, histogram };
  using Buckets = std::shared_ptr<const std::vector<models::LatencyBucket>>;

  explicit DistributionView(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setShape(Shape shape);
  Shape shape() const { return shape_; }
  void setBuckets(Buckets buckets, Buckets ghost);
  // The buckets that hold something: "low_ms,high_ms,count,share_at_most_high". C locale.
  std::string csv() const;

 protected:
  void drawForeground(QPainter* painter, const QRectF& rect) override;

 private:
  void redraw();

  const Tokens* tokens_;
  Shape shape_ = Shape::cumulative;
  Buckets buckets_, ghost_;
  QLogValueAxis* latency_;
  QValueAxis* share_;
  QLineSeries* line_;
  QLineSeries* ghost_line_;
  QLineSeries* outline_;  // upper edge of the histogram, owned by area_
  QAreaSeries* area_;
  SteadyRange latency_range_{SteadyRange::Scale::logarithmic}, share_range_{SteadyRange::Scale::linear};
};

// Number of samples, and the latency below which a share of them lies (upper edge of the bucket); 0 without samples.
std::uint64_t samplesIn(const std::vector<models::LatencyBucket>& buckets);
double quantileOf(const std::vector<models::LatencyBucket>& buckets, double share);

}  // namespace meshmall::gui
