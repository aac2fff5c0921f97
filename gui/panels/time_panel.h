// Where the time went: for the customers of a period, or a band of their latencies, the time by shop and kind, and the slowest of them; a click opens the trip.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/panels/time_bars.h"
#include "gui/session/time_query.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace meshmall::gui {

class TimePanel final : public QWidget {
  Q_OBJECT

 public:
  explicit TimePanel(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens) { bars_->setTokens(tokens); }
  // Simulated seconds: how far the run is; and the period that the charts show now.
  void setRange(double now, double shown_from, double shown_to);
  void ask(std::shared_ptr<const models::Plan> plan, engine::SimTime from, engine::SimTime to, engine::SimTime until);
  // Shows the answer when it is there; a timer calls it.
  void poll();
  bool waiting() const { return query_ != nullptr; }
  void setAnswer(TimeAnswer answer);
  TimeBars* bars() const { return bars_; }
  QTableWidget* slowest() const { return slowest_; }
  QComboBox* bands() const { return bands_; }
  QPushButton* showButton() const { return show_; }
  QString said() const;

 Q_SIGNALS:
  void periodAsked(double from, double to);  // seconds
  void tripAsked(quint64 number);

 private:
  void showBand();

  QDoubleSpinBox* from_;
  QDoubleSpinBox* to_;
  QComboBox* bands_;
  QPushButton* show_;
  QLabel* said_;
  TimeBars* bars_;
  QTableWidget* slowest_;
  double now_ = 0, shown_from_ = 0, shown_to_ = 0;
  TimeAnswer answer_;
  bool answered_ = false;
  std::unique_ptr<TimeQuery> query_;
};

}  // namespace meshmall::gui
