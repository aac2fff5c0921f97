// A scenario's text with the edits of a session: each is an event of the scenario format with its simulated time, appended to the file's own, so that the text
// as it stands replays the session exactly. The past is not rewritten: an event that is taken back ends at the instant it was taken back ("for"), a patch is
// followed by the patch that restores what was there. Without edits the text is the original, byte for byte.
//
// Events are named by their index in the scenario's "events"; the original's come first.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::gui {

struct Edit {
  engine::SimTime at;
  std::string label;  // for people
  std::string event;  // JSON without "at", e.g. {"slow": {"service": "oven", "factor": 5}, "for": "10s"}
  std::optional<engine::SimTime> ended = {};  // by hand, or taken back; said by history()
};

class EditedScenario {
 public:
  EditedScenario() = default;
  // `warmup`: what the original's warm-up "auto" was found to be. The edited text says it, as runs with the edits would find another one.
  explicit EditedScenario(std::string original, std::optional<engine::Duration> warmup = std::nullopt);

  // The event's index. `event` is a JSON object; anything else is ignored when the text is made, so ask wellFormed() first.
  std::uint32_t add(Edit edit);
  static bool wellFormed(const std::string& event);
  // The event ends at `now`. False: it has ended by then, has not begun, repeats, or is a patch.
  bool end(std::uint32_t event, engine::SimTime now);
  // Takes back the edit added last when it has not happened by `now`, as if it had never been made. False: it is not the last one, or has happened.
  bool withdraw(std::uint32_t event, engine::SimTime now);
  // The patch that restores what the mesh's configuration said before the patch `event`, as an event without "at".
  std::string inverseOf(std::uint32_t event) const;
  bool isPatch(std::uint32_t event) const;
  // The mesh's configuration that holds at `now`, as JSON; "{}" without one.
  std::string meshAt(engine::SimTime now) const;

  // The whole as it stands.
  std::string text() const;
  // Whether the original alone, run with the seed that holds, would be another run.
  bool edited() const { return !edits_.empty() || !ends_.empty() || (seed_ && warmup_); }
  // Other customers: the text says this seed, whatever the original says. The original's own seed takes the change back.
  void setSeed(std::uint64_t seed);
  // What was done, in order of its time: the edits with the instants at which they were ended, and the ends of the file's own events.
  std::vector<Edit> history() const;
  std::uint32_t originalEvents() const { return own_events_; }
  std::optional<engine::SimTime> endOf(std::uint32_t event) const;

 private:
  std::string original_;
  std::optional<engine::Duration> warmup_;
  std::optional<std::uint64_t> seed_;
  std::uint32_t own_events_ = 0;
  std::vector<Edit> edits_;
  std::map<std::uint32_t, engine::SimTime> ends_;  // of events that were ended by hand
};

// A time or length as the scenario format writes it: "12345ns".
std::string durationText(std::int64_t ns);

}  // namespace meshmall::gui
