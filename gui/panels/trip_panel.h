// One customer's trip: the waterfall, and for the selected try why this counter: who was looked at, the numbers drawn, what the proxy believed beside what was true.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/panels/waterfall.h"
#include "gui/session/trip_query.h"

class QLabel;
class QSpinBox;
class QTextEdit;

namespace meshmall::gui {

class TripPanel final : public QWidget {
  Q_OBJECT

 public:
  explicit TripPanel(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setNumber(std::uint64_t number);
  // Asks for the trip as far as `until`; the answer is shown by poll(), which a timer calls.
  void ask(std::shared_ptr<const models::Plan> plan, std::uint64_t number, engine::SimTime until);
  void poll();
  bool waiting() const { return query_ != nullptr; }
  void setTrip(models::Trip trip);
  Waterfall* waterfall() const { return waterfall_; }
  QString why() const;  // the text below the waterfall

 Q_SIGNALS:
  void tripAsked(quint64 number);

 private:
  QString whyOf(const models::TripTry& one) const;

  QSpinBox* number_;
  QLabel* said_;
  Waterfall* waterfall_;
  QTextEdit* why_;
  models::Trip trip_;
  std::unique_ptr<TripQuery> query_;
};

}  // namespace meshmall::gui
