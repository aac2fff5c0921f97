#include "gui/panels/policy_choice.h"

#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "gui/panels/policy_catalogue.h"
#include "gui/panels/policy_form.h"
#include "models/scenario/json_document.h"
#include "models/scenario/sample_file.h"

namespace meshmall::gui {

PolicyChoice::PolicyChoice(const QStringList& services, const QString& service, QJsonObject mesh, QWidget* parent) : QDialog(parent), mesh_(std::move(mesh)) {
  setWindowTitle(tr("Compare with a policy"));
  resize(520, 520);
  auto* column = new QVBoxLayout(this);
  auto* rows = new QFormLayout;
  services_ = new QComboBox(this);
  services_->addItems(services);
  if (const int at = services_->findText(service); at >= 0) services_->setCurrentIndex(at);
  services_->setAccessibleName(tr("The shop whose policy is another one"));
  kinds_ = new QComboBox(this);
  kinds_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  kinds_->setAccessibleName(tr("Kind of policy"));
  for (const PolicyKind& kind : policyKinds()) kinds_->addItem(kind.title);
  rows->addRow(tr("Shop"), services_);
  rows->addRow(tr("Policy"), kinds_);
  column->addLayout(rows);
  tip_ = new QLabel(this);
  tip_->setWordWrap(true);
  column->addWidget(tip_);
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  form_ = new PolicyForm(scroll);
  scroll->setWidget(form_);
  column->addWidget(scroll, 1);
  said_ = new QLabel(this);
  said_->setWordWrap(true);
  column->addWidget(said_);
  auto* buttons = new QHBoxLayout;
  const auto button = [&](const QString& text, const QString& tip) {
    auto* made = new QPushButton(text, this);
    made->setToolTip(tip);
    made->setAccessibleName(tip);
    made->setAutoDefault(false);
    buttons->addWidget(made);
    return made;
  };
  QPushButton* file = button(tr("From a file..."), tr("A merge patch of the scenario (RFC 7396), as studies have it"));
  buttons->addStretch(1);
  away_ = button(tr("Without it"), tr("Compare with the mall without this policy"));
  compare_ = button(tr("Compare"), tr("Compare with the mall with this policy"));
  compare_->setDefault(true);
  QPushButton* cancel = button(tr("Cancel"), tr("Compare nothing"));
  column->addLayout(buttons);
  connect(kinds_, &QComboBox::currentIndexChanged, this, [this] { showKind(); });
  connect(services_, &QComboBox::currentIndexChanged, this, [this] { showKind(); });
  connect(compare_, &QPushButton::clicked, this, [this] { choose(false); });
  connect(away_, &QPushButton::clicked, this, [this] { choose(true); });
  connect(file, &QPushButton::clicked, this, [this] { readFile(); });
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  showKind();
}

QString PolicyChoice::said() const { return said_->text(); }

void PolicyChoice::showKind() {
  if (kinds_->currentIndex() < 0) return;
  const PolicyKind& kind = policyKinds()[static_cast<std::size_t>(kinds_->currentIndex())];
  const QJsonValue now = policyNow(kind, services_->currentText(), mesh_);
  tip_->setText(now.isObject() ? tr("%1. It is set: change its parameters, or compare with the mall without it.").arg(kind.tip) : tr("%1. It is not set; what is not ticked has its default.").arg(kind.tip));
  form_->setDefinition(policyDefinition(kind, services_->currentText(), mesh_), now);
  away_->setEnabled(now.isObject());
  said_->clear();
}

void PolicyChoice::choose(bool away) {
  if (kinds_->currentIndex() < 0) return;
  const PolicyKind& kind = policyKinds()[static_cast<std::size_t>(kinds_->currentIndex())];
  const QString event = policyEvent(kind, services_->currentText(), away ? QJsonValue(QJsonValue::Undefined) : QJsonValue(form_->value()), mesh_);
  if (event.isEmpty()) {
    said_->setText(tr("That is what holds already: there is nothing to compare."));
    return;
  }
  patch_ = QString::fromUtf8(QJsonDocument(QJsonDocument::fromJson(event.toUtf8()).object().value(QStringLiteral("patch")).toObject()).toJson(QJsonDocument::Compact));
  name_ = away ? tr("%1 without: %2").arg(services_->currentText(), kind.title) : tr("%1: %2").arg(services_->currentText(), kind.title);
  accept();
}

void PolicyChoice::readFile() {
  const QString path = QFileDialog::getOpenFileName(this, tr("A merge patch"), QString(), tr("JSON (*.json)"));
  if (path.isEmpty()) return;
  const models::FileText file = models::readRegularFile(path.toStdString(), models::kMaxJsonBytes);
  if (!file.error.empty()) {
    said_->setText(path + QStringLiteral(": ") + QString::fromStdString(file.error));
    return;
  }
  QJsonParseError trouble;
  const QJsonDocument document = QJsonDocument::fromJson(QByteArray::fromStdString(file.text), &trouble);
  if (!document.isObject()) {
    said_->setText(tr("%1 is no JSON object: %2").arg(path, trouble.errorString()));
    return;
  }
  patch_ = QString::fromUtf8(document.toJson(QJsonDocument::Compact));
  name_ = QFileInfo(path).fileName();
  accept();
}

}  // namespace meshmall::gui
