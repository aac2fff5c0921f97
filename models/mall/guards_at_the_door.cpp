// Who may come in. What a connection speaks is settled when it is made, as are the certificates that count for it; whether the server takes it, when a request
// arrives by it (its mode may have changed). Then, at the inbound proxy and at the gateway, in Envoy's order: the token, CUSTOM, DENY, ALLOW.
// The rules are those that the server's own proxy has. What a refusal looks like to the caller:
//   plaintext to a STRICT server   the connection is closed         503 UC
//   a failed TLS handshake         there is no connection           503 UF
//   a bad token                    401
//   no token where one is asked    403, and counted apart
//   no permission                  403 (UAEX when a CUSTOM policy's provider says so); a TCP connection is closed, UC
#include <algorithm>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

// ---- connections ---------------------------------------------------------------------------------------------------------------------

[[gnu::noinline]] ClientTransport Mall::transportTo(const Upstream& upstream, const Endpoint& endpoint) const {
  const Proxy& proxy = proxies_[upstream.proxy];
  if (proxy.kind == Proxy::Kind::bare) return ClientTransport::kPlaintext;
  const WorkloadGuard& server = plan_->meshes[proxy.mesh_version].security.workloads[endpoint.version];
  return chooseTransport({policyOf(upstream).tls, true, server.mode, false, server.has_proxy});
}

// Under the newer version of the mesh the caller's proxy makes other connections to some endpoint of the cluster.
[[gnu::cold]] bool Mall::speaksOtherwise(const Upstream& upstream, std::uint32_t mesh_before, std::uint32_t mesh_now) const {
  const std::uint32_t service = plan_->clusters[upstream.cluster].service;
  const auto transport = [&](std::uint32_t mesh, std::size_t version) {
    const MeshPlan& plan = plan_->meshes[mesh];
    const WorkloadGuard& server = plan.security.workloads[plan_->first_version[service] + version];
    return chooseTransport({plan.clusters[upstream.cluster].tls, true, server.mode, false, server.has_proxy});
  };
  for (std::size_t v = 0; v < scenario().services[service].versions.size(); ++v)
    if (transport(mesh_before, v) != transport(mesh_now, v)) return true;
  return false;
}

Badge& Mall::badgeOf(std::uint32_t index) {
  if (badges_.tries.size() < tries_.slots()) badges_.tries.resize(tries_.slots());
  return badges_.tries[index];
}

// The try has a connection. fresh: it is the first to use it, and the handshake is theirs.
[[gnu::noinline]] void Mall::shakeHands(std::uint32_t index, bool fresh) {
  const Try& t = tries_[index];
  const Upstream& upstream = upstreams_[t.upstream];
  Badge& badge = badgeOf(index);
  badge = {transportTo(upstream, endpoints_[t.endpoint]), HandshakeResult::kAccepted};
  if (!plan_->certified || badge.transport != ClientTransport::kMutualTls) return;
  auto& refused = badges_.refused;
  const auto of_pool = [&](const SharedHandshake& other) { return other.upstream == t.upstream && other.thread == t.thread && other.endpoint == t.endpoint; };
  const auto known = std::find_if(refused.begin(), refused.end(), of_pool);
  if (!fresh) {
    if (known != refused.end() && known->generation == t.connection && multiplexed(upstream)) badge.handshake = known->result;
    return;
  }
  const HandshakeCertificates certificates{certificateOf(upstream.proxy), certificateOf(endpoints_[t.endpoint].proxy), now_};
  badge.handshake = connectionOutcome(badge.transport, MutualTlsMode::kPermissive, true, certificates).result;
  if (known != refused.end()) refused.erase(known);
  if (badge.handshake != HandshakeResult::kAccepted && multiplexed(upstream)) refused.push_back({t.upstream, t.thread, t.endpoint, t.connection, badge.handshake});
}

namespace {

constexpr const char* kHandshakeReasons[] = {"accepted", "plaintextRefused", "tlsNotSpoken", "clientCertificateMissing", "clientCertificateExpired", "serverCertificateExpired"};

std::string handshakeText(HandshakeResult result, ClientTransport transport) {
  constexpr const char* kSpeaks[] = {"plaintext", "TLS", "mutual TLS"};
  const std::string speaks = kSpeaks[static_cast<std::size_t>(transport)];
  switch (result) {
    case HandshakeResult::kAccepted: return "comes by " + speaks;
    case HandshakeResult::kPlaintextRefused: return "comes by " + speaks + ", and the callee's proxy takes mutual TLS only (STRICT): the connection is closed";
    case HandshakeResult::kTlsNotSpoken: return "comes by " + speaks + ", which the callee does not speak: the handshake fails";
    case HandshakeResult::kClientCertificateMissing: return "comes by " + speaks + " without a certificate of the mesh: the handshake fails";
    case HandshakeResult::kClientCertificateExpired: return "comes by " + speaks + " with an expired certificate: the handshake fails";
    case HandshakeResult::kServerCertificateExpired: return "comes by " + speaks + ", and the callee's certificate has expired: the handshake fails";
  }
  return {};
}

}  // namespace

// False: it is refused, and the news is on its way.
[[gnu::noinline]] bool Mall::connectionAccepted(std::uint32_t index) {
  const Endpoint& endpoint = endpoints_[tries_[index].endpoint];
  const WorkloadGuard& guard = plan_->meshes[proxies_[endpoint.proxy].mesh_version].security.workloads[endpoint.version];
  const Badge badge = badgeOf(index);
  HandshakeResult result = connectionOutcome(badge.transport, guard.mode, guard.has_proxy).result;
  if (result == HandshakeResult::kAccepted) result = badge.handshake;
  if (tries_[index].traced) trips_.remarkedOnTry(now_, tries_[index].trace, handshakeText(result, badge.transport));
  if (result == HandshakeResult::kAccepted) return true;
  badgeOf(index).handshake = result;
  refuseHandshake(index, result);
  return false;
}

[[gnu::cold]] void Mall::refuseHandshake(std::uint32_t index, HandshakeResult result) {
  Try& t = tries_[index];
  const Endpoint& endpoint = endpoints_[t.endpoint];
  const Proxy& caller = proxies_[upstreams_[t.upstream].proxy];
  collector_.rejected(Rejection::handshake, t.kind == TryKind::mirror ? kNoIndex : t.flow, t.endpoint, t.measured);
  if (t.traced) trips_.refused(now_, t.trace, Rejection::handshake);
  Detail detail;
  if (collector_.keepsDecisions()) {
    detail.emplace_back("reason", std::string(kHandshakeReasons[static_cast<std::size_t>(result)]));
    detail.emplace_back("caller", caller.name);
  }
  noteRefused(endpoint.proxy, Rejection::handshake, Subject::endpoint(t.endpoint), std::move(detail));
  t.server_side = false;
  if (caller.kind == Proxy::Kind::bare) upstreams_[t.upstream].threads[t.thread].pinned = kNil;  // its connection is closed
  leaveDrained(t.endpoint);
  if (t.call == kNil) return releaseTry(index);
  const bool plaintext = result == HandshakeResult::kPlaintextRefused;  // an open connection is closed; else there never was one
  t.reset = plaintext ? ResetReason::kConnectionTermination : ResetReason::kRemoteConnectionFailure;
  t.flag = plaintext ? ResponseFlag::kUpstreamConnectionTermination : ResponseFlag::kUpstreamConnectionFailure;
  bool lost = false;
  const Duration way = hop(endpoint.locality, caller.locality, t, 1, lost);
  if (lost && !plaintext) return loseRequest(index);
  if (t.traced) trips_.answered(now_, t.trace, {0, t.flag}, Duration{0}, way, Duration{0});
  t.stage = lost ? Try::Stage::answer_lost : Try::Stage::answer_flying;
  if (lost && t.traced) trips_.lost(now_, t.trace, Leg::reply);
  if (!lost) t.flight = after(way, kAnswerArrives, index);
}

// A connection that requests share ends with the refusal of one: who waits gets another.
[[gnu::noinline]] void Mall::dropRefusedConnection(std::uint32_t index) {
  const Try& t = tries_[index];
  Upstream& upstream = upstreams_[t.upstream];
  if (badgeOf(index).handshake == HandshakeResult::kAccepted || proxies_[upstream.proxy].kind == Proxy::Kind::bare || !multiplexed(upstream)) return;
  HostPool& pool = poolOf(t);
  if (pool.generation != t.connection) return;
  closeConnections(upstream, pool);
  if (pool.pending_head != kNil) openConnection(pool.pending_head);
}

// ---- requests --------------------------------------------------------------------------------------------------------------------------

// known: the authorization, where it was decided beforehand.
[[gnu::noinline]] Mall::GuardVerdict Mall::judge(const WorkloadGuard& guard, AuthorizationRequest request, const AuthorizationDecision* known, std::uint32_t traffic,
                                                 std::uint32_t headers) const {
  GuardVerdict verdict;
  const std::optional<Token>& token = scenario().traffic[traffic].token;
  if (!guard.tcp) verdict.token = guard.tokens.check(token ? &*token : nullptr);
  if (!passes(verdict.token)) {
    verdict.refused = Rejection::authentication;
    verdict.outcome = {401, ResponseFlag::kNone};
    return verdict;
  }
  std::vector<HeaderField> view;  // what request.headers shows, to the end
  if (known != nullptr) {
    verdict.decision = *known;
  } else {
    if (guard.authorization.looksIntoRequests()) {
      for (const auto& [name, value] : header_sets_[headers].headers) view.push_back({name, value});
      request.headers = view;
    }
    if (verdict.token == TokenVerdict::kGood) request.token = &plan_->tokens[traffic];
    verdict.decision = guard.authorization.decide(request);
  }
  if (verdict.decision.allowed) return verdict;
  const bool by_provider = verdict.decision.reason == AuthorizationReason::kProviderDenied || verdict.decision.reason == AuthorizationReason::kProviderInvalid;
  const bool wants_token = known == nullptr && !guard.tcp && verdict.token == TokenVerdict::kNoToken && guard.authorization.missesOnlyAToken(request);
  verdict.refused = wants_token ? Rejection::missing_token : Rejection::authorization;
  verdict.outcome = {403, by_provider ? ResponseFlag::kUnauthorizedExternalService : ResponseFlag::kNone};
  return verdict;
}

// At an inbound proxy. False: the request is answered.
[[gnu::noinline]] bool Mall::passGuard(std::uint32_t index) {
  const Try& t = tries_[index];
  const Endpoint& endpoint = endpoints_[t.endpoint];
  const std::uint32_t mesh = proxies_[endpoint.proxy].mesh_version;
  const SecurityPlan& security = plan_->meshes[mesh].security;
  const WorkloadGuard& guard = security.workloads[endpoint.version];
  if (guard.open()) return true;
  const bool mutual = badgeOf(index).transport == ClientTransport::kMutualTls;
  const PlanFlow& flow = plan_->flows[t.flow];
  const AuthorizationDecision* known = nullptr;
  if (const auto first = security.first_decision[t.flow]; first && endpoint.service == flow.service && t.operation == flow.operation) {
    known = &security.decisions[*first + 2 * plan_->versions[endpoint.version].index_in_service + (mutual ? 1U : 0U)];
  }
  const std::uint32_t traffic = customers_pool_[t.customer].traffic;
  const Proxy& caller = proxies_[upstreams_[t.upstream].proxy];
  const std::uint32_t who = caller.endpoint != kNil                   ? endpoints_[caller.endpoint].service
                            : caller.kind == Proxy::Kind::gateway ? gatewayAsCaller(scenario())
                                                                  : trafficAsCaller(scenario(), traffic);
  const CallerBadge* badge = mutual ? &security.callers[who] : nullptr;
  const bool own = t.operation != kNoEntry;  // else it asks for what the endpoint's service does not have
  GuardVerdict verdict = judge(guard, requestFor(scenario(), own ? endpoint.service : flow.service, own ? t.operation : flow.operation, flow.service, badge, guard.port),
                               known, traffic, t.headers);
  verdict.badge = badge;
  if (t.traced) trips_.remarkedOnTry(now_, t.trace, verdictText(verdict, mesh));
  if (!verdict.refused) return true;
  if (visits_.size() < tries_.slots()) visits_.resize(tries_.slots());
  visits_[index] = {};
  collector_.rejected(*verdict.refused, t.kind == TryKind::mirror ? kNoIndex : t.flow, t.endpoint, t.measured);
  if (t.traced) trips_.refused(now_, t.trace, *verdict.refused);
  noteRefused(endpoint.proxy, *verdict.refused, Subject::endpoint(t.endpoint), detailOf(verdict, mesh));
  if (guard.tcp) {
    answer(index, 503, ResponseFlag::kUpstreamConnectionTermination, ResetReason::kConnectionTermination);
  } else {
    answer(index, verdict.outcome.status, verdict.outcome.flag, ResetReason::kNone);
  }
  return false;
}

// At the gateway, of whose customers only those with a principal of their own show one. False: the call is answered.
[[gnu::noinline]] bool Mall::passEntranceGuard(std::uint32_t index) {
  const PendingCall& call = calls_[index];
  const SecurityPlan& security = plan_->meshes[call.mesh_version].security;
  const WorkloadGuard& guard = security.gateway();
  if (guard.open()) return true;
  const std::uint32_t traffic = customers_pool_[call.customer].traffic;
  const PlanFlow& flow = plan_->flows[call.flow];
  const CallerBadge& badge = security.callers[trafficAsCaller(scenario(), traffic)];
  const CallerBadge* shown = badge.shown() ? &badge : nullptr;
  GuardVerdict verdict = judge(guard, requestFor(scenario(), flow.service, flow.operation, flow.service, shown, guard.port), nullptr, traffic, call.headers);
  verdict.badge = shown;
  if (call.traced) trips_.remarkedOnCall(now_, call.trace, "at the gateway: " + verdictText(verdict, call.mesh_version));
  if (!verdict.refused) return true;
  collector_.rejected(*verdict.refused, call.flow, kNoIndex, call.measured);
  noteRefused(call.proxy, *verdict.refused, Subject::named("gateway"), detailOf(verdict, call.mesh_version));
  replyLocally(index, verdict.outcome);
  return false;
}

// ---- what is told of it ------------------------------------------------------------------------------------------------------------------

namespace {

const char* tokenReason(TokenVerdict verdict) {
  switch (verdict) {
    case TokenVerdict::kNoToken: return "no token";
    case TokenVerdict::kIgnored: return "a token that nothing looks at";
    case TokenVerdict::kGood: return "a good token";
    case TokenVerdict::kBadSignature: return "a token whose signature does not fit";
    case TokenVerdict::kExpired: return "an expired token";
    case TokenVerdict::kUnknownIssuer: return "a token of an issuer that no rule names";
    case TokenVerdict::kWrongAudience: return "a token for another audience";
  }
  return "";
}

constexpr std::string_view kAuthorizationReasons[] = {"noPolicy", "allowed", "nothingAllows", "denied", "providerDenied", "providerUnknown"};

}  // namespace

std::string Mall::verdictText(const GuardVerdict& verdict, std::uint32_t mesh_version) const {
  const std::string with = std::string(verdict.badge != nullptr ? verdict.badge->principal : "somebody without an identity") + ", " + tokenReason(verdict.token);
  const auto& policies = scenario().mesh_versions[mesh_version].security.authorization_policies;
  const auto policy = [&] { return "policy \"" + policies[verdict.decision.policy].name + "\""; };
  std::string text;
  if (verdict.refused == Rejection::authentication) {
    text = "authentication refuses " + std::string(tokenReason(verdict.token)) + " (401)";
  } else {
    switch (verdict.decision.reason) {
      case AuthorizationReason::kNoAllowPolicy: text = "no policy against " + with; break;
      case AuthorizationReason::kAllowed: text = policy() + " allows " + with; break;
      case AuthorizationReason::kNothingAllows: text = "no policy allows " + with + " (403)"; break;
      case AuthorizationReason::kDenied: text = policy() + " denies " + with + " (403)"; break;
      case AuthorizationReason::kProviderDenied: text = "the provider of " + policy() + " denies " + with + " (403)"; break;
      case AuthorizationReason::kProviderInvalid: text = "the provider of " + policy() + " is not known, which denies everybody (403)"; break;
    }
  }
  if (verdict.refused == Rejection::missing_token) text += ": a token is asked for, all else is in order";
  if (mesh_version != control_.present.mesh_version) text += "; the proxy has not heard of the newest configuration";
  return text;
}

Detail Mall::detailOf(const GuardVerdict& verdict, std::uint32_t mesh_version) const {
  Detail detail;
  if (!collector_.keepsDecisions()) return detail;
  const bool by_policy = verdict.refused == Rejection::authorization || verdict.refused == Rejection::missing_token;
  if (by_policy) {
    const AuthorizationDecision& decision = verdict.decision;
    const bool no_token = verdict.refused == Rejection::missing_token;
    detail.emplace_back("reason", std::string(no_token ? name(Rejection::missing_token) : kAuthorizationReasons[static_cast<std::size_t>(decision.reason)]));
    if (decision.reason != AuthorizationReason::kNothingAllows)
      detail.emplace_back("policy", scenario().mesh_versions[mesh_version].security.authorization_policies[decision.policy].name);
  }
  detail.emplace_back("token", std::string(tokenReason(verdict.token)));
  if (by_policy) detail.emplace_back("caller", verdict.badge != nullptr ? verdict.badge->principal : std::string("none"));
  return detail;
}

// The first of each kind, and the next after a quiet second.
[[gnu::noinline]] void Mall::noteRefused(std::uint32_t proxy, Rejection reason, Subject subject, Detail detail) {
  if (badges_.notes.size() < proxies_.size()) badges_.notes.resize(proxies_.size());
  const std::size_t which = reason == Rejection::handshake ? 0 : reason == Rejection::authentication ? 1 : reason == Rejection::missing_token ? 2 : 3;
  if (!badges_.notes[proxy][which].opens(now_)) return;
  constexpr DecisionKind kKinds[] = {DecisionKind::handshake, DecisionKind::authentication, DecisionKind::authentication, DecisionKind::authorization};
  collector_.decision(now_, kKinds[which], std::move(subject), proxies_[proxy].name, std::move(detail));
}

}  // namespace meshmall::models
