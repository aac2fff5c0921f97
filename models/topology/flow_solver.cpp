#include "models/topology/flow_solver.h"

#include <Eigen/SparseCore>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace meshmall::models {

namespace {

constexpr int kMostIterations = 60;
constexpr double kConverged = 1e-6;

}  // namespace

FlowSolver::FlowSolver(const Scenario& scenario, const CallGraph& graph, const Stretch& stretch)
    : scenario_(scenario), graph_(graph), stretch_(stretch), splitter_(scenario, stretch) {
  for (std::uint32_t s = 0; s < scenario.services.size(); ++s) {
    first_version_.push_back(static_cast<std::uint32_t>(version_service_.size()));
    for (const Version& version : scenario.services[s].versions) {
      version_service_.push_back(s);
      first_serving_.push_back(servings_);
      servings_ += static_cast<std::uint32_t>(scenario.services[s].operations.size());
      iterate_ = iterate_ || version.concurrency == Concurrency::thread;
    }
  }
  for (const Mesh& mesh : scenario.mesh_versions)
    for (const ServiceRules& rules : mesh.virtual_services)
      for (const HttpRoute& rule : rules.rules.http) mirrors_ = mirrors_ || !rule.mirrors.empty();
  callers_.assign(scenario.services.size(), 0);
  caller_threads_ = callers_;
  const auto addCallers = [&](std::uint32_t service, double proxies, std::uint32_t threads) {
    callers_[service] += proxies;
    caller_threads_[service] += proxies * threads;
  };
  for (std::uint32_t node = 0; node < graph.nodes.size(); ++node)
    for (const CallGraph::Edge& edge : graph.callees[node]) {
      const auto& endpoints = stretch.endpoints[graph.nodes[node].service];
      addCallers(graph.nodes[edge.to].service, std::accumulate(endpoints.begin(), endpoints.end(), 0.0), scenario.sidecar.concurrency);
    }
  for (const Traffic& traffic : scenario.traffic) {
    const bool gateway = traffic.via == Via::gateway;
    addCallers(traffic.to.service, gateway ? std::accumulate(scenario.gateway.replicas.begin(), scenario.gateway.replicas.end(), 0.0) : 1,
               gateway ? scenario.gateway.concurrency : scenario.sidecar.concurrency);
  }
  position_.resize(servings_);
  for (const std::uint32_t node : graph.order) {
    const OperationRef of = graph.nodes[node];
    for (std::uint32_t v = 0; v < scenario.services[of.service].versions.size(); ++v) {
      position_[servingIndex(of.service, v, of.operation)] = static_cast<std::uint32_t>(calling_order_.size());
      calling_order_.push_back(servingIndex(of.service, v, of.operation));
    }
  }
  waits_.assign(version_service_.size(), {});
  formGroups();
}

std::uint32_t FlowSolver::servingIndex(std::uint32_t service, std::uint32_t version, std::uint32_t operation) const {
  return first_serving_[first_version_[service] + version] + operation;
}

void FlowSolver::formGroups() {
  std::map<std::vector<std::pair<std::string, std::string>>, std::uint32_t> by_constant;  // traffic whose headers are constants
  for (std::uint32_t t = 0; t < scenario_.traffic.size(); ++t) {
    const Traffic& traffic = scenario_.traffic[t];
    std::vector<SampledHeaders> customers = sampleHeaders(traffic);
    std::uint32_t group = static_cast<std::uint32_t>(groups_.size());
    if (customers.size() == 1) group = by_constant.try_emplace(customers.front(), group).first->second;
    if (group == groups_.size()) {
      groups_.emplace_back();
      groups_.back().customers = std::move(customers);
    }
    groups_[group].traffic.push_back(t);
    group_of_.push_back(group);
  }
}

const CallSplit& FlowSolver::splitOf(Group& group, std::uint32_t caller, OperationRef called) {
  const auto key = std::make_pair(caller, graph_.node(called));
  const auto found = group.splits.find(key);
  if (found != group.splits.end()) return found->second;
  Caller who;
  const auto versions = static_cast<std::uint32_t>(version_service_.size());
  if (caller >= versions) {
    who.traffic = caller - versions;
  } else {
    who.service = version_service_[caller];
    who.version = caller - first_version_[who.service];
  }
  return group.splits.emplace(key, splitter_.split(who, called, group.customers)).first->second;
}

void FlowSolver::walkAll(Group& group) {
  group.courses.assign(servings_, {});
  group.states.assign(servings_, {});
  for (auto node = graph_.order.rbegin(); node != graph_.order.rend(); ++node) walkNode(group, *node);
}

void FlowSolver::walkNode(Group& group, std::uint32_t node) {
  const OperationRef of = graph_.nodes[node];
  const Service& service = scenario_.services[of.service];
  const auto serving = [this](const SplitPart& part) { return servingIndex(part.service, part.version, part.operation); };
  for (std::uint32_t v = 0; v < service.versions.size(); ++v) {
    const Version& version = service.versions[v];
    const std::uint32_t caller = first_version_[of.service] + v;
    std::map<std::uint32_t, CallExpectation> calls;
    CourseSetting setting;
    setting.speed = version.speed;
    setting.slow = stretch_.slow[of.service][v][of.operation];
    setting.added = stretch_.failures[of.service][v][of.operation];
    setting.concurrency = version.concurrency;
    const bool holds = version.concurrency == Concurrency::thread && version.discipline != Discipline::ps;
    if (!holds) setting.wait_of_work = waits_[caller];
    setting.call = [&](OperationRef to) -> const CallExpectation& {
      const auto [at, fresh] = calls.try_emplace(graph_.node(to));
      if (fresh) at->second = expectCall(splitOf(group, caller, to), serving, group.states);
      return at->second;
    };
    const std::uint32_t index = servingIndex(of.service, v, of.operation);
    group.courses[index] = walkCourse(version.operations[of.operation], setting);
    group.states[index].failed = group.courses[index].failed;
    group.states[index].time = group.courses[index].time;
    if (holds) group.states[index].time = group.states[index].time + waits_[caller];
  }
}

// x = b + P'x, in calling order a triangular system; one right side for each traffic entry.
std::vector<std::vector<double>> FlowSolver::visits(const Group& group, bool mirrored) const {
  std::vector<Eigen::Triplet<double>> entries;
  const auto enter = [&](std::uint32_t from, const std::vector<std::pair<std::uint32_t, double>>& tries) {
    for (const auto& [to, count] : tries)
      if (count > 0) entries.emplace_back(static_cast<int>(position_[to]), static_cast<int>(position_[from]), -count);
  };
  for (std::uint32_t serving = 0; serving < servings_; ++serving) {
    enter(serving, group.courses[serving].tries);
    if (mirrored) enter(serving, group.courses[serving].mirrored);
  }
  Eigen::SparseMatrix<double> system(static_cast<int>(servings_), static_cast<int>(servings_));
  system.setFromTriplets(entries.begin(), entries.end());  // sums what stands twice; the diagonal of ones is implied
  std::vector<std::vector<double>> all;
  for (const std::uint32_t t : group.traffic) {
    Eigen::VectorXd x = Eigen::VectorXd::Zero(static_cast<int>(servings_));
    for (const auto& [to, count] : entrances_[t].tries) x[static_cast<int>(position_[to])] += count;
    if (mirrored)
      for (const auto& [to, count] : entrances_[t].mirrored) x[static_cast<int>(position_[to])] += count;
    system.triangularView<Eigen::UnitLower>().solveInPlace(x);
    auto& visits = all.emplace_back(servings_);
    for (std::uint32_t i = 0; i < servings_; ++i) visits[calling_order_[i]] = x[static_cast<int>(i)];
  }
  return all;
}

double FlowSolver::visitsOf(std::uint32_t traffic) const {
  const double fails = totalOf(entrances_[traffic].failed);
  double sum = 0, comes = 1;
  for (std::uint32_t i = 0; i <= scenario_.traffic[traffic].return_times && comes > 1e-12; ++i) {
    sum += comes;
    comes *= fails;
  }
  return sum;
}

void FlowSolver::addLoads(const std::vector<double>& rates) {
  const std::size_t versions = version_service_.size();
  queues_.assign(versions, {});
  serving_rates_.assign(servings_, 0);
  calls_.assign(scenario_.traffic.size(), std::vector<double>(scenario_.services.size(), 0));
  std::vector<double> grab_second(versions, 0);
  grabs_.assign(versions, 0);
  std::vector<std::vector<double>> called_by(scenario_.traffic.size()), served_by(scenario_.traffic.size());
  for (const Group& group : groups_) {
    std::vector<std::vector<double>> called = visits(group, false), served = mirrors_ ? visits(group, true) : called;
    for (std::size_t i = 0; i < group.traffic.size(); ++i) {
      called_by[group.traffic[i]] = std::move(called[i]);
      served_by[group.traffic[i]] = std::move(served[i]);
    }
  }
  for (std::uint32_t t = 0; t < scenario_.traffic.size(); ++t) {
    const Group& group = groups_[group_of_[t]];
    const double rate = rates[t] * visitsOf(t);
    const std::vector<double>&called = called_by[t], &served = served_by[t];
    calls_[t][scenario_.traffic[t].to.service] += 1;
    for (std::uint32_t v = 0; v < versions; ++v) {
      const Service& service = scenario_.services[version_service_[v]];
      const Version& version = service.versions[v - first_version_[version_service_[v]]];
      const bool holds = version.concurrency == Concurrency::thread && version.discipline != Discipline::ps;
      for (std::uint32_t o = 0; o < service.operations.size(); ++o) {
        const std::uint32_t serving = first_serving_[v] + o;
        if (served[serving] <= 0) continue;
        const Course& course = group.courses[serving];
        for (const auto& [to, count] : course.calls) calls_[t][to.service] += called[serving] * count;
        const double here = rate * served[serving];
        serving_rates_[serving] += here;
        queues_[v].rate += here;
        queues_[v].offered += here * course.busy;
        queues_[v].held += here * (holds ? course.time.mean : course.busy);
        grabs_[v] += here * (holds ? 1 : course.works);
        grab_second[v] += here * (holds ? course.time.second() : course.work_second);
      }
    }
  }
  grab_.assign(versions, {});
  for (std::size_t v = 0; v < versions; ++v) {
    const std::uint32_t s = version_service_[v];
    queues_[v].workers = stretch_.endpoints[s][v - first_version_[s]] * scenario_.services[s].versions[v - first_version_[s]].workers;
    if (grabs_[v] > 0) {
      const double mean = queues_[v].held / grabs_[v];
      grab_[v] = {mean, std::max(0.0, grab_second[v] / grabs_[v] - mean * mean)};
    }
  }
}

namespace {

const LoadBalancerSettings* settingsOf(const Mesh& mesh, std::uint32_t service) {
  for (const DestinationRule& rule : mesh.destination_rules)
    if (rule.service == service && rule.policy.load_balancer) return &*rule.policy.load_balancer;
  return mesh.defaults.load_balancer ? &*mesh.defaults.load_balancer : nullptr;
}

}  // namespace

// How much of what separate queues cost, compared with one queue for all endpoints, the balancer takes away: 0 at random, 1 for a common queue.
// Fitted to 48 simulated malls with exponential service (2..12 endpoints, 1..4 workers, load 0.5..0.85, 1 and 4 callers) by eye: no bound of the error is known.
double FlowSolver::balancingGain(std::uint32_t service, double utilisation, double workers) const {
  const LoadBalancerSettings* settings = settingsOf(scenario_.mesh_versions[stretch_.mesh_version], service);
  const PolicyConfig policy = settings == nullptr ? PolicyConfig(LeastRequestConfig{}) : settings->policy;
  const double idle = 1 - utilisation;
  if (std::holds_alternative<RoundRobinConfig>(policy)) {
    const double threads = std::max(1.0, caller_threads_[service]);  // each goes round on its own
    return (0.53 + (0.4 + 0.2 * std::log2(workers)) * idle * idle) * (1 - idle * (1 - std::pow(threads, -0.7)));
  }
  const auto* least = std::get_if<LeastRequestConfig>(&policy);
  if (least == nullptr || (least->selection == LeastRequestConfig::Selection::kChoices && least->choice_count < 2)) return 0;
  const double callers = std::max(1.0, callers_[service]);  // each counts only its own requests
  return std::clamp(1 - 0.55 * std::pow(idle, 0.55) / std::sqrt(workers) * std::pow(callers, 0.42), 0.0, 1.0);
}

// Versions among which least request chooses freely even out: they wait as in one set of endpoints. Rules that name subsets keep them apart.
bool FlowSolver::sharesLines(std::uint32_t service) const {
  const Mesh& mesh = scenario_.mesh_versions[stretch_.mesh_version];
  for (const ServiceRules& rules : mesh.virtual_services)
    if (rules.service == service) return false;
  const LoadBalancerSettings* settings = settingsOf(mesh, service);
  return settings == nullptr || std::holds_alternative<LeastRequestConfig>(settings->policy);
}

FlowSolver::Line FlowSolver::lineOf(std::uint32_t v) const {
  const std::uint32_t s = version_service_[v];
  const Version& version = scenario_.services[s].versions[v - first_version_[s]];
  const Moments grab = version.discipline == Discipline::ps ? Moments{grab_[v].mean, grab_[v].mean * grab_[v].mean} : grab_[v];
  return {grabs_[v], grabs_[v] * grab.mean, grabs_[v] * grab.second(), stretch_.endpoints[s][v - first_version_[s]], queues_[v].workers};
}

Moments FlowSolver::waitIn(const Line& line, std::uint32_t service) const {
  if (line.endpoints <= 0 || line.grabs <= 0 || line.held <= 0) return {};
  const double mean = line.held / line.grabs;
  const Moments grab{mean, std::max(0.0, line.second / line.grabs - mean * mean)};
  const auto workers = static_cast<std::uint32_t>(std::max(1L, std::lround(line.workers / line.endpoints)));
  const Moments apart = waitingTime(workers, line.grabs / line.endpoints, grab);
  if (line.endpoints <= 1 || !std::isfinite(apart.mean) || apart.mean <= 0) return apart;
  const Moments together = waitingTime(static_cast<std::uint32_t>(std::lround(workers * line.endpoints)), line.grabs, grab);
  const double gain = balancingGain(service, line.held / (line.endpoints * workers), workers);
  const double factor = std::isfinite(together.mean) ? 1 - gain * (1 - together.mean / apart.mean) : 1;
  return {apart.mean * factor, apart.variance * factor * factor};
}

// New waits from the loads; the largest relative change.
double FlowSolver::waitAll() {
  double change = 0;
  for (std::uint32_t s = 0; s < scenario_.services.size(); ++s) {
    const bool shares = sharesLines(s);
    Line all;
    for (std::uint32_t v = first_version_[s]; v < first_version_[s] + scenario_.services[s].versions.size(); ++v) {
      const Line line = lineOf(v);
      all.grabs += line.grabs, all.held += line.held, all.second += line.second, all.endpoints += line.endpoints, all.workers += line.workers;
    }
    for (std::uint32_t v = first_version_[s]; v < first_version_[s] + scenario_.services[s].versions.size(); ++v) {
      const Moments wait = waitIn(shares ? all : lineOf(v), s);
      queues_[v].wait = wait;
      // A queue that grows without bounds has no mean wait; its callers are computed as if nobody waited there.
      const Moments assumed = std::isfinite(wait.mean) ? wait : Moments{};
      change = std::max(change, std::abs(assumed.mean - waits_[v].mean) / std::max(1e-9, grab_[v].mean + assumed.mean));
      waits_[v] = assumed;
    }
  }
  return change;
}

void FlowSolver::solve(const std::vector<double>& rates, bool loaded) {
  std::fill(waits_.begin(), waits_.end(), Moments{});
  for (int i = 0; i < kMostIterations; ++i) {
    for (Group& group : groups_) walkAll(group);
    entrances_.clear();
    for (std::uint32_t t = 0; t < scenario_.traffic.size(); ++t) {
      Group& group = groups_[group_of_[t]];
      const CallSplit& split = splitOf(group, static_cast<std::uint32_t>(version_service_.size()) + t, scenario_.traffic[t].to);
      entrances_.push_back(expectCall(
          split, [this](const SplitPart& p) { return servingIndex(p.service, p.version, p.operation); }, group.states));
    }
    addLoads(rates);
    if (!loaded) return;
    if (waitAll() < kConverged) return;
  }
}

const ServingState& FlowSolver::serving(std::uint32_t traffic, OperationRef of, std::uint32_t version) const {
  return groups_[group_of_[traffic]].states[servingIndex(of.service, version, of.operation)];
}

const Course& FlowSolver::course(std::uint32_t traffic, OperationRef of, std::uint32_t version) const {
  return groups_[group_of_[traffic]].courses[servingIndex(of.service, version, of.operation)];
}

// From the entrance down: at each operation the likeliest version, there the call that costs most time.
std::vector<PathPart> FlowSolver::criticalPath(std::uint32_t traffic) const {
  std::vector<PathPart> path;
  const CallExpectation* call = &entrances_[traffic];
  const double whole = call->time.mean;
  double share = 1;
  CallExpectation next;
  OperationRef of = scenario_.traffic[traffic].to;
  const Group& group = groups_[group_of_[traffic]];
  while (true) {
    std::uint32_t serving = servings_;
    double most = 0;
    for (const auto& [to, count] : call->tries)
      if (count > most) most = count, serving = to;
    path.push_back({of, call->time.mean, whole > 0 ? share : 0});
    if (serving == servings_) return path;
    const Course& course = group.courses[serving];
    if (course.longest_call_seconds <= 0 || call->time.mean <= 0) return path;
    share *= std::min(1.0, most * course.longest_call_seconds / call->time.mean);
    of = course.longest_call;
    const auto after = std::upper_bound(first_serving_.begin(), first_serving_.end(), serving);
    const auto caller = static_cast<std::uint32_t>(after - first_serving_.begin() - 1);
    next = expectCall(
        group.splits.at({caller, graph_.node(of)}), [this](const SplitPart& p) { return servingIndex(p.service, p.version, p.operation); }, group.states);
    call = &next;
  }
}

}  // namespace meshmall::models
