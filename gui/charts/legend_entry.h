// One curve in a legend: a piece of its line, its name, and its value at the cursor (or the latest). A click or the space bar hides and shows the curve.
#pragma once

#include <QAbstractButton>

#include "gui/charts/curve.h"

namespace meshmall::gui {

class LegendEntry final : public QAbstractButton {
  Q_OBJECT

 public:
  explicit LegendEntry(QWidget* parent = nullptr);

  void show(const CurveStyle& style, const Tokens& tokens, const QString& value);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  CurveStyle style_;
  const Tokens* tokens_;
  QString value_;
};

}  // namespace meshmall::gui
