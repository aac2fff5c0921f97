// What the window writes of a run: the line that repeats it, a study of the edits, a page for people.
#include <QBuffer>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "engine/report/page_style.h"
#include "engine/report/shell_word.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/charts/chart_board.h"
#include "gui/charts/chart_export.h"
#include "gui/charts/enough_samples.h"
#include "gui/floor/floor_widget.h"
#include "gui/panels/changes_panel.h"
#include "gui/session/comparison_files.h"

namespace meshmall::gui {

namespace {

QString shellWord(const QString& word) { return QString::fromStdString(engine::shellWord(word.toStdString())); }

QString picture(QWidget& widget) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  pictureOf(widget).save(&buffer, "PNG");
  return QStringLiteral("<img style=\"max-width:100%\" alt=\"\" src=\"data:image/png;base64,%1\">").arg(QString::fromLatin1(bytes.toBase64()));
}

}  // namespace

QString MainWindow::commandLine() const {
  if (!frame_) return {};
  const bool edited = frame_->status.edited;
  const QString file = edited && !saved_as_.isEmpty() ? saved_as_ : path_;
  const QString line = QStringLiteral("meshmall run %1 --seed %2 --replication 0").arg(shellWord(file)).arg(frame_->snapshot.floor->seed);
  return edited && saved_as_.isEmpty() ? line + tr("  # without the edits: save them as a scenario first") : line;
}

QString MainWindow::studyJson(const QString& study_path) {
  QJsonObject variants{{QStringLiteral("as-opened"), QJsonObject()}};
  const QJsonObject edited = QJsonDocument::fromJson(QByteArray::fromStdString(session_->scenarioText().get())).object();
  if (frame_->status.edited)
    variants.insert(QStringLiteral("edited"), QJsonObject{{QStringLiteral("patch"), QJsonObject{{QStringLiteral("events"), edited.value(QStringLiteral("events"))}}}});
  const QJsonObject study{{QStringLiteral("meshmallStudy"), 1},
                          {QStringLiteral("name"), QString::fromStdString(frame_->snapshot.floor->scenario)},
                          {QStringLiteral("scenario"), QString::fromStdString(seenFrom(study_path.toStdString(), path_.toStdString()))},
                          {QStringLiteral("variants"), variants},
                          {QStringLiteral("baseline"), QStringLiteral("as-opened")},
                          {QStringLiteral("replications"), 20},
                          {QStringLiteral("metrics"), QJsonArray{QStringLiteral("latency.p50"), QStringLiteral("latency.p99"), QStringLiteral("success.rate"), QStringLiteral("throughput")}}};
  return QString::fromUtf8(QJsonDocument(study).toJson());
}

QString MainWindow::reportHtml() {
  const models::Snapshot& s = frame_->snapshot;
  const models::Tallies& t = s.tallies;
  const auto row = [](const QString& name, const QString& value) { return QStringLiteral("<tr><th>%1</th><td>%2</td></tr>").arg(name, value.toHtmlEscaped()); };
  const auto ms = [&](double q, const std::optional<double>& v) { return v && enoughSamples(q, t.ok) ? QStringLiteral("%1 ms").arg(*v, 0, 'f', 2) : tr("- (%1 of %2 answers)").arg(t.ok).arg(samplesNeeded(q)); };
  QString html = QStringLiteral("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>%1</title>\n<style>%3</style></head>\n<body>\n<h1>%1</h1><p>%2</p>")
                     .arg(QString::fromStdString(s.floor->scenario).toHtmlEscaped(), QString::fromStdString(s.floor->description).toHtmlEscaped(), QString::fromLatin1(engine::kPageStyle));
  html += QStringLiteral("<p>%1</p><table>").arg(tr("One run, seed %1, up to %2 of %3; scenario %4. One run says nothing of the next: compare replications before deciding.")
                                                     .arg(s.floor->seed)
                                                     .arg(timeText(s.now.seconds()), timeText(frame_->status.end.seconds()), QString::fromStdString(frame_->status.hash)));
  html += row(tr("customers answered well"), QString::number(t.ok)) + row(tr("failed"), QString::number(t.failed)) +
          row(tr("success rate"), QStringLiteral("%1 %").arg(100 * t.successRate(), 0, 'f', 3)) + row(tr("p50, p90, p99"), QStringLiteral("%1, %2, %3").arg(ms(0.5, t.p50), ms(0.9, t.p90), ms(0.99, t.p99))) +
          row(tr("tries for each call"), QString::number(t.amplification(), 'f', 3)) + row(tr("ejections"), QString::number(t.ejections));
  for (const models::SloVerdict& slo : s.slos) html += row(QString::fromStdString(slo.expr).toHtmlEscaped(), slo.holds ? tr("holds") : tr("missed"));
  html += QStringLiteral("</table>");
  if (!frame_->edits->empty()) {
    html += QStringLiteral("<h2>%1</h2><ul>").arg(tr("Changes of the session"));
    for (const Edit& edit : *frame_->edits) html += QStringLiteral("<li>%1</li>").arg(toldEdit(edit, s.now).toHtmlEscaped());
    html += QStringLiteral("</ul>");
  }
  html += QStringLiteral("<h2>%1</h2>%2<h2>%3</h2>%4").arg(tr("The floor"), picture(*floor_), tr("Charts"), picture(*charts_));
  return html + QStringLiteral("<p><code>%1</code></p>\n</body></html>\n").arg(commandLine().toHtmlEscaped());
}

}  // namespace meshmall::gui
