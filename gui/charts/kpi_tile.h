// One number worth watching: its name, value and unit, how it went (a sparkline), what its SLO says (glyph and word), and the difference to a baseline.
#pragma once

#include <QString>
#include <QWidget>
#include <vector>

#include "gui/theme/tokens.h"

namespace meshmall::gui {

struct KpiValue {
  enum class State { none, holds, warned, breached };
  QString title, value;
  QString note;        // small, below: "now 118 /s", "212 of 1,000 answers"
  QString difference;  // to the baseline: "+12 %"; empty: none
  State state = State::none;
  QString rule;        // the SLO: "latency.p99 < 100ms"
  std::vector<double> spark;
  bool greyed = false;  // warm-up: nothing is measured yet
  QString definition;
};

class KpiTile final : public QWidget {
  Q_OBJECT

 public:
  explicit KpiTile(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setValue(KpiValue value);
  const KpiValue& value() const { return value_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void paintSpark(QPainter& painter, const QRectF& area) const;
  void paintState(QPainter& painter, const QRectF& area) const;
  QString told() const;

  const Tokens* tokens_;
  KpiValue value_;
};

}  // namespace meshmall::gui
