// How health looks: the glyph and the line say it, the colour repeats it. Good is a circle and a solid line, a warning a triangle and long dashes, bad a diamond
// and a thick line, quiet a hexagon and a thin line.
#pragma once

#include <QColor>
#include <QPen>

#include "gui/floor/health.h"
#include "gui/theme/tokens.h"

namespace meshmall::gui {

struct HealthStyle {
  const char* icon;
  QColor colour;
  double width;
  Qt::PenStyle dash;
  QPen pen(double scale = 1) const { return QPen(colour, width * scale, dash, Qt::FlatCap, Qt::RoundJoin); }
};

inline HealthStyle healthStyle(Health health, const Tokens& t) {
  switch (health) {
    case Health::good: return {"good", t.good, 1.6, Qt::SolidLine};
    case Health::warning: return {"warning", t.warning, 2.2, Qt::DashLine};
    case Health::bad: return {"error", t.bad, 3.2, Qt::SolidLine};
    case Health::quiet: break;
  }
  return {"unknown", t.unknown, 1, Qt::SolidLine};
}

}  // namespace meshmall::gui
