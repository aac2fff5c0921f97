#include "gui/session/session.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "gui/session/playback.h"
#include "models/observation/slo_verdict.h"

namespace meshmall::gui {

using engine::SimTime;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kFrame{30};       // between two frames
constexpr milliseconds kThorough{200};   // between two with percentiles and verdicts
constexpr int kAtFullSpeed = 40, kElse = 6;  // a picture may take one part in so many of the time: the rest is for the run
constexpr engine::Duration kShortest{1'000}, kLongest{engine::seconds(20)};

}  // namespace

Session::Session(ScenarioFile file) : Session(std::make_unique<Playback>(std::move(file))) {}

Session::Session(std::unique_ptr<Playback> playback) : playback_(std::move(playback)), plan_(playback_->file().plan), path_(playback_->file().path) {
  anchor_wall_ = rate_since_ = last_publish_ = last_thorough_ = Clock::now();
  anchor_clock_ = rate_clock_ = playback_->position();
  rate_events_ = playback_->mall().events();
  seen_ = askedFor();
  publish(true);
  thread_ = std::thread([this] { work(); });
}

Session::~Session() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

// ---- from the window's thread -------------------------------------------------------------------------------------------------------------

void Session::command(std::function<void()> action) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(action));
  }
  wake_.notify_all();
}

template <typename Answer>
std::future<Answer> Session::ask(std::function<Answer()> question) {
  auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> answer = promise->get_future();
  command([promise, question = std::move(question)] {
    try {
      promise->set_value(question());
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  });
  return answer;
}

void Session::play() {
  command([this] {
    playing_ = !playback_->finished();
    rule_ = {};
    status_.stop = SessionStatus::Stop::none;
    anchor();
  });
}

void Session::pause() {
  command([this] { playing_ = false; });
}

void Session::stepEvent() {
  command([this] {
    playing_ = false;
    status_.stop = SessionStatus::Stop::none;
    while (playback_->replaying()) playback_->advanceTo(playback_->position());
    playback_->stepEvent();
  });
}

void Session::stepTime(engine::Duration length) {
  command([this, length] {
    rule_ = {};
    rule_.at = playback_->position() + length;
    playing_ = !playback_->finished();
    anchor();
    anchor_clock_ = rule_.at;  // at once, not in real time
  });
}

void Session::setSpeed(double speed) {
  command([this, speed] {
    speed_ = std::max(0.0, speed);
    anchor();
  });
}

void Session::runUntil(StopRule rule) {
  command([this, rule] {
    rule_ = rule;
    status_.stop = SessionStatus::Stop::none;
    seen_ = askedFor();
    playing_ = !playback_->finished();
    anchor();
  });
}

void Session::restart() {
  command([this] {
    playing_ = false;
    status_.stop = SessionStatus::Stop::none;
    playback_->restart();
    rule_ = {};
    seen_ = 0;
    status_.error.clear();
    anchor();
  });
}

void Session::restartWith(std::uint64_t seed) {
  command([this, seed] {
    playing_ = false;
    refuse(playback_->restartWith(seed));
    rule_ = {};
    seen_ = 0;
    anchor();
  });
}

void Session::apply(std::string event, std::string label) {
  command([this, event = std::move(event), label = std::move(label)] { refuse(playback_->apply(event, label)); });
}
void Session::endFault(std::uint32_t event) {
  command([this, event] { refuse(playback_->endFault(event)); });
}
void Session::undo() {
  command([this] { refuse(playback_->undo()); });
}
void Session::redo() {
  command([this] { refuse(playback_->redo()); });
}

std::shared_ptr<const Frame> Session::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::shared_ptr<const models::Plan> Session::plan() const {
  const std::lock_guard lock(mutex_);
  return plan_;
}

std::future<std::string> Session::resultJson() {
  return ask<std::string>([this] { return playback_->resultJson(); });
}
std::future<std::string> Session::scenarioText() {
  return ask<std::string>([this] { return playback_->edited().text(); });
}
std::future<std::string> Session::meshNow() {
  return ask<std::string>([this] { return playback_->edited().meshAt(playback_->present()); });
}

std::unique_ptr<Session> Session::fork() {
  auto copy = ask<std::shared_ptr<Playback>>([this] { return std::make_shared<Playback>(*playback_); }).get();
  return std::unique_ptr<Session>(new Session(std::make_unique<Playback>(std::move(*copy))));
}

// ---- the worker ---------------------------------------------------------------------------------------------------------------------------

void Session::refuse(const std::optional<std::string>& error) {
  if (error) {
    status_.error = *error;
    ++status_.errors;
    return;
  }
  status_.error.clear();
  ++status_.revision;
  const std::lock_guard lock(mutex_);
  plan_ = playback_->file().plan;
}

// A limit was reached, or a promise does not hold: the run stops where it is.
void Session::fail(const std::string& why) {
  playing_ = false;
  status_.error = why;
  ++status_.errors;
  dirty_ = true;
}

bool Session::moving() const { return playback_->replaying() || (playing_ && !playback_->finished()); }

void Session::anchor() {
  anchor_wall_ = Clock::now();
  anchor_clock_ = playback_->position();
}

void Session::runCommands(std::unique_lock<std::mutex>& lock) {
  while (!commands_.empty() && !stop_) {
    auto action = std::move(commands_.front());
    commands_.pop_front();
    lock.unlock();
    const bool was_replaying = playback_->replaying();
    try {
      action();
    } catch (const std::exception& failure) {
      fail(failure.what());
    }
    if (was_replaying != playback_->replaying()) anchor();
    dirty_ = true;
    lock.lock();
  }
}

void Session::work() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    runCommands(lock);
    if (stop_) return;
    lock.unlock();
    const bool moves = moving();
    try {
      if (moves) slice();
    } catch (const std::exception& failure) {
      fail(failure.what());
    }
    if (dirty_) publishWhenDue();
    lock.lock();
    if (!stop_ && commands_.empty() && !moving() && !dirty_) wake_.wait(lock);
    else if (!stop_ && commands_.empty() && moves && playing_ && !playback_->replaying() && speed_ > 0) wake_.wait_for(lock, milliseconds(4));
  }
}

// Moves towards `target` for a few milliseconds at most.
void Session::advance(SimTime target) {
  const auto before = Clock::now();
  playback_->advanceTo(target);
  const auto took = Clock::now() - before;
  if (took > milliseconds(8)) slice_ = {std::max(kShortest.ns, slice_.ns / 2)};
  else if (took < milliseconds(3)) slice_ = {std::min(kLongest.ns, slice_.ns * 2)};
  dirty_ = true;
}

void Session::slice() {
  if (playback_->replaying()) {
    const SimTime target = std::min(playback_->position(), playback_->clock() + slice_);
    advance(target);
    if (!playback_->replaying()) anchor();
    return;
  }
  SimTime target = rule_.at;
  const bool paced = speed_ > 0 && anchor_clock_ <= playback_->position();
  if (paced) {
    const double passed = std::chrono::duration<double>(Clock::now() - anchor_wall_).count();
    const SimTime due = anchor_clock_ + engine::fromSeconds(passed * speed_);
    if (due.ns - playback_->position().ns > engine::fromSeconds(0.25 * speed_).ns) anchor();  // cannot keep up: no debts
    target = std::min(target, due);
  }
  target = std::min(target, playback_->position() + slice_);
  if (target > playback_->position()) {
    if (rule_.next_fault || rule_.next_ejection) stepTo(target);
    else advance(target);
  }
  if (const auto reached = reachedWhatWasAsked(); reached != SessionStatus::Stop::none) {
    status_.stop = reached;
    playing_ = false;
    rule_ = {};
  }
  if (playback_->finished()) playing_ = false;
}

std::uint64_t Session::askedFor() const {
  const models::Collector& collector = playback_->mall().collector();
  std::uint64_t count = 0;
  if (rule_.next_fault) count += collector.decisionsOf(models::DecisionKind::event) + collector.decisionsOf(models::DecisionKind::patch);
  if (rule_.next_ejection)
    for (const auto kind : {models::DecisionKind::ejection, models::DecisionKind::uneject, models::DecisionKind::probe}) count += collector.decisionsOf(kind);
  return count;
}

// As advance(), but exactly to the event that was asked for if it comes before `target`: what a slice ran past is run again, event by event.
void Session::stepTo(SimTime target) {
  Playback before = *playback_;
  advance(target);
  if (askedFor() == seen_) return;
  *playback_ = std::move(before);
  while (askedFor() == seen_ && playback_->stepEvent()) {
  }
}

SessionStatus::Stop Session::reachedWhatWasAsked() {
  using Stop = SessionStatus::Stop;
  if (playback_->position() >= rule_.at) return Stop::time;
  if ((rule_.next_fault || rule_.next_ejection) && askedFor() != seen_) return rule_.next_fault ? Stop::fault : Stop::ejection;
  if (!rule_.slo_missed || playback_->mall().collector().timeline().points() == slo_points_) return Stop::none;
  slo_points_ = playback_->mall().collector().timeline().points();
  const std::vector<models::SloVerdict> verdicts = models::verdictsNow(playback_->mall());
  return std::any_of(verdicts.begin(), verdicts.end(), [](const models::SloVerdict& slo) { return slo.value && !slo.holds; }) ? Stop::slo : Stop::none;
}

// A mall of hundreds of services takes its time to be pictured: the more, the more seldom. One that stands still is always shown as it is.
void Session::publishWhenDue() {
  const auto now = Clock::now();
  const int parts = speed_ > 0 && !playback_->replaying() ? kElse : kAtFullSpeed;
  const bool moves = moving();
  if (moves && now - last_publish_ < std::max<Clock::duration>(kFrame, parts * picture_took_)) return;
  const bool thorough = !moves || now - last_thorough_ >= std::max<Clock::duration>(kThorough, parts * thorough_took_);
  publish(thorough);
  (thorough ? thorough_took_ : picture_took_) = Clock::now() - now;
}

void Session::publish(bool thorough) {
  const auto now = Clock::now();
  auto frame = std::make_shared<Frame>();
  if (playback_->replaying() && latest_) {  // the picture stays until the present is reached again
    const std::lock_guard lock(mutex_);
    frame->snapshot = latest_->snapshot;
    frame->recorded = latest_->recorded;
  } else {
    frame->snapshot = playback_->snapshot(thorough);
    frame->snapshot.now = playback_->position();
    frame->recorded = playback_->ring().all();
    if (thorough) last_thorough_ = now;
  }
  const double wall = std::chrono::duration<double>(now - rate_since_).count();
  if (wall >= 0.5) {
    const std::uint64_t events = playback_->mall().events();
    status_.event_rate = events >= rate_events_ ? static_cast<double>(events - rate_events_) / wall : 0;
    status_.simulated_rate = std::max(0.0, (playback_->clock() - rate_clock_).seconds()) / wall;
    rate_since_ = now;
    rate_events_ = events;
    rate_clock_ = playback_->clock();
  }
  status_.playing = playing_;
  status_.replaying = playback_->replaying();
  status_.finished = playback_->finished();
  status_.speed = speed_;
  status_.replay_progress = playback_->replayProgress();
  status_.position = playback_->position();
  status_.end = playback_->mall().end();
  status_.can_undo = playback_->canUndo();
  status_.can_redo = playback_->canRedo();
  status_.undo_label = playback_->undoLabel();
  status_.redo_label = playback_->redoLabel();
  status_.edited = playback_->edited().edited();
  status_.hash = playback_->file().hash;
  frame->status = status_;
  frame->edits = std::make_shared<const std::vector<Edit>>(playback_->edited().history());
  last_publish_ = now;
  dirty_ = false;
  const std::lock_guard lock(mutex_);
  latest_ = std::move(frame);
}

}  // namespace meshmall::gui
