// Finds any action by its name, or shows all of them with their keys.
#pragma once

#include <QDialog>

#include "gui/app/actions.h"

class QLineEdit;
class QTableWidget;

namespace meshmall::gui {

class CommandPalette final : public QDialog {
  Q_OBJECT

 public:
  explicit CommandPalette(const Actions& actions, QWidget* parent = nullptr);
  QLineEdit* find() const { return find_; }
  QTableWidget* table() const { return table_; }

 private:
  void filter();
  void trigger();

  std::vector<QAction*> rows_;
  QLineEdit* find_;
  QTableWidget* table_;
};

}  // namespace meshmall::gui
