#include "gui/panels/compare_panel.h"

#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QSaveFile>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <vector>

#include "gui/session/result_comparison.h"
#include "models/scenario/json_document.h"
#include "models/scenario/sample_file.h"

namespace meshmall::gui {

ComparePanel::ComparePanel(QWidget* parent) : QWidget(parent) {
  setWindowTitle(tr("Comparison - meshmall"));
  auto* column = new QVBoxLayout(this);
  auto* head = new QHBoxLayout;
  title_ = new QLabel(this);
  title_->setWordWrap(true);
  head->addWidget(title_, 1);
  save_ = new QPushButton(tr("Save as page..."), this);
  save_->setToolTip(tr("The whole report as one HTML page"));
  save_->setAccessibleName(tr("Save the comparison as a page"));
  save_->setEnabled(false);
  head->addWidget(save_);
  column->addLayout(head);
  page_ = new QTextBrowser(this);
  page_->setOpenLinks(false);
  page_->setAccessibleName(tr("Comparison"));
  column->addWidget(page_, 1);
  connect(save_, &QPushButton::clicked, this, &ComparePanel::save);
}

QString ComparePanel::text() const { return page_->toPlainText(); }

bool ComparePanel::compare(const QString& baseline, const QString& candidate) {
  title_->setText(tr("Baseline %1, candidate %2").arg(baseline, candidate));
  html_.clear();
  save_->setEnabled(false);
  std::vector<std::string> texts;
  for (const QString& given : {baseline, candidate}) {
    const QString name = QString::fromStdString(resultFileIn(given.toStdString()));
    models::FileText file = models::readRegularFile(name.toStdString(), models::kMaxJsonBytes);
    if (!file.error.empty()) {
      page_->setPlainText(name + QStringLiteral(": ") + QString::fromStdString(file.error));
      return false;
    }
    texts.push_back(std::move(file.text));
  }
  const ResultComparison found = compareResults(baseline.toStdString(), candidate.toStdString(), texts[0], texts[1]);
  if (!found.error.empty()) {
    page_->setPlainText(QString::fromStdString(found.error));
    return false;
  }
  // Folds are HTML, which this page cannot fold: their contents stand open.
  static const QRegularExpression folds(QStringLiteral("</?(details|summary)[^>]*>"));
  QString words = QString::fromStdString(found.markdown).remove(folds);
  // Pictograms that plain fonts have in place of those for web pages.
  const std::pair<const char*, const char*> signs[] = {{"❌", "✗"}, {"✅", "✓"}, {"⚠️", "⚠"}, {"➖", "–"}, {"❔", "?"}, {"💤", "z"}};
  for (const auto& [web, plain] : signs) words.replace(QString::fromUtf8(web), QString::fromUtf8(plain));
  page_->setMarkdown(words);
  html_ = found.html;
  save_->setEnabled(!html_.empty());
  return true;
}

void ComparePanel::save() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Save as page"), QStringLiteral("comparison.html"), tr("Pages (*.html)"));
  if (path.isEmpty()) return;
  QSaveFile file(path);
  const bool written = file.open(QIODevice::WriteOnly) && file.write(html_.data(), static_cast<qint64>(html_.size())) == static_cast<qint64>(html_.size()) && file.commit();
  if (!written) title_->setText(tr("%1 cannot be written: %2").arg(path, file.errorString()));
}

}  // namespace meshmall::gui
