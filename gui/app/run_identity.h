// What run this is, in the status bar: warnings of the scenario, its name, the seed with its lock, the scenario's hash, the program's version. The seed can be typed
// while the lock is open; Return begins again with it. Nothing here is kept in the settings: seeds belong to scenarios.
#pragma once

#include <QWidget>
#include <cstdint>

#include "gui/session/session.h"
#include "gui/theme/tokens.h"

class QAction;
class QLabel;
class QLineEdit;
class QToolButton;

namespace meshmall::gui {

class Actions;

class RunIdentity final : public QWidget {
  Q_OBJECT

 public:
  explicit RunIdentity(const Actions& actions, QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  // `warnings`: of the file that is played.
  void show(const Frame& frame, int warnings);
  bool locked() const;
  QLineEdit* seed() const { return seed_; }
  QString text() const;  // all of it

 Q_SIGNALS:
  void seedChosen(quint64 seed);
  void seedWrong(const QString& why);
  void warningsAsked();

 private:
  void lockChanged();

  QAction* lock_;
  const Tokens* tokens_;
  QToolButton *warnings_, *lock_button_;
  QLabel *name_, *rest_;
  QLineEdit* seed_;
  std::uint64_t shown_ = 0;
};

}  // namespace meshmall::gui
