// A mall being played: its clock, the samples and snapshots taken on the way, and the edits made while it runs. Single-threaded, deterministic: what the mall does
// depends on the scenario as edited, never on how fast or in what steps it was played. A copy is a fork: both go on by themselves.
//
// An edit is a further event of the scenario, one nanosecond after the present, so nothing that has happened changes. Most edits are put into the running mall, which
// is from then on the one that the edited scenario starts (Mall::addEvents). Where that cannot be had (a policy of a kind that the mall kept no state for), the mall is
// made anew and goes to the present again without being shown; until then replaying() is true and position() stays where the user saw it.
// Throws engine::LimitReached and engine::BrokenPromise from advance and step.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/session/edited_scenario.h"
#include "gui/session/scenario_file.h"
#include "gui/session/snapshot_ring.h"
#include "models/mall/mall.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

class Playback {
 public:
  explicit Playback(ScenarioFile file);  // of a sound one

  // ---- time
  void advanceTo(engine::SimTime until);
  // One event, the next one; false: the run is over.
  bool stepEvent();
  void restart();                      // from the beginning, with the edits
  std::optional<std::string> restartWith(std::uint64_t seed);  // the same with other customers; why not
  engine::SimTime position() const { return std::max(clock_, replay_to_); }
  engine::SimTime clock() const { return clock_; }  // where the mall is
  bool replaying() const { return clock_ < replay_to_ && !mall_.finished(); }
  double replayProgress() const;       // 0..1
  bool finished() const { return mall_.finished() && !replaying(); }

  // ---- edits: an error in words, or nothing
  std::optional<std::string> apply(const std::string& event, const std::string& label);
  std::optional<std::string> endFault(std::uint32_t event);  // from now on
  std::optional<std::string> undo();
  std::optional<std::string> redo();
  bool canUndo() const { return !done_.empty(); }
  bool canRedo() const { return !undone_.empty(); }
  std::string undoLabel() const { return done_.empty() ? std::string() : done_.back().label; }
  std::string redoLabel() const { return undone_.empty() ? std::string() : undone_.back().label; }
  engine::SimTime present() const { return {position().ns + 1}; }  // from when on an edit holds
  const EditedScenario& edited() const { return edited_; }
  const ScenarioFile& file() const { return file_; }  // as edited

  // ---- what is there
  const models::Mall& mall() const { return mall_; }
  models::Snapshot snapshot(bool thorough) { return taker_.take(mall_, thorough); }
  const SnapshotRing& ring() const { return ring_; }
  std::string resultJson() const;      // the bytes of `meshmall run --format json`

 private:
  struct Done {           // how an edit is taken back
    std::uint32_t event = 0;
    bool ended = false;   // the edit was the end of a fault
    std::string what, label;
  };
  enum class Change { added, ended, withdrawn };
  std::optional<std::string> adopt(EditedScenario edited, Change change, std::uint32_t event);
  bool putIntoMall(const std::shared_ptr<const models::Plan>& plan, Change change, std::uint32_t event);
  std::optional<std::string> takeBack(const Done& done);
  void begin();
  void record();

  ScenarioFile file_;
  EditedScenario edited_;
  models::Mall mall_;
  models::SnapshotTaker taker_;
  SnapshotRing ring_;
  engine::SimTime clock_, replay_to_;
  std::vector<Done> done_, undone_;
};

}  // namespace meshmall::gui
