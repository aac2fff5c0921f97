#include "gui/panels/changes_panel.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "models/scenario/quantities.h"

namespace meshmall::gui {

namespace {

constexpr int kSurgeSteps = 100;  // a decade

QString s(const char* text) { return QString::fromLatin1(text); }

QString clockText(engine::SimTime at) { return QStringLiteral("%1 s").arg(at.seconds(), 0, 'f', 2); }

}  // namespace

ChangesPanel::ChangesPanel(QWidget* parent) : QWidget(parent) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  outer->addWidget(scroll);
  auto* body = new QWidget(scroll);
  scroll->setWidget(body);
  auto* column = new QVBoxLayout(body);
  auto* form = new QFormLayout;
  column->addLayout(form);
  shop_ = new QComboBox(body);
  shop_->setAccessibleName(tr("Whom to break"));
  form->addRow(tr("Shop"), shop_);
  lasts_ = new QLineEdit(s("10s"), body);
  lasts_->setAccessibleName(tr("How long"));
  lasts_->setToolTip(tr("Such as 10s or 500ms; empty: until the end, or until it is ended below"));
  form->addRow(tr("For"), lasts_);
  const auto row = [&](const char* kind, const QString& text, const QString& tip, std::initializer_list<QWidget*> editors) {
    auto* line = new QHBoxLayout;
    for (QWidget* editor : editors) line->addWidget(editor, 1);
    auto* button = new QPushButton(text, body);
    button->setObjectName(s(kind));
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    connect(button, &QPushButton::clicked, this, [this, kind] { ask(s(kind)); });
    buttons_.push_back(button);
    line->addWidget(button);
    form->addRow(line);
  };
  factor_ = new QDoubleSpinBox(body);
  factor_->setRange(0.01, 1000);
  factor_->setValue(5);
  factor_->setSuffix(tr(" x as long"));
  factor_->setAccessibleName(tr("Work takes so many times as long"));
  row("slow", tr("Slow"), tr("Slow the shop down"), {factor_});
  percent_ = new QSpinBox(body);
  percent_->setRange(1, 100);
  percent_->setValue(50);
  percent_->setSuffix(tr(" % fail"));
  percent_->setAccessibleName(tr("Percent of requests that fail"));
  row("fail", tr("Fail"), tr("Make requests of the shop fail with 503"), {percent_});
  count_ = new QSpinBox(body);
  count_->setRange(0, 100000);
  count_->setValue(1);
  count_->setSpecialValueText(tr("all counters"));
  count_->setSuffix(tr(" counter"));
  connect(count_, &QSpinBox::valueChanged, this, [this](int number) { count_->setSuffix(number == 1 ? tr(" counter") : tr(" counters")); });
  count_->setAccessibleName(tr("How many counters crash"));
  row("crash", tr("Crash"), tr("Crash counters of the shop"), {count_});
  floor_a_ = new QComboBox(body);
  floor_b_ = new QComboBox(body);
  floor_a_->setAccessibleName(tr("From this floor"));
  floor_b_->setAccessibleName(tr("To this floor"));
  delay_ = new QSpinBox(body);
  delay_->setRange(1, 100000);
  delay_->setValue(50);
  delay_->setSuffix(tr(" ms"));
  delay_->setAccessibleName(tr("Delay of each message"));
  auto* ways = new QHBoxLayout;
  ways->addWidget(floor_a_, 1);
  ways->addWidget(new QLabel(tr("to"), body));
  ways->addWidget(floor_b_, 1);
  form->addRow(tr("From"), ways);
  row("network", tr("Delay"), tr("Delay messages from one floor to another"), {delay_});
  row("partition", tr("Cut off"), tr("Cut the way between the two floors above"), {});
  traffic_ = new QComboBox(body);
  traffic_->setAccessibleName(tr("Which customers"));
  surge_ = new QDoubleSpinBox(body);
  surge_->setRange(0, 100);
  surge_->setSingleStep(0.25);
  surge_->setValue(2);
  surge_->setSuffix(tr(" x"));
  surge_->setAccessibleName(tr("So many times the customers"));
  surge_slider_ = new QSlider(Qt::Horizontal, body);
  surge_slider_->setRange(-kSurgeSteps, kSurgeSteps);
  surge_slider_->setPageStep(kSurgeSteps / 4);
  surge_slider_->setAccessibleName(tr("So many times the customers, from a tenth to ten times"));
  surge_slider_->setToolTip(tr("Drag and let go: so many times the customers come, from a tenth to ten times"));
  connect(surge_slider_, &QSlider::valueChanged, this, [this](int place) {
    if (surge_slider_->hasFocus() || surge_slider_->isSliderDown()) surge_->setValue(std::pow(10.0, static_cast<double>(place) / kSurgeSteps));
  });
  connect(surge_slider_, &QSlider::sliderReleased, this, [this] { ask(s("traffic")); });
  connect(surge_, &QDoubleSpinBox::valueChanged, this, [this](double times) {
    if (!surge_slider_->hasFocus()) surge_slider_->setValue(static_cast<int>(std::lround(kSurgeSteps * std::log10(std::clamp(times, 0.1, 10.0)))));
  });
  surge_slider_->setValue(static_cast<int>(std::lround(kSurgeSteps * std::log10(2.0))));
  row("traffic", tr("Send"), tr("Send so many times the customers"), {traffic_, surge_});
  form->addRow(surge_slider_);
  said_ = new QLabel(body);
  said_->setWordWrap(true);
  column->addWidget(said_);
  column->addWidget(new QLabel(tr("In force now"), body));
  faults_ = new QListWidget(body);
  faults_->setAccessibleName(tr("Faults in force"));
  faults_->setMinimumHeight(70);
  column->addWidget(faults_, 1);
  auto* end = new QPushButton(tr("End it now"), body);
  end->setToolTip(tr("End the selected fault from this instant on"));
  end->setAccessibleName(tr("End the selected fault"));
  column->addWidget(end);
  end->setEnabled(false);
  for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
    connect(faults_->model(), signal, this, [this, end] { end->setEnabled(faults_->count() > 0); });
  column->addWidget(new QLabel(tr("Changes of this session"), body));
  edits_ = new QListWidget(body);
  edits_->setAccessibleName(tr("Changes of this session, with their time"));
  edits_->setMinimumHeight(70);
  column->addWidget(edits_, 1);
  connect(end, &QPushButton::clicked, this, [this] {
    const QListWidgetItem* item = faults_->currentItem() != nullptr ? faults_->currentItem() : faults_->count() == 1 ? faults_->item(0) : nullptr;
    if (item != nullptr) Q_EMIT endAsked(item->data(Qt::UserRole).toUInt());
    else said_->setText(tr("Select one of the faults first."));
  });
}

QPushButton* ChangesPanel::button(const QString& kind) const {
  for (QPushButton* b : buttons_)
    if (b->objectName() == kind) return b;
  return nullptr;
}

void ChangesPanel::fillNames(const models::FloorPlan& floor) {
  floor_ = &floor;
  for (QComboBox* box : {shop_, floor_a_, floor_b_, traffic_}) box->clear();
  shop_->addItem(tr("all shops"));
  for (const auto& service : floor.services) shop_->addItem(QString::fromStdString(service.name));
  for (const auto& place : floor.localities)
    for (QComboBox* box : {floor_a_, floor_b_}) box->addItem(QString::fromStdString(place.name));
  if (floor.localities.size() > 1) floor_b_->setCurrentIndex(1);
  for (const std::string& name : floor.traffic) traffic_->addItem(QString::fromStdString(name));
  button(s("partition"))->setEnabled(floor.localities.size() > 1);
  if (floor.services.size() == 1) shop_->setCurrentIndex(1);
}

void ChangesPanel::select(std::uint32_t service) {
  if (service != models::kNoIndex && static_cast<int>(service) + 1 < shop_->count()) shop_->setCurrentIndex(static_cast<int>(service) + 1);
}

QJsonObject ChangesPanel::action(const QString& kind, QString& label) const {
  QJsonObject what;
  QString whom = shop_->currentText();
  if (shop_->currentIndex() > 0) what.insert(s("service"), whom);
  if (kind == s("slow")) {
    what.insert(s("factor"), factor_->value());
    label = tr("%1: %2 times as slow").arg(whom).arg(factor_->value());
  } else if (kind == s("fail")) {
    what.insert(s("probability"), percent_->value() / 100.0);
    label = tr("%1: %2 % fail").arg(whom).arg(percent_->value());
  } else if (kind == s("crash")) {
    if (count_->value() > 0) what.insert(s("count"), count_->value());
    label = count_->value() > 0 ? tr("%1: %2 crash").arg(whom).arg(count_->value()) : tr("%1: all crash").arg(whom);
  } else if (kind == s("network")) {
    what = {{s("from"), floor_a_->currentText()}, {s("to"), floor_b_->currentText()}, {s("delay"), QStringLiteral("%1ms").arg(delay_->value())}};
    label = tr("%1 to %2: %3 ms more").arg(floor_a_->currentText(), floor_b_->currentText()).arg(delay_->value());
  } else if (kind == s("partition")) {
    what = {{s("between"), QJsonArray{floor_a_->currentText(), floor_b_->currentText()}}};
    label = tr("no way between %1 and %2").arg(floor_a_->currentText(), floor_b_->currentText());
  } else {
    what = {{s("name"), traffic_->currentText()}, {s("factor"), surge_->value()}};
    label = tr("%1: %2 times the customers").arg(traffic_->currentText()).arg(surge_->value());
  }
  return what;
}

void ChangesPanel::ask(const QString& kind) {
  const QString lasts = lasts_->text().trimmed();
  QString label;
  QJsonObject event{{kind, action(kind, label)}};
  if (!lasts.isEmpty()) {
    const auto read = models::parseDuration(lasts.toStdString());
    if (const auto* wrong = std::get_if<models::QuantityError>(&read)) {
      said_->setText(tr("For: %1").arg(QString::fromStdString(wrong->message)));
      return;
    }
    event.insert(s("for"), lasts);
  }
  said_->clear();
  event.insert(s("note"), label);
  Q_EMIT changeAsked(QString::fromUtf8(QJsonDocument(event).toJson(QJsonDocument::Compact)), label);
}

void ChangesPanel::showFaults(const models::Snapshot& snapshot) {
  const int selected = faults_->currentRow();
  const int count = static_cast<int>(snapshot.faults.size());
  while (faults_->count() > count) delete faults_->takeItem(faults_->count() - 1);
  while (faults_->count() < count) faults_->addItem(QString());
  for (int i = 0; i < count; ++i) {
    const models::FaultView& fault = snapshot.faults[static_cast<std::size_t>(i)];
    QString text = QString::fromStdString(fault.text);
    if (fault.until && (*fault.until - snapshot.now).ns <= 1) text += tr(" (ends with the next event)");
    else if (fault.until) text += tr(" (%1 left)").arg(QStringLiteral("%1 s").arg(std::max(0.0, (*fault.until - snapshot.now).seconds()), 0, 'f', 1));
    if (faults_->item(i)->text() != text) faults_->item(i)->setText(text);
    faults_->item(i)->setData(Qt::UserRole, fault.event);
    faults_->item(i)->setToolTip(QString::fromStdString(fault.note));
  }
  if (selected < count) faults_->setCurrentRow(selected);
}

void ChangesPanel::setFrame(const Frame& frame) {
  if (floor_ != frame.snapshot.floor.get() && (floor_ == nullptr || shop_->count() != static_cast<int>(frame.snapshot.floor->services.size()) + 1 || !frame.status.edited))
    fillNames(*frame.snapshot.floor);
  showFaults(frame.snapshot);
  showEdits(frame);
}

void ChangesPanel::showEdits(const Frame& frame) {
  const int count = static_cast<int>(frame.edits->size());
  while (edits_->count() > count) delete edits_->takeItem(edits_->count() - 1);
  while (edits_->count() < count) edits_->addItem(QString());
  for (int i = 0; i < count; ++i) {
    const Edit& edit = (*frame.edits)[static_cast<std::size_t>(i)];
    const QString text = toldEdit(edit, frame.snapshot.now);
    if (edits_->item(i)->text() == text) continue;
    edits_->item(i)->setText(text);
    edits_->item(i)->setToolTip(QString::fromStdString(edit.event));
  }
}

QString toldEdit(const Edit& edit, engine::SimTime now) {
  QString text = QStringLiteral("%1  %2").arg(clockText(edit.at), QString::fromStdString(edit.label));
  const QString lasts = QJsonDocument::fromJson(QByteArray::fromStdString(edit.event)).object().value(QLatin1String("for")).toString();
  if (edit.ended) text += ChangesPanel::tr(", ended at %1").arg(clockText(*edit.ended));
  else if (!lasts.isEmpty()) text += ChangesPanel::tr(" for %1").arg(lasts);
  if (edit.at > now) text += ChangesPanel::tr(", from the next event on");
  return text;
}

}  // namespace meshmall::gui
