// The selected shop: how busy it is, its counters one by one, and its policies with their parameters, to be changed while it runs.
#pragma once

#include <QJsonObject>
#include <QWidget>
#include <memory>

#include "gui/theme/vocabulary.h"
#include "models/observation/snapshot.h"

class QComboBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace meshmall::gui {

class PolicyForm;

class ShopPanel final : public QWidget {
  Q_OBJECT

 public:
  explicit ShopPanel(QWidget* parent = nullptr);

  void setVocabulary(Vocabulary vocabulary);
  void setSnapshot(const models::Snapshot& snapshot);
  void select(std::uint32_t service);  // models::kNoIndex: none
  void setMesh(const QJsonObject& mesh);  // the configuration that holds now
  std::uint32_t selected() const { return service_; }
  QComboBox* policies() const { return kinds_; }
  QTableWidget* policyTable() const { return policies_; }
  QTableWidget* counters() const { return counters_; }
  QString facts() const;
  PolicyForm* form() const { return form_; }
  QPushButton* applyButton() const { return apply_; }

 Q_SIGNALS:
  void changeAsked(const QString& event, const QString& label);

 private:
  void showFacts(const models::Snapshot& snapshot);
  void showPolicy();
  void showPolicies();
  void apply(bool away);

  Vocabulary vocabulary_ = Vocabulary::mall;
  std::uint32_t service_ = models::kNoIndex;
  QString name_;
  QJsonObject mesh_;
  QLabel* title_;
  QLabel* facts_;
  QTableWidget *counters_, *policies_;  // policies_: all kinds, those that are set first
  QLabel* policy_label_;
  QComboBox* kinds_;
  QLabel* state_;
  PolicyForm* form_;
  QPushButton* apply_;
  QPushButton* away_;
  QLabel* said_;
};

}  // namespace meshmall::gui
