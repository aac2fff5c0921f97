// Everything a person can do, in one table: text, tip, keys, icon, where it stands in the menus. Menus, tool bar, palette and the list of keys are made of it,
// so a name is the same everywhere. Promises (tested): every action has a text, a tip and an accessible name; no two share a key.
#pragma once

#include <QAction>
#include <QObject>
#include <QString>
#include <map>
#include <vector>

#include "gui/theme/tokens.h"

class QMenu;
class QWidget;

namespace meshmall::gui {

enum class Act {
  open, import_mesh, reload, restart, save_scenario, save_result, save_study, compare_results, export_picture, export_curves, export_data, export_report, copy_command, quit,
  play, pause, step_event, step_second, slower, faster, max_speed, until_time, until_fault, until_ejection, until_slo, live, replicate,
  lock_seed, choose_seed,
  mode_watch, mode_fast, mode_max,
  undo, redo, add_fault, add_policy, what_if, end_what_if, compare_policy,
  show_floor, show_charts, show_both, show_shop, show_changes, show_trip, show_decisions, show_problems, show_time, show_table, chart_alone, fit, back, history_back, history_forward,
  follow, presentation, theme_light, theme_dark, theme_contrast, mall_words, reduce_motion, reset_layout, qtenv_keys,
  palette, keys, guide, whats_this,
};

enum class Section { file, run, change, view, help };

struct ActionInfo {
  Act act;
  Section section;
  const char* text;  // "&" marks the letter for Alt
  const char* tip;
  const char* keys;  // as QKeySequence reads them, separated by ';'; may be empty
  const char* icon;  // of the theme; may be empty
  bool checkable = false;
};

const std::vector<ActionInfo>& actionTable();

// The keys of the table, or those that users of OMNeT++'s Qtenv know (F4 step, F5 run, F6 fast, F7 express, F8 stop, Ctrl+F5 run until) beside them.
enum class KeySet { own, qtenv };
QString sectionTitle(Section section);

class Actions final : public QObject {
  Q_OBJECT

 public:
  explicit Actions(QWidget* window);

  QAction* at(Act act) const { return actions_.at(act); }
  const std::map<Act, QAction*>& all() const { return actions_; }
  void fill(QMenu* menu, Section section) const;
  void setKeys(KeySet keys);
  void setTokens(const Tokens& tokens);
  void setPlaying(bool playing, const Tokens& tokens);  // the picture of Act::play

 private:
  std::map<Act, QAction*> actions_;
};

}  // namespace meshmall::gui
