// Subsets of a cluster by host metadata, each balanced on its own, with fallbacks when no subset matches a request.
//
// A selector names keys; hosts that have all of them form one subset for each combination of values. A request's criteria pick the
// subset with exactly its pairs; that subset's answer is final, even "none". Otherwise the selector with the same keys, or the top
// level, says what to do: nothing, any host, the default subset, or fewer keys. Limiting cases: no selectors: always the top level.
// Source: Envoy subset_lb.cc; docs/reference/balancing.md#subsets
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "models/balancing/load_balancer.h"

namespace meshmall::models {

// A text, or a list of texts (one opaque value unless list_as_any).
struct MetadataValue {
  std::vector<std::string> items;
  bool is_list = false;

  friend auto operator<=>(const MetadataValue&, const MetadataValue&) = default;
};
using Metadata = std::map<std::string, MetadataValue>;

enum class SubsetFallback : std::uint8_t { kNotDefined, kNone, kAnyEndpoint, kDefaultSubset, kKeysSubset };

struct SubsetSelector {
  std::set<std::string> keys;
  SubsetFallback fallback = SubsetFallback::kNotDefined;
  std::set<std::string> fallback_keys;  // kKeysSubset only: some of `keys`, not all
};

struct SubsetConfig {
  SubsetFallback fallback = SubsetFallback::kNone;  // kNone, kAnyEndpoint or kDefaultSubset
  Metadata default_subset;
  std::vector<SubsetSelector> selectors;
  bool list_as_any = false;
  bool allow_redundant_keys = false;
  bool panic_mode_any = false;
  bool fallback_list = false;          // metadata_fallback_policy FALLBACK_LIST
  bool locality_weight_aware = false;  // subsets keep the localities' weights
  bool scale_locality_weight = false;  // ... in proportion to the hosts they have of each
};

// Empty when it can be used, else what is wrong with it.
std::string problemOf(const SubsetConfig& config);

// A request's criteria: pairs, and with a fallback list alternatives that are merged over the pairs, one after the other.
struct SubsetMatch {
  Metadata pairs;
  std::vector<Metadata> alternatives;  // of the key "fallback_list"; an entry that is no struct is an empty one
};

class SubsetBalancer {
 public:
  // `metadata[i]` is that of host i. The children draw their seeds in this order: any endpoint, default subset, subsets by selector and
  // values; only those that the configuration can use exist.
  SubsetBalancer(const SubsetConfig& config, const PolicyConfig& child_policy, std::shared_ptr<const Membership> membership, std::vector<Metadata> metadata,
                 FailoverConfig failover, engine::SimTime now, engine::RandomSource& random);

  // The answer's host counts in the whole cluster's order. No criteria: the top level's fallback.
  Pick pick(const std::optional<SubsetMatch>& match, const PickContext& context, engine::RandomSource& random);

  // Keep the children's beliefs in step.
  void setFlags(HostIndex host, HostFlags flags, bool on, engine::SimTime now);
  void requestStarted(HostIndex host);
  void requestEnded(HostIndex host);

 private:
  struct Child {
    Metadata pairs;
    ClusterHosts hosts;
    std::vector<LoadBalancer> balancer;  // exactly one; a vector because it is built after `hosts` stands
    std::vector<HostIndex> to_whole;
  };

  int makeChild(const Metadata& pairs, const std::vector<HostIndex>& members, engine::SimTime now, engine::RandomSource& random);
  void makeSubsets(const SubsetSelector& selector, engine::SimTime now, engine::RandomSource& random);
  bool matches(HostIndex host, const Metadata& pairs) const;
  const SubsetSelector* selectorFor(const Metadata& pairs) const;
  Metadata withoutRedundantKeys(const Metadata& pairs) const;
  Pick pickFrom(int child, const PickContext& context, engine::RandomSource& random);
  Pick pickByPairs(Metadata pairs, const PickContext& context, engine::RandomSource& random);
  Pick pickByFallback(const PickContext& context, engine::RandomSource& random);

  SubsetConfig config_;
  PolicyConfig child_policy_;
  std::shared_ptr<const Membership> membership_;
  std::vector<Metadata> metadata_;
  FailoverConfig failover_;
  std::vector<SubsetSelector> by_size_;  // most keys first, for redundant keys
  std::vector<Child> children_;
  std::vector<std::vector<std::pair<int, HostIndex>>> homes_;  // of each host: child and index there
  std::map<Metadata, int> subsets_;
  int any_ = -1;
  int default_ = -1;
};

}  // namespace meshmall::models
