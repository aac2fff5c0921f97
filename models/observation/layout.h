// What of a mall is observed: plain names and indices, fixed before a run starts. The mall fills it once; the collector and the results read it.
// Versions, operations and flows have indices over the whole mall ("global"), services, traffic and localities their own. Endpoints come and go, so they
// are told to the collector one by one (collector.h). Limiting case: a service that nobody calls has operations but no flow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace meshmall::models {

inline constexpr std::uint32_t kNoIndex = 0xffffffffU;  // "none" wherever an index is optional

struct Layout {
  struct VersionInfo {
    std::uint32_t service = 0;
    std::string name;
  };
  struct OperationInfo {
    std::uint32_t service = 0;
    std::string name;
  };
  struct FlowInfo {  // who calls what: calls, retries and edges are counted by flow
    bool from_traffic = false;
    std::uint32_t from = 0;       // index of the traffic entry or of the calling service
    std::uint32_t operation = 0;  // the one that is called, global
  };

  std::vector<std::string> services;
  std::vector<VersionInfo> versions;      // global index
  std::vector<OperationInfo> operations;  // global index
  std::vector<std::string> traffic, localities;
  std::vector<FlowInfo> flows;
};

struct EndpointInfo {
  std::uint32_t version = 0;   // global
  std::string name;            // e.g. "bakery-v1-0"
  std::uint32_t locality = 0;  // index in Layout::localities
  std::uint32_t workers = 1;
};

}  // namespace meshmall::models
