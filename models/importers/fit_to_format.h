// The last step of every importer: what was built is decoded as any scenario is, and what the format does not know is taken out and told with its place.
// The decoder alone knows what can be said; so an importer cannot promise more, or less, than a mall does. Three cases: a key that the format does not have, or that is not
// built yet, goes and is "not modelled"; something named that isn't there goes likewise; a value that can't be meant is an error at its place in the input.
// A condition that cannot be kept takes with it what it conditions: half a match, or half an authorization rule, would let in what the whole one does not.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/importers/import_context.h"

namespace meshmall::models {

// Takes out of `scenario` (with tags, import_context.h) what does not fit. False: errors were noted, there is no scenario.
bool fitToFormat(nlohmann::ordered_json& scenario, ImportContext& context);

}  // namespace meshmall::models
