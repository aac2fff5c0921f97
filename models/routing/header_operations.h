// Changes of a route to the headers of a request or an answer: remove, then set (replace), then add (append), names without regard to case.
// Source: Istio Headers.HeaderOperations, Envoy HeaderParser.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/routing/route.h"

namespace meshmall::models {

using HeaderList = std::vector<std::pair<std::string, std::string>>;  // owned

// Applies `operations` to `headers` in place. Order of the remaining headers is kept; new ones go to the end.
void applyHeaderOperations(const HeaderOperations& operations, HeaderList& headers);

// A view of owned headers; valid while `headers` lives unchanged.
std::vector<HeaderField> viewOf(const HeaderList& headers);

}  // namespace meshmall::models
