// The window's part in running its scenario many times: which scenario that is, and the bands on its charts.
#include <QTimer>

#include "gui/app/main_window.h"
#include "gui/charts/chart_board.h"
#include "gui/panels/replications_panel.h"
#include "gui/session/scenario_file.h"

namespace meshmall::gui {

ReplicationsPanel* MainWindow::replicate() {
  if (!session_ || !frame_) return nullptr;
  if (replications_ == nullptr) {
    const auto subject = [this] { return ReplicationsPanel::Subject{path_, openScenario(path_.toStdString()).text, session_->scenarioText().get()}; };
    replications_ = new ReplicationsPanel(subject, this);
    replications_->setWindowFlag(Qt::Window);
    replications_->resize(std::min(width(), 1000), std::min(height(), 760));
    connect(timer_, &QTimer::timeout, replications_, [this] { followReplications(); });
  }
  followReplications();
  replications_->show();
  replications_->raise();
  replications_->activateWindow();
  return replications_;
}

// The panel keeps what it has found; whether that is of what is shown now is seen from the text.
void MainWindow::followReplications() {
  replications_->setTokens(*tokens_);
  replications_->setVocabulary(vocabulary_);
  replications_->setShown(path_, frame_ ? frame_->status.hash : std::string());
  charts_->setBands(replications_->bands());
}

}  // namespace meshmall::gui
