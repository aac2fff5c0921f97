#include "gui/floor/floor_widget.h"

#include <QHeaderView>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include "gui/charts/number_text.h"
#include "gui/floor/floor_legend.h"
#include "gui/floor/floor_positions.h"
#include "gui/floor/floor_table.h"
#include "gui/floor/floor_view.h"

namespace meshmall::gui {

FloorWidget::FloorWidget(QWidget* parent)
    : QWidget(parent), scene_{new FloorScene(this)}, view_{new FloorView(scene_, this)}, legend_{new FloorLegend(this)}, table_{new FloorTable(this)}, table_view_{new QTableView(this)} {
  table_view_->setModel(table_);
  table_view_->setAccessibleName(tr("Floor as a table"));
  table_view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_view_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_view_->setAlternatingRowColors(true);
  table_view_->setTabKeyNavigation(false);
  table_view_->verticalHeader()->hide();
  table_view_->horizontalHeader()->setStretchLastSection(true);
  table_view_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  auto* split = new QSplitter(Qt::Vertical, this);
  split->addWidget(view_);
  split->addWidget(table_view_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 1);
  split->setChildrenCollapsible(false);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(0);
  all->addWidget(split, 1);
  all->addWidget(legend_);
  table_view_->hide();
  connect(view_, &FloorView::serviceSelected, this, [this](std::uint32_t service) {
    if (!selecting_) selectService(service);
    emit serviceSelected(service);
  });
  connect(view_, &FloorView::serviceEntered, this, &FloorWidget::serviceEntered);
  connect(view_, &FloorView::customerPicked, this, &FloorWidget::customerPicked);
  connect(table_view_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
    if (!selecting_ && row.isValid()) selectService(table_->serviceOf(row.row()));
  });
  connect(table_view_, &QTableView::activated, this, [this](const QModelIndex& row) { view_->enter(table_->serviceOf(row.row())); });
  connect(scene_, &FloorScene::positionsChanged, this, &FloorWidget::keep);
  setFocusProxy(view_);
}

void FloorWidget::setSnapshot(SnapshotPointer snapshot) {
  const models::FloorPlan* floor = snapshot == nullptr ? nullptr : snapshot->floor.get();
  const bool other = floor != floor_;
  if (other) {
    floor_ = floor;
    if (view_->entered() != models::kNoIndex) view_->enter(models::kNoIndex);
    if (floor_ != nullptr) readKept();
  }
  scene_->setSnapshot(std::move(snapshot));
  if (other) legend_->setRules(scene_->rules());
  const models::Snapshot* now = scene_->snapshot();
  QString note;
  if (now != nullptr && !reduce_motion_ && now->dots.empty() && now->tries > 0) note = tr("%1 under way: shown as bands").arg(numberText(now->tries));
  if (now != nullptr && reduce_motion_) note = tr("%1 under way").arg(numberText(now->tries));
  if (now != nullptr && note.isEmpty()) note = scene_->sampled() ? tr("on their way: a sample, slowed for the eye") : tr("on their way: as they are now");
  legend_->setNote(note);
  if (tableShown()) showTableRows();
}

void FloorWidget::setPace(const Pace& pace) {
  scene_->setPace(pace);
  if (!pace.playing) walked_.invalidate();
}

void FloorWidget::walkOn() {
  const double seconds = walked_.isValid() ? static_cast<double>(walked_.restart()) / 1000 : 0;
  if (!walked_.isValid()) walked_.start();
  scene_->walkOn(seconds);
}

void FloorWidget::showTableRows() {
  selecting_ = true;  // rows that come and go are no choice of a person
  const bool first = table_->rowCount() == 0;
  table_->setSnapshot(scene_->snapshot(), scene_->map(), scene_->rules());
  if (first && table_->rowCount() > 0) table_view_->resizeColumnsToContents();
  const int row = table_->rowOf(scene_->selectedService());
  if (row >= 0 && table_->serviceOf(table_view_->currentIndex().row()) != scene_->selectedService()) table_view_->selectRow(row);
  selecting_ = false;
}

void FloorWidget::setTokens(const Tokens& tokens) {
  scene_->setTokens(tokens);
  legend_->setTokens(tokens);
  table_->setTokens(tokens);
  if (tableShown()) showTableRows();
}

void FloorWidget::setVocabulary(Vocabulary vocabulary) {
  scene_->setVocabulary(vocabulary);
  legend_->setVocabulary(vocabulary);
  table_->setVocabulary(vocabulary);
  if (tableShown()) showTableRows();
}

void FloorWidget::setReduceMotion(bool reduce) {
  reduce_motion_ = reduce;
  scene_->setReduceMotion(reduce);
}

void FloorWidget::showTable(bool show) {
  table_view_->setVisible(show);
  if (show) showTableRows();
}

bool FloorWidget::tableShown() const { return !table_view_->isHidden(); }

void FloorWidget::selectService(std::uint32_t service) {
  if (selecting_) return;
  selecting_ = true;
  scene_->selectService(service);
  const int row = table_->rowOf(service);
  if (row < 0) {
    table_view_->clearSelection();
    table_view_->setCurrentIndex({});
  } else if (table_->serviceOf(table_view_->currentIndex().row()) != service) {
    table_view_->selectRow(row);
  }
  selecting_ = false;
}

void FloorWidget::follow(std::uint64_t customer) { scene_->setFollowed(customer); }

void FloorWidget::keepPositionsIn(QSettings* settings) {
  settings_ = settings;
  readKept();
}

void FloorWidget::readKept() {
  if (settings_ != nullptr && floor_ != nullptr) scene_->setPositions(readPositions(*settings_, QString::fromStdString(floor_->scenario)));
}

void FloorWidget::keep() {
  if (settings_ != nullptr && floor_ != nullptr) writePositions(*settings_, QString::fromStdString(floor_->scenario), scene_->positions());
}

void FloorWidget::resetPositions() {
  scene_->setPositions({});
  keep();
  view_->fit();
}

void FloorWidget::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_T && event->modifiers() == Qt::NoModifier) return showTable(!tableShown());
  QWidget::keyPressEvent(event);
}

}  // namespace meshmall::gui
