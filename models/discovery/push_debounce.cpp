#include "models/discovery/push_debounce.h"

namespace meshmall::models {

PushDebounce::Answer PushDebounce::onChange(const DebounceConfig& config, bool endpoints_only, engine::SimTime now) {
  if (endpoints_only && !config.endpoints_too) return Answer::kPushThis;
  last_ = now;
  if (gathered_ == 0) {
    first_ = now;
    timer_ = now + config.after;
  }
  ++gathered_;
  return Answer::kGathered;
}

PushDebounce::Answer PushDebounce::decide(const DebounceConfig& config, engine::SimTime now) {
  if (gathered_ == 0) return Answer::kNothing;
  const engine::Duration quiet = now - last_;
  if (now - first_ < config.max && quiet < config.after) {
    timer_ = now + (config.after - quiet);
    return Answer::kNothing;
  }
  timer_.reset();
  gathered_ = 0;
  pushing_ = true;
  return Answer::kPush;
}

PushDebounce::Answer PushDebounce::onTimer(const DebounceConfig& config, engine::SimTime now) {
  timer_.reset();
  return pushing_ ? Answer::kNothing : decide(config, now);
}

PushDebounce::Answer PushDebounce::onPushEnded(const DebounceConfig& config, engine::SimTime now) {
  pushing_ = false;
  return decide(config, now);
}

}  // namespace meshmall::models
