// The way of a corridor: a curve from one box's back door to another's door, walked by length, so that a customer's progress is even.
#pragma once

#include <QPainterPath>
#include <QPointF>
#include <array>

namespace meshmall::gui {

class CorridorPath {
 public:
  void between(const QPointF& from, const QPointF& to);

  const QPainterPath& path() const { return path_; }
  // 0 at the caller, 1 at the callee; `aside`: to the right of the way there, in units of the scene.
  QPointF at(double progress, double aside = 0) const;
  double length() const;  // in units of the scene

 private:
  static constexpr std::size_t kPoints = 33;
  QPainterPath path_;
  std::array<QPointF, kPoints> points_;   // evenly spaced by length
  std::array<QPointF, kPoints> normals_;  // of length 1
};

}  // namespace meshmall::gui
