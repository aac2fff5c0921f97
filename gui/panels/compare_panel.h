// Two results beside each other, with the verdicts of `meshmall compare` where there are replications to judge by.
#pragma once

#include <QWidget>
#include <string>

class QLabel;
class QPushButton;
class QTextBrowser;

namespace meshmall::gui {

class ComparePanel final : public QWidget {
  Q_OBJECT

 public:
  explicit ComparePanel(QWidget* parent = nullptr);

  // Files. False: why not is shown.
  bool compare(const QString& baseline, const QString& candidate);
  QString text() const;

 private:
  void save();

  QLabel* title_;
  QTextBrowser* page_;
  QPushButton* save_;
  std::string html_;
};

}  // namespace meshmall::gui
