// Customers come, wait for their answer, lose patience, come back.
#include <algorithm>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

namespace {
constexpr unsigned kOrdinalBits = 40;  // of a customer's address; above them the traffic entry
}

void Mall::scheduleArrival(std::uint32_t traffic) {
  const SimTime at = arrivals_[traffic].nextAt();
  next_arrival_[traffic] = at >= end_ ? TimerId{} : queue_.schedule(at, {kCustomerArrives, traffic, 0});
}

void Mall::customerArrives(std::uint32_t traffic) {
  const std::uint64_t together = arrivals_[traffic].take();
  scheduleArrival(traffic);
  for (std::uint64_t i = 0; i < together; ++i) {
    const std::uint64_t who = static_cast<std::uint64_t>(traffic) << kOrdinalBits | arrived_[traffic]++;
    enter(traffic, who, 0, kNil, scenario().traffic[traffic].return_times, drawHeaders(traffic, who));
  }
}

// Closed traffic: a user's k-th visit is its own customer, addressed by user and k.
void Mall::userThinks(std::uint32_t traffic, std::uint32_t user) {
  const auto& closed = std::get<ClosedArrivals>(scenario().traffic[traffic].arrivals);
  const std::uint64_t who = static_cast<std::uint64_t>(traffic) << kOrdinalBits | user;
  const std::uint64_t cycle = user_cycles_[first_user_[traffic] + user];
  const double factor = traffic_factor_[traffic];
  if (factor <= 0) {  // nobody comes until that changes; see setTrafficFactor
    parked_users_[traffic].push_back(user);
    return;
  }
  Duration think = draw(closed.think, who, cycle, purpose::kCustomer);
  if (factor != 1) think = engine::fromSeconds(think.seconds() / factor);
  if (now_ + think < end_) after(think, kUserReturns, user, traffic);
}

void Mall::userReturns(std::uint32_t traffic, std::uint32_t user) {
  if (traffic_factor_[traffic] <= 0) return parked_users_[traffic].push_back(user);
  const std::uint64_t who = static_cast<std::uint64_t>(traffic) << kOrdinalBits | user;
  const std::uint64_t cycle = user_cycles_[first_user_[traffic] + user]++;
  enter(traffic, who, engine::mixPath(0, cycle), user, scenario().traffic[traffic].return_times, drawHeaders(traffic, engine::mixPath(who, cycle)));
}

std::uint32_t Mall::drawHeaders(std::uint32_t traffic, std::uint64_t who) {
  const auto& headers = scenario().traffic[traffic].headers;
  const auto& cookies = scenario().traffic[traffic].cookies;
  if (headers.empty() && cookies.empty()) return 0;
  const std::uint32_t set = header_sets_.take();
  header_sets_[set].holders = 1;
  for (std::size_t h = 0; h < headers.size(); ++h) {
    const double u = engine::uniform01(engine::firstBlock(key_, {who, h, purpose::kHeader})[0]);
    header_sets_[set].headers.push_back({headers[h].first, keyValue(headers[h].second, plan_->header_choices[traffic][h], u)});
  }
  std::string line;
  for (std::size_t c = 0; c < cookies.size(); ++c) {
    const double u = engine::uniform01(engine::firstBlock(key_, {who, c, purpose::kCookie})[0]);
    line += (line.empty() ? "" : "; ") + cookies[c].first + "=" + keyValue(cookies[c].second, plan_->cookie_choices[traffic][c], u);
  }
  auto& fields = header_sets_[set].headers;
  if (!line.empty()) fields.insert(std::lower_bound(fields.begin(), fields.end(), "cookie", [](const auto& f, const char* name) { return f.first < name; }), {"cookie", line});
  return set;
}

std::string Mall::keyValue(const KeyDistribution& keys, const std::optional<engine::WeightedChoice>& choice, double u) {
  switch (keys.kind) {
    case KeyDistribution::Kind::constant: return keys.constant;
    case KeyDistribution::Kind::uniform: return std::to_string(static_cast<std::uint64_t>(u * static_cast<double>(keys.n)));
    case KeyDistribution::Kind::zipf: return std::to_string(choice->pick(u));
    case KeyDistribution::Kind::weighted: return keys.weighted[choice->pick(u)].first;
  }
  return {};
}

void Mall::enter(std::uint32_t traffic, std::uint64_t who, std::uint64_t path, std::uint32_t user, std::uint32_t returns_left, std::uint32_t headers) {
  const std::uint32_t index = customers_pool_.take();
  Customer& c = customers_pool_[index];
  c.who = who;
  c.path = path;
  c.number = ++customers_;
  c.arrived = now_;
  c.traffic = traffic;
  c.user = user;
  c.returns_left = returns_left;
  c.headers = headers;
  c.measured = now_ >= plan_->windowBegin() && now_ < plan_->windowEnd();
  c.waiting = true;
  c.holders = 1;
  c.traced = trips_.traced(c.number);
  ++inside_;
  collector_.customerArrived(traffic, now_, c.measured);
  if (c.traced) trips_.customerArrived(now_, c.number, traffic);
  if (plan_->leave_ring[traffic]) c.leaves = timer(*plan_->leave_ring[traffic], kCustomerLeaves, index);
  const auto& ways = entrances_[traffic];
  std::uint32_t proxy = ways.front();
  if (ways.size() > 1) {
    const double u = engine::uniform01(engine::firstBlock(key_, {who, path, purpose::kEntrance})[0]);
    proxy = ways[static_cast<std::size_t>(u * static_cast<double>(ways.size()))];
  }
  const bool measured = c.measured;
  const std::uint32_t call = startCall(index, kNil, plan_->traffic_flow[traffic], proxy, engine::mixPath(path, 0), headers, measured);
  customers_pool_[index].call = call;
}

void Mall::customerAnswered(std::uint32_t customer, Outcome outcome) {
  if (!rollouts_.empty()) [[unlikely]] cookiesArrive(customers_pool_[customer], true);
  customers_pool_[customer].call = kNil;
  leave(customer, outcome, false);
}

void Mall::customerLeaves(std::uint32_t customer) {
  if (!rollouts_.empty()) [[unlikely]] cookiesArrive(customers_pool_[customer], false);
  customers_pool_[customer].leaves = {};
  const std::uint32_t call = customers_pool_[customer].call;
  customers_pool_[customer].call = kNil;
  if (call != kNil) abandonCall(call, {0, ResponseFlag::kDownstreamConnectionTermination});
  leave(customer, {0, ResponseFlag::kDownstreamConnectionTermination}, true);
}

void Mall::leave(std::uint32_t customer, Outcome outcome, bool abandoned) {
  Customer& c = customers_pool_[customer];
  engine::promise(c.waiting, "a customer left twice");
  c.waiting = false;
  drop(c.leaves);
  --inside_;
  collector_.customerLeft(c.traffic, c.arrived, now_, outcome, abandoned, c.measured);
  if (c.traced) trips_.customerLeft(now_, c.number, outcome, abandoned);
  const Traffic& traffic = scenario().traffic[c.traffic];
  if (!outcome.ok() && c.returns_left > 0 && now_ < end_) {
    ++outside_;
    const std::uint64_t path = engine::mixPath(c.path, 1ULL << 32 | c.returns_left);
    const Duration wait = draw(traffic.return_after, c.who, path, purpose::kCustomer);
    const std::uint32_t next = customers_pool_.take();  // the new customer, kept until the time has come
    Customer& old = customers_pool_[customer];
    Customer& n = customers_pool_[next];
    n.who = old.who;
    n.path = path;
    n.traffic = old.traffic;
    n.user = old.user;
    n.returns_left = old.returns_left - 1;
    n.headers = old.headers;
    if (n.headers != 0) ++header_sets_[n.headers].holders;
    after(wait, kCustomerReturns, next);
  } else if (c.user != kNil) {
    userThinks(c.traffic, c.user);
  }
  letGo(customer);
}

void Mall::customerReturns(std::uint32_t waiting) {
  const Customer c = customers_pool_[waiting];
  customers_pool_.give(waiting);
  --outside_;
  if (now_ >= end_) {
    dropHeaders(c.headers);
    return;
  }
  enter(c.traffic, c.who, c.path, c.user, c.returns_left, c.headers);
}

void Mall::letGo(std::uint32_t customer) {
  Customer& c = customers_pool_[customer];
  if (--c.holders > 0) return;
  const std::uint32_t headers = c.headers;
  customers_pool_.give(customer);
  dropHeaders(headers);
}

void Mall::holdHeaders(std::uint32_t headers) {
  if (headers != 0) ++header_sets_[headers].holders;
}

void Mall::dropHeaders(std::uint32_t headers) {
  if (headers == 0 || --header_sets_[headers].holders > 0) return;
  header_sets_.give(headers);
}

}  // namespace meshmall::models
