// The row of glyphs at a door: one chip for each staff note, icon and number. The same places answer where a tip belongs.
#pragma once

#include <QRectF>
#include <QString>
#include <vector>

#include "gui/floor/staff_notes.h"
#include "gui/theme/tokens.h"

class QPainter;
class QFont;

namespace meshmall::gui {

struct StaffChip {
  QRectF place;
  std::size_t note = 0;
  QString text;
};

// Those that fit, from the left. Words go first where there is no room for all of them, those of the last ones before others.
std::vector<StaffChip> staffChips(const std::vector<StaffNote>& notes, const QRectF& area, const QFont& font);
// `scale`: device pixels for one of the scene, so that icons are sharp.
void paintStaff(QPainter& painter, const std::vector<StaffNote>& notes, const QRectF& area, const Tokens& tokens, double scale);

}  // namespace meshmall::gui
