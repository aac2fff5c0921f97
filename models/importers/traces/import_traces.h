// `meshmall import traces`: files of distributed traces -> a scenario, with what was read, guessed and left out, and how well it predicts what it was not fitted to.
// The method is told in docs/reference/import-traces.md. Linear in the spans; the same files give the same bytes.
#pragma once

#include <string>
#include <vector>

#include "models/importers/import_result.h"
#include "models/importers/traces/held_out.h"

namespace meshmall::models::traces {

struct TraceImportOptions {
  std::vector<std::string> files;
  MeshWords words;
  std::uint32_t fit_below = 10;  // only requests whose number, by their start, has a remainder below it when divided by 10: for tests of predictions
  bool hold_out = true;          // fit again to nine tenths and predict the rest
};

struct TraceImport {
  ImportResult result;
  Visits visits;
  HeldOut held_out;
};

TraceImport importTraces(const TraceImportOptions& options);

// Its two halves, for who knows more than the traces (`import istio --traces`). With an error among the problems there are no visits to go on with.
TraceImport readTraces(const std::vector<std::string>& files);
// Holds out and predicts, where that is asked for, then fits a scenario to all.
void deriveScenario(TraceImport& import, const MeshWords& words, bool hold_out);

}  // namespace meshmall::models::traces
