// Nothing of a manifest is dropped silently: every field of a known kind that no part of the importer reads, and that is not known to leave requests alone, is told with its place, object and path.
// Fields of pasted specs (routes, rules, policies, rollouts) are the decoder's to refuse (fit_to_format); of them only those are listed here that the format takes without effect though they act.
// Limiting cases: metadata and status are nobody's business but for Istio's annotations; a field with the value that Kubernetes gives it anyhow says nothing.
#pragma once

#include <vector>

#include "models/importers/manifest.h"

namespace meshmall::models {

void tellUnreadFields(const std::vector<Manifest>& manifests, ImportContext& context);

}  // namespace meshmall::models
