// A playback on a thread of its own: commands go in, are answered between events, and the latest frame comes out through one slot that never queues.
// The simulation is run in slices of a few milliseconds, so a command waits no longer than that. How fast it is played changes nothing of what happens.
//
//   Session session(openScenario("scenarios/bakery.json"));
//   session.play();
//   auto frame = session.latest();   // from a timer, 30 times a second
//
// All methods may be called from one thread, the window's. Destroying a session stops it at the next slice.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gui/session/edited_scenario.h"
#include "gui/session/scenario_file.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

class Playback;

inline constexpr double kMaxSpeed = 0;  // as fast as possible

struct SessionStatus {
  bool playing = false, replaying = false, finished = false;
  double speed = 1;                      // simulated seconds a second; kMaxSpeed
  double replay_progress = 1;
  double simulated_rate = 0, event_rate = 0;  // what was reached lately, per second of wall time
  engine::SimTime position, end;
  enum class Stop : std::uint8_t { none, time, fault, ejection, slo } stop = Stop::none;  // what a run until was waiting for, and met
  std::string error;                     // why the last command was refused, or the run stopped
  std::uint64_t errors = 0;              // so far: a new one has a new number
  bool can_undo = false, can_redo = false, edited = false;
  std::string undo_label, redo_label;    // what would be undone, or made again
  std::string hash;                      // of the scenario as edited
  std::uint64_t revision = 0;            // of the edits
};

struct Frame {
  models::Snapshot snapshot;
  SessionStatus status;
  std::shared_ptr<const std::vector<Edit>> edits;  // EditedScenario::history()
  std::vector<std::shared_ptr<const models::Snapshot>> recorded;  // oldest first, without series
};

// Where a run that was started by runUntil() stops.
struct StopRule {
  engine::SimTime at = engine::kNever;
  bool next_fault = false, next_ejection = false, slo_missed = false;
};

class Session {
 public:
  explicit Session(ScenarioFile file);  // of a sound one
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void play();
  void pause();
  void stepEvent();                            // pauses; exactly one event
  void stepTime(engine::Duration length);      // pauses there
  void setSpeed(double speed);
  void runUntil(StopRule rule);
  void restart();
  void restartWith(std::uint64_t seed);  // with other customers; the edits stay

  void apply(std::string event, std::string label);
  void endFault(std::uint32_t event);
  void undo();
  void redo();

  std::shared_ptr<const Frame> latest() const;
  // Answered between two slices.
  std::future<std::string> resultJson();
  std::future<std::string> scenarioText();
  std::future<std::string> meshNow();
  // A copy that goes on by itself from here, paused.
  std::unique_ptr<Session> fork();
  // The plan and the customers so far, for queries beside the run (trips).
  std::shared_ptr<const models::Plan> plan() const;
  const std::string& path() const { return path_; }

 private:
  explicit Session(std::unique_ptr<Playback> playback);
  using Clock = std::chrono::steady_clock;

  void command(std::function<void()> action);
  template <typename Answer>
  std::future<Answer> ask(std::function<Answer()> question);
  void work();
  void runCommands(std::unique_lock<std::mutex>& lock);
  void slice();
  void advance(engine::SimTime target);
  void anchor();
  bool moving() const;
  std::uint64_t askedFor() const;  // a count of what the rule waits for: one more, and the run stops
  SessionStatus::Stop reachedWhatWasAsked();
  void stepTo(engine::SimTime target);
  void publishWhenDue();
  void publish(bool thorough);
  void fail(const std::string& why);
  void refuse(const std::optional<std::string>& error);

  // The worker's.
  std::unique_ptr<Playback> playback_;  // mall.h and Qt do not go together: Qt takes the word "slots"
  bool playing_ = false;
  double speed_ = 1;
  StopRule rule_;
  std::uint64_t seen_ = 0;  // of askedFor()
  std::size_t slo_points_ = 0;
  engine::Duration slice_ = engine::milliseconds(1);
  Clock::time_point anchor_wall_, rate_since_, last_publish_, last_thorough_;
  Clock::duration picture_took_{}, thorough_took_{};  // the last one of each kind
  engine::SimTime anchor_clock_, rate_clock_;
  std::uint64_t rate_events_ = 0;
  bool dirty_ = true;
  SessionStatus status_;

  // Shared.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> commands_;
  std::shared_ptr<const Frame> latest_;
  std::shared_ptr<const models::Plan> plan_;
  bool stop_ = false;
  std::string path_;
  std::thread thread_;
};

}  // namespace meshmall::gui
