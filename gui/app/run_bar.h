// The bar at the bottom: play, step, speed on a logarithmic slider, and the time line that can be scrubbed back over what was recorded.
// Scrubbing only looks: the run stays where it is, and goes on from there.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/app/actions.h"
#include "gui/session/session.h"

class QLabel;
class QSlider;

namespace meshmall::gui {

inline constexpr double kSlowest = 0.001;  // a way of half a millisecond takes half a second: customers are seen walking as they do

class TimeLine;

class RunBar final : public QWidget {
  Q_OBJECT

 public:
  RunBar(const Actions& actions, QWidget* parent = nullptr);

  void show(const Frame& frame, bool scrubbed, double at);
  double speed() const;            // of the slider; kMaxSpeed at its right end
  void setSpeed(double speed);
  static QString speedText(double speed);

 Q_SIGNALS:
  void speedChosen(double speed);
  void scrubbedTo(double seconds);  // simulated

 private:
  static QString pausedText(const Frame& frame);

  static constexpr int kSteps = 600;  // kSlowest to 1000x; one more is as fast as possible
  QSlider* speed_;
  QLabel* speed_text_;
  TimeLine* time_;
  QLabel* time_text_;
  QLabel* rate_;
  double end_ = 1;
  bool showing_ = false;
};

// "2 m 05 s", "12.35 s".
QString timeText(double seconds);

}  // namespace meshmall::gui
