// The window onto the floor: Ctrl+wheel zooms, drag on nothing and WASD or the arrow keys pan, F fits, a click selects, a double click goes into a shop,
// Esc comes out again, a click on a customer follows them. Tips are made when they are asked for, not each frame.
#pragma once

#include <QGraphicsView>
#include <QPoint>

#include "gui/floor/floor_scene.h"

namespace meshmall::gui {

class FloorView final : public QGraphicsView {
  Q_OBJECT

 public:
  explicit FloorView(FloorScene* scene, QWidget* parent = nullptr);

  void fit();
  // False once a person has zoomed or panned: then a new map or another size does not fit by itself any more.
  bool fitted() const { return fitted_; }
  void zoom(double factor, const QPoint& around);
  // Into a shop and out again; models::kNoIndex is out.
  void enter(std::uint32_t service);
  std::uint32_t entered() const { return entered_; }
  QString tipAt(const QPoint& place) const;

 signals:
  void serviceSelected(std::uint32_t service);  // models::kNoIndex: nothing
  void serviceEntered(std::uint32_t service);   // models::kNoIndex: out again
  void customerPicked(std::uint64_t customer);  // 0: nobody any more

 protected:
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool viewportEvent(QEvent* event) override;

 private:
  void pan(int x, int y);
  BoxItem* boxAt(const QPoint& place) const;

  FloorScene* floor_;
  bool fitted_ = true;
  std::uint32_t entered_ = models::kNoIndex;
};

}  // namespace meshmall::gui
