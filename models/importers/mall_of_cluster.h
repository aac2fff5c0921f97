// The services, versions, operations and customers of a scenario, from a cluster and what is known of its calls and customers. What is guessed is said.
#pragma once

#include <map>
#include <vector>

#include "models/importers/call_list.h"
#include "models/importers/istio_parts.h"
#include "models/importers/traced_services.h"

namespace meshmall::models {

class MallOfCluster {
 public:
  // `traced`: what traces say of the services; nullptr where there are none.
  MallOfCluster(IstioParts& parts, const TracedServices* traced);

  // Names to services; one that is nowhere is an error at its place, in a graph that was measured (`measured`) a host outside, or told.
  void addCalls(const std::vector<NamedCall>& calls, bool measured);
  // The `traffic` list of a load file; its `to` may name a service alone.
  void setLoad(const YamlValue& list);

  // After everything is read. The order: services() settles operations that traffic() may add to.
  ImportJson traffic();
  ImportJson services();

 private:
  struct Call {
    std::size_t from = 0, to = 0;
    std::optional<std::size_t> version;  // of the caller; all of them when not set
    std::string from_operation, to_operation;
    bool optional = false;
    double times = 1;
    YamlPlace at;
  };

  std::optional<std::pair<std::size_t, std::optional<std::size_t>>> endOf(const CallEnd& end, const YamlPlace& at, bool measured);
  void dropCircles();
  void checkScopes();
  std::string operationOf(std::size_t service, const std::string& wanted);
  ImportJson stepsOf(std::size_t service, const std::string& operation, std::optional<std::size_t> version) const;
  ImportJson stepOf(const Call& call) const;
  ImportJson operationJson(std::size_t service, const std::string& operation, std::optional<std::size_t> version) const;
  ImportJson versionOf(const ClusterService& service, std::size_t s, std::size_t v) const;
  ImportJson loadedTraffic();
  ImportJson withHosts(ImportJson list) const;
  void addCustomers(ImportJson& list, const EntryPoint& entry, bool gateway, double rate);

  IstioParts& parts_;
  const TracedServices* traced_;
  std::vector<Call> calls_;
  std::vector<bool> entered_;  // by service: customers come through the gateway, as a graph says
  std::map<std::size_t, std::vector<std::string>> operations_;
  const YamlValue* load_ = nullptr;
};

}  // namespace meshmall::models
