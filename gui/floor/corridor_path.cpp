#include "gui/floor/corridor_path.h"

#include <algorithm>
#include <cmath>

namespace meshmall::gui {

void CorridorPath::between(const QPointF& from, const QPointF& to) {
  const double reach = std::max(50.0, std::fabs(to.x() - from.x()) * 0.5);
  path_ = QPainterPath(from);
  path_.cubicTo(from + QPointF(reach, 0), to - QPointF(reach, 0), to);
  for (std::size_t i = 0; i < kPoints; ++i) {
    points_[i] = path_.pointAtPercent(path_.percentAtLength(path_.length() * static_cast<double>(i) / (kPoints - 1)));
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

}  // namespace meshmall::gui
