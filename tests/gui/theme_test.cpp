#include <gtest/gtest.h>

#include <QCheckBox>
#include <QImage>
#include <QPalette>
#include <utility>
#include <vector>

#include "gui/theme/icons.h"
#include "gui/theme/palette.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"

namespace meshmall::gui {
namespace {

const ThemeKind kThemes[] = {ThemeKind::light, ThemeKind::dark, ThemeKind::high_contrast};

TEST(Theme, ContrastIsThatOfTheStandard) {
  EXPECT_NEAR(contrast(QColor(Qt::black), QColor(Qt::white)), 21.0, 1e-9);
  EXPECT_NEAR(contrast(QColor(0x77, 0x77, 0x77), QColor(Qt::white)), 4.48, 0.005);  // the best known near miss
  EXPECT_EQ(contrast(QColor(Qt::red), QColor(Qt::red)), 1.0);
}

TEST(Theme, EveryTextCanBeReadOnEveryBackground) {
  for (const ThemeKind kind : kThemes) {
    const Tokens& t = tokensOf(kind);
    for (const QColor& background : {t.window, t.panel, t.raised}) {
      for (const QColor& text : {t.text, t.muted_text, t.good_text, t.warning_text, t.bad_text}) {
        EXPECT_GE(contrast(text, background), 4.5) << themeName(kind).toStdString() << ' ' << text.name().toStdString() << " on "
                                                   << background.name().toStdString();
      }
    }
    EXPECT_GE(contrast(t.accent_text, t.accent), 4.5);
  }
}

TEST(Theme, EveryLineAndMarkStandsOutFromItsPanel) {
  for (const ThemeKind kind : kThemes) {
    const Tokens& t = tokensOf(kind);
    std::vector<QColor> marks(t.series.begin(), t.series.end());
    marks.insert(marks.end(), {t.good, t.warning, t.bad, t.unknown, t.accent, t.person, t.person_error, t.person_retry, t.person_hedge});
    for (const QColor& mark : marks) {
      for (const QColor& background : {t.panel, t.raised}) {
        EXPECT_GE(contrast(mark, background), 3.0) << themeName(kind).toStdString() << ' ' << mark.name().toStdString();
      }
    }
  }
}

TEST(Theme, NamesGoThereAndBack) {
  for (const ThemeKind kind : kThemes) {
    EXPECT_EQ(themeNamed(themeName(kind)), kind);
    EXPECT_EQ(tokensOf(kind).kind, kind);
  }
  EXPECT_EQ(themeNamed(QStringLiteral("plaid")), ThemeKind::light);
}

TEST(Theme, ThePaletteHasTheTokensInItsRoles) {
  const Tokens& t = tokensOf(ThemeKind::dark);
  const QPalette palette = paletteOf(t);
  EXPECT_EQ(palette.color(QPalette::Window), t.window);
  EXPECT_EQ(palette.color(QPalette::ButtonText), t.text);
  EXPECT_GE(contrast(palette.color(QPalette::Disabled, QPalette::ButtonText), palette.color(QPalette::Button)), 3.0);
}

bool hasInk(const QImage& image) {
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      if (qAlpha(image.pixel(x, y)) > 128) return true;
    }
  }
  return false;
}

TEST(Theme, TheBoxOfACheckBoxStandsOutInEveryTheme) {
  for (const ThemeKind kind : {ThemeKind::light, ThemeKind::dark, ThemeKind::high_contrast}) {
    applyTheme(*qApp, kind);
    QCheckBox box;
    box.resize(box.sizeHint());
    const QImage picture = box.grab().toImage();
    const QColor window = tokensOf(kind).window;
    double best = 0;
    for (int x = 0; x < picture.width(); ++x) best = std::max(best, contrast(picture.pixelColor(x, picture.height() / 2), window));
    EXPECT_GE(best, 2.9) << themeName(kind).toStdString();
  }
  applyTheme(*qApp, ThemeKind::light);
}

TEST(Icons, EachIsDrawnInTheColourAskedFor) {
  const QStringList names = iconNames();
  EXPECT_GE(names.size(), 40);
  for (const QString& name : names) {
    const QImage image = iconPixmap(name, QColor(Qt::red), 24).toImage().convertToFormat(QImage::Format_ARGB32);
    EXPECT_TRUE(hasInk(image)) << name.toStdString();
    for (int i = 0; i < 24 * 24; ++i) {
      const QRgb pixel = image.pixel(i % 24, i / 24);
      if (qAlpha(pixel) < 255) continue;
      EXPECT_EQ(pixel, qRgb(255, 0, 0)) << name.toStdString();
    }
    EXPECT_FALSE(icon(name, tokensOf(ThemeKind::dark)).isNull());
  }
}

TEST(Icons, NoTwoLookAlike) {
  const QStringList names = iconNames();
  for (int i = 0; i < names.size(); ++i) {
    for (int j = i + 1; j < names.size(); ++j) {
      EXPECT_NE(iconPixmap(names[i], QColor(Qt::black), 24).toImage(), iconPixmap(names[j], QColor(Qt::black), 24).toImage())
          << names[i].toStdString() << " and " << names[j].toStdString();
    }
  }
}

TEST(Icons, AnUnknownNameIsEmpty) {
  EXPECT_TRUE(icon(QStringLiteral("unicorn"), tokensOf(ThemeKind::light)).isNull());
  EXPECT_TRUE(iconSvg(QStringLiteral("unicorn"), QColor(Qt::black)).isEmpty());
}

TEST(Vocabulary, EveryTermHasTwoWords) {
  for (int i = 0; i < static_cast<int>(Term::count); ++i) {
    const Term term = static_cast<Term>(i);
    EXPECT_FALSE(word(term, Vocabulary::mall).isEmpty()) << i;
    EXPECT_FALSE(word(term, Vocabulary::field).isEmpty()) << i;
    EXPECT_NE(word(term, Vocabulary::mall), word(term, Vocabulary::field)) << i;
  }
  EXPECT_EQ(bothWords(Term::service, Vocabulary::mall), QStringLiteral("shop (service)"));
  EXPECT_EQ(heading(Term::service, Vocabulary::field), QStringLiteral("Service"));
}

}  // namespace
}  // namespace meshmall::gui
