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
  std::vector<std::uint64_t> active(upstreams_.size()), counted(upstreams_.size()), in_line(upstreams_.size()), retrying(upstreams_.size());
  std::vector<std::uint64_t> measured_calls(plan_->flows.size()), measured_customers(scenario().traffic.size()), measured_at(endpoints_.size());
  std::vector<std::vector<std::uint64_t>> active_at(upstreams_.size());
  for (std::size_t u = 0; u < upstreams_.size(); ++u) active_at[u].resize(upstreams_[u].hosts.size());
  std::uint64_t holders = 0, holders_counted = 0, inside = 0, outside = 0;
  for (std::uint32_t i = 0; i < customers_pool_.slots(); ++i) {
    const Customer& c = customers_pool_[i];
    if (!c.live) continue;
    customers[c.traffic] += c.waiting ? 1U : 0U;
    measured_customers[c.traffic] += c.waiting && c.measured ? 1U : 0U;
    outside += c.holders == 0 ? 1U : 0U;
    inside += c.waiting ? 1U : 0U;
    holders_counted += c.holders;
    holders += c.waiting ? 1U : 0U;
  }
  for (std::uint32_t i = 0; i < calls_.slots(); ++i) {
    if (!calls_[i].live) continue;
    ++holders;
    if (calls_[i].upstream != kNil && calls_[i].retry.holdsSlot()) ++retrying[calls_[i].upstream];
    if (calls_[i].mirrored) continue;
    ++calls[calls_[i].flow];
    measured_calls[calls_[i].flow] += calls_[i].measured ? 1U : 0U;
  }
  for (std::uint32_t i = 0; i < tries_.slots(); ++i) {
    const Try& t = tries_[i];
    if (!t.live) continue;
    ++holders;
    if (t.call != kNil) ++tries[t.flow];
    if (t.call != kNil && t.stage == Try::Stage::waiting_for_connection) ++in_line[t.upstream];
    if (t.attached && t.call != kNil) {
      ++active[t.upstream];
      counted[t.upstream] += t.counted ? 1U : 0U;
      const ClusterHosts& hosts = upstreams_[t.upstream].hosts;
      const HostIndex host = hosts.membership().indexOf(t.endpoint);
      if (t.counted && host != kNoHost && hosts.joined(host) <= t.epoch) ++active_at[t.upstream][host];
    }
    if (t.stage == Try::Stage::inbound || t.stage == Try::Stage::at_endpoint) {
      ++at[t.endpoint];
      measured_at[t.endpoint] += t.measured ? 1U : 0U;
    }
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
    const Collector::Answers& answers = collector_.flows()[f].answers;
    findings.expect(answers.started - answers.ok.count() - answers.failed.count(), measured_calls[f], flow + ", measured calls");
  }
  for (std::size_t t = 0; t < customers.size(); ++t) {
    findings.expect(collector_.customersOf(static_cast<std::uint32_t>(t)).alive(), customers[t], "customers of " + scenario().traffic[t].name);
    const Collector::Answers& answers = collector_.traffic()[t].answers;
    findings.expect(answers.started - answers.ok.count() - answers.failed.count(), measured_customers[t], "measured customers of " + scenario().traffic[t].name);
  }
  for (std::uint32_t e = 0; e < endpoints_.size(); ++e) {
    const Endpoint& endpoint = endpoints_[e];
    findings.expect(collector_.triesAt(e).alive(), at[e], endpoint.name + ", requests");
    findings.expect(endpoint.requests, at[e], endpoint.name + ", requests by its own count");
    const Collector::Answers& answers = collector_.endpoints()[e].answers;
    findings.expect(answers.started - answers.ok.count() - answers.failed.count(), measured_at[e], endpoint.name + ", measured requests");
    findings.expect(endpoint.waiting, waiting[e], endpoint.name + ", waiting");
    findings.expect(endpoint.held, held[e], endpoint.name + ", workers held");
    const bool capped = versionOf(endpoint).discipline != Discipline::ps;
    if (capped && endpoint.held > endpoint.workers) findings.expect(endpoint.workers, endpoint.held, endpoint.name + ", more workers held than there are");
    const bool open = endpoint.serves();
    if (capped && open && endpoint.waiting > 0 && endpoint.held < endpoint.workers) findings.expect(0, endpoint.waiting, endpoint.name + ", waiting beside a free worker");
  }
  for (std::size_t u = 0; u < upstreams_.size(); ++u) {
    const Upstream& upstream = upstreams_[u];
    const std::string way = " of " + proxies_[upstream.proxy].name + " towards cluster " + std::to_string(upstream.cluster);
    findings.expect(upstream.resources.requests(), active[u], "active requests" + way);
    findings.expect(upstream.resources.pending(), in_line[u], "requests in line for a connection" + way);
    findings.expect(upstream.resources.retries(), retrying[u], "retries" + way);
    findings.expect(upstream.hosts.clusterActive(), counted[u], "active requests at all hosts" + way);
    for (HostIndex h = 0; h < upstream.hosts.size(); ++h)
      findings.expect(upstream.hosts.active(h), active_at[u][h], "active requests" + way + " at host " + std::to_string(h));
    std::uint64_t connections = 0, line = 0;
    const auto add = [&](const HostPool& pool) {
      connections += pool.open + pool.connecting;
      line += pool.pending;
      if (pool.pending > 0 && pool.open + pool.connecting == 0) findings.expect(0, pool.pending, "in line where no connection is" + way);
    };
    for (const UpstreamThread& thread : upstream.threads) {
      for (const HostPool& pool : thread.pools) add(pool);
      for (const auto& retired : thread.retired) add(retired.second);
    }
    findings.expect(upstream.resources.connections(), connections, "connections" + way);
    findings.expect(line, in_line[u], "requests in the pools' lines" + way);
  }
  for (const Upstream& upstream : upstreams_) {  // every proxy goes by what it has heard, whatever is true
    const Cluster& cluster = plan_->clusters[upstream.cluster];
    const Proxy& proxy = proxies_[upstream.proxy];
    const Knowledge& known = knowledgeOf(upstream.proxy);
    const std::string way = " of " + proxy.name + " towards cluster " + std::to_string(upstream.cluster);
    findings.expect(proxy.mesh_version, known.mesh_version, "version of the policies" + way);
    if (!cluster.subset.empty() || upstream.view != kPlainView) continue;
    std::uint64_t listed = 0;
    for (const std::uint32_t e : *known.services[cluster.service].endpoints) listed += upstream.hosts.membership().indexOf(e) != kNoHost ? 1U : 0U;
    findings.expect(upstream.hosts.size(), listed, "endpoints that it has heard of" + way);
    findings.expect(upstream.hosts.size(), known.services[cluster.service].endpoints->size(), "endpoints" + way);
  }
  findings.expect(holders_counted, holders, "holders of customers");
  findings.expect(inside_, inside, "customers inside");
  findings.expect(outside_, outside, "customers who will come back");
  return findings.take();
}

std::vector<std::string> Mall::auditDrained() const {
  for (std::uint32_t i = 0; i < tries_.slots(); ++i)
    if (tries_[i].live && tries_[i].stage == Try::Stage::answer_lost) return {};
  Findings findings;
  findings.expect(0, customers_pool_.live(), "customers");
  findings.expect(0, calls_.live(), "calls");
  findings.expect(0, tries_.live(), "tries");
  findings.expect(0, strands_.live(), "strands");
  findings.expect(1, header_sets_.live(), "sets of headers");
  for (const Endpoint& endpoint : endpoints_) findings.expect(0, std::uint64_t{endpoint.held} + endpoint.waiting + endpoint.requests, endpoint.name + ", workers and requests");
  for (const Upstream& upstream : upstreams_) {
    const std::string way = " of " + proxies_[upstream.proxy].name + " towards cluster " + std::to_string(upstream.cluster);
    findings.expect(0, upstream.hosts.clusterActive(), "active requests at hosts" + way);
    findings.expect(0, std::uint64_t{upstream.resources.requests()} + upstream.resources.pending() + upstream.resources.retries(), "requests, waiting and retries" + way);
  }
  return findings.take();
}

}  // namespace meshmall::models
