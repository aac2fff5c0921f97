#include "gui/theme/tokens.h"

#include <algorithm>
#include <cmath>

namespace meshmall::gui {
namespace {

QColor rgb(unsigned value, int alpha = 255) {
  QColor colour = QColor::fromRgb(value);
  colour.setAlpha(alpha);
  return colour;
}

Tokens lightTokens() {
  Tokens t;
  t.kind = ThemeKind::light;
  t.window = rgb(0xF3F4F6);
  t.panel = rgb(0xFFFFFF);
  t.raised = rgb(0xFAFAFB);
  t.text = rgb(0x1A1D21);
  t.muted_text = rgb(0x565D66);
  t.border = rgb(0xC4C9D0);
  t.grid = rgb(0xE4E7EB);
  t.accent = rgb(0x0060A0);
  t.accent_text = rgb(0xFFFFFF);
  t.good = rgb(0x00875F);
  t.warning = rgb(0xB77900);
  t.bad = rgb(0xC44D00);
  t.unknown = rgb(0x7D858F);
  t.good_text = rgb(0x006B4B);
  t.warning_text = rgb(0x805300);
  t.bad_text = rgb(0xA33F00);
  t.person = rgb(0x0072B2);
  t.person_error = rgb(0xD55E00);
  t.person_retry = rgb(0xA8487C);
  t.person_hedge = rgb(0x00875F);
  t.warmup = rgb(0x7D858F, 38);
  t.shade = rgb(0xF3F4F6, 170);
  t.series = {rgb(0x0072B2), rgb(0x00875F), rgb(0xD55E00), rgb(0xA8487C), rgb(0x9A6A00), rgb(0x33383E)};
  return t;
}

Tokens darkTokens() {
  Tokens t;
  t.kind = ThemeKind::dark;
  t.window = rgb(0x16191D);
  t.panel = rgb(0x1E2227);
  t.raised = rgb(0x272C33);
  t.text = rgb(0xE8EAED);
  t.muted_text = rgb(0xAAB1BA);
  t.border = rgb(0x4A515B);
  t.grid = rgb(0x333942);
  t.accent = rgb(0x56B4E9);
  t.accent_text = rgb(0x101316);
  t.good = rgb(0x1FC294);
  t.warning = rgb(0xF0B429);
  t.bad = rgb(0xFF7A2E);
  t.unknown = rgb(0x949CA6);
  t.good_text = rgb(0x3AD6A9);
  t.warning_text = rgb(0xF0C04A);
  t.bad_text = rgb(0xFF9454);
  t.person = rgb(0x56B4E9);
  t.person_error = rgb(0xFF7A2E);
  t.person_retry = rgb(0xE58FBE);
  t.person_hedge = rgb(0x1FC294);
  t.warmup = rgb(0xAAB1BA, 34);
  t.shade = rgb(0x16191D, 170);
  t.series = {rgb(0x56B4E9), rgb(0x1FC294), rgb(0xFF7A2E), rgb(0xE58FBE), rgb(0xF0E442), rgb(0xD5D9DE)};
  return t;
}

Tokens highContrastTokens() {
  Tokens t;
  t.kind = ThemeKind::high_contrast;
  t.window = rgb(0x000000);
  t.panel = rgb(0x000000);
  t.raised = rgb(0x0A0A0A);
  t.text = rgb(0xFFFFFF);
  t.muted_text = rgb(0xE0E0E0);
  t.border = rgb(0xFFFFFF);
  t.grid = rgb(0x5A5A5A);
  t.accent = rgb(0xFFD60A);
  t.accent_text = rgb(0x000000);
  t.good = rgb(0x2BE3A8);
  t.warning = rgb(0xFFD60A);
  t.bad = rgb(0xFF8A3D);
  t.unknown = rgb(0xBDBDBD);
  t.good_text = rgb(0x5BF0C0);
  t.warning_text = rgb(0xFFE04D);
  t.bad_text = rgb(0xFFA366);
  t.person = rgb(0x6CC6FF);
  t.person_error = rgb(0xFF8A3D);
  t.person_retry = rgb(0xFF9ED2);
  t.person_hedge = rgb(0x2BE3A8);
  t.warmup = rgb(0xFFFFFF, 50);
  t.shade = rgb(0x000000, 180);
  t.series = {rgb(0x6CC6FF), rgb(0x2BE3A8), rgb(0xFF8A3D), rgb(0xFF9ED2), rgb(0xFFF04D), rgb(0xFFFFFF)};
  return t;
}

double linear(double channel) { return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4); }

double luminance(const QColor& c) {
  return 0.2126 * linear(static_cast<double>(c.redF())) + 0.7152 * linear(static_cast<double>(c.greenF())) + 0.0722 * linear(static_cast<double>(c.blueF()));
}

}  // namespace

const Tokens& tokensOf(ThemeKind kind) {
  static const Tokens kLight = lightTokens(), kDark = darkTokens(), kHighContrast = highContrastTokens();
  if (kind == ThemeKind::dark) return kDark;
  return kind == ThemeKind::high_contrast ? kHighContrast : kLight;
}

double contrast(const QColor& a, const QColor& b) {
  const double one = luminance(a), two = luminance(b);
  return (std::max(one, two) + 0.05) / (std::min(one, two) + 0.05);
}

ThemeKind themeNamed(const QString& name) {
  if (name == QLatin1String("dark")) return ThemeKind::dark;
  return name == QLatin1String("high-contrast") ? ThemeKind::high_contrast : ThemeKind::light;
}

QString themeName(ThemeKind kind) {
  if (kind == ThemeKind::dark) return QStringLiteral("dark");
  return kind == ThemeKind::high_contrast ? QStringLiteral("high-contrast") : QStringLiteral("light");
}

}  // namespace meshmall::gui
