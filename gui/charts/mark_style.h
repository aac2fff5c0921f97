// How a mark of a run looks on a chart: the icon says what kind it is, the colour repeats it.
#pragma once

#include <QColor>
#include <QString>

#include "gui/theme/tokens.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

struct MarkStyle {
  const char* icon;
  QColor colour;
  Qt::PenStyle dash;
};

inline MarkStyle markStyle(models::Mark::Kind kind, const Tokens& t) {
  using Kind = models::Mark::Kind;
  switch (kind) {
    case Kind::fault: return {"crash", t.bad, Qt::SolidLine};
    case Kind::fault_over: return {"good", t.good, Qt::DashLine};
    case Kind::policy: return {"edit", t.accent, Qt::SolidLine};
    case Kind::scaling: return {"counter", t.series[1], Qt::DotLine};
    case Kind::ejection: return {"eject", t.warning, Qt::DotLine};
    case Kind::rollout: return {"fork", t.series[3], Qt::DashDotLine};
    case Kind::other: break;
  }
  return {"caption", t.muted_text, Qt::DotLine};
}

}  // namespace meshmall::gui
