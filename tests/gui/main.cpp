// The dashboard's tests run without a screen and without a desktop's settings.
#include <gtest/gtest.h>

#include <QApplication>
#include <QByteArray>
#include <QCoreApplication>
#include <QString>

int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  ::testing::InitGoogleTest(&argc, argv);
  QApplication application(argc, argv);
  QCoreApplication::setOrganizationName(QStringLiteral("meshmall-tests"));
  QCoreApplication::setApplicationName(QStringLiteral("meshmall-gui-tests"));
  return RUN_ALL_TESTS();
}
