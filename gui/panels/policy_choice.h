// Which policy to compare with: a shop, a kind of policy and its parameters, or a merge patch of the scenario from a file.
#pragma once

#include <QDialog>
#include <QJsonObject>
#include <QStringList>

class QComboBox;
class QLabel;
class QPushButton;

namespace meshmall::gui {

class PolicyForm;

class PolicyChoice final : public QDialog {
  Q_OBJECT

 public:
  // `mesh`: the configuration that holds; `service`: the one to begin with, may be empty.
  PolicyChoice(const QStringList& services, const QString& service, QJsonObject mesh, QWidget* parent = nullptr);

  // What was chosen, once accepted: a merge patch of the scenario, and its name.
  QString patch() const { return patch_; }
  QString name() const { return name_; }
  QComboBox* services() const { return services_; }
  QComboBox* kinds() const { return kinds_; }
  PolicyForm* form() const { return form_; }
  QPushButton* compareButton() const { return compare_; }
  QPushButton* awayButton() const { return away_; }
  QString said() const;

 private:
  void showKind();
  void choose(bool away);
  void readFile();

  QJsonObject mesh_;
  QString patch_, name_;
  QComboBox* services_;
  QComboBox* kinds_;
  QLabel* tip_;
  PolicyForm* form_;
  QLabel* said_;
  QPushButton* compare_;
  QPushButton* away_;
};

}  // namespace meshmall::gui
