// The proxies' certificates: issued when a proxy starts, renewed before they expire, unless renewal stops; an expired one fails the next handshakes.
#include <algorithm>

#include "models/mall/mall.h"
#include "models/mall/purposes.h"

namespace meshmall::models {

// A new one, as the proxy starts.
[[gnu::cold]] void Mall::certify(std::uint32_t index) {
  const Proxy& proxy = proxies_[index];
  if (proxy.kind == Proxy::Kind::bare) return;
  if (badges_.certificates.size() <= index) badges_.certificates.resize(index + 1);
  CertificateHolder& holder = badges_.certificates[index];
  dropHouse(holder.due);
  engine::StreamSource random(key_, {addressOf(proxy.name), holder.issued++, purpose::kCertificate});
  holder.certificate.emplace(scenario().mesh_versions[proxy.mesh_version].security.certificates, now_, random);
  holder.expired = false;
  for (const std::uint32_t event : badges_.renewals_stopped)
    if (stopsRenewal(std::get<StopRenewal>(timed(event).what), proxy)) holder.certificate->stopRenewal();
  setRenewal(index);
}

// The next thing to happen to it: its renewal, else its expiry.
[[gnu::cold]] void Mall::setRenewal(std::uint32_t index) {
  CertificateHolder& holder = badges_.certificates[index];
  dropHouse(holder.due);
  const auto renewal = holder.certificate->renewsAt();
  if (renewal || !holder.expired) holder.due = keepHouse(std::max(now_, renewal.value_or(holder.certificate->current().expires)), kRenewalDue, index);
}

[[gnu::cold]] void Mall::renewalDue(std::uint32_t index) {
  CertificateHolder& holder = badges_.certificates[index];
  holder.due = {};
  if (!holder.certificate->renewsAt()) {
    holder.expired = true;
    return noteCertificate(index, "expired");
  }
  const Proxy& proxy = proxies_[index];
  engine::StreamSource random(key_, {addressOf(proxy.name), holder.issued++, purpose::kCertificate});
  const bool late = !holder.certificate->current().validAt(now_) && holder.expired;
  holder.certificate->renew(scenario().mesh_versions[proxy.mesh_version].security.certificates, now_, random);
  holder.expired = false;
  if (late) noteCertificate(index, "renewed");
  setRenewal(index);
}

[[gnu::cold]] void Mall::noteCertificate(std::uint32_t index, const char* what) {
  const Proxy& proxy = proxies_[index];
  Detail detail;
  if (collector_.keepsDecisions()) detail.emplace_back("certificate", std::string(what));
  collector_.decision(now_, DecisionKind::certificate, proxy.endpoint != kNil ? Subject::endpoint(proxy.endpoint) : Subject::named(proxy.name), proxy.name, std::move(detail));
}

bool Mall::stopsRenewal(const StopRenewal& stop, const Proxy& proxy) const {
  if (!stop.service) return true;
  return proxy.endpoint != kNil && endpoints_[proxy.endpoint].service == *stop.service;
}

[[gnu::cold]] void Mall::stopRenewal(const StopRenewal& stop) {
  for (std::uint32_t p = 0; p < badges_.certificates.size(); ++p) {
    CertificateHolder& holder = badges_.certificates[p];
    if (!holder.certificate || !holder.certificate->renewsAt() || !stopsRenewal(stop, proxies_[p])) continue;
    holder.certificate->stopRenewal();
    setRenewal(p);
  }
}

// Unless another event still stops it.
[[gnu::cold]] void Mall::resumeRenewal(const StopRenewal& stop) {
  for (std::uint32_t p = 0; p < badges_.certificates.size(); ++p) {
    CertificateHolder& holder = badges_.certificates[p];
    if (!holder.certificate || !stopsRenewal(stop, proxies_[p])) continue;
    const bool still = std::any_of(badges_.renewals_stopped.begin(), badges_.renewals_stopped.end(),
                                   [&](std::uint32_t event) { return stopsRenewal(std::get<StopRenewal>(timed(event).what), proxies_[p]); });
    if (still || holder.certificate->renewsAt()) continue;
    engine::StreamSource random(key_, {addressOf(proxies_[p].name), holder.issued++, purpose::kCertificate});
    holder.certificate->resumeRenewal(scenario().mesh_versions[proxies_[p].mesh_version].security.certificates, now_, random);
    setRenewal(p);
  }
}

// Nothing: it needs none that could expire.
const Certificate* Mall::certificateOf(std::uint32_t proxy) const {
  if (proxy >= badges_.certificates.size() || !badges_.certificates[proxy].certificate) return nullptr;
  return &badges_.certificates[proxy].certificate->current();
}

}  // namespace meshmall::models
