// Where the calls of one kind of caller go, by expectation: the rule that takes them, the versions behind it, the way there and back, faults and mirrors.
//
// A rule that asks for headers takes the share of kHeaderSamples evenly spread customers whose headers fit; their calls along one trip are treated as independent.
// Within a cluster endpoints get calls by weight (RANDOM and callers without proxy: all alike), which least-request balancing does only while endpoints are
// equally fast; balancers that hear of latency or load: by workers x speed. pick_first is taken as if its callers had different lists. Where outlier detection is set, only the nearest localities with endpoints are called (nothing is ejected here).
// Limiting cases: no rule fits: `unrouted` (404); nothing behind it: `unserved` (503). Source: spec rollout-traffic-security.md section 2.1.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/routing/route_table.h"
#include "models/scenario/scenario.h"
#include "models/topology/stretches.h"
#include "models/topology/waiting.h"

namespace meshmall::models {

inline constexpr std::size_t kHeaderSamples = 4096;

struct Caller {  // the proxies of one traffic entry's entrance, or of one version of a service
  std::optional<std::uint32_t> traffic;
  std::uint32_t service = 0, version = 0;
};

struct SplitPart {
  std::uint32_t service = 0, version = 0, operation = 0;
  double share = 0;
  Moments way;  // there and back: both proxies, both hops
};

struct RuleSplit {
  double probability = 1;  // that this rule takes the call
  std::vector<SplitPart> parts;
  std::vector<SplitPart> mirrored;
  double unserved = 0;  // share of the calls that find nobody
  int answered = 0;     // the proxy's own answer, or 404 where no rule fits; 0: the call goes on
  double aborted = 0;   // by an injected fault
  int abort_status = 503;
  Moments delay;  // injected
  RetryPolicy retries;
  bool retried = false;  // the caller has a proxy
};
using CallSplit = std::vector<RuleSplit>;

// One customer's headers, as they are sampled.
using SampledHeaders = std::vector<std::pair<std::string, std::string>>;
// Evenly spread over the distributions of the entry's headers: kHeaderSamples of them, or one where all are constant.
std::vector<SampledHeaders> sampleHeaders(const Traffic& traffic);

class CallSplitter {
 public:
  // Both are kept by reference.
  CallSplitter(const Scenario& scenario, const Stretch& stretch) : scenario_(scenario), stretch_(stretch) {}

  // The calls that `caller` makes to `called` for customers with these headers.
  CallSplit split(const Caller& caller, OperationRef called, const std::vector<SampledHeaders>& customers) const;

 private:
  struct Place {
    std::uint32_t locality = 0;
    double share = 0;
  };
  const Mesh& mesh() const { return scenario_.mesh_versions[stretch_.mesh_version]; }
  bool hasProxy(const Caller& caller) const;
  std::vector<Place> placesOf(const Caller& caller) const;
  double endpointsAt(std::uint32_t service, std::uint32_t version, std::uint32_t locality) const;
  Moments hop(std::uint32_t from, std::uint32_t to) const;
  RuleSplit plain(const Caller& caller, OperationRef called) const;
  RuleSplit byRule(const Caller& caller, OperationRef called, const HttpRoute& rule) const;
  void addCluster(const Caller& caller, OperationRef called, const Destination& destination, double share, std::vector<SplitPart>& parts) const;
  std::vector<double> matchShares(const VirtualService& rules, const Caller& caller, OperationRef called, const std::vector<SampledHeaders>& customers) const;

  const Scenario& scenario_;
  const Stretch& stretch_;
};

}  // namespace meshmall::models
