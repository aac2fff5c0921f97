#include "gui/app/actions.h"

#include <QCoreApplication>
#include <QKeySequence>
#include <QMenu>
#include <QStringList>

#include "gui/theme/icons.h"

namespace meshmall::gui {

const std::vector<ActionInfo>& actionTable() {
  static const std::vector<ActionInfo> table = {
      {Act::open, Section::file, "&Open...", "Open a scenario; a result opens the comparison", "Ctrl+O", "open"},
      {Act::import_mesh, Section::file, "&Import manifests or traces...", "Make a scenario of Kubernetes and Istio manifests, traces or a service graph: first a look at what is understood, guessed and left out", "Ctrl+I", "import"},
      {Act::reload, Section::file, "Re&load the file", "Read the scenario again from its file; edits are given up", "F5", "restart"},
      {Act::save_scenario, Section::file, "&Save as scenario...", "Write the scenario with the edits of this session: it replays the session exactly", "Ctrl+S", "save"},
      {Act::save_result, Section::file, "Save the &result...", "Write the result so far as JSON, as the shell program does", "Ctrl+Shift+S", ""},
      {Act::save_study, Section::file, "Save as st&udy...", "Write a study that compares the file as opened with this session's edits", "", ""},
      {Act::compare_results, Section::file, "&Compare two results...", "Show two result files side by side, with the verdicts of meshmall compare", "Ctrl+D", "compare"},
      {Act::export_picture, Section::file, "&Export a picture...", "Save what the window shows as PNG, at twice its size", "Ctrl+E", "export"},
      {Act::export_curves, Section::file, "Export the charts as S&VG...", "Save the charts as a drawing", "", ""},
      {Act::export_data, Section::file, "Export the &data...", "Save all curves of the run as CSV", "Ctrl+Shift+E", ""},
      {Act::export_report, Section::file, "Export a re&port...", "Save one HTML page with the numbers, the charts and the edits of this session", "", ""},
      {Act::copy_command, Section::file, "Copy the co&mmand line", "The line for the shell that repeats this run", "Ctrl+Shift+C", "copy"},
      {Act::quit, Section::file, "&Quit", "Close the window", "Ctrl+Q", ""},

      {Act::play, Section::run, "&Play", "Play, or pause", "Space", "play"},
      {Act::pause, Section::run, "P&ause", "Stop where it is; playing goes on from there", "", "pause"},
      {Act::step_event, Section::run, "&Step", "One event", ".", "step"},
      {Act::step_second, Section::run, "Step one se&cond", "One second of simulated time", ">", ""},
      {Act::restart, Section::run, "&Restart", "From the beginning, with the edits", "Ctrl+R", "restart"},
      {Act::lock_seed, Section::run, "&Keep the seed", "Locked: Restart brings the same customers again; open: each Restart brings others, by the next seed", "Ctrl+L", "lock", true},
      {Act::choose_seed, Section::run, "Choose a see&d", "Other customers from the beginning: type a seed and press Return", "Ctrl+Shift+L", ""},
      {Act::slower, Section::run, "Slo&wer", "Half the speed", "-", ""},
      {Act::faster, Section::run, "&Faster", "Twice the speed", "+;=", ""},
      {Act::max_speed, Section::run, "As fast as &possible", "As many events a second as this machine can do", "M", "", true},
      {Act::until_time, Section::run, "Run until a &time...", "Play up to an instant of simulated time", "Ctrl+G", ""},
      {Act::until_fault, Section::run, "Run until the next fa&ult", "Play until something happens by the clock: a fault, a patch", "Ctrl+1", ""},
      {Act::until_ejection, Section::run, "Run until the next &ejection", "Play until a proxy ejects an endpoint, a breaker tries one, or lets one in again", "Ctrl+2", ""},
      {Act::until_slo, Section::run, "Run until an SL&O is missed", "Play until a promise of the scenario does not hold", "Ctrl+3", ""},
      {Act::replicate, Section::run, "Run &it N times...", "The scenario as it is now, many times with other random numbers: how sure its figures are, with intervals", "Ctrl+N", ""},
      {Act::live, Section::run, "Back to the p&resent", "Leave the recorded past", "End", ""},
      {Act::mode_watch, Section::run, "Wa&tch", "Floor and charts move with the run", "Ctrl+4", "", true},
      {Act::mode_fast, Section::run, "Fast: c&harts only", "As fast as possible; the floor is drawn when the run stops", "Ctrl+5", "", true},
      {Act::mode_max, Section::run, "Max: &nothing drawn", "As fast as possible; floor and charts are drawn when the run stops", "Ctrl+6", "", true},

      {Act::undo, Section::change, "&Undo", "Take the last change back, from now on", "Ctrl+Z", "undo"},
      {Act::redo, Section::change, "&Redo", "Make the change again, from now on", "Ctrl+Shift+Z", ""},
      {Act::add_fault, Section::change, "&Break something...", "Slow, fail or crash the selected shop; choose what and how long", "Ctrl+B", "crash"},
      {Act::add_policy, Section::change, "Change a &policy...", "Policies of the selected shop, with their parameters", "Ctrl+P", "edit"},
      {Act::what_if, Section::change, "&What if, from here", "Fork the mall now: what you change goes on beside what would have happened", "Ctrl+K", "fork"},
      {Act::compare_policy, Section::change, "&Compare with a policy...", "Two malls side by side from the beginning: as it is, and with another policy, on the same customers", "Ctrl+Shift+D", "compare"},
      {Act::end_what_if, Section::change, "&End the what-if", "Give up the other future", "Ctrl+Shift+K", ""},

      {Act::show_floor, Section::view, "&Floor", "Only the floor", "Alt+1", ""},
      {Act::show_charts, Section::view, "&Charts", "Only the charts", "Alt+2", ""},
      {Act::show_both, Section::view, "Floor and c&harts", "Both side by side", "Alt+3", ""},
      {Act::show_shop, Section::view, "&Shop", "The selected shop and its policies", "1", "", true},
      {Act::show_changes, Section::view, "Ch&anges", "Faults, customers, and the edits so far", "2", "", true},
      {Act::show_trip, Section::view, "&Trip", "One customer's trip, hop by hop", "3", "", true},
      {Act::show_decisions, Section::view, "&Decisions", "What the mesh decided, and when", "4", "", true},
      {Act::show_problems, Section::view, "&Problems", "Errors and warnings of the scenario", "5", "", true},
      {Act::show_time, Section::view, "Where the ti&me went", "Waiting, service, network, proxies, retries and back-off by shop, and the slowest customers", "6", "clock", true},
      {Act::show_table, Section::view, "Floor as a ta&ble", "All shops in rows below the floor, with the same selection", "T", "", true},
      {Act::chart_alone, Section::view, "One chart alo&ne", "The chart under the mouse or the focus alone, and back", "V", "fullscreen"},
      {Act::fit, Section::view, "F&it the floor", "The whole floor in the window", "F", "fit"},
      {Act::back, Section::view, "&Up", "Let the followed customer go, leave a shop, a full screen, the past; then nothing is selected", "Esc", ""},
      {Act::history_back, Section::view, "Shop &before", "The shop that was selected before", "Alt+Left", ""},
      {Act::history_forward, Section::view, "Shop af&ter", "The shop that was selected after", "Alt+Right", ""},
      {Act::follow, Section::view, "F&ollow a customer...", "The trip of a customer by number", "Ctrl+T", ""},
      {Act::presentation, Section::view, "P&resentation", "Large, with captions, without panels", "F11", "", true},
      {Act::theme_light, Section::view, "&Light", "Light colours", "", "", true},
      {Act::theme_dark, Section::view, "Da&rk", "Dark colours", "", "", true},
      {Act::theme_contrast, Section::view, "High co&ntrast", "Strong colours and lines", "", "", true},
      {Act::mall_words, Section::view, "&Mall words", "Shops and customers; off: services and requests", "Ctrl+M", "", true},
      {Act::reduce_motion, Section::view, "R&educe motion", "Customers as bands instead of walking dots", "", "", true},
      {Act::reset_layout, Section::view, "Reset the la&yout", "Panels and shops back to their places", "", ""},
      {Act::qtenv_keys, Section::view, "Keys of &Qtenv", "F4 step, F5 run, F6 fast, F7 express, F8 stop, Ctrl+F5 run until, as in OMNeT++", "", "", true},

      {Act::palette, Section::help, "&Commands...", "Find any action by its name", "Ctrl+Shift+P", ""},
      {Act::keys, Section::help, "&Keys", "All keys", "?", ""},
      {Act::guide, Section::help, "&Guide", "What the picture means", "F1", ""},
      {Act::whats_this, Section::help, "What is &this?", "Then click a tile, a chart or a button: what it means", "Shift+F1", ""},
  };
  return table;
}

namespace {

// What Qtenv's users press; nullptr: the keys of the table.
const char* qtenvKeys(Act act) {
  switch (act) {
    case Act::step_event: return ".;F4";
    case Act::play: return "Space;F5";
    case Act::mode_fast: return "F6;Ctrl+5";
    case Act::mode_max: return "F7;Ctrl+6";
    case Act::pause: return "F8";
    case Act::until_time: return "Ctrl+F5;Ctrl+G";
    case Act::reload: return "Ctrl+Shift+R";  // F5 runs
    default: return nullptr;
  }
}

}  // namespace

QString sectionTitle(Section section) {
  constexpr const char* kTitles[] = {"&File", "&Run", "&Change", "&View", "&Help"};
  return QCoreApplication::translate("Actions", kTitles[static_cast<int>(section)]);
}

Actions::Actions(QWidget* window) : QObject(window) {
  for (const ActionInfo& info : actionTable()) {
    auto* action = new QAction(QCoreApplication::translate("Actions", info.text), window);
    const QString tip = QCoreApplication::translate("Actions", info.tip);
    action->setStatusTip(tip);
    action->setWhatsThis(tip);
    if (info.act == Act::step_second) action->setIconText(tr("1 s"));
    action->setCheckable(info.checkable);
    action->setObjectName(QStringLiteral("action-%1").arg(static_cast<int>(info.act)));
    window->addAction(action);
    actions_[info.act] = action;
  }
  setKeys(KeySet::own);
}

void Actions::setKeys(KeySet set) {
  for (const ActionInfo& info : actionTable()) {
    const char* other = set == KeySet::qtenv ? qtenvKeys(info.act) : nullptr;
    QList<QKeySequence> keys;
    for (const QString& key : QString::fromLatin1(other != nullptr ? other : info.keys).split(QLatin1Char(';'), Qt::SkipEmptyParts)) keys.append(QKeySequence(key));
    QAction* action = at(info.act);
    action->setShortcuts(keys);
    action->setToolTip(action->statusTip() + (keys.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(keys.first().toString(QKeySequence::NativeText))));
  }
}

void Actions::fill(QMenu* menu, Section section) const {
  for (const ActionInfo& info : actionTable())
    if (info.section == section) menu->addAction(at(info.act));
}

void Actions::setTokens(const Tokens& tokens) {
  for (const ActionInfo& info : actionTable())
    if (*info.icon != '\0') at(info.act)->setIcon(icon(QString::fromLatin1(info.icon), tokens));
}

void Actions::setPlaying(bool playing, const Tokens& tokens) {
  at(Act::play)->setIcon(icon(playing ? QStringLiteral("pause") : QStringLiteral("play"), tokens));
}

}  // namespace meshmall::gui
