// What the control plane has heard of the mesh, and what it has told each proxy: endpoints by service, the configuration's version, the rollouts' splits.
//
// Mall::publish(change) is the only way in. Without `mesh.discovery` everybody knows a change in the event that makes it. With it changes are gathered
// (discovery/push_debounce.h), a push freezes what is known into a Knowledge, and each proxy gets that after a delay of its own, in order
// (discovery/proxy_feed.h); what it does until then goes by the one it has. A proxy that starts gets the present state as it connects.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/kernel/event_queue.h"
#include "models/discovery/proxy_feed.h"
#include "models/discovery/push_debounce.h"
#include "models/rollout/session_affinity.h"

namespace meshmall::models {

// Where one rollout's traffic goes: requests whose destination is the whole service. Conditions are those of the plan's rollout.
struct Split {
  std::uint32_t primary = 100, canary = 0;  // shares
  std::uint32_t mirror_percent = 0;         // of the primary's requests that are copied to the canary
  bool only_matching = false;               // A/B: all this is for requests that meet condition 0; all others go to the primary
  std::vector<std::uint32_t> to_canary;     // requests that meet one of these conditions go there whatever the shares
  std::vector<std::uint32_t> mirrored;      // only those that meet one of these are copied; empty: all
  Side service = Side::primary;             // whom callers without a proxy find behind the service's name

  friend bool operator==(const Split&, const Split&) = default;
};

// The endpoints of a service that the control plane lists, versions in order, then by ordinal. `number` tells lists apart: a later one is higher.
struct Listing {
  std::uint64_t number = 0;
  std::shared_ptr<const std::vector<std::uint32_t>> endpoints;
};

struct Knowledge {
  std::uint64_t number = 0;  // of the push it came with; 0: from the beginning
  engine::SimTime pushed;
  std::uint32_t mesh_version = 0;
  std::vector<Listing> services;                       // by service
  std::vector<std::shared_ptr<const Split>> splits;    // by rollout; nothing: none yet, all to the primary
};

// One thing that has changed.
struct Change {
  enum class Kind : std::uint8_t { endpoints, mesh, split };
  Kind kind = Kind::endpoints;
  std::uint32_t subject = 0;  // service, version of the mesh's configuration, rollout
  std::shared_ptr<const Split> split;

  static Change endpoints(std::uint32_t service) { return {Kind::endpoints, service, nullptr}; }
  static Change mesh(std::uint32_t version) { return {Kind::mesh, version, nullptr}; }
  static Change splitOf(std::uint32_t rollout, Split split) { return {Kind::split, rollout, std::make_shared<const Split>(std::move(split))}; }
};

struct ControlPlane {
  struct Feed {  // of one proxy
    ProxyFeed times;
    std::shared_ptr<const Knowledge> known;
  };
  struct OnTheWay {
    std::shared_ptr<const Knowledge> knowledge;
    std::uint32_t awaited = 0;  // proxies that have not heard of it
    std::uint32_t late = 0;     // adoptions noted so far
  };

  Knowledge present;                          // all it has heard
  std::shared_ptr<const Knowledge> snapshot;  // of the present, until it changes
  std::uint64_t listings = 0;                 // numbers given out
  // With discovery only:
  std::vector<Feed> feeds;                    // by proxy
  std::vector<OnTheWay> pushes;               // oldest first, without gaps in number
  PushDebounce debounce;
  engine::TimerId timer;
  engine::SimTime first_change, last_change;  // of those gathered
};

}  // namespace meshmall::models
