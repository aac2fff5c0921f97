// What a person does to the mall: breaks a shop, sends more customers, and sees what is broken now and what was changed when. Every button asks for an event of the
// scenario format; the session records it with its simulated time.
#pragma once

#include <QJsonObject>
#include <QWidget>
#include <vector>

#include "gui/session/session.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QSlider;
class QSpinBox;
class QVBoxLayout;

namespace meshmall::gui {

class ChangesPanel final : public QWidget {
  Q_OBJECT

 public:
  explicit ChangesPanel(QWidget* parent = nullptr);

  void setFrame(const Frame& frame);
  void select(std::uint32_t service);
  QPushButton* button(const QString& kind) const;  // "slow", "fail", "crash", "network", "partition", "traffic"
  QLineEdit* duration() const { return lasts_; }
  QListWidget* faults() const { return faults_; }
  QListWidget* edits() const { return edits_; }

 Q_SIGNALS:
  void changeAsked(const QString& event, const QString& label);
  void endAsked(std::uint32_t event);

 private:
  void fillNames(const models::FloorPlan& floor);
  void ask(const QString& kind);
  QJsonObject action(const QString& kind, QString& label) const;
  void showFaults(const models::Snapshot& snapshot);
  void showEdits(const Frame& frame);

  const models::FloorPlan* floor_ = nullptr;
  QComboBox* shop_;
  QLineEdit* lasts_;
  QDoubleSpinBox* factor_;
  QSpinBox* percent_;
  QSpinBox* count_;
  QSpinBox* delay_;
  QComboBox* floor_a_;
  QComboBox* floor_b_;
  QComboBox* traffic_;
  QDoubleSpinBox* surge_;
  QSlider* surge_slider_;
  QLabel* said_;
  QListWidget* faults_;
  QListWidget* edits_;
  std::vector<QPushButton*> buttons_;
};

// An edit in a line: when, what, how long or when it was ended, and whether it still waits for the next event.
QString toldEdit(const Edit& edit, engine::SimTime now);

}  // namespace meshmall::gui
