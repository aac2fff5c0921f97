#include "models/topology/prediction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "models/topology/arrival_rates.h"
#include "models/topology/flow_solver.h"
#include "models/topology/stretches.h"

namespace meshmall::models {

namespace {

constexpr double kFullButStable = 0.9999;  // closed traffic fills a bottleneck up to here

class Predictor {
 public:
  Predictor(const Scenario& scenario, const CallGraph& graph) : scenario_(scenario), graph_(graph) {}

  Prediction predict() {
    const Stretches cut = stretches(scenario_);
    made_.complete = cut.complete;
    nameAll();
    describeUnloaded(cut.parts.front());
    for (const Stretch& stretch : cut.parts) addStretch(stretch);
    average();
    joinOverloads();
    return std::move(made_);
  }

 private:
  struct Backlog {
    double busy = 0, held = 0;  // worker-seconds not done yet
  };
  struct Sums {  // over time
    double rate = 0, offered = 0, held = 0, workers = 0, done_busy = 0, done_held = 0, wait = 0, waits = 0;
  };

  void nameAll() {
    for (const Service& service : scenario_.services) {
      ServicePrediction& s = made_.services.emplace_back();
      s.name = service.name;
      for (const Version& version : service.versions) {
        s.versions.emplace_back().name = version.name;
        s.thread = s.thread || (version.concurrency == Concurrency::thread && version.discipline != Discipline::ps);
        sums_.emplace_back();
        backlogs_.emplace_back();
      }
    }
    for (const Traffic& traffic : scenario_.traffic) {
      TrafficPrediction& t = made_.traffic.emplace_back();
      t.name = traffic.name;
      t.success = 0;  // a sum until average()
      t.closed = std::holds_alternative<ClosedArrivals>(traffic.arrivals);
      made_.depth = std::max(made_.depth, graph_.depth[graph_.node(traffic.to)] + 1);
    }
  }

  // Customers per second by entry in a stretch; closed entries at 0.
  std::vector<double> openRates(const Stretch& stretch, bool peak) const {
    std::vector<double> rates;
    for (std::size_t t = 0; t < scenario_.traffic.size(); ++t) {
      const ArrivalConfig& arrivals = scenario_.traffic[t].arrivals;
      rates.push_back(stretch.traffic_factor[t] * (peak ? peakRate(arrivals, stretch.begin, stretch.end) : meanRate(arrivals, stretch.begin, stretch.end)));
    }
    return rates;
  }

  double highestLoad(const FlowSolver& solver) const {
    double load = 0;
    for (const QueueState& queue : solver.queues())
      if (queue.held > 0) load = std::max(load, queue.workers > 0 ? queue.held / queue.workers : std::numeric_limits<double>::infinity());
    return load;
  }

  // A closed entry's rate is the one at which its users' cycles take as long as they do: users / (think + response), found by bisection.
  // Its users meet queues made by the others: their own share of the load is scaled by (users - 1) / users, as the arrival theorem says.
  void closeLoops(FlowSolver& solver, const Stretch& stretch, std::vector<double>& rates) const {
    std::vector<std::uint32_t> closed;
    for (std::uint32_t t = 0; t < made_.traffic.size(); ++t)
      if (made_.traffic[t].closed && stretch.traffic_factor[t] > 0) closed.push_back(t);
    const int rounds = closed.size() > 1 ? 8 : 1;
    for (int round = 0; round < rounds; ++round)
      for (const std::uint32_t t : closed) rates[t] = closedRate(solver, rates, t);
  }

  double closedRate(FlowSolver& solver, std::vector<double> rates, std::uint32_t t) const {
    const auto& closed = std::get<ClosedArrivals>(scenario_.traffic[t].arrivals);
    const double users = closed.users, think = closed.think.mean();
    const auto cycle = [&](double rate, bool loaded) {
      rates[t] = rate;
      solver.solve(rates, loaded);
      return think + solver.entrance(t).time.mean;
    };
    const double alone = cycle(0, false);
    double high = alone > 0 ? users / alone : 1e9, low = 0;
    rates[t] = high;
    solver.solve(rates, false);
    const double load = highestLoad(solver);
    if (load > kFullButStable) high *= kFullButStable / load;
    for (int i = 0; i < 40 && high - low > 1e-6 * high; ++i) {
      const double middle = (low + high) / 2;
      const double seen = cycle(middle * (users - 1) / users, true);
      bool too_high = highestLoad(solver) >= 1 || middle * seen > users;
      if (!too_high) {  // users who wait do not come: however many there are, they cannot ask for more than there is
        cycle(middle, true);
        too_high = highestLoad(solver) > kFullButStable;
      }
      (too_high ? high : low) = middle;
    }
    return low;
  }

  void describeUnloaded(const Stretch& first) {
    Stretch quiet = first;  // as at the start, without events
    for (auto& service : quiet.slow)
      for (auto& version : service) std::fill(version.begin(), version.end(), 1.0);
    quiet.delays.clear();
    FlowSolver solver(scenario_, graph_, quiet);
    std::vector<double> rates = openRates(quiet, false);
    closeLoops(solver, quiet, rates);
    solver.solve(rates, false);
    for (std::uint32_t t = 0; t < made_.traffic.size(); ++t) {
      made_.traffic[t].unloaded = solver.entrance(t).time.mean;
      made_.traffic[t].critical = solver.criticalPath(t);
    }
    for (std::uint32_t s = 0; s < scenario_.services.size(); ++s) {
      double rate = 0, time = 0;
      for (std::uint32_t v = 0; v < scenario_.services[s].versions.size(); ++v)
        for (std::uint32_t o = 0; o < scenario_.services[s].operations.size(); ++o) {
          const double here = solver.servingRate(solver.servingIndex(s, v, o));
          rate += here;
          time += here * solver.serving(0, {s, o}, v).time.mean;
        }
      if (rate > 0) made_.services[s].response = time / rate;
    }
  }

  void addStretch(const Stretch& stretch) {
    FlowSolver solver(scenario_, graph_, stretch);
    std::vector<double> rates = openRates(stretch, false);
    closeLoops(solver, stretch, rates);
    solver.solve(rates, true);
    const double seconds = stretch.seconds();
    for (std::uint32_t s = 0; s < scenario_.services.size(); ++s)
      for (std::uint32_t v = 0; v < scenario_.services[s].versions.size(); ++v) {
        const std::uint32_t index = solver.versionIndex(s, v);
        const QueueState& queue = solver.queues()[index];
        Sums& sum = sums_[index];
        sum.rate += queue.rate * seconds;
        sum.offered += queue.offered * seconds;
        sum.held += queue.held * seconds;
        sum.workers += queue.workers * seconds;
        sum.wait += queue.rate * seconds * queue.wait.mean;
        work(queue, seconds, backlogs_[index], sum);
      }
    for (std::uint32_t t = 0; t < made_.traffic.size(); ++t) {
      TrafficPrediction& traffic = made_.traffic[t];
      const double customers = rates[t] * solver.visitsOf(t) * seconds;
      traffic.rate += customers;
      traffic.success += customers * (1 - totalOf(solver.entrance(t).failed));
      const bool grows = highestLoad(solver) >= 1;
      traffic.response += customers > 0 ? customers * (grows ? std::numeric_limits<double>::infinity() : solver.entrance(t).time.mean) : 0;
      for (std::uint32_t s = 0; s < scenario_.services.size(); ++s) {
        const double calls = customers * solver.callsPerCustomer(t, s);
        made_.services[s].calls_per_customer += calls;
        traffic.calls += calls;
      }
    }
    notePeaks(solver, stretch, rates);
  }

  // What of the work that comes can be done: fluid, the rest stays for later.
  static void work(const QueueState& queue, double seconds, Backlog& backlog, Sums& sum) {
    const double held = queue.held * seconds + backlog.held, busy = queue.offered * seconds + backlog.busy;
    const double can = queue.workers * seconds;
    const double share = held > can ? can / held : 1;
    sum.done_held += held * share;
    sum.done_busy += busy * share;
    backlog = {busy * (1 - share), held * (1 - share)};
  }

  void notePeaks(FlowSolver& solver, const Stretch& stretch, const std::vector<double>& mean_rates) {
    std::vector<double> rates = openRates(stretch, true);
    bool higher = false;
    for (std::uint32_t t = 0; t < rates.size(); ++t) {
      if (made_.traffic[t].closed) rates[t] = mean_rates[t];
      higher = higher || rates[t] > mean_rates[t];
      made_.traffic[t].peak = std::max(made_.traffic[t].peak, rates[t]);
    }
    if (higher) solver.solve(rates, true);
    for (std::uint32_t s = 0; s < scenario_.services.size(); ++s) {
      double worst = 0;
      for (std::uint32_t v = 0; v < scenario_.services[s].versions.size(); ++v) {
        const QueueState& queue = solver.queues()[solver.versionIndex(s, v)];
        const double load = queue.held <= 0 ? 0 : queue.workers > 0 ? queue.held / queue.workers : std::numeric_limits<double>::infinity();
        made_.services[s].versions[v].peak = std::max(made_.services[s].versions[v].peak, load);
        worst = std::max(worst, load);
      }
      made_.services[s].peak = std::max(made_.services[s].peak, worst);
      if (worst >= 1) made_.overloads.push_back({s, stretch.begin, stretch.end, worst});
    }
  }

  void average() {
    const double seconds = scenario_.run.duration.seconds();
    double customers = 0;
    for (TrafficPrediction& t : made_.traffic) {
      customers += t.rate;
      t.success = t.rate > 0 ? t.success / t.rate : 1;
      t.response = t.rate > 0 ? t.response / t.rate : t.unloaded;
      t.calls = t.rate > 0 ? t.calls / t.rate : 0;
      t.rate /= seconds;
    }
    std::size_t index = 0;
    for (std::uint32_t s = 0; s < made_.services.size(); ++s) {
      ServicePrediction& service = made_.services[s];
      service.calls_per_customer = customers > 0 ? service.calls_per_customer / customers : 0;
      Sums all;
      for (VersionPrediction& version : service.versions) {
        const Sums& sum = sums_[index++];
        version.rate = sum.rate / seconds;
        version.offered = sum.offered / seconds;
        version.held = sum.held / seconds;
        version.workers = sum.workers / seconds;
        version.cpu = sum.workers > 0 ? sum.done_busy / sum.workers : 0;
        version.utilization = sum.workers > 0 ? sum.done_held / sum.workers : 0;
        version.waiting = sum.rate > 0 ? sum.wait / sum.rate : 0;
        service.overloaded = service.overloaded || (sum.held > 0 && sum.held >= sum.workers);
        const double load = sum.held <= 0 ? 0 : sum.workers > 0 ? sum.held / sum.workers : std::numeric_limits<double>::infinity();
        if (load > made_.load) made_.load = load, made_.bottleneck = s;
        all.rate += sum.rate, all.offered += sum.offered, all.held += sum.held, all.workers += sum.workers;
        all.done_busy += sum.done_busy, all.done_held += sum.done_held;
      }
      service.rate = all.rate / seconds;
      service.offered = all.offered / seconds;
      service.held = all.held / seconds;
      service.workers = all.workers / seconds;
      service.cpu = all.workers > 0 ? all.done_busy / all.workers : 0;
      service.utilization = all.workers > 0 ? all.done_held / all.workers : 0;
      made_.stable = made_.stable && !service.overloaded;
    }
  }

  void joinOverloads() {
    std::map<std::uint32_t, std::vector<Overload>> by_service;
    for (const Overload& one : made_.overloads) {
      auto& list = by_service[one.service];
      if (!list.empty() && list.back().end == one.begin) {
        list.back().end = one.end;
        list.back().load = std::max(list.back().load, one.load);
      } else {
        list.push_back(one);
      }
    }
    made_.overloads.clear();
    for (const auto& [service, list] : by_service) made_.overloads.insert(made_.overloads.end(), list.begin(), list.end());
    std::stable_sort(made_.overloads.begin(), made_.overloads.end(), [](const Overload& a, const Overload& b) { return a.begin < b.begin; });
  }

  const Scenario& scenario_;
  const CallGraph& graph_;
  Prediction made_;
  std::vector<Sums> sums_;         // by version
  std::vector<Backlog> backlogs_;  // by version
};

}  // namespace

Prediction predict(const Scenario& scenario, const CallGraph& graph) { return Predictor(scenario, graph).predict(); }

}  // namespace meshmall::models
