#include "gui/session/playback.h"

#include <algorithm>
#include <utility>

#include "models/observation/result.h"

namespace meshmall::gui {

using engine::SimTime;

namespace {

models::Mall mallOf(const ScenarioFile& file) {
  models::RunOptions options;
  options.seed = file.plan->scenario.run.seed;
  return models::Mall(file.plan, options);
}

SnapshotRing ringOf(const ScenarioFile& file) {
  return SnapshotRing({std::max<std::int64_t>(1, file.plan->windowEnd().ns / static_cast<std::int64_t>(SnapshotRing::kMost))});
}

std::string firstError(const ScenarioFile& file) {
  for (const models::Problem& problem : file.problems)
    if (problem.severity == models::Problem::Severity::error) return problem.pointer + ": " + problem.message + (problem.hint.empty() ? "" : "; " + problem.hint);
  return "the scenario cannot be run";
}

}  // namespace

Playback::Playback(ScenarioFile file)
    : file_(std::move(file)), edited_(file_.text, file_.warmup), mall_(mallOf(file_)), taker_(mall_), ring_(ringOf(file_)) {
  record();
}

void Playback::begin() {
  mall_ = mallOf(file_);
  taker_ = models::SnapshotTaker(mall_);
  ring_ = ringOf(file_);
  clock_ = SimTime{};
  record();
}

void Playback::restart() {
  begin();
  replay_to_ = SimTime{};
}

std::optional<std::string> Playback::restartWith(std::uint64_t seed) {
  EditedScenario edited = edited_;
  edited.setSeed(seed);
  ScenarioFile file = readScenario(edited.text(), file_.path, false, file_.warmup);
  if (!file.sound()) return firstError(file);
  file.problems = file_.problems;
  file.warmup = file_.warmup;
  file_ = std::move(file);
  edited_ = std::move(edited);
  restart();
  return std::nullopt;
}

double Playback::replayProgress() const {
  return replay_to_.ns > 0 ? std::min(1.0, static_cast<double>(clock_.ns) / static_cast<double>(replay_to_.ns)) : 1.0;
}

void Playback::record() {
  if (!ring_.due(clock_)) return;
  auto snapshot = taker_.take(mall_, false);
  snapshot.now = clock_;
  ring_.add(std::make_shared<const models::Snapshot>(std::move(snapshot)));
}

void Playback::advanceTo(SimTime until) {
  const bool drains = mall_.plan().scenario.run.drain;
  while (!mall_.finished() && clock_ < until) {
    const SimTime stop = std::min(until, taker_.nextSample());
    // A drain ends when nothing moves any more, which only a step can tell.
    if (drains && stop >= mall_.end()) {
      mall_.runUntil(SimTime{mall_.end().ns - 1});
      while (!mall_.finished() && mall_.now() < stop) mall_.step();
    } else {
      mall_.runUntil(stop);
    }
    clock_ = std::max(clock_, stop == engine::kNever || mall_.finished() ? mall_.now() : stop);
    if (clock_ >= taker_.nextSample()) taker_.sample(mall_);
    record();
  }
  if (mall_.finished() && replay_to_ > clock_) replay_to_ = clock_;
}

bool Playback::stepEvent() {
  if (mall_.finished()) return false;
  const bool stepped = mall_.step();
  clock_ = std::max(clock_, mall_.now());
  while (clock_ > taker_.nextSample()) taker_.sample(mall_);
  record();
  return stepped;
}

std::string Playback::resultJson() const { return models::toJson(mall_.result()); }

// ---- edits ---------------------------------------------------------------------------------------------------------------------------

bool Playback::putIntoMall(const std::shared_ptr<const models::Plan>& plan, Change change, std::uint32_t event) {
  switch (change) {
    case Change::added: return mall_.addEvents(plan);
    case Change::ended: return mall_.moveEnd(plan, event);
    case Change::withdrawn: return mall_.withdrawEvent(plan);
  }
  return false;
}

std::optional<std::string> Playback::adopt(EditedScenario edited, Change change, std::uint32_t event) {
  ScenarioFile file = readScenario(edited.text(), file_.path, false, file_.warmup);
  if (!file.sound()) return firstError(file);
  const SimTime seen = position();
  file.problems = file_.problems;  // the advice is about the file as opened
  file.warmup = file_.warmup;
  file_ = std::move(file);
  edited_ = std::move(edited);
  if (putIntoMall(file_.plan, change, event)) return std::nullopt;
  begin();
  replay_to_ = seen;
  return std::nullopt;
}

std::optional<std::string> Playback::apply(const std::string& event, const std::string& label) {
  if (!EditedScenario::wellFormed(event)) return "the change is not a JSON object of an event without \"at\"";
  if (present() >= mall_.end()) return "the run is over: restart it to change something";
  EditedScenario edited = edited_;
  const std::uint32_t index = edited.add({present(), label, event});
  if (auto error = adopt(std::move(edited), Change::added, index)) return error;
  done_.push_back({index, false, event, label});
  undone_.clear();
  return std::nullopt;
}

std::optional<std::string> Playback::endFault(std::uint32_t event) {
  EditedScenario edited = edited_;
  if (!edited.end(event, present())) return "it is over, repeats at random, or stays until the next patch";
  if (auto error = adopt(std::move(edited), Change::ended, event)) return error;
  done_.push_back({event, true, {}, "end of event " + std::to_string(event)});
  undone_.clear();
  return std::nullopt;
}

std::optional<std::string> Playback::takeBack(const Done& done) {
  EditedScenario edited = edited_;
  if (done.ended) return "an ended fault cannot be taken back: start it again";
  if (edited.withdraw(done.event, position())) return adopt(std::move(edited), Change::withdrawn, done.event);
  if (edited.isPatch(done.event)) {
    const std::string inverse = edited.inverseOf(done.event);
    const std::uint32_t index = edited.add({present(), "undo: " + done.label, inverse});
    return adopt(std::move(edited), Change::added, index);
  }
  if (!edited.end(done.event, present())) return "\"" + done.label + "\" is over already";
  return adopt(std::move(edited), Change::ended, done.event);
}

std::optional<std::string> Playback::undo() {
  if (done_.empty()) return "there is nothing to undo";
  const Done done = done_.back();
  done_.pop_back();
  if (auto error = takeBack(done)) return error;
  undone_.push_back(done);
  return std::nullopt;
}

std::optional<std::string> Playback::redo() {
  if (undone_.empty()) return "there is nothing to redo";
  const Done again = undone_.back();
  EditedScenario edited = edited_;
  const std::uint32_t index = edited.add({present(), again.label, again.what});
  if (auto error = adopt(std::move(edited), Change::added, index)) return error;
  undone_.pop_back();
  done_.push_back({index, false, again.what, again.label});
  return std::nullopt;
}

}  // namespace meshmall::gui
