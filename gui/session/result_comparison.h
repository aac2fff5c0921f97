// Two result files beside each other. Results of batches (results.json) are judged as `meshmall compare` judges two result folders: the same rules, the same engine,
// the same words. Two single runs (result.json) have no spread to judge by: their numbers stand side by side, and the text says that this is no verdict.
#pragma once

#include <string>

namespace meshmall::gui {

struct ResultComparison {
  std::string error;     // in words; empty: the rest is there
  std::string markdown;  // for people
  std::string html;      // a whole page; empty for single runs
  bool judged = false;   // there are verdicts
};

// The text is a result, of a run or of a batch (which have a scenario's words too, so this is asked first).
bool isResult(const std::string& text);

// The result in a folder as batch and run write it (results.json, else result.json); any other path stays.
std::string resultFileIn(const std::string& path);

// `baseline`, `candidate`: what the files are called; then their texts.
ResultComparison compareResults(const std::string& baseline, const std::string& candidate, const std::string& baseline_text, const std::string& candidate_text);

}  // namespace meshmall::gui
