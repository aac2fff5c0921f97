#include "gui/charts/distribution_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "gui/charts/enough_samples.h"
#include "gui/charts/number_text.h"
#include "gui/theme/icons.h"

namespace meshmall::gui {
namespace {

QToolButton* smallButton(QWidget* parent, const QString& tip, const QString& name) {
  auto* button = new QToolButton(parent);
  button->setAutoRaise(true);
  button->setIconSize(QSize(16, 16));
  button->setToolTip(tip);
  button->setAccessibleName(name);
  return button;
}

QString noteOf(std::uint64_t samples) {
  QString text = DistributionPanel::tr("%1 answers").arg(numberText(static_cast<double>(samples)));
  for (const double quantile : {0.5, 0.9, 0.99, 0.999}) {
    if (enoughSamples(quantile, samples)) continue;
    text += DistributionPanel::tr("; p%1 needs %2").arg(numberText(quantile * 100), numberText(static_cast<double>(samplesNeeded(quantile))));
    break;
  }
  return text;
}

}  // namespace

DistributionPanel::DistributionPanel(QWidget* parent) : QWidget(parent) {
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::Base);
  setAccessibleName(tr("Latency distribution"));
  title_ = new QLabel(QStringLiteral("<b>%1</b>").arg(tr("Latency distribution")), this);
  title_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  title_->setToolTip(tr("Of all customers measured so far that were served. ECDF: the share that took at most so long. Histogram: the share in each tenth of a decade."));
  histogram_ = smallButton(this, tr("Histogram instead of the cumulative share"), tr("Histogram"));
  histogram_->setText(tr("Histogram"));
  histogram_->setCheckable(true);
  export_ = smallButton(this, tr("Save this chart as PNG, SVG or CSV"), tr("Export chart"));
  full_screen_ = smallButton(this, tr("This chart alone, and back (V)"), tr("Full screen"));
  note_ = new QLabel(this);
  note_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  view_ = new DistributionView(this);
  auto* head = new QHBoxLayout;
  head->setSpacing(0);
  head->addWidget(title_, 1);
  head->addWidget(histogram_);
  head->addWidget(export_);
  head->addWidget(full_screen_);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(8, 4, 4, 4);
  all->setSpacing(2);
  all->addLayout(head);
  all->addWidget(note_);
  all->addWidget(view_, 1);
  connect(histogram_, &QToolButton::toggled, this,
          [this](bool on) { view_->setShape(on ? DistributionView::Shape::histogram : DistributionView::Shape::cumulative); });
  connect(export_, &QToolButton::clicked, this, &DistributionPanel::exportAsked);
  connect(full_screen_, &QToolButton::clicked, this, &DistributionPanel::fullScreenAsked);
  setTokens(tokensOf(ThemeKind::light));
}

void DistributionPanel::setTokens(const Tokens& tokens) {
  export_->setIcon(icon(QStringLiteral("export"), tokens));
  full_screen_->setIcon(icon(QStringLiteral("fullscreen"), tokens));
  view_->setTokens(tokens);
}

void DistributionPanel::setBuckets(DistributionView::Buckets buckets, DistributionView::Buckets ghost, const QString& ghost_name) {
  QString note = noteOf(buckets == nullptr ? 0 : samplesIn(*buckets));
  if (ghost != nullptr) note += tr("; thin: %1").arg(ghost_name);
  note_->setText(note);
  view_->setBuckets(std::move(buckets), std::move(ghost));
}

}  // namespace meshmall::gui
