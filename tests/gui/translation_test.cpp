// The window in a language that is a third longer than English: every text of the dashboard goes through the translation, and nothing is cut off.
#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QRegularExpression>
#include <QSettings>
#include <QTableWidget>
#include <QTextDocumentFragment>
#include <QTemporaryDir>
#include <QToolButton>
#include <QTranslator>
#include <memory>

#include "gui/app/main_window.h"
#include "gui/panels/policy_form.h"

namespace meshmall::gui {
namespace {

// "Play" becomes "[Play~~]"; marks for values and letters for Alt stay where they are.
class LongerLanguage final : public QTranslator {
 public:
  QString translate(const char*, const char* source, const char*, int) const override {
    const QString text = QString::fromUtf8(source);
    if (text.isEmpty() || text.startsWith(QLatin1Char('<'))) return text;
    return QLatin1Char('[') + text + QString(text.size() / 3, QLatin1Char('~')) + QLatin1Char(']');
  }
  bool isEmpty() const override { return false; }
};

class Translated : public ::testing::Test {
 protected:
  Translated() {
    QCoreApplication::installTranslator(&language);
    settings = std::make_unique<QSettings>(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
    window = std::make_unique<MainWindow>(*settings);
    window->setAskBeforeClosing(false);
    window->resize(1600, 1000);
    window->show();
  }
  ~Translated() override {
    window.reset();
    QCoreApplication::removeTranslator(&language);
  }

  LongerLanguage language;
  QTemporaryDir folder;
  std::unique_ptr<QSettings> settings;
  std::unique_ptr<MainWindow> window;
};

// Words that are the same in every language: names of the scenario's things and of policies' parameters (as the file spells them), numbers with their units, times.
bool isData(const QString& text) {
  static const QRegularExpression number(QStringLiteral("^[^A-Za-z]*$|^[-+0-9.,% ]+(ms|s|x|us|ns|m|k|M|/s)?$|^p\\d+$|^[a-z]+[A-Z][A-Za-z0-9]*$|^[\\w./-]+\\.json.*"), QRegularExpression::DotMatchesEverythingOption);
  return number.match(text).hasMatch();
}

bool isTranslated(const QString& text) { return text.contains(QLatin1Char('[')) || isData(text); }

TEST_F(Translated, EveryTextOfTheWindowIsTranslated) {
  ASSERT_TRUE(window->openFile(QStringLiteral("scenarios/article/3-second-try.json")));
  for (const ActionInfo& info : actionTable()) {
    const QAction* action = window->actions().at(info.act);
    EXPECT_TRUE(isTranslated(action->text())) << action->text().toStdString();
    EXPECT_TRUE(isTranslated(action->statusTip())) << action->statusTip().toStdString();
  }
  for (const QAction* menu : window->menuBar()->actions()) EXPECT_TRUE(isTranslated(menu->text())) << menu->text().toStdString();
  for (const QDockWidget* dock : window->findChildren<QDockWidget*>()) EXPECT_TRUE(isTranslated(dock->windowTitle())) << dock->windowTitle().toStdString();
  for (const QLabel* label : window->findChildren<QLabel*>()) {
    const bool of_form = qobject_cast<const PolicyForm*>(label->parentWidget()) != nullptr;  // the schema's own words
    const bool scrolled = label->parentWidget() != nullptr && label->parentWidget()->parentWidget() != nullptr && qobject_cast<const PolicyForm*>(label->parentWidget()->parentWidget()) != nullptr;
    const models::FloorPlan& plan = *window->frame()->snapshot.floor;  // the scenario's own words
    const bool of_scenario = label->text().toStdString() == plan.scenario || plan.description.find(QTextDocumentFragment::fromHtml(label->text()).toPlainText().toStdString()) != std::string::npos;
    if (of_form || scrolled || of_scenario || label->text().isEmpty()) continue;
    EXPECT_TRUE(isTranslated(label->text())) << label->text().toStdString() << " in " << label->parentWidget()->metaObject()->className();
  }
  for (const auto* button : window->findChildren<QAbstractButton*>()) {
    if (button->text().isEmpty() || button->inherits("QCheckBox")) continue;  // the policies' ticks are named as in the file
    EXPECT_TRUE(isTranslated(button->text())) << button->text().toStdString() << " in " << button->parentWidget()->metaObject()->className();
  }
  for (const auto* table : window->findChildren<QTableWidget*>())
    for (int c = 0; c < table->columnCount(); ++c) {
      if (const QTableWidgetItem* head = table->horizontalHeaderItem(c)) {
        EXPECT_TRUE(isTranslated(head->text())) << head->text().toStdString();
      }
    }
}

TEST_F(Translated, NothingIsCutOffInALongerLanguage) {
  ASSERT_TRUE(window->openFile(QStringLiteral("scenarios/article/3-second-try.json")));
  QApplication::processEvents();
  for (const auto* button : window->findChildren<QAbstractButton*>()) {
    if (!button->isVisible() || button->text().isEmpty() || button->inherits("QToolButton") || button->objectName().startsWith(QLatin1String("qt_"))) continue;
    EXPECT_GE(button->width(), button->minimumSizeHint().width()) << button->text().toStdString();
    EXPECT_GE(button->height() + 1, button->fontMetrics().height()) << button->text().toStdString();
  }
  for (const QLabel* label : window->findChildren<QLabel*>()) {
    if (!label->isVisible() || label->text().isEmpty() || label->wordWrap()) continue;
    EXPECT_GE(label->width() + 1, label->minimumSizeHint().width()) << label->text().toStdString() << " in " << label->parentWidget()->metaObject()->className();
  }
}

}  // namespace
}  // namespace meshmall::gui
