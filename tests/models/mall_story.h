// Small stories for the mall's tests: a scenario of constant times, told to its end, and what became of each customer, to the nanosecond.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"

namespace meshmall::models::story {

constexpr std::int64_t us(double t) { return static_cast<std::int64_t>(t * 1e3 + 0.5); }
constexpr std::int64_t ms(double t) { return static_cast<std::int64_t>(t * 1e6 + 0.5); }

inline std::shared_ptr<const Plan> planOf(const std::string& text) {
  DecodeResult decoded = decodeScenario(text, "story.json", "");
  for (const Problem& problem : decoded.problems)
    if (problem.severity == Problem::Severity::error) ADD_FAILURE() << problem.pointer << ": " << problem.message << "\n" << text;
  if (!decoded.scenario) throw std::invalid_argument("the story's scenario is wrong");
  return makePlan(std::move(*decoded.scenario));
}

inline Mall begun(const std::string& text, std::uint64_t seed = 1) { return Mall(planOf(text), {.seed = seed, .trace_first = 100'000}); }

inline Mall told(const std::string& text, std::uint64_t seed = 1) {
  Mall mall = begun(text, seed);
  mall.run();
  for (const std::string& finding : mall.audit()) ADD_FAILURE() << finding;
  return mall;
}

struct Visit {
  std::string traffic;
  std::int64_t came = 0, stayed = -1;  // nanoseconds; -1: still there
  int status = -1;
  ResponseFlag flag = ResponseFlag::kNone;
  bool abandoned = false;
};

// In the order of arrival; [0] is customer number 1.
inline std::vector<Visit> visitsIn(const Mall& mall) {
  std::vector<Visit> visits;
  for (const TripRecord& r : mall.trips().records()) {
    if (r.kind == TripRecordKind::customer_arrived) visits.push_back({mall.plan().scenario.traffic[r.x].name, r.at.ns, -1, -1, ResponseFlag::kNone, false});
    if (r.kind != TripRecordKind::customer_left) continue;
    Visit& visit = visits.at(r.id - 1);
    visit.stayed = r.at.ns - visit.came;
    visit.status = r.outcome.status;
    visit.flag = r.outcome.flag;
    visit.abandoned = r.detail != 0;
  }
  return visits;
}

// The first visit of a traffic entry at or after an instant.
inline Visit visitAt(const Mall& mall, const std::string& traffic, std::int64_t came) {
  for (const Visit& visit : visitsIn(mall))
    if (visit.traffic == traffic && visit.came == came) return visit;
  ADD_FAILURE() << "nobody of " << traffic << " came at " << came << " ns";
  return {};
}

struct Sent {
  std::string endpoint;
  std::int64_t at = 0;
  TryKind kind{};
};

// All tries in the order of starting.
inline std::vector<Sent> triesIn(const Mall& mall) {
  std::vector<Sent> tries;
  for (const TripRecord& r : mall.trips().records())
    if (r.kind == TripRecordKind::tried) tries.push_back({mall.endpoints()[r.y].name, r.at.ns, static_cast<TryKind>(r.detail)});
  return tries;
}

// How many tries each endpoint got (names of those that got one).
inline std::map<std::string, int> shares(const Mall& mall) {
  std::map<std::string, int> counts;
  for (const Sent& sent : triesIn(mall)) ++counts[sent.endpoint];
  return counts;
}

inline std::vector<std::int64_t> backoffsIn(const Mall& mall) {
  std::vector<std::int64_t> waits;
  for (const TripRecord& r : mall.trips().records())
    if (r.kind == TripRecordKind::retry_scheduled) waits.push_back(r.a);
  return waits;
}

inline Endpoint::State stateAt(Mall& mall, std::int64_t ns, std::size_t endpoint) {
  mall.runUntil({ns});
  return mall.endpoints().at(endpoint).state;
}

// One customer a second, the first at 1 s.
inline std::string oneASecond(const std::string& name, const std::string& to, const std::string& more = "") {
  return R"({"name":")" + name + R"(","to":")" + to + R"(","arrivals":{"constant":{"rate":"1/s"}})" + (more.empty() ? "" : "," + more) + "}";
}

}  // namespace meshmall::models::story
