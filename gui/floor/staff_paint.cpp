#include "gui/floor/staff_paint.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/floor/health_style.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {
constexpr double kIcon = 15, kPad = 3, kBetween = 4;
}

std::vector<StaffChip> staffChips(const std::vector<StaffNote>& notes, const QRectF& area, const QFont& font) {
  const QFontMetricsF metrics(font);
  std::vector<QString> texts, bare;
  std::vector<double> widths;
  const auto widthOf = [&metrics](const QString& text) { return kIcon + (text.isEmpty() ? 0 : metrics.horizontalAdvance(text) + 3) + 2 * kPad; };
  double all = -kBetween;
  for (const StaffNote& note : notes) {
    const QString count = QString::fromStdString(note.count), words = QString::fromStdString(note.words);
    bare.push_back(count);
    texts.push_back(count.isEmpty() || words.isEmpty() ? count + words : count + QLatin1Char(' ') + words);
    widths.push_back(widthOf(texts.back()));
    all += widths.back() + kBetween;
  }
  for (std::size_t i = notes.size(); i-- > 0 && all > area.width();) {
    all -= widths[i] - widthOf(bare[i]);
    texts[i] = bare[i];
    widths[i] = widthOf(bare[i]);
  }
  std::vector<StaffChip> chips;
  double x = area.left();
  for (std::size_t i = 0; i < notes.size() && x + widths[i] <= area.right() + 0.01; ++i) {
    chips.push_back({QRectF(x, area.top(), widths[i], area.height()), i, texts[i]});
    x += widths[i] + kBetween;
  }
  return chips;
}

void paintStaff(QPainter& painter, const std::vector<StaffNote>& notes, const QRectF& area, const Tokens& tokens, double scale) {
  for (const StaffChip& chip : staffChips(notes, area, painter.font())) {
    const StaffNote& note = notes[chip.note];
    const bool neutral = note.level == Health::good;
    const QColor colour = neutral ? tokens.text : healthStyle(note.level, tokens).colour;
    painter.setPen(QPen(neutral ? tokens.border : colour, note.level == Health::bad ? 1.6 : 1));
    painter.setBrush(tokens.panel);
    painter.drawRoundedRect(chip.place, 4, 4);
    const QRectF glyph(chip.place.left() + kPad, chip.place.center().y() - kIcon / 2, kIcon, kIcon);
    const double sharp = std::clamp(std::ceil(scale), 1.0, 4.0);
    painter.drawPixmap(glyph, iconPixmap(QString::fromLatin1(note.icon), colour, static_cast<int>(kIcon), sharp), QRectF());
    painter.setPen(tokens.text);
    painter.drawText(QRectF(glyph.right() + 1, chip.place.top(), chip.place.right() - glyph.right() - 1, chip.place.height()), Qt::AlignCenter,
                     chip.text);
  }
}

}  // namespace meshmall::gui
