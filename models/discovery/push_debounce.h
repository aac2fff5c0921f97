// When the control plane pushes: changes are gathered until they have been quiet for `after`, or the first of them is `max` old.
//
// The first change arms a timer for `after`. When it fires: quiet for `after` or older than `max`: push, else it is armed again for what is left of the quiet
// time. So a lone change is pushed after 100 ms, a burst 100 ms after its last; `max` is only looked at when the timer fires, up to `after` late. One push runs
// at a time: a timer that fires meanwhile is lost, and the test is made again when the push ends.
// Source: Istio pilot/pkg/xds discovery.go debounce; spec rollout-traffic-security.md section 7.2.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct DebounceConfig {
  engine::Duration after = engine::milliseconds(100);
  engine::Duration max = engine::seconds(10);
  bool endpoints_too = true;  // false: changes of endpoints alone are pushed at once, each by itself
};

// Its owner keeps one timer, for timerAt(), and says when a push has ended.
class PushDebounce {
 public:
  enum class Answer : std::uint8_t {
    kGathered,  // wait for timerAt()
    kPush,      // push what has been gathered now; tell onPushEnded() when it is done
    kPushThis,  // push this change alone, now; its end need not be told
    kNothing,
  };

  // `endpoints_only`: nothing but endpoints changed. On a tie with the timer, changes come first.
  Answer onChange(const DebounceConfig& config, bool endpoints_only, engine::SimTime now);
  // timerAt() has come.
  Answer onTimer(const DebounceConfig& config, engine::SimTime now);
  Answer onPushEnded(const DebounceConfig& config, engine::SimTime now);

  std::optional<engine::SimTime> timerAt() const { return timer_; }
  std::uint64_t gathered() const { return gathered_; }  // changes that wait
  bool pushing() const { return pushing_; }

 private:
  Answer decide(const DebounceConfig& config, engine::SimTime now);

  std::optional<engine::SimTime> timer_;
  engine::SimTime first_, last_;
  std::uint64_t gathered_ = 0;
  bool pushing_ = false;
};

}  // namespace meshmall::models
