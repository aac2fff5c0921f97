// The window: puts floor, charts, panels, bar and session together, and carries out the actions. Thirty times a second it takes the session's latest frame and hands
// it on; nothing here simulates. A file with errors is shown with its problems while the scenario before it goes on.
#pragma once

#include <QMainWindow>
#include <atomic>
#include <future>
#include <memory>
#include <optional>

#include "gui/app/actions.h"
#include "gui/session/session.h"
#include "gui/session/snapshot_ring.h"
#include "gui/theme/vocabulary.h"

class QDockWidget;
class QFileSystemWatcher;
class QLabel;
class QMenu;
class QPushButton;
class QSettings;
class QSplitter;
class QStackedWidget;
class QTimer;

namespace meshmall::gui {

class ChangesPanel;
class ChartBoard;
class DecisionsPanel;
class FloorWidget;
class ImportPreview;
class ProblemsPanel;
class ReplicationsPanel;
class RunBar;
class RunIdentity;
class ShopPanel;
class SideBySide;
struct PolicyPair;
class StartPage;
class TimePanel;
class TripPanel;

class MainWindow final : public QMainWindow {
  Q_OBJECT

 public:
  // The settings must outlive the window.
  explicit MainWindow(QSettings& settings, QWidget* parent = nullptr);
  ~MainWindow() override;

  // A scenario; manifests, traces and graphs get a preview of their import (false). One whose warm-up is "auto" is opened once that is found (settling() until then). False: it has errors, which are shown. A result is compared with the run that is shown, and does not change it: true when it could be.
  bool openFile(const QString& path);
  // A look at what these files and folders would become; what is written there is opened here.
  ImportPreview* importFiles(const QStringList& paths);
  // Asks once when a run is under way and has not been saved.
  void setAskBeforeClosing(bool ask) { ask_ = ask; }
  void setTheme(ThemeKind kind);
  void setView(const QString& view);
  // Large, without panels; on the whole screen unless a script gave the window its size.
  void setPresentation(bool on, bool whole_screen = true);
  // "shop", "changes", "trip", "decisions", "problems" or "time".
  void showPanel(const QString& name);
  // Shows the latest frame now.
  void tick();
  QString saveText(const QString& path, const std::string& text);  // an empty text, or why not

  const Actions& actions() const { return *actions_; }
  Session* session() const { return session_.get(); }
  std::shared_ptr<const Frame> frame() const { return frame_; }
  FloorWidget* floor() const { return floor_; }
  ChartBoard* charts() const { return charts_; }
  ShopPanel* shop() const { return shop_; }
  ChangesPanel* changes() const { return changes_; }
  TripPanel* trip() const { return trip_; }
  DecisionsPanel* decisions() const { return decisions_; }
  ProblemsPanel* problems() const { return problems_; }
  TimePanel* times() const { return times_; }
  StartPage* startPage() const { return start_; }
  RunBar* runBar() const { return bar_; }
  QLabel* banner() const { return banner_; }
  RunIdentity* identity() const { return identity_; }
  QLabel* caption() const { return caption_; }
  // How much is drawn while it plays: floor and charts, charts only, nothing.
  enum class Mode { watch, fast, max };
  void setMode(Mode mode);
  Mode mode() const { return mode_; }
  void setSpeed(double speed);
  bool settling() const { return settling_.valid(); }
  bool whatIf() const { return other_ != nullptr; }
  // Of the run shown: repeats it in a shell.
  QString commandLine() const;
  QString reportHtml();
  QString studyJson(const QString& study_path);
  // Opens the two side by side: the scenario as edited, and with a merge patch. Null: it cannot be run, which is shown.
  SideBySide* compareWith(const QString& patch, const QString& name);
  // The window that runs the scenario many times, as it was left. Null: nothing is open.
  ReplicationsPanel* replicate();

 protected:
  void closeEvent(QCloseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void build();
  QDockWidget* dock(const QString& title, QWidget* panel, Qt::DockWidgetArea area, Act act);
  void connectActions();
  void connectRun();
  void connectFiles();
  void connectView();
  void connectPanels();
  void adopt(ScenarioFile file);
  void showFrame();
  void showStates();
  void showWork();
  void showCaption(const models::Snapshot& snapshot);
  void followOther();
  void showOther();
  void endOther();
  QString whatIfText() const;
  void visit(std::uint32_t service);
  void stepThroughVisits(int by);
  void scrub(std::optional<double> to);
  void say(const QString& text);
  void setWords(Vocabulary vocabulary);
  void refreshMesh();
  void takeMesh();
  void settleFirst(ScenarioFile file);
  void takeSettled();
  void askForTrip(std::uint64_t number);
  QString chooseFile(const QString& title, const QString& suggestion, const QString& filter);
  void remember(const QString& path);
  void showRecent();
  bool compareWithRun(const QString& result);
  bool unsaved() const;
  bool mayForgetChanges();
  SideBySide* showSideBySide(PolicyPair pair);
  void compareFiles(const QString& baseline, const QString& candidate);
  void restoreSettings();
  void resetLayout();
  void splitEvenly();
  void goBack();
  void changed(const QString& event, const QString& label);
  void askForComparison();
  void followReplications();

  QSettings& settings_;
  Actions* actions_;
  std::unique_ptr<Session> session_, other_;  // other: what would have happened without the changes
  std::future<std::string> mesh_asked_;
  std::atomic<bool> stop_settling_{false};
  std::future<ScenarioFile> settling_;  // gone before what it looks at
  std::shared_ptr<const Frame> frame_;
  std::shared_ptr<const Frame> other_seen_, other_asked_, other_beside_;  // beside: this run where the other one stood when it was seen
  std::vector<std::uint32_t> visited_;  // shops
  std::size_t visiting_ = 0;           // the current one is the one before it
  std::shared_ptr<const models::Snapshot> shown_;
  std::optional<double> scrubbed_;
  QString path_, saved_as_, save_trouble_;
  const Tokens* tokens_;
  ThemeKind theme_ = ThemeKind::light;
  Vocabulary vocabulary_ = Vocabulary::mall;
  Mode mode_ = Mode::watch;
  double speed_before_ = 1;  // of watching
  QString view_ = QStringLiteral("both"), result_before_;  // result_before_: dropped, waits for another one
  bool ask_ = true, presenting_ = false, was_wide_ = false, was_full_screen_ = false, stepping_ = false;
  std::uint64_t errors_seen_ = 0, revision_seen_ = 0;
  qint64 charts_at_ = 0;
  QByteArray state_before_;
  double font_before_ = 0;

  QStackedWidget* pages_;
  StartPage* start_;
  QSplitter* split_;
  FloorWidget* floor_;
  ChartBoard* charts_;
  QWidget* banner_box_;
  QLabel* banner_;
  QPushButton* banner_button_;
  QLabel* caption_;
  RunBar* bar_;
  ShopPanel* shop_;
  ChangesPanel* changes_;
  TripPanel* trip_;
  DecisionsPanel* decisions_;
  ProblemsPanel* problems_;
  TimePanel* times_;
  ReplicationsPanel* replications_ = nullptr;
  std::map<Act, QDockWidget*> docks_;
  RunIdentity* identity_;
  QString told_when_done_;           // of an undo or a redo that is on its way
  std::vector<QDockWidget*> put_by_;  // while the start page is shown
  QMenu* recent_menu_;
  QTimer* timer_;
  QFileSystemWatcher* watcher_;
};

}  // namespace meshmall::gui
