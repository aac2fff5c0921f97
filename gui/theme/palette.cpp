#include "gui/theme/palette.h"

#include <QApplication>
#include <QPainter>
#include <QProxyStyle>
#include <QString>
#include <QStyleFactory>
#include <QStyleOption>
#include <QToolTip>

namespace meshmall::gui {
namespace {

// Fusion draws the box of a check box by darkening the window: on a dark one there is none to be seen.
class SeenBoxes final : public QProxyStyle {
 public:
  SeenBoxes() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}
  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const override {
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    if (element != PE_IndicatorCheckBox) return;
    painter->save();
    painter->setPen(option->palette.color(QPalette::Disabled, QPalette::WindowText));  // 3:1 in every theme
    painter->setBrush(Qt::NoBrush);
    painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
    painter->restore();
  }
};

QString styleSheetOf(const Tokens& t) {
  QString sheet = QStringLiteral("QToolTip { color: %1; background-color: %2; border: 1px solid %3; padding: 4px; }")
                      .arg(t.text.name(), t.raised.name(), t.border.name());
  if (t.kind == ThemeKind::high_contrast) {
    sheet += QStringLiteral("QAbstractButton:focus, QLineEdit:focus, QComboBox:focus, QAbstractItemView:focus { border: 2px solid %1; }").arg(t.accent.name());
  }
  return sheet;
}

}  // namespace

QPalette paletteOf(const Tokens& t) {
  QPalette palette;
  const auto set = [&palette](QPalette::ColorRole role, const QColor& colour) { palette.setColor(role, colour); };
  set(QPalette::Window, t.window);
  set(QPalette::WindowText, t.text);
  set(QPalette::Base, t.panel);
  set(QPalette::AlternateBase, t.raised);
  set(QPalette::Text, t.text);
  set(QPalette::Button, t.raised);
  set(QPalette::ButtonText, t.text);
  set(QPalette::BrightText, t.bad_text);
  set(QPalette::ToolTipBase, t.raised);
  set(QPalette::ToolTipText, t.text);
  set(QPalette::PlaceholderText, t.muted_text);
  set(QPalette::Highlight, t.accent);
  set(QPalette::HighlightedText, t.accent_text);
  set(QPalette::Link, t.accent);
  set(QPalette::LinkVisited, t.person_retry);
  set(QPalette::Light, t.dark() ? t.border : t.panel);
  set(QPalette::Midlight, t.dark() ? t.raised : t.grid);
  set(QPalette::Mid, t.border);
  set(QPalette::Dark, t.dark() ? t.window : t.unknown);
  set(QPalette::Shadow, t.dark() ? QColor(Qt::black) : t.unknown);
  // What can't be used now is still there to be read: 3:1 rather than the usual pale grey.
  for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) palette.setColor(QPalette::Disabled, role, t.unknown);
  palette.setColor(QPalette::Disabled, QPalette::Highlight, t.border);
  palette.setColor(QPalette::Disabled, QPalette::HighlightedText, t.text);
  return palette;
}

void applyTheme(QApplication& application, ThemeKind kind) {
  const Tokens& tokens = tokensOf(kind);
  QApplication::setStyle(new SeenBoxes);
  const QPalette palette = paletteOf(tokens);
  QApplication::setPalette(palette);
  QToolTip::setPalette(palette);
  application.setStyleSheet(styleSheetOf(tokens));
}

}  // namespace meshmall::gui
