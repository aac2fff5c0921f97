#include "gui/charts/chart_panel.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "gui/charts/legend_entry.h"
#include "gui/charts/number_text.h"
#include "gui/charts/series_csv.h"
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

}  // namespace

ChartPanel::ChartPanel(ChartKind kind, TimeAxis* time, QWidget* parent)
    : QWidget(parent), kind_{kind}, style_{chartStyle(kind, Vocabulary::mall)}, time_{time}, tokens_{&tokensOf(ThemeKind::light)} {
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::Base);
  title_ = new QLabel(this);
  title_->setTextFormat(Qt::RichText);
  title_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  export_ = smallButton(this, tr("Save this chart as PNG, SVG or CSV"), tr("Export chart"));
  full_screen_ = smallButton(this, tr("This chart alone, and back (V)"), tr("Full screen"));
  connect(export_, &QToolButton::clicked, this, &ChartPanel::exportAsked);
  connect(full_screen_, &QToolButton::clicked, this, &ChartPanel::fullScreenAsked);
  plot_ = new PlotView(style_, time, this);
  legend_ = new QHBoxLayout;
  legend_->setSpacing(2);
  legend_->addStretch(1);
  auto* head = new QHBoxLayout;
  head->setSpacing(0);
  head->addWidget(title_, 1);
  head->addWidget(export_);
  head->addWidget(full_screen_);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(8, 4, 4, 4);
  all->setSpacing(2);
  all->addLayout(head);
  all->addLayout(legend_);
  band_switch_ = new QCheckBox(this);
  band_switch_->setChecked(true);
  band_switch_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  band_switch_->setIconSize(QSize(22, 12));
  band_switch_->hide();
  connect(band_switch_, &QCheckBox::toggled, this, &ChartPanel::showCurves);
  all->addWidget(band_switch_);
  all->addWidget(plot_, 1);
  connect(time_, &TimeAxis::cursorChanged, this, &ChartPanel::showLegend);
  connect(time_, &TimeAxis::rangeChanged, this, [this] {
    plot_->fitAtOnce();
    showCurves();
  });
  setTokens(*tokens_);
  setVocabulary(vocabulary_);
}

void ChartPanel::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  export_->setIcon(icon(QStringLiteral("export"), tokens));
  full_screen_->setIcon(icon(QStringLiteral("fullscreen"), tokens));
  plot_->setTokens(tokens);
  showTitle();
  showBandSwitch();
  showLegend();
  showCurves();
}

void ChartPanel::setVocabulary(Vocabulary vocabulary) {
  vocabulary_ = vocabulary;
  style_ = chartStyle(kind_, vocabulary);
  setAccessibleName(style_.title);
  setAccessibleDescription(style_.definition);
  title_->setToolTip(style_.definition);
  showTitle();
}

void ChartPanel::showTitle() {
  QString text = QStringLiteral("<b>%1</b>").arg(style_.title.toHtmlEscaped());
  if (!scope_.isEmpty()) text += QStringLiteral(" · ") + scope_.toHtmlEscaped();
  text += QStringLiteral(" <span style='color:%1'>%2</span>").arg(tokens_->muted_text.name(), style_.unit.toHtmlEscaped());
  if (!ghost_name_.isEmpty()) text += QStringLiteral(" <span style='color:%1'>· %2</span>").arg(tokens_->muted_text.name(), tr("thin: %1").arg(ghost_name_).toHtmlEscaped());
  title_->setText(text);
}

void ChartPanel::setCurves(std::vector<Curve> curves, std::vector<Curve> ghosts, const QString& ghost_name, double interval, const QString& scope) {
  const bool titled = ghost_name == ghost_name_ && scope == scope_;
  if (scope != scope_) plot_->fitAtOnce();
  curves_ = std::move(curves);
  ghosts_ = std::move(ghosts);
  ghost_name_ = ghost_name;
  scope_ = scope;
  interval_ = interval;
  if (!titled) showTitle();
  showLegend();
  showCurves();
}

std::vector<Curve> ChartPanel::visible(const std::vector<Curve>& curves) const {
  std::vector<Curve> shown;
  for (const Curve& curve : curves) {
    if (!hidden_.contains(curve.style.key)) shown.push_back(curve);
  }
  return shown;
}

std::vector<CurveBand> ChartPanel::visibleBands() const {
  std::vector<CurveBand> shown;
  if (!band_switch_->isChecked()) return shown;
  for (const CurveBand& band : bands_)
    if (!hidden_.contains(band.style.key)) shown.push_back(band);
  return shown;
}

void ChartPanel::setBands(std::vector<CurveBand> bands, std::uint64_t runs) {
  if (bands.empty() && bands_.empty()) return;
  if (bands.empty() != bands_.empty()) plot_->fitAtOnce();
  bands_ = std::move(bands);
  band_runs_ = runs;
  showBandSwitch();
  showCurves();
}

void ChartPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  showBandSwitch();
}

// The legend of the bands is their switch: a piece of band with a line in it, and as many words as there is room for.
void ChartPanel::showBandSwitch() {
  band_switch_->setVisible(!bands_.empty());
  if (bands_.empty()) return;
  const int room = width() - 12 - 22 - 40;  // margins, picture, box
  const QString whole = tr("band: 95 % interval of %1 runs; line: one run").arg(band_runs_);
  QString text = tr("95 % of %1 runs; line: one run").arg(band_runs_);
  if (fontMetrics().horizontalAdvance(whole) <= room) text = whole;
  else text = fontMetrics().elidedText(text, Qt::ElideRight, std::max(room, 20));
  band_switch_->setText(text);
  band_switch_->setAccessibleName(whole);
  band_switch_->setToolTip(tr("The mean over %1 runs with other random numbers lies within, in each interval of time with 95 % confidence for itself. The line is the single run that is played. Off: no band.").arg(band_runs_));
  QPixmap picture(QSize(22, 12) * devicePixelRatioF());
  picture.setDevicePixelRatio(devicePixelRatioF());
  picture.fill(Qt::transparent);
  QPainter painter(&picture);
  QColor colour = tokens_->of(bands_.front().style.role);
  painter.setPen(QPen(colour, 2));
  painter.drawLine(QPointF(0, 6), QPointF(22, 6));
  colour.setAlphaF(0.3F);
  painter.fillRect(QRectF(0, 0, 22, 12), colour);
  painter.end();
  band_switch_->setIcon(picture);
}

void ChartPanel::showCurves() { plot_->setCurves(visible(curves_), visible(ghosts_), interval_, visibleBands()); }

QString ChartPanel::valueOf(const Curve& curve) const {
  if (curve.values.empty()) return QStringLiteral("–");
  std::size_t at = curve.values.size() - 1;
  if (const std::optional<double> cursor = time_->cursor()) {
    const double index = std::ceil(*cursor / interval_ - 1e-9) - 1;
    if (index >= static_cast<double>(curve.values.size())) return QStringLiteral("–");
    at = static_cast<std::size_t>(std::max(0.0, index));
  }
  const double value = curve.values[at];
  if (!std::isfinite(value)) return QStringLiteral("–");
  if (kind_ == ChartKind::latency) return millisecondsText(value);
  return curve.style.key.endsWith(QLatin1String("percent")) ? percentText(value / 100) : numberText(value);
}

void ChartPanel::showLegend() {
  while (entries_.size() < curves_.size()) {
    const std::size_t index = entries_.size();
    auto* entry = new LegendEntry(this);
    legend_->insertWidget(static_cast<int>(index), entry);
    connect(entry, &LegendEntry::toggled, this, [this, index](bool on) {
      if (index >= curves_.size()) return;
      if (on)
        hidden_.remove(curves_[index].style.key);
      else
        hidden_.insert(curves_[index].style.key);
      plot_->fitAtOnce();
      showCurves();
    });
    entries_.push_back(entry);
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i]->setVisible(i < curves_.size());
    if (i >= curves_.size()) continue;
    const QSignalBlocker quiet(entries_[i]);
    entries_[i]->setChecked(!hidden_.contains(curves_[i].style.key));
    entries_[i]->show(curves_[i].style, *tokens_, valueOf(curves_[i]));
  }
}

std::string ChartPanel::csv() const {
  std::vector<std::pair<std::string, std::vector<double>>> columns;
  for (const Curve& curve : visible(curves_)) columns.emplace_back(curve.style.key.toStdString(), curve.values);
  for (const Curve& curve : visible(ghosts_)) columns.emplace_back("ghost_" + curve.style.key.toStdString(), curve.values);
  for (CurveBand& band : visibleBands()) {
    const std::string key = band.style.key.toStdString();
    columns.emplace_back(key + "_ci95_low", std::move(band.low));
    columns.emplace_back(key + "_ci95_high", std::move(band.high));
  }
  return seriesCsv(columns, interval_, time_->from(), time_->to());
}

}  // namespace meshmall::gui
