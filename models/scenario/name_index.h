// The names of a scenario, found before anything is decoded, so that every reference can be turned into an index at once.
// Services, versions, operations and localities are in byte order, traffic in the order of the file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/scenario/reader.h"

namespace meshmall::models {

struct ServiceNames {
  std::string key;         // "reviews.prod"
  std::string host;        // "reviews"
  std::string name_space;  // "prod"
  std::vector<std::string> versions;
  std::vector<std::string> operations;  // of the service and all its versions
  std::vector<bool> general;            // by operation: defined for the service as a whole
};

class NameIndex {
 public:
  // Takes what has the right shape of the document `root`; problems are noted by the decoders that come later.
  explicit NameIndex(const JsonValue& root);

  const std::vector<ServiceNames>& services() const { return services_; }
  const std::vector<std::string>& localities() const { return localities_; }  // at least one, "default"
  const std::vector<std::string>& traffic() const { return traffic_; }

  std::optional<std::uint32_t> findService(std::string_view key) const;
  // By key, short name, or fully qualified name: "bakery", "bakery.default", "bakery.default.svc", "bakery.default.svc.cluster.local".
  // A name without dots means a service of `name_space` first, then the key of that name.
  std::optional<std::uint32_t> findHost(std::string_view host, std::string_view name_space) const;

  // A name in `node`, as an index; noted with the nearest name when there is none.
  std::optional<std::uint32_t> service(const Node& node) const;
  std::optional<std::uint32_t> host(const Node& node, std::string_view name_space) const;
  std::optional<std::uint32_t> version(const Node& node, std::uint32_t service) const;
  std::optional<std::uint32_t> operation(const Node& node, std::uint32_t service) const;
  std::optional<std::uint32_t> locality(const Node& node) const;
  std::optional<std::uint32_t> trafficEntry(const Node& node) const;
  // "service/operation", split at the first slash.
  struct Target {
    std::uint32_t service = 0, operation = 0;
  };
  std::optional<Target> target(const Node& node) const;

 private:
  std::vector<std::string_view> keysFor(const Node& node) const;  // of services, for a suggestion

  std::vector<ServiceNames> services_;
  std::vector<std::string> localities_;
  std::vector<std::string> traffic_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> by_host_;  // (host, namespace)
};

// The name of traffic entry `index` that has none: "traffic-1" for the first.
std::string defaultTrafficName(std::size_t index);

}  // namespace meshmall::models
