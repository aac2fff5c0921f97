#include "models/importers/import_result.h"

namespace meshmall::models {

std::string asParagraph(const ImportNotes& notes, std::size_t limit) {
  struct Part {
    const char* title;
    const std::vector<std::string>& sentences;
  };
  std::string text;
  std::size_t left_out = 0;
  for (const Part& part : {Part{"Read", notes.read}, Part{"Guessed", notes.guessed}, Part{"Not modelled", notes.not_modelled}}) {
    if (part.sentences.empty()) continue;
    text += (text.empty() ? "" : " ") + std::string(part.title) + ": ";
    bool first = true;
    for (const std::string& sentence : part.sentences) {
      if (text.size() + sentence.size() > limit) {
        ++left_out;
        continue;
      }
      text += (first ? "" : "; ") + sentence;
      first = false;
    }
    text += first ? "(see the end)." : ".";
  }
  if (left_out > 0) text += " " + std::to_string(left_out) + " more remarks: the importer prints them all.";
  return text;
}

}  // namespace meshmall::models
