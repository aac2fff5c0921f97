#include "gui/floor/shop_view.h"

#include <algorithm>

namespace meshmall::gui {
namespace {

using models::Dot;
using models::EndpointState;
using models::Snapshot;

CounterView counterOf(const EndpointState& e) {
  CounterView view;
  view.name = e.name;
  view.state = e.state;
  view.workers = e.workers;
  view.held = e.held;
  view.waiting = e.waiting;
  view.ejected_by = e.ejected_by;
  view.known_to = e.known_to;
  view.listed = e.listed;
  view.hurt = e.slow > 1 || e.fails > 0;
  view.on_old_maps = e.on_old_maps;
  view.not_on_maps = e.not_on_maps;
  view.wrong_signs = e.listed && (e.state == EndpointState::State::down || e.state == EndpointState::State::terminating);
  return view;
}

bool standsAtCounter(const Dot& dot) {
  return dot.place == Dot::Place::in_queue || dot.place == Dot::Place::at_counter || dot.place == Dot::Place::waiting_for_others || dot.place == Dot::Place::at_door;
}

// By service: the versions' shares, where there are several.
std::vector<std::pair<std::string, double>> sharesOf(const Snapshot& s, std::uint32_t service) {
  std::vector<std::pair<std::string, double>> shares;
  for (const std::uint32_t version : s.floor->services[service].versions) {
    if (version >= s.versions.size()) continue;
    shares.emplace_back(s.floor->versions[version].name, s.versions[version].share);
  }
  if (shares.size() < 2) shares.clear();
  return shares;
}

}  // namespace

std::vector<ShopView> shopViews(const Snapshot& s, const FloorMap& map, const HealthRules& rules, Vocabulary vocabulary, std::uint64_t followed) {
  std::vector<ShopView> views(map.boxes.size());
  if (s.floor == nullptr) return views;
  for (std::size_t i = 0; i < map.boxes.size(); ++i) {
    const FloorBox& box = map.boxes[i];
    if (box.entrance || box.subject >= s.services.size()) continue;
    ShopView& view = views[i];
    const models::ServiceState& state = s.services[box.subject];
    view.service = box.subject;
    view.locality = box.locality;
    view.name = box.name;
    view.short_name = map.shortName(box.name);
    view.lanes = map.lanes;
    view.sidecar = s.floor->services[box.subject].sidecar;
    view.health = healthOf(state, box.subject, rules);
    view.why = whyOf(state, box.subject, rules);
    view.one_of_several = map.shops_of[box.subject].size() > 1;
    view.rate = state.answers_per_second;
    view.failed_share = state.failed_share;
    view.staff = staffNotes(s, box.subject, box.locality, vocabulary);
    view.shares = sharesOf(s, box.subject);
  }
  std::vector<std::uint32_t> newer(s.floor->versions.size(), 0);
  for (const models::RolloutView& rollout : s.rollouts) {
    if (rollout.begun && !rollout.over && rollout.canary < newer.size()) newer[rollout.canary] = 1;
    for (ShopView& view : views) {
      if (view.name.empty() || view.service != rollout.service || !rollout.begun) continue;
      view.rollout = rollout.phase;
      if (!rollout.over) view.rollout += ", " + std::to_string(rollout.canary_share) + " %";
      if (rollout.failed_checks > 0) view.rollout += ", " + std::to_string(rollout.failed_checks) + " failed";
    }
  }
  for (const models::AutoscalerView& scaler : s.autoscalers) {
    if (scaler.version >= s.floor->versions.size() || scaler.version >= s.versions.size()) continue;
    const std::int64_t open = s.versions[scaler.version].up;  // counters that are opening or closing are on their way to what is wanted
    if (open == scaler.desired) continue;
    for (ShopView& view : views) {
      if (!view.name.empty() && view.service == s.floor->versions[scaler.version].service) {
        view.scaling = std::to_string(open) + " → " + std::to_string(scaler.desired);
      }
    }
  }
  std::vector<std::pair<std::uint32_t, std::size_t>> where(s.endpoints.size(), {models::kNoIndex, 0});
  for (std::size_t i = 0; i < s.endpoints.size(); ++i) {
    const EndpointState& endpoint = s.endpoints[i];
    if (!endpoint.there() && endpoint.on_old_maps == 0) continue;  // a counter that is gone is drawn as long as somebody is sent there
    const std::uint32_t box = map.shop(endpoint.service, endpoint.locality);
    if (box == models::kNoIndex) continue;
    ShopView& view = views[box];
    where[i] = {box, view.counters.size()};
    view.counters.push_back(counterOf(endpoint));
    view.counters.back().newer = endpoint.version < newer.size() && newer[endpoint.version] != 0;
    view.waiting += endpoint.waiting;
    view.held += endpoint.held;
    view.workers += endpoint.workers;
  }
  if (followed == 0) return views;
  for (const Dot& dot : s.dots) {
    if (dot.customer != followed || dot.endpoint >= where.size() || !standsAtCounter(dot)) continue;
    if (const auto [box, index] = where[dot.endpoint]; box != models::kNoIndex) views[box].counters[index].followed = true;
  }
  return views;
}

}  // namespace meshmall::gui
