// The theme of a whole program: Fusion style with a palette of the tokens. Qt 6.4 cannot ask the desktop for light or dark, so the theme is ours.
#pragma once

#include <QPalette>

#include "gui/theme/tokens.h"

class QApplication;

namespace meshmall::gui {

QPalette paletteOf(const Tokens& tokens);

// Sets style, palette and the few rules a palette has no role for (tool tips, focus rings in high contrast). May be called again at any time.
void applyTheme(QApplication& application, ThemeKind kind);

}  // namespace meshmall::gui
