// A HorizontalPodAutoscaler in the running mall: the controller, and what has been measured of endpoints. See autoscaling.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/scaling/autoscaler.h"

namespace meshmall::models {

// Time that an endpoint's workers have been busy, warm-up included. Set at every change; copyable.
class BusyMeter {
 public:
  void set(engine::SimTime now, double level) {
    busy_ns_ += level_ * static_cast<double>((now - since_).ns);
    since_ = now;
    level_ = level;
  }
  double busyNs(engine::SimTime now) const { return busy_ns_ + level_ * static_cast<double>((now - since_).ns); }

 private:
  double busy_ns_ = 0, level_ = 0;
  engine::SimTime since_;
};

// What was read of one endpoint, every 15 s; those of the last minute are kept.
struct Scrape {
  engine::SimTime at;
  double busy_ns = 0;             // so far
  std::uint64_t requests = 0;     // that have arrived so far
  std::uint32_t in_flight = 0, waiting = 0, held = 0;
  std::uint32_t starts = 0;       // of the container
};

class Scrapes {
 public:
  static constexpr std::size_t kKept = 5;  // a minute, both ends

  void add(const Scrape& scrape) {
    if (count_ > 0 && last().starts != scrape.starts) count_ = 0;
    if (count_ == kKept) std::move(kept_.begin() + 1, kept_.end(), kept_.begin());
    else ++count_;
    kept_[count_ - 1] = scrape;
  }
  void forget() { count_ = 0; }
  std::size_t size() const { return count_; }
  const Scrape& operator[](std::size_t i) const { return kept_[i]; }  // oldest first
  const Scrape& last() const { return kept_[count_ - 1]; }

 private:
  std::array<Scrape, kKept> kept_{};
  std::size_t count_ = 0;
};

struct Scaler {
  Autoscaler controller;
  std::vector<MetricReading> readings;   // of the last synchronisation
  AutoscalerDecision last;
  std::uint32_t current = 0;             // replicas asked for before it
  std::uint64_t syncs = 0;
  std::uint32_t notes = 0;               // of decisions that changed nothing
};

}  // namespace meshmall::models
