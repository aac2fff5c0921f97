// Changes of the timeline while the mall runs. Whatever is scheduled here takes a place in the queue that was set aside when it would have been scheduled had the
// scenario said so from the start, and random numbers are addressed by event and repetition: so both malls are one, event by event.
//
// Two plans' indices must mean the same. Events other than patches change nothing but the list of events. A patch changes the versions of the mesh from
// its instant on; it is refused here when the plan knows other clusters, timers in another order, or a kind of state that was not kept from the start.
#include <algorithm>
#include <variant>

#include "models/mall/mall.h"

namespace meshmall::models {

namespace {

bool sameClusters(const std::vector<Cluster>& a, const std::vector<Cluster>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Cluster& x, const Cluster& y) { return x.service == y.service && x.subset == y.subset; });
}

}  // namespace

// The running state can go on under `plan`. The versions of the mesh up to now are those of the events up to now, in order of time: the same in both.
bool Mall::follows(const Plan& plan) const {
  const Plan& own = *plan_;
  if (plan.scenario.services.size() != own.scenario.services.size() || plan.scenario.traffic.size() != own.scenario.traffic.size()) return false;
  if (plan.versions.size() != own.versions.size() || plan.flows.size() != own.flows.size() || plan.rollouts.size() != own.rollouts.size()) return false;
  if (!sameClusters(plan.clusters, own.clusters)) return false;
  if (plan.rings.size() < own.rings.size() || !std::equal(own.rings.begin(), own.rings.end(), plan.rings.begin())) return false;
  if (plan.connect_timeout_ring != own.connect_timeout_ring || (plan.discovery == nullptr) != (own.discovery == nullptr)) return false;
  if (plan.rewrites != own.rewrites || plan.endpoints_report != own.endpoints_report || plan.guarded != own.guarded || plan.secured != own.secured ||
      plan.certified != own.certified || plan.entrance_guarded != own.entrance_guarded)
    return false;
  const auto& events = plan.scenario.events;
  for (std::size_t e = 0; e < std::min(events.size(), timeline_->size()); ++e) {
    const auto* ours = std::get_if<Patch>(&timed(static_cast<std::uint32_t>(e)).what);
    const auto* theirs = std::get_if<Patch>(&events[e].what);
    if ((ours == nullptr) != (theirs == nullptr)) return false;
    if (ours != nullptr && events[e].at <= now_ && ours->mesh_version != theirs->mesh_version) return false;
  }
  return true;
}

void Mall::adoptPlan(const std::shared_ptr<const Plan>& plan) {
  const bool other_meshes = plan->meshes.size() != plan_->meshes.size();
  if (!other_meshes) {  // nothing but the events: the plan, into which much points, stays
    timeline_ = std::shared_ptr<const std::vector<TimedEvent>>(plan, &plan->scenario.events);
    return;
  }
  for (std::size_t r = plan_->rings.size(); r < plan->rings.size(); ++r) queue_.timeoutRing(plan->rings[r]);
  earlier_plans_.push_back(plan_);
  plan_ = plan;
  timeline_ = std::shared_ptr<const std::vector<TimedEvent>>(plan_, &plan_->scenario.events);
}

bool Mall::addEvents(const std::shared_ptr<const Plan>& plan) {
  const auto& events = plan->scenario.events;
  const std::size_t known = timeline_->size();
  if (finished_ || events.size() < known || later_end_ - later_place_ < events.size() - known || earlier_plans_.size() >= kPlansKept || !follows(*plan)) return false;
  for (std::size_t e = known; e < events.size(); ++e)
    if (events[e].at <= now_) return false;
  adoptPlan(plan);
  for (std::size_t e = known; e < events.size(); ++e) {
    ++housekeeping_;
    added_.push_back(queue_.scheduleReserved(events[e].at, later_place_++, {kEffectStarts, static_cast<std::uint32_t>(e), 0}));
  }
  return true;
}

bool Mall::moveEnd(const std::shared_ptr<const Plan>& plan, std::uint32_t event) {
  if (finished_ || event >= timeline_->size() || plan->scenario.events.size() != timeline_->size() || !follows(*plan)) return false;
  const TimedEvent& told = plan->scenario.events[event];
  if (timed(event).every || told.every || !told.lasts || !told.lasts->isConstant()) return false;
  const auto effect = std::find_if(effects_.begin(), effects_.end(), [&](const Effect& e) { return e.event == event; });
  if (effect == effects_.end() || effect->end_place == 0) return false;
  const SimTime end = told.at + draw(*told.lasts, 0, 0, 0);
  if (end <= now_) return false;
  dropHouse(effect->ends);
  ++housekeeping_;
  effect->ends = queue_.scheduleReserved(end, effect->end_place, {kEffectEnds, event, effect->repetition});
  effect->end_place = 0;  // each place once
  adoptPlan(plan);
  return true;
}

bool Mall::withdrawEvent(const std::shared_ptr<const Plan>& plan) {
  if (added_.empty() || plan->scenario.events.size() + 1 != timeline_->size() || earlier_plans_.size() >= kPlansKept || !queue_.pending(added_.back()) || !follows(*plan)) return false;
  dropHouse(added_.back());
  added_.pop_back();
  adoptPlan(plan);
  return true;
}

}  // namespace meshmall::models
