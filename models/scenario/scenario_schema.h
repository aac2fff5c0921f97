// The JSON Schema (draft-07) of a scenario, with a description for every field: scenarios/schema/scenario.schema.json, built into the program.
// It has a definition for each object of key_tables.h, with the same keys; what is not supported yet is refused by it too.
// What a schema cannot say (names that must exist, sums of weights, patches, files) only the decoder checks.
#pragma once

namespace meshmall::models {

const char* scenarioSchema();

// That of a study: scenarios/schema/study.schema.json.
const char* studySchema();

}  // namespace meshmall::models
