// The promises of a run, checked against a count of everything that is alive. Used by tests and by whoever suspects the counters.
#include <map>

#include "models/mall/mall.h"

namespace meshmall::models {

namespace {

class Findings {
 public:
  void expect(std::uint64_t counted, std::uint64_t alive, const std::string& what) {
    if (counted != alive) found_.push_back(what + ": the counters say " + std::to_string(counted) + ", alive are " + std::to_string(alive));
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> Mall::audit() const {
  Findings findings;
  std::vector<std::uint64_t> calls(plan_->flows.size()), tries(plan_->flows.size()), customers(scenario().traffic.size());
  std::vector<std::uint64_t> at(endpoints_.size()), waiting(endpoints_.size()), held(endpoints_.size());
  std::vector<std::uint64_t> active(upstreams_.size());
  std::uint64_t holders = 0, holders_counted = 0, inside = 0;
  for (std::uint32_t i = 0; i < customers_pool_.slots(); ++i) {
    const Customer& c = customers_pool_[i];
    if (!c.live) continue;
    customers[c.traffic] += c.waiting ? 1U : 0U;
    inside += c.waiting ? 1U : 0U;
    holders_counted += c.holders;
    holders += c.waiting ? 1U : 0U;
  }
  for (std::uint32_t i = 0; i < calls_.slots(); ++i) {
    if (!calls_[i].live) continue;
    ++holders;
    calls[calls_[i].flow] += calls_[i].mirrored ? 0U : 1U;
  }
  for (std::uint32_t i = 0; i < tries_.slots(); ++i) {
    const Try& t = tries_[i];
    if (!t.live) continue;
    ++holders;
    if (t.call != kNil) ++tries[t.flow];
    if (t.attached && t.call != kNil) ++active[t.upstream];
    if (t.stage == Try::Stage::inbound || t.stage == Try::Stage::at_endpoint) ++at[t.endpoint];
    if (t.holds_worker) ++held[t.endpoint];
  }
  for (std::uint32_t i = 0; i < strands_.slots(); ++i) {
    const Strand& s = strands_[i];
    if (!s.live) continue;
    const std::uint32_t endpoint = tries_[s.try_index].endpoint;
    if (s.state == Strand::State::queued) ++waiting[endpoint];
    const bool async = versionOf(endpoints_[endpoint]).concurrency == Concurrency::async;
    if (async && (s.state == Strand::State::busy || s.state == Strand::State::sharing)) ++held[endpoint];
  }
  for (std::size_t f = 0; f < plan_->flows.size(); ++f) {
    const std::string flow = "flow " + std::to_string(f);
    findings.expect(collector_.callsOf(static_cast<std::uint32_t>(f)).alive(), calls[f], flow + ", calls");
    findings.expect(collector_.triesOf(static_cast<std::uint32_t>(f)).alive(), tries[f], flow + ", tries");
  }
  for (std::size_t t = 0; t < customers.size(); ++t)
    findings.expect(collector_.customersOf(static_cast<std::uint32_t>(t)).alive(), customers[t], "customers of " + scenario().traffic[t].name);
  for (std::uint32_t e = 0; e < endpoints_.size(); ++e) {
    const Endpoint& endpoint = endpoints_[e];
    findings.expect(collector_.triesAt(e).alive(), at[e], endpoint.name + ", requests");
    findings.expect(endpoint.requests, at[e], endpoint.name + ", requests by its own count");
    findings.expect(endpoint.waiting, waiting[e], endpoint.name + ", waiting");
    findings.expect(endpoint.held, held[e], endpoint.name + ", workers held");
    const bool capped = versionOf(endpoint).discipline != Discipline::ps;
    if (capped && endpoint.held > endpoint.workers) findings.expect(endpoint.workers, endpoint.held, endpoint.name + ", more workers held than there are");
    const bool open = endpoint.state == Endpoint::State::up || endpoint.state == Endpoint::State::draining;
    if (capped && open && endpoint.waiting > 0 && endpoint.held < endpoint.workers) findings.expect(0, endpoint.waiting, endpoint.name + ", waiting beside a free worker");
  }
  for (std::size_t u = 0; u < upstreams_.size(); ++u)
    findings.expect(upstreams_[u].resources.requests(), active[u], "active requests of " + proxies_[upstreams_[u].proxy].name + " towards cluster " +
                                                                   std::to_string(upstreams_[u].cluster));
  findings.expect(holders_counted, holders, "holders of customers");
  findings.expect(inside_, inside, "customers inside");
  return findings.take();
}

}  // namespace meshmall::models
