// The one time axis that all charts share: what is shown, and where the cursor is. Simulated seconds since the start, warm-up included.
#pragma once

#include <QObject>
#include <optional>

namespace meshmall::gui {

class TimeAxis : public QObject {
  Q_OBJECT

 public:
  explicit TimeAxis(QObject* parent = nullptr) : QObject(parent) {}

  double from() const { return zoomed_ ? zoom_from_ : 0; }
  double to() const { return zoomed_ ? zoom_to_ : full_to_; }
  bool zoomed() const { return zoomed_; }
  std::optional<double> cursor() const { return cursor_; }

  // The run has come to `now` of at most `end`: the unzoomed axis grows ahead of it in round steps, and never beyond the end.
  void advance(double now, double end);
  // A new run.
  void restart();
  // Shows [from, to], in either order, cut to the full range; less than a thousandth of it is not a zoom.
  void zoomTo(double from, double to);
  void resetZoom();
  void setCursor(std::optional<double> time);

 signals:
  void rangeChanged();
  void cursorChanged();

 private:
  double full_to_ = 1, zoom_from_ = 0, zoom_to_ = 1;
  bool zoomed_ = false;
  std::optional<double> cursor_;
};

}  // namespace meshmall::gui
