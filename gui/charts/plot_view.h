// The plot of one chart: curves and their ghosts on shared time, over the shade of the warm-up, with marks of what happened and the cursor of all charts.
// Drag zooms all charts, double click shows all again. Axes are always set explicitly: left to themselves they take the first curve's range.
#pragma once

#include <QChartView>
#include <QPoint>
#include <memory>
#include <optional>
#include <vector>

#include "gui/charts/curve.h"
#include "gui/charts/decimation.h"
#include "gui/charts/time_axis.h"
#include "models/observation/snapshot.h"

class QAbstractAxis;
class QAbstractSeries;
class QLineSeries;
class QLogValueAxis;
class QValueAxis;

namespace meshmall::gui {

class PlotView final : public QChartView {
  Q_OBJECT

 public:
  using Marks = std::shared_ptr<const std::vector<models::Mark>>;

  PlotView(const ChartStyle& style, TimeAxis* time, QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  // Visible ones only. Ghosts lie behind, thin and pale, in the colour of the curve with the same key; bands behind both, of curves on the left axis.
  void setCurves(const std::vector<Curve>& curves, const std::vector<Curve>& ghosts, double interval, std::vector<CurveBand> bands = {});
  void setMarks(Marks marks, double warmup_end);
  // After another choice of curves the axis may fit at once.
  void fitAtOnce();

  // The mark under a place of the view, at most 5 pixels away; nothing: none.
  const models::Mark* markAt(const QPoint& place) const;
  double timeAt(const QPoint& place) const;

 protected:
  void drawBackground(QPainter* painter, const QRectF& rect) override;
  void drawForeground(QPainter* painter, const QRectF& rect) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  bool viewportEvent(QEvent* event) override;

 private:
  struct Extent {
    double low = 0, high = 0;
    bool any = false;
  };
  void showTimeRange();
  void place(const std::vector<Curve>& curves, double interval, bool ghost, std::size_t& used, Extent& left, Extent& right);
  QLineSeries* lineAt(std::size_t index, bool right);
  void makeRoom(Extent& extent) const;
  std::optional<double> heightOf(double value) const;
  void showRange(QAbstractAxis* axis, SteadyRange& range, const Extent& extent);
  double placeOf(double time) const;
  void drawWarmup(QPainter& painter, const QRectF& plot) const;
  void drawGaps(QPainter& painter, const QRectF& plot) const;
  void drawMarks(QPainter& painter, const QRectF& plot) const;

  TimeAxis* time_;
  const Tokens* tokens_;
  bool right_is_share_;
  SteadyRange left_range_, right_range_;
  QValueAxis* time_values_;
  QAbstractAxis* left_axis_;
  QValueAxis* right_axis_ = nullptr;
  std::vector<QLineSeries*> lines_;  // reused from frame to frame
  std::vector<CurveBand> bands_;
  double interval_ = 1;
  std::vector<std::pair<double, double>> gaps_;
  Marks marks_;
  double warmup_end_ = 0;
  std::optional<QPoint> drag_from_;
  QPoint drag_to_;
};

}  // namespace meshmall::gui
