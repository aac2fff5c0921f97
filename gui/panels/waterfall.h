// A customer's trip as a waterfall: the critical path on top, then a row for each call and each try, in the order they began, indented by who made them.
// Kinds of time differ by colour and by hatching, and each part says itself in its tip.
#pragma once

#include <QRectF>
#include <QWidget>
#include <vector>

#include "gui/theme/tokens.h"
#include "models/observation/trip.h"

class QPainter;

namespace meshmall::gui {

struct WaterfallPart {
  models::TripPartKind kind = models::TripPartKind::other;
  double from = 0, to = 0;  // ms since the arrival
};
struct WaterfallRow {
  QString text;
  int depth = 0;
  double from = 0, to = 0;
  bool failed = false;
  std::vector<WaterfallPart> parts;
  int try_index = -1;       // in Trip::tries
};

std::vector<WaterfallRow> waterfallRows(const models::Trip& trip);
QString partName(models::TripPartKind kind);
// Those that a trip's rows have, in the order of the enumeration, for the legend.
std::vector<models::TripPartKind> kindsIn(const std::vector<WaterfallRow>& rows);
void paintKind(QPainter& painter, const QRectF& area, models::TripPartKind kind, const Tokens& tokens);

class Waterfall final : public QWidget {
  Q_OBJECT

 public:
  explicit Waterfall(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setTrip(const models::Trip& trip);
  const std::vector<WaterfallRow>& rows() const { return rows_; }
  int selected() const { return selected_; }
  void select(int row);
  QSize sizeHint() const override;

 Q_SIGNALS:
  void rowSelected(int row);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  int rowHeight() const { return fontMetrics().height() + 6; }
  double labelWidth() const;
  double xOf(double ms) const;

  std::vector<WaterfallRow> rows_;
  double length_ = 1;
  int selected_ = -1;
  const Tokens* tokens_;
};

}  // namespace meshmall::gui
