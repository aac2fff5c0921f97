#include "models/importers/traces/mesh_from_visits.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "models/importers/traces/compact_json.h"
#include "models/importers/traces/courses.h"
#include "models/importers/traces/customers.h"
#include "models/importers/traces/fit.h"
#include "models/importers/traces/hops.h"
#include "models/importers/traces/time_json.h"

namespace meshmall::models::traces {

using Json = nlohmann::ordered_json;

namespace {

constexpr double kMs = 1e-6;
constexpr std::uint32_t kLeastWorkers = 4;     // a quiet minute shows less concurrency than a busy one will have
constexpr std::uint32_t kMostCopies = 16;      // of a call that is written out because each waits before it
constexpr double kCustomers = 100'000, kCalls = 3'000'000;
constexpr double kWarmupCalls = 1e7;
constexpr std::uint32_t kMostRetries = 10;
constexpr std::size_t kMostFailuresTold = 5;
constexpr double kToldFailure = 0.1;           // ms; less is no news
constexpr const char* kNear = "mall";

class Deriver {
 public:
  Deriver(const Visits& traced, const std::vector<std::uint32_t>& roots, const MeshWords& words, ImportNotes* notes) : traced_(traced), words_(words), notes_(notes), own_failures_(traced.all.size(), false) {
    std::vector<bool> kept(traced.all.size(), false);
    for (const std::uint32_t root : roots) kept[root] = true;
    for (std::uint32_t v = 0; v < traced.all.size(); ++v) {
      if (!kept[traced.all[v].root]) continue;
      const bool entrance = traced.entrance && traced.all[v].parent == kNoVisit;
      if (!entrance) by_operation_[traced.all[v].operation].push_back(v);
      visits_.push_back(v);
    }
    heads_ = headsOf(roots);
    comers_ = headsOf(traced.roots);
    comers_.erase(std::remove_if(comers_.begin(), comers_.end(), [&](std::uint32_t v) { return by_operation_.count(traced.all[v].operation) == 0; }), comers_.end());
    findUsualSpread();
    hops_ = findHops(traced, visits_, usual_cv_);
    countFailures();
  }

  std::string scenario() {
    Json out;
    out["meshmall"] = 1;
    out["name"] = words_.name;
    Json services = servicesJson();
    Json traffic;
    customers_ = describeCustomers(traced_, comers_, traffic);
    noteAll();
    out["description"] = words_.description + (words_.description.empty() || notes_ == nullptr ? "" : " ") + (notes_ != nullptr ? asParagraph(*notes_) : "");
    out["run"] = {{"duration", words_.duration.empty() ? usualDuration() : words_.duration}, {"warmup", warmup()}, {"seed", 1}};
    if (!hops_.spells.empty()) {
      Json places = {{kNear, {{"region", kNear}, {"zone", kNear}}}};
      for (const Spell& spell : hops_.spells) places[spell.service] = {{"region", "beyond-" + spell.service}, {"zone", spell.service}};
      out["localities"] = places;
      out["gateway"] = {{"replicas", {{kNear, 1}}}};
    }
    Json network = Json::object();
    if (!hops_.near.zero()) network["sameZone"] = timeJson(hops_.near);
    if (!hops_.far.zero()) network["crossRegion"] = timeJson(hops_.far);
    if (!network.empty()) out["network"] = network;
    out["services"] = std::move(services);
    out["traffic"] = std::move(traffic);
    if (const Json rules = retriesJson(); !rules.empty()) out["mesh"] = {{"virtualServices", rules}};
    if (!hops_.spells.empty()) out["events"] = eventsJson();
    if (!words_.slos.empty()) out["slos"] = words_.slos;
    if (words_.traced) out["traced"] = tracedJson(*words_.traced);
    return compactJson(out);
  }

 private:
  // The customers' first visits: behind the entrance, where the traces have one.
  std::vector<std::uint32_t> headsOf(const std::vector<std::uint32_t>& roots) const {
    std::vector<std::uint32_t> out;
    for (const std::uint32_t root : roots) {
      const std::uint32_t head = traced_.entrance ? traced_.all[root].calls.front().visit : root;
      if (head != kNoVisit) out.push_back(head);
    }
    return out;
  }

  // ---- operations
  void findUsualSpread() {
    std::vector<double> spreads;
    for (const auto& [operation, visits] : by_operation_)
      if (visits.size() >= kFewSamples) spreads.push_back(cvOf(own(visits, true, true)));
    std::sort(spreads.begin(), spreads.end());
    usual_cv_ = spreads.empty() ? 0.5 : std::clamp(quantileOf(spreads, 0.5), 0.05, 3.0);
  }

  std::vector<double> own(const std::vector<std::uint32_t>& visits, bool busy, bool wait) const {
    std::vector<double> out;
    for (const std::uint32_t v : visits) out.push_back(static_cast<double>((busy ? traced_.all[v].busy : 0) + (wait ? traced_.all[v].wait : 0)) * kMs);
    return out;
  }

  struct WholeCall {  // with all tries of the caller's proxy; the last one answers
    std::uint32_t operation = 0, tries = 1;
    bool failed = false;
  };
  std::vector<WholeCall> callsOf(const Visit& visit) const {
    std::vector<WholeCall> out;
    for (const TracedCall& call : visit.calls) {
      if (call.visit == kNoVisit) continue;
      const Visit& callee = traced_.all[call.visit];
      const auto first = !call.again ? out.rend() : std::find_if(out.rbegin(), out.rend(), [&](const WholeCall& w) { return traced_.operations[w.operation].service == traced_.operations[callee.operation].service; });
      if (first == out.rend()) {
        out.push_back({callee.operation, 1, callee.failed});
      } else {
        ++first->tries;
        first->failed = callee.failed;
      }
    }
    return out;
  }

  // A visit's own failure is one that no call of its explains. A callee's failure that callers mostly survive is optional.
  void countFailures() {
    for (const std::uint32_t v : visits_) {
      const Visit& visit = traced_.all[v];
      bool failing_call = false;
      for (const auto& [operation, tries, failed] : callsOf(visit)) {
        std::uint32_t& most = tries_[traced_.operations[operation].service];
        most = std::max(most, tries);
        if (!failed) continue;
        failing_call = true;
        auto& [survived, in_all] = survived_[{visit.operation, operation}];
        survived += visit.failed ? 0U : 1U;
        ++in_all;
      }
      if (visit.failed && !failing_call) own_failures_[v] = true;
    }
  }

  std::string target(std::uint32_t operation) const { return traced_.operations[operation].service + "/" + traced_.operations[operation].name; }

  Json callJson(std::uint32_t caller, const CourseCall& call, bool with_times) const {
    Json step = {{"call", target(call.operation)}};
    if (call.probability < 1) step["probability"] = rounded(call.probability);
    if (with_times && call.times.size() > 1) {
      Json weighted = Json::object();
      for (const auto& [times, n] : call.times) weighted[std::to_string(times)] = n;
      step["times"] = {{"weighted", weighted}};
    } else if (with_times && call.times.begin()->first > 1) {
      step["times"] = call.times.begin()->first;
    }
    const auto found = survived_.find({caller, call.operation});
    if (found != survived_.end() && 2 * found->second.first >= found->second.second) step["optional"] = true;
    return step;
  }

  void addCall(Json& steps, std::uint32_t caller, const CourseCall& call) const {
    const auto wait = hops_.waits.find({caller, call.operation});
    if (wait == hops_.waits.end()) {
      steps.push_back(callJson(caller, call, true));
      return;
    }
    const auto waitStep = [&](double probability, const FittedTime& time) {
      Json step = {{"wait", timeJson(time)}};
      if (probability < 1) step["probability"] = rounded(probability);
      return step;
    };
    if (call.times.size() == 1 && call.probability == 1 && call.times.begin()->first <= kMostCopies) {
      for (std::uint32_t i = 0; i < call.times.begin()->first; ++i) {
        steps.push_back(waitStep(wait->second.probability, wait->second.time));
        steps.push_back(callJson(caller, call, false));
      }
      return;
    }
    // One wait for all of them, with the same mean.
    double calls = 0, n = 0;
    for (const auto& [times, visits] : call.times) {
      calls += static_cast<double>(times) * static_cast<double>(visits);
      n += static_cast<double>(visits);
    }
    const double repeats = calls / n, probability = 1 - std::pow(1 - wait->second.probability, repeats);
    FittedTime together = wait->second.time;
    const double factor = repeats * wait->second.probability / probability;
    together.mean *= factor;
    if (together.family == Family::normal) together.shape *= factor;
    for (FittedTime::Part& part : together.parts) part.mean *= factor;
    for (auto& [value, weight] : together.points) value *= factor;
    steps.push_back(waitStep(probability * call.probability, together));
    steps.push_back(callJson(caller, call, true));
  }

  // Its own work first, then what it waits for, then the calls.
  Json courseJson(std::uint32_t operation, const Course& course, const std::vector<std::uint32_t>& alike) {
    Json steps = Json::array();
    const auto& samples = course.visits.size() >= kFewSamples || alike.size() < kFewSamples ? course.visits : alike;
    const FittedTime busy = fitTimes(own(samples, true, false), usual_cv_), wait = fitTimes(own(samples, false, true), usual_cv_);
    if (!busy.zero()) steps.push_back({{"busy", timeJson(busy)}});
    if (!wait.zero()) steps.push_back({{"wait", timeJson(wait)}});
    if (!busy.zero()) ++families_[busy.family];
    if (!wait.zero()) ++families_[wait.family];
    for (const CourseGroup& group : course.groups) {
      if (group.size() == 1) {
        for (const CourseCall& call : group.front()) addCall(steps, operation, call);
        continue;
      }
      Json branches = Json::array();
      for (const Lane& lane : group) {
        Json branch = Json::array();
        for (const CourseCall& call : lane) addCall(branch, operation, call);
        branches.push_back(branch.size() == 1 ? branch.front() : branch);
      }
      steps.push_back({{"parallel", branches}});
      ++parallel_;
    }
    return steps;
  }

  Json operationJson(std::uint32_t operation, const std::vector<std::uint32_t>& visits) {
    std::vector<std::uint32_t> sound;  // a failed visit may have stopped early: it says nothing of the calls
    for (const std::uint32_t v : visits)
      if (!traced_.all[v].failed) sound.push_back(v);
    if (sound.empty()) sound = visits;
    const std::vector<Course> courses = findCourses(traced_, sound);
    std::vector<std::uint32_t> alike;
    for (const Course& course : courses)
      if (course.visits.size() < kFewSamples) alike.insert(alike.end(), course.visits.begin(), course.visits.end());
    Json out;
    if (courses.size() == 1) {
      out["steps"] = courseJson(operation, courses.front(), alike);
    } else {
      Json choose = Json::array();
      for (const Course& course : courses) choose.push_back({{"weight", course.visits.size()}, {"steps", courseJson(operation, course, alike)}});
      out["steps"] = Json::array({{{"choose", choose}}});
      ++chosen_;
    }
    merged_ += courses.back().merged ? 1U : 0U;
    addFailure(operation, visits, meanOf(own(sound, true, true)), out);
    return out;
  }

  // A failure comes at once or after the usual work: whichever is nearer to what the failing visits took. `usual`: mean work of those that succeeded, ms.
  void addFailure(std::uint32_t operation, const std::vector<std::uint32_t>& visits, double usual, Json& out) {
    std::map<std::uint16_t, std::uint64_t> statuses;
    std::vector<std::uint32_t> failing;
    for (const std::uint32_t v : visits) {
      if (!own_failures_[v]) continue;
      failing.push_back(v);
      ++statuses[traced_.all[v].status >= 400 ? traced_.all[v].status : std::uint16_t{500}];
    }
    if (failing.empty()) return;
    const double took = meanOf(own(failing, true, true));
    const bool at_once = failing.size() < visits.size() && took < usual / 2;
    const double given = at_once ? 0 : usual;
    if (failing.size() < visits.size() && std::abs(took - given) > 0.2 * std::max(took, given) && std::abs(took - given) > kToldFailure)
      failures_.insert("failures of " + printable(target(operation), 100) + " take " + durationText(took) + " in the traces; here they come " + (at_once ? "at once" : "after the usual " + durationText(usual)));
    const auto status = std::max_element(statuses.begin(), statuses.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    out["failure"] = {{"probability", rounded(static_cast<double>(failing.size()) / static_cast<double>(visits.size()))}, {"status", status->first}, {"when", at_once ? "start" : "end"}};
  }

  // ---- services
  // The most visits that one of the service's pods was at work on at once, calls not counted.
  std::uint32_t peakAt(const std::vector<std::uint32_t>& visits) const {
    std::map<std::uint32_t, std::vector<std::pair<std::int64_t, int>>> changes;
    for (const std::uint32_t v : visits) {
      const Visit& visit = traced_.all[v];
      std::int64_t reached = visit.start;
      const auto works = [&](std::int64_t from, std::int64_t to) {
        if (to <= from) return;
        changes[visit.pod].emplace_back(from, 1);
        changes[visit.pod].emplace_back(to, -1);
      };
      for (const TracedCall& call : visit.calls) {
        works(reached, std::min(call.start, visit.end));
        reached = std::max(reached, call.end);
      }
      works(reached, visit.end);
    }
    int peak = 0;
    for (auto& [pod, list] : changes) {
      std::sort(list.begin(), list.end());  // an end before a start at the same instant
      int now = 0;
      for (const auto& [at, change] : list) peak = std::max(peak, now += change);
    }
    return static_cast<std::uint32_t>(peak);
  }

  const std::string& versionOf(std::uint32_t visit) const {
    static const std::string only = "v1";
    const auto found = words_.versions.find(traced_.all[visit].pod);
    return found == words_.versions.end() ? only : found->second;
  }

  // One version, unless the call knows of whose pods there are several: each of these with its own operations.
  Json versionsJson(const std::string& service, const std::vector<std::uint32_t>& operations, const std::vector<std::uint32_t>& visits) {
    const bool apart = std::any_of(hops_.spells.begin(), hops_.spells.end(), [&](const Spell& spell) { return spell.service == service; });
    std::map<std::string, std::vector<std::uint32_t>> by_version;
    for (const std::uint32_t v : visits) by_version[versionOf(v)].push_back(v);
    Json out = Json::object();
    for (const auto& [name, of_version] : by_version) {
      std::set<std::uint32_t> pods;
      for (const std::uint32_t v : of_version) pods.insert(traced_.all[v].pod);
      const std::uint32_t peak = peakAt(of_version);
      busiest_ = std::max(busiest_, peak);
      Json version = {{"workers", std::clamp(peak, kLeastWorkers, std::uint32_t{1000})}, {"concurrency", "async"}};
      if (!hops_.spells.empty()) {
        version["replicas"] = {{apart ? service : kNear, pods.size()}};
      } else if (pods.size() > 1) {
        version["replicas"] = pods.size();
      }
      for (const std::uint32_t operation : operations) {
        if (by_version.size() == 1) break;
        std::vector<std::uint32_t> some;
        for (const std::uint32_t v : of_version)
          if (traced_.all[v].operation == operation) some.push_back(v);
        if (!some.empty()) version["operations"][traced_.operations[operation].name] = operationJson(operation, some);
      }
      out[name] = version;
    }
    return out;
  }

  Json servicesJson() {
    std::map<std::string, std::vector<std::uint32_t>> operations;
    for (const auto& [operation, visits] : by_operation_) operations[traced_.operations[operation].service].push_back(operation);
    Json out = Json::object();
    for (auto& [service, list] : operations) {
      std::vector<std::uint32_t> visits;
      std::set<std::uint32_t> pods;
      for (const std::uint32_t operation : list) visits.insert(visits.end(), by_operation_[operation].begin(), by_operation_[operation].end());
      for (const std::uint32_t v : visits) pods.insert(traced_.all[v].pod);
      const Json versions = versionsJson(service, list, visits);
      pods_ += pods.size();
      std::sort(list.begin(), list.end(), [&](std::uint32_t a, std::uint32_t b) { return traced_.operations[a].name < traced_.operations[b].name; });
      Json of_service = Json::object();
      for (const std::uint32_t operation : list) of_service[traced_.operations[operation].name] = operationJson(operation, by_operation_[operation]);
      out[service] = {{"versions", versions}, {"operations", of_service}};
    }
    services_ = out.size();
    return out;
  }

  // ---- the rest
  // 1, 2, 5 times a power of ten or 60 s, long enough for the customers.
  std::string usualDuration() const {
    const double calls = std::max(1.0, static_cast<double>(visits_.size()) / static_cast<double>(std::max<std::size_t>(1, heads_.size())));
    const double wanted = std::min(kCustomers, kCalls / calls) / std::max(customers_.rate, 1e-7);
    constexpr std::pair<double, const char*> kLengths[] = {{10, "10s"},       {20, "20s"},       {30, "30s"},       {60, "1m"},        {120, "2m"},        {300, "5m"},        {600, "10m"},
                                                           {1200, "20m"},     {1800, "30m"},     {3600, "1h"},      {7200, "2h"},      {14400, "4h"},      {36000, "10h"},     {86400, "24h"},
                                                           {172800, "48h"},   {432000, "120h"},  {864000, "240h"},  {2592000, "720h"}, {8640000, "2400h"}, {25920000, "7200h"}};
    for (const auto& [seconds, text] : kLengths)
      if (seconds >= wanted) return text;
    return "7200h";
  }
  std::string warmup() const {
    double longest = 0;
    for (const std::uint32_t head : heads_) longest = std::max(longest, static_cast<double>(traced_.all[head].length()) * kMs / 1000);
    const auto [seconds, text] = longest < 2 ? std::pair{20, "20s"} : longest < 6 ? std::pair{60, "1m"} : longest < 60 ? std::pair{600, "10m"} : std::pair{3600, "1h"};
    // One slow request among very many quick ones: twice its time is enough, and ten minutes of the others are hours of computing.
    const double calls = static_cast<double>(visits_.size()) / static_cast<double>(std::max<std::size_t>(1, heads_.size()));
    return customers_.rate * calls * seconds > kWarmupCalls ? durationText(std::max(1.0, std::ceil(2 * longest)) * 1000) : text;
  }

  // As many tries as were seen, where the caller's proxy tried again.
  Json retriesJson() const {
    Json out = Json::object();
    for (const auto& [service, most] : tries_)
      if (most > 1) out[service] = {{"http", {{{"route", {{{"destination", {{"host", service}}}}}}, {"retries", {{"attempts", std::min(most - 1, kMostRetries)}, {"retryOn", "5xx"}}}}}}};
    return out;
  }

  Json eventsJson() const {
    Json out = Json::array();
    for (const Spell& spell : hops_.spells) {
      Json event = {{"at", "0s"}, {"every", {{"exponential", {{"mean", durationText(spell.every)}}}}}, {"for", {{"exponential", {{"mean", durationText(spell.length)}}}}}};
      event["network"] = {{"to", spell.service}, {"delay", {{"gamma", {{"mean", durationText(spell.delay)}, {"cv", rounded(spell.delay_cv)}}}}}};
      event["note"] = "a slow spell on the way to " + spell.service;
      out.push_back(event);
    }
    return out;
  }

  static Json tracedJson(const TracedFigures& traced) {
    Json latency = Json::object();
    const auto add = [&](const char* name, const std::optional<TracedFigure>& figure) {
      if (!figure) return;
      Json one = {{"value", durationText(static_cast<double>(figure->value.ns) * kMs)}};
      if (figure->low) one["low"] = durationText(static_cast<double>(figure->low->ns) * kMs);
      if (figure->high) one["high"] = durationText(static_cast<double>(figure->high->ns) * kMs);
      latency[name] = one;
    };
    add("mean", traced.mean);
    add("p50", traced.p50);
    add("p90", traced.p90);
    add("p95", traced.p95);
    add("p99", traced.p99);
    return {{"requests", traced.requests}, {"latency", latency}};
  }

  void tellFailures() {
    std::size_t told = 0;
    for (const std::string& sentence : failures_) {
      if (++told > kMostFailuresTold) break;
      notes_->not_modelled.push_back(sentence);
    }
    if (failures_.size() > kMostFailuresTold) notes_->not_modelled.push_back("times of failures of " + std::to_string(failures_.size() - kMostFailuresTold) + " more operations");
    // Several visits of one operation, each but the last failing, under a request that failed: a proxy or client that tried again.
    std::uint64_t again = 0;
    for (const std::uint32_t v : visits_) {
      if (!traced_.all[v].failed) continue;
      std::map<std::uint32_t, std::uint64_t> failing;
      for (const TracedCall& call : traced_.all[v].calls)
        if (call.visit != kNoVisit && !call.again && traced_.all[call.visit].failed) again += failing[traced_.all[call.visit].operation]++ > 0 ? 1U : 0U;
    }
    if (again > 0)
      notes_->not_modelled.push_back(some(again, "further try", "further tries") + " of calls that failed in the end: a failing request makes as many calls here as one that succeeds (retries: mesh.virtualServices)");
    for (const auto& [service, most] : tries_)
      if (most > 1) notes_->guessed.push_back("callers' proxies tried " + printable(service, 100) + " up to " + std::to_string(most) + " times: retries on 5xx, at most " + std::to_string(std::min(most - 1, kMostRetries)) + " of them");
  }

  static std::string some(std::uint64_t n, const char* one, const char* more) { return std::to_string(n) + " " + (n == 1 ? one : more); }

  void noteAll() {
    if (notes_ == nullptr) return;
    notes_->read.push_back(some(heads_.size(), "request", "requests") + " of customers over " + durationText(customers_.window_ms) + ", " + some(services_, "service", "services") + " on " +
                           some(pods_, "pod", "pods") + ", " + some(by_operation_.size(), "operation", "operations") + ", " + some(visits_.size(), "visit", "visits"));
    std::string families;
    for (const auto& [family, n] : families_) families += (families.empty() ? "" : ", ") + std::to_string(n) + " " + familyName(family);
    notes_->read.push_back("times of services: " + families + " (by the Bayesian information criterion); calls of " + some(hops_.known, "pair", "pairs") +
                           " of client and server spans give the delay of a hop, half of it each way");
    if (chosen_ > 0) notes_->read.push_back(some(chosen_, "operation calls", "operations call") + " others in several ways: `choose`, weighted by the traces" + (parallel_ > 0 ? "; some calls overlap: `parallel`" : ""));
    for (const Spell& spell : hops_.spells)
      notes_->read.push_back("slow spells on the way to " + spell.service + " (" + fixed(100 * spell.share, 0) + " % of its calls, " + durationText(spell.delay) +
                             " longer): a repeated event, and a locality of its own for the service");
    if (!hops_.waits.empty()) notes_->guessed.push_back(some(hops_.waits.size(), "kind of call takes", "kinds of calls take") + " longer before anybody is reached: a wait of the caller before the call");
    notes_->guessed.push_back("workers: " + std::to_string(kLeastWorkers) + " or the most that a pod was seen at work on at once (" + std::to_string(busiest_) +
                              " at most), needed only while busy, since traced times hold the queueing already");
    notes_->guessed.push_back("arrivals: gaps between requests with their traced mean and spread, the same all the time");
    if (customers_.from_within > 0)
      notes_->guessed.push_back(some(customers_.from_within, "request begins", "requests begin") + " inside a service (" + printable(customers_.example, 100) + "): a root that is no server's span comes by a sidecar, not the gateway");
    if (!hops_.near.zero())
      notes_->guessed.push_back("the time of customers has a hop there and back that their traced requests lack: about " + durationText(2 * hops_.near.mean));
    if (merged_ > 0) notes_->guessed.push_back(some(merged_, "operation has", "operations have") + " more than " + std::to_string(kMostCourses) + " ways of calling others: the rare ones are merged");
    tellFailures();
    if (customers_.rare > 0) notes_->not_modelled.push_back(some(customers_.rare, "rare kind", "rare kinds") + " of request beyond the most frequent");
    notes_->not_modelled.push_back("what proxies take apart from the network; how times grow with load, other than by queueing for workers; changes of the rate over the day");
  }

  const Visits& traced_;
  const MeshWords& words_;
  ImportNotes* notes_;
  std::map<std::uint32_t, std::vector<std::uint32_t>> by_operation_;
  std::vector<std::uint32_t> visits_, heads_;
  std::vector<std::uint32_t> comers_;  // heads of all that was traced: holding some out makes holes, not bursts
  std::vector<bool> own_failures_;  // by visit
  std::map<Edge, std::pair<std::uint64_t, std::uint64_t>> survived_;
  std::map<std::string, std::uint32_t> tries_;  // the most that one call of the service took, of its caller's proxy
  std::map<Family, std::uint64_t> families_;
  std::set<std::string> failures_;  // that take another time than they get here: sentences
  Hops hops_;
  TracedCustomers customers_;
  double usual_cv_ = 0.5;
  std::uint64_t chosen_ = 0, parallel_ = 0, merged_ = 0, services_ = 0, pods_ = 0;
  std::uint32_t busiest_ = 0;
};

}  // namespace

std::string meshFromVisits(const Visits& traced, const std::vector<std::uint32_t>& roots, const MeshWords& words, ImportNotes* notes) {
  return Deriver(traced, roots, words, notes).scenario();
}

}  // namespace meshmall::models::traces
