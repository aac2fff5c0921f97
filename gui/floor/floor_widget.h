// The floor with all that belongs to it: the picture, its legend, and the table twin (T or showTable) with the same selection.
#pragma once

#include <QElapsedTimer>
#include <QImage>
#include <QWidget>
#include <memory>

#include "gui/floor/floor_scene.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"
#include "models/observation/snapshot.h"

class QSettings;
class QTableView;

namespace meshmall::gui {

class FloorLegend;
class FloorTable;
class FloorView;

class FloorWidget final : public QWidget {
  Q_OBJECT

 public:
  using SnapshotPointer = std::shared_ptr<const models::Snapshot>;

  explicit FloorWidget(QWidget* parent = nullptr);

  void setSnapshot(SnapshotPointer snapshot);
  // How the mall moves, before each snapshot; walkOn() between snapshots that come seldom: walkers go on in front of the screen.
  void setPace(const Pace& pace);
  void walkOn();
  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  void setReduceMotion(bool reduce);
  void showTable(bool show);
  bool tableShown() const;

  void selectService(std::uint32_t service);  // models::kNoIndex: nothing
  std::uint32_t selectedService() const { return scene_->selectedService(); }
  void follow(std::uint64_t customer);  // 0: nobody

  // Shops that were dragged: reads those of this scenario, and keeps what a person drags from now on. The settings must outlive the widget.
  void keepPositionsIn(QSettings* settings);
  void resetPositions();

  FloorView* view() const { return view_; }
  FloorScene* scene() const { return scene_; }
  FloorTable* table() const { return table_; }
  QTableView* tableView() const { return table_view_; }

 signals:
  void serviceSelected(std::uint32_t service);
  void serviceEntered(std::uint32_t service);
  void customerPicked(std::uint64_t customer);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void readKept();
  void keep();
  void showTableRows();

  FloorScene* scene_;
  FloorView* view_;
  FloorLegend* legend_;
  FloorTable* table_;
  QTableView* table_view_;
  QSettings* settings_ = nullptr;
  const models::FloorPlan* floor_ = nullptr;
  bool reduce_motion_ = false;
  QElapsedTimer walked_;
  bool selecting_ = false;
};

}  // namespace meshmall::gui
