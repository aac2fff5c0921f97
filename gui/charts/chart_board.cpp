#include "gui/charts/chart_board.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/charts/chart_export.h"
#include "gui/charts/distribution_panel.h"
#include "gui/charts/kpi_values.h"
#include "gui/charts/series_csv.h"

namespace meshmall::gui {
namespace {
constexpr int kNarrowestPanel = 340, kLowestPanel = 210;

// A legend of bands takes nothing from the plot.
int lowest(const QWidget* panel) {
  const auto* chart = qobject_cast<const ChartPanel*>(panel);
  return kLowestPanel + (chart != nullptr && chart->banded() ? chart->bandSwitch()->sizeHint().height() + 2 : 0);
}
}

ChartBoard::ChartBoard(QWidget* parent)
    : QWidget(parent), time_{new TimeAxis(this)}, tokens_{&tokensOf(ThemeKind::light)}, distribution_{new DistributionPanel}, scroll_{new QScrollArea(this)}, field_{new QWidget}, grid_{new QGridLayout(field_)} {
  setAccessibleName(tr("Charts"));
  setFocusPolicy(Qt::ClickFocus);
  auto* tiles = new QHBoxLayout;
  tiles->setSpacing(6);
  for (std::size_t i = 0; i < kKpis; ++i) {
    tiles_.push_back(new KpiTile(this));
    tiles->addWidget(tiles_.back());
  }
  for (const ChartKind kind : kChartKinds) {
    panels_.push_back(new ChartPanel(kind, time_, field_));
    const std::size_t index = panels_.size() - 1;
    connect(panels_.back(), &ChartPanel::fullScreenAsked, this, [this, index] { toggleAlone(index); });
    connect(panels_.back(), &ChartPanel::exportAsked, this, [this, index] { askAndSave(index); });
  }
  distribution_->setParent(field_);
  connect(distribution_, &DistributionPanel::fullScreenAsked, this, [this] { toggleAlone(panels_.size()); });
  connect(distribution_, &DistributionPanel::exportAsked, this, [this] { askAndSave(panels_.size()); });
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setSpacing(6);
  scroll_->setWidget(field_);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setFocusPolicy(Qt::NoFocus);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(6, 6, 6, 6);
  all->setSpacing(6);
  all->addLayout(tiles);
  all->addWidget(scroll_, 1);
  arrange();
  setTokens(*tokens_);
  showTiles();
}

QWidget* ChartBoard::panel(std::size_t index) const {
  if (index < panels_.size()) return panels_[index];
  return index == panels_.size() ? distribution_ : nullptr;
}

void ChartBoard::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  for (KpiTile* tile : tiles_) tile->setTokens(tokens);
  for (ChartPanel* one : panels_) one->setTokens(tokens);
  distribution_->setTokens(tokens);
}

void ChartBoard::setVocabulary(Vocabulary vocabulary) {
  vocabulary_ = vocabulary;
  for (ChartPanel* one : panels_) one->setVocabulary(vocabulary);
  showTiles();
  showCharts();
}

void ChartBoard::setSnapshot(SnapshotPointer snapshot) {
  const bool other_run = snapshot == nullptr || snapshot_ == nullptr || snapshot->floor != snapshot_->floor;
  snapshot_ = std::move(snapshot);
  if (other_run) {
    time_->restart();
    for (ChartPanel* one : panels_) one->plot()->fitAtOnce();
  }
  if (snapshot_ != nullptr && snapshot_->floor != nullptr) time_->advance(models::inSeconds(snapshot_->now.ns), models::inSeconds(snapshot_->floor->window_end.ns));
  showTiles();
  if (snapshot_ == nullptr || snapshot_->series.get() != drawn_ || other_run) showCharts();
  else if (snapshot_->latency.get() != drawn_latency_) showDistribution();  // more answers, in the same intervals
}

void ChartBoard::setGhost(SnapshotPointer ghost, const QString& name, SnapshotPointer beside) {
  beside_ = std::move(beside);
  ghost_ = std::move(ghost);
  ghost_name_ = ghost_ == nullptr ? QString() : name;
  showTiles();
  showCharts();
}

void ChartBoard::setBands(std::shared_ptr<const RunBands> bands) {
  if (bands == bands_) return;
  bands_ = std::move(bands);
  showCharts();
}

void ChartBoard::setScope(std::uint32_t service) {
  if (scope_ == service) return;
  scope_ = service;
  showCharts();
}

void ChartBoard::showTiles() {
  std::vector<KpiValue> values = kpiValues(snapshot_ == nullptr ? models::Snapshot() : *snapshot_, nullptr, vocabulary_);
  // Figures since the warm-up of two runs differ by how far they are too: a difference is told only where both stand at the same instant.
  const models::Snapshot* ours = nullptr;
  if (ghost_ != nullptr && snapshot_ != nullptr) {
    if (snapshot_->now == ghost_->now) ours = snapshot_.get();
    else if (beside_ != nullptr && beside_->now == ghost_->now && snapshot_->now > ghost_->now) ours = beside_.get();
  }
  if (ours != nullptr) {
    const std::vector<KpiValue> pair = kpiValues(*ours, ghost_.get(), vocabulary_);
    for (std::size_t i = 0; i < values.size(); ++i) values[i].difference = pair[i].difference;
  }
  for (std::size_t i = 0; i < tiles_.size(); ++i) tiles_[i]->setValue(values[i]);
}

void ChartBoard::showCharts() {
  drawn_ = snapshot_ == nullptr ? nullptr : snapshot_->series.get();
  const bool some = drawn_ != nullptr && snapshot_->floor != nullptr;
  const double interval = some ? models::inSeconds(snapshot_->floor->interval.ns) : 1;
  const bool ghost = some && ghost_ != nullptr && ghost_->series != nullptr && ghost_->floor != nullptr && ghost_->floor->interval.ns == snapshot_->floor->interval.ns;
  for (ChartPanel* one : panels_) {
    std::vector<Curve> curves, ghosts;
    QString scope;
    if (some) {
      curves = curvesOf(one->kind(), *snapshot_->floor, *drawn_, scope_, vocabulary_);
      if (ghost) ghosts = curvesOf(one->kind(), *ghost_->floor, *ghost_->series, scope_, vocabulary_);
      const bool scoped = one->kind() == ChartKind::throughput || one->kind() == ChartKind::load;
      if (scoped && scope_ < snapshot_->floor->services.size()) scope = QString::fromStdString(snapshot_->floor->services[scope_].name);
    }
    const bool whole = one->kind() == ChartKind::latency || scope.isEmpty();
    const bool banded = some && whole && bands_ != nullptr && bands_->interval == interval;
    one->setBands(banded ? bandsOf(one->kind(), curves, *bands_) : std::vector<CurveBand>(), banded ? bands_->runs : 0);
    one->setMinimumHeight(lowest(one));
    one->plot()->setMarks(some ? snapshot_->marks : nullptr, some ? models::inSeconds(snapshot_->floor->window_begin.ns) : 0);
    one->setCurves(std::move(curves), std::move(ghosts), ghost ? ghost_name_ : QString(), interval, scope);
  }
  showDistribution();
}

void ChartBoard::showDistribution() {
  const bool some = snapshot_ != nullptr && snapshot_->series != nullptr && snapshot_->floor != nullptr;
  drawn_latency_ = snapshot_ == nullptr ? nullptr : snapshot_->latency.get();
  distribution_->setBuckets(some ? snapshot_->latency : nullptr, some && ghost_ != nullptr ? ghost_->latency : nullptr, ghost_name_);
}

void ChartBoard::arrange() {
  const int columns = alone_ != nullptr ? 1 : std::clamp(width() / kNarrowestPanel, 1, 3);
  if (columns == columns_ && alone_ == nullptr && grid_->count() == static_cast<int>(panels())) return;
  columns_ = columns;
  while (QLayoutItem* item = grid_->takeAt(0)) delete item;
  for (int i = 0; i < 8; ++i) {
    grid_->setColumnStretch(i, i < columns ? 1 : 0);
    grid_->setRowStretch(i, 0);
  }
  int place = 0;
  for (std::size_t i = 0; i < panels(); ++i) {
    QWidget* one = panel(i);
    const bool shown = alone_ == nullptr || alone_ == one;
    one->setVisible(shown);
    one->setMinimumHeight(lowest(one));
    if (!shown) continue;
    grid_->addWidget(one, place / columns, place % columns);
    grid_->setRowStretch(place / columns, 1);
    ++place;
  }
}

void ChartBoard::toggleAlone(std::size_t index) {
  QWidget* wanted = panel(index);
  alone_ = alone_ == wanted ? nullptr : wanted;
  arrange();
}

void ChartBoard::toggleAlone() { toggleAlone(panelUnderFocus()); }

void ChartBoard::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (alone_ == nullptr) arrange();
}

std::size_t ChartBoard::panelUnderFocus() const {
  for (std::size_t i = 0; i < panels(); ++i) {
    const QWidget* one = panel(i);
    if (one == alone_ || (alone_ == nullptr && (one->isAncestorOf(focusWidget()) || one->underMouse()))) return i;
  }
  return 0;
}

void ChartBoard::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_V && event->modifiers() == Qt::NoModifier) return toggleAlone(panelUnderFocus());
  if (event->key() == Qt::Key_Escape && alone_ != nullptr) return toggleAlone(panelUnderFocus());
  if (event->key() == Qt::Key_Escape && time_->zoomed()) return time_->resetZoom();
  QWidget::keyPressEvent(event);
}

std::string ChartBoard::wholeCsv() const {
  std::vector<std::pair<std::string, std::vector<double>>> columns;
  if (snapshot_ == nullptr || snapshot_->series == nullptr || snapshot_->floor == nullptr) return seriesCsv(columns, 1, 0, 0);
  for (const ChartKind kind : kChartKinds) {
    for (Curve& curve : curvesOf(kind, *snapshot_->floor, *snapshot_->series, models::kNoIndex, Vocabulary::field)) {
      const std::string name = curve.style.key.toStdString();
      const bool there = std::any_of(columns.begin(), columns.end(), [&name](const auto& column) { return column.first == name; });
      if (!there) columns.emplace_back(name, std::move(curve.values));
    }
  }
  if (bands_ != nullptr && bands_->interval == models::inSeconds(snapshot_->floor->interval.ns))
    for (const ChartKind kind : kChartKinds)
      for (CurveBand& band : bandsOf(kind, curvesOf(kind, *snapshot_->floor, *snapshot_->series, models::kNoIndex, Vocabulary::field), *bands_)) {
        columns.emplace_back(band.style.key.toStdString() + "_ci95_low", std::move(band.low));
        columns.emplace_back(band.style.key.toStdString() + "_ci95_high", std::move(band.high));
      }
  return seriesCsv(columns, models::inSeconds(snapshot_->floor->interval.ns), time_->from(), time_->to());
}

QString ChartBoard::save(std::size_t index, const QString& path) {
  if (index < panels_.size()) return saveWidget(*panels_[index], path, panels_[index]->accessibleName(), panels_[index]->csv());
  if (index == panels_.size()) return saveWidget(*distribution_, path, distribution_->accessibleName(), distribution_->csv());
  return saveWidget(*this, path, accessibleName(), wholeCsv());
}

void ChartBoard::askAndSave(std::size_t index) {
  const QString name = index < panels() ? panel(index)->accessibleName() : accessibleName();
  const QString path = QFileDialog::getSaveFileName(this, tr("Save chart"), name + QStringLiteral(".png"), tr("Picture (*.png);;Vector picture (*.svg);;Numbers (*.csv)"));
  if (path.isEmpty()) return;
  const QString trouble = save(index, path);
  if (trouble.isEmpty())
    emit saved(path);
  else
    emit problem(trouble);
}

}  // namespace meshmall::gui
