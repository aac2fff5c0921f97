// Small clusters and a scripted random source for the balancing tests.
#pragma once

#include <string>
#include <vector>

#include "engine/random/random_source.h"
#include "models/balancing/load_balancer.h"

namespace meshmall::models {

// Hands out the given numbers, then repeats `rest`; counts the draws.
class ScriptedRandom final : public engine::RandomSource {
 public:
  explicit ScriptedRandom(std::vector<std::uint64_t> numbers = {}, std::uint64_t rest = 0) : numbers_(std::move(numbers)), rest_(rest) {}
  std::uint64_t next() override { return drawn_ < numbers_.size() ? numbers_[drawn_++] : (++drawn_, rest_); }
  std::size_t drawn() const { return drawn_; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::uint64_t rest_;
  std::size_t drawn_ = 0;
};

// SplitMix64: a plain generator of good quality for statistical tests.
class SeededRandom final : public engine::RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

// One host for each weight, ids from 0, all in priority 0.
inline std::vector<HostConfig> hostsWithWeights(const std::vector<std::uint32_t>& weights) {
  std::vector<HostConfig> hosts;
  for (std::uint32_t i = 0; i < weights.size(); ++i) hosts.push_back({i, "127.0.0.1:" + std::to_string(80 + i), weights[i], 0, 0});
  return hosts;
}

inline std::vector<HostConfig> equalHosts(std::uint32_t count) { return hostsWithWeights(std::vector<std::uint32_t>(count, 1)); }

inline ClusterHosts clusterOf(std::vector<HostConfig> hosts, FailoverConfig config = {}) {
  return ClusterHosts(makeMembership(std::move(hosts)), config, engine::SimTime{});
}

inline std::vector<HostIndex> picks(LoadBalancer& balancer, ClusterHosts& hosts, engine::RandomSource& random, int count, engine::SimTime now = {}) {
  std::vector<HostIndex> answer;
  for (int i = 0; i < count; ++i) answer.push_back(balancer.pick(hosts, {now}, random).host);
  return answer;
}

}  // namespace meshmall::models
