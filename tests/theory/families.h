// Families of models: each takes an entry's model and what it expects, and adds the runs that tell. They throw NotExpressible with the reason.
#pragma once

#include "scenario_text.h"
#include "theory_case.h"

namespace meshmall::theory {

// stations.cpp
void singleStation(TheoryCase& out, const Json& model, const Json& expect);
void erlangB(TheoryCase& out, const Json& model, const Json& expect);
void infiniteServers(TheoryCase& out, const Json& model, const Json& expect);
void retrial(TheoryCase& out, const Json& model, const Json& expect);

// many_counters.cpp
void balanced(TheoryCase& out, const Json& model, const Json& expect);
void hashing(TheoryCase& out, const Json& model, const Json& expect);
void canary(TheoryCase& out, const Json& model, const Json& expect);

// networks.cpp
void openNetwork(TheoryCase& out, const Json& model, const Json& expect);
void closedNetwork(TheoryCase& out, const Json& model, const Json& expect);
void forkJoin(TheoryCase& out, const Json& model, const Json& expect);
void fanOut(TheoryCase& out, const Json& model, const Json& expect);
void series(TheoryCase& out, const Json& model, const Json& expect);

// policies.cpp
void retries(TheoryCase& out, const Json& model, const Json& expect);
void nestedRetries(TheoryCase& out, const Json& model, const Json& expect);
void backoff(TheoryCase& out, const Json& model, const Json& expect);
void ejection(TheoryCase& out, const Json& model, const Json& expect);
void tryTimeouts(TheoryCase& out, const Json& model, const Json& expect);
void hedged(TheoryCase& out, const Json& model, const Json& expect);
void tokenBucket(TheoryCase& out, const Json& model, const Json& expect);

// autoscaling.cpp
void autoscaled(TheoryCase& out, const Json& model, const Json& expect);

}  // namespace meshmall::theory
