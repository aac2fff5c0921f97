#include "gui/session/locked_pair.h"

#include <algorithm>
#include <utility>

namespace meshmall::gui {

using engine::Duration;
using engine::SimTime;

LockedPair::LockedPair(ScenarioFile first, ScenarioFile second) : a_(std::move(first)), b_(std::move(second)) {
  for (Session* one : {&a_, &b_}) one->setSpeed(kMaxSpeed);
  first_shown_ = a_.latest();
  second_shown_ = b_.latest();
}

SimTime LockedPair::end() const { return std::max(first_shown_->status.end, second_shown_->status.end); }
bool LockedPair::finished() const { return first_shown_->status.finished && second_shown_->status.finished; }

std::string LockedPair::error() const {
  for (const auto* frame : {&first_shown_, &second_shown_})
    if ((*frame)->status.errors > 0) return (*frame)->status.error;
  return {};
}

void LockedPair::anchor() {
  anchor_wall_ = Clock::now();
  anchor_at_ = reached_;
}

void LockedPair::play() {
  if (finished()) return;
  stop_ = engine::kNever;
  playing_ = true;
  anchor();
}

void LockedPair::playUntil(SimTime at) {
  play();
  stop_ = at;
}

void LockedPair::setSpeed(double speed) {
  speed_ = speed;
  anchor();
}

void LockedPair::stepTime(Duration length) {
  playing_ = false;
  if (!under_way_) send(reached_ + length);
}

void LockedPair::restart() {
  playing_ = false;
  stop_ = engine::kNever;
  for (Session* one : {&a_, &b_}) one->restart();
  reached_ = SimTime{};
  under_way_ = true;  // the pictures of the beginning are still to come
  target_ = SimTime{};
  sent_ = Clock::now();
}

void LockedPair::send(SimTime target) {
  target_ = std::min(target, end());
  StopRule rule;
  rule.at = target_;
  for (Session* one : {&a_, &b_}) one->runUntil(rule);
  under_way_ = true;
  sent_ = Clock::now();
}

bool LockedPair::tick() {
  bool news = false;
  if (under_way_) {
    const auto a = a_.latest(), b = b_.latest();
    const bool failed = a->status.errors > 0 || b->status.errors > 0;
    const bool back = target_.ns == 0 && (a->status.position.ns != 0 || b->status.position.ns != 0);  // a restart that has not been answered
    if (!failed && (back || !arrived(*a) || !arrived(*b))) return false;
    first_shown_ = a;
    second_shown_ = b;
    reached_ = target_;
    under_way_ = false;
    news = true;
    const auto took = Clock::now() - sent_;
    if (took < std::chrono::milliseconds(60)) stride_ = Duration{std::min(engine::seconds(60).ns, stride_.ns * 2)};
    else if (took > std::chrono::milliseconds(150)) stride_ = Duration{std::max(engine::milliseconds(1).ns, stride_.ns / 2)};
    if (failed || finished() || reached_ >= stop_ || reached_ >= end()) playing_ = false;
  }
  if (!playing_) return news;
  SimTime next = reached_ + stride_;
  if (speed_ > 0) {
    const double passed = std::chrono::duration<double>(Clock::now() - anchor_wall_).count();
    const SimTime due = anchor_at_ + engine::fromSeconds(passed * speed_);
    if (due <= reached_) return news;
    if ((due - reached_).seconds() > 0.25 * speed_) anchor();  // cannot keep up: no debts
    next = std::min(due, reached_ + engine::fromSeconds(0.25 * speed_));
  }
  send(std::min(next, stop_));
  return news;
}

}  // namespace meshmall::gui
