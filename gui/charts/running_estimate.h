// A figure's mean as runs come in, with its 95 % interval as a band that shrinks, and each run's own value as a dot. Against the number of runs, from 1 to those wanted.
// The axis fits all values and the intervals of three runs and more; the interval of two runs, which is some ten times as wide, may leave it.
// Limiting cases: nothing but the axes before the first value; no band before two runs have one.
#pragma once

#include <QWidget>
#include <functional>

#include "gui/session/replications.h"
#include "gui/theme/tokens.h"

namespace meshmall::gui {

class RunningEstimate final : public QWidget {
  Q_OBJECT

 public:
  explicit RunningEstimate(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  // `runs`: the right end. `words`: a value with its unit. `asked`: relative half-width to reach, shown around the mean; 0: none.
  void setCourse(const MetricCourse& course, std::uint64_t runs, std::function<QString(double)> words, double asked);
  // What the vertical axis shows; of an empty course 0 to 1.
  std::pair<double, double> range() const { return {low_, high_}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  QSize sizeHint() const override { return {640, 260}; }
  QSize minimumSizeHint() const override { return {260, 130}; }

 private:
  void fit();
  QRectF plotArea() const;

  const Tokens* tokens_;
  MetricCourse course_;
  std::uint64_t runs_ = 10;
  std::function<QString(double)> words_;
  double asked_ = 0, low_ = 0, high_ = 1, step_ = 0.5;
};

}  // namespace meshmall::gui
