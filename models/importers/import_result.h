// What an importer gives: a scenario as JSON text, and an honest account of where it comes from.
// Three lists, one sentence an entry: what was read, what was guessed because the input does not say it, and what the input says that a mall cannot do.
// They are printed and stand in the scenario's description. Limiting case: with an error among the problems there is no scenario.
#pragma once

#include <string>
#include <vector>

#include "models/scenario/problems.h"

namespace meshmall::models {

struct ImportNotes {
  std::vector<std::string> read, guessed, not_modelled;
};

struct ImportResult {
  std::string scenario;  // JSON, ready to be written to a file; empty: there is none
  ImportNotes notes;
  std::vector<Problem> problems;  // of the input's files, with line and column
  bool unreadable = false;        // a file could not be read at all (exit code 6 rather than 2)
};

// The notes as one paragraph for a scenario's description: "Read: …. Guessed: …. Not modelled: …." At most `limit` bytes; then it says how much was left out.
std::string asParagraph(const ImportNotes& notes, std::size_t limit = 20'000);

}  // namespace meshmall::models
