// Two malls on the same customers, kept at the same instant: each has a session of its own, and neither gets a new target before both have reached the last one.
// So whatever is shown of the two is of one simulated time. Draws are addressed by meaning, so a customer of one is the same customer in the other.
//
//   LockedPair pair(as_is, changed);
//   pair.play();
//   if (pair.tick()) show(pair.first(), pair.second());   // from a timer
//
// All methods are called from one thread. Nothing here computes: differences come from models/observation/paired_periods.h.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "gui/session/session.h"

namespace meshmall::gui {

class LockedPair {
 public:
  LockedPair(ScenarioFile first, ScenarioFile second);  // sound ones

  void play();
  void pause() { playing_ = false; }
  void setSpeed(double speed);            // simulated seconds a second; kMaxSpeed
  void stepTime(engine::Duration length);  // both, and pauses there
  void playUntil(engine::SimTime at);      // and pauses there
  void restart();

  // Looks whether both are there, and sends them on while it plays. True: first() and second() are newer.
  bool tick();
  const std::shared_ptr<const Frame>& first() const { return first_shown_; }
  const std::shared_ptr<const Frame>& second() const { return second_shown_; }
  engine::SimTime position() const { return reached_; }
  engine::SimTime end() const;             // the later one's
  bool playing() const { return playing_; }
  bool finished() const;
  double speed() const { return speed_; }
  std::string error() const;               // why one of them stopped; empty: none

 private:
  using Clock = std::chrono::steady_clock;

  bool arrived(const Frame& frame) const { return !frame.status.playing && (frame.status.position >= target_ || frame.status.finished); }
  void send(engine::SimTime target);
  void anchor();

  Session a_, b_;
  std::shared_ptr<const Frame> first_shown_, second_shown_;
  engine::SimTime target_, reached_, stop_ = engine::kNever;
  bool under_way_ = false, playing_ = false;
  double speed_ = 1;
  engine::Duration stride_ = engine::milliseconds(50);  // as fast as possible: as far as takes about a tenth of a second
  Clock::time_point anchor_wall_, sent_;
  engine::SimTime anchor_at_;
};

}  // namespace meshmall::gui
