// Manifests, traces or a service graph before they become a scenario: what of them was understood, what was guessed, what is left out, each with its place; the mall
// that would come of it; and what may be said besides (who calls whom, customers, traces). Nothing is written before "Write and open".
#pragma once

#include <QWidget>
#include <future>
#include <memory>

#include "gui/session/imported.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QPushButton;
class QTableWidget;
class QTabWidget;
class QTimer;

namespace meshmall::gui {

class FloorWidget;
class Session;

class ImportPreview final : public QWidget {
  Q_OBJECT

 public:
  explicit ImportPreview(QWidget* parent = nullptr);
  ~ImportPreview() override;

  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  // Files and folders, beside those that are there. The kind is that of the first, unless a person chose one.
  void add(const QStringList& paths);
  bool reading() const { return running_.valid(); }
  bool sound() const { return there_ && shown_.scenario.sound(); }
  // To the target, and closes; asks before it replaces a file. Why it was not written is said in the summary.
  void write();

  QTableWidget* account() const { return account_; }
  QLineEdit* calls() const { return calls_; }
  QLineEdit* target() const { return target_; }
  QPushButton* writeButton() const { return write_; }
  QComboBox* kinds() const { return kinds_; }
  QListWidget* sources() const { return sources_; }
  QPlainTextEdit* source() const { return source_; }
  FloorWidget* floor() const { return floor_; }
  QString summary() const;
  QString asText() const;          // the account, one line each
  QString problemsAsText() const;  // as the shell program prints them
  QString commandLine() const;

 Q_SIGNALS:
  void written(const QString& path);

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* buildSources();
  QWidget* buildAccount();
  QWidget* buildTarget();
  models::ImportRequest request() const;
  void removeSelected();
  void kindChanged();
  void ask();
  void poll();
  void take(Imported imported);
  void addRow(const QString& what, const QString& tip, const QColor& colour, const QString& text, const std::optional<Place>& place);
  void goTo(int row);
  void showFile(const QString& file, std::uint32_t line);
  QString mallInWords() const;

  const Tokens* tokens_;
  QListWidget* sources_;
  QComboBox* kinds_;
  QLineEdit *calls_, *load_, *traces_, *target_;
  QLabel* summary_;
  QTableWidget* account_;
  QTabWidget* tabs_;
  FloorWidget* floor_;
  QPlainTextEdit *source_, *scenario_;
  QLabel* source_name_;
  QPushButton* write_;
  QTimer *timer_, *wait_;  // wait_: for typing to pause
  bool kind_chosen_ = false, target_typed_ = false, again_ = false, there_ = false;
  Imported shown_;
  std::vector<std::optional<Place>> places_;  // of the rows
  std::unique_ptr<Session> session_;
  bool floor_shown_ = false;
  std::future<Imported> running_;
};

}  // namespace meshmall::gui
