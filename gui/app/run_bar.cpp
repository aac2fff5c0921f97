#include "gui/app/run_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QSlider>
#include <QStyle>
#include <QStyleOptionSlider>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace meshmall::gui {

QString timeText(double seconds) {
  if (seconds < 120) return QStringLiteral("%1 s").arg(seconds, 0, 'f', 2);
  const auto minutes = static_cast<qint64>(seconds / 60);
  if (minutes < 120) return QStringLiteral("%1 m %2 s").arg(minutes).arg(seconds - 60.0 * static_cast<double>(minutes), 4, 'f', 1, QLatin1Char('0'));
  if (minutes < 2880) return QStringLiteral("%1 h %2 m %3 s").arg(minutes / 60).arg(minutes % 60, 2, 10, QLatin1Char('0')).arg(static_cast<qint64>(seconds) % 60, 2, 10, QLatin1Char('0'));
  return QStringLiteral("%1 d %2 h %3 m").arg(minutes / 1440).arg(minutes / 60 % 24, 2, 10, QLatin1Char('0')).arg(minutes % 60, 2, 10, QLatin1Char('0'));
}

// The slider of the time line, with the present marked: while the past is looked at the handle stands elsewhere.
class TimeLine final : public QSlider {
 public:
  explicit TimeLine(QWidget* parent) : QSlider(Qt::Horizontal, parent) {}
  void setPresent(double share) {
    if (present_ == share) return;
    present_ = share;
    update();
  }

 protected:
  void paintEvent(QPaintEvent* event) override {
    QSlider::paintEvent(event);
    QStyleOptionSlider option;
    initStyleOption(&option);
    const int handle = style()->pixelMetric(QStyle::PM_SliderLength, &option, this);
    const double x = handle / 2.0 + present_ * (width() - handle);
    QPainter painter(this);
    painter.setPen(QPen(palette().color(QPalette::WindowText), 2));
    painter.drawLine(QPointF(x, 1), QPointF(x, height() - 1));
  }

 private:
  double present_ = 0;
};

RunBar::RunBar(const Actions& actions, QWidget* parent) : QWidget(parent) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(8, 4, 8, 4);
  for (const Act act : {Act::restart, Act::play, Act::step_event, Act::step_second}) {
    auto* button = new QToolButton(this);
    button->setDefaultAction(actions.at(act));
    button->setToolButtonStyle(act == Act::step_second ? Qt::ToolButtonTextOnly : Qt::ToolButtonIconOnly);
    button->setAccessibleName(actions.at(act)->statusTip());
    row->addWidget(button);
  }
  auto* label = new QLabel(tr("Speed"), this);
  row->addWidget(label);
  speed_ = new QSlider(Qt::Horizontal, this);
  speed_->setRange(0, kSteps + 1);
  speed_->setMinimumWidth(44);
  speed_->setMaximumWidth(140);
  speed_->setAccessibleName(tr("Speed, from a thousandth of real time to as fast as possible"));
  speed_->setToolTip(tr("0.001x to 1000x; at the right end as fast as possible. Slower than 0.01x customers are seen walking as they do"));
  label->setBuddy(speed_);
  row->addWidget(speed_);
  speed_text_ = new QLabel(this);
  speed_text_->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("1000x")));
  row->addWidget(speed_text_);
  time_ = new TimeLine(this);
  time_->setRange(0, 10000);
  time_->setAccessibleName(tr("Time line: look back over what was recorded"));
  time_->setToolTip(tr("Drag back to look at the past; End brings the present back"));
  time_->setMinimumWidth(44);
  row->addWidget(time_, 1);
  time_text_ = new QLabel(this);
  time_text_->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("59 m 59.9 s of 59 m 59.9 s")));
  row->addWidget(time_text_);
  rate_ = new QLabel(this);
  rate_->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("1000x, 9.99 M events/s")));
  row->addWidget(rate_);
  connect(speed_, &QSlider::valueChanged, this, [this] {
    speed_text_->setText(speedText(speed()));
    if (!showing_) Q_EMIT speedChosen(speed());
  });
  connect(time_, &QSlider::valueChanged, this, [this](int value) {
    if (!showing_) Q_EMIT scrubbedTo(end_ * value / 10000.0);
  });
  setSpeed(1);
}

// Why it stands still, and how far it is: each step has its number.
QString RunBar::pausedText(const Frame& frame) {
  using Stop = SessionStatus::Stop;
  const QString events = tr("event %1").arg(QLocale().toString(static_cast<qulonglong>(frame.snapshot.events)));
  switch (frame.status.stop) {
    case Stop::fault: return tr("stopped: a fault or patch; %1").arg(events);
    case Stop::ejection: return tr("stopped: an ejection; %1").arg(events);
    case Stop::slo: return tr("stopped: an SLO is missed; %1").arg(events);
    case Stop::time:
    case Stop::none: break;
  }
  return tr("paused; %1").arg(events);
}

double RunBar::speed() const {
  if (speed_->value() > kSteps) return kMaxSpeed;
  return kSlowest * std::pow(1000.0 / kSlowest, static_cast<double>(speed_->value()) / kSteps);
}

void RunBar::setSpeed(double speed) {
  showing_ = true;
  speed_->setValue(speed <= 0 ? kSteps + 1 : static_cast<int>(std::lround(std::log(std::clamp(speed, kSlowest, 1000.0) / kSlowest) / std::log(1000.0 / kSlowest) * kSteps)));
  speed_text_->setText(speedText(this->speed()));
  showing_ = false;
}

QString RunBar::speedText(double speed) {
  if (speed <= 0) return tr("max");
  if (speed >= 100) return QStringLiteral("%1x").arg(10 * std::lround(speed / 10));
  return speed < 10 ? QStringLiteral("%1x").arg(speed, 0, 'f', speed < 0.0995 ? 3 : speed < 1 ? 2 : 1) : QStringLiteral("%1x").arg(std::lround(speed));
}

void RunBar::show(const Frame& frame, bool scrubbed, double at) {
  showing_ = true;
  end_ = std::max(frame.status.end.seconds(), 1e-9);
  const double now = frame.status.position.seconds();
  if (!time_->isSliderDown()) time_->setValue(static_cast<int>(std::lround(10000 * std::min(1.0, (scrubbed ? at : now) / end_))));
  time_->setPresent(std::min(1.0, now / end_));
  showing_ = false;
  QString text = tr("%1 of %2").arg(timeText(scrubbed ? at : now), timeText(end_));
  if (scrubbed) text = tr("past: %1").arg(text);
  else if (frame.status.replaying) text = tr("replaying, %1 %").arg(std::lround(100 * frame.status.replay_progress));
  time_text_->setText(text);
  const auto rate = [](double value, const QString& unit) {
    if (value >= 1e6) return QStringLiteral("%1 M %2").arg(value / 1e6, 0, 'f', 2).arg(unit);
    if (value >= 1e3) return QStringLiteral("%1 k %2").arg(value / 1e3, 0, 'f', 0).arg(unit);
    return QStringLiteral("%1 %2").arg(value, 0, 'f', 0).arg(unit);
  };
  if (frame.status.finished) rate_->setText(tr("the run is over"));
  else if (frame.status.playing) rate_->setText(tr("%1x, %2").arg(frame.status.simulated_rate, 0, 'f', frame.status.simulated_rate < 10 ? 1 : 0).arg(rate(frame.status.event_rate, tr("events/s"))));
  else rate_->setText(pausedText(frame));
}

}  // namespace meshmall::gui
