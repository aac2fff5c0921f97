// Two policies side by side on the same customers, at the same instant: floor A (as it is), floor B (changed), and how their figures differ. It plays by itself and
// leaves the window's run alone. What is compared can be kept: a study, a gate file, the policies as Istio's manifests, the line for the shell.
#pragma once

#include <functional>
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "gui/session/comparison_files.h"
#include "gui/session/locked_pair.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"

class QLabel;
class QPushButton;
class QSlider;
class QSplitter;
class QTimer;

namespace meshmall::gui {

class DifferenceTile;
class FloorWidget;

class SideBySide final : public QWidget {
  Q_OBJECT

 public:
  explicit SideBySide(QWidget* parent = nullptr);
  ~SideBySide() override;

  // False: one of the two cannot be run, which is shown.
  bool compare(PolicyPair policies);
  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  void setSpeed(double speed);
  void play(std::optional<engine::SimTime> until = std::nullopt);
  // Shows what is new; a timer calls it.
  void tick();

  LockedPair* pair() const { return pair_.get(); }
  const PolicyPair& policies() const { return policies_; }
  FloorWidget* floorA() const { return floors_[0]; }
  FloorWidget* floorB() const { return floors_[1]; }
  const std::vector<DifferenceTile*>& tiles() const { return tiles_; }
  QPushButton* playButton() const { return play_; }
  QString said() const;
  QString commandLine() const;

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  void build();
  QWidget* buildFloors();
  QWidget* buildBar();
  void showNow();
  // `make`: the text of a file of that name.
  void save(const QString& title, const QString& suggestion, const QString& filter, const std::function<std::string(const std::string& path)>& make, QString* kept);

  std::unique_ptr<LockedPair> pair_;
  PolicyPair policies_;
  QString study_, gates_;  // where they were saved
  QLabel* title_;
  QLabel* said_;
  bool was_playing_ = false;
  QLabel* clock_;
  QLabel* names_[2];
  FloorWidget* floors_[2];
  QSplitter* split_;
  std::vector<DifferenceTile*> tiles_;
  QLabel* method_;
  QPushButton* play_;
  QSlider* speed_;
  QLabel* speed_text_;
  QTimer* timer_;
};

}  // namespace meshmall::gui
