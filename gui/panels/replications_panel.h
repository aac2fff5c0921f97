// The scenario that is shown, run many times with other random numbers: how sure its figures are. A window of its own that leaves the window's run alone.
// While runs come in: how far they are, the running estimate of the watched metric with its interval, a table of all metrics. What is told is of two runs or more; one
// run has no interval. The runs can be kept: the table, a study, the line with which `meshmall batch` gives the same numbers.
//
// Closed while it runs it stops, and keeps what there is; it is shown again as it was left.
#pragma once

#include <QWidget>
#include <functional>
#include <memory>
#include <optional>

#include "gui/session/comparison_files.h"
#include "gui/session/replications.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTableWidget;
class QTimer;

namespace meshmall::gui {

class RunningEstimate;

// A figure as people read it.
QString figureText(double value, models::MetricUnit unit);
// The same of an estimate: as many digits as the half of its interval has meaning (two), so that they can be read together; of shares the half is in points of a hundred.
struct EstimateTexts {
  QString mean, half, low, high;  // without an interval only the mean
};
EstimateTexts textsOf(const Estimate& estimate, models::MetricUnit unit);

class ReplicationsPanel final : public QWidget {
  Q_OBJECT

 public:
  // What is shown now: asked for when runs begin.
  struct Subject {
    QString path;
    std::string file_text, as_is;
  };
  explicit ReplicationsPanel(std::function<Subject()> subject, QWidget* parent = nullptr);
  ~ReplicationsPanel() override;

  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  // The scenario that the window shows, by the hash of its text with the edits; of another one the runs are not, which is said, and bands() has none.
  void setShown(const QString& path, const std::string& hash);
  void start();
  void stop();
  // Shows what is new; a timer calls it.
  void tick();

  bool running() const { return runs_ != nullptr && !state_.over(); }
  const ReplicationState& state() const { return state_; }
  // Those of the scenario that is shown, while they are switched on.
  std::shared_ptr<const RunBands> bands() const;
  QString summary() const;
  QString relation() const;
  QString tableText() const;  // with tabs, all digits, C locale
  QString commandLine() const;
  std::string studyText(const std::string& path) const;

  QSpinBox* count() const { return count_; }
  QComboBox* metrics() const { return metrics_; }
  QComboBox* scopes() const { return scopes_; }
  QCheckBox* untilPrecise() const { return until_; }
  QDoubleSpinBox* precision() const { return precision_; }
  QSpinBox* most() const { return most_; }
  QPushButton* startButton() const { return start_; }
  QPushButton* stopButton() const { return stop_; }
  QProgressBar* progress() const { return progress_; }
  QTableWidget* table() const { return table_; }
  QCheckBox* bandSwitch() const { return band_; }
  RunningEstimate* chart() const { return chart_; }

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  QWidget* buildChoice();
  QWidget* buildKeeping();
  void showState();
  void showSummary();
  void showScopes();
  void showTable();
  void showChart();
  QString scopeText(const std::string& scope) const;
  models::Metric watched() const;
  RepeatedScenario repeated(const std::string& study) const;
  void save();

  std::function<Subject()> subject_;
  std::unique_ptr<Replications> runs_;
  ReplicationState state_;
  Subject of_;          // of the runs
  QString shown_path_, study_;
  std::string shown_hash_;
  const Tokens* tokens_;
  Vocabulary vocabulary_ = Vocabulary::mall;
  QSpinBox *count_, *most_;
  QComboBox *metrics_, *scopes_;
  QCheckBox *until_, *band_;
  QDoubleSpinBox* precision_;
  QPushButton *start_, *stop_, *copy_, *save_, *command_;
  QProgressBar* progress_;
  QLabel *summary_, *relation_, *said_;
  RunningEstimate* chart_;
  QTableWidget* table_;
  QTimer* timer_;
};

}  // namespace meshmall::gui
