// A form for one block of the scenario's schema: a row for each parameter, its range from the schema, its meaning in the tip. A row that is not ticked keeps the
// default. Parameters that are blocks themselves are not offered here; what they say now stays.
#pragma once

#include <QJsonObject>
#include <QWidget>
#include <functional>
#include <vector>

class QCheckBox;
class QFormLayout;

namespace meshmall::gui {

class PolicyForm final : public QWidget {
  Q_OBJECT

 public:
  explicit PolicyForm(QWidget* parent = nullptr);

  // An empty definition: no parameters. `now`: what holds; undefined: nothing.
  void setDefinition(const QString& definition, const QJsonValue& now);
  QJsonObject value() const;
  int rows() const { return static_cast<int>(rows_.size()); }
  // The row's tick and editor; null: no such parameter. For tests and for those who fill forms in by program.
  QCheckBox* tick(const QString& name) const;
  QWidget* editor(const QString& name) const;

 private:
  struct Row {
    QString name;
    QCheckBox* tick = nullptr;
    QWidget* editor = nullptr;
    std::function<QJsonValue()> value;
  };
  void addRow(const QString& name, const QJsonObject& property, const QJsonValue& now, bool required);

  QFormLayout* form_;
  std::vector<Row> rows_;
  QJsonObject kept_;  // blocks inside
};

}  // namespace meshmall::gui
