// The traffic equations of one stretch of time: who is called how often, by whom, how long everything takes with given rates of customers.
//
// A serving is one operation as one version does it. Customers with the same headers make a group; each group has its own visits (rules may ask for headers),
// all groups share the queues. Waits are found by iteration from the leaves of the call graph; without `thread` and `closed` there is nothing to iterate.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "models/scenario/scenario.h"
#include "models/topology/call_graph.h"
#include "models/topology/call_split.h"
#include "models/topology/course.h"
#include "models/topology/prediction.h"

namespace meshmall::models {

struct QueueState {  // of one version, all its endpoints together
  double rate = 0, offered = 0, held = 0, workers = 0;
  Moments wait;  // for each grab of a worker; infinite when overloaded
};

class FlowSolver {
 public:
  // All are kept by reference. `loaded` false: nobody waits anywhere.
  FlowSolver(const Scenario& scenario, const CallGraph& graph, const Stretch& stretch);

  // Customers per second by traffic entry, not counting those who return.
  void solve(const std::vector<double>& rates, bool loaded);

  const std::vector<QueueState>& queues() const { return queues_; }  // by version, services in order
  std::uint32_t versionIndex(std::uint32_t service, std::uint32_t version) const { return first_version_[service] + version; }
  const CallExpectation& entrance(std::uint32_t traffic) const { return entrances_[traffic]; }  // the customer's own call
  double visitsOf(std::uint32_t traffic) const;                                                 // customers that come for each new one, returns included
  double callsPerCustomer(std::uint32_t traffic, std::uint32_t service) const { return calls_[traffic][service]; }
  const ServingState& serving(std::uint32_t traffic, OperationRef of, std::uint32_t version) const;
  const Course& course(std::uint32_t traffic, OperationRef of, std::uint32_t version) const;
  std::vector<PathPart> criticalPath(std::uint32_t traffic) const;
  double servingRate(std::uint32_t serving) const { return serving_rates_[serving]; }
  std::uint32_t servingIndex(std::uint32_t service, std::uint32_t version, std::uint32_t operation) const;

 private:
  struct Group {
    std::vector<std::uint32_t> traffic;
    std::vector<SampledHeaders> customers;
    std::map<std::pair<std::uint32_t, std::uint32_t>, CallSplit> splits;  // caller (version, or versions + traffic), called node
    std::vector<Course> courses;                                          // by serving
    std::vector<ServingState> states;                                     // by serving
  };

  void formGroups();
  const CallSplit& splitOf(Group& group, std::uint32_t caller, OperationRef called);
  void walkAll(Group& group);
  void walkNode(Group& group, std::uint32_t node);
  // Requests served by each serving for one customer, for each traffic entry of the group.
  std::vector<std::vector<double>> visits(const Group& group, bool mirrored) const;
  void addLoads(const std::vector<double>& rates);
  struct Line {  // one queue, or several that share their arrivals
    double grabs = 0, held = 0, second = 0, endpoints = 0, workers = 0;
  };
  Line lineOf(std::uint32_t version) const;
  Moments waitIn(const Line& line, std::uint32_t service) const;
  bool sharesLines(std::uint32_t service) const;
  double waitAll();
  double balancingGain(std::uint32_t service, double utilisation, double workers) const;

  const Scenario& scenario_;
  const CallGraph& graph_;
  const Stretch& stretch_;
  CallSplitter splitter_;
  std::vector<std::uint32_t> first_version_, version_service_, first_serving_;  // by service, by version, by version
  std::vector<std::uint32_t> calling_order_, position_;                         // servings, callers first; by serving: its place there
  std::uint32_t servings_ = 0;
  bool iterate_ = false, mirrors_ = false;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> group_of_;           // by traffic
  std::vector<CallExpectation> entrances_;        // by traffic
  std::vector<std::vector<double>> calls_;        // by traffic, service
  std::vector<double> callers_, caller_threads_;  // by service: proxies that call it, and their threads
  std::vector<double> serving_rates_;             // by serving, all traffic
  std::vector<Moments> waits_;                    // by version, as assumed while walking
  std::vector<QueueState> queues_;
  std::vector<Moments> grab_;  // by version: how long a worker is held at a time
  std::vector<double> grabs_;  // by version: per second
};

}  // namespace meshmall::models
