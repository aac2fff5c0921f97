#include "gui/panels/policy_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <algorithm>
#include <cmath>
#include <limits>

#include "gui/panels/policy_catalogue.h"
#include "models/scenario/quantities.h"

namespace meshmall::gui {

namespace {

QString s(const char* text) { return QString::fromLatin1(text); }

}  // namespace

PolicyForm::PolicyForm(QWidget* parent) : QWidget(parent), form_(new QFormLayout(this)) {
  form_->setContentsMargins(0, 0, 0, 0);
  form_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
}

QCheckBox* PolicyForm::tick(const QString& name) const {
  for (const Row& row : rows_)
    if (row.name == name) return row.tick;
  return nullptr;
}
QWidget* PolicyForm::editor(const QString& name) const {
  for (const Row& row : rows_)
    if (row.name == name) return row.editor;
  return nullptr;
}

void PolicyForm::setDefinition(const QString& definition, const QJsonValue& now) {
  while (form_->rowCount() > 0) form_->removeRow(0);
  rows_.clear();
  kept_ = now.toObject();
  if (definition.isEmpty()) {
    form_->addRow(new QLabel(tr("It has no parameters."), this));
    return;
  }
  const QJsonObject schema = schemaDefinition(definition);
  const QJsonObject properties = schema.value(s("properties")).toObject();
  const QJsonArray required = schema.value(s("required")).toArray();
  for (auto it = properties.begin(); it != properties.end(); ++it)
    addRow(it.key(), it.value().toObject(), now.toObject().value(it.key()), required.contains(QJsonValue(it.key())));
  if (rows_.empty()) form_->addRow(new QLabel(tr("Its parameters are blocks: change them in the file."), this));
}

void PolicyForm::addRow(const QString& name, const QJsonObject& property, const QJsonValue& now, bool required) {
  Row row;
  row.name = name;
  const QString type = property.value(s("type")).toString();
  const QString reference = property.value(s("$ref")).toString();
  const QString tip = property.value(s("description")).toString();
  if (property.contains(s("enum"))) {
    auto* box = new QComboBox(this);
    const QJsonArray choices = property.value(s("enum")).toArray();
    for (const auto& value : choices) box->addItem(value.toString());
    box->setCurrentText(now.toString(box->itemText(0)));
    row.value = [box] { return QJsonValue(box->currentText()); };
    row.editor = box;
  } else if (type == s("integer")) {
    auto* box = new QSpinBox(this);
    const auto bound = [&](const char* key, double otherwise) { return static_cast<int>(std::clamp(property.value(s(key)).toDouble(otherwise), -2147483648.0, 2147483647.0)); };
    box->setRange(bound("minimum", 0), bound("maximum", 2147483647));
    box->setValue(now.toInt(std::clamp(1, box->minimum(), box->maximum())));
    row.value = [box] { return QJsonValue(box->value()); };
    row.editor = box;
  } else if (type == s("number")) {
    auto* box = new QDoubleSpinBox(this);
    box->setDecimals(3);
    box->setRange(property.value(s("minimum")).toDouble(0), property.value(s("maximum")).toDouble(1e9));
    box->setValue(now.toDouble(1));
    row.value = [box] { return QJsonValue(box->value()); };
    row.editor = box;
  } else if (type == s("boolean")) {
    auto* box = new QCheckBox(tr("yes"), this);
    box->setChecked(now.toBool());
    row.value = [box] { return QJsonValue(box->isChecked()); };
    row.editor = box;
  } else if (type == s("string") || reference.endsWith(s("/duration"))) {
    auto* line = new QLineEdit(now.toString(), this);
    const bool duration = !reference.isEmpty();
    if (duration) {
      line->setPlaceholderText(tr("such as 250ms, 10s"));
      connect(line, &QLineEdit::textChanged, line, [line](const QString& text) {
        const auto read = models::parseDuration(text.toStdString());
        const auto* wrong = std::get_if<models::QuantityError>(&read);
        line->setToolTip(wrong != nullptr ? QString::fromStdString(wrong->message) : QString());
      });
    }
    row.value = [line] { return QJsonValue(line->text()); };
    row.editor = line;
  } else {
    return;
  }
  kept_.remove(name);
  row.tick = new QCheckBox(name, this);
  row.tick->setToolTip(tip);
  row.tick->setAccessibleDescription(tip);
  row.editor->setToolTip(tip);
  row.editor->setAccessibleName(name);
  row.editor->setAccessibleDescription(tip);
  const bool given = required || !(now.isUndefined() || now.isNull());
  row.tick->setChecked(given);
  row.tick->setEnabled(!required);
  row.editor->setEnabled(given);
  connect(row.tick, &QCheckBox::toggled, row.editor, &QWidget::setEnabled);
  form_->addRow(row.tick, row.editor);
  rows_.push_back(std::move(row));
}

QJsonObject PolicyForm::value() const {
  QJsonObject out = kept_;
  for (const Row& row : rows_)
    if (row.tick->isChecked()) out.insert(row.name, row.value());
  return out;
}

}  // namespace meshmall::gui
