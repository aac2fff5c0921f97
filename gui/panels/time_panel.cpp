#include "gui/panels/time_panel.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/charts/number_text.h"

namespace meshmall::gui {

namespace {

QString grouped(std::uint64_t number) { return QLocale().toString(static_cast<qulonglong>(number)); }

struct Band {
  const char* text;
  double from, to;  // ranks by latency
};

constexpr Band kBands[] = {{QT_TRANSLATE_NOOP("TimePanel", "all of them"), 0, 1},
                           {QT_TRANSLATE_NOOP("TimePanel", "the faster half"), 0, 0.5},
                           {QT_TRANSLATE_NOOP("TimePanel", "p50 to p90"), 0.5, 0.9},
                           {QT_TRANSLATE_NOOP("TimePanel", "p90 to p99"), 0.9, 0.99},
                           {QT_TRANSLATE_NOOP("TimePanel", "the slowest tenth"), 0.9, 1},
                           {QT_TRANSLATE_NOOP("TimePanel", "the slowest hundredth"), 0.99, 1}};
constexpr std::size_t kListed = 50;

QDoubleSpinBox* secondsBox(const QString& name, QWidget* parent) {
  auto* box = new QDoubleSpinBox(parent);
  box->setDecimals(1);
  box->setSuffix(QStringLiteral(" s"));
  box->setRange(0, 1e6);
  box->setAccessibleName(name);
  box->setToolTip(name);
  return box;
}

}  // namespace

TimePanel::TimePanel(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(4, 4, 4, 4);
  auto* head = new QHBoxLayout;
  auto* label = new QLabel(tr("Customers who came from"), this);
  from_ = secondsBox(tr("Beginning of the period, simulated seconds"), this);
  label->setBuddy(from_);
  to_ = secondsBox(tr("End of the period, simulated seconds"), this);
  auto* charts = new QPushButton(tr("As the charts"), this);
  charts->setToolTip(tr("The period that the charts show: drag over a chart to choose one"));
  charts->setAccessibleName(tr("Take the period that the charts show"));
  show_ = new QPushButton(tr("Show"), this);
  show_->setToolTip(tr("Repeats the run beside this one with these customers followed"));
  show_->setAccessibleName(tr("Show where the time of these customers went"));
  bands_ = new QComboBox(this);
  bands_->setAccessibleName(tr("Which of them, by how long it took"));
  bands_->setToolTip(tr("Which of them, by how long it took"));
  for (const Band& band : kBands) bands_->addItem(tr(band.text));
  head->addWidget(label);
  head->addWidget(from_);
  head->addWidget(new QLabel(tr("to"), this));
  head->addWidget(to_);
  head->addWidget(charts);
  head->addWidget(show_);
  head->addStretch(1);
  head->addWidget(bands_);
  column->addLayout(head);
  said_ = new QLabel(tr("Choose a period, or drag over a chart, and press Show."), this);
  said_->setWordWrap(true);
  column->addWidget(said_);
  auto* split = new QSplitter(Qt::Horizontal, this);
  auto* scroll = new QScrollArea(split);
  scroll->setWidgetResizable(true);
  bars_ = new TimeBars(scroll);
  scroll->setWidget(bars_);
  split->addWidget(scroll);
  slowest_ = new QTableWidget(0, 4, split);
  slowest_->setHorizontalHeaderLabels({tr("Slowest"), tr("Came at"), tr("Took"), tr("Answer")});
  slowest_->setAccessibleName(tr("The slowest of these customers; Enter shows the trip"));
  slowest_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  slowest_->setSelectionBehavior(QAbstractItemView::SelectRows);
  slowest_->verticalHeader()->hide();
  slowest_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  slowest_->horizontalHeader()->setStretchLastSection(true);
  slowest_->setMinimumWidth(300);
  split->addWidget(slowest_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 2);
  column->addWidget(split, 1);
  connect(charts, &QPushButton::clicked, this, [this] {
    from_->setValue(shown_from_);
    to_->setValue(std::min(shown_to_, now_));
  });
  connect(show_, &QPushButton::clicked, this, [this] {
    if (to_->value() <= from_->value()) {
      said_->setText(tr("The period must end after it begins."));
      return;
    }
    Q_EMIT periodAsked(from_->value(), to_->value());
  });
  connect(bands_, &QComboBox::currentIndexChanged, this, [this] { showBand(); });
  const auto pick = [this](QTableWidgetItem* item) {
    if (item != nullptr) Q_EMIT tripAsked(slowest_->item(item->row(), 0)->data(Qt::UserRole).toULongLong());
  };
  connect(slowest_, &QTableWidget::itemClicked, this, pick);
  connect(slowest_, &QTableWidget::itemActivated, this, pick);
}

QString TimePanel::said() const { return said_->text(); }

void TimePanel::setRange(double now, double shown_from, double shown_to) {
  const bool whole = to_->value() <= 0 || (to_->value() >= now_ - 0.05 && !to_->hasFocus());  // "so far" goes along with the run
  now_ = now;
  shown_from_ = shown_from;
  shown_to_ = shown_to;
  if (whole && query_ == nullptr && !answered_) to_->setValue(now);
}

void TimePanel::ask(std::shared_ptr<const models::Plan> plan, engine::SimTime from, engine::SimTime to, engine::SimTime until) {
  from_->setValue(from.seconds());
  to_->setValue(to.seconds());
  query_ = std::make_unique<TimeQuery>(std::move(plan), from, to, until);
}

void TimePanel::poll() {
  if (!query_) return;
  if (!query_->ready()) {
    said_->setText(tr("Following the customers: %1 %").arg(static_cast<int>(100 * query_->progress())));
    return;
  }
  TimeAnswer answer = query_->take();
  query_.reset();
  setAnswer(std::move(answer));
}

void TimePanel::setAnswer(TimeAnswer answer) {
  answer_ = std::move(answer);
  answered_ = true;
  showBand();
}

void TimePanel::showBand() {
  if (!answered_) return;
  const Band& band = kBands[std::max(0, bands_->currentIndex())];
  models::TimeSpent time = models::timeSpent(answer_.log, band.from, band.to, kListed);
  const QString sample = answer_.every > 1 ? tr(" Of %1 who came one in %2 was followed: the slowest of all may be others.").arg(grouped(answer_.arrived), grouped(answer_.every)) : QString();
  const QString left = answer_.log.under_way > 0 ? tr(" %1 are still on their way and are left out.").arg(answer_.log.under_way) : QString();
  if (time.customers == 0) {
    said_->setText(tr("Nobody who came in this period has been answered yet.") + left);
  } else {
    said_->setText(tr("%1 customers, %2 each in the mean; the time of the path that their answer waited for.")
                       .arg(grouped(time.customers))
                       .arg(millisecondsText(static_cast<double>(time.total_ns) / 1e6 / static_cast<double>(time.customers))) +
                   sample + left);
  }
  slowest_->setHorizontalHeaderLabels({answer_.every > 1 ? tr("Slowest followed") : tr("Slowest"), tr("Came at"), tr("Took"), tr("Answer")});
  slowest_->setRowCount(static_cast<int>(time.slowest.size()));
  for (std::size_t i = 0; i < time.slowest.size(); ++i) {
    const models::TripTime& trip = answer_.log.trips[time.slowest[i]];
    const QStringList cells = {grouped(trip.number), QStringLiteral("%1 s").arg(trip.arrived.seconds(), 0, 'f', 3), millisecondsText(trip.latency.milliseconds()),
                               trip.abandoned ? tr("left") : trip.outcome.status == 0 ? tr("none") : QString::number(trip.outcome.status)};
    for (int c = 0; c < cells.size(); ++c) {
      auto* item = new QTableWidgetItem(cells[c]);
      item->setToolTip(tr("Show the trip of customer %1").arg(trip.number));
      if (c == 0) item->setData(Qt::UserRole, QVariant::fromValue<qulonglong>(trip.number));
      slowest_->setItem(static_cast<int>(i), c, item);
    }
  }
  bars_->setTime(std::move(time));
}

}  // namespace meshmall::gui
