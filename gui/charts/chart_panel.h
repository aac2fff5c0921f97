// One chart: title with unit, legend with values and switches, plot. Full screen and export are asked for by its buttons and done by the board.
#pragma once

#include <QSet>
#include <QString>
#include <QWidget>
#include <string>
#include <vector>

#include "gui/charts/chart_catalogue.h"
#include "gui/charts/plot_view.h"
#include "gui/charts/time_axis.h"

class QCheckBox;
class QLabel;
class QToolButton;
class QHBoxLayout;

namespace meshmall::gui {

class LegendEntry;

class ChartPanel final : public QWidget {
  Q_OBJECT

 public:
  ChartPanel(ChartKind kind, TimeAxis* time, QWidget* parent = nullptr);

  ChartKind kind() const { return kind_; }
  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  // Shows this; `ghosts` (may be empty) with `ghost_name` behind. The scope stands in the title: a service's name, or empty.
  void setCurves(std::vector<Curve> curves, std::vector<Curve> ghosts, const QString& ghost_name, double interval, const QString& scope);
  // Behind them, of so many runs; none: no bands. They can be switched off here (bandSwitch()), all of them or with their curve.
  void setBands(std::vector<CurveBand> bands, std::uint64_t runs);
  bool banded() const { return !bands_.empty(); }
  QCheckBox* bandSwitch() const { return band_switch_; }
  PlotView* plot() const { return plot_; }

  // What is shown: the visible curves, ghosts and bands in the time range of the axis, one row an interval: "time_s,offered,served,offered_ci95_low". C locale, "\n", NaN as empty.
  std::string csv() const;

 signals:
  void fullScreenAsked();
  void exportAsked();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void showLegend();
  void showCurves();
  void showTitle();
  void showBandSwitch();
  std::vector<CurveBand> visibleBands() const;
  QString valueOf(const Curve& curve) const;
  std::vector<Curve> visible(const std::vector<Curve>& curves) const;

  ChartKind kind_;
  ChartStyle style_;
  TimeAxis* time_;
  const Tokens* tokens_;
  Vocabulary vocabulary_ = Vocabulary::mall;
  std::vector<Curve> curves_, ghosts_;
  std::vector<CurveBand> bands_;
  std::uint64_t band_runs_ = 0;
  QCheckBox* band_switch_;
  QString ghost_name_, scope_;
  double interval_ = 1;
  QSet<QString> hidden_;  // keys
  QLabel* title_;
  QToolButton* full_screen_;
  QToolButton* export_;
  QHBoxLayout* legend_;
  std::vector<LegendEntry*> entries_;
  PlotView* plot_;
};

}  // namespace meshmall::gui
