#include "models/security/certificates.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {
namespace {

// Uniform in [0, 1), of the draw's upper 53 bits.
double unitDraw(engine::RandomSource& random) { return static_cast<double>(random.next() >> 11) * 0x1p-53; }

}  // namespace

Certificate issueCertificate(const CertificateConfig& config, engine::SimTime now) { return {now, now + config.lifetime}; }

engine::Duration rotationDelay(const CertificateConfig& config, const Certificate& certificate, engine::SimTime now, engine::RandomSource& random) {
  double ratio = config.grace_ratio;
  if (config.jitter > 0) ratio += config.jitter * (2 * unitDraw(random) - 1);
  ratio = std::clamp(ratio, 0.0, 1.0);
  const engine::Duration lifetime = certificate.expires - certificate.created;
  const engine::Duration grace{std::llround(ratio * static_cast<double>(lifetime.ns))};
  return std::max(engine::Duration{0}, certificate.expires - grace - now);
}

WorkloadCertificate::WorkloadCertificate(const CertificateConfig& config, engine::SimTime now, engine::RandomSource& random) { renew(config, now, random); }

void WorkloadCertificate::renew(const CertificateConfig& config, engine::SimTime now, engine::RandomSource& random) {
  certificate_ = issueCertificate(config, now);
  renews_at_ = now + rotationDelay(config, certificate_, now, random);
}

void WorkloadCertificate::resumeRenewal(const CertificateConfig& config, engine::SimTime now, engine::RandomSource& random) {
  renewing_ = true;
  renews_at_ = now + rotationDelay(config, certificate_, now, random);
}

}  // namespace meshmall::models
