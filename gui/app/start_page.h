// The first page: the shipped scenarios with their question, and the files that were opened lately.
#pragma once

#include <QStringList>
#include <QWidget>

class QListWidget;

namespace meshmall::gui {

class StartPage final : public QWidget {
  Q_OBJECT

 public:
  explicit StartPage(QWidget* parent = nullptr);

  // Looks for scenarios below these folders; names and questions are read from the files.
  void setFolders(const QStringList& folders);
  void setRecent(const QStringList& files);
  QListWidget* gallery() const { return gallery_; }

 Q_SIGNALS:
  void chosen(const QString& file);
  void openAsked();
  void importAsked();

 private:
  void sayWhenEmpty();

  QListWidget* gallery_;
  QListWidget* recent_;
};

// The first sentence of a description, which is the question that the scenario asks.
QString questionOf(const QString& description);

// Where shipped scenarios may lie: beside the working directory, the program, and where packages put them.
QStringList scenarioFolders();

}  // namespace meshmall::gui
