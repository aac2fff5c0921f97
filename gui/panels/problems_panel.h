// What is wrong with a scenario file, and what `check` warns of: a table, and the source beside it. A click, or Return, goes to the line.
#pragma once

#include <QWidget>
#include <vector>

#include "gui/theme/tokens.h"
#include "models/scenario/problems.h"

class QLabel;
class QPlainTextEdit;
class QTableWidget;

namespace meshmall::gui {

class ProblemsPanel final : public QWidget {
  Q_OBJECT

 public:
  explicit ProblemsPanel(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens) { tokens_ = &tokens; }
  // `file`: whose they are; `runs`: an earlier scenario keeps running although this one has errors.
  void setProblems(const QString& file, const QString& text, std::vector<models::Problem> problems, bool runs);
  QString asText() const;  // one line each, as the shell program prints them
  QTableWidget* table() const { return table_; }
  QPlainTextEdit* source() const { return source_; }
  int errors() const;
  int warnings() const;

 private:
  void goTo(int row);

  QLabel* summary_;
  QTableWidget* table_;
  QPlainTextEdit* source_;
  const Tokens* tokens_;
  std::vector<models::Problem> problems_;
};

}  // namespace meshmall::gui
