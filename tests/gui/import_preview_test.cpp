// Manifests on their way into a scenario, as a person brings them: by drop, by typing, by a click on a line of the account.
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTextBlock>
#include <QUrl>

#include "gui/floor/floor_scene.h"
#include "gui/floor/floor_widget.h"
#include "gui/panels/import_preview.h"
#include "models/importers/import_files.h"
#include "tests/gui/window_fixture.h"

namespace meshmall::gui {
namespace {

const char* const kManifests =
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, name: http}], selector: {app: web}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}\n---\n"
    "apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {ports: [{port: 80, name: http}], selector: {app: db}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db}\nspec: {replicas: 1, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}}}\n---\n"
    "apiVersion: example.org/v1\nkind: Pizza\nmetadata: {name: margherita}\n";

class Imports : public Window {
 protected:
  QString manifests(const char* text = kManifests) {
    const QString path = folder.filePath(QStringLiteral("shop.yaml"));
    QFile file(path);
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(text);
    return path;
  }
  ImportPreview* preview() {
    const auto all = window.findChildren<ImportPreview*>();
    return all.isEmpty() ? nullptr : all.last();
  }
  bool read() {
    return waitFor([this] { return preview() != nullptr && !preview()->reading(); });
  }
  int rows(const QString& what) {
    int n = 0;
    for (int row = 0; row < preview()->account()->rowCount(); ++row) n += preview()->account()->item(row, 0)->text() == what ? 1 : 0;
    return n;
  }
};

TEST_F(Imports, DroppedManifestsAreShownBeforeTheyBecomeAScenario) {
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(manifests())});
  QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window, &enter);
  QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window, &drop);
  ASSERT_TRUE(read());
  EXPECT_EQ(window.session(), nullptr) << "nothing is opened before it is asked for";
  EXPECT_TRUE(preview()->sound());
  EXPECT_GE(rows(QStringLiteral("Understood")), 1);
  EXPECT_GE(rows(QStringLiteral("Guessed")), 3);
  EXPECT_GE(rows(QStringLiteral("Warning")) + rows(QStringLiteral("Ignored")), 1) << "a kind that nobody knows is told: " << preview()->asText().toStdString();
  EXPECT_TRUE(preview()->summary().startsWith(QStringLiteral("2 services with 3 endpoints"))) << preview()->summary().toStdString();
  EXPECT_FALSE(QFileInfo::exists(preview()->target()->text()));
  ASSERT_TRUE(waitFor([this] { return preview()->floor()->scene()->snapshot() != nullptr; }));
  EXPECT_EQ(preview()->floor()->scene()->snapshot()->floor->services.size(), 2U);
}

TEST_F(Imports, ALineOfTheAccountLeadsToItsLineInTheFile) {
  window.importFiles({manifests()});
  ASSERT_TRUE(read());
  int row = 0;
  while (row < preview()->account()->rowCount() && !preview()->account()->item(row, 1)->text().contains(QLatin1String("Pizza"))) ++row;
  ASSERT_LT(row, preview()->account()->rowCount());
  const QRect cell = preview()->account()->visualItemRect(preview()->account()->item(row, 1));
  preview()->account()->scrollToItem(preview()->account()->item(row, 1));
  QTest::mouseClick(preview()->account()->viewport(), Qt::LeftButton, {}, preview()->account()->visualItemRect(preview()->account()->item(row, 1)).center());
  EXPECT_FALSE(cell.isEmpty());
  const QString there = preview()->source()->textCursor().block().text() + preview()->source()->textCursor().block().next().text();
  EXPECT_TRUE(there.contains(QLatin1String("Pizza")) || there.contains(QLatin1String("example.org"))) << there.toStdString();
}

TEST_F(Imports, CallsThatAreTypedAreReadAndWhatIsWrittenIsOpened) {
  window.importFiles({manifests()});
  ASSERT_TRUE(read());
  EXPECT_TRUE(preview()->asText().contains(QLatin1String("nobody is known to call")));
  preview()->calls()->setFocus();
  QTest::keyClicks(preview()->calls(), QStringLiteral("web -> db"));
  QTest::keyClick(preview()->calls(), Qt::Key_Return);
  ASSERT_TRUE(waitFor([this] { return !preview()->reading() && !preview()->asText().contains(QLatin1String("no calls between")); }));
  EXPECT_TRUE(preview()->commandLine().startsWith(QStringLiteral("meshmall import istio "))) << preview()->commandLine().toStdString();
  EXPECT_TRUE(preview()->commandLine().contains(QStringLiteral("--calls 'web -> db'")));
  const QString target = preview()->target()->text();
  EXPECT_EQ(target, folder.filePath(QStringLiteral("shop.json")));
  QTest::mouseClick(preview()->writeButton(), Qt::LeftButton);
  ASSERT_NE(window.session(), nullptr);
  EXPECT_EQ(window.frame()->snapshot.floor->scenario, "shop");
  QFile file(target);
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  EXPECT_EQ(file.readAll().toStdString(), models::importFiles({models::ImportKind::manifests, {folder.filePath(QStringLiteral("shop.yaml")).toStdString()}, {"web -> db"}, {}, {}, {}, {}, {}, {}}).scenario);
}

TEST_F(Imports, WhatCannotBeReadIsSaidAndNothingCanBeWritten) {
  ASSERT_TRUE(open());
  window.importFiles({manifests("apiVersion: v1\nkind: [\n")});
  ASSERT_TRUE(read());
  EXPECT_FALSE(preview()->sound());
  EXPECT_FALSE(preview()->writeButton()->isEnabled());
  EXPECT_GE(rows(QStringLiteral("Error")), 1);
  EXPECT_NE(window.session(), nullptr) << "the scenario before it goes on";
}

TEST_F(Imports, AFileThatIsReadIsNeverWrittenOver) {
  const QString path = manifests();
  window.importFiles({path});
  ASSERT_TRUE(read());
  preview()->target()->setText(path);
  QTest::mouseClick(preview()->writeButton(), Qt::LeftButton);
  EXPECT_TRUE(preview()->summary().contains(QLatin1String("one of the files that are read")));
  QFile file(path);
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  EXPECT_EQ(file.readAll(), QByteArray(kManifests));
}

TEST_F(Imports, TheWindowMayCloseWhileItReads) {
  window.importFiles({manifests()});
  ASSERT_NE(preview(), nullptr);
  preview()->close();
  EXPECT_TRUE(waitFor([this] { return window.findChildren<ImportPreview*>().isEmpty(); }));
}

}  // namespace
}  // namespace meshmall::gui
