// The adapters behind replayResilience, one for each algorithm of the case files: case -> objects of models/resilience -> what they decide.
// Each throws UnsupportedCase for a key or value that it does not understand.
#pragma once

#include <vector>

#include "cli/replay/adapter_table.h"

namespace meshmall::cli {

std::vector<CaseAdapter> retryAdapters();       // resilience_retry.cpp: back-off, retry decisions, parsers, budgets
std::vector<CaseAdapter> routerAdapters();      // resilience_router.cpp: timeouts, hedging, where a retry goes, faults
std::vector<CaseAdapter> healthAdapters();      // resilience_health.cpp: outlier detection, health checks
std::vector<CaseAdapter> limitAdapters();       // resilience_limits.cpp: breakers, pools, buckets, rate limits
std::vector<CaseAdapter> admissionAdapters();   // resilience_admission.cpp: admission control, adaptive concurrency
std::vector<CaseAdapter> otherProxyAdapters();  // resilience_other_proxies.cpp: tower, Linkerd, gRPC, rate limit service

}  // namespace meshmall::cli
