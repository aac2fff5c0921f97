// A session without a window at full speed, edited without rest: for the thread and address sanitizers. At the end of each run the scenario as edited is run from the
// start and must give the same bytes. Prints the memory in use; exits with 1 when something does not hold.
// usage: session_soak [SCENARIO=scenarios/bakery.json] [SECONDS=120] [SEED=1]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "gui/session/playback.h"
#include "gui/session/session.h"
#include "random_edits.h"

namespace {

using namespace meshmall;
using namespace meshmall::gui;
using Clock = std::chrono::steady_clock;

struct Counts {
  std::size_t runs = 0, edits = 0, refused = 0, forks = 0, frames = 0, replays = 0;
};

bool replaysExactly(Session& session, const std::string& path) {
  const std::string text = session.scenarioText().get(), result = session.resultJson().get();
  Playback again(readScenario(text, path, false));
  again.advanceTo(engine::kNever);
  return again.resultJson() == result;
}

void act(Session& session, const models::Scenario& scenario, std::mt19937_64& random, Counts& counts) {
  switch (random() % 14) {
    case 0: return session.pause(), session.play();
    case 1: return session.stepEvent(), session.play();
    case 2: return session.undo();
    case 3: return session.redo();
    case 4: return session.setSpeed(random() % 4 == 0 ? 50 : kMaxSpeed);
    case 5: {
      ++counts.forks;
      const auto fork = session.fork();
      fork->setSpeed(kMaxSpeed);
      fork->play();
      return;
    }
    case 6: return static_cast<void>(session.meshNow().get());
    case 7: {
      StopRule rule;
      (random() % 2 == 0 ? rule.next_fault : rule.next_ejection) = true;
      return session.runUntil(rule);
    }
    case 8:
      if (random() % 30 == 0) return session.restartWith(random() % 100);
      [[fallthrough]];
    default:
      ++counts.edits;
      return session.apply(randomEdit(scenario, random), "an edit");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : "scenarios/bakery.json";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 120;
  std::mt19937_64 random(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  const ScenarioFile file = openScenario(path);
  if (!file.sound()) return std::fprintf(stderr, "%s cannot be run\n", path.c_str()), 2;
  const models::Scenario& scenario = file.plan->scenario;
  Counts counts;
  bool sound = true;
  std::printf("%s: %.0f MB at the start\n", path.c_str(), memoryInUse());
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  double peak = 0;
  while (sound && Clock::now() < end) {
    ++counts.runs;
    Session session(file);
    session.setSpeed(kMaxSpeed);
    session.play();
    std::shared_ptr<const Frame> seen;
    for (int idle = 0; sound && Clock::now() < end;) {
      const auto frame = session.latest();
      if (frame != seen) {
        seen = frame;
        ++counts.frames;
        counts.replays += frame->status.replaying ? 1 : 0;
        peak = std::max(peak, memoryInUse());
      }
      if (frame->status.finished) break;
      if (++idle % 10 == 0) act(session, scenario, random, counts);
      if (!frame->status.playing && !frame->status.replaying) session.play();
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    counts.refused += session.latest()->status.errors;
    session.setSpeed(kMaxSpeed);
    if (counts.runs <= 20 && session.latest()->status.finished) sound = replaysExactly(session, path);
    if (!sound) std::fprintf(stderr, "the saved session does not replay exactly:\n%s\n", session.scenarioText().get().c_str());
  }
  std::printf("%zu runs, %zu edits, %zu refused in words, %zu forks, %zu frames (%zu of them while replaying)\n", counts.runs, counts.edits, counts.refused, counts.forks, counts.frames,
              counts.replays);
  std::printf("%.0f MB at the end, %.0f MB at most\n", memoryInUse(), peak);
  return sound ? 0 : 1;
}
