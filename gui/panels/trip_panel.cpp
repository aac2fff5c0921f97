#include "gui/panels/trip_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QShortcut>
#include <QSpinBox>
#include <QSplitter>
#include <QTextEdit>
#include <QVBoxLayout>
#include <algorithm>
#include <map>
#include <utility>

namespace meshmall::gui {

namespace {

QString text(const std::string& words) { return QString::fromStdString(words).toHtmlEscaped(); }

}  // namespace

TripPanel::TripPanel(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(4, 4, 4, 4);
  auto* head = new QHBoxLayout;
  auto* label = new QLabel(tr("Customer"), this);
  number_ = new QSpinBox(this);
  number_->setRange(1, 2147483647);
  number_->setAccessibleName(tr("Number of the customer, in the order of arrival"));
  label->setBuddy(number_);
  auto* show = new QPushButton(tr("Show the trip"), this);
  show->setToolTip(tr("Repeats the run beside this one with that customer traced"));
  show->setAccessibleName(tr("Show the customer's trip"));
  head->addWidget(label);
  head->addWidget(number_);
  head->addWidget(show);
  head->addStretch(1);
  column->addLayout(head);
  said_ = new QLabel(tr("Click a customer on the floor, or give a number."), this);
  said_->setWordWrap(true);
  column->addWidget(said_);
  auto* split = new QSplitter(Qt::Vertical, this);
  auto* scroll = new QScrollArea(split);
  scroll->setWidgetResizable(true);
  waterfall_ = new Waterfall(scroll);
  scroll->setWidget(waterfall_);
  split->addWidget(scroll);
  why_ = new QTextEdit(split);
  why_->setReadOnly(true);
  why_->setAccessibleName(tr("Why this counter"));
  split->addWidget(why_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 2);
  column->addWidget(split, 1);
  number_->setKeyboardTracking(false);
  const auto asked = [this] { Q_EMIT tripAsked(static_cast<quint64>(number_->value())); };
  connect(new QShortcut(QKeySequence(Qt::Key_Return), number_, nullptr, nullptr, Qt::WidgetWithChildrenShortcut), &QShortcut::activated, this, asked);
  connect(new QShortcut(QKeySequence(Qt::Key_Enter), number_, nullptr, nullptr, Qt::WidgetWithChildrenShortcut), &QShortcut::activated, this, asked);
  connect(show, &QPushButton::clicked, this, asked);
  connect(waterfall_, &Waterfall::rowSelected, this, [this](int row) {
    const int index = waterfall_->rows()[static_cast<std::size_t>(row)].try_index;
    why_->setHtml(index < 0 ? tr("Select a try to see why this counter.") : whyOf(trip_.tries[static_cast<std::size_t>(index)]));
  });
}

void TripPanel::setTokens(const Tokens& tokens) { waterfall_->setTokens(tokens); }
void TripPanel::setNumber(std::uint64_t number) { number_->setValue(static_cast<int>(std::min<std::uint64_t>(number, 2147483647))); }
QString TripPanel::why() const { return why_->toPlainText(); }

void TripPanel::ask(std::shared_ptr<const models::Plan> plan, std::uint64_t number, engine::SimTime until) {
  setNumber(number);
  query_ = std::make_unique<TripQuery>(std::move(plan), number, until);
  said_->setText(tr("Following customer %1...").arg(QLocale().toString(static_cast<qulonglong>(number))));
}

void TripPanel::poll() {
  if (!query_ || !query_->ready()) return;
  models::Trip trip = query_->take();
  query_.reset();
  setTrip(std::move(trip));
}

void TripPanel::setTrip(models::Trip trip) {
  trip_ = std::move(trip);
  waterfall_->setTrip(trip_);
  why_->clear();
  if (!trip_.found) {
    said_->setText(tr("No customer with that number has come yet."));
    return;
  }
  std::map<models::TripPartKind, double> spent;
  for (const models::TripPart& part : trip_.critical_path) spent[part.kind] += part.length().milliseconds();
  QString where;
  for (const auto& [kind, ms] : spent) where += QStringLiteral("%1%2 %3 ms").arg(where.isEmpty() ? QString() : QStringLiteral(", "), partName(kind)).arg(ms, 0, 'f', 2);
  said_->setText(tr("Customer %1 came at %2 s and %3 after %4 ms: %5.")
                     .arg(QLocale().toString(static_cast<qulonglong>(trip_.number)))
                     .arg(trip_.arrived.seconds(), 0, 'f', 3)
                     .arg(!trip_.ended ? tr("is still there") : trip_.abandoned ? tr("left without an answer") : tr("was answered %1").arg(trip_.outcome.status))
                     .arg(trip_.latency().milliseconds(), 0, 'f', 2)
                     .arg(where));
  for (std::size_t row = 0; row < waterfall_->rows().size(); ++row) {
    if (waterfall_->rows()[row].try_index < 0) continue;
    waterfall_->select(static_cast<int>(row));
    break;
  }
}

QString TripPanel::whyOf(const models::TripTry& one) const {
  QString html = tr("<b>Why %1?</b> Chosen by %2").arg(text(one.endpoint), text(one.policy.empty() ? std::string("the only way") : one.policy));
  if (!one.source.empty()) html += tr(", from %1").arg(text(one.source));
  html += QStringLiteral(".");
  const models::TripCall& call = trip_.calls[one.call];
  if (call.rule) html += tr(" Led by rule %1%2.").arg(*call.rule).arg(call.subset.empty() ? QString() : tr(" to subset %1").arg(text(call.subset)));
  if (!one.candidates.empty()) {
    // Views are recorded of counters that are not believed healthy, or with which something is wrong; of the others both are well.
    const auto viewOf = [&one](const std::string& endpoint) {
      const auto found = std::find_if(one.views.begin(), one.views.end(), [&endpoint](const models::TripView& view) { return view.endpoint == endpoint; });
      return found == one.views.end() ? std::pair<QString, QString>(tr("healthy"), tr("up")) : std::pair<QString, QString>(text(found->believed), text(found->truth));
    };
    html += tr("<table cellpadding=3><tr><th align=left>looked at</th><th>in flight as this proxy counts</th><th>in truth</th><th>health as this proxy believes</th><th>in truth</th></tr>");
    for (const auto& c : one.candidates) {
      const auto [believed, truth] = viewOf(c.endpoint);
      html += QStringLiteral("<tr><td>%1</td><td align=right>%2</td><td align=right>%3</td><td>%4</td><td>%5</td></tr>").arg(text(c.endpoint)).arg(c.active_believed).arg(c.active_true).arg(believed, truth);
    }
    html += QStringLiteral("</table>");
  }
  if (!one.draws.empty()) {
    html += tr("Numbers drawn: ");
    for (std::size_t i = 0; i < one.draws.size(); ++i) html += QStringLiteral("%1%2").arg(i > 0 ? QStringLiteral(", ") : QString()).arg(one.draws[i]);
    html += QStringLiteral(".<br>");
  }
  for (const models::TripView& view : one.views) {
    const bool told = std::any_of(one.candidates.begin(), one.candidates.end(), [&view](const auto& c) { return c.endpoint == view.endpoint; });
    if (!told) html += tr("%1: believed %2, in truth %3.<br>").arg(text(view.endpoint), text(view.believed), text(view.truth));
  }
  for (const models::TripRemark& remark : one.remarks) html += text(remark.text) + QStringLiteral(".<br>");
  for (const models::TripRemark& remark : trip_.calls[one.call].remarks) html += text(remark.text) + QStringLiteral(".<br>");
  if (one.refused) html += tr("Turned away: %1.").arg(text(std::string(models::name(*one.refused))));
  return html;
}

}  // namespace meshmall::gui
