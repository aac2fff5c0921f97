// Colours by role, for each of the three themes. Widgets and charts name roles, never colours.
// Promise (tested): every text role has a contrast of at least 4.5 to window, panel and raised; series, states and marks at least 3 to panel.
// Source: series colours are those of Okabe and Ito (2008), lighter or darker where a background asks for it; contrast as in WCAG 2.1, 1.4.3.
#pragma once

#include <QColor>
#include <QString>
#include <array>
#include <cstddef>

namespace meshmall::gui {

enum class ThemeKind { light, dark, high_contrast };

// Series by what they mean, so that the same thing has the same colour on every chart.
enum class SeriesRole { first, second, third, fourth, fifth, sixth, count };

struct Tokens {
  ThemeKind kind = ThemeKind::light;
  QColor window, panel, raised;         // backgrounds: of the window, of a chart or list, of a shop or tile on it
  QColor text, muted_text;              // muted_text still has 4.5
  QColor border, grid;                  // lines that carry no meaning
  QColor accent, accent_text;           // selection, focus; text on it
  QColor good, warning, bad, unknown;   // states: fills, borders and marks
  QColor good_text, warning_text, bad_text;
  QColor person, person_error, person_retry, person_hedge;  // customers
  QColor warmup;                        // shade of the warm-up, with alpha
  QColor shade;                         // veil over what is not selected, with alpha
  std::array<QColor, static_cast<std::size_t>(SeriesRole::count)> series;

  const QColor& of(SeriesRole role) const { return series[static_cast<std::size_t>(role)]; }
  bool dark() const { return kind != ThemeKind::light; }
};

const Tokens& tokensOf(ThemeKind kind);

// 1 (same) to 21 (black on white). Alpha is ignored.
double contrast(const QColor& a, const QColor& b);

// "light", "dark", "high-contrast", as on the command line and in the settings. Anything else: light.
ThemeKind themeNamed(const QString& name);
QString themeName(ThemeKind kind);

}  // namespace meshmall::gui
