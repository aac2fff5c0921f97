#include "gui/app/run_identity.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QRegularExpressionValidator>
#include <QToolButton>

#include "gui/app/actions.h"
#include "gui/theme/icons.h"
#include "models/version.h"

namespace meshmall::gui {

RunIdentity::RunIdentity(const Actions& actions, QWidget* parent) : QWidget(parent), lock_(actions.at(Act::lock_seed)), tokens_(&tokensOf(ThemeKind::light)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(6);
  row->addStretch(1);
  warnings_ = new QToolButton(this);
  warnings_->setAutoRaise(true);
  warnings_->setFocusPolicy(Qt::TabFocus);
  warnings_->setToolTip(tr("What `meshmall check` warns of: show the problems"));
  warnings_->setAccessibleName(tr("Warnings of the scenario"));
  warnings_->hide();
  connect(warnings_, &QToolButton::clicked, this, &RunIdentity::warningsAsked);
  row->addWidget(warnings_);
  name_ = new QLabel(this);
  name_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  row->addWidget(name_);
  auto* label = new QLabel(tr("seed"), this);
  row->addWidget(label);
  seed_ = new QLineEdit(this);
  seed_->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{1,19}")), seed_));
  seed_->setAccessibleName(tr("Seed of the customers"));
  seed_->setFixedWidth(fontMetrics().horizontalAdvance(QStringLiteral("99999999")) + 12);
  label->setBuddy(seed_);
  row->addWidget(seed_);
  lock_button_ = new QToolButton(this);
  lock_button_->setAutoRaise(true);
  lock_button_->setFocusPolicy(Qt::TabFocus);
  lock_button_->setDefaultAction(lock_);
  lock_button_->setToolButtonStyle(Qt::ToolButtonIconOnly);
  lock_button_->setAccessibleName(lock_->statusTip());
  row->addWidget(lock_button_);
  rest_ = new QLabel(this);
  rest_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  row->addWidget(rest_);
  lock_->setChecked(true);
  connect(lock_, &QAction::toggled, this, &RunIdentity::lockChanged);
  connect(actions.at(Act::choose_seed), &QAction::triggered, this, [this] {
    lock_->setChecked(false);
    seed_->setFocus(Qt::ShortcutFocusReason);
    seed_->selectAll();
  });
  connect(seed_, &QLineEdit::returnPressed, this, [this] {
    bool read = false;
    const quint64 seed = seed_->text().toULongLong(&read);
    constexpr quint64 kLargest = 9223372036854775807ULL;  // of the scenario format
    if (!read || seed > kLargest) Q_EMIT seedWrong(tr("A seed is a whole number from 0 to %1.").arg(kLargest));
    else Q_EMIT seedChosen(seed);
  });
  lockChanged();
  hide();
}

bool RunIdentity::locked() const { return lock_->isChecked(); }

void RunIdentity::lockChanged() {
  seed_->setReadOnly(locked());
  seed_->setToolTip(locked() ? tr("Restart brings the same customers again. Open the lock (Ctrl+L) to type another seed") : tr("Return begins again with this seed; each Restart takes the next one"));
  lock_->setIcon(icon(locked() ? QStringLiteral("lock") : QStringLiteral("unlock"), *tokens_));
  if (locked()) seed_->setText(QString::number(shown_));
}

void RunIdentity::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  lockChanged();
}

void RunIdentity::show(const Frame& frame, int warnings) {
  setVisible(true);
  warnings_->setVisible(warnings > 0);
  warnings_->setText(warnings == 1 ? tr("1 warning") : tr("%1 warnings").arg(warnings));
  const auto say = [](QLabel* label, const QString& text) {
    if (label->text() != text) label->setText(text);
  };
  say(name_, QString::fromStdString(frame.snapshot.floor->scenario));
  name_->setToolTip(QString::fromStdString(frame.snapshot.floor->description));
  const std::uint64_t now = frame.snapshot.floor->seed;
  if (now != shown_ || seed_->text().isEmpty() || locked()) {
    const QString text = QString::number(now);
    if (!seed_->hasFocus() && seed_->text() != text) seed_->setText(text);
    if (now != shown_) seed_->setText(text);
    shown_ = now;
  }
  say(rest_, tr("%1 · %2%3").arg(QString::fromStdString(frame.status.hash), QString::fromLatin1(models::version()), frame.status.edited ? tr(" · edited") : QString()));
  rest_->setToolTip(tr("Hash of the scenario as it is now, and the version of meshmall"));
}

QString RunIdentity::text() const {
  return (warnings_->isVisibleTo(this) ? warnings_->text() + QStringLiteral(" ") : QString()) + name_->text() + QStringLiteral(" seed ") + seed_->text() + QStringLiteral(" ") + rest_->text();
}

}  // namespace meshmall::gui
