// One figure of two runs on the same customers: both values, the difference with its interval, and in words whether it is clear. The words carry the verdict; glyph and
// colour repeat it.
#pragma once

#include <QWidget>

#include "gui/theme/tokens.h"
#include "models/observation/paired_periods.h"

namespace meshmall::gui {

class DifferenceTile final : public QWidget {
  Q_OBJECT

 public:
  explicit DifferenceTile(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setDifference(const models::PairedDifference& difference);
  QString verdict() const { return verdict_; }  // "better", "no clear difference", ...
  QString change() const { return change_; }    // "-12 ms (-15 to -9)"
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {150, sizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  enum class Look { plain, good, bad };

  const Tokens* tokens_;
  QString title_, values_, change_, verdict_;
  Look look_ = Look::plain;
};

}  // namespace meshmall::gui
