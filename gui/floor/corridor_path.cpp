#include "gui/floor/corridor_path.h"

#include <algorithm>
#include <cmath>

namespace meshmall::gui {

// Points evenly spaced by length, out of the lengths of many short chords: QPainterPath::percentAtLength cuts the curve anew for each, which takes seconds for the
// corridors of two hundred shops.
void CorridorPath::between(const QPointF& from, const QPointF& to) {
  const double reach = std::max(50.0, std::fabs(to.x() - from.x()) * 0.5);
  const QPointF out = from + QPointF(reach, 0), in = to - QPointF(reach, 0);
  path_ = QPainterPath(from);
  path_.cubicTo(out, in, to);
  constexpr std::size_t kChords = 8 * (kPoints - 1);
  std::array<QPointF, kChords + 1> curve;
  std::array<double, kChords + 1> walked{};
  for (std::size_t i = 0; i <= kChords; ++i) {
    const double t = static_cast<double>(i) / kChords, u = 1 - t;
    curve[i] = from * (u * u * u) + out * (3 * u * u * t) + in * (3 * u * t * t) + to * (t * t * t);
    if (i > 0) walked[i] = walked[i - 1] + std::hypot(curve[i].x() - curve[i - 1].x(), curve[i].y() - curve[i - 1].y());
  }
  std::size_t chord = 1;
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double wanted = walked[kChords] * static_cast<double>(i) / (kPoints - 1);
    while (chord < kChords && walked[chord] < wanted) ++chord;
    const double length = walked[chord] - walked[chord - 1];
    const double part = length > 0 ? std::clamp((wanted - walked[chord - 1]) / length, 0.0, 1.0) : 0;
    points_[i] = curve[chord - 1] * (1 - part) + curve[chord] * part;
  }
  for (std::size_t i = 0; i < kPoints; ++i) {
    const QPointF along = points_[std::min(i + 1, kPoints - 1)] - points_[i > 0 ? i - 1 : 0];
    const double length = std::hypot(along.x(), along.y());
    normals_[i] = length > 0 ? QPointF(-along.y() / length, along.x() / length) : QPointF(0, 1);
  }
}

QPointF CorridorPath::at(double progress, double aside) const {
  const double place = std::clamp(progress, 0.0, 1.0) * (kPoints - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(place), kPoints - 2);
  const double part = place - static_cast<double>(i);
  return points_[i] * (1 - part) + points_[i + 1] * part + normals_[i] * aside;
}

double CorridorPath::length() const {
  double sum = 0;
  for (std::size_t i = 1; i < kPoints; ++i) sum += std::hypot(points_[i].x() - points_[i - 1].x(), points_[i].y() - points_[i - 1].y());
  return sum;
}

}  // namespace meshmall::gui
