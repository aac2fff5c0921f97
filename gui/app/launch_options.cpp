#include "gui/app/launch_options.h"

#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>
#include <algorithm>
#include <iterator>

#include "gui/session/replications.h"
#include "models/scenario/quantities.h"

namespace meshmall::gui {

namespace {

constexpr int kLargest = 16384;  // pixels of a window's side
const char* const kValued[] = {"--result", "--with", "--grab", "--screenshot", "--speed", "--until", "--size", "--theme", "--view", "--panel", "--replications"};

QString read(LaunchOptions& out, const QString& name, const QString& value) {
  if (name == QLatin1String("--result")) {
    out.result = value;
  } else if (name == QLatin1String("--with")) {
    out.with = value;
  } else if (name == QLatin1String("--grab") || name == QLatin1String("--screenshot")) {
    if (!value.endsWith(QLatin1String(".png"))) return QStringLiteral("%1 needs a file that ends in .png (got %2)").arg(name, value);
    out.picture = value;
  } else if (name == QLatin1String("--speed")) {
    bool number = false;
    const double speed = QLocale::c().toDouble(value.endsWith(QLatin1Char('x')) ? value.chopped(1) : value, &number);
    if (value.compare(QLatin1String("max"), Qt::CaseInsensitive) == 0) out.speed = 0;
    else if (number && speed >= 0.001 && speed <= 1e6) out.speed = speed;
    else return QStringLiteral("--speed must be a factor from 0.001 to 1000000, or max (got %1)").arg(value);
  } else if (name == QLatin1String("--until")) {
    const auto duration = models::parseDuration(value.toStdString());
    if (const auto* wrong = std::get_if<models::QuantityError>(&duration)) return QStringLiteral("--until: %1").arg(QString::fromStdString(wrong->message));
    out.until = std::get<engine::Duration>(duration).seconds();
  } else if (name == QLatin1String("--size")) {
    const auto match = QRegularExpression(QStringLiteral("^(\\d{3,5})x(\\d{3,5})$")).match(value);
    if (QRegularExpression(QStringLiteral("^\\d+x\\d+$")).match(value).hasMatch() && (!match.hasMatch() || match.captured(1).toInt() > kLargest || match.captured(2).toInt() > kLargest))
      return QStringLiteral("--size must be from 100x100 to %1x%1 (got %2)").arg(kLargest).arg(value);
    if (!match.hasMatch()) return QStringLiteral("--size must be WIDTHxHEIGHT, such as 1280x800 (got %1)").arg(value);
    out.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
  } else if (name == QLatin1String("--theme")) {
    if (value != QLatin1String("light") && value != QLatin1String("dark") && value != QLatin1String("high-contrast"))
      return QStringLiteral("--theme must be light, dark or high-contrast (got %1)").arg(value);
    out.theme = themeNamed(value);
  } else if (name == QLatin1String("--view")) {
    if (value != QLatin1String("floor") && value != QLatin1String("charts") && value != QLatin1String("both") && value != QLatin1String("compare"))
      return QStringLiteral("--view must be floor, charts, both or compare (got %1)").arg(value);
    out.view = value;
  } else if (name == QLatin1String("--panel")) {
    static const QStringList panels = {QStringLiteral("shop"), QStringLiteral("changes"), QStringLiteral("trip"), QStringLiteral("decisions"), QStringLiteral("problems"), QStringLiteral("time"), QStringLiteral("replications")};
    if (!panels.contains(value)) return QStringLiteral("--panel must be %1 (got %2)").arg(panels.join(QStringLiteral(", ")), value);
    out.panel = value;
  } else if (name == QLatin1String("--replications")) {
    bool number = false;
    out.replications = value.toULongLong(&number);
    if (!number || out.replications < 2 || out.replications > kMostReplicated) return QStringLiteral("--replications must be a number of runs from 2 to %1 (got %2)").arg(kMostReplicated).arg(value);
  } else {
    return QStringLiteral("unknown option %1; --help lists them").arg(name);
  }
  return {};
}

}  // namespace

namespace {

// What is read must not be written over. Names of one file are told by the file system, so links are seen through.
QString overwritten(const LaunchOptions& options) {
  const QStringList read = options.files + (options.with.isEmpty() ? QStringList() : QStringList{options.with});
  const auto same = [](const QString& a, const QString& b) {
    return !a.isEmpty() && !b.isEmpty() && (QFileInfo(a).absoluteFilePath() == QFileInfo(b).absoluteFilePath() || (QFileInfo::exists(a) && QFileInfo(a).canonicalFilePath() == QFileInfo(b).canonicalFilePath()));
  };
  for (const QString& file : read) {
    if (same(options.result, file)) return QStringLiteral("--result would overwrite %1, which is read; nothing was written").arg(file);
    if (same(options.picture, file)) return QStringLiteral("--grab would overwrite %1, which is read; nothing was written").arg(file);
  }
  if (same(options.result, options.picture)) return QStringLiteral("--result and --grab name the same file %1").arg(options.result);
  return {};
}

}  // namespace

LaunchOptions parseLaunch(const QStringList& arguments) {
  LaunchOptions out;
  for (int i = 0; i < arguments.size() && out.error.isEmpty(); ++i) {
    const QString& word = arguments[i];
    if (!word.startsWith(QLatin1String("-"))) out.files << word;
    else if (word == QLatin1String("--play") || word == QLatin1String("--run")) out.play = true;
    else if (word == QLatin1String("--exit") || word == QLatin1String("--exit-at-end")) out.exit = true;
    else if (word == QLatin1String("--presentation")) out.presentation = true;
    else if (word == QLatin1String("--help") || word == QLatin1String("-h")) out.help = true;
    else if (word == QLatin1String("--version")) out.version = true;
    else {
      const qsizetype equals = word.indexOf(QLatin1Char('='));
      const QString name = equals > 0 ? word.left(equals) : word;
      if (equals > 0) out.error = read(out, name, word.mid(equals + 1));
      else if (i + 1 < arguments.size()) out.error = read(out, name, arguments[++i]);
      else if (std::find(std::begin(kValued), std::end(kValued), name) != std::end(kValued)) out.error = QStringLiteral("%1 needs a value; --help lists the options").arg(name);
      else out.error = QStringLiteral("unknown option %1; --help lists them").arg(name);
    }
  }
  if (out.error.isEmpty() && out.files.size() > 2) out.error = QStringLiteral("one scenario, or two results or scenarios to compare (got %1 files)").arg(out.files.size());
  if (out.error.isEmpty() && !out.with.isEmpty() && out.files.size() != 1) out.error = QStringLiteral("--with needs one scenario (got %1 files)").arg(out.files.size());
  if (out.error.isEmpty() && (!out.with.isEmpty() || out.files.size() == 2) && (!out.result.isEmpty() || out.presentation))
    out.error = QStringLiteral("--result and --presentation are for one scenario without --with");
  if (out.error.isEmpty() && out.view == QLatin1String("compare") && out.with.isEmpty() && out.files.size() != 2)
    out.error = QStringLiteral("--view compare needs two files, or one scenario and --with");
  if (out.error.isEmpty() && !out.panel.isEmpty() && (out.files.size() != 1 || !out.with.isEmpty())) out.error = QStringLiteral("--panel is for one scenario without --with");
  if (out.error.isEmpty() && out.files.isEmpty() && (out.play || !out.result.isEmpty() || out.until)) out.error = QStringLiteral("--play, --until and --result need a scenario");
  if (out.error.isEmpty() && out.files.isEmpty() && out.exit && out.picture.isEmpty()) out.error = QStringLiteral("--exit needs a scenario, or --grab for a picture of the start page");
  if (out.error.isEmpty() && out.replications > 0 && (out.files.size() != 1 || !out.with.isEmpty())) out.error = QStringLiteral("--replications is for one scenario without --with");
  if (out.error.isEmpty() && out.panel == QLatin1String("replications") && out.replications == 0) out.error = QStringLiteral("--panel replications needs --replications N");
  if (out.error.isEmpty()) out.error = overwritten(out);
  return out;
}

QString launchHelp() {
  return QStringLiteral(
      "usage: meshmall-gui [SCENARIO] [OPTION...]\n"
      "       meshmall-gui MANIFESTS                                   a file or folder of Kubernetes and Istio YAML, traces: a look at its import\n"
      "       meshmall-gui RESULT RESULT\n"
      "       meshmall-gui SCENARIO SCENARIO | SCENARIO --with PATCH   two malls side by side\n\n"
      "  --with FILE.json        a merge patch of the scenario: B; A is the scenario as it is\n"
      "  --play, --run           start playing\n"
      "  --speed X               simulated seconds a second: 0.001 to 1000, or max (default: 1; with --exit: max)\n"
      "  --until TIME            pause there, such as 30s\n"
      "  --result FILE           write the result when the run is over (or at --until): the bytes of `meshmall run --format json`\n"
      "  --grab FILE.png         write a picture of the window then\n"
      "  --exit                  close the window then\n"
      "  --size WxH              of the window, 100x100 to 16384x16384\n"
      "  --theme light|dark|high-contrast\n"
      "  --view floor|charts|both|compare\n"
      "  --panel shop|changes|trip|decisions|problems|time|replications   show it; time: where the time of all customers went\n"
      "  --replications N        run the scenario N times then, with other random numbers: intervals as bands on the charts; with --panel replications the picture is of them\n"
      "  --presentation          large, with captions\n"
      "  --help, --version\n\n"
      "examples\n"
      "  meshmall-gui scenarios/bakery.json\n"
      "  meshmall-gui scenarios/bakery.json --run --exit --until 620s --grab bakery.png --theme dark --size 1280x800\n\n"
      "exit codes: 0 done, 2 the call or the scenario is wrong, 6 a file could not be read or written, 7 a limit was reached\n");
}

}  // namespace meshmall::gui
