#include "gui/floor/floor_view.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "gui/floor/box_item.h"
#include "gui/floor/corridor_item.h"
#include "gui/floor/customers_item.h"
#include "gui/floor/shop_item.h"

namespace meshmall::gui {
namespace {
constexpr double kSmallest = 0.05, kLargest = 4, kPickReach = 9;  // reach in pixels
}

FloorView::FloorView(FloorScene* scene, QWidget* parent) : QGraphicsView(scene, parent), floor_{scene} {
  setAccessibleName(tr("Floor of the mall"));
  setAccessibleDescription(tr("The same is in the table beside it, with the same selection."));
  setFrameShape(QFrame::NoFrame);
  setRenderHint(QPainter::Antialiasing);
  setRenderHint(QPainter::SmoothPixmapTransform);
  // Customers move everywhere: one repaint of all is cheaper than finding out what has changed.
  setViewportUpdateMode(FullViewportUpdate);
  setOptimizationFlags(DontSavePainterState | DontAdjustForAntialiasing);
  setDragMode(ScrollHandDrag);
  setTransformationAnchor(NoAnchor);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(240, 180);
  connect(floor_, &FloorScene::selectionChanged, this, [this] { emit serviceSelected(floor_->selectedService()); });
  connect(floor_, &FloorScene::rebuilt, this, [this] {
    if (fitted_) fit();
  });
}

void FloorView::fit() {
  const QRectF content = floor_->content();
  const double scale = std::clamp(std::min(viewport()->width() / content.width(), viewport()->height() / content.height()), kSmallest, 1.6);
  setTransform(QTransform::fromScale(scale, scale));
  centerOn(content.center());
  fitted_ = true;
}

void FloorView::zoom(double factor, const QPoint& around) {
  const double now = transform().m11(), wanted = std::clamp(now * factor, kSmallest, kLargest);
  if (wanted == now) return;
  const QPointF before = mapToScene(around);
  scale(wanted / now, wanted / now);
  const QPointF after = mapToScene(around);
  translate(after.x() - before.x(), after.y() - before.y());
  fitted_ = false;
}

void FloorView::pan(int x, int y) {
  horizontalScrollBar()->setValue(horizontalScrollBar()->value() + x);
  verticalScrollBar()->setValue(verticalScrollBar()->value() + y);
  fitted_ = false;
}

void FloorView::enter(std::uint32_t service) {
  BoxItem* box = floor_->boxOf(service);
  const std::uint32_t now = box == nullptr ? models::kNoIndex : service;
  if (now == entered_) return;
  entered_ = now;
  floor_->fadeAllBut(now);
  if (box == nullptr) {
    fit();
  } else {
    floor_->selectService(service);
    QRectF area;
    for (const std::uint32_t one : floor_->map().shops_of[service]) area |= floor_->boxes()[one]->sceneBoundingRect();
    const double scale = std::clamp(std::min(viewport()->width() / (area.width() + 160), viewport()->height() / (area.height() + 60)), 0.3, 2.6);
    setTransform(QTransform::fromScale(scale, scale));
    centerOn(area.center());
    fitted_ = false;
  }
  emit serviceEntered(now);
}

BoxItem* FloorView::boxAt(const QPoint& place) const {
  for (QGraphicsItem* item : items(place)) {
    if (auto* box = dynamic_cast<BoxItem*>(item)) return box;
  }
  return nullptr;
}

QString FloorView::tipAt(const QPoint& place) const {
  if (const BoxItem* box = boxAt(place)) return box->tipAt(box->mapFromScene(mapToScene(place)));
  const CustomersItem* customers = floor_->customers();
  if (const std::uint64_t number = customers == nullptr ? 0 : customers->customerAt(mapToScene(place), kPickReach / transform().m11()); number != 0) {
    return tr("Customer %1: click to follow").arg(number);
  }
  for (const QGraphicsItem* item : items(place)) {
    if (item->type() == CorridorItem::Type) return static_cast<const CorridorItem*>(item)->tip();
  }
  return {};
}

void FloorView::wheelEvent(QWheelEvent* event) {
  if ((event->modifiers() & Qt::ControlModifier) != 0) {
    zoom(std::pow(1.0015, event->angleDelta().y()), event->position().toPoint());
  } else if ((event->modifiers() & Qt::ShiftModifier) != 0) {
    pan(-event->angleDelta().y() / 2, 0);
  } else {
    pan(-event->angleDelta().x() / 2, -event->angleDelta().y() / 2);
  }
  event->accept();
}

void FloorView::mousePressEvent(QMouseEvent* event) {
  setFocus();
  if (event->button() == Qt::LeftButton && boxAt(event->pos()) == nullptr && floor_->customers() != nullptr) {
    const std::uint64_t number = floor_->customers()->customerAt(mapToScene(event->pos()), kPickReach / transform().m11());
    if (number != 0) {
      floor_->setFollowed(number);
      emit customerPicked(number);
      event->accept();
      return;
    }
    fitted_ = false;
  }
  QGraphicsView::mousePressEvent(event);
}

void FloorView::mouseDoubleClickEvent(QMouseEvent* event) {
  const BoxItem* box = boxAt(event->pos());
  if (box != nullptr && !box->entrance()) return enter(box->subject());
  enter(models::kNoIndex);
}

void FloorView::keyPressEvent(QKeyEvent* event) {
  constexpr int kStep = 60;
  const bool plain = (event->modifiers() & ~Qt::KeypadModifier & ~Qt::ShiftModifier) == 0;
  if (!plain) return QGraphicsView::keyPressEvent(event);
  switch (event->key()) {
    case Qt::Key_F: return fit();
    case Qt::Key_W:
    case Qt::Key_Up: return pan(0, -kStep);
    case Qt::Key_S:
    case Qt::Key_Down: return pan(0, kStep);
    case Qt::Key_A:
    case Qt::Key_Left: return pan(-kStep, 0);
    case Qt::Key_D:
    case Qt::Key_Right: return pan(kStep, 0);
    case Qt::Key_Return:
    case Qt::Key_Enter: return enter(floor_->selectedService());
    case Qt::Key_Escape:
      // One step up each time: out of the shop, then off the customer, then off the selection.
      if (entered_ != models::kNoIndex) return enter(models::kNoIndex);
      if (floor_->followed() != 0) {
        floor_->setFollowed(0);
        emit customerPicked(0);
        return;
      }
      if (!floor_->selectedItems().isEmpty()) return floor_->clearSelection();
      break;
    default: break;
  }
  // Unhandled keys go to the window (+ and - are its speed, not the zoom).
  event->ignore();
}

void FloorView::resizeEvent(QResizeEvent* event) {
  QGraphicsView::resizeEvent(event);
  if (fitted_) fit();
}

bool FloorView::viewportEvent(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QGraphicsView::viewportEvent(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QString tip = tipAt(help->pos());
  if (tip.isEmpty())
    QToolTip::hideText();
  else
    QToolTip::showText(help->globalPos(), tip, viewport());
  return true;
}

}  // namespace meshmall::gui
