// All numbers of a run on one board: tiles on top, charts below on one time axis. Draws what it is given, at most as often as it is given something.
// One chart can have the whole board to itself (V, its button, or toggleAlone) and gives it back the same way.
#pragma once

#include <QString>
#include <QWidget>
#include <memory>
#include <vector>

#include "gui/charts/chart_panel.h"
#include "gui/charts/kpi_tile.h"
#include "gui/charts/time_axis.h"
#include "gui/theme/vocabulary.h"
#include "models/observation/snapshot.h"

class QGridLayout;
class QScrollArea;

namespace meshmall::gui {

class DistributionPanel;

class ChartBoard final : public QWidget {
  Q_OBJECT

 public:
  using SnapshotPointer = std::shared_ptr<const models::Snapshot>;

  explicit ChartBoard(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  // Null clears the board. Charts are drawn anew only when an interval has ended; tiles each time.
  void setSnapshot(SnapshotPointer snapshot);
  // The other future, or the other policy: thin curves behind, differences on the tiles. Null: none.
  void setGhost(SnapshotPointer ghost, const QString& name, SnapshotPointer beside = nullptr);
  // Of several runs of the scenario that is shown: a band behind the curves of the whole mall's throughput and latency. Null: none. Ignored while their intervals of
  // time are not those of the run that is shown.
  void setBands(std::shared_ptr<const RunBands> bands);
  // A service for the charts that can show one alone; models::kNoIndex: the whole mall.
  void setScope(std::uint32_t service);
  TimeAxis& timeAxis() { return *time_; }

  // Panels in the order of the board: kChartKinds, then the distribution.
  std::size_t panels() const { return panels_.size() + 1; }
  QWidget* panel(std::size_t index) const;
  void toggleAlone(std::size_t index);
  void toggleAlone();  // the chart under the focus or the mouse
  // The panel that stands alone, or nothing.
  QWidget* alone() const { return alone_; }

  // Saves what a panel shows; `index` >= panels(): the whole board (CSV: all of the run's series). An empty text, or why not.
  QString save(std::size_t index, const QString& path);
  // As a person does it: asks for the name first.
  void askAndSave(std::size_t index);

 signals:
  void saved(const QString& path);
  void problem(const QString& text);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void arrange();
  void showTiles();
  void showCharts();
  void showDistribution();
  std::size_t panelUnderFocus() const;
  std::string wholeCsv() const;

  TimeAxis* time_;
  const Tokens* tokens_;
  Vocabulary vocabulary_ = Vocabulary::mall;
  SnapshotPointer snapshot_, ghost_;
  QString ghost_name_;
  std::shared_ptr<const RunBands> bands_;
  SnapshotPointer beside_;  // the run as it was at the ghost's instant
  std::uint32_t scope_ = models::kNoIndex;
  std::vector<KpiTile*> tiles_;
  std::vector<ChartPanel*> panels_;
  DistributionPanel* distribution_;
  QScrollArea* scroll_;
  QWidget* field_;
  QGridLayout* grid_;
  QWidget* alone_ = nullptr;
  int columns_ = 0;
  const models::FloorSeries* drawn_ = nullptr;  // series the charts show now
  const void* drawn_latency_ = nullptr;         // and the distribution that is shown
};

}  // namespace meshmall::gui
