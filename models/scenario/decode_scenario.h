// JSON -> Scenario: the whole format of a scenario file, with every problem reported at its place, never only the first (after a syntax error: only that one).
// A scenario comes out only when there is no error; warnings may stand beside it. What a later version will understand is refused as "not supported yet".
// Limits: 32 MiB, nesting 64, 500,000 values, 10,000 services, 1,000,000 endpoints, 10 simulated years, the first 1,000 problems.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/scenario/problems.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

// A value put into the document before it is decoded: `--set /pointer=VALUE`. Objects on the way are made when they are not there; "-" appends to a list.
struct Override {
  std::string pointer;       // RFC 6901
  std::string value;         // JSON; what is not JSON is a text
  bool text = false;         // always a text
  std::string shown;         // as the user wrote it: the "file" of problems in it
  std::uint32_t column = 0;  // where the value starts in `shown`, from 0
};

// Of "/run/seed=7". Without "=" or a leading "/" it is a problem.
std::optional<Override> parseSetOption(const std::string& argument, std::vector<Problem>& problems);
Override seedOverride(const std::string& seed);          // --seed 7
Override durationOverride(const std::string& duration);  // --duration 10s

struct DecodeResult {
  std::optional<Scenario> scenario;
  std::vector<Problem> problems;  // sorted by place
  bool unreadable = false;        // the scenario's file could not be read at all (exit code 6 rather than 2)
};

// Reads the file at `path`; files that it names are looked up in its folder.
DecodeResult loadScenario(const std::string& path, const std::vector<Override>& overrides = {});

// The same from memory. `name` is what problems call the file; `folder` is where files it names are looked up (empty: there are none).
DecodeResult decodeScenario(std::string text, const std::string& name, const std::string& folder, const std::vector<Override>& overrides = {});

}  // namespace meshmall::models
