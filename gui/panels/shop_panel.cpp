#include "gui/panels/shop_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonObject>
#include <QLabel>
#include <QLinearGradient>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/charts/enough_samples.h"
#include "gui/charts/number_text.h"
#include "gui/panels/policy_catalogue.h"
#include "gui/panels/policy_form.h"

namespace meshmall::gui {

namespace {

QString stateText(const models::EndpointState& e) {
  constexpr const char* kNames[] = {"open", "closing", "closing, takes none", "down", "opening", "gone"};
  QString text = QString::fromLatin1(kNames[static_cast<std::size_t>(e.state)]);
  if (e.slow > 1) text += QStringLiteral(", %1x slow").arg(e.slow, 0, 'g', 3);
  if (e.fails > 0) text += QStringLiteral(", fails %1 %").arg(e.fails * 100, 0, 'f', 0);
  if (!e.listed && e.there()) text += QStringLiteral(", not on the signs");
  return text;
}

QString grouped(std::uint64_t number) { return QLocale().toString(static_cast<qulonglong>(number)); }

// "attempts 3, perTryTimeout 150ms": the parameters that are given, in one line.
QString inOneLine(const QJsonValue& value) {
  QStringList parts;
  const QJsonObject object = value.toObject();
  for (auto it = object.begin(); it != object.end(); ++it) {
    const QJsonValue v = it.value();
    const QString text = v.isObject() ? QStringLiteral("{%1}").arg(inOneLine(v)) : v.isArray() ? QStringLiteral("[...]") : v.isBool() ? (v.toBool() ? QStringLiteral("true") : QStringLiteral("false"))
                         : v.isDouble() ? QLocale::c().toString(v.toDouble(), 'g', 6) : v.toString();
    parts << it.key() + QLatin1Char(' ') + text;
  }
  return parts.isEmpty() ? ShopPanel::tr("set, all defaults") : parts.join(QStringLiteral(", "));
}

QString ms(const std::optional<double>& value) { return value ? QStringLiteral("%1 ms").arg(*value, 0, 'f', *value < 10 ? 2 : 0) : QStringLiteral("-"); }

}  // namespace

ShopPanel::ShopPanel(QWidget* parent) : QWidget(parent) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  outer->addWidget(scroll);
  auto* body = new QWidget(scroll);
  scroll->setWidget(body);
  auto* column = new QVBoxLayout(body);
  title_ = new QLabel(body);
  title_->setWordWrap(true);
  title_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  QFont font = title_->font();
  font.setBold(true);
  font.setPointSizeF(font.pointSizeF() * 1.2);
  title_->setFont(font);
  column->addWidget(title_);
  facts_ = new QLabel(body);
  facts_->setTextFormat(Qt::RichText);
  facts_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  facts_->setWordWrap(true);
  facts_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  facts_->setAccessibleName(tr("How the shop is doing"));
  column->addWidget(facts_);
  counters_ = new QTableWidget(0, 5, body);
  counters_->setHorizontalHeaderLabels({tr("Counter"), tr("State"), tr("Busy"), tr("Line"), tr("Avoided")});
  counters_->setAccessibleName(tr("Counters of the shop"));
  counters_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  counters_->verticalHeader()->hide();
  counters_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
  counters_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  counters_->horizontalHeader()->setStretchLastSection(true);
  counters_->setMinimumHeight(130);
  column->addWidget(counters_, 1);
  policies_ = new QTableWidget(0, 2, body);
  policies_->setHorizontalHeaderLabels({tr("Policy"), tr("Setting")});
  policies_->setAccessibleName(tr("Policies of the shop; a row shows its parameters below"));
  policies_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  policies_->setSelectionBehavior(QAbstractItemView::SelectRows);
  policies_->setSelectionMode(QAbstractItemView::SingleSelection);
  policies_->setTabKeyNavigation(false);
  policies_->verticalHeader()->hide();
  policies_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
  policies_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  policies_->setWordWrap(true);
  policies_->setMinimumHeight(120);
  column->addWidget(policies_, 1);
  connect(policies_, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (const QTableWidgetItem* item = row < 0 ? nullptr : policies_->item(row, 0)) kinds_->setCurrentIndex(item->data(Qt::UserRole).toInt());
  });
  auto* policy = policy_label_ = new QLabel(tr("Policy"), body);
  column->addWidget(policy);
  kinds_ = new QComboBox(body);
  kinds_->setAccessibleName(tr("Policy to look at or change"));
  kinds_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  policy->setBuddy(kinds_);
  for (const PolicyKind& kind : policyKinds()) {
    kinds_->addItem(kind.title);
    kinds_->setItemData(kinds_->count() - 1, kind.tip, Qt::ToolTipRole);
  }
  column->addWidget(kinds_);
  state_ = new QLabel(body);
  state_->setWordWrap(true);
  column->addWidget(state_);
  form_ = new PolicyForm(body);
  column->addWidget(form_);
  auto* row = new QHBoxLayout;
  apply_ = new QPushButton(tr("Set it now"), body);
  apply_->setToolTip(tr("From this instant on; recorded, and it can be undone"));
  apply_->setAccessibleName(tr("Set the policy now"));
  away_ = new QPushButton(tr("Without it"), body);
  away_->setToolTip(tr("Take the policy away: what holds by default"));
  away_->setAccessibleName(tr("Take the policy away"));
  row->addWidget(apply_);
  row->addWidget(away_);
  row->addStretch(1);
  column->addLayout(row);
  said_ = new QLabel(body);
  said_->setWordWrap(true);
  column->addWidget(said_);
  connect(kinds_, &QComboBox::currentIndexChanged, this, [this] { showPolicy(); });
  connect(apply_, &QPushButton::clicked, this, [this] { apply(false); });
  connect(away_, &QPushButton::clicked, this, [this] { apply(true); });
  setVocabulary(Vocabulary::mall);
  select(models::kNoIndex);
}

void ShopPanel::setVocabulary(Vocabulary vocabulary) {
  vocabulary_ = vocabulary;
  counters_->setHorizontalHeaderLabels({heading(Term::endpoint, vocabulary), tr("State"), tr("Busy"), heading(Term::queue, vocabulary), tr("Avoided")});
}

void ShopPanel::select(std::uint32_t service) {
  service_ = service;
  const bool there = service != models::kNoIndex;
  for (QWidget* w : std::initializer_list<QWidget*>{counters_, policies_, policy_label_, kinds_, state_, form_, apply_, away_, said_}) w->setVisible(there);
  if (there) return;
  name_.clear();
  title_->setText(tr("Click a %1 on the floor").arg(word(Term::service, vocabulary_)));
  facts_->clear();
  counters_->setRowCount(0);
}

QString ShopPanel::facts() const { return facts_->text(); }

void ShopPanel::setSnapshot(const models::Snapshot& snapshot) {
  if (service_ >= snapshot.services.size()) {
    select(models::kNoIndex);
    facts_->setText(QString::fromStdString(snapshot.floor->description).toHtmlEscaped());  // what the scenario is about
    return;
  }
  const QString name = QString::fromStdString(snapshot.floor->services[service_].name);
  if (name != name_) {
    name_ = name;
    title_->setText(name);
    said_->clear();
    showPolicy();
  }
  showFacts(snapshot);
}

void ShopPanel::showFacts(const models::Snapshot& snapshot) {
  const models::ServiceState& s = snapshot.services[service_];
  std::uint64_t answers = 0;
  for (std::size_t e = 0; e < snapshot.edges.size(); ++e)
    if (snapshot.floor->edges[e].to == service_) answers += snapshot.edges[e].ok;
  // Of too few answers it would be the luck of one or two.
  const auto percentile = [&](double q, const std::optional<double>& value) {
    return enoughSamples(q, answers) ? ms(value) : tr("- (%1 of %2 answers)").arg(answers).arg(samplesNeeded(q));
  };
  const QString period = secondsText(snapshot.floor->interval.seconds());
  QString failures;
  std::size_t told = 0;
  for (const auto& [cause, n] : s.failures) {
    if (told++ == 4) break;
    failures += QStringLiteral("%1%2 %3").arg(failures.isEmpty() ? QString() : QStringLiteral(", "), QString::fromStdString(cause == "0" ? tr("no answer").toStdString() : cause), grouped(n));
  }
  QString turned;
  for (std::size_t r = 0; r < s.rejected.size(); ++r)
    if (s.rejected[r] > 0) turned += QStringLiteral("%1%2 %3").arg(turned.isEmpty() ? QString() : QStringLiteral(", ")).arg(grouped(s.rejected[r]), QString::fromStdString(std::string(models::name(static_cast<models::Rejection>(r)))));
  const auto row = [](const QString& name, const QString& value) { return QStringLiteral("<tr><td>%1&nbsp;&nbsp;</td><td><b>%2</b></td></tr>").arg(name, value.toHtmlEscaped()); };
  facts_->setText(QStringLiteral("<table>") + row(tr("last %1").arg(period), tr("%1 calls a second, %2 fail").arg(numberText(s.answers_per_second), percentText(s.failed_share))) +
                  row(tr("now"), tr("%1 of %2 busy, %3 waiting").arg(s.held).arg(s.workers).arg(s.waiting)) +
                  row(tr("measured so far"), s.workers_on_average > 0 ? tr("offered load %1 of %2, ρ %3").arg(numberText(s.busy_on_average), numberText(s.workers_on_average), percentText(s.busy_on_average / s.workers_on_average))
                                                                      : tr("nothing yet: warm-up")) +
                  row(tr("answer in"), tr("p50 %1, p95 %2, p99 %3").arg(percentile(0.5, s.p50), percentile(0.95, s.p95), percentile(0.99, s.p99))) +
                  row(tr("failed"), failures.isEmpty() ? tr("none") : failures) + row(tr("turned away"), turned.isEmpty() ? tr("nobody") : turned) + QStringLiteral("</table>"));
  int rows = 0;
  for (const models::EndpointState& e : snapshot.endpoints) rows += e.service == service_ && e.there() ? 1 : 0;
  if (counters_->rowCount() != rows) counters_->setRowCount(rows);
  int at = 0;
  bool avoided = false;
  for (const models::EndpointState& e : snapshot.endpoints) {
    if (e.service != service_ || !e.there()) continue;
    const QStringList cells = {QString::fromStdString(e.name), stateText(e), QStringLiteral("%1/%2").arg(e.held).arg(e.workers), QString::number(e.waiting),
                               e.ejected_by > 0 ? tr("%1 of %2").arg(e.ejected_by).arg(e.known_to) : QString()};
    for (int c = 0; c < cells.size(); ++c) {
      QTableWidgetItem* item = counters_->item(at, c);
      if (item == nullptr) counters_->setItem(at, c, new QTableWidgetItem(cells[c]));
      else if (item->text() != cells[c]) item->setText(cells[c]);
    }
    // How busy it is as a bar behind the number.
    QColor bar = palette().color(QPalette::Highlight);
    bar.setAlpha(90);
    const double busy = e.workers > 0 ? std::min(1.0, static_cast<double>(e.held) / e.workers) : 0;
    QLinearGradient filled(0, 0, 1, 0);
    filled.setCoordinateMode(QGradient::ObjectMode);
    filled.setColorAt(0, bar);
    filled.setColorAt(std::clamp(busy, 0.001, 0.998), bar);
    filled.setColorAt(std::clamp(busy + 0.001, 0.002, 0.999), Qt::transparent);
    counters_->item(at, 2)->setBackground(busy > 0 ? QBrush(filled) : QBrush());
    avoided = avoided || e.ejected_by > 0;
    ++at;
  }
  counters_->setColumnHidden(4, !avoided);
}

void ShopPanel::setMesh(const QJsonObject& mesh) {
  mesh_ = mesh;
  if (service_ != models::kNoIndex) showPolicy();
}

// What is set comes first; what holds by default is there too, dimmed.
void ShopPanel::showPolicies() {
  std::vector<std::pair<int, QString>> set, unset;
  for (std::size_t i = 0; i < policyKinds().size(); ++i) {
    const QJsonValue now = policyNow(policyKinds()[i], name_, mesh_);
    if (now.isObject()) set.emplace_back(static_cast<int>(i), inOneLine(now));
    else unset.emplace_back(static_cast<int>(i), tr("default"));
  }
  const QSignalBlocker quiet(policies_);
  const int before = kinds_->currentIndex();
  policies_->setRowCount(static_cast<int>(set.size() + unset.size()));
  int row = 0;
  for (const auto* part : {&set, &unset})
    for (const auto& [kind, text] : *part) {
      const PolicyKind& policy = policyKinds()[static_cast<std::size_t>(kind)];
      int column = 0;
      for (const QString& cell : {policy.title, text}) {
        auto* item = new QTableWidgetItem(cell);
        item->setToolTip(cell + QLatin1Char('\n') + policy.tip);
        item->setData(Qt::UserRole, kind);
        if (part == &unset) item->setForeground(palette().color(QPalette::Disabled, QPalette::Text));
        policies_->setItem(row, column++, item);
      }
      if (kind == before) policies_->selectRow(row);
      ++row;
    }
  policies_->resizeRowsToContents();
}

void ShopPanel::showPolicy() {
  showPolicies();
  if (name_.isEmpty() || kinds_->currentIndex() < 0) return;
  const PolicyKind& kind = policyKinds()[static_cast<std::size_t>(kinds_->currentIndex())];
  const QJsonValue now = policyNow(kind, name_, mesh_);
  state_->setText(now.isObject() ? tr("%1 Set now.").arg(kind.tip + QLatin1Char('.')) : tr("%1 Not set; what is not ticked has its default.").arg(kind.tip + QLatin1Char('.')));
  form_->setDefinition(policyDefinition(kind, name_, mesh_), now);
  away_->setEnabled(now.isObject());
}

void ShopPanel::apply(bool away) {
  if (name_.isEmpty()) return;
  const PolicyKind& kind = policyKinds()[static_cast<std::size_t>(kinds_->currentIndex())];
  const QJsonValue wanted = away ? QJsonValue(QJsonValue::Undefined) : QJsonValue(form_->value());
  const QString event = policyEvent(kind, name_, wanted, mesh_);
  if (event.isEmpty()) {
    said_->setText(tr("That is what holds already, or it comes from the defaults of the mesh."));
    return;
  }
  said_->clear();
  Q_EMIT changeAsked(event, QStringLiteral("%1: %2%3").arg(name_, kind.title, away ? tr(", taken away") : QString()));
}

}  // namespace meshmall::gui
