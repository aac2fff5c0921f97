// What the mesh decided and what happened to it, by time: the marks of the charts in words. A row brings the charts' cursor there.
#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "models/observation/snapshot.h"

class QLineEdit;
class QTableWidget;

namespace meshmall::gui {

class DecisionsPanel final : public QWidget {
  Q_OBJECT

 public:
  explicit DecisionsPanel(QWidget* parent = nullptr);

  void setMarks(std::shared_ptr<const std::vector<models::Mark>> marks);
  QTableWidget* table() const { return table_; }

 Q_SIGNALS:
  void picked(double seconds);

 private:
  void addFrom(std::size_t first);
  void filter();

  std::shared_ptr<const std::vector<models::Mark>> marks_;
  QLineEdit* find_;
  QTableWidget* table_;
};

}  // namespace meshmall::gui
