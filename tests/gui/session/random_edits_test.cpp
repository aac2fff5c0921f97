// Whatever is changed in the course of a run, and whether it went into the running mall or replayed it: the scenario that is saved gives the same bytes.
#include <random>

#include "../soak/random_edits.h"
#include "gui/session/playback.h"

namespace meshmall::gui {
namespace {

constexpr int kEdits = 8;

// Edits, ends and undos at random events of a run, some in the same instant.
void editedRunIsTheSavedOne(const std::string& path, std::uint64_t seed, int& at_once) {
  std::mt19937_64 random(seed);
  const ScenarioFile file = openScenario(path);
  ASSERT_TRUE(file.sound()) << path;
  Playback playback(file);
  std::string told;
  for (int i = 0; i < kEdits; ++i) {
    for (std::uint64_t n = random() % 20'000; n > 0 && playback.stepEvent();) --n;
    if (playback.finished()) break;
    const std::uint64_t choice = random() % 6;
    const auto refused = choice == 0 ? playback.undo() : choice == 1 ? playback.endFault(static_cast<std::uint32_t>(random() % 6)) : playback.apply(randomEdit(file.plan->scenario, random), "an edit");
    if (!refused && !playback.replaying()) ++at_once;
    told += refused ? " (" + *refused + ")" : playback.replaying() ? " replayed" : " at once";
    playback.advanceTo(playback.position());
  }
  playback.advanceTo(engine::kNever);
  for (const std::string& finding : playback.mall().audit()) ADD_FAILURE() << path << " seed " << seed << ": " << finding;
  const std::string text = playback.edited().text();
  Playback again(readScenario(text, path, false));
  again.advanceTo(engine::kNever);
  EXPECT_TRUE(again.resultJson() == playback.resultJson()) << path << " seed " << seed << told << "\n" << text;
}

TEST(RandomEdits, TheSavedScenarioGivesTheBytesOfTheEditedRun) {
  int at_once = 0;
  for (const char* const path : {"scenarios/article/1-signs.json", "scenarios/article/2-lines.json", "scenarios/article/3-second-try.json", "scenarios/article/4-new-display.json",
                                 "scenarios/article/5-guards.json", "scenarios/policies/hedge.json"})
    for (std::uint64_t seed = 1; seed <= 3; ++seed) editedRunIsTheSavedOne(path, seed, at_once);
  EXPECT_GE(at_once, 6 * 3 * kEdits / 3) << "most edits need no replay";
}

}  // namespace
}  // namespace meshmall::gui
