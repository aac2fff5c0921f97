// A workload's certificate: how long it is valid and when the proxy renews it, before the grace period at its end.
//
// Renewal waits max(0, expiry - r (expiry - created) - now), where r is graceRatio moved by a uniform jitter and kept in [0, 1]: 24 h and 0.5 renew after
// 12 h. Limiting cases: ratio 0 renews at expiry, 1 at once; an expired one at once. While renewal is stopped the certificate runs out at its expiry.
// Source: Istio security/pkg/nodeagent/cache secretcache.go; spec rollout-traffic-security.md section 6.4.
#pragma once

#include <optional>

#include "engine/kernel/time.h"
#include "engine/random/random_source.h"

namespace meshmall::models {

struct CertificateConfig {
  engine::Duration lifetime = engine::seconds(24 * 3600);
  double grace_ratio = 0.5;  // 0..1: share of the lifetime, at its end, in which the certificate is renewed
  double jitter = 0.01;      // 0..1: grace_ratio is moved by up to this, either way, so that a fleet does not renew at one moment
};

struct Certificate {
  engine::SimTime created;
  engine::SimTime expires;  // not valid from here on

  bool validAt(engine::SimTime now) const { return now < expires; }
  friend bool operator==(const Certificate&, const Certificate&) = default;
};

Certificate issueCertificate(const CertificateConfig& config, engine::SimTime now);

// Time from `now` to the renewal of `certificate`; 0: at once. One draw when jitter is above 0.
engine::Duration rotationDelay(const CertificateConfig& config, const Certificate& certificate, engine::SimTime now, engine::RandomSource& random);

// One workload's certificate over time.
class WorkloadCertificate {
 public:
  // Issued at `now`. One draw when jitter is above 0, as each renewal.
  WorkloadCertificate(const CertificateConfig& config, engine::SimTime now, engine::RandomSource& random);

  const Certificate& current() const { return certificate_; }
  // When it is to be renewed next; nothing while renewal is stopped.
  std::optional<engine::SimTime> renewsAt() const { return renewing_ ? std::optional(renews_at_) : std::nullopt; }

  void renew(const CertificateConfig& config, engine::SimTime now, engine::RandomSource& random);
  void stopRenewal() { renewing_ = false; }
  // Renewal goes on: a certificate that is due is renewed at once. One draw when jitter is above 0.
  void resumeRenewal(const CertificateConfig& config, engine::SimTime now, engine::RandomSource& random);

 private:
  Certificate certificate_;
  engine::SimTime renews_at_;
  bool renewing_ = true;
};

}  // namespace meshmall::models
