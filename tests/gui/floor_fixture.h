// A small mall for the tests of floor and charts: an entrance, three shops, and what a test adds to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/observation/snapshot.h"

namespace meshmall::gui {

struct FloorFixture {
  std::shared_ptr<models::FloorPlan> floor = std::make_shared<models::FloorPlan>();
  models::Snapshot now;

  explicit FloorFixture(std::uint32_t zones = 1) {
    for (std::uint32_t z = 0; z < zones; ++z) floor->localities.push_back({"zone-" + std::to_string(z), "here", std::to_string(z)});
    for (const char* name : {"front", "bakery", "oven"}) {
      floor->versions.push_back({static_cast<std::uint32_t>(floor->services.size()), "v1", {}});
      floor->services.push_back({name, true, {static_cast<std::uint32_t>(floor->versions.size() - 1)}});
    }
    floor->scenario = "test mall";
    floor->traffic = {"lunch"};
    floor->edges = {{true, 0, 0}, {false, 0, 1}, {false, 1, 2}};
    floor->interval = engine::Duration{1'000'000'000};
    floor->window_begin = engine::SimTime{10'000'000'000};
    floor->window_end = engine::SimTime{110'000'000'000};
    now.floor = floor;
    now.services.resize(3);
    now.versions.resize(3);
    now.edges.resize(3);
    for (std::uint32_t service = 0; service < 3; ++service) {
      for (std::uint32_t z = 0; z < zones; ++z) addEndpoint(service, z);
    }
    now.series = std::make_shared<models::FloorSeries>();
  }

  models::EndpointState& addEndpoint(std::uint32_t service, std::uint32_t zone) {
    models::EndpointState endpoint;
    endpoint.name = floor->services[service].name + "-v1-" + std::to_string(now.endpoints.size());
    endpoint.service = endpoint.version = service;
    endpoint.locality = zone;
    endpoint.workers = 2;
    now.endpoints.push_back(endpoint);
    models::ServiceState& sum = now.services[service];
    ++sum.replicas;
    ++sum.up;
    sum.workers += 2;
    return now.endpoints.back();
  }

  models::Dot& addDot(std::uint32_t edge, std::uint32_t endpoint, models::Dot::Place place, float progress = 0.5F) {
    models::Dot dot;
    dot.id = dot.customer = now.dots.size() + 1;
    dot.edge = edge;
    dot.endpoint = endpoint;
    dot.place = place;
    dot.progress = progress;
    now.dots.push_back(dot);
    now.tries = static_cast<std::uint32_t>(now.dots.size());
    return now.dots.back();
  }

  std::shared_ptr<const models::Snapshot> snapshot() const { return std::make_shared<const models::Snapshot>(now); }
};

}  // namespace meshmall::gui
